package statetest

import (
	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/state"
)

func fullReadCases() map[string]func(f *fixture) {
	cases := missingCases()
	for name, run := range suspectCases() {
		cases[name] = run
	}
	return cases
}

func (f *fixture) missing(kind directory.Kind) []string {
	f.Helper()
	page, err := f.Missing(f.ctx, f.config, kind, 0, state.PageSize)
	f.must(err)
	for _, r := range page {
		f.equal("Missing of "+string(r.ID), r.Missing, true)
	}
	return recordIDs(page)
}

func missingCases() map[string]func(f *fixture) {
	return map[string]func(f *fixture){
		"whoever a complete read did not show is missing, not removed, and not due": func(f *fixture) {
			f.read(object("u1"), object("u2"), object("u3"), group("g1"))
			f.settle()
			f.readAll(2, object("u2"))
			n, _ := f.finish(directory.User, 2, 0)
			f.equal("missing", n, int64(2))
			f.equal("listed", f.missing(directory.User), []string{"u1", "u3"})
			f.equal("groups, which were not read", f.missing(directory.Group), []string{})
			f.equal("removal", f.get("u1").Removal, directory.Present)
			f.wantDue()
			known, err := f.Known(f.ctx, f.config, directory.User)
			f.must(err)
			f.equal("known", known, int64(3))
		},
		"whoever is removed already is not missing": func(f *fixture) {
			f.read(object("u1"), object("u2"))
			f.read(gone("u1", directory.SoftDeleted))
			n, _ := f.finish(directory.User, 2, 0)
			f.equal("missing", n, int64(1))
			f.equal("listed", f.missing(directory.User), []string{"u2"})
			known, err := f.Known(f.ctx, f.config, directory.User)
			f.must(err)
			f.equal("known", known, int64(1))
		},
		"finishing twice says the same": func(f *fixture) {
			f.read(object("u1"), object("u2"))
			first, _ := f.finish(directory.User, 2, 0)
			again, _ := f.finish(directory.User, 2, 0)
			f.equal("missing", []int64{first, again}, []int64{2, 2})
		},
		"being looked up ends it": func(f *fixture) {
			f.read(object("u1"), object("u2"), object("u3"))
			f.settle()
			f.finish(directory.User, 2, 0)
			f.read(object("u1"), gone("u2", directory.HardDeleted))
			f.equal("listed", f.missing(directory.User), []string{"u3"})
			f.wantDue("u2")
		},
		"being seen in the next complete read ends it": func(f *fixture) {
			f.read(object("u1"))
			f.finish(directory.User, 2, 0)
			f.readAll(3, object("u1"))
			n, _ := f.finish(directory.User, 3, 0)
			f.equal("missing", n, int64(0))
		},
		"what a read saw that was cut counts for no later one": func(f *fixture) {
			f.readAll(1, object("u1"), object("u2"), group("g1", "u1", "u2"))
			f.settle()
			f.readAll(2, object("u1"), object("u2"), group("g1", "u1", "u2"))
			f.readAll(3, object("u1"), group("g1", "u1"))
			f.finish(directory.User, 3, 0)
			f.finish(directory.Group, 3, 10)
			f.equal("missing", f.missing(directory.User), []string{"u2"})
			f.wantDue("u2")
		},
		"a read that ends while a later one is under way misses nobody whom that one saw": func(f *fixture) {
			f.readAll(1, object("u1"), object("u2"), object("u3"), group("g1", "u1", "u2", "u3"))
			f.settle()
			f.readAll(2, object("u1"), group("g1", "u1"))
			f.readAll(3, object("u1"), object("u2"), object("u3"), group("g1", "u1", "u2"))
			f.readAll(2, object("u2"), object("u3"), members("g1", joins("u2", "u3")...))
			f.finish(directory.User, 2, 0)
			f.finish(directory.Group, 2, 1)
			f.equal("missing in the first read", f.missing(directory.User), []string{})
			f.wantDue()
			f.finish(directory.User, 3, 0)
			f.equal("missing in the later read", f.missing(directory.User), []string{})
			f.readAll(3, members("g1", joins("u3")...))
			f.finish(directory.Group, 3, 1)
			f.wantDue()
		},
		"a complete read removes the memberships that it did not show": func(f *fixture) {
			f.read(object("u1"), object("u2"), object("u3"), group("g1", "u1", "u2"), group("g2", "u3"))
			f.link("u1", "u2", "u3", "g1", "g2")
			f.must(f.CommitEdges(f.ctx, f.config, f.seq("g1"), f.seqs("u1", "u2"), nil, nil))
			f.settle()
			f.readAll(2, group("g1", "u1"), group("g2", "u3"))
			f.finish(directory.Group, 2, 10)
			f.wantDue("u2")
			f.wantEdges("g1", nil, []string{"u2"})
			f.wantEdges("g2", []string{"u3"}, nil)
		},
		"members that come in several changes are all seen": func(f *fixture) {
			f.read(object("u1"), object("u2"), group("g1", "u1", "u2"))
			f.settle()
			f.readAll(2, group("g1", "u1"))
			f.readAll(2, members("g1", joins("u2")...))
			f.finish(directory.Group, 2, 1)
			f.wantDue()
		},
		"memberships from an incremental read are compared as well": func(f *fixture) {
			f.readAll(2, object("u1"), group("g1"))
			f.read(members("g1", joins("u1")...))
			f.settle()
			f.readAll(3, group("g1"))
			f.finish(directory.Group, 3, 10)
			f.wantDue("u1")
		},
		"a group that is missing itself keeps its members until it is looked up": func(f *fixture) {
			f.read(object("u1"), group("g1", "u1"), group("g2"))
			f.assign(1, "g1", "r1")
			f.settle()
			f.readAll(2, group("g2"))
			missing, suspects := f.finish(directory.Group, 2, 1)
			f.equal("missing and suspects", []int64{missing, suspects}, []int64{1, 0})
			f.equal("assigned", f.get("u1").Assigned, true)
			f.wantDue()
			f.read(gone("g1", directory.HardDeleted))
			f.wantDue("g1", "u1")
			f.equal("assigned after the group was found deleted", f.get("u1").Assigned, false)
		},
	}
}

