package statetest

import (
	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/state"
)

func outcomeCases() map[string]func(f *fixture) {
	cases := linkCases()
	for name, run := range heirCases() {
		cases[name] = run
	}
	for name, run := range forgetCases() {
		cases[name] = run
	}
	return cases
}

func linkCases() map[string]func(f *fixture) {
	pending := func(f *fixture, action state.Action) state.Seq {
		f.Helper()
		f.read(object("u1"))
		f.must(f.Decide(f.ctx, f.config, []state.Decision{{Seq: f.seq("u1"), Action: action, Reason: "why", LeavesScope: true}}))
		_, err := f.Hold(f.ctx, f.config, true)
		f.must(err)
		f.must(f.Intend(f.ctx, f.config, f.seqs("u1")))
		return f.seq("u1")
	}
	return map[string]func(f *fixture){
		"an outcome that is done ends all that was pending": func(f *fixture) {
			seq := pending(f, state.Disable)
			f.commit(state.Outcome{Seq: seq, Escrow: failure(0, 6, 1)})
			f.commit(state.Outcome{Seq: seq, Done: true, Link: state.Released, Target: "T", Applied: directory.Values{"active": false}})
			f.reopen()
			want := state.Record{
				Seq: seq, Kind: directory.User, ID: "u1", Attributes: directory.Attributes{}, Link: state.Released, Target: "T",
				Applied: directory.Values{"active": false},
			}
			f.equal("record", f.get("u1").Record, want)
		},
		"an outcome that is not done leaves the action pending": func(f *fixture) {
			seq := pending(f, state.Disable)
			f.commit(state.Outcome{Seq: seq, Link: state.Disabled, Target: "T"})
			got := f.get("u1")
			f.equal("action", got.Action, state.Disable)
			f.equal("reason", got.Reason, "why")
			f.equal("leaves scope", got.LeavesScope, true)
			f.equal("held", got.Held, true)
			f.equal("link", got.Link, state.Disabled)
		},
		"an intent outlives an attempt whose outcome is not known": func(f *fixture) {
			seq := pending(f, state.Provision)
			f.reopen()
			f.equal("intent after a crash", f.get("u1").Intent, true)
			f.commit(state.Outcome{Seq: seq, Escrow: failure(0, 6, 1)})
			f.equal("intent after a failure", f.get("u1").Intent, true)
		},
		"a resource ends an intent, also when not all is done": func(f *fixture) {
			seq := pending(f, state.Provision)
			f.commit(state.Outcome{Seq: seq, Link: state.Active, Target: "T"})
			f.equal("intent", f.get("u1").Intent, false)
			f.equal("action", f.get("u1").Action, state.Provision)
		},
		"the intent of a change outlives a failure, and ends when the change is done": func(f *fixture) {
			f.read(object("u1"))
			f.link("u1")
			f.decide("u1", state.Update)
			seq, target := f.seq("u1"), f.get("u1").Target
			f.must(f.Intend(f.ctx, f.config, []state.Seq{seq}))
			f.commit(state.Outcome{Seq: seq, Link: state.Active, Target: target, Escrow: failure(0, 6, 1)})
			f.equal("intent after a failure", f.get("u1").Intent, true)
			f.decide("u1", state.None)
			f.equal("intent after another decision", f.get("u1").Intent, true)
			f.commit(state.Outcome{Seq: seq, Done: true, Link: state.Active, Target: target})
			f.equal("intent after it was done", f.get("u1").Intent, false)
		},
		"applied values of any kind survive": func(f *fixture) {
			f.read(object("u1"))
			want := directory.Values{
				"active": true, "userName": "Ænne\x00 \"x\"", "weight": 1.5, "count": float64(3), "big": 1e21, "nothing": nil,
				"emails": []any{map[string]any{"value": "a", "primary": true}}, "empty": []any{}, "manager": "T-u2",
			}
			f.commit(state.Outcome{Seq: f.seq("u1"), Done: true, Link: state.Active, Target: "T", Applied: want})
			f.equal("applied", f.get("u1").Applied, want)
		},
		"applied values are kept by nil and emptied by none": func(f *fixture) {
			f.read(object("u1"))
			f.equal("applied to nobody", f.get("u1").Applied, directory.Values(nil))
			f.commit(state.Outcome{Seq: f.seq("u1"), Done: true, Link: state.Active, Target: "T", Applied: directory.Values{"a": "b"}})
			f.link("u1")
			f.equal("applied", f.get("u1").Applied, directory.Values{"a": "b"})
			f.commit(state.Outcome{Seq: f.seq("u1"), Done: true, Applied: directory.Values{}})
			f.equal("applied", f.get("u1").Applied, directory.Values{})
		},
		"outcomes of one record in one transaction follow each other": func(f *fixture) {
			f.read(object("u1"), object("u2"))
			f.commit(
				state.Outcome{Seq: f.seq("u1"), Done: true, Link: state.Active, Target: "T1", Applied: directory.Values{"a": "b"}},
				state.Outcome{Seq: f.seq("u2"), Done: true, Link: state.Active, Target: "T2"},
				state.Outcome{Seq: f.seq("u1"), Done: true, Link: state.Disabled, Target: "T1"},
			)
			got := f.get("u1")
			f.equal("link", got.Link, state.Disabled)
			f.equal("applied", got.Applied, directory.Values{"a": "b"})
		},
		"an outcome writes its log entry": func(f *fixture) {
			f.read(object("u1"))
			f.commit(state.Outcome{Seq: f.seq("u1"), Done: true, Log: &state.LogEntry{ID: "l1", Time: at(0), Action: "create"}})
			entries, err := f.Log(f.ctx, f.config, state.LogQuery{})
			f.must(err)
			f.equal("entries", len(entries), 1)
		},
		"a due mark outlives an outcome": func(f *fixture) {
			f.read(object("u1"))
			f.link("u1")
			f.wantDue("u1")
		},
		"links that are Active or Disabled are counted": func(f *fixture) {
			f.read(object("u1"), object("u2"), object("u3"), object("u4"), object("g1"))
			for id, link := range map[string]state.Link{"u1": state.Active, "u2": state.Disabled, "u3": state.Released, "g1": state.Active} {
				f.commit(state.Outcome{Seq: f.seq(id), Done: true, Link: link, Target: targetOf(id)})
			}
			got, err := f.Counts(f.ctx, f.config)
			f.must(err)
			f.equal("counts", got, state.Counts{Users: 2, Groups: 1})
		},
		"a record is found by its resource unless it was released": func(f *fixture) {
			f.read(object("u1"), object("u2"), object("g1"))
			f.commit(
				state.Outcome{Seq: f.seq("u1"), Done: true, Link: state.Disabled, Target: "T1"},
				state.Outcome{Seq: f.seq("u2"), Done: true, Link: state.Released, Target: "T2"},
			)
			for target, want := range map[directory.TargetID]string{"T1": "u1", "T2": "", "T3": "", "": ""} {
				r, ok, err := f.ByTarget(f.ctx, f.config, directory.User, target)
				f.must(err)
				f.equal("record of "+string(target), string(r.ID), want)
				f.equal("found "+string(target), ok, want != "")
			}
			_, ok, err := f.ByTarget(f.ctx, f.config, directory.Group, "T1")
			f.must(err)
			f.equal("found as another kind", ok, false)
		},
	}
}

