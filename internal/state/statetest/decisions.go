package statetest

import (
	"fmt"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/state"
)

func decisionCases() map[string]func(f *fixture) {
	return map[string]func(f *fixture){
		"a decision is kept and clears the due mark": func(f *fixture) {
			f.read(object("u1"), object("u2"))
			f.must(f.Decide(f.ctx, f.config, []state.Decision{
				{Seq: f.seq("u1"), Action: state.Disable, Reason: "not assigned", LeavesScope: true}, {Seq: f.seq("u2")},
			}))
			f.reopen()
			f.wantDue()
			got := f.get("u1")
			f.equal("action", got.Action, state.Disable)
			f.equal("reason", got.Reason, "not assigned")
			f.equal("leaves scope", got.LeavesScope, true)
			f.equal("action of the other", f.get("u2").Action, state.None)
		},
		"a decision writes its log entry": func(f *fixture) {
			f.read(object("u1"))
			f.must(f.Decide(f.ctx, f.config, []state.Decision{{Seq: f.seq("u1"), Log: &state.LogEntry{ID: "l1", Status: "skipped", Time: at(0)}}}))
			entries, err := f.Log(f.ctx, f.config, state.LogQuery{})
			f.must(err)
			f.equal("entries", len(entries), 1)
			f.equal("status", entries[0].Status, "skipped")
		},
		"the last decision about an object counts": func(f *fixture) {
			f.read(object("u1"))
			f.must(f.Decide(f.ctx, f.config, []state.Decision{{Seq: f.seq("u1"), Action: state.Delete}, {Seq: f.seq("u1"), Action: state.Update}}))
			f.equal("action", f.get("u1").Action, state.Update)
		},
		"due objects are listed by kind, page by page": func(f *fixture) {
			var changes []directory.Change
			want := []string{}
			for i := range 7 {
				want = append(want, fmt.Sprintf("u%d", i))
				changes = append(changes, object(want[i]), object(fmt.Sprintf("g%d", i)))
			}
			f.read(changes...)
			got := []string{}
			var after state.Seq
			for {
				page, err := f.Due(f.ctx, f.config, directory.User, after, 3)
				f.must(err)
				if len(page) == 0 {
					break
				}
				if len(page) > 3 {
					f.Fatalf("a page of %d, 3 were asked for", len(page))
				}
				after = page[len(page)-1].Seq
				got = append(got, idsOf(page)...)
			}
			f.equal("listed", got, want)
		},
		"a page holds PageSize at the most": func(f *fixture) {
			changes := make([]directory.Change, state.PageSize+5)
			for i := range changes {
				changes[i] = object(fmt.Sprintf("u%d", i))
			}
			f.read(changes...)
			for _, limit := range []int{0, -1, state.PageSize + 1, 1 << 40} {
				page, err := f.Due(f.ctx, f.config, directory.User, 0, limit)
				f.must(err)
				f.equal(fmt.Sprintf("page for limit %d", limit), len(page), state.PageSize)
			}
		},
		"marking makes due": func(f *fixture) {
			f.read(object("u1"), object("u2"), object("g1"))
			f.settle()
			f.must(f.Mark(f.ctx, f.config, f.seqs("u2", "g1")))
			f.wantDue("u2", "g1")
		},
		"marking a kind makes all of it due, removed ones too": func(f *fixture) {
			f.read(object("u1"), object("u2"), object("g1"))
			f.read(gone("u2", directory.HardDeleted))
			f.settle()
			f.must(f.MarkAll(f.ctx, f.config, directory.User))
			f.wantDue("u1", "u2")
		},
		"a different decision clears held, the same one keeps it": func(f *fixture) {
			f.read(object("u1"), object("u2"), object("u3"))
			for _, id := range []string{"u1", "u2", "u3"} {
				f.decide(id, state.Disable)
			}
			_, err := f.Hold(f.ctx, f.config, true)
			f.must(err)
			f.decide("u1", state.Disable)
			f.decide("u2", state.Delete)
			f.must(f.Decide(f.ctx, f.config, []state.Decision{{Seq: f.seq("u3"), Action: state.Disable, LeavesScope: true}}))
			f.equal("held", []bool{f.get("u1").Held, f.get("u2").Held, f.get("u3").Held}, []bool{true, false, false})
		},
		"a decision makes the next attempt immediate and keeps the first failure": func(f *fixture) {
			f.read(object("u1"), object("u2"))
			for _, id := range []string{"u1", "u2"} {
				f.decide(id, state.Update)
				f.commit(state.Outcome{Seq: f.seq(id), Escrow: failure(0, 24, 3)})
			}
			now := state.PendingQuery{Kind: directory.User, Level: -1, DueBy: at(1)}
			f.equal("due before", f.applicable(now), []string{})
			f.decide("u1", state.Provision)
			f.decide("u2", state.Update)
			f.equal("due after", f.applicable(now), []string{"u1", "u2"})
			got := f.get("u1").Escrow
			f.equal("first failure", got.First, at(0))
			f.equal("attempts", got.Attempts, 3)
		},
		"deciding that nothing is to be done ends the escrow": func(f *fixture) {
			f.read(object("u1"))
			f.decide("u1", state.Update)
			f.commit(state.Outcome{Seq: f.seq("u1"), Escrow: failure(0, 24, 3)})
			f.decide("u1", state.None)
			f.equal("escrow", f.get("u1").Escrow, (*state.Escrow)(nil))
			p, err := f.Pending(f.ctx, f.config)
			f.must(err)
			f.equal("escrowed", p.Escrowed, int64(0))
		},
		"but not that of a failed reference, which is tried at once": func(f *fixture) {
			f.read(object("u1"))
			e := failure(0, 24, 3)
			e.Reference = true
			f.commit(state.Outcome{Seq: f.seq("u1"), Link: state.Active, Target: "T", Escrow: e})
			f.decide("u1", state.None)
			e.Next = e.First
			f.equal("escrow", f.get("u1").Escrow, e)
		},
		"an intent survives any decision": func(f *fixture) {
			f.read(object("u1"))
			f.decide("u1", state.Provision)
			f.must(f.Intend(f.ctx, f.config, f.seqs("u1")))
			f.decide("u1", state.None)
			f.reopen()
			f.equal("intent", f.get("u1").Intent, true)
		},
	}
}

