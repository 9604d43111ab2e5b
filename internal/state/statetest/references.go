package statetest

import (
	"fmt"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/state"
)

// waiting returns what Waiting lists, as "object path for to".
func (f *fixture) waiting(after state.Seq, limit int) []string {
	f.Helper()
	page, err := f.Waiting(f.ctx, f.config, after, limit)
	f.must(err)
	out := []string{}
	for _, w := range page {
		out = append(out, fmt.Sprintf("%s %s %s %s", w.ID, w.Path, w.For, w.To))
	}
	return out
}

// linkWaiting commits that an object is linked and waits for others, under the path manager.
func (f *fixture) linkWaiting(id string, link state.Link, others ...string) {
	f.Helper()
	waits := []state.Wait{}
	for _, o := range others {
		waits = append(waits, state.Wait{Path: "manager", For: directory.SourceID(o)})
	}
	f.commit(state.Outcome{Seq: f.seq(id), Done: true, Link: link, Target: targetOf(id), Waits: waits})
}

func referenceCases() map[string]func(f *fixture) {
	cases := waitCases()
	for name, run := range map[string]func(f *fixture){
		"objects resolve to their resources, unlinked ones are left out": func(f *fixture) {
			f.read(object("u1"), object("u2"), object("u3"), object("u4"))
			f.link("u1")
			f.commit(state.Outcome{Seq: f.seq("u2"), Done: true, Link: state.Disabled, Target: "T2"},
				state.Outcome{Seq: f.seq("u3"), Done: true, Link: state.Released, Target: "T3"})
			got, err := f.Targets(f.ctx, f.config, []directory.SourceID{"u1", "u2", "u3", "u4", "u9"})
			f.must(err)
			f.equal("targets", got, map[directory.SourceID]directory.TargetID{"u1": "T-u1", "u2": "T2", "u3": "T3"})
		},
		"more objects than a page are refused": func(f *fixture) {
			_, err := f.Targets(f.ctx, f.config, make([]directory.SourceID, state.PageSize+1))
			f.wantInternal(err)
		},
		"a new resource of a manager makes the managed due": func(f *fixture) {
			f.read(object("u1", directory.AttrManager, "u2"), object("u2"), object("u3", directory.AttrManager, "u9"))
			f.link("u1", "u2", "u3")
			f.settle()
			f.link("u2")
			f.wantDue()
			f.commit(state.Outcome{Seq: f.seq("u2"), Done: true, Link: state.Active, Target: "other"})
			f.wantDue("u1")
		},
		"a link that is lost makes the managed due": func(f *fixture) {
			f.read(object("u1", directory.AttrManager, "u2"), object("u2"))
			f.link("u1", "u2")
			f.settle()
			f.commit(state.Outcome{Seq: f.seq("u2")})
			f.wantDue("u1")
		},
		"the first resource of a manager makes nobody due": func(f *fixture) {
			f.read(object("u1", directory.AttrManager, "u2"), object("u2"))
			f.link("u1")
			f.settle()
			f.link("u2")
			f.wantDue()
		},
	} {
		cases[name] = run
	}
	return cases
}

