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
	"pgregory.net/rapid"

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

// mirror is what a caller knows after folding changes as directory.Change says.
type mirror struct {
	attributes map[directory.SourceID]directory.Attributes
	members    map[directory.SourceID]map[directory.SourceID]bool
	removals   map[directory.SourceID]directory.Removal
}

func newMirror() *mirror {
	return &mirror{map[directory.SourceID]directory.Attributes{}, map[directory.SourceID]map[directory.SourceID]bool{}, map[directory.SourceID]directory.Removal{}}
}

func (m *mirror) fold(changes []directory.Change) error {
	for _, change := range changes {
		if change.Removal != directory.Present {
			delete(m.attributes, change.ID)
			delete(m.members, change.ID)
			m.removals[change.ID] = change.Removal
			continue
		}
		delete(m.removals, change.ID)
		if m.attributes[change.ID] == nil {
			m.attributes[change.ID] = directory.Attributes{}
			m.members[change.ID] = map[directory.SourceID]bool{}
		}
		m.attributes[change.ID].Merge(change.Set)
		for _, member := range change.Members {
			if member.Removed {
				delete(m.members[change.ID], member.ID)
			} else {
				m.members[change.ID][member.ID] = true
			}
		}
	}
	return nil
}

// TestMirrorFollowsTheTenant hires, moves, dismisses and regroups people at random under all quirks of the delta that the
// simulator has, and compares what a reader has folded with the tenant after every round.
func TestMirrorFollowsTheTenant(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		knobs := graphsim.Knobs{
			UserPageSize:   rapid.IntRange(1, 4).Draw(r, "user page"),
			GroupPageSize:  rapid.IntRange(1, 3).Draw(r, "group page"),
			MemberChunk:    rapid.IntRange(1, 3).Draw(r, "member chunk"),
			Replay:         rapid.IntRange(0, 3).Draw(r, "replay"),
			DuplicateEvery: rapid.IntRange(0, 2).Draw(r, "duplicate"),
			EmptyPageEvery: rapid.SampledFrom([]int{0, 2, 3}).Draw(r, "empty page"),
			EmptyMembers:   rapid.Bool().Draw(r, "empty members"),
			OldManager:     rapid.SampledFrom([]graphsim.OldManager{graphsim.OldManagerAbsent, graphsim.OldManagerBefore, graphsim.OldManagerAfter}).Draw(r, "old manager"),
			Shuffle:        rapid.Bool().Draw(r, "shuffle"),
		}
		w := newWorld(r, knobs)
		h := history{t: r, world: w, members: map[directory.SourceID]map[directory.SourceID]bool{}}
		users, groups := newMirror(), newMirror()
		var userToken, groupToken string
		for round := range rapid.IntRange(1, 4).Draw(r, "rounds") {
			for range rapid.IntRange(0, 8).Draw(r, "steps") {
				h.step()
			}
			var err error
			userToken, err = w.Changes(context.Background(), directory.User, userToken, []string{"displayName", "department", "accountEnabled", "manager"}, users.fold)
			must(r, err)
			groupToken, err = w.Changes(context.Background(), directory.Group, groupToken, []string{"displayName", "members"}, groups.fold)
			must(r, err)
			h.compare(round, users, groups)
		}
	})
}

// history changes a tenant at random.
type history struct {
	t             *rapid.T
	world         *world
	users, groups []string
	binned        []string
	// members are the memberships as delta tells them: they outlast the recycle bin and end with the purge (section 2.2).
	members map[directory.SourceID]map[directory.SourceID]bool
	n       int
}

func (h *history) set(group, user string, in bool) {
	m := h.members[directory.SourceID(group)]
	if delete(m, directory.SourceID(user)); in {
		m[directory.SourceID(user)] = true
	}
}

