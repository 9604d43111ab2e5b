package statetest

import (
	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/state"
)

func configCases() map[string]func(f *fixture) {
	return map[string]func(f *fixture){
		"an unknown config is empty and has its id": func(f *fixture) {
			got, err := f.Load(f.ctx, f.config)
			f.must(err)
			f.equal("config", got, state.Config{ID: f.config})
		},
		"a config comes back as it was saved, also after a restart": func(f *fixture) {
			want := wholeConfig(f.config)
			f.must(f.Save(f.ctx, want))
			f.reopen()
			got, err := f.Load(f.ctx, f.config)
			f.must(err)
			f.equal("config", got, want)
		},
		"saving again replaces": func(f *fixture) {
			f.must(f.Save(f.ctx, wholeConfig(f.config)))
			want := state.Config{ID: f.config, Cycles: 8}
			f.must(f.Save(f.ctx, want))
			got, err := f.Load(f.ctx, f.config)
			f.must(err)
			f.equal("config", got, want)
		},
		"dropping one config leaves nothing of it and everything of the other": func(f *fixture) {
			kept := f.in("config-2")
			for _, c := range []*fixture{f, kept} {
				c.fill()
			}
			before := kept.inventory()
			f.must(f.Drop(f.ctx, f.config))
			f.equal("inventory of the dropped config", f.inventory(), f.in("config-3").inventory())
			f.equal("inventory of the kept config", kept.inventory(), before)
		},
		"a config that was dropped starts afresh": func(f *fixture) {
			f.fill()
			f.must(f.Drop(f.ctx, f.config))
			f.read(object("u1"))
			f.wantDue("u1")
			f.equal("link", f.get("u1").Link, state.Unlinked)
		},
		"dropping an unknown config is no error": func(f *fixture) {
			f.must(f.Drop(f.ctx, "config-9"))
		},
		"records with the same source id in two configs are strangers": func(f *fixture) {
			other := f.in("config-2")
			f.read(object("u1", "mail", "one"))
			other.read(object("u1", "mail", "two"))
			f.link("u1")
			f.equal("attributes in the first", f.get("u1").Attributes, directory.Attributes{"mail": {"one"}})
			f.equal("link in the second", other.get("u1").Link, state.Unlinked)
			f.must(other.Mark(f.ctx, other.config, f.seqs("u1")))
			f.settle()
			f.must(other.Decide(f.ctx, other.config, []state.Decision{{Seq: f.seq("u1"), Action: state.Delete}}))
			f.equal("action decided by a stranger", f.get("u1").Action, state.None)
			other.commit(state.Outcome{Seq: f.seq("u1"), Forget: true})
			f.equal("link forgotten by a stranger", f.get("u1").Link, state.Active)
		},
		"a reset of escrows deletes only these": func(f *fixture) {
			f.fill()
			f.settle()
			f.must(f.Reset(f.ctx, f.config, state.Reset{Escrows: true}))
			got := f.get("u3")
			f.equal("escrow", got.Escrow, (*state.Escrow)(nil))
			f.equal("action", got.Action, state.Update)
			f.equal("listed as failed", f.applicable(state.PendingQuery{Kind: directory.User, Level: -1}), []string{"u3"})
			f.equal("link of another", f.get("u1").Link, state.Active)
			f.wantDue()
		},
		"a reset of the watermark makes everybody due and keeps links and escrows": func(f *fixture) {
			f.fill()
			f.settle()
			f.must(f.Reset(f.ctx, f.config, state.Reset{Watermark: true}))
			f.wantDue("u1", "u2", "u3", "g1")
			f.equal("link", f.get("u1").Link, state.Active)
			f.equal("escrowed", f.get("u3").Escrow != nil, true)
		},
		"a reset of links breaks them and everything that followed from them": func(f *fixture) {
			f.fill()
			f.settle()
			f.must(f.Reset(f.ctx, f.config, state.Reset{Links: true}))
			f.wantDue("u1", "u2", "u3", "g1")
			got := f.get("u1")
			f.equal("link", got.Link, state.Unlinked)
			f.equal("target", got.Target, directory.TargetID(""))
			f.equal("applied", got.Applied, directory.Values(nil))
			counts, err := f.Counts(f.ctx, f.config)
			f.must(err)
			f.equal("counts", counts, state.Counts{})
			f.link("u1", "u2", "g1")
			waiting, err := f.Waiting(f.ctx, f.config, 0, 10)
			f.must(err)
			f.equal("waiting references", len(waiting), 0)
			f.wantEdges("g1", []string{"u1", "u2"}, nil)
		},
	}
}

