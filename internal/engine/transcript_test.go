package engine_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/engine"
	"github.com/entrain-dev/entrain/internal/scim"
	"github.com/entrain-dev/entrain/internal/scim/profile"
	"github.com/entrain-dev/entrain/internal/simulator/genesyssim"
	"github.com/entrain-dev/entrain/internal/simulator/strictscim"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// exchange is one request and the status of its answer.
type exchange struct {
	method, path, query, body string
	status                    int
}

// wiretap notes what passes between an engine and an application.
type wiretap struct {
	to http.Handler

	mu   sync.Mutex
	seen []exchange
}

// ServeHTTP implements http.Handler.
func (w *wiretap) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	answer := httptest.NewRecorder()
	w.to.ServeHTTP(answer, r)
	w.mu.Lock()
	w.seen = append(w.seen, exchange{r.Method, r.URL.Path, r.URL.RawQuery, string(body), answer.Code})
	w.mu.Unlock()
	for name, values := range answer.Header() {
		rw.Header()[name] = values
	}
	rw.WriteHeader(answer.Code)
	_, _ = rw.Write(answer.Body.Bytes())
}

// take returns what was noted and begins anew.
func (w *wiretap) take() []exchange {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := w.seen
	w.seen = nil
	return out
}

// orderly reads people before groups, so that every run numbers the objects alike and sends them in one order.
type orderly struct {
	engine.Source
	people chan struct{}
}

// Changes implements engine.Source.
func (o *orderly) Changes(ctx context.Context, kind directory.Kind, token string, attributes []string, page func([]directory.Change) error) (string, error) {
	if kind == directory.User {
		defer close(o.people)
	} else {
		<-o.people
	}
	return o.Source.Changes(ctx, kind, token, attributes, page)
}

// telltale is a world whose application can be any of the two simulators.
type telltale struct {
	*world
	tap *wiretap
	// base is the path of the service.
	base string
	// ids names the resources of the application.
	ids func() map[string]string
}

// newTelltale puts a wiretap before the application that suits a profile: Genesys Cloud, a server that keeps to the RFCs, or
// for the requests of the Entra service a Genesys Cloud that still creates groups, as it did in 2020.
func newTelltale(t *testing.T, name string, opts profile.Options, query string) *telltale {
	t.Helper()
	w := &telltale{world: newWorld(t), tap: &wiretap{}, base: "/api/v2/scim/v2"}
	w.engine.Workers = 1
	w.tap.to, w.ids = w.genesys, w.genesysIDs
	switch name {
	case profile.Generic:
		srv := strictscim.New(strictscim.Config{BasePath: "/scim/v2", Token: token, Clock: w.clock})
		w.base, w.tap.to = "/scim/v2", srv
		w.ids = func() map[string]string {
			out := map[string]string{}
			for _, r := range append(srv.Users(), srv.Groups()...) {
				out[r.ID] = nameOf(fmt.Sprint(r.Attributes["userName"]), fmt.Sprint(r.Attributes["displayName"]))
			}
			return out
		}
	case profile.EntraCompatible:
		w.genesys.SetKnobs(func(k *genesyssim.Knobs) { k.GroupVerbs = genesyssim.GroupVerbsLegacy })
	}
	prof, err := profile.Lookup(name, opts)
	must(t, err)
	if name == profile.EntraCompatible {
		cloud, err := profile.Lookup(profile.GenesysCloud, profile.Options{})
		must(t, err)
		prof.Users = cloud.Users // the connector of Entra for Genesys Cloud: its requests, this mapping
	}
	w.plan.Target, err = scim.New(scim.Config{
		BaseURL: serve(t, w.tap) + w.base + query, Profile: prof, Token: func(context.Context) (string, error) { return token, nil },
		Limiter: scim.NewLimiter(0, w.clock), Clock: w.clock,
	})
	must(t, err)
	w.plan.Users = side(t, prof, directory.User)
	groups := side(t, prof, directory.Group)
	w.plan.Groups = &groups
	return w
}

func nameOf(userName, displayName string) string {
	if name, _, ok := strings.Cut(userName, "@"); ok {
		return name
	}
	return displayName
}

func (w *telltale) genesysIDs() map[string]string {
	out := map[string]string{}
	for _, u := range w.genesys.Users() {
		out[u.ID] = nameOf(u.UserName, u.DisplayName)
	}
	for _, g := range w.genesys.Groups() {
		out[g.ID] = g.Name
	}
	return out
}

var guid = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)

// event is something that happens to the tenant before a cycle.
type event struct {
	name string
	do   func()
}

