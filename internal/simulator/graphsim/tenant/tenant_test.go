package tenant_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jonboulle/clockwork"

	"github.com/entrain-dev/entrain/internal/simulator/graphsim/tenant"
)

func newTenant(cfg tenant.Config) (*tenant.Tenant, *clockwork.FakeClock) {
	clock := clockwork.NewFakeClockAt(time.Date(2026, 1, 5, 8, 0, 0, 0, time.UTC))
	cfg.Clock = clock
	return tenant.New(cfg), clock
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func user(tn *tenant.Tenant, name string) string {
	return must(tn.AddUser(map[string]any{"userPrincipalName": name + "@contoso.com"}))
}

func group(tn *tenant.Tenant, name string, members ...string) string {
	id := must(tn.AddGroup(map[string]any{"displayName": name}))
	must(struct{}{}, tn.AddMembers(id, members...))
	return id
}

func TestRefusals(t *testing.T) {
	const taken = "11111111-2222-4333-8444-555555555555"
	for name, tc := range map[string]struct {
		do   func(tn *tenant.Tenant, ann, all string) error
		want error
	}{
		"user without name":  {func(tn *tenant.Tenant, _, _ string) error { _, err := tn.AddUser(nil); return err }, tenant.ErrInvalid},
		"group without name": {func(tn *tenant.Tenant, _, _ string) error { _, err := tn.AddGroup(nil); return err }, tenant.ErrInvalid},
		"name taken": {func(tn *tenant.Tenant, _, _ string) error {
			_, err := tn.AddUser(map[string]any{"userPrincipalName": "ANN@contoso.com"})
			return err
		}, tenant.ErrConflict},
		"id taken": {func(tn *tenant.Tenant, _, _ string) error {
			_, err := tn.AddUser(map[string]any{"userPrincipalName": "x@x", "id": taken})
			return err
		}, tenant.ErrConflict},
		"id no GUID": {func(tn *tenant.Tenant, _, _ string) error {
			_, err := tn.AddUser(map[string]any{"userPrincipalName": "x@x", "id": "7"})
			return err
		}, tenant.ErrInvalid},
		"unknown property": {func(tn *tenant.Tenant, ann, _ string) error { return tn.UpdateUser(ann, map[string]any{"shoeSize": 9}) }, tenant.ErrInvalid},
		"value of another type": {func(tn *tenant.Tenant, ann, _ string) error {
			return tn.UpdateUser(ann, map[string]any{"accountEnabled": "yes"})
		}, tenant.ErrInvalid},
		"rename to a taken one": {func(tn *tenant.Tenant, ann, _ string) error {
			return tn.UpdateUser(ann, map[string]any{"userPrincipalName": "bob@contoso.com"})
		}, tenant.ErrConflict},
		"unknown user":         {func(tn *tenant.Tenant, _, _ string) error { return tn.UpdateUser(taken+"0", nil) }, tenant.ErrNotFound},
		"a group is no user":   {func(tn *tenant.Tenant, _, all string) error { return tn.UpdateUser(all, nil) }, tenant.ErrNotFound},
		"a group as manager":   {func(tn *tenant.Tenant, ann, all string) error { return tn.SetManager(ann, all) }, tenant.ErrInvalid},
		"member of itself":     {func(tn *tenant.Tenant, _, all string) error { return tn.AddMembers(all, all) }, tenant.ErrInvalid},
		"no recycle bin":       {func(tn *tenant.Tenant, _, all string) error { return tn.SoftDelete(all) }, tenant.ErrInvalid},
		"restore of an active": {func(tn *tenant.Tenant, ann, _ string) error { return tn.Restore(ann) }, tenant.ErrNotFound},
		"unknown role":         {func(tn *tenant.Tenant, ann, _ string) error { _, err := tn.Assign("app", ann, "Boss"); return err }, tenant.ErrNotFound},
		"unknown application":  {func(tn *tenant.Tenant, ann, _ string) error { _, err := tn.Assign("other", ann, ""); return err }, tenant.ErrNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			tn, _ := newTenant(tenant.Config{})
			ann := user(tn, "ann")
			must(tn.AddUser(map[string]any{"userPrincipalName": "bob@contoso.com", "id": taken}))
			all := group(tn, "all", ann)
			must(tn.AddApplication(tenant.Application{ID: "app"}))
			before := tn.Counts()
			if err := tc.do(tn, ann, all); !errors.Is(err, tc.want) {
				t.Errorf("got %v, want %v", err, tc.want)
			}
			after := tn.Counts()
			before.Sequence, after.Sequence = 0, 0
			if diff := cmp.Diff(before, after); diff != "" {
				t.Errorf("the refused change left a trace:\n%s", diff)
			}
		})
	}
}

