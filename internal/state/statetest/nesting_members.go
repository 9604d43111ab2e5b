package statetest

import (
	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/state"
)

// managedChain is a chain in which g1 and the people have resources, and the target knows everybody.
func managedChain(f *fixture) {
	f.Helper()
	chain(f)
	f.link("g1", "u1", "u2", "u3")
	f.wantEdges("g1", []string{"u1", "u2", "u3"}, nil)
	f.sent("g1", []string{"u1", "u2", "u3"}, nil)
	f.wantUnequal()
}

func nestedMembers() map[string]func(f *fixture) {
	return map[string]func(f *fixture){
		"people of inner groups are members of the assigned group in the target": func(f *fixture) {
			managedChain(f)
			f.read(members("g1", leaves("g2")...))
			f.nest()
			f.wantEdges("g1", nil, []string{"u2", "u3"})
			f.sent("g1", nil, []string{"u2", "u3"})
			f.wantUnequal()
		},
		"whoever gets a resource later is added then": func(f *fixture) {
			chain(f)
			f.link("g1")
			f.wantEdges("g1", nil, nil)
			f.link("u3")
			f.wantEdges("g1", []string{"u3"}, nil)
			f.commit(state.Outcome{Seq: f.seq("u3")})
			f.wantEdges("g1", nil, nil)
		},
		"whoever has a resource already is added at once": func(f *fixture) {
			f.read(object("u1"), group("g2", "u1"), group("g1", "g2"))
			f.assign(1, "g1", "r1")
			f.link("u1", "g1")
			f.nest()
			f.wantEdges("g1", []string{"u1"}, nil)
		},
		"a direct member who is also one through a group stays when either ends": func(f *fixture) {
			chain(f)
			f.read(members("g1", joins("u3")...))
			f.nest()
			f.link("g1", "u1", "u2", "u3")
			f.sent("g1", []string{"u1", "u2", "u3"}, nil)
			f.settle()
			f.read(members("g1", leaves("u3")...))
			f.nest()
			f.wantUnequal()
			f.wantAssigned("u1", "u2", "u3")
			f.read(members("g1", joins("u3")...), members("g3", leaves("u3")...))
			f.nest()
			f.wantUnequal()
			f.wantAssigned("u1", "u2", "u3")
			f.settle()
			f.read(members("g1", leaves("u3")...))
			f.nest()
			f.wantEdges("g1", nil, []string{"u3"})
			f.wantAssigned("u1", "u2")
		},
		"becoming a direct member as well makes nobody due but by the import": func(f *fixture) {
			chain(f)
			f.read(members("g1", joins("u2")...))
			f.wantDue("u2")
			f.settle()
			f.nest()
			f.wantDue()
		},
		"a membership that ended while it was sent is taken back": func(f *fixture) {
			chain(f)
			f.link("g1", "u1", "u2", "u3")
			f.read(members("g3", leaves("u3")...))
			f.nest()
			f.sent("g1", []string{"u1", "u2", "u3"}, nil)
			f.wantEdges("g1", nil, []string{"u3"})
		},
		"links that break leave memberships to be sent again": func(f *fixture) {
			managedChain(f)
			f.must(f.Reset(f.ctx, f.config, state.Reset{Links: true}))
			f.nest()
			f.link("g1", "u1", "u2", "u3")
			f.wantEdges("g1", []string{"u1", "u2", "u3"}, nil)
		},
		"a resource that is another one gets its memberships again": func(f *fixture) {
			managedChain(f)
			f.commit(state.Outcome{Seq: f.seq("u3"), Done: true, Link: state.Active, Target: "T-new"})
			f.wantEdges("g1", []string{"u3"}, nil)
			f.commit(state.Outcome{Seq: f.seq("g1"), Done: true, Link: state.Active, Target: "T-new-group"})
			f.wantEdges("g1", []string{"u1", "u2", "u3"}, nil)
		},
		"a managed group keeps its members when its assignment ends": func(f *fixture) {
			managedChain(f)
			f.assign(2, "u1", "r1")
			f.nest()
			f.wantUnequal()
			f.wantAssigned("u1")
		},
		"a group whose failing member left an inner group is not in escrow any more": func(f *fixture) {
			chain(f)
			f.link("g1", "u1", "u2", "u3")
			f.sent("g1", []string{"u1", "u2"}, nil)
			failing := failure(0, 6, 1)
			failing.Reference = true
			f.commit(state.Outcome{Seq: f.seq("g1"), Link: state.Active, Target: "T-g1", Escrow: failing})
			f.read(members("g3", leaves("u3")...))
			f.nest()
			f.equal("escrow", f.get("g1").Escrow, (*state.Escrow)(nil))
		},
		"where everybody is in scope all groups have their inner people": func(f *fixture) {
			f.read(object("u1"), object("u2"), group("g2", "u1"), group("g1", "g2", "u2"))
			f.must(f.Nest(f.ctx, f.config, state.NestAll))
			f.link("u1", "u2", "g1", "g2")
			f.wantEdges("g1", []string{"u1", "u2", "g2"}, nil)
			f.wantEdges("g2", []string{"u1"}, nil)
			f.must(f.Nest(f.ctx, f.config, state.NestNone))
			f.wantEdges("g1", []string{"u2", "g2"}, nil)
		},
		"a forgotten group takes its people with it": func(f *fixture) {
			managedChain(f)
			f.read(gone("g2", directory.HardDeleted))
			f.commit(state.Outcome{Seq: f.seq("g2"), Done: true, Forget: true})
			f.nest()
			f.wantEdges("g1", nil, []string{"u2", "u3"})
		},
	}
}

