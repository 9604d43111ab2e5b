package statetest

import (
	"maps"
	"slices"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/state"
)

// nest brings nested groups up to date, where only who is assigned is in scope.
func (f *fixture) nest() { f.Helper(); f.must(f.Nest(f.ctx, f.config, state.NestAssigned)) }

// wantRoles checks which people are assigned, with the roles of each.
func (f *fixture) wantRoles(want map[string][]string) {
	f.Helper()
	f.must(f.MarkAll(f.ctx, f.config, directory.User))
	page, err := f.Due(f.ctx, f.config, directory.User, 0, state.PageSize)
	f.must(err)
	got := map[string][]string{}
	for _, c := range page {
		if !c.Assigned {
			f.equal("roles of somebody who is not assigned", len(c.Roles), 0)
			continue
		}
		got[string(c.ID)] = []string{}
		for _, r := range c.Roles {
			got[string(c.ID)] = append(got[string(c.ID)], r.ID)
		}
	}
	f.equal("people with roles", got, want)
}

// wantAssigned checks which people are assigned.
func (f *fixture) wantAssigned(want ...string) {
	f.Helper()
	page, err := f.Due(f.ctx, f.config, directory.User, 0, state.PageSize)
	f.must(err)
	due := seqsOf(page)
	f.must(f.MarkAll(f.ctx, f.config, directory.User))
	page, err = f.Due(f.ctx, f.config, directory.User, 0, state.PageSize)
	f.must(err)
	var none []state.Decision
	got := map[string]bool{}
	for _, c := range page {
		if c.Assigned {
			got[string(c.ID)] = true
		}
		if !slices.Contains(due, c.Seq) {
			none = append(none, state.Decision{Seq: c.Seq})
		}
	}
	// Who was not due before is not due afterwards.
	f.must(f.Decide(f.ctx, f.config, none))
	f.equal("assigned", slices.Sorted(maps.Keys(got)), append([]string(nil), want...))
}

func seqsOf(page []state.Candidate) []state.Seq {
	var out []state.Seq
	for _, c := range page {
		out = append(out, c.Seq)
	}
	return out
}

// chain is g1, assigned with the role r1, with g2 in it and g3 in that; u1, u2 and u3 are in one each. Nobody is due.
func chain(f *fixture) {
	f.Helper()
	f.read(object("u1"), object("u2"), object("u3"), group("g3", "u3"), group("g2", "u2", "g3"), group("g1", "u1", "g2"))
	f.assign(1, "g1", "r1")
	f.nest()
	f.settle()
}

func nestingCases() map[string]func(f *fixture) {
	cases := nestedEntitlements()
	for _, more := range []map[string]func(f *fixture){nestedChanges(), nestedMembers(), nestedSafety()} {
		maps.Copy(cases, more)
	}
	return cases
}

func nestedEntitlements() map[string]func(f *fixture) {
	return map[string]func(f *fixture){
		"members of groups at any depth are assigned, the groups themselves are not": func(f *fixture) {
			chain(f)
			f.wantRoles(map[string][]string{"u1": {"r1"}, "u2": {"r1"}, "u3": {"r1"}})
			f.equal("g1, g2, g3 assigned", []bool{f.get("g1").Assigned, f.get("g2").Assigned, f.get("g3").Assigned}, []bool{true, false, false})
		},
		"nobody is where nested groups do not count": func(f *fixture) {
			f.read(object("u1"), group("g2", "u1"), group("g1", "g2"))
			f.assign(1, "g1", "r1")
			f.must(f.Nest(f.ctx, f.config, state.NestNone))
			f.wantRoles(map[string][]string{})
		},
		"roles of all ways are gathered": func(f *fixture) {
			f.read(object("u1"), object("u2"), group("g3", "u1"), group("g2", "g3"), group("g1", "g3", "u2"), group("g4", "u1"))
			f.assign(1, "g1", "r1", "g2", "r2", "g4", "r3", "g3", "r4")
			f.nest()
			f.wantRoles(map[string][]string{"u1": {"r1", "r2", "r3", "r4"}, "u2": {"r1"}})
		},
		"an inner group need not be securityEnabled, the assigned one must": func(f *fixture) {
			f.read(object("u1"), object("u2"), object("g2"), object("g3"), object("g4"))
			f.read(members("g2", joins("u1")...), group("g1", "g2"), members("g4", joins("u2")...), members("g3", joins("g4")...))
			f.assign(1, "g1", "r1", "g3", "r1")
			f.nest()
			f.wantRoles(map[string][]string{"u1": {"r1"}})
		},
		"a circle of groups": func(f *fixture) {
			f.read(object("u1"), object("u2"), object("u3"), group("g1", "u1", "g2"), group("g2", "u2", "g3"), group("g3", "u3", "g1", "g3"))
			f.assign(1, "g2", "r1")
			f.nest()
			f.wantRoles(map[string][]string{"u1": {"r1"}, "u2": {"r1"}, "u3": {"r1"}})
			f.settle()
			f.read(members("g3", leaves("g1")...))
			f.nest()
			f.wantDue("u1", "g1")
			f.wantRoles(map[string][]string{"u2": {"r1"}, "u3": {"r1"}})
		},
		"a user who is read after the groups": func(f *fixture) {
			f.read(group("g2", "u1"), group("g1", "g2"))
			f.assign(1, "g1", "r1")
			f.nest()
			f.read(object("u1"))
			f.wantRoles(map[string][]string{"u1": {"r1"}})
		},
		"a group that is not assigned has nobody through others": func(f *fixture) {
			f.read(object("u1"), group("g2", "u1"), group("g1", "g2"))
			f.assign(1, "u1", "r1")
			f.nest()
			f.link("u1", "g1")
			f.wantEdges("g1", nil, nil)
		},
		"other configs are left alone": func(f *fixture) {
			chain(f)
			other := f.in("config-2")
			other.read(object("u3"), group("g3", "u3"), group("g1", "g3"))
			other.assign(1, "g1", "r2")
			other.settle()
			f.must(f.Nest(f.ctx, f.config, state.NestNone))
			other.nest()
			other.wantRoles(map[string][]string{"u3": {"r2"}})
			f.must(f.Nest(f.ctx, f.config, state.NestNone))
			f.wantRoles(map[string][]string{"u1": {"r1"}})
			other.wantRoles(map[string][]string{"u3": {"r2"}})
		},
	}
}

