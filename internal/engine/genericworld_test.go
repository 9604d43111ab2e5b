package engine_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/engine"
	"github.com/entrain-dev/entrain/internal/scim"
	"github.com/entrain-dev/entrain/internal/scim/profile"
	"github.com/entrain-dev/entrain/internal/simulator/strictscim"
	"github.com/entrain-dev/entrain/internal/state"
)

const strictBase = "/scim/v2"

// strictWorld is a world whose application is a server that keeps to RFC 7643 and 7644, reached with the Generic profile.
type strictWorld struct {
	*world
	srv *strictscim.Server
	// losing makes the answers to POST get lost after the server has carried the request out.
	losing atomic.Bool
	// seen is how long the journal was before the last cycle.
	seen int
}

func newStrictWorld(t *testing.T, change ...func(*engine.Plan)) *strictWorld {
	t.Helper()
	w := &strictWorld{world: newWorld(t)}
	w.srv = strictscim.New(strictscim.Config{BasePath: strictBase, Token: token, Clock: w.clock})
	prof, err := profile.Lookup(profile.Generic, profile.Options{})
	must(t, err)
	w.plan.Target = w.connect(prof)
	w.plan.Users = side(t, prof, directory.User)
	groups := side(t, prof, directory.Group)
	w.plan.Groups = &groups
	for _, f := range change {
		f(w.plan)
	}
	return w
}

func (w *strictWorld) connect(prof profile.Profile) *scim.Client {
	w.t.Helper()
	url := serve(w.t, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost || !w.losing.Load() {
			w.srv.ServeHTTP(rw, r)
			return
		}
		w.srv.ServeHTTP(httptest.NewRecorder(), r)
		if conn, _, err := rw.(http.Hijacker).Hijack(); err == nil {
			_ = conn.Close()
		}
	}))
	c, err := scim.New(scim.Config{
		BaseURL: url + strictBase, Profile: prof, Token: func(context.Context) (string, error) { return token, nil }, Limiter: scim.NewLimiter(0, w.clock), Clock: w.clock,
	})
	must(w.t, err)
	return c
}

func (w *strictWorld) cycle() state.Config {
	w.t.Helper()
	c, err := w.try(engine.Request{})
	must(w.t, err)
	return c
}

func (w *strictWorld) try(req engine.Request) (state.Config, error) {
	w.t.Helper()
	w.seen = len(w.srv.Journal())
	return w.world.try(req)
}

// sent lists the requests of the last cycle that change something, as "METHOD route status" where the status is no success.
func (w *strictWorld) sent() []string {
	var out []string
	for _, r := range w.srv.Journal()[w.seen:] {
		if r.Method == http.MethodGet {
			continue
		}
		kind, _, _ := strings.Cut(strings.TrimPrefix(strings.ToLower(r.Path), strictBase+"/"), "/")
		line := r.Method + " " + kind
		if r.Status >= 300 {
			line += fmt.Sprintf(" %d", r.Status)
		}
		out = append(out, line)
	}
	return out
}

// asked counts the look-ups of single people in the last cycle, the test of the connection included.
func (w *strictWorld) asked() (n int) {
	for _, r := range w.srv.Journal()[w.seen:] {
		if r.Method == http.MethodGet && strings.HasPrefix(r.Path, strictBase+"/Users") && strings.Contains(r.Query, "filter=") {
			n++
		}
	}
	return n
}

// person returns somebody's resource, failing when there is none.
func (w *strictWorld) person(name string) strictscim.Resource {
	w.t.Helper()
	r, ok := w.srv.UserByName(name + "@contoso.com")
	if !ok {
		w.t.Fatalf("%s has no resource", name)
	}
	return r
}

// value reads one attribute: a name, or a URN and a name.
func value(r strictscim.Resource, path ...string) any {
	var v any = r.Attributes
	for _, p := range path {
		m, _ := v.(map[string]any)
		v = m[p]
	}
	return v
}

// states lists everybody in the application as "name active".
func (w *strictWorld) states() []string {
	var out []string
	for _, u := range w.srv.Users() {
		name, _, _ := strings.Cut(fmt.Sprint(u.Attributes["userName"]), "@")
		word := "inactive"
		if u.Attributes["active"] == true {
			word = "active"
		}
		out = append(out, name+" "+word)
	}
	slices.Sort(out)
	return out
}

// groups lists the groups with their members, as "Sales: ada bob".
func (w *strictWorld) groups() []string {
	var out []string
	for _, g := range w.srv.Groups() {
		var members []string
		for _, id := range w.srv.Members(g.ID) {
			u, _ := w.srv.User(id)
			name, _, _ := strings.Cut(fmt.Sprint(u.Attributes["userName"]), "@")
			members = append(members, name)
		}
		slices.Sort(members)
		out = append(out, strings.TrimSpace(fmt.Sprintf("%s: %s", g.Attributes["displayName"], strings.Join(members, " "))))
	}
	slices.Sort(out)
	return out
}
