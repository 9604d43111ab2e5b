package statetest

import (
	"maps"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/state"
)

// page is one call of Import.
type page struct {
	cycle   int64
	full    bool
	changes []directory.Change
}

func (f *fixture) importPage(p page) {
	f.Helper()
	f.must(f.Import(f.ctx, f.config, max(p.cycle, 1), p.full, p.changes))
}

// importCase says what a page makes of what was read before.
type importCase struct {
	given []page
	// assigned are principals that are assigned before the page comes.
	assigned    []string
	when        page
	wantDue     []string
	want        map[string]directory.Attributes
	wantRemoval map[string]directory.Removal
	wantUnknown []string
}

func incremental(changes ...directory.Change) page { return page{changes: changes} }

func fullRead(cycle int64, changes ...directory.Change) page {
	return page{cycle: cycle, full: true, changes: changes}
}

func importCases() map[string]func(f *fixture) {
	cases := map[string]func(f *fixture){}
	for _, table := range []map[string]importCase{attributeImports(), removalImports(), dueImports()} {
		for name, tc := range table {
			cases[name] = tc.run
			cases["replayed: "+name] = tc.replay
		}
	}
	maps.Copy(cases, map[string]func(f *fixture){
		"everything read is there after a restart": func(f *fixture) {
			f.read(object("u1", "mail", "m"), group("g1", "u1"))
			f.assign(1, "g1", "r1")
			f.reopen()
			got := f.get("u1")
			f.equal("attributes", got.Attributes, directory.Attributes{"mail": {"m"}})
			f.equal("assigned", got.Assigned, true)
			f.wantDue("u1", "g1")
		},
		"a member that is not known is listed nowhere until it is read": func(f *fixture) {
			f.read(group("g1", "u9"))
			f.wantDue("g1")
			_, ok, err := f.Get(f.ctx, f.config, "u9")
			f.must(err)
			f.equal("known", ok, false)
			n, err := f.Known(f.ctx, f.config, directory.User)
			f.must(err)
			f.equal("users known", n, int64(0))
			f.must(f.MarkAll(f.ctx, f.config, directory.User))
			f.wantDue("g1")
			missing, _ := f.finish(directory.User, 5, 0)
			f.equal("missing", missing, int64(0))
			f.assign(1, "g1", "r1")
			f.read(object("u9", "mail", "m"))
			f.wantDue("g1", "u9")
			f.equal("assigned through the group that was read before", f.get("u9").Assigned, true)
		},
		"values of any kind survive": func(f *fixture) {
			want := directory.Attributes{
				"displayName": {"Ænne O'Hara \"x\" \\ 日本 \x00 \u2028 <&>"}, "proxyAddresses": {"SMTP:a", "smtp:b", ""}, "empty": {""},
			}
			f.read(directory.Change{Kind: directory.User, ID: "u1", Set: want})
			f.equal("attributes", f.get("u1").Attributes, want)
		},
		"a full read needs a cycle": func(f *fixture) {
			f.wantInternal(f.Import(f.ctx, f.config, 0, true, nil))
		},
		"Seq numbers records from 1 in the order in which they were mentioned": func(f *fixture) {
			f.read(object("u3"), group("g1", "u2"), object("u2"), object("u1"))
			var got []state.Seq
			for _, id := range []string{"u3", "g1", "u2", "u1"} {
				got = append(got, f.seq(id))
			}
			f.equal("numbers", got, []state.Seq{1, 2, 3, 4})
		},
	})
	return cases
}

func (tc importCase) prepare(f *fixture) {
	f.Helper()
	for _, p := range tc.given {
		f.importPage(p)
	}
	var pairs []string
	for _, id := range tc.assigned {
		pairs = append(pairs, id, "r1")
	}
	if len(pairs) > 0 {
		f.assign(1, pairs...)
	}
	f.settle()
}

func (tc importCase) run(f *fixture) {
	f.Helper()
	tc.prepare(f)
	f.importPage(tc.when)
	f.wantDue(tc.wantDue...)
	tc.check(f)
}

// replay imports the page once more, as after a crash before its outcome was noted.
func (tc importCase) replay(f *fixture) {
	f.Helper()
	tc.prepare(f)
	f.importPage(tc.when)
	f.settle()
	f.importPage(tc.when)
	f.wantDue()
	tc.check(f)
}

