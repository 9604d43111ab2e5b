package statetest

import (
	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/state"
)

func assignmentCases() map[string]func(f *fixture) {
	cases := entitlementCases()
	for name, run := range stagingCases() {
		cases[name] = run
	}
	return cases
}

// entitlementCase says who is assigned by what.
type entitlementCase struct {
	objects []directory.Change
	list    []directory.Assignment
	// wantRoles holds the role ids of everybody who is assigned; whoever is not in it must not be assigned.
	wantRoles map[string][]string
}

func entitlementCases() map[string]func(f *fixture) {
	role := func(id string) directory.Role { return directory.Role{ID: id} }
	cases := map[string]func(f *fixture){}
	for name, tc := range map[string]entitlementCase{
		"nobody is assigned without assignments": {
			objects: []directory.Change{object("u1"), group("g1", "u1")},
		},
		"a user is assigned directly": {
			objects: []directory.Change{object("u1"), object("u2")}, list: []directory.Assignment{assignment("u1", role("r1"))},
			wantRoles: map[string][]string{"u1": {"r1"}},
		},
		"a group and its direct members are assigned": {
			objects:   []directory.Change{object("u1"), object("u2"), group("g1", "u1")},
			list:      []directory.Assignment{assignment("g1", role("r1"))},
			wantRoles: map[string][]string{"u1": {"r1"}, "g1": {"r1"}},
		},
		"a nested group and its members are not assigned": {
			objects:   []directory.Change{object("u1"), group("g2", "u1"), group("g1", "g2")},
			list:      []directory.Assignment{assignment("g1", role("r1"))},
			wantRoles: map[string][]string{"g1": {"r1"}},
		},
		"a group that is not securityEnabled entitles nobody": {
			objects:   []directory.Change{object("u1"), {Kind: directory.Group, ID: "g1", Members: joins("u1")}},
			list:      []directory.Assignment{assignment("g1", role("r1"))},
			wantRoles: map[string][]string{"g1": {"r1"}},
		},
		"a group that was removed entitles nobody": {
			objects:   []directory.Change{object("u1"), group("g1", "u1"), gone("g1", directory.SoftDeleted)},
			list:      []directory.Assignment{assignment("g1", role("r1"))},
			wantRoles: map[string][]string{"g1": {"r1"}},
		},
		"a former member is not assigned": {
			objects:   []directory.Change{object("u1"), group("g1", "u1"), members("g1", leaves("u1")...)},
			list:      []directory.Assignment{assignment("g1", role("r1"))},
			wantRoles: map[string][]string{"g1": {"r1"}},
		},
		"a disabled role entitles nobody": {
			objects: []directory.Change{object("u1"), object("u2"), group("g1", "u2")},
			list: []directory.Assignment{
				assignment("u1", directory.Role{ID: "r1", Disabled: true}), assignment("g1", directory.Role{ID: "r1", Disabled: true}),
			},
		},
		"default access assigns without being a role": {
			objects: []directory.Change{object("u1")}, list: []directory.Assignment{assignment("u1", role(directory.DefaultAccess))},
			wantRoles: map[string][]string{"u1": nil},
		},
		"roles of all ways are gathered, ordered, each once": {
			objects: []directory.Change{object("u1"), group("g1", "u1"), group("g2", "u1")},
			list: []directory.Assignment{
				assignment("g2", role("r1")), assignment("u1", role("r3")), assignment("g1", role("r2")), assignment("g2", role("r3")),
				assignment("g1", role(directory.DefaultAccess)), assignment("u1", directory.Role{ID: "r0", Disabled: true}),
			},
			wantRoles: map[string][]string{"u1": {"r1", "r2", "r3"}, "g1": {"r2"}, "g2": {"r1", "r3"}},
		},
		"a principal that is neither user nor group is left out": {
			objects: []directory.Change{object("u1")},
			list:    []directory.Assignment{{Principal: "u1", Kind: "ServicePrincipal", Role: role("r1")}},
		},
	} {
		cases[name] = tc.run
	}
	return cases
}

