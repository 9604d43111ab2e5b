package statetest

import (
	"time"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/state"
)

func driftCases() map[string]func(f *fixture) {
	return map[string]func(f *fixture){
		"managed records are found by their resources": func(f *fixture) {
			f.read(object("u1"), object("u2"), object("u3"), object("u4"), group("g1", "u1"))
			f.link("u1", "u2", "g1")
			f.commit(state.Outcome{Seq: f.seq("u2"), Done: true, Link: state.Disabled, Target: targetOf("u2")},
				state.Outcome{Seq: f.seq("u3"), Done: true, Link: state.Released, Target: targetOf("u3")})
			f.assign(1, "u1", "r")
			found, err := f.Linked(f.ctx, f.config, directory.User, []directory.TargetID{"T-u1", "T-u2", "T-u3", "T-u4", "T-g1", "nobody"})
			f.must(err)
			got := map[directory.TargetID]string{}
			for target, c := range found {
				got[target] = string(c.ID) + " " + string(c.Link)
			}
			f.equal("linked", got, map[directory.TargetID]string{"T-u1": "u1 Active", "T-u2": "u2 Disabled"})
			f.equal("assigned", found["T-u1"].Assigned, true)
			groups, err := f.Linked(f.ctx, f.config, directory.Group, []directory.TargetID{"T-g1"})
			f.must(err)
			f.equal("groups", len(groups), 1)
			none, err := f.Linked(f.ctx, f.config, directory.User, nil)
			f.must(err)
			f.equal("none asked for", len(none), 0)
		},
		"more resources than a page are refused": func(f *fixture) {
			if _, err := f.Linked(f.ctx, f.config, directory.User, make([]directory.TargetID, state.PageSize+1)); err == nil {
				f.Error("no error")
			}
		},
		"who is managed and not in the index is unlisted": func(f *fixture) {
			f.read(object("u1"), object("u2"), object("u3"), object("u4"), group("g1"))
			f.link("u1", "u2", "u3", "g1")
			f.commit(state.Outcome{Seq: f.seq("u3"), Done: true, Link: state.Released, Target: targetOf("u3")})
			list := func(after state.Seq, limit int) []string {
				page, err := f.Unlisted(f.ctx, f.config, directory.User, after, limit)
				f.must(err)
				return idsOf(page)
			}
			f.equal("before anything is listed", list(0, 10), []string{"u1", "u2"})
			f.equal("a page", list(0, 1), []string{"u1"})
			f.equal("the next page", list(f.seq("u1"), 10), []string{"u2"})
			f.must(f.AddIndex(f.ctx, f.config, directory.User, []state.IndexEntry{entry("T-u1", "v")}))
			f.must(f.AddIndex(f.ctx, f.config, directory.Group, []state.IndexEntry{entry("T-u2", "v")}))
			f.equal("a group of the same id is somebody else", list(0, 10), []string{"u2"})
		},
		"memberships of the target are those that were sent": func(f *fixture) {
			f.read(object("u1"), object("u2"), object("u3"), group("g1", "u1", "u2", "u3"))
			f.link("u1", "u2", "u3", "g1")
			f.must(f.CommitEdges(f.ctx, f.config, f.seq("g1"), f.seqs("u1", "u3"), nil, nil))
			list := func(after state.Seq, limit int) []string {
				edges, err := f.TargetEdges(f.ctx, f.config, f.seq("g1"), after, limit)
				f.must(err)
				out := []string{}
				for _, e := range edges {
					out = append(out, string(e.ID)+" "+string(e.Target)+" "+string(e.Link))
				}
				return out
			}
			f.commit(state.Outcome{Seq: f.seq("u3"), Done: true, Link: state.Released, Target: targetOf("u3")})
			f.equal("edges", list(0, 10), []string{"u1 T-u1 Active", "u3 T-u3 Released"})
			f.equal("a page", list(0, 1), []string{"u1 T-u1 Active"})
			f.equal("the next page", list(f.seq("u1"), 10), []string{"u3 T-u3 Released"})
		},
		"members without a resource are awaited while something is pending for them": func(f *fixture) {
			awaited := func() int64 {
				n, err := f.Awaited(f.ctx, f.config, f.seq("g1"))
				f.must(err)
				return n
			}
			f.read(object("u1"), object("u2"), object("u3"), group("g1", "u1", "u2", "u3"))
			f.link("u1", "g1")
			f.settle()
			f.equal("nothing is pending", awaited(), int64(0))
			f.decide("u2", state.Provision)
			f.equal("one is to be provisioned", awaited(), int64(1))
			at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
			f.commit(state.Outcome{Seq: f.seq("u2"), Escrow: &state.Escrow{First: at, Next: at, Attempts: 1, Code: "c"}})
			f.equal("one is in escrow", awaited(), int64(1))
			f.link("u2")
			f.equal("all that are wanted are there", awaited(), int64(0))
		},
	}
}