func waitCases() map[string]func(f *fixture) {
	return map[string]func(f *fixture){
		"a reference waits until the other is linked": func(f *fixture) {
			f.read(object("u1"), object("u2"))
			f.linkWaiting("u1", state.Active, "u2")
			f.equal("waiting before", f.waiting(0, 10), []string{})
			f.link("u2")
			f.reopen()
			f.equal("waiting after", f.waiting(0, 10), []string{"u1 manager u2 T-u2"})
		},
		"the other may be linked in the same transaction": func(f *fixture) {
			f.read(object("u1"), object("u2"))
			f.commit(
				state.Outcome{Seq: f.seq("u1"), Done: true, Link: state.Active, Target: "T1", Waits: []state.Wait{{Path: "manager", For: "u2"}}},
				state.Outcome{Seq: f.seq("u2"), Done: true, Link: state.Active, Target: "T2"},
			)
			f.equal("waiting", f.waiting(0, 10), []string{"u1 manager u2 T2"})
		},
		"the other may be linked already": func(f *fixture) {
			f.read(object("u1"), object("u2"))
			f.link("u2")
			f.linkWaiting("u1", state.Disabled, "u2")
			f.equal("waiting", f.waiting(0, 10), []string{"u1 manager u2 T-u2"})
		},
		"the other may be read later": func(f *fixture) {
			f.read(object("u1"))
			f.linkWaiting("u1", state.Active, "u2")
			f.read(object("u2"))
			f.link("u2")
			f.equal("waiting", f.waiting(0, 10), []string{"u1 manager u2 T-u2"})
		},
		"an object that is not managed waits for nothing": func(f *fixture) {
			f.read(object("u1"), object("u2"), object("u3"))
			f.link("u2")
			f.linkWaiting("u1", state.Released, "u2")
			f.linkWaiting("u3", state.Unlinked, "u2")
			f.equal("waiting", f.waiting(0, 10), []string{})
		},
		"the other may lose its resource again": func(f *fixture) {
			f.read(object("u1"), object("u2"))
			f.linkWaiting("u1", state.Active, "u2")
			f.link("u2")
			f.commit(state.Outcome{Seq: f.seq("u2")})
			f.equal("waiting", f.waiting(0, 10), []string{})
			f.link("u2")
			f.equal("waiting again", f.waiting(0, 10), []string{"u1 manager u2 T-u2"})
		},
		"the other may be forgotten": func(f *fixture) {
			f.read(object("u1"), object("u2"))
			f.linkWaiting("u1", state.Active, "u2")
			f.link("u2")
			f.commit(state.Outcome{Seq: f.seq("u2"), Forget: true})
			f.equal("waiting", f.waiting(0, 10), []string{})
		},
		"nil keeps the list, an empty one clears it, another replaces it": func(f *fixture) {
			f.read(object("u1"), object("u2"), object("u3"))
			f.link("u2", "u3")
			f.linkWaiting("u1", state.Active, "u2")
			f.link("u1")
			f.equal("kept", f.waiting(0, 10), []string{"u1 manager u2 T-u2"})
			f.linkWaiting("u1", state.Active, "u3", "u3")
			f.equal("replaced", f.waiting(0, 10), []string{"u1 manager u3 T-u3"})
			f.linkWaiting("u1", state.Active)
			f.equal("cleared", f.waiting(0, 10), []string{})
		},
		"pages end between objects": func(f *fixture) {
			f.read(object("u1"), object("u2"), object("u3"), object("u4"), object("u5"))
			f.link("u4", "u5")
			f.linkWaiting("u1", state.Active, "u4")
			f.linkWaiting("u2", state.Active, "u4", "u5")
			f.linkWaiting("u3", state.Active, "u4", "u5")
			got := [][]string{f.waiting(0, 2), f.waiting(f.seq("u1"), 2), f.waiting(f.seq("u2"), 1), f.waiting(f.seq("u3"), 2)}
			f.equal("pages", got, [][]string{
				{"u1 manager u4 T-u4"},
				{"u2 manager u4 T-u4", "u2 manager u5 T-u5"},
				{"u3 manager u4 T-u4"},
				{},
			})
		},
		"a waiting reference comes with its record": func(f *fixture) {
			f.read(object("u1", "mail", "m"), object("u2"))
			f.link("u2")
			f.commit(state.Outcome{Seq: f.seq("u1"), Link: state.Active, Target: "T1", Applied: directory.Values{"a": "b"}, Escrow: failure(0, 6, 1),
				Waits: []state.Wait{{Path: "manager", For: "u2"}}})
			page, err := f.Waiting(f.ctx, f.config, 0, 10)
			f.must(err)
			f.equal("references", len(page), 1)
			f.equal("record", page[0].Record, f.get("u1").Record)
		},
	}
}
