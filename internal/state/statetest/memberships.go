package statetest

import (
	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/state"
)

// wantEdges checks which members are to be added to a group and removed from it.
func (f *fixture) wantEdges(group string, wantAdd, wantRemove []string) {
	f.Helper()
	add, remove, err := f.Edges(f.ctx, f.config, f.seq(group), 100)
	f.must(err)
	ids := func(edges []state.Edge) []string {
		var out []string
		for _, e := range edges {
			out = append(out, string(e.ID))
		}
		return out
	}
	f.equal("to add to "+group, ids(add), wantAdd)
	f.equal("to remove from "+group, ids(remove), wantRemove)
}

func (f *fixture) wantUnequal(want ...string) {
	f.Helper()
	page, err := f.UnequalGroups(f.ctx, f.config, 0, 100)
	f.must(err)
	f.equal("unequal groups", recordIDs(page), append([]string{}, want...))
}

func (f *fixture) sent(group string, added, removed []string) {
	f.Helper()
	f.must(f.CommitEdges(f.ctx, f.config, f.seq(group), f.seqs(added...), f.seqs(removed...), nil))
}

func membershipCases() map[string]func(f *fixture) {
	cases := edgeCases()
	for name, run := range movedEdgeCases() {
		cases[name] = run
	}
	return cases
}