func suspectCases() map[string]func(f *fixture) {
	team := func(f *fixture) {
		f.Helper()
		f.readAll(1, object("u1"), object("u2"), object("u3"), group("g1", "u1", "u2"), group("g2", "u3"))
		f.finish(directory.Group, 1, 2)
		f.settle()
	}
	empty := func(f *fixture, cycle int64) int64 {
		f.Helper()
		f.readAll(cycle, group("g1"), group("g2", "u3"))
		_, suspects := f.finish(directory.Group, cycle, 2)
		return suspects
	}
	return map[string]func(f *fixture){
		"a group that is suddenly empty keeps its members the first time": func(f *fixture) {
			team(f)
			f.equal("suspects", empty(f, 2), int64(1))
			f.wantDue()
		},
		"and says so again when the read is finished twice": func(f *fixture) {
			team(f)
			empty(f, 2)
			_, again := f.finish(directory.Group, 2, 2)
			f.equal("suspects", again, int64(1))
			f.wantDue()
		},
		"the second complete read that says so is believed": func(f *fixture) {
			team(f)
			empty(f, 2)
			f.reopen()
			f.equal("suspects", empty(f, 3), int64(0))
			f.wantDue("u1", "u2")
		},
		"a read in between that shows members begins anew": func(f *fixture) {
			team(f)
			empty(f, 2)
			f.readAll(3, group("g1", "u1", "u2"), group("g2", "u3"))
			f.finish(directory.Group, 3, 2)
			f.equal("suspects", empty(f, 4), int64(1))
			f.wantDue()
		},
		"a group below the limit is emptied at once": func(f *fixture) {
			team(f)
			f.readAll(2, group("g1", "u1", "u2"), group("g2"))
			_, suspects := f.finish(directory.Group, 2, 2)
			f.equal("suspects", suspects, int64(0))
			f.wantDue("u3")
		},
		"a group that keeps one member loses the others at once": func(f *fixture) {
			team(f)
			f.readAll(2, group("g1", "u1"), group("g2", "u3"))
			_, suspects := f.finish(directory.Group, 2, 2)
			f.equal("suspects", suspects, int64(0))
			f.wantDue("u2")
		},
		"without a limit every group is believed": func(f *fixture) {
			team(f)
			f.readAll(2, group("g1"), group("g2"))
			_, suspects := f.finish(directory.Group, 2, 0)
			f.equal("suspects", suspects, int64(0))
			f.wantDue("u1", "u2", "u3")
		},
		"members that were removed one by one are no suspicion": func(f *fixture) {
			team(f)
			f.read(members("g1", leaves("u1", "u2")...))
			f.settle()
			f.equal("suspects", empty(f, 2), int64(0))
			f.wantDue()
		},
	}
}