func (tc importCase) check(f *fixture) {
	f.Helper()
	for id, want := range tc.want {
		f.equal("attributes of "+id, f.get(id).Attributes, want)
	}
	for id, want := range tc.wantRemoval {
		f.equal("removal of "+id, f.get(id).Removal, want)
	}
	for _, id := range tc.wantUnknown {
		_, ok, err := f.Get(f.ctx, f.config, directory.SourceID(id))
		f.must(err)
		f.equal("known "+id, ok, false)
	}
}

func attributeImports() map[string]importCase {
	return map[string]importCase{
		"a new object is due": {
			when: incremental(object("u1", "mail", "m")), wantDue: []string{"u1"},
			want: map[string]directory.Attributes{"u1": {"mail": {"m"}}},
		},
		"an incremental read merges": {
			given: []page{incremental(object("u1", "mail", "m", "city", "c"))},
			when:  incremental(object("u1", "mail", "n")), wantDue: []string{"u1"},
			want: map[string]directory.Attributes{"u1": {"mail": {"n"}, "city": {"c"}}},
		},
		"an empty list clears": {
			given: []page{incremental(object("u1", "mail", "m", "city", "c"))},
			when:  incremental(directory.Change{Kind: directory.User, ID: "u1", Set: directory.Attributes{"mail": {}}}), wantDue: []string{"u1"},
			want: map[string]directory.Attributes{"u1": {"city": {"c"}}},
		},
		"what is equal is not due": {
			given: []page{incremental(object("u1", "mail", "m"))},
			when:  incremental(object("u1", "mail", "m")),
			want:  map[string]directory.Attributes{"u1": {"mail": {"m"}}},
		},
		"there and back within a page is not due": {
			given: []page{incremental(object("u1", "mail", "m"))},
			when:  incremental(object("u1", "mail", "n"), object("u1", "mail", "m")),
			want:  map[string]directory.Attributes{"u1": {"mail": {"m"}}},
		},
		"the last change of a page counts": {
			when: incremental(object("u1", "mail", "m"), object("u1", "mail", "n")), wantDue: []string{"u1"},
			want: map[string]directory.Attributes{"u1": {"mail": {"n"}}},
		},
		"the first change in a full read replaces": {
			given: []page{incremental(object("u1", "mail", "m", "city", "c"))},
			when:  fullRead(2, object("u1", "mail", "m")), wantDue: []string{"u1"},
			want: map[string]directory.Attributes{"u1": {"mail": {"m"}}},
		},
		"later changes in a full read are merged": {
			given: []page{incremental(object("u1", "mail", "m")), fullRead(2, object("u1", "city", "c"))},
			when:  fullRead(2, object("u1", "state", "s")), wantDue: []string{"u1"},
			want: map[string]directory.Attributes{"u1": {"city": {"c"}, "state": {"s"}}},
		},
		"the next full read replaces again": {
			given: []page{fullRead(2, object("u1", "mail", "m", "city", "c"))},
			when:  fullRead(3, object("u1", "city", "c")), wantDue: []string{"u1"},
			want: map[string]directory.Attributes{"u1": {"city": {"c"}}},
		},
		"an equal object in a full read is not due": {
			given: []page{fullRead(2, object("u1", "mail", "m"))},
			when:  fullRead(3, object("u1", "mail", "m")),
			want:  map[string]directory.Attributes{"u1": {"mail": {"m"}}},
		},
		"a user whose manager changed is due, and nobody else": {
			given: []page{incremental(object("u1", directory.AttrManager, "u2"), object("u2"), object("u3"))},
			when:  incremental(object("u1", directory.AttrManager, "u3")), wantDue: []string{"u1"},
			want: map[string]directory.Attributes{"u1": {directory.AttrManager: {"u3"}}},
		},
	}
}