func edgeCases() map[string]func(f *fixture) {
	// team is a managed group of two linked members and one that is not linked.
	team := func(f *fixture) {
		f.Helper()
		f.read(object("u1"), object("u2"), object("u3"), group("g1", "u1", "u2", "u3", "u9"))
		f.link("u1", "u2", "g1")
	}
	return map[string]func(f *fixture){
		"members with a resource are to be added": func(f *fixture) {
			team(f)
			f.wantUnequal("g1")
			f.wantEdges("g1", []string{"u1", "u2"}, nil)
			add, _, err := f.Edges(f.ctx, f.config, f.seq("g1"), 1)
			f.must(err)
			f.equal("first edge", add, []state.Edge{{Member: f.seq("u1"), ID: "u1", Target: "T-u1"}})
		},
		"what was added is equal, also after a restart": func(f *fixture) {
			team(f)
			f.sent("g1", []string{"u1", "u2"}, nil)
			f.reopen()
			f.wantUnequal()
			f.wantEdges("g1", nil, nil)
			counts, err := f.Counts(f.ctx, f.config)
			f.must(err)
			f.equal("memberships", counts.Memberships, int64(2))
		},
		"a member that is linked later is to be added then": func(f *fixture) {
			team(f)
			f.sent("g1", []string{"u1", "u2"}, nil)
			f.link("u3")
			f.wantUnequal("g1")
			f.wantEdges("g1", []string{"u3"}, nil)
		},
		"a group that is linked after its members is to be filled": func(f *fixture) {
			f.read(object("u1"), object("u2"), group("g1", "u1", "u2"))
			f.link("u1")
			f.wantUnequal()
			f.link("g1")
			f.wantEdges("g1", []string{"u1"}, nil)
			f.link("u2")
			f.wantEdges("g1", []string{"u1", "u2"}, nil)
		},
		"a group and its members may be linked in one transaction": func(f *fixture) {
			f.read(object("u1"), group("g1", "u1", "g2"), group("g2", "u1"))
			var outcomes []state.Outcome
			for _, id := range []string{"g2", "u1", "g1"} {
				outcomes = append(outcomes, state.Outcome{Seq: f.seq(id), Done: true, Link: state.Active, Target: targetOf(id)})
			}
			f.commit(outcomes...)
			f.wantEdges("g1", []string{"u1", "g2"}, nil)
			f.wantEdges("g2", []string{"u1"}, nil)
		},
		"a group that lost its resource and gets another one is filled again": func(f *fixture) {
			team(f)
			f.sent("g1", []string{"u1", "u2"}, nil)
			f.commit(state.Outcome{Seq: f.seq("g1")})
			f.wantUnequal()
			f.read(object("u4"))
			f.link("u4")
			f.read(members("g1", joins("u4")...))
			f.wantUnequal()
			f.link("g1")
			f.wantEdges("g1", []string{"u1", "u2", "u4"}, nil)
		},
		"a member that joins after being linked is to be added": func(f *fixture) {
			team(f)
			f.sent("g1", []string{"u1", "u2"}, nil)
			f.read(object("u4"))
			f.link("u4")
			f.read(members("g1", joins("u4")...))
			f.wantEdges("g1", []string{"u4"}, nil)
		},
		"a released member still has a resource and is to be added": func(f *fixture) {
			team(f)
			f.commit(state.Outcome{Seq: f.seq("u3"), Done: true, Link: state.Released, Target: "T3"})
			f.wantEdges("g1", []string{"u1", "u2", "u3"}, nil)
		},
		"a member that left is to be removed": func(f *fixture) {
			team(f)
			f.sent("g1", []string{"u1", "u2"}, nil)
			f.read(members("g1", leaves("u1", "u3")...))
			f.wantUnequal("g1")
			f.wantEdges("g1", nil, []string{"u1"})
			f.sent("g1", nil, []string{"u1"})
			f.wantUnequal()
		},
		"a member that left and came back before that is equal": func(f *fixture) {
			team(f)
			f.sent("g1", []string{"u1", "u2"}, nil)
			f.read(members("g1", leaves("u1")...))
			f.read(members("g1", joins("u1")...))
			f.wantUnequal()
		},
		"a member that left before it was added is forgotten": func(f *fixture) {
			team(f)
			f.read(members("g1", leaves("u1")...))
			f.wantEdges("g1", []string{"u2"}, nil)
		},
		"a member that lost its link is removed without a resource": func(f *fixture) {
			team(f)
			f.sent("g1", []string{"u1", "u2"}, nil)
			f.read(members("g1", leaves("u1")...))
			_, remove, err := f.Edges(f.ctx, f.config, f.seq("g1"), 10)
			f.must(err)
			f.equal("edges", remove, []state.Edge{{Member: f.seq("u1"), ID: "u1", Target: "T-u1"}})
		},
		"groups that are not Active are not listed": func(f *fixture) {
			team(f)
			for _, link := range []state.Link{state.Disabled, state.Released, state.Unlinked} {
				f.commit(state.Outcome{Seq: f.seq("g1"), Done: true, Link: link, Target: "T-g1"})
				f.wantUnequal()
			}
		},
		"unequal groups are listed page by page": func(f *fixture) {
			f.read(object("u1"), group("g1", "u1"), group("g2"), group("g3", "u1"), group("g4", "u1"))
			f.link("u1", "g1", "g2", "g3", "g4")
			first, err := f.UnequalGroups(f.ctx, f.config, 0, 2)
			f.must(err)
			f.equal("first page", recordIDs(first), []string{"g1", "g3"})
			second, err := f.UnequalGroups(f.ctx, f.config, first[1].Seq, 2)
			f.must(err)
			f.equal("second page", recordIDs(second), []string{"g4"})
		},
		"an edge that was sent for a membership that ended is to be removed": func(f *fixture) {
			team(f)
			f.read(members("g1", leaves("u1")...))
			f.sent("g1", []string{"u1"}, nil)
			f.wantEdges("g1", []string{"u2"}, []string{"u1"})
		},
		"sending writes its log entry": func(f *fixture) {
			team(f)
			f.must(f.CommitEdges(f.ctx, f.config, f.seq("g1"), f.seqs("u1"), nil, &state.LogEntry{ID: "l1", Time: at(0)}))
			entries, err := f.Log(f.ctx, f.config, state.LogQuery{})
			f.must(err)
			f.equal("entries", len(entries), 1)
		},
		"edges of a group of another config are not shown": func(f *fixture) {
			team(f)
			other := f.in("config-2")
			other.read(object("u1"))
			add, remove, err := other.Edges(f.ctx, other.config, f.seq("g1"), 10)
			f.must(err)
			f.equal("edges", len(add)+len(remove), 0)
			f.must(other.CommitEdges(f.ctx, other.config, f.seq("g1"), f.seqs("u1"), nil, nil))
			f.wantEdges("g1", []string{"u1", "u2"}, nil)
		},
	}
}