func wholeConfig(id state.ConfigID) state.Config {
	report := state.Report{ID: "r1", Initial: true, Started: at(0), Ended: at(1), Result: "Succeeded", Created: 5, Failed: 1}
	return state.Config{
		ID: id, Cycles: 7, Watermark: state.Watermark{Users: "token-u", Groups: "token-g"}, Selection: "s", Plan: "p",
		Cycle: &state.Cycle{Number: 7, ID: "c7", Initial: true, Phase: "apply users", Started: at(0.000001), Plan: "p",
			Next: state.Watermark{Users: "next"}, Report: report, IndexedUsers: true},
		EmptyAssignments: 3, ShortRead: 4, RereadGroups: true, Released: "set-1",
		Held:        &state.Held{ID: "set-2", Since: at(2), Users: 40, Groups: 2},
		SteadyFirst: at(3), SteadyLast: at(4),
		Quarantine: &state.Quarantine{Reason: "TooManyDeletes", SeriesBegan: at(5), CurrentBegan: at(5), NextAttempt: at(6), SeriesCount: 1},
		Last:       &report, LastSuccessful: &report,
	}
}

// fill puts something into every table: u1 and u2 are linked members of g1, u3 is in escrow, u1 waits for u3, r1 is assigned.
func (f *fixture) fill() {
	f.Helper()
	f.must(f.Save(f.ctx, wholeConfig(f.config)))
	f.read(object("u1", directory.AttrManager, "u2"), object("u2"), object("u3"), group("g1", "u1", "u2", "u4"))
	f.assign(1, "g1", "r1", "u3", "r2")
	f.decide("u3", state.Update)
	f.link("u2", "g1")
	f.commit(
		state.Outcome{Seq: f.seq("u1"), Done: true, Link: state.Active, Target: "T-u1", Applied: directory.Values{"active": true},
			Waits: []state.Wait{{Path: "manager", For: "u3"}}, Log: &state.LogEntry{ID: "l1", Time: at(0)}},
		state.Outcome{Seq: f.seq("u3"), Escrow: failure(1, 7, 1)},
	)
	f.must(f.CommitEdges(f.ctx, f.config, f.seq("g1"), f.seqs("u1"), nil, nil))
	f.must(f.AddIndex(f.ctx, f.config, directory.User, []state.IndexEntry{{Keys: []string{"k"}, Resource: directory.Resource{ID: "T-u1"}}}))
	f.must(f.StageAssignments(f.ctx, f.config, 2, []directory.Assignment{assignment("u1", directory.Role{ID: "r3"})}))
}

// inventory is what a config holds, in numbers that every method contributes to.
func (f *fixture) inventory() map[string]any {
	f.Helper()
	c, err := f.Load(f.ctx, f.config)
	f.must(err)
	counts, err := f.Counts(f.ctx, f.config)
	f.must(err)
	pending, err := f.Pending(f.ctx, f.config)
	f.must(err)
	inForce, staged, err := f.CountAssignments(f.ctx, f.config, 2)
	f.must(err)
	escrows, err := f.Escrows(f.ctx, f.config, 10)
	f.must(err)
	entries, err := f.Log(f.ctx, f.config, state.LogQuery{})
	f.must(err)
	found, err := f.FindIndex(f.ctx, f.config, directory.User, "k")
	f.must(err)
	targets, err := f.Targets(f.ctx, f.config, []directory.SourceID{"u1", "u2", "u3", "g1"})
	f.must(err)
	known, err := f.Known(f.ctx, f.config, directory.User)
	f.must(err)
	return map[string]any{
		"cycles": c.Cycles, "counts": counts, "pending": pending, "inForce": inForce, "staged": staged, "escrows": recordIDs(escrows),
		"log": len(entries), "index": len(found), "targets": targets, "known": known, "due": f.due(),
	}
}
