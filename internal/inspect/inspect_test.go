package inspect

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jonboulle/clockwork"

	"github.com/entrain-dev/entrain/internal/credentials"
	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/engine"
	"github.com/entrain-dev/entrain/internal/fault"
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

// office is an inspector beside an engine between a simulated tenant and a simulated Genesys Cloud. Time stands still.
type office struct {
	*testing.T
	clock   *clockwork.FakeClock
	tenant  *tenant.Tenant
	genesys *genesyssim.Server
	store   state.Store
	plan    *engine.Plan
	in      *Inspector
	people  map[string]string
	// scratches counts the copies that exist.
	scratches int
}

func newOffice(t *testing.T, filters ...scope.Filter) *office {
	t.Helper()
	o := &office{T: t, clock: clockwork.NewFakeClockAt(time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)), people: map[string]string{}}
	o.tenant = tenant.New(tenant.Config{Clock: o.clock, Seed: 1, Domains: []string{"contoso.com"}})
	_, err := o.tenant.AddApplication(tenant.Application{AppID: appID, DisplayName: "Genesys Cloud"})
	o.must(err)
	knobs := genesyssim.DefaultKnobs()
	knobs.RateAllowed = 0
	o.genesys = genesyssim.New(genesyssim.Config{
		Clock: o.clock, Organisation: genesyssim.EmptyOrganisation(), Tokens: []genesyssim.TokenSpec{{Value: token}}, Knobs: &knobs, Seed: 1,
	})
	o.store = o.open(t.Context())
	o.plan = o.newPlan(filters)
	o.in = &Inspector{Store: o.store, Clock: o.clock, Workers: 1, Scratch: func(ctx context.Context) (state.Store, func() error, error) {
		o.scratches++
		return o.open(ctx), func() error { o.scratches--; return nil }, nil
	}}
	return o
}

func (o *office) must(err error) {
	o.Helper()
	if err != nil {
		o.Fatal(err)
	}
}

// open opens a new, empty store.
func (o *office) open(ctx context.Context) state.Store {
	o.Helper()
	s, err := sqlite.Open(ctx, filepath.Join(o.TempDir(), "state.db"))
	o.must(err)
	o.Cleanup(func() { _ = s.Close() })
	return s
}

func (o *office) serve(h http.Handler) string {
	s := httptest.NewServer(h)
	o.Cleanup(s.Close)
	return s.URL
}

func (o *office) newPlan(filters []scope.Filter) *engine.Plan {
	o.Helper()
	graphURL, genesysURL := o.serve(graphsim.New(graphsim.Config{Tenant: o.tenant, Clock: o.clock, Seed: 1})), o.serve(o.genesys)
	entra, err := credentials.NewEntra(credentials.EntraConfig{
		TenantID: o.tenant.ID(), ClientID: graphsim.DefaultClientID, ClientSecret: graphsim.DefaultSecret, GraphURL: graphURL, AuthorityURL: graphURL,
	})
	o.must(err)
	source, err := graph.New(graph.Config{
		GraphURL: entra.GraphURL, Scope: entra.Scope, Credential: entra.Credential, HTTP: entra.HTTP, AppID: appID, Clock: o.clock,
	})
	o.must(err)
	prof, err := profile.Lookup(profile.GenesysCloud, profile.Options{})
	o.must(err)
	target, err := scim.New(scim.Config{
		BaseURL: genesysURL + "/api/v2/scim/v2", Profile: prof, Token: func(context.Context) (string, error) { return token, nil },
		Limiter: scim.NewLimiter(0, o.clock), Clock: o.clock,
	})
	o.must(err)
	groups := o.side(prof, directory.Group, nil)
	return &engine.Plan{
		ID: "config", Name: "ns/genesys", Fingerprint: "1", AssignedOnly: true, Users: o.side(prof, directory.User, filters), Groups: &groups,
		Source: source, Target: target, Guard: engine.Guard{Enabled: true, Threshold: 1}, Limits: engine.DefaultLimits,
	}
}

func (o *office) side(p profile.Profile, kind directory.Kind, filters []scope.Filter) engine.Side {
	o.Helper()
	spec := mapping.Spec{Kind: kind, Create: true, Update: true, Delete: true}
	for _, r := range p.Rows(kind) {
		spec.Rows = append(spec.Rows, mapping.Row{
			Target: r.Target, Source: r.Source, Expression: r.Expression, Constant: r.Constant, MatchingPrecedence: r.MatchingPrecedence,
		})
	}
	m, problems := mapping.Compile(spec, p.Capabilities.Schema, mapping.Options{})
	o.must(problems.Err())
	set, problems := scope.Compile(kind, filters)
	o.must(problems.Err())
	return engine.Side{Mapping: m, Scope: set}
}

// hire adds somebody and assigns them; properties are given in pairs.
func (o *office) hire(name string, pairs ...any) {
	o.Helper()
	o.add(name, pairs...)
	_, err := o.tenant.Assign(appID, o.people[name], "")
	o.must(err)
}

func (o *office) add(name string, pairs ...any) {
	o.Helper()
	props := map[string]any{"userPrincipalName": name + "@contoso.com", "displayName": strings.ToUpper(name[:1]) + name[1:], "mail": name + "@contoso.com"}
	for i := 0; i+1 < len(pairs); i += 2 {
		props[pairs[i].(string)] = pairs[i+1]
	}
	id, err := o.tenant.AddUser(props)
	o.must(err)
	o.people[name] = id
}

