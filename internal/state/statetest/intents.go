package statetest

import (
	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/state"
)

// intentCases are about memberships of groups for which something was sent and nothing is known of what came of it.
func intentCases() map[string]func(f *fixture) {
	// team has u1 in g1 in the source, and in the target if given is true; a change of the members of g1 is under way.
	team := func(f *fixture, given bool) {
		f.Helper()
		f.readAll(1, object("u1"), object("u2"), group("g1", "u1", "u2"))
		f.link("g1", "u1", "u2")
		f.sent("g1", []string{"u2"}, nil)
		if given {
			f.sent("g1", []string{"u1"}, nil)
		}
		f.settle()
	}
	intend := func(f *fixture) {
		f.Helper()
		f.must(f.Intend(f.ctx, f.config, f.seqs("g1")))
	}
	return map[string]func(f *fixture){
		"a member that left while it was being added is removed": func(f *fixture) {
			team(f, false)
			intend(f)
			f.read(members("g1", leaves("u1")...))
			f.reopen()
			f.wantEdges("g1", nil, []string{"u1"})
			f.sent("g1", nil, []string{"u1"})
			f.equal("intent", f.get("g1").Intent, false)
			f.wantUnequal()
		},
		"also when a complete read shows it": func(f *fixture) {
			team(f, false)
			intend(f)
			f.readAll(2, group("g1", "u2"))
			f.finish(directory.Group, 2, 10)
			f.wantEdges("g1", nil, []string{"u1"})
		},
		"also when the member is forgotten and the account stays": func(f *fixture) {
			team(f, false)
			intend(f)
			f.read(gone("u1", directory.HardDeleted))
			f.commit(state.Outcome{Seq: f.seq("u1"), Done: true, Link: state.Disabled, Target: f.get("u1").Target, Forget: true})
			f.wantEdges("g1", nil, []string{"u1"})
		},
		"a member that came back while it was being removed is added": func(f *fixture) {
			team(f, true)
			f.read(members("g1", leaves("u1")...))
			intend(f)
			f.read(members("g1", joins("u1")...))
			f.wantEdges("g1", []string{"u1"}, nil)
			f.sent("g1", []string{"u1"}, nil)
			f.equal("intent", f.get("g1").Intent, false)
		},
		"an intent stays while something is left to send": func(f *fixture) {
			team(f, false)
			intend(f)
			f.read(object("u3"), members("g1", joins("u3")...))
			f.link("u3")
			f.sent("g1", []string{"u1"}, nil)
			f.equal("intent", f.get("g1").Intent, true)
			f.sent("g1", []string{"u3"}, nil)
			f.equal("intent", f.get("g1").Intent, false)
		},
		"what an object was like when its create was begun is kept while nothing is known of it": func(f *fixture) {
			f.read(object("u1", "mail", "first"), object("u2", "mail", "other"))
			intended := func() (directory.Attributes, bool) {
				a, ok, err := f.Intended(f.ctx, f.config, f.seq("u1"))
				f.must(err)
				return a, ok
			}
			f.must(f.Intend(f.ctx, f.config, f.seqs("u1")))
			_, ok := intended()
			f.equal("before it changed", ok, false)
			f.read(object("u1", "mail", "second"), object("u2", "mail", "another"))
			f.read(object("u1", "mail", "third"))
			f.reopen()
			got, ok := intended()
			f.equal("after it changed twice", []any{ok, got.First("mail")}, []any{true, "first"})
			_, ok, err := f.Intended(f.ctx, f.config, f.seq("u2"))
			f.must(err)
			f.equal("of somebody without an intent", ok, false)
			f.must(f.Intend(f.ctx, f.config, f.seqs("u1")))
			_, ok = intended()
			f.equal("after another attempt was begun", ok, false)
			f.read(object("u1", "mail", "fourth"))
			got, ok = intended()
			f.equal("after that", []any{ok, got.First("mail")}, []any{true, "third"})
			f.link("u1")
			_, ok = intended()
			f.equal("with a resource", ok, false)
		},
		"an intent ends also when what was left to send is gone": func(f *fixture) {
			team(f, false)
			intend(f)
			f.commit(state.Outcome{Seq: f.seq("u1"), Done: true, Link: state.Unlinked})
			f.wantUnequal()
			f.equal("intent", f.get("g1").Intent, false)
		},
		"and when the source takes it back before anybody has a resource": func(f *fixture) {
			team(f, false)
			f.commit(state.Outcome{Seq: f.seq("u1"), Done: true, Link: state.Unlinked})
			intend(f)
			f.read(members("g1", leaves("u1")...))
			f.equal("intent", f.get("g1").Intent, false)
		},
		"an intent of the group itself stays": func(f *fixture) {
			team(f, false)
			f.decide("g1", state.Update)
			intend(f)
			f.sent("g1", []string{"u1"}, nil)
			f.equal("intent", f.get("g1").Intent, true)
		},
	}
}