func TestSoftDeletionKeepsLinksAndRestoreBringsThemBack(t *testing.T) {
	tn, _ := newTenant(tenant.Config{})
	ann, bob := user(tn, "ann"), user(tn, "bob")
	all := group(tn, "all", ann, bob)
	check(t, tn.SetManager(bob, ann))
	must(tn.AddApplication(tenant.Application{ID: "app"}))
	must(tn.Assign("app", ann, ""))
	check(t, tn.SoftDelete(ann))
	if _, ok := tn.FindUser("ann@contoso.com"); ok {
		t.Error("a deleted user is found by name")
	}
	if list, _, _ := tn.AssignedTo("app", 0, 9, nil); len(list) != 0 || len(tn.MemberIDs(all)) != 1 {
		t.Error("a deleted user is assigned or listed")
	}
	other := user(tn, "ann")
	if err := tn.Restore(ann); !errors.Is(err, tenant.ErrConflict) {
		t.Errorf("restore beside somebody of the same name: %v", err)
	}
	check(t, tn.Purge(other))
	check(t, tn.Restore(ann))
	v, ok := tn.FindUser("ann@contoso.com")
	if _, dated := v.Property("deletedDateTime"); !ok || v.ID != ann || dated {
		t.Errorf("restored as %+v", v)
	}
	if list, _, _ := tn.AssignedTo("app", 0, 9, nil); len(list) != 1 || len(tn.MemberIDs(all)) != 2 {
		t.Error("links were lost")
	}
}

func TestPurgeRemovesEveryLink(t *testing.T) {
	tn, _ := newTenant(tenant.Config{})
	ann, bob := user(tn, "ann"), user(tn, "bob")
	inner := group(tn, "inner", ann)
	outer := group(tn, "outer", inner, ann)
	check(t, tn.SetManager(bob, ann))
	must(tn.AddApplication(tenant.Application{ID: "app"}))
	must(tn.Assign("app", ann, ""))
	must(tn.Assign("app", inner, ""))
	check(t, tn.Purge(ann))
	check(t, tn.DeleteGroup(inner))
	if v, _ := tn.Get(bob); v.Manager.ID != "" || v.OldManager.ID != ann {
		t.Errorf("bob is %+v", v)
	}
	if n := tn.MemberCount(outer); n != 0 || tn.Counts().Assignments != 0 {
		t.Errorf("%d members and %d assignments are left", n, tn.Counts().Assignments)
	}
	if v, ok := tn.Get(ann); !ok || v.State != tenant.Purged {
		t.Error("the id is forgotten")
	}
}

func TestExpireEmptiesTheRecycleBinInOrder(t *testing.T) {
	tn, clock := newTenant(tenant.Config{})
	ann, bob := user(tn, "ann"), user(tn, "bob")
	check(t, tn.SoftDelete(bob))
	clock.Advance(24 * time.Hour)
	check(t, tn.SoftDelete(ann))
	clock.Advance(tenant.BinLife - 24*time.Hour)
	if n := tn.Expire(); n != 1 {
		t.Errorf("%d objects expired, want 1", n)
	}
	if c := tn.Counts(); c.DeletedUsers != 1 {
		t.Errorf("counts are %+v", c)
	}
}

func TestPagingMissesAndRepeatsNobodyWhileMembersLeave(t *testing.T) {
	tn, _ := newTenant(tenant.Config{})
	var people []string
	for i := range 400 {
		people = append(people, user(tn, fmt.Sprint("p", i)))
	}
	g := group(tn, "all", people...)
	var got []string
	var cursor uint64
	for more := true; more; {
		var views []tenant.View
		views, cursor, more = tn.Members(g, cursor, 10, false, nil)
		for _, v := range views {
			got = append(got, v.ID)
		}
		check(t, tn.RemoveMembers(g, got[len(got)-10:]...)) // leaves holes, later compacted
	}
	if !slices.Equal(got, people) {
		t.Errorf("read %d members, want %d in order", len(got), len(people))
	}
	if n := tn.MemberCount(g); n != 0 {
		t.Errorf("%d members are left", n)
	}
}

func TestNothingIsRecordedBeforeSomebodyAsks(t *testing.T) {
	tn, _ := newTenant(tenant.Config{})
	ann := user(tn, "ann")
	all := func(tenant.View) bool { return true }
	if list, _, _ := tn.Changed(tenant.User, tenant.Range{UpTo: 1 << 60}, 0, 9, all); len(list) != 0 {
		t.Errorf("recorded %v", list)
	}
	head := tn.Head(tenant.User, 0)
	check(t, tn.UpdateUser(ann, map[string]any{"jobTitle": "x"}))
	check(t, tn.UpdateUser(ann, map[string]any{"jobTitle": "x"})) // the same value is no change
	if list, _, _ := tn.Changed(tenant.User, tenant.Range{Since: head, UpTo: tn.Head(tenant.User, 0)}, 0, 9, all); len(list) != 1 {
		t.Errorf("changes: %v", list)
	}
}

func TestExtensionAttributesAreMerged(t *testing.T) {
	tn, _ := newTenant(tenant.Config{})
	ann := user(tn, "ann")
	check(t, tn.UpdateUser(ann, map[string]any{"onPremisesExtensionAttributes": map[string]any{"extensionAttribute1": "a"}}))
	check(t, tn.UpdateUser(ann, map[string]any{"onPremisesExtensionAttributes": map[string]any{"extensionAttribute2": "b"}}))
	v, _ := tn.Get(ann)
	p, _ := v.Property("onPremisesExtensionAttributes")
	m, _ := p.Value.(map[string]any)
	if len(m) != 15 || m["extensionAttribute1"] != "a" || m["extensionAttribute2"] != "b" || m["extensionAttribute3"] != nil {
		t.Errorf("attributes are %v", m)
	}
}

func TestIDsAreRepeatable(t *testing.T) {
	first := func(seed int64) string { tn, _ := newTenant(tenant.Config{Seed: seed}); return user(tn, "ann") }
	if one, again, two := first(1), first(1), first(2); one != again || one == two {
		t.Error("ids do not follow the seed")
	}
}
