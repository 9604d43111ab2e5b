package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"time"

	"github.com/entrain-dev/entrain/internal/simulator/genesyssim"
	"github.com/entrain-dev/entrain/internal/simulator/graphsim"
	"github.com/entrain-dev/entrain/internal/simulator/scenario"
)

const (
	token    = "long-lived-token"
	scimRoot = "/api/v2/scim/v2"
)

// size is how large a tenant is.
type size struct{ people, groups, members int }

func (s size) String() string {
	if s.groups == 0 {
		return count(s.people) + " people"
	}
	return count(s.people) + " people, " + count(s.groups*s.members) + " memberships"
}

// world is a simulated tenant and a simulated Genesys Cloud, both served on loopback addresses.
type world struct {
	size    size
	tenant  *scenario.Scenario
	genesys *genesyssim.Server
	graph   *watch
	scim    *watch
	servers []*httptest.Server
}

// newWorld makes a world. Without a change Genesys Cloud has no rate limit and answers at once.
func newWorld(s size, change func(*genesyssim.Knobs)) *world {
	w := &world{size: s, tenant: scenario.Large(s.people, s.groups, s.members)}
	w.graph = &watch{next: graphsim.New(graphsim.Config{Tenant: w.tenant.Tenant, Seed: 1})}
	w.serve(w.graph)
	w.scim = &watch{}
	w.empty(change)
	w.serve(w.scim)
	return w
}

// empty makes a Genesys Cloud in which nobody is yet, in place of the one before.
func (w *world) empty(change func(*genesyssim.Knobs)) {
	org := genesyssim.EmptyOrganisation()
	org.Divisions = w.tenant.Target.Divisions
	for _, name := range w.tenant.Target.Roles {
		org.Roles = append(org.Roles, genesyssim.Role{Name: name})
	}
	for _, name := range w.tenant.Target.Groups {
		org.Groups = append(org.Groups, genesyssim.GroupSpec{Name: name})
	}
	knobs := genesyssim.DefaultKnobs()
	knobs.RateAllowed = 0
	if change != nil {
		change(&knobs)
	}
	w.genesys = genesyssim.New(genesyssim.Config{
		Organisation: org, Knobs: &knobs, Seed: 1, Tokens: []genesyssim.TokenSpec{{Value: token}}, JournalSize: 1,
	})
	w.scim.mu.Lock()
	w.scim.next = w.genesys
	w.scim.mu.Unlock()
}

func (w *world) serve(h http.Handler) { w.servers = append(w.servers, httptest.NewServer(h)) }

func (w *world) graphURL() string   { return w.servers[0].URL }
func (w *world) genesysURL() string { return w.servers[1].URL }

func (w *world) close() {
	for _, s := range w.servers {
		s.Close()
	}
}

// traffic is what a server saw.
type traffic struct {
	// requests leaves token requests out; writes are those that may change something, creates the people that were created.
	requests, writes, creates, refused int
	// first and last are when the first and the last create came.
	first, last time.Time
}

// creating is how long people were being created.
func (t traffic) creating() time.Duration { return t.last.Sub(t.first) }

// post is a create: what was sent and which id came back.
type post struct {
	Body []byte
	ID   string
	// Manager is the position of the manager among the creates, -1 for none.
	Manager int
}

// watch counts the requests to a simulator and keeps, on request, the creates.
type watch struct {
	mu    sync.Mutex
	next  http.Handler
	seen  traffic
	keep  bool
	posts []*post
}

// begin forgets what was seen.
func (w *watch) begin(keep bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seen, w.keep, w.posts = traffic{}, keep, nil
}

func (w *watch) traffic() traffic {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.seen
}

// ServeHTTP lets the simulator answer.
func (w *watch) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	create := r.Method == http.MethodPost && r.URL.Path == scimRoot+"/Users"
	w.mu.Lock()
	next, keep := w.next, w.keep && create
	w.mu.Unlock()
	answer := &response{ResponseWriter: rw}
	var sent bytes.Buffer
	if keep {
		answer.copy = &bytes.Buffer{}
		if _, err := sent.ReadFrom(r.Body); err != nil {
			panic(http.ErrAbortHandler)
		}
		r.Body = http.NoBody
		if sent.Len() > 0 {
			r.Body = reader{bytes.NewReader(sent.Bytes())}
		}
	}
	came := time.Now()
	next.ServeHTTP(answer, r)
	if isAuthority(r.URL.Path) {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seen.count(r.Method, answer.status, create, came)
	if keep && answer.status == http.StatusCreated {
		w.posts = append(w.posts, &post{Body: sent.Bytes(), ID: idOf(answer.copy.Bytes()), Manager: -1})
	}
}

func (t *traffic) count(method string, status int, create bool, came time.Time) {
	t.requests++
	if method != http.MethodGet {
		t.writes++
	}
	if status == http.StatusTooManyRequests {
		t.refused++
	}
	if !create || status != http.StatusCreated {
		return
	}
	t.creates++
	if t.first.IsZero() || came.Before(t.first) {
		t.first = came
	}
	if came.After(t.last) {
		t.last = came
	}
}

// isAuthority reports whether a path belongs to the token endpoint and what goes with it.
func isAuthority(path string) bool {
	return strings.Contains(path, "/oauth2/") || strings.Contains(path, "/.well-known/") || strings.HasPrefix(path, "/common/")
}

type reader struct{ *bytes.Reader }

func (reader) Close() error { return nil }

// response notes the status, and keeps a copy of the body when asked for.
type response struct {
	http.ResponseWriter
	status int
	copy   *bytes.Buffer
}

func (r *response) WriteHeader(status int) {
	r.status = status
	r.ResponseWriter.WriteHeader(status)
}

func (r *response) Write(p []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	if r.copy != nil {
		r.copy.Write(p)
	}
	return r.ResponseWriter.Write(p)
}

// Unwrap lets the simulator cut a connection.
func (r *response) Unwrap() http.ResponseWriter { return r.ResponseWriter }

func idOf(body []byte) string {
	var created struct{ ID string }
	if json.Unmarshal(body, &created) != nil {
		return ""
	}
	return created.ID
}

// kept returns the creates in the order of their answers, each with the position of its manager. Everybody comes behind their
// manager, because the engine creates nobody before the manager is there.
func (w *watch) kept() ([]*post, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	at := make(map[string]int, len(w.posts))
	for i, p := range w.posts {
		if p.ID == "" {
			return nil, errors.New("a create was answered without an id")
		}
		var body struct {
			Enterprise struct {
				Manager struct{ Value string }
			} `json:"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"`
		}
		if err := json.Unmarshal(p.Body, &body); err != nil {
			return nil, fmt.Errorf("body of a create: %w", err)
		}
		if boss := body.Enterprise.Manager.Value; boss != "" {
			m, ok := at[boss]
			if !ok {
				return nil, errors.New("somebody was created before the manager")
			}
			p.Manager = m
		}
		at[p.ID] = i
	}
	return w.posts, nil
}
