package statetest

import (
	"fmt"
	"time"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/state"
)

// history writes six entries, one an hour.
func (f *fixture) history() {
	f.Helper()
	entries := make([]state.LogEntry, 6)
	for i := range entries {
		entries[i] = state.LogEntry{
			ID: fmt.Sprintf("l%d", i), Time: at(float64(i)), CycleID: fmt.Sprintf("c%d", i/3), Kind: directory.User,
			Source:     directory.SourceID(fmt.Sprintf("u%d", i%2)),
			SourceName: []string{"Ann_Ärger", "bob 100%"}[i%2], TargetName: "t" + []string{"ann", "bob"}[i%2],
			Action: []string{"create", "update", "disable"}[i%3], Status: []string{"success", "failure"}[i/5],
		}
	}
	f.must(f.AppendLog(f.ctx, f.config, entries))
}

func (f *fixture) logged(q state.LogQuery) []string {
	f.Helper()
	entries, err := f.Log(f.ctx, f.config, q)
	f.must(err)
	out := []string{}
	for _, e := range entries {
		out = append(out, e.ID)
	}
	return out
}

func logCases() map[string]func(f *fixture) {
	cases := map[string]func(f *fixture){
		"an entry comes back as it was written": func(f *fixture) {
			want := state.LogEntry{
				ID: "l1", Time: at(0).Add(123456789 * time.Nanosecond), CycleID: "c", ChangeID: "ch", Kind: directory.Group, Source: "g1", Target: "T",
				SourceName: "Ænne\x00", TargetName: "n", Action: "update", Status: "warning", Code: "code", Reason: "r", Advice: "a", Duration: 1500,
				Steps:      []state.LogStep{{Name: "s", Type: "export", Status: "success", Description: "d", Details: map[string]string{"k": "v"}}},
				Properties: []state.LogProperty{{Name: "mail", Old: "o", New: "n"}},
			}
			f.must(f.AppendLog(f.ctx, f.config, []state.LogEntry{want}))
			f.reopen()
			got, err := f.Log(f.ctx, f.config, state.LogQuery{})
			f.must(err)
			want.Number = got[0].Number
			f.equal("entries", got, []state.LogEntry{want})
			if want.Number < 1 {
				f.Errorf("the entry has number %d", want.Number)
			}
		},
		"reading goes on after and before a number": func(f *fixture) {
			f.history()
			all, err := f.Log(f.ctx, f.config, state.LogQuery{})
			f.must(err)
			f.equal("newest first", f.logged(state.LogQuery{Limit: 2}), []string{"l5", "l4"})
			f.equal("before", f.logged(state.LogQuery{Before: all[1].Number, Limit: 2}), []string{"l3", "l2"})
			f.equal("after", f.logged(state.LogQuery{After: all[5].Number, Limit: 2}), []string{"l1", "l2"})
			f.equal("after the last", f.logged(state.LogQuery{After: all[0].Number}), []string{})
		},
		"100 entries are given when no number is asked for, 1000 at the most": func(f *fixture) {
			entries := make([]state.LogEntry, 1100)
			for i := range entries {
				entries[i] = state.LogEntry{ID: "x", Time: at(0)}
			}
			f.must(f.AppendLog(f.ctx, f.config, entries))
			f.equal("without a limit", len(f.logged(state.LogQuery{})), 100)
			f.equal("with a large one", len(f.logged(state.LogQuery{Limit: 5000})), 1000)
		},
		"pruning deletes the oldest entries, so many at a time": func(f *fixture) {
			f.history()
			other := f.in("config-2")
			other.history()
			var got []int64
			for range 3 {
				n, err := f.PruneLog(f.ctx, f.config, at(3), 2)
				f.must(err)
				got = append(got, n)
			}
			f.equal("deleted", got, []int64{2, 1, 0})
			f.equal("left", f.logged(state.LogQuery{}), []string{"l5", "l4", "l3"})
			f.equal("left of the other config", len(other.logged(state.LogQuery{})), 6)
		},
		"configs have logs of their own": func(f *fixture) {
			f.history()
			f.equal("entries", f.in("config-2").logged(state.LogQuery{}), []string{})
		},
	}
	for name, tc := range map[string]struct {
		q    state.LogQuery
		want []string
	}{
		"by person":                      {state.LogQuery{Source: "u1"}, []string{"l5", "l3", "l1"}},
		"by source name in another case": {state.LogQuery{Name: "ann_är"}, []string{"l4", "l2", "l0"}},
		"by target name":                 {state.LogQuery{Name: "TBOB"}, []string{"l5", "l3", "l1"}},
		"by a name with a wildcard":      {state.LogQuery{Name: "0%"}, []string{"l5", "l3", "l1"}},
		"not by a wildcard":              {state.LogQuery{Name: "a_n"}, []string{}},
		"not by a backslash":             {state.LogQuery{Name: `\`}, []string{}},
		"by action":                      {state.LogQuery{Action: "update"}, []string{"l4", "l1"}},
		"by status":                      {state.LogQuery{Status: "failure"}, []string{"l5"}},
		"by cycle":                       {state.LogQuery{CycleID: "c0"}, []string{"l2", "l1", "l0"}},
		"by time":                        {state.LogQuery{Since: at(4)}, []string{"l5", "l4"}},
		"by all together": {
			state.LogQuery{Source: "u0", Name: "ann", Action: "update", Status: "success", CycleID: "c1", Since: at(1)}, []string{"l4"},
		},
	} {
		cases["entries are selected "+name] = func(f *fixture) {
			f.history()
			f.equal("entries", f.logged(tc.q), tc.want)
		}
	}
	return cases
}
