package engine_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/entrain-dev/entrain/internal/credentials"
	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/engine"
	"github.com/entrain-dev/entrain/internal/graph"
	"github.com/entrain-dev/entrain/internal/mapping"
	"github.com/entrain-dev/entrain/internal/scim"
	"github.com/entrain-dev/entrain/internal/scim/profile"
	"github.com/entrain-dev/entrain/internal/scope"
	"github.com/entrain-dev/entrain/internal/simulator/genesyssim"
	"github.com/entrain-dev/entrain/internal/simulator/graphsim"
	"github.com/entrain-dev/entrain/internal/simulator/graphsim/tenant"
	"github.com/entrain-dev/entrain/internal/state"
	"github.com/entrain-dev/entrain/internal/state/sqlite"
)

const (
	appID = "aaaabbbb-0000-1111-2222-333344445555"
	token = "long-lived-token"
)

// world is an engine between a simulated tenant and a simulated Genesys Cloud, with the real clients over HTTP and a real
// store. Time stands still until a test moves it.
type world struct {
	t       *testing.T
	clock   *clockwork.FakeClock
	graph   *graphsim.Server
	tenant  *tenant.Tenant
	app     string
	genesys *genesyssim.Server
	store   state.Store
	plan    *engine.Plan
	engine  *engine.Engine
	people  map[string]string // id by login name
	dir     string
}

func newWorld(t *testing.T, change ...func(*engine.Plan)) *world {
	t.Helper()
	w := &world{t: t, clock: clockwork.NewFakeClockAt(time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)), people: map[string]string{}, dir: t.TempDir()}
	w.tenant = tenant.New(tenant.Config{Clock: w.clock, Seed: 1, Domains: []string{"contoso.com"}})
	app, err := w.tenant.AddApplication(tenant.Application{AppID: appID, DisplayName: "Genesys Cloud"})
	must(t, err)
	w.app = app
	w.graph = graphsim.New(graphsim.Config{Tenant: w.tenant, Clock: w.clock, Seed: 1})
	knobs := genesyssim.DefaultKnobs()
	knobs.RateAllowed = 0
	w.genesys = genesyssim.New(genesyssim.Config{
		Clock: w.clock, Organisation: genesyssim.EmptyOrganisation(), Tokens: []genesyssim.TokenSpec{{Value: token}}, Knobs: &knobs, Seed: 1,
	})
	w.open()
	w.engine = &engine.Engine{Store: w.store, Clock: w.clock, Log: slog.New(slog.DiscardHandler), Workers: 4}
	w.plan = w.newPlan(change...)
	return w
}

// open opens the store, again after closing it.
func (w *world) open() {
	w.t.Helper()
	store, err := sqlite.Open(w.t.Context(), filepath.Join(w.dir, "state.db"))
	must(w.t, err)
	w.store = store
	w.t.Cleanup(func() { _ = store.Close() })
}

// newPlan makes a plan with the default mapping of Genesys Cloud.
func (w *world) newPlan(change ...func(*engine.Plan)) *engine.Plan {
	w.t.Helper()
	graphURL, genesysURL := serve(w.t, w.graph), serve(w.t, w.genesys)
	entra, err := credentials.NewEntra(credentials.EntraConfig{
		TenantID: w.tenant.ID(), ClientID: graphsim.DefaultClientID, ClientSecret: graphsim.DefaultSecret, GraphURL: graphURL, AuthorityURL: graphURL,
	})
	must(w.t, err)
	source, err := graph.New(graph.Config{
		GraphURL: entra.GraphURL, Scope: entra.Scope, Credential: entra.Credential, HTTP: entra.HTTP, AppID: appID, Clock: w.clock,
	})
	must(w.t, err)
	prof, err := profile.Lookup(profile.GenesysCloud, profile.Options{})
	must(w.t, err)
	target, err := scim.New(scim.Config{
		BaseURL: genesysURL + "/api/v2/scim/v2", Profile: prof, Token: func(context.Context) (string, error) { return token, nil },
		Limiter: scim.NewLimiter(0, w.clock), Clock: w.clock,
	})
	must(w.t, err)
	p := &engine.Plan{
		ID: "config", Name: "ns/genesys", Fingerprint: "1", AssignedOnly: true, Users: side(w.t, prof, directory.User), Source: source, Target: target,
		Guard: engine.Guard{Enabled: true, Threshold: 500}, Limits: engine.DefaultLimits,
	}
	groups := side(w.t, prof, directory.Group)
	p.Groups = &groups
	for _, f := range change {
		f(p)
	}
	return p
}

// side compiles the default mapping of a profile, with filters.
func side(t *testing.T, p profile.Profile, kind directory.Kind, filters ...scope.Filter) engine.Side {
	t.Helper()
	spec := mapping.Spec{Kind: kind, Create: true, Update: true, Delete: true}
	for _, r := range p.Rows(kind) {
		spec.Rows = append(spec.Rows, mapping.Row{
			Target: r.Target, Source: r.Source, Expression: r.Expression, Constant: r.Constant, MatchingPrecedence: r.MatchingPrecedence,
		})
	}
	m, problems := mapping.Compile(spec, p.Capabilities.Schema, mapping.Options{})
	must(t, problems.Err())
	set, problems := scope.Compile(kind, filters)
	must(t, problems.Err())
	return engine.Side{Mapping: m, Scope: set}
}