func (h *history) step() {
	tn := h.world.tenant
	pick := func(list []string, label string) string { return rapid.SampledFrom(list).Draw(h.t, label) }
	h.n++
	action := rapid.SampledFrom([]string{"hire", "hire", "found", "rename", "clear", "manage", "unmanage", "join", "join", "leave", "bin", "restore", "purge", "dissolve"}).Draw(h.t, "action")
	switch {
	case action == "hire":
		id, err := tn.AddUser(map[string]any{"userPrincipalName": fmt.Sprintf("u%d@contoso.onmicrosoft.com", h.n), "displayName": fmt.Sprint("u", h.n), "accountEnabled": true})
		must(h.t, err)
		h.users = append(h.users, id)
	case action == "found":
		id, err := tn.AddGroup(map[string]any{"displayName": fmt.Sprint("g", h.n)})
		must(h.t, err)
		h.groups = append(h.groups, id)
		h.members[directory.SourceID(id)] = map[directory.SourceID]bool{}
	case action == "restore" && len(h.binned) > 0:
		id := pick(h.binned, "whom")
		must(h.t, tn.Restore(id))
		h.binned = slices.DeleteFunc(h.binned, func(s string) bool { return s == id })
		h.users = append(h.users, id)
	case action == "purge" && len(h.binned) > 0:
		id := pick(h.binned, "whom")
		must(h.t, tn.Purge(id))
		for _, group := range h.groups {
			h.set(group, id, false)
		}
		h.binned = slices.DeleteFunc(h.binned, func(s string) bool { return s == id })
	case action == "dissolve" && len(h.groups) > 0:
		id := pick(h.groups, "which")
		must(h.t, tn.DeleteGroup(id))
		delete(h.members, directory.SourceID(id))
		h.groups = slices.DeleteFunc(h.groups, func(s string) bool { return s == id })
	case len(h.users) == 0:
	case action == "rename":
		must(h.t, tn.UpdateUser(pick(h.users, "whom"), map[string]any{"displayName": fmt.Sprint("n", h.n), "department": fmt.Sprint("d", h.n)}))
	case action == "clear":
		must(h.t, tn.UpdateUser(pick(h.users, "whom"), map[string]any{"department": nil, "accountEnabled": h.n%2 == 0}))
	case action == "manage":
		whom, by := pick(h.users, "whom"), pick(h.users, "by")
		if whom != by {
			must(h.t, tn.SetManager(whom, by))
		}
	case action == "unmanage":
		whom := pick(h.users, "whom")
		if v, ok := tn.Get(whom); ok && v.Manager.ID != "" {
			must(h.t, tn.ClearManager(whom))
		}
	case action == "join" && len(h.groups) > 0:
		group, whom := pick(h.groups, "which"), pick(h.users, "whom")
		if !slices.Contains(tn.MemberIDs(group), whom) {
			must(h.t, tn.AddMembers(group, whom))
			h.set(group, whom, true)
		}
	case action == "leave" && len(h.groups) > 0:
		group := pick(h.groups, "which")
		if members := tn.MemberIDs(group); len(members) > 0 {
			whom := pick(members, "whom")
			must(h.t, tn.RemoveMembers(group, whom))
			h.set(group, whom, false)
		}
	case action == "bin":
		id := pick(h.users, "whom")
		must(h.t, tn.SoftDelete(id))
		h.users = slices.DeleteFunc(h.users, func(s string) bool { return s == id })
		h.binned = append(h.binned, id)
	}
}

func (h *history) compare(round int, users, groups *mirror) {
	wantUsers := map[directory.SourceID]directory.Attributes{}
	for _, id := range h.users {
		v, _ := h.world.tenant.Get(id)
		a := directory.Attributes{"displayName": {v.String("displayName")}}
		if d := v.String("department"); d != "" {
			a["department"] = []string{d}
		}
		if p, ok := v.Property("accountEnabled"); ok {
			a["accountEnabled"] = []string{map[any]string{true: "True", false: "False"}[p.Value]}
		}
		if v.Manager.ID != "" {
			a["manager"] = []string{v.Manager.ID}
		}
		wantUsers[directory.SourceID(id)] = a
	}
	if diff := cmp.Diff(wantUsers, users.attributes); diff != "" {
		h.t.Fatalf("round %d: users (-want +got):\n%s", round, diff)
	}
	if diff := cmp.Diff(h.members, groups.members); diff != "" {
		h.t.Fatalf("round %d: members (-want +got):\n%s", round, diff)
	}
	for _, id := range h.binned {
		if got := users.removals[directory.SourceID(id)]; got != directory.SoftDeleted && got != directory.Present {
			h.t.Fatalf("round %d: a soft-deleted user is %q", round, got)
		}
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
