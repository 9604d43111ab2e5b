package statetest

import (
	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/state"
)

// heirCases are about resources that get another owner.
func heirCases() map[string]func(f *fixture) {
	// family has u1 with a resource in the groups g1 and g2, and u2, who is in g2 and g3 and has none.
	family := func(f *fixture, link state.Link, removal directory.Removal) {
		f.Helper()
		f.read(object("u1"), object("u2"), group("g1", "u1"), group("g2", "u1", "u2"), group("g3", "u2"))
		f.link("g1", "g2", "g3", "u1")
		for _, g := range []string{"g1", "g2"} {
			f.must(f.CommitEdges(f.ctx, f.config, f.seq(g), f.seqs("u1"), nil, nil))
		}
		if removal != directory.Present {
			f.read(gone("u1", removal))
		}
		f.settle()
		f.commit(state.Outcome{Seq: f.seq("u1"), Done: true, Link: link, Target: f.get("u1").Target})
	}
	takesOver := func(link state.Link, removal directory.Removal, wantLink state.Link) func(f *fixture) {
		return func(f *fixture) {
			f.Helper()
			family(f, link, removal)
			target := f.get("u1").Target
			f.commit(state.Outcome{Seq: f.seq("u2"), Done: true, Link: state.Active, Target: target, Waits: []state.Wait{}})
			f.reopen()
			owner, ok, err := f.ByTarget(f.ctx, f.config, directory.User, target)
			f.must(err)
			f.equal("owner of the resource", []any{ok, owner.ID}, []any{true, directory.SourceID("u2")})
			f.wantEdges("g1", nil, []string{"u2"})
			f.wantEdges("g2", nil, nil)
			f.wantEdges("g3", []string{"u2"}, nil)
			old, known, err := f.Get(f.ctx, f.config, "u1")
			f.must(err)
			f.equal("the former owner is known", known, removal != directory.HardDeleted)
			if known {
				f.equal("the former owner", []any{old.Link, old.Target}, []any{wantLink, directory.TargetID("")})
			}
		}
	}
	return map[string]func(f *fixture){
		"the resource of somebody in the recycle bin goes to its new owner, memberships and all":    takesOver(state.Disabled, directory.SoftDeleted, state.Unlinked),
		"the resource of somebody who was released goes to its new owner, memberships and all":      takesOver(state.Released, directory.Present, state.Released),
		"the resource of somebody who is gone for good goes to its new owner, memberships and all":  takesOver(state.Disabled, directory.HardDeleted, state.Unlinked),
		"the resource of somebody who is released and gone goes to its new owner, memberships also": takesOver(state.Released, directory.HardDeleted, state.Released),
		"somebody who is there keeps the resource that the target gives to two": func(f *fixture) {
			family(f, state.Active, directory.Present)
			target := f.get("u1").Target
			f.commit(state.Outcome{Seq: f.seq("u2"), Done: true, Link: state.Active, Target: target})
			f.equal("link", f.get("u1").Link, state.Active)
			f.equal("resource", f.get("u1").Target, target)
			f.wantEdges("g1", nil, nil)
		},
		"whoever comes back to their own resource takes nothing over": func(f *fixture) {
			family(f, state.Released, directory.Present)
			f.commit(state.Outcome{Seq: f.seq("u1"), Done: true, Link: state.Active, Target: f.get("u1").Target})
			f.equal("link", f.get("u1").Link, state.Active)
			f.wantEdges("g1", nil, nil)
			f.wantEdges("g2", nil, nil)
		},
	}
}
