package statetest

import (
	"fmt"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/state"
)

func pendingCases() map[string]func(f *fixture) {
	// crowd has one object for each way of being pending.
	crowd := func(f *fixture) {
		f.Helper()
		f.read(object("u1"), object("u2"), object("u3"), object("u4"), object("u5"), object("u6"), object("g1"), object("g2"))
		for id, action := range map[string]state.Action{
			"u1": state.Provision, "u2": state.Update, "u3": state.Disable, "u4": state.Delete, "u5": state.Release, "u6": state.Update,
			"g1": state.Update, "g2": state.Delete,
		} {
			f.decide(id, action)
		}
		f.commit(state.Outcome{Seq: f.seq("u6"), Escrow: failure(0, 6, 1)})
	}
	cases := map[string]func(f *fixture){
		"pending actions are counted by kind and action, escrowed and held ones apart": func(f *fixture) {
			crowd(f)
			got, err := f.Pending(f.ctx, f.config)
			f.must(err)
			want := state.Pending{
				Action: map[directory.Kind]map[state.Action]int64{
					directory.User:  {state.Provision: 1, state.Update: 1, state.Disable: 1, state.Delete: 1, state.Release: 1},
					directory.Group: {state.Update: 1, state.Delete: 1},
				},
				Held: map[directory.Kind]int64{}, Escrowed: 1,
			}
			f.equal("pending", got, want)
			n, err := f.Hold(f.ctx, f.config, true)
			f.must(err)
			f.equal("held", n, int64(3))
			got, err = f.Pending(f.ctx, f.config)
			f.must(err)
			for _, kind := range []directory.Kind{directory.User, directory.Group} {
				delete(want.Action[kind], state.Disable)
				delete(want.Action[kind], state.Delete)
			}
			want.Held = map[directory.Kind]int64{directory.User: 2, directory.Group: 1}
			f.equal("pending while removals are held", got, want)
			f.equal("users that may be applied now", got.Total(directory.User), int64(3))
		},
		"removals of both kinds are listed, held or not": func(f *fixture) {
			crowd(f)
			_, err := f.Hold(f.ctx, f.config, true)
			f.must(err)
			f.decide("u3", state.Delete)
			page, err := f.Removals(f.ctx, f.config, 0, 10)
			f.must(err)
			f.equal("removals", recordIDs(page), []string{"u3", "u4", "g2"})
			page, err = f.Removals(f.ctx, f.config, page[0].Seq, 1)
			f.must(err)
			f.equal("second page", recordIDs(page), []string{"u4"})
		},
		"holding counts what changed, and releasing undoes it": func(f *fixture) {
			crowd(f)
			var got []int64
			for _, held := range []bool{true, true, false, false} {
				n, err := f.Hold(f.ctx, f.config, held)
				f.must(err)
				got = append(got, n)
			}
			f.equal("changed", got, []int64{3, 0, 3, 0})
			f.equal("applicable", f.applicable(state.PendingQuery{Kind: directory.User, Level: -1, Removals: true}), []string{"u3", "u4"})
		},
		"pages of pending actions go on after a record": func(f *fixture) {
			crowd(f)
			page, err := f.Apply(f.ctx, f.config, state.PendingQuery{Kind: directory.User, Level: -1}, f.seq("u1"), 1)
			f.must(err)
			f.equal("page", idsOf(page), []string{"u2"})
		},
	}
	for name, tc := range map[string]struct {
		held bool
		q    state.PendingQuery
		want []string
	}{
		"everything but removals":          {q: state.PendingQuery{Kind: directory.User, Level: -1}, want: []string{"u1", "u2", "u5"}},
		"removals":                         {q: state.PendingQuery{Kind: directory.User, Level: -1, Removals: true}, want: []string{"u3", "u4"}},
		"groups":                           {q: state.PendingQuery{Kind: directory.Group, Level: -1}, want: []string{"g1"}},
		"removals of groups":               {q: state.PendingQuery{Kind: directory.Group, Level: -1, Removals: true}, want: []string{"g2"}},
		"no removals while these are held": {held: true, q: state.PendingQuery{Kind: directory.User, Level: -1, Removals: true}, want: []string{}},
		"the others while removals are held": {
			held: true, q: state.PendingQuery{Kind: directory.User, Level: -1}, want: []string{"u1", "u2", "u5"},
		},
		"level 0":                      {q: state.PendingQuery{Kind: directory.User}, want: []string{"u1", "u2", "u5"}},
		"level 1":                      {q: state.PendingQuery{Kind: directory.User, Level: 1}, want: []string{}},
		"groups, which have no levels": {q: state.PendingQuery{Kind: directory.Group, Level: 1}, want: []string{"g1"}},
		"failures that are due": {
			q: state.PendingQuery{Kind: directory.User, Level: -1, DueBy: at(6)}, want: []string{"u6"},
		},
		"failures that are due, of a level": {
			q: state.PendingQuery{Kind: directory.User, Level: 0, DueBy: at(6)}, want: []string{"u6"},
		},
		"failures that are not due yet": {
			q: state.PendingQuery{Kind: directory.User, Level: -1, DueBy: at(5.99)}, want: []string{},
		},
		"failed removals": {
			q: state.PendingQuery{Kind: directory.User, Level: -1, Removals: true, DueBy: at(6)}, want: []string{},
		},
	} {
		cases[fmt.Sprintf("applicable are %s", name)] = func(f *fixture) {
			crowd(f)
			if tc.held {
				_, err := f.Hold(f.ctx, f.config, true)
				f.must(err)
			}
			f.equal("applicable", f.applicable(tc.q), tc.want)
		}
	}
	return cases
}