func (tc entitlementCase) run(f *fixture) {
	f.Helper()
	f.read(tc.objects...)
	f.must(f.StageAssignments(f.ctx, f.config, 1, tc.list))
	f.must(f.FinishAssignments(f.ctx, f.config, 1))
	got := map[string][]string{}
	for _, kind := range []directory.Kind{directory.User, directory.Group} {
		page, err := f.Due(f.ctx, f.config, kind, 0, 100)
		f.must(err)
		for _, c := range page {
			f.equal("assignment as Get tells it", f.get(string(c.ID)).Assigned, c.Assigned)
			if !c.Assigned {
				f.equal("roles of somebody who is not assigned", len(c.Roles), 0)
				continue
			}
			var roles []string
			for _, r := range c.Roles {
				roles = append(roles, r.ID)
			}
			got[string(c.ID)] = roles
		}
	}
	want := tc.wantRoles
	if want == nil {
		want = map[string][]string{}
	}
	f.equal("roles", got, want)
}

func (f *fixture) wantCounts(cycle, wantInForce, wantStaged int64) {
	f.Helper()
	inForce, staged, err := f.CountAssignments(f.ctx, f.config, cycle)
	f.must(err)
	f.equal("assignments in force and staged", []int64{inForce, staged}, []int64{wantInForce, wantStaged})
}