func (w *telltale) events() []event {
	return []event{
		{"initial cycle: six people, cleo manages ada; two groups", func() {}},
		{"nothing has happened", func() {}},
		{"rename: ada marries", func() {
			w.change("ada", "displayName", "Ada King", "userPrincipalName", "king@contoso.com", "mail", "king@contoso.com")
		}},
		{"update: bob gets a first mobile phone, another title and another department", func() {
			w.change("bob", "mobilePhone", "+491701234568", "jobTitle", "Lead", "department", "R&D")
		}},
		{"manager: ada reports to bob", func() { w.manager("ada", "bob") }},
		{"members: dan leaves Sales, cleo joins", func() {
			must(w.t, w.tenant.RemoveMembers(w.people["Sales"], w.people["dan"]))
			must(w.t, w.tenant.AddMembers(w.people["Sales"], w.people["cleo"]))
		}},
		{"disable: eve is blocked", func() { w.change("eve", "accountEnabled", false) }},
		{"enable: eve is unblocked", func() { w.change("eve", "accountEnabled", true) }},
		{"disable: eve is deleted and lies in the recycle bin", func() { must(w.t, w.tenant.SoftDelete(w.people["eve"])) }},
		{"delete: eve is gone from the recycle bin", func() { must(w.t, w.tenant.Purge(w.people["eve"])) }},
		{"delete: the group Support", func() { must(w.t, w.tenant.DeleteGroup(w.people["Support"])) }},
	}
}

// render writes exchanges down, ids replaced by names.
func render(t *testing.T, seen []exchange, names map[string]string) string {
	t.Helper()
	named := func(text string) string {
		return guid.ReplaceAllStringFunc(text, func(id string) string {
			if name, ok := names[id]; ok {
				return "<" + name + ">"
			}
			return "<random>"
		})
	}
	var out strings.Builder
	for _, e := range seen {
		line := e.method + " " + e.path
		if e.query != "" {
			query, err := url.QueryUnescape(e.query)
			must(t, err)
			line += "?" + query
		}
		fmt.Fprintf(&out, "%s -> %d\n", named(line), e.status)
		if e.body != "" {
			fmt.Fprintf(&out, "  %s\n", named(e.body))
		}
	}
	return out.String()
}

// TestTranscripts shows every SCIM request of a whole first cycle and of the cycles that follow an event, for each profile.
// Ids stand as names: <ada> is a resource of the application, <Entra ada> an object of the tenant.
func TestTranscripts(t *testing.T) {
	for name, tc := range map[string]struct {
		profile string
		opts    profile.Options
		query   string
	}{
		"genesys":    {profile: profile.GenesysCloud},
		"generic":    {profile: profile.Generic},
		"entra":      {profile: profile.EntraCompatible},
		"entra-flag": {profile: profile.EntraCompatible, opts: profile.Options{AADOptSCIM062020: true}, query: "?aadOptscim062020"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newTelltale(t, tc.profile, tc.opts, tc.query)
			w.hire("ada", "jobTitle", "Analyst", "department", "Support", "businessPhones", []string{"+49301234567"}, "employeeId", "1007")
			people := strings.Fields("bob cleo dan eve fay")
			for _, n := range people {
				w.hire(n, "jobTitle", "Agent")
			}
			w.manager("ada", "cleo")
			group := w.sourceGroup
			if tc.profile == profile.GenesysCloud {
				group = w.group // made beforehand, with the same name
			}
			group("Sales", "ada", "bob", "dan")
			group("Support", "cleo")

			names := map[string]string{}
			for n, id := range w.people {
				names[id] = "Entra " + n
			}
			source := w.plan.Source
			var out strings.Builder
			for i, e := range w.events() {
				e.do()
				w.plan.Source = &orderly{source, make(chan struct{})}
				w.cycle()
				seen := w.tap.take()
				maps.Copy(names, w.ids())
				fmt.Fprintf(&out, "# %s\n%s\n", e.name, render(t, seen, names))
				if i == 0 {
					oneRequestAPerson(t, seen, 1+len(people))
				}
			}
			golden(t, name+".golden", out.String())
		})
	}
}

// oneRequestAPerson checks that the first cycle asked for nobody alone: the target was listed once into an index.
func oneRequestAPerson(t *testing.T, seen []exchange, people int) {
	t.Helper()
	got := map[string]int{}
	for _, e := range seen {
		users := strings.HasSuffix(strings.ToLower(e.path), "/users")
		switch {
		case e.method == http.MethodPost && users:
			got["created"]++
		case e.method == http.MethodGet && strings.Contains(strings.ToLower(e.path), "/users/"):
			got["read alone"]++
		case e.method == http.MethodGet && users && (strings.Contains(e.query, "userName+eq") || strings.Contains(e.query, "userName%20eq")):
			got["looked for, the test of the connection included"]++
		}
	}
	equal(t, "requests for people in the initial cycle", map[string]int{"created": people, "looked for, the test of the connection included": 1}, got)
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		must(t, os.MkdirAll("testdata", 0o750))
		must(t, os.WriteFile(path, []byte(got), 0o600))
	}
	want, err := os.ReadFile(path)
	must(t, err)
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got; go test -update rewrites it):\n%s", name, diff)
	}
}