func serve(t *testing.T, h http.Handler) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// hire adds somebody and assigns them. Further properties are given in pairs.
func (w *world) hire(name string, pairs ...any) {
	w.t.Helper()
	w.add(name, pairs...)
	_, err := w.tenant.Assign(appID, w.people[name], "")
	must(w.t, err)
}

// add adds somebody without assigning them.
func (w *world) add(name string, pairs ...any) {
	w.t.Helper()
	props := map[string]any{
		"userPrincipalName": name + "@contoso.com", "displayName": strings.ToUpper(name[:1]) + name[1:], "mail": name + "@contoso.com", "usageLocation": "DE",
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		props[pairs[i].(string)] = pairs[i+1]
	}
	id, err := w.tenant.AddUser(props)
	must(w.t, err)
	w.people[name] = id
}

func (w *world) manager(name, boss string) {
	w.t.Helper()
	must(w.t, w.tenant.SetManager(w.people[name], w.people[boss]))
}

func (w *world) change(name string, pairs ...any) {
	w.t.Helper()
	props := map[string]any{}
	for i := 0; i+1 < len(pairs); i += 2 {
		props[pairs[i].(string)] = pairs[i+1]
	}
	must(w.t, w.tenant.UpdateUser(w.people[name], props))
}

// group adds an assigned security group with members, and a group of the same name to Genesys Cloud.
func (w *world) group(name string, members ...string) string {
	w.t.Helper()
	id := w.sourceGroup(name, members...)
	w.genesys.AddGroup(genesyssim.GroupSpec{Name: name})
	return id
}

func (w *world) sourceGroup(name string, members ...string) string {
	w.t.Helper()
	id, err := w.tenant.AddGroup(map[string]any{"displayName": name, "securityEnabled": true, "mailEnabled": false, "mailNickname": strings.ToLower(name)})
	must(w.t, err)
	w.people[name] = id
	for _, m := range members {
		must(w.t, w.tenant.AddMembers(id, w.people[m]))
	}
	_, err = w.tenant.Assign(appID, id, "")
	must(w.t, err)
	return id
}

// cycle runs a cycle that must not be ended early, an hour after the one before.
func (w *world) cycle() state.Config {
	w.t.Helper()
	c, err := w.try(engine.Request{})
	must(w.t, err)
	return c
}

func (w *world) try(req engine.Request) (state.Config, error) {
	w.t.Helper()
	w.clock.Advance(time.Hour)
	w.genesys.ResetJournal()
	ctx, cancel := context.WithTimeout(w.t.Context(), time.Minute)
	defer cancel()
	return w.engine.Run(ctx, w.plan, req)
}

// account returns somebody's account, failing when there is none.
func (w *world) account(name string) genesyssim.User {
	w.t.Helper()
	u, ok := w.genesys.UserByName(name + "@contoso.com")
	if !ok {
		w.t.Fatalf("%s has no account", name)
	}
	return u
}

// states lists everybody in the target as "name state".
func (w *world) states() []string {
	var out []string
	for _, u := range w.genesys.Users() {
		name, _, _ := strings.Cut(u.UserName, "@")
		out = append(out, fmt.Sprintf("%s %s", name, u.State))
	}
	slices.Sort(out)
	return out
}

// members lists the members of a group in the target by login name.
func (w *world) members(group string) []string {
	w.t.Helper()
	g, ok := w.genesys.GroupByName(group)
	if !ok {
		w.t.Fatalf("there is no group %s", group)
	}
	var out []string
	for _, id := range w.genesys.Members(g.ID) {
		u, _ := w.genesys.User(id)
		name, _, _ := strings.Cut(u.UserName, "@")
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// sent lists the SCIM requests of the last cycle that change something, as "METHOD route".
func (w *world) sent() []string {
	var out []string
	for _, r := range w.genesys.Journal() {
		if r.Method == http.MethodGet {
			continue
		}
		path := r.Path[strings.Index(r.Path, "/v2/scim/v2/")+len("/v2/scim/v2/"):]
		kind, _, _ := strings.Cut(strings.ToLower(path), "/")
		out = append(out, r.Method+" "+kind)
	}
	return out
}

// failures lists escrows as "name code".
func (w *world) failures() []string {
	w.t.Helper()
	records, err := w.store.Escrows(w.t.Context(), w.plan.ID, 100)
	must(w.t, err)
	var out []string
	for _, r := range records {
		for name, id := range w.people {
			if id == string(r.ID) {
				out = append(out, name+" "+r.Escrow.Code)
			}
		}
	}
	slices.Sort(out)
	return out
}