func stagingCases() map[string]func(f *fixture) {
	team := func(f *fixture) {
		f.Helper()
		f.read(object("u1"), object("u2"), object("u3"), group("g1", "u2"), group("g2", "u3"))
		f.assign(1, "u1", "r1", "g1", "r1")
		f.settle()
	}
	return map[string]func(f *fixture){
		"a staged list is counted and changes nothing, also after a restart": func(f *fixture) {
			team(f)
			f.stage(2, "u3", "r1")
			f.reopen()
			f.wantCounts(2, 2, 1)
			f.equal("assigned", f.get("u3").Assigned, false)
			f.wantDue()
			f.must(f.FinishAssignments(f.ctx, f.config, 2))
			f.equal("assigned", f.get("u3").Assigned, true)
			f.wantCounts(2, 1, 1)
		},
		"pages of a list add up, and one that comes twice counts once": func(f *fixture) {
			team(f)
			f.stage(2, "u1", "r1", "u1", "r1")
			f.stage(2, "u2", "r1")
			f.stage(2, "u1", "r1")
			f.wantCounts(2, 2, 2)
		},
		"what was staged in another cycle is void": func(f *fixture) {
			team(f)
			f.stage(2, "u3", "r1", "u1", "r1")
			f.wantCounts(3, 2, 0)
			f.stage(3, "u1", "r1", "g1", "r1")
			f.wantCounts(3, 2, 2)
			f.must(f.FinishAssignments(f.ctx, f.config, 3))
			f.equal("assigned", f.get("u3").Assigned, false)
			f.wantDue()
		},
		"a list that ends while a later one is under way ends nothing that is in either": func(f *fixture) {
			team(f)
			f.stage(2, "u1", "r1")
			f.stage(3, "u1", "r1", "g1", "r1")
			f.stage(2, "g1", "r1")
			f.must(f.FinishAssignments(f.ctx, f.config, 2))
			f.wantDue()
			f.wantCounts(3, 2, 2)
			f.must(f.FinishAssignments(f.ctx, f.config, 3))
			f.wantDue()
		},
		"a list without changes makes nobody due": func(f *fixture) {
			team(f)
			f.assign(2, "g1", "r1", "u1", "r1")
			f.wantDue()
			f.wantCounts(2, 2, 2)
		},
		"who is added or left out is due": func(f *fixture) {
			team(f)
			f.assign(2, "g1", "r1", "u3", "r1")
			f.wantDue("u1", "u3")
		},
		"a group that is added or left out is due with its members": func(f *fixture) {
			team(f)
			f.assign(2, "u1", "r1", "g2", "r1")
			f.wantDue("g1", "u2", "g2", "u3")
		},
		"an additional role makes due": func(f *fixture) {
			team(f)
			f.assign(2, "u1", "r1", "u1", "r2", "g1", "r1")
			f.wantDue("u1")
		},
		"a role that reads differently makes due": func(f *fixture) {
			team(f)
			f.must(f.StageAssignments(f.ctx, f.config, 2, []directory.Assignment{
				assignment("u1", directory.Role{ID: "r1", Value: "admin", DisplayName: "Administrator"}), assignment("g1", directory.Role{ID: "r1"}),
			}))
			f.must(f.FinishAssignments(f.ctx, f.config, 2))
			f.wantDue("u1")
			f.equal("roles", f.get("u1").Roles, []directory.Role{{ID: "r1", Value: "admin", DisplayName: "Administrator"}})
		},
		"a role that is disabled makes due": func(f *fixture) {
			team(f)
			f.must(f.StageAssignments(f.ctx, f.config, 2, []directory.Assignment{
				assignment("u1", directory.Role{ID: "r1"}), assignment("g1", directory.Role{ID: "r1", Disabled: true}),
			}))
			f.must(f.FinishAssignments(f.ctx, f.config, 2))
			f.wantDue("g1", "u2")
			f.equal("assigned", f.get("u2").Assigned, false)
		},
		"assigned groups that were never read are told": func(f *fixture) {
			unread := func(limit int) []string {
				list, err := f.UnreadGroups(f.ctx, f.config, limit)
				f.must(err)
				out := []string{}
				for _, id := range list {
					out = append(out, string(id))
				}
				return out
			}
			f.read(group("g1"), object("u1"))
			f.must(f.StageAssignments(f.ctx, f.config, 1, []directory.Assignment{
				assignment("g1", directory.Role{ID: "r"}), assignment("g2", directory.Role{ID: "r"}), assignment("g2", directory.Role{ID: "r2"}), assignment("g3", directory.Role{ID: "r"}),
				assignment("g4", directory.Role{ID: "r", Disabled: true}), assignment("u2", directory.Role{ID: "r"}),
			}))
			f.equal("staged only", unread(10), []string{})
			f.must(f.FinishAssignments(f.ctx, f.config, 1))
			f.equal("unread", unread(10), []string{"g2", "g3"})
			f.equal("a page", unread(1), []string{"g2"})
			f.read(group("g2"))
			f.equal("after g2 was read", unread(10), []string{"g3"})
			f.read(group("g3"))
			f.equal("after all were read", unread(10), []string{})
		},
		"an empty list ends all": func(f *fixture) {
			team(f)
			f.wantCounts(2, 2, 0)
			f.must(f.FinishAssignments(f.ctx, f.config, 2))
			f.wantCounts(2, 0, 0)
			f.wantDue("u1", "g1", "u2")
		},
		"finishing twice makes nobody due again": func(f *fixture) {
			team(f)
			f.assign(2, "u3", "r1")
			f.settle()
			f.must(f.FinishAssignments(f.ctx, f.config, 2))
			f.wantDue()
			f.wantCounts(2, 1, 1)
		},
		"a principal may be assigned before it is read": func(f *fixture) {
			f.assign(1, "u1", "r1")
			f.wantDue()
			f.read(object("u1"))
			f.equal("assigned", f.get("u1").Assigned, true)
		},
		"pending objects are listed with their assignment": func(f *fixture) {
			team(f)
			f.decide("u2", state.Provision)
			page, err := f.Apply(f.ctx, f.config, state.PendingQuery{Kind: directory.User, Level: -1}, 0, 10)
			f.must(err)
			f.equal("pending", idsOf(page), []string{"u2"})
			f.equal("assigned", page[0].Assigned, true)
			f.equal("roles", page[0].Roles, []directory.Role{{ID: "r1"}})
		},
		"staging needs a cycle": func(f *fixture) {
			f.wantInternal(f.StageAssignments(f.ctx, f.config, 0, nil))
		},
	}
}