// cycle runs a cycle an hour after the one before.
func (o *office) cycle() {
	o.Helper()
	o.clock.Advance(time.Hour)
	e := &engine.Engine{Store: o.store, Clock: o.clock, Log: slog.New(slog.DiscardHandler), Workers: 1}
	_, err := e.Run(o.Context(), o.plan, engine.Request{})
	o.must(err)
}

// nameOf returns what a test calls somebody.
func (o *office) nameOf(id directory.SourceID) string {
	for name, have := range o.people {
		if have == string(id) {
			return name
		}
	}
	return string(id)
}

func (o *office) equal(what string, want, got any) {
	o.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		o.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// log appends entries that are called by numbers.
func (o *office) log(numbers ...int) {
	o.Helper()
	for _, n := range numbers {
		o.must(o.store.AppendLog(o.Context(), "config", []state.LogEntry{{ID: fmt.Sprint(n), Time: o.clock.Now(), Action: "other"}}))
	}
}

func ids(entries []state.LogEntry) []string {
	var out []string
	for _, e := range entries {
		out = append(out, e.ID)
	}
	return out
}

func TestAPageOfTheLogIsBounded(t *testing.T) {
	o := newOffice(t)
	for range maxLogs + 1 {
		o.log(1)
	}
	for name, tc := range map[string]struct{ limit, want int }{
		"as many as asked for": {3, 3},
		"no limit":             {0, maxLogs},
		"too large a limit":    {maxLogs + 1, maxLogs},
		"a negative one":       {-1, maxLogs},
	} {
		t.Run(name, func(t *testing.T) {
			page, err := o.in.Logs(t.Context(), "config", state.LogQuery{Limit: tc.limit})
			if err != nil || len(page) != tc.want {
				t.Errorf("got %d entries, %v, want %d", len(page), err, tc.want)
			}
		})
	}
}

// TestWhoFollowsSeesTheNewestFirstAndThenWhatComes: in the order in which it happened, nothing twice and nothing left out.
func TestWhoFollowsSeesTheNewestFirstAndThenWhatComes(t *testing.T) {
	for name, tc := range map[string]struct {
		before []int
		query  state.LogQuery
		want   []string
	}{
		"the newest two":         {[]int{1, 2, 3}, state.LogQuery{Limit: 2}, []string{"2", "3", "8", "9"}},
		"after a known entry":    {[]int{1, 2, 3}, state.LogQuery{After: 1, Limit: 10}, []string{"2", "3", "8", "9"}},
		"an empty log":           {nil, state.LogQuery{Limit: 2}, []string{"8", "9"}},
		"nothing selected yet":   {[]int{1, 2}, state.LogQuery{Limit: 2, Action: "create"}, []string{"create"}},
		"pages smaller than all": {[]int{1, 2, 3}, state.LogQuery{After: 1, Limit: 1}, []string{"2", "3", "8", "9"}},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t)
			// The first entry of a store counts as known: 0 means a page of the newest.
			if tc.before == nil {
				o.must(o.store.AppendLog(t.Context(), "another", []state.LogEntry{{ID: "0", Time: o.clock.Now()}}))
			}
			o.log(tc.before...)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			seen := make(chan string, 100)
			ended := make(chan error, 1)
			go func() {
				ended <- o.in.Follow(ctx, "config", tc.query, func(page []state.LogEntry) error {
					for _, e := range page {
						if e.Action == "create" {
							e.ID = "create"
						}
						seen <- e.ID
					}
					return nil
				})
			}()
			o.must(o.clock.BlockUntilContext(t.Context(), 1))
			o.log(8, 9)
			o.must(o.store.AppendLog(t.Context(), "config", []state.LogEntry{{ID: "10", Time: o.clock.Now(), Action: "create"}}))
			o.clock.Advance(followEvery)
			var got []string
			for range tc.want {
				got = append(got, <-seen)
			}
			o.equal("entries", tc.want, got)
			cancel()
			if err := <-ended; !fault.Is(err, fault.Canceled) {
				t.Errorf("following ended with %v", err)
			}
		})
	}
}

func TestFollowingEndsWhenNobodyTakesTheEntries(t *testing.T) {
	o := newOffice(t)
	o.log(1)
	gone := errors.New("the connection broke")
	err := o.in.Follow(t.Context(), "config", state.LogQuery{Limit: 1}, func([]state.LogEntry) error { return gone })
	if !errors.Is(err, gone) {
		t.Errorf("error = %v, want %v", err, gone)
	}
}

// TestRemovalsAreListed: who would be removed, why, and whether it is held.
func TestRemovalsAreListed(t *testing.T) {
	o := newOffice(t)
	for _, name := range []string{"ada", "bob", "cyd"} {
		o.hire(name)
	}
	o.cycle()
	removals := func(limit int) []string {
		list, err := o.in.Removals(t.Context(), "config", limit)
		o.must(err)
		var out []string
		for _, r := range list {
			if r.Target == "" {
				t.Errorf("%s has no account in the list", r.Name)
			}
			out = append(out, fmt.Sprintf("%s %s %s %s %s held=%t", r.Action, r.Kind, o.nameOf(r.ID), r.Name, r.Reason, r.Held))
		}
		return out
	}
	o.equal("before anything happens", []string(nil), removals(10))
	o.must(o.tenant.SoftDelete(o.people["ada"]))
	o.must(o.tenant.SoftDelete(o.people["bob"]))
	o.cycle()
	held := []string{"disable User ada ada@contoso.com SoftDeleted held=true", "disable User bob bob@contoso.com SoftDeleted held=true"}
	o.equal("held removals", held, removals(10))
	o.equal("the first of them", held[:1], removals(1))
}