// levelCase says how deep users stand below others who are to be created with them.
type levelCase struct {
	// managers says who is whose manager, "" for nobody; all of them are to be provisioned.
	managers map[string]string
	// others are not to be provisioned.
	others      map[string]state.Action
	wantLevels  map[string]int
	wantHighest int
}

func levelCases() map[string]func(f *fixture) {
	cases := map[string]func(f *fixture){}
	for name, tc := range map[string]levelCase{
		"nobody": {wantLevels: map[string]int{}},
		"a chain": {
			managers:   map[string]string{"u1": "u2", "u2": "u3", "u3": ""},
			wantLevels: map[string]int{"u1": 2, "u2": 1, "u3": 0}, wantHighest: 2,
		},
		"a manager who is not to be created does not count": {
			managers: map[string]string{"u1": "u2", "u3": "u9"}, others: map[string]state.Action{"u2": state.Update},
			wantLevels: map[string]int{"u1": 0, "u3": 0},
		},
		"a tree": {
			managers:   map[string]string{"u1": "u5", "u2": "u5", "u3": "u1", "u4": "u3", "u5": ""},
			wantLevels: map[string]int{"u1": 1, "u2": 1, "u3": 2, "u4": 3, "u5": 0}, wantHighest: 3,
		},
		"one's own manager": {
			managers: map[string]string{"u1": "u1"}, wantLevels: map[string]int{"u1": 0},
		},
		"two who manage each other go with the highest": {
			managers:   map[string]string{"u1": "u2", "u2": "u1", "u3": "u1", "u4": "", "u5": "u4"},
			wantLevels: map[string]int{"u1": 1, "u2": 1, "u3": 1, "u4": 0, "u5": 1}, wantHighest: 1,
		},
	} {
		cases[name] = tc.run
	}
	cases["a chain of sixty ends at fifty"] = func(f *fixture) {
		tc := levelCase{managers: map[string]string{}, wantLevels: map[string]int{}, wantHighest: 50}
		for i := range 60 {
			tc.managers[fmt.Sprintf("u%d", i)] = fmt.Sprintf("u%d", i-1)
			tc.wantLevels[fmt.Sprintf("u%d", i)] = min(i, 50)
		}
		tc.run(f)
	}
	cases["levels are computed anew each time"] = func(f *fixture) {
		levelCase{managers: map[string]string{"u1": "u2", "u2": ""}, wantLevels: map[string]int{"u1": 1, "u2": 0}, wantHighest: 1}.run(f)
		f.link("u2")
		highest, err := f.SetLevels(f.ctx, f.config)
		f.must(err)
		f.equal("highest", highest, 0)
		f.equal("level", f.get("u1").Level, 0)
	}
	return cases
}

func (tc levelCase) run(f *fixture) {
	f.Helper()
	for id, manager := range tc.managers {
		f.read(object(id, directory.AttrManager, manager))
		f.decide(id, state.Provision)
	}
	for id, action := range tc.others {
		f.read(object(id))
		f.decide(id, action)
	}
	highest, err := f.SetLevels(f.ctx, f.config)
	f.must(err)
	f.equal("highest", highest, tc.wantHighest)
	got := map[string]int{}
	for level := range tc.wantHighest + 2 {
		for _, id := range f.applicable(state.PendingQuery{Kind: directory.User, Level: level}) {
			if _, other := tc.others[id]; other {
				continue
			}
			got[id] = level
			f.equal("level of "+id, f.get(id).Level, level)
		}
	}
	f.equal("levels", got, tc.wantLevels)
}