// nestedChange is a change of a chain.
type nestedChange struct {
	changes []directory.Change
	// assign is the new list of assignments, as pairs; nil leaves it.
	assign                []string
	wantDue, wantAssigned []string
}

func nestedChanges() map[string]func(f *fixture) {
	cases := map[string]func(f *fixture){}
	for name, tc := range map[string]nestedChange{
		"somebody joins an inner group": {
			changes: []directory.Change{members("g3", joins("u1")...)}, wantDue: []string{"u1"}, wantAssigned: []string{"u1", "u2", "u3"},
		},
		"somebody new joins an inner group": {
			changes: []directory.Change{object("u4"), members("g3", joins("u4")...)}, wantDue: []string{"u4"}, wantAssigned: []string{"u1", "u2", "u3", "u4"},
		},
		"somebody leaves an inner group": {
			changes: []directory.Change{members("g3", leaves("u3")...)}, wantDue: []string{"u3"}, wantAssigned: []string{"u1", "u2"},
		},
		"somebody moves from one group to another": {
			changes: []directory.Change{members("g3", leaves("u3")...), members("g2", joins("u3")...)}, wantDue: []string{"u3"}, wantAssigned: []string{"u1", "u2", "u3"},
		},
		"a group is nested": {
			changes: []directory.Change{object("u4"), group("g4", "u4"), members("g2", joins("g4")...)},
			wantDue: []string{"g4", "u4"}, wantAssigned: []string{"u1", "u2", "u3", "u4"},
		},
		"a group is nested before it is read": {
			changes: []directory.Change{members("g3", joins("g4")...), object("u4"), group("g4", "u4")},
			wantDue: []string{"g4", "u4"}, wantAssigned: []string{"u1", "u2", "u3", "u4"},
		},
		"a group is taken out": {
			changes: []directory.Change{members("g1", leaves("g2")...)}, wantDue: []string{"g2", "u2", "u3"}, wantAssigned: []string{"u1"},
		},
		"a group in the middle is deleted": {
			changes: []directory.Change{gone("g2", directory.SoftDeleted)}, wantDue: []string{"g2", "u2", "u3"}, wantAssigned: []string{"u1"},
		},
		"the last group is deleted for good": {
			changes: []directory.Change{gone("g3", directory.HardDeleted)}, wantDue: []string{"g3", "u3"}, wantAssigned: []string{"u1", "u2"},
		},
		"a group comes back": {
			changes: []directory.Change{gone("g2", directory.SoftDeleted), object("g2", directory.AttrSecurityEnabled, "True")},
			wantDue: []string{}, wantAssigned: []string{"u1", "u2", "u3"},
		},
		"the assigned group is deleted": {
			changes: []directory.Change{gone("g1", directory.SoftDeleted)}, wantDue: []string{"g1", "g2", "u1", "u2", "u3"}, wantAssigned: nil,
		},
		"the assigned group is no longer securityEnabled": {
			changes: []directory.Change{object("g1", directory.AttrSecurityEnabled, "False")}, wantDue: []string{"g1", "g2", "u1", "u2", "u3"}, wantAssigned: nil,
		},
		"an inner group is assigned instead": {
			assign: []string{"g2", "r1"}, wantDue: []string{"g1", "g2", "g3", "u1", "u2", "u3"}, wantAssigned: []string{"u2", "u3"},
		},
		"the role changes": {
			assign: []string{"g1", "r2"}, wantDue: []string{"g1", "g2", "u1", "u2", "u3"}, wantAssigned: []string{"u1", "u2", "u3"},
		},
		"something else changes": {
			changes: []directory.Change{object("u4"), group("g4", "u4"), object("u2", "title", "x")},
			wantDue: []string{"g4", "u2", "u4"}, wantAssigned: []string{"u1", "u2", "u3"},
		},
	} {
		cases[name] = tc.run
		cases[name+", in a second life of the process"] = func(f *fixture) { tc.run(f); f.reopen(); f.nest(); f.wantAssigned(tc.wantAssigned...) }
	}
	return cases
}

func (tc nestedChange) run(f *fixture) {
	f.Helper()
	chain(f)
	f.read(tc.changes...)
	if tc.assign != nil {
		f.assign(2, tc.assign...)
	}
	f.nest()
	f.wantDue(tc.wantDue...)
	f.wantAssigned(tc.wantAssigned...)
	f.nest()
	f.wantDue(tc.wantDue...)
}