func removalImports() map[string]importCase {
	user := []page{incremental(object("u1", "mail", "m"))}
	attributes := map[string]directory.Attributes{"u1": {"mail": {"m"}}}
	return map[string]importCase{
		"a removal of an unknown object is ignored": {
			when: incremental(gone("u1", directory.HardDeleted)), wantUnknown: []string{"u1"},
		},
		"a removal of a member that was never read is ignored": {
			given: []page{incremental(group("g1", "u1"))},
			when:  incremental(gone("u1", directory.HardDeleted)), wantUnknown: []string{"u1"},
		},
		"a soft deletion keeps the attributes": {
			given: user, when: incremental(gone("u1", directory.SoftDeleted)), wantDue: []string{"u1"},
			want: attributes, wantRemoval: map[string]directory.Removal{"u1": directory.SoftDeleted},
		},
		"a soft deletion in a full read keeps the attributes": {
			given: user, when: fullRead(2, gone("u1", directory.SoftDeleted)), wantDue: []string{"u1"},
			want: attributes, wantRemoval: map[string]directory.Removal{"u1": directory.SoftDeleted},
		},
		"a hard deletion follows a soft one": {
			given: append(user, incremental(gone("u1", directory.SoftDeleted))),
			when:  incremental(gone("u1", directory.HardDeleted)), wantDue: []string{"u1"},
			wantRemoval: map[string]directory.Removal{"u1": directory.HardDeleted},
		},
		"a present change restores": {
			given: append(user, incremental(gone("u1", directory.HardDeleted))),
			when:  incremental(object("u1")), wantDue: []string{"u1"},
			want: attributes, wantRemoval: map[string]directory.Removal{"u1": directory.Present},
		},
		"removed and restored within a page is not due": {
			given: user, when: incremental(gone("u1", directory.SoftDeleted), object("u1")),
			wantRemoval: map[string]directory.Removal{"u1": directory.Present},
		},
		"created and removed within a page is due as removed": {
			when: incremental(object("u1", "mail", "m"), gone("u1", directory.HardDeleted)), wantDue: []string{"u1"},
			want: attributes, wantRemoval: map[string]directory.Removal{"u1": directory.HardDeleted},
		},
	}
}

func dueImports() map[string]importCase {
	team := []page{incremental(object("u1"), object("u2"), object("u3"), group("g1", "u1", "u2"))}
	return map[string]importCase{
		"a member that joins is due": {
			given: team, when: incremental(members("g1", joins("u3")...)), wantDue: []string{"u3"},
		},
		"a member that leaves is due": {
			given: team, when: incremental(members("g1", leaves("u1")...)), wantDue: []string{"u1"},
		},
		"a group that becomes a member is due": {
			given: append(team, incremental(group("g2"))), when: incremental(members("g1", joins("g2")...)), wantDue: []string{"g2"},
		},
		"who leaves and comes back within a page is not due": {
			given: team, when: incremental(members("g1", append(leaves("u1"), joins("u1")...)...)),
		},
		"who joins and leaves within a page is not due": {
			given: team, when: incremental(members("g1", append(joins("u3"), leaves("u3")...)...)),
		},
		"a member of no kind is ignored": {
			given: team, when: incremental(members("g1", directory.MemberChange{ID: "device"})), wantUnknown: []string{"device"},
		},
		"who leaves a group that they were no member of is not due": {
			given: team, when: incremental(members("g1", leaves("u3")...)),
		},
		"members of an assigned group that is no longer securityEnabled are due": {
			given: team, assigned: []string{"g1"},
			when: incremental(object("g1", directory.AttrSecurityEnabled, "False")), wantDue: []string{"g1", "u1", "u2"},
		},
		"members of a group that is not assigned are not due with it": {
			given: team, when: incremental(object("g1", directory.AttrSecurityEnabled, "False")), wantDue: []string{"g1"},
		},
		"members of an assigned group whose name changed are not due": {
			given: team, assigned: []string{"g1"}, when: incremental(object("g1", "displayName", "n")), wantDue: []string{"g1"},
		},
		"members of an assigned group that was removed are due": {
			given: team, assigned: []string{"g1"}, when: incremental(gone("g1", directory.SoftDeleted)), wantDue: []string{"g1", "u1", "u2"},
		},
		"members of an assigned group that is restored are due": {
			given: append(team, incremental(gone("g1", directory.SoftDeleted))), assigned: []string{"g1"},
			when: incremental(object("g1")), wantDue: []string{"g1", "u1", "u2"},
		},
		"members of a group that was assigned before it was read are due": {
			given: []page{incremental(object("u1"), object("u2"))}, assigned: []string{"g1"},
			when: incremental(group("g1", "u1")), wantDue: []string{"g1", "u1"},
		},
	}
}
