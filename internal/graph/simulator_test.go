package graph_test

import (
	"context"
	"fmt"
	"maps"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/google/go-cmp/cmp"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/fault"
	"github.com/entrain-dev/entrain/internal/graph"
	"github.com/entrain-dev/entrain/internal/simulator/graphsim"
	"github.com/entrain-dev/entrain/internal/simulator/graphsim/tenant"
)

// fresh gives a new token of the simulator every time it is asked for claims or refreshed.
type fresh struct {
	server *graphsim.Server
	roles  []string
	token  string
}

func (f *fresh) GetToken(_ context.Context, o policy.TokenRequestOptions) (azcore.AccessToken, error) {
	if f.token == "" || o.Claims != "" {
		f.token = f.server.Token(graphsim.DefaultClientID, f.roles...)
	}
	return azcore.AccessToken{Token: f.token}, nil
}

func (f *fresh) Refresh(context.Context) error {
	f.token = ""
	return nil
}

// world is a simulated tenant and a client that reads it on the same clock.
type world struct {
	*graph.Client
	sim    *graphsim.Server
	tenant *tenant.Tenant
	clock  *hurriedClock
	app    string
}

func newWorld(t interface {
	Fatalf(string, ...any)
	Cleanup(func())
}, knobs graphsim.Knobs, roles ...string) *world {
	if knobs.AccessTokenLife == 0 {
		knobs.AccessTokenLife = 365 * 24 * time.Hour
	}
	clock := newClock()
	tn := tenant.New(tenant.Config{Clock: clock, Seed: 1})
	sim := graphsim.New(graphsim.Config{Tenant: tn, Clock: clock, Seed: 1, Knobs: knobs})
	server := httptest.NewServer(sim)
	t.Cleanup(server.Close)
	app, err := tn.AddApplication(tenant.Application{AppID: appID, DisplayName: "Genesys Cloud", Roles: []tenant.AppRole{
		{ID: roleUser, DisplayName: "Agent", IsEnabled: true, AllowedMemberTypes: []string{"User"}},
		{ID: roleOld, DisplayName: "Old", AllowedMemberTypes: []string{"User"}},
	}})
	must(t, err)
	client, err := graph.New(graph.Config{GraphURL: server.URL, Credential: &fresh{server: sim, roles: roles}, AppID: appID, Clock: clock})
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	return &world{Client: client, sim: sim, tenant: tn, clock: clock, app: app}
}