func forgetCases() map[string]func(f *fixture) {
	return map[string]func(f *fixture){
		"a record that is forgotten leaves nothing behind": func(f *fixture) {
			f.read(object("u1", "mail", "m"), object("u2"), group("g1", "u1", "u2"))
			f.assign(1, "u1", "r1", "g1", "r1")
			f.link("g1", "u2")
			f.commit(state.Outcome{Seq: f.seq("u1"), Done: true, Link: state.Active, Target: "T", Applied: directory.Values{"a": "b"},
				Waits: []state.Wait{{Path: "manager", For: "u2"}}})
			f.must(f.CommitEdges(f.ctx, f.config, f.seq("g1"), f.seqs("u1", "u2"), nil, nil))
			f.commit(state.Outcome{Seq: f.seq("u1"), Forget: true, Log: &state.LogEntry{ID: "l1", Time: at(0)}})
			_, ok, err := f.Get(f.ctx, f.config, "u1")
			f.must(err)
			f.equal("known", ok, false)
			f.wantCounts(1, 1, 1)
			waiting, err := f.Waiting(f.ctx, f.config, 0, 10)
			f.must(err)
			f.equal("waiting", len(waiting), 0)
			counts, err := f.Counts(f.ctx, f.config)
			f.must(err)
			f.equal("counts", counts, state.Counts{Users: 1, Groups: 1, Memberships: 1})
			f.wantEdges("g1", nil, nil)
			entries, err := f.Log(f.ctx, f.config, state.LogQuery{})
			f.must(err)
			f.equal("log entries", len(entries), 1)
		},
		"whose resource stays is forgotten once no managed group holds it": func(f *fixture) {
			f.read(object("u1"), object("u2"), group("g1", "u1", "u2"), group("g2", "u1"), group("g3", "u1"))
			f.link("g1", "g2", "u1", "u2")
			f.must(f.CommitEdges(f.ctx, f.config, f.seq("g1"), f.seqs("u1", "u2"), nil, nil))
			f.must(f.CommitEdges(f.ctx, f.config, f.seq("g2"), f.seqs("u1"), nil, nil))
			f.read(gone("u1", directory.HardDeleted))
			f.settle()
			seq, target := f.seq("u1"), f.get("u1").Target
			f.commit(state.Outcome{Seq: seq, Done: true, Link: state.Disabled, Target: target, Forget: true})
			f.equal("link", f.get("u1").Link, state.Released)
			_, found, err := f.ByTarget(f.ctx, f.config, directory.User, target)
			f.must(err)
			f.equal("owner of the resource", found, false)
			f.wantEdges("g1", nil, []string{"u1"})
			f.wantEdges("g2", nil, []string{"u1"})
			f.must(f.CommitEdges(f.ctx, f.config, f.seq("g1"), nil, []state.Seq{seq}, nil))
			f.reopen()
			f.equal("link between the two", f.get("u1").Link, state.Released)
			f.must(f.CommitEdges(f.ctx, f.config, f.seq("g2"), nil, []state.Seq{seq}, nil))
			_, ok, err := f.Get(f.ctx, f.config, "u1")
			f.must(err)
			f.equal("known", ok, false)
			f.equal("the other", f.get("u2").Link, state.Active)
		},
		"whose resource stays is looked at again when the last group that holds it is forgotten": func(f *fixture) {
			f.read(object("u1"), group("g1", "u1"))
			f.link("g1", "u1")
			f.must(f.CommitEdges(f.ctx, f.config, f.seq("g1"), f.seqs("u1"), nil, nil))
			f.read(gone("u1", directory.HardDeleted))
			f.settle()
			target := f.get("u1").Target
			f.commit(state.Outcome{Seq: f.seq("g1"), Done: true, Link: state.Released, Target: f.get("g1").Target})
			f.commit(state.Outcome{Seq: f.seq("u1"), Done: true, Link: state.Released, Target: target, Forget: true})
			f.equal("link, held by a group that may come back", f.get("u1").Link, state.Released)
			f.wantDue()
			f.commit(state.Outcome{Seq: f.seq("g1"), Done: true, Forget: true})
			f.wantDue("u1")
			f.commit(state.Outcome{Seq: f.seq("u1"), Done: true, Link: state.Released, Target: target, Forget: true})
			_, ok, err := f.Get(f.ctx, f.config, "u1")
			f.must(err)
			f.equal("known", ok, false)
		},
		"who comes back after being forgotten is a new record": func(f *fixture) {
			f.read(object("u1", "mail", "m"))
			old := f.seq("u1")
			f.link("u1")
			f.commit(state.Outcome{Seq: old, Forget: true})
			f.read(object("u1"))
			got := f.get("u1")
			if got.Seq <= old {
				f.Errorf("the record has number %d again or less, %d is taken", got.Seq, old)
			}
			f.equal("attributes", got.Attributes, directory.Attributes{})
			f.equal("link", got.Link, state.Unlinked)
		},
		"forgetting a group ends its memberships and assignments": func(f *fixture) {
			f.read(object("u1"), group("g1", "u1"))
			f.assign(1, "g1", "r1")
			f.link("u1", "g1")
			f.must(f.CommitEdges(f.ctx, f.config, f.seq("g1"), f.seqs("u1"), nil, nil))
			f.commit(state.Outcome{Seq: f.seq("g1"), Forget: true})
			f.equal("assigned", f.get("u1").Assigned, false)
			counts, err := f.Counts(f.ctx, f.config)
			f.must(err)
			f.equal("counts", counts, state.Counts{Users: 1})
		},
		"an outcome of a forgotten record is ignored but logged": func(f *fixture) {
			f.read(object("u1"), object("u2"))
			seq := f.seq("u1")
			f.commit(state.Outcome{Seq: seq, Forget: true})
			f.commit(
				state.Outcome{Seq: seq, Done: true, Link: state.Active, Target: "T", Applied: directory.Values{"a": "b"}, Escrow: failure(0, 1, 1),
					Waits: []state.Wait{{Path: "manager", For: "u2"}}, Log: &state.LogEntry{ID: "l1", Time: at(0)}},
				state.Outcome{Seq: seq, Forget: true},
			)
			_, ok, err := f.Get(f.ctx, f.config, "u1")
			f.must(err)
			f.equal("known", ok, false)
			entries, err := f.Log(f.ctx, f.config, state.LogQuery{})
			f.must(err)
			f.equal("log entries", len(entries), 1)
		},
	}
}