func nestedSafety() map[string]func(f *fixture) {
	return map[string]func(f *fixture){
		"switching nested groups off and on": func(f *fixture) {
			managedChain(f)
			f.must(f.Nest(f.ctx, f.config, state.NestNone))
			f.wantDue("u2", "u3")
			f.wantAssigned("u1")
			f.wantEdges("g1", nil, []string{"u2", "u3"})
			f.settle()
			f.nest()
			f.wantDue("u2", "u3")
			f.wantAssigned("u1", "u2", "u3")
			f.wantUnequal()
		},
		"changes while they are off count when they are on": func(f *fixture) {
			chain(f)
			f.must(f.Nest(f.ctx, f.config, state.NestNone))
			f.read(members("g2", leaves("g3")...))
			f.nest()
			f.wantAssigned("u1", "u2")
		},
		"an inner group that is suddenly empty is doubted": func(f *fixture) {
			f.readAll(1, object("u1"), object("u2"), object("u3"), group("g2", "u1", "u2", "u3"), group("g1", "g2"))
			f.finish(directory.Group, 1, 3)
			f.assign(1, "g1", "r1")
			f.nest()
			f.settle()
			f.readAll(2, group("g2"), group("g1", "g2"))
			_, suspects := f.finish(directory.Group, 2, 3)
			f.equal("suspects", suspects, int64(1))
			f.nest()
			f.wantDue()
			f.wantAssigned("u1", "u2", "u3")
			f.readAll(3, group("g2"), group("g1", "g2"))
			f.finish(directory.Group, 3, 3)
			f.nest()
			f.wantDue("u1", "u2", "u3")
			f.wantAssigned()
		},
		"so is a group of which others were the only members": func(f *fixture) {
			f.readAll(1, object("u1"), group("g3", "u1"), group("g2", "g3"), group("g1", "g2"))
			f.finish(directory.Group, 1, 3)
			f.assign(1, "g1", "r1")
			f.nest()
			f.settle()
			f.readAll(2, group("g3", "u1"), group("g2"), group("g1"))
			_, suspects := f.finish(directory.Group, 2, 3)
			f.equal("suspects", suspects, int64(2))
			f.nest()
			f.wantAssigned("u1")
			f.readAll(3, group("g3", "u1"), group("g2"), group("g1"))
			_, suspects = f.finish(directory.Group, 3, 3)
			f.equal("suspects", suspects, int64(0))
			f.nest()
			f.wantDue("g2", "g3", "u1")
			f.wantAssigned()
		},
		"where they do not count such a group is believed": func(f *fixture) {
			f.readAll(1, group("g2"), group("g1", "g2"))
			f.finish(directory.Group, 1, 3)
			f.readAll(2, group("g2"), group("g1"))
			_, suspects := f.finish(directory.Group, 2, 3)
			f.equal("suspects", suspects, int64(0))
		},
		"an inner group that a complete read missed passes on until it is looked up": func(f *fixture) {
			f.readAll(1, object("u1"), group("g2", "u1"), group("g1", "g2"))
			f.finish(directory.Group, 1, 3)
			f.assign(1, "g1", "r1")
			f.nest()
			f.settle()
			f.readAll(2, group("g1", "g2"))
			f.finish(directory.Group, 2, 3)
			f.nest()
			f.wantDue()
			f.wantAssigned("u1")
			f.read(gone("g2", directory.HardDeleted))
			f.nest()
			f.wantAssigned()
		},
		"a complete read in which an inner group has fewer": func(f *fixture) {
			f.readAll(1, object("u1"), object("u2"), group("g2", "u1", "u2"), group("g1", "g2", "u2"))
			f.finish(directory.Group, 1, 3)
			f.assign(1, "g1", "r1")
			f.nest()
			f.settle()
			f.readAll(2, group("g2", "u2"), group("g1", "g2"))
			f.finish(directory.Group, 2, 3)
			f.nest()
			f.wantDue("u1", "u2")
			f.wantAssigned("u2")
		},
		"what was cut short is made good": nestIsMadeGood,
		"inner groups are told": func(f *fixture) {
			chain(f)
			got, err := f.InnerGroups(f.ctx, f.config, "g1")
			f.must(err)
			f.equal("inside g1", got, []directory.SourceID{"g2"})
			got, err = f.InnerGroups(f.ctx, f.config, "g3")
			f.must(err)
			f.equal("inside g3", got, []directory.SourceID(nil))
		},
	}
}
