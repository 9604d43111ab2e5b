package statetest

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/fault"
	"github.com/entrain-dev/entrain/internal/state"
)

// RunTransfer checks that what is exported from one store is the same in another one, which may be of another driver.
func RunTransfer(t *testing.T, from, to state.Store) {
	f := &fixture{T: t, Store: from, ctx: t.Context(), config: "old"}
	out, in := from.(state.Transferrer), to.(state.Transferrer)
	fill(f)
	rows := exported(f, out, "old")

	// The other store has somebody else already, so that record numbers differ.
	f.must(to.Import(f.ctx, "other", 1, true, []directory.Change{{Kind: directory.User, ID: "somebody"}}))
	f.must(in.Restore(f.ctx, "new", replay(rows)))
	f.equal("the restored rows", exported(f, in, "new"), rows)
	g := &fixture{T: t, Store: to, ctx: f.ctx, config: "new"}
	for _, id := range []directory.SourceID{"u1", "u2", "u3", "g1"} {
		want, _, err := from.Get(f.ctx, "old", id)
		f.must(err)
		got, ok, err := to.Get(f.ctx, "new", id)
		f.must(err)
		want.Seq, got.Seq = 0, 0
		if !ok {
			t.Errorf("%s is not in the new store", id)
		}
		g.equal(string(id), got, want)
	}
	counts, err := to.Counts(f.ctx, "new")
	f.must(err)
	g.equal("counts", counts, state.Counts{Users: 1, Groups: 0, Memberships: 0})

	g.equal("u3 is assigned through g2", g.get("u3").Assigned, true)
	// An export of the time before nested groups has a column less; the next cycle finds what is inherited.
	f.must(in.Restore(f.ctx, "newer", replay(withoutInherited(rows))))
	g = g.in("newer")
	g.equal("u3 is assigned at first", g.get("u3").Assigned, false)
	g.nest()
	g.equal("u3 is assigned then", g.get("u3").Assigned, true)

	if err := in.Restore(f.ctx, "new", replay(rows)); !fault.Is(err, fault.Conflict) {
		t.Errorf("restoring over existing state: got %v, want a conflict", err)
	}
	if err := in.Restore(f.ctx, "nonsense", replay([]state.Row{{Table: "nonsense", Values: []any{"x"}}})); !fault.Is(err, fault.Invalid) {
		t.Errorf("restoring what is no export: got %v, want Invalid", err)
	}
	if left := exported(f, in, "nonsense"); len(left) > 1 {
		t.Errorf("a refused import left %d rows", len(left))
	}
}

// fill makes a state in which every part of an export has rows.
func fill(f *fixture) {
	now := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	f.must(f.Save(f.ctx, state.Config{ID: f.config, Cycles: 3, Plan: "p", Watermark: state.Watermark{Users: "token"}}))
	f.must(f.Import(f.ctx, f.config, 1, true, []directory.Change{
		{Kind: directory.User, ID: "u1", Set: directory.Attributes{"displayName": {`Ada "the" Ü`}, directory.AttrManager: {"u2"}}},
		{Kind: directory.User, ID: "u2", Set: directory.Attributes{"displayName": {"Bob"}}},
		{Kind: directory.Group, ID: "g1", Set: directory.Attributes{"displayName": {"G"}, directory.AttrSecurityEnabled: {"True"}}, Members: []directory.MemberChange{{ID: "u1", Kind: directory.User}, {ID: "u2", Kind: directory.User}}},
		{Kind: directory.User, ID: "u3"},
		group("g2", "u3"),
		members("g1", joins("g2")...),
	}))
	f.must(f.StageAssignments(f.ctx, f.config, 1, []directory.Assignment{{
		Principal: "g1", Kind: directory.Group, Role: directory.Role{ID: "r1", Value: "agent", DisplayName: "Agent"},
	}}))
	f.must(f.FinishAssignments(f.ctx, f.config, 1))
	f.nest()
	u1, _, err := f.Get(f.ctx, f.config, "u1")
	f.must(err)
	u2, _, err := f.Get(f.ctx, f.config, "u2")
	f.must(err)
	f.must(f.Decide(f.ctx, f.config, []state.Decision{{Seq: u1.Seq, Action: state.Provision, Reason: "x"}, {Seq: u2.Seq, Action: state.Provision}}))
	f.must(f.Commit(f.ctx, f.config, []state.Outcome{
		{
			Seq: u1.Seq, Done: true, Link: state.Active, Target: "t1", Applied: directory.Values{"userName": "ada"},
			Waits: []state.Wait{{Path: "manager", For: "u2"}}, Log: &state.LogEntry{ID: "l1", Time: now, Source: "u1", SourceName: "ada", Action: "create", Status: "success"},
		},
		{Seq: u2.Seq, Escrow: &state.Escrow{First: now, Next: now.Add(time.Hour), Attempts: 2, Code: "C", Message: "m"}},
	}))
}

// exported returns an export as it comes out of a file.
func exported(f *fixture, s state.Transferrer, id state.ConfigID) []state.Row {
	f.Helper()
	var out []state.Row
	f.must(s.Export(f.ctx, id, true, func(r state.Row) error {
		text, err := json.Marshal(r)
		if err != nil {
			return err
		}
		var back state.Row
		if err := json.Unmarshal(text, &back); err != nil {
			return err
		}
		out = append(out, back)
		return nil
	}))
	return out
}

// withoutInherited returns an export as it was before nested groups.
func withoutInherited(rows []state.Row) []state.Row {
	var out []state.Row
	for _, r := range rows {
		if r.Table == "edges" {
			r.Values = r.Values[:6]
			if r.Values[2] == 0.0 && r.Values[3] == 0.0 { // there for nothing but what it inherits
				continue
			}
		}
		out = append(out, r)
	}
	return out
}

func replay(rows []state.Row) func() (state.Row, bool, error) {
	return func() (state.Row, bool, error) {
		if len(rows) == 0 {
			return state.Row{}, false, nil
		}
		r := rows[0]
		rows = rows[1:]
		return r, true, nil
	}
}