func escrowCases() map[string]func(f *fixture) {
	return map[string]func(f *fixture){
		"an escrow comes back as it was written": func(f *fixture) {
			f.read(object("u1"))
			f.decide("u1", state.Update)
			want := failure(0.5, 6.25, 4)
			want.Reference = true
			f.commit(state.Outcome{Seq: f.seq("u1"), Escrow: want})
			f.reopen()
			f.equal("escrow", f.get("u1").Escrow, want)
		},
		"an escrow without times survives": func(f *fixture) {
			f.read(object("u1"))
			f.decide("u1", state.Update)
			want := &state.Escrow{Code: "c"}
			f.commit(state.Outcome{Seq: f.seq("u1"), Escrow: want})
			f.equal("escrow", f.get("u1").Escrow, want)
			f.equal("applicable", f.applicable(state.PendingQuery{Kind: directory.User, Level: -1}), []string{})
		},
		"a further failure replaces, an interruption keeps, success ends": func(f *fixture) {
			f.read(object("u1"))
			f.decide("u1", state.Update)
			seq := f.seq("u1")
			f.commit(state.Outcome{Seq: seq, Escrow: failure(0, 6, 1)})
			f.commit(state.Outcome{Seq: seq, Escrow: failure(0, 12, 2)})
			f.equal("escrow", f.get("u1").Escrow, failure(0, 12, 2))
			f.commit(state.Outcome{Seq: seq})
			f.equal("escrow after an interruption", f.get("u1").Escrow, failure(0, 12, 2))
			f.equal("due", f.applicable(state.PendingQuery{Kind: directory.User, Level: -1, DueBy: at(12)}), []string{"u1"})
			f.commit(state.Outcome{Seq: seq, Done: true, Escrow: failure(0, 24, 3)})
			f.equal("escrow after success", f.get("u1").Escrow, (*state.Escrow)(nil))
		},
		"the latest failure is listed first": func(f *fixture) {
			f.read(object("u1"), object("u2"), object("u3"))
			for _, id := range []string{"u2", "u1", "u3", "u2"} {
				f.decide(id, state.Update)
				f.commit(state.Outcome{Seq: f.seq(id), Escrow: failure(0, 6, 1)})
			}
			page, err := f.Escrows(f.ctx, f.config, 2)
			f.must(err)
			f.equal("escrows", recordIDs(page), []string{"u2", "u3"})
		},
		"reference failures are counted among the escrowed": func(f *fixture) {
			f.read(object("u1"), object("u2"))
			e := failure(0, 6, 1)
			e.Reference = true
			f.commit(state.Outcome{Seq: f.seq("u1"), Link: state.Active, Target: "T", Escrow: e},
				state.Outcome{Seq: f.seq("u2"), Escrow: failure(0, 6, 1)})
			p, err := f.Pending(f.ctx, f.config)
			f.must(err)
			f.equal("escrowed and references", []int64{p.Escrowed, p.References}, []int64{2, 1})
		},
	}
}