func movedEdgeCases() map[string]func(f *fixture) {
	sent := func(f *fixture) {
		f.Helper()
		f.read(object("u1"), object("u2"), group("g1", "u1", "u2"))
		f.link("u1", "u2", "g1")
		f.sent("g1", []string{"u1", "u2"}, nil)
	}
	reference := func() *state.Escrow {
		e := failure(0, 6, 1)
		e.Reference = true
		return e
	}
	failed := func(f *fixture) {
		f.Helper()
		f.read(object("u1"), object("u2"), group("g1", "u1", "u2"))
		f.link("u1", "u2", "g1")
		f.settle()
		f.commit(state.Outcome{Seq: f.seq("g1"), Link: state.Active, Target: "T-g1", Escrow: reference()})
	}
	return map[string]func(f *fixture){
		"a new resource of a member is to be added again": func(f *fixture) {
			sent(f)
			f.commit(state.Outcome{Seq: f.seq("u1"), Done: true, Link: state.Active, Target: "other"})
			f.wantEdges("g1", []string{"u1"}, nil)
		},
		"a member without resource is neither added nor removed": func(f *fixture) {
			sent(f)
			f.commit(state.Outcome{Seq: f.seq("u1")})
			f.wantUnequal()
			f.read(members("g1", leaves("u1")...))
			f.wantUnequal()
		},
		"a new resource of a group is to be filled": func(f *fixture) {
			sent(f)
			f.read(members("g1", leaves("u2")...))
			f.commit(state.Outcome{Seq: f.seq("g1"), Done: true, Link: state.Active, Target: "other"})
			f.wantEdges("g1", []string{"u1"}, nil)
		},
		"the same resource changes nothing": func(f *fixture) {
			sent(f)
			f.commit(state.Outcome{Seq: f.seq("u1"), Done: true, Link: state.Disabled, Target: "T-u1"})
			f.wantUnequal()
		},
		"a nested group is a member like any other": func(f *fixture) {
			f.read(group("g2"), group("g1", "g2"))
			f.link("g1")
			f.wantUnequal()
			f.link("g2")
			f.wantEdges("g1", []string{"g2"}, nil)
		},
		"a group whose members failed stays in escrow while one is left": func(f *fixture) {
			failed(f)
			f.sent("g1", []string{"u1"}, nil)
			f.equal("escrow", f.get("g1").Escrow, reference())
			f.sent("g1", []string{"u2"}, nil)
			f.equal("escrow when all are sent", f.get("g1").Escrow, (*state.Escrow)(nil))
		},
		"a group whose failing members left is not in escrow any more": func(f *fixture) {
			failed(f)
			f.sent("g1", []string{"u1"}, nil)
			f.read(members("g1", leaves("u2")...))
			f.equal("escrow", f.get("g1").Escrow, (*state.Escrow)(nil))
		},
		"also when a complete read says so": func(f *fixture) {
			failed(f)
			f.sent("g1", []string{"u1"}, nil)
			f.readAll(2, group("g1", "u1"))
			f.finish(directory.Group, 2, 10)
			f.equal("escrow", f.get("g1").Escrow, (*state.Escrow)(nil))
		},
		"and when the failing member lost its resource": func(f *fixture) {
			failed(f)
			f.sent("g1", []string{"u1"}, nil)
			f.commit(state.Outcome{Seq: f.seq("u2")})
			f.equal("escrow", f.get("g1").Escrow, (*state.Escrow)(nil))
		},
		"a group that failed itself stays in escrow": func(f *fixture) {
			failed(f)
			f.decide("g1", state.Update)
			f.commit(state.Outcome{Seq: f.seq("g1"), Link: state.Active, Target: "T-g1", Escrow: failure(0, 6, 1)})
			f.sent("g1", []string{"u1", "u2"}, nil)
			f.equal("escrow", f.get("g1").Escrow, failure(0, 6, 1))
		},
	}
}