func (w *world) user(t *testing.T, name string) string {
	t.Helper()
	id, err := w.tenant.AddUser(map[string]any{"userPrincipalName": name + "@contoso.onmicrosoft.com", "displayName": name, "department": "Sales"})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func must(t interface{ Fatalf(string, ...any) }, err error) {
	if err != nil {
		t.Fatalf("%v", err)
	}
}

func TestSimulatedTokensEnd(t *testing.T) {
	for _, answer := range []graphsim.ExpiredAnswer{graphsim.ExpiredObserved, graphsim.ExpiredAnnounced, graphsim.ExpiredGone} {
		t.Run(string(answer), func(t *testing.T) {
			w := newWorld(t, graphsim.Knobs{})
			_, token, err := read(w.Client, directory.User, "", "displayName")
			must(t, err)
			w.sim.ExpireTokens(answer)
			if _, _, err := read(w.Client, directory.User, token, "displayName"); !fault.Is(err, fault.Gone) {
				t.Errorf("got %v, want Gone", err)
			}
		})
	}
}

func TestSimulatedThrottlingLosesNothing(t *testing.T) {
	for _, form := range []graphsim.RetryAfterForm{graphsim.RetryAfterInteger, graphsim.RetryAfterDecimal, graphsim.RetryAfterDate, graphsim.RetryAfterAbsent} {
		t.Run(string(form), func(t *testing.T) {
			w := newWorld(t, graphsim.Knobs{UserPageSize: 1, UnitsPerWindow: 5, RetryAfter: form})
			var want []string
			for i := range 20 {
				want = append(want, w.user(t, fmt.Sprint("u", i)))
			}
			got, _, err := read(w.Client, directory.User, "", "displayName")
			must(t, err)
			ids := map[string]bool{}
			for _, change := range got {
				ids[string(change.ID)] = true
			}
			slices.Sort(want)
			if diff := cmp.Diff(want, slices.Sorted(maps.Keys(ids))); diff != "" {
				t.Errorf("users (-want +got):\n%s", diff)
			}
			if len(w.clock.waits) == 0 {
				t.Error("nothing was throttled")
			}
		})
	}
}

func TestSimulatedTokenRevokedInTheMiddle(t *testing.T) {
	w := newWorld(t, graphsim.Knobs{UserPageSize: 1})
	for i := range 3 {
		w.user(t, fmt.Sprint("u", i))
	}
	n := 0
	_, err := w.Changes(context.Background(), directory.User, "", nil, func(changes []directory.Change) error {
		if n += len(changes); n == 2 {
			w.sim.RevokeAccessTokens()
		}
		return nil
	})
	if err != nil || n != 3 {
		t.Errorf("read %d users, %v; want 3", n, err)
	}
}

func TestSimulatedLifeOfAPerson(t *testing.T) {
	w := newWorld(t, graphsim.Knobs{})
	person, manager := w.user(t, "ada"), w.user(t, "bob")
	must(t, w.tenant.SetManager(person, manager))
	attributes := []string{"displayName", "userPrincipalName", "manager"}
	find := func() directory.Change {
		t.Helper()
		change, err := w.Find(context.Background(), directory.User, directory.SourceID(person), attributes)
		must(t, err)
		return change
	}
	present := directory.Change{Kind: directory.User, ID: directory.SourceID(person), Set: directory.Attributes{
		"displayName": {"ada"}, "userPrincipalName": {"ada@contoso.onmicrosoft.com"}, "manager": {manager},
	}}
	if diff := cmp.Diff(present, find()); diff != "" {
		t.Errorf("present (-want +got):\n%s", diff)
	}
	byName, err := w.FindUser(context.Background(), "ada@contoso.onmicrosoft.com", attributes)
	must(t, err)
	if diff := cmp.Diff(present, byName); diff != "" {
		t.Errorf("by name (-want +got):\n%s", diff)
	}
	must(t, w.tenant.ClearManager(person))
	if got := find().Set["manager"]; got != nil {
		t.Errorf("manager %v, want none", got)
	}
	must(t, w.tenant.SoftDelete(person))
	if got := find().Removal; got != directory.SoftDeleted {
		t.Errorf("in the recycle bin: %q", got)
	}
	must(t, w.tenant.Restore(person))
	if got := find().Removal; got != directory.Present {
		t.Errorf("restored: %q", got)
	}
	must(t, w.tenant.SoftDelete(person))
	must(t, w.tenant.Purge(person))
	if got := find().Removal; got != directory.HardDeleted {
		t.Errorf("purged: %q", got)
	}
	if _, err := w.FindUser(context.Background(), "ada@contoso.onmicrosoft.com", attributes); !fault.Is(err, fault.NotFound) {
		t.Errorf("by name after the purge: %v, want NotFound", err)
	}
}

func TestSimulatedGroupIsFoundWithAllItsMembers(t *testing.T) {
	w := newWorld(t, graphsim.Knobs{})
	group, err := w.tenant.AddGroup(map[string]any{"displayName": "all"})
	must(t, err)
	for i := range 1200 {
		must(t, w.tenant.AddMembers(group, w.user(t, fmt.Sprint("u", i))))
	}
	got, err := w.Find(context.Background(), directory.Group, directory.SourceID(group), []string{"displayName", "members"})
	must(t, err)
	if len(got.Members) != 1200 {
		t.Errorf("%d members, want 1200", len(got.Members))
	}
}

func TestSimulatedAssignments(t *testing.T) {
	w := newWorld(t, graphsim.Knobs{})
	person := w.user(t, "ada")
	group, err := w.tenant.AddGroup(map[string]any{"displayName": "g"})
	must(t, err)
	sp, err := w.tenant.AddOther(tenant.ServicePrincipal, "robot")
	must(t, err)
	for _, a := range []struct{ id, role string }{{person, roleUser}, {person, roleOld}, {group, roleUser}, {sp, roleUser}} {
		_, err := w.tenant.Assign(w.app, a.id, a.role)
		must(t, err)
	}
	for i := range 1500 {
		_, err := w.tenant.Assign(w.app, w.user(t, fmt.Sprint("u", i)), roleUser)
		must(t, err)
	}
	got, err := assignments(w.Client)
	must(t, err)
	roles := map[directory.SourceID][]directory.Role{}
	for _, a := range got {
		roles[a.Principal] = append(roles[a.Principal], a.Role)
	}
	agent := directory.Role{ID: roleUser, DisplayName: "Agent"}
	if diff := cmp.Diff([]directory.Role{agent, {ID: roleOld, DisplayName: "Old", Disabled: true}}, roles[directory.SourceID(person)]); diff != "" {
		t.Errorf("roles (-want +got):\n%s", diff)
	}
	if len(got) != 1503 || len(roles[directory.SourceID(sp)]) != 0 || len(roles[directory.SourceID(group)]) != 1 {
		t.Errorf("%d assignments, %d of the robot, %d of the group", len(got), len(roles[directory.SourceID(sp)]), len(roles[directory.SourceID(group)]))
	}
}

func TestSimulatedCheckNamesMissingPermissions(t *testing.T) {
	for name, tc := range map[string]struct {
		roles []string
		want  fault.Kind
		text  string
	}{
		"enough":              {graphsim.DefaultRoles(), fault.Unknown, ""},
		"only the directory":  {[]string{"Directory.Read.All"}, fault.Unknown, ""},
		"groups missing":      {[]string{"User.Read.All", "Application.Read.All"}, fault.Forbidden, "GroupMember.Read.All"},
		"application missing": {[]string{"User.Read.All", "GroupMember.Read.All"}, fault.Forbidden, "Application.Read.All"},
	} {
		t.Run(name, func(t *testing.T) {
			err := newWorld(t, graphsim.Knobs{}, tc.roles...).Check(context.Background())
			if fault.KindOf(err) != tc.want || !strings.Contains(fmt.Sprint(err), tc.text) {
				t.Errorf("got %v, want %v naming %q", err, tc.want, tc.text)
			}
		})
	}
}
