package engine_test

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/engine"
	"github.com/entrain-dev/entrain/internal/inspect"
	"github.com/entrain-dev/entrain/internal/state"
	"github.com/entrain-dev/entrain/internal/state/sqlite"
)

// preview runs a cycle on a copy of the state and returns what it would do. It must send nothing that writes.
func (w *world) preview() []string {
	w.t.Helper()
	scratch, err := sqlite.Open(w.t.Context(), filepath.Join(w.t.TempDir(), "scratch.db"))
	must(w.t, err)
	defer func() { must(w.t, scratch.Close()) }()
	must(w.t, inspect.Copy(w.t.Context(), w.store, scratch, w.plan.ID))
	w.genesys.ResetJournal()
	ctx, cancel := context.WithTimeout(w.t.Context(), time.Minute)
	defer cancel()
	e := &engine.Engine{Store: scratch, Clock: w.clock, Log: slog.New(slog.DiscardHandler), Workers: 4}
	config, err := e.Preview(ctx, w.plan, nil)
	must(w.t, err)
	if sent := w.sent(); len(sent) > 0 {
		w.t.Errorf("the preview wrote to the target: %v", sent)
	}
	return w.done(scratch, config.Last.ID)
}

// done lists what a cycle logged, without the ids that differ between a preview and the cycle.
func (w *world) done(store state.Store, cycle string) []string {
	w.t.Helper()
	entries, err := store.Log(w.t.Context(), w.plan.ID, state.LogQuery{CycleID: cycle, Limit: 1000})
	must(w.t, err)
	var out []string
	for _, e := range entries {
		line := fmt.Sprintf("%s %s %s", e.Action, e.Status, e.SourceName)
		for _, p := range e.Properties {
			now := p.New
			if p.Name != directory.AttrMembers && strings.HasSuffix(p.Name, "manager") && now != "" {
				now = "(an account)"
			}
			line += fmt.Sprintf(" %s=%q->%q", p.Name, p.Old, now)
		}
		out = append(out, line)
	}
	slices.Sort(out)
	return out
}

// TestThePreviewIsWhatTheCycleDoes compares the log of a preview with that of the cycle after it, over a history with everything
// that can happen to people and groups.
func TestThePreviewIsWhatTheCycleDoes(t *testing.T) {
	w := newWorld(t)
	w.hire("boss")
	w.hire("ada", "department", "Sales")
	w.hire("bob")
	w.manager("ada", "boss")
	w.group("Sales", "ada", "bob")
	for _, step := range []struct {
		name   string
		change func()
	}{
		{"the initial cycle", func() {}},
		{"nothing", func() {}},
		{"a change, a new manager and a leaver", func() {
			w.change("ada", "displayName", "Ada L.", "mobilePhone", "no number")
			w.manager("boss", "bob")
			must(t, w.tenant.SoftDelete(w.people["bob"]))
		}},
		{"somebody new in a group", func() {
			w.hire("cyd")
			must(t, w.tenant.AddMembers(w.people["Sales"], w.people["cyd"]))
		}},
		{"more removals than the guard allows", func() {
			w.plan.Guard.Threshold = 0
			must(t, w.tenant.SoftDelete(w.people["cyd"]))
		}},
	} {
		step.change()
		before, err := w.store.Load(t.Context(), w.plan.ID)
		must(t, err)
		want := w.preview()
		after, err := w.store.Load(t.Context(), w.plan.ID)
		must(t, err)
		if diff := cmp.Diff(before, after); diff != "" {
			t.Errorf("%s: the preview changed the state (-before +after):\n%s", step.name, diff)
		}
		config := w.cycle()
		if diff := cmp.Diff(want, w.done(w.store, config.Last.ID)); diff != "" {
			t.Errorf("%s: the cycle did something else (-preview +cycle):\n%s", step.name, diff)
		}
		if step.name != "nothing" && len(want) == 0 {
			t.Errorf("%s: the preview says nothing", step.name)
		}
	}
}

func TestJudgeSaysWhy(t *testing.T) {
	w := newWorld(t)
	w.hire("ada")
	w.hire("bob", "accountEnabled", false)
	w.add("cyd")
	w.cycle()
	type judgement struct {
		InScope bool
		Action  state.Action
		Reason  string
	}
	got := map[string]judgement{}
	for _, name := range []string{"ada", "bob", "cyd"} {
		r, _, err := w.store.Get(t.Context(), w.plan.ID, directory.SourceID(w.people[name]))
		must(t, err)
		j, err := w.engine.Judge(t.Context(), w.plan, r)
		must(t, err)
		got[name] = judgement{j.InScope, j.Action, string(j.Reason)}
	}
	want := map[string]judgement{
		"ada": {true, state.None, "RedundantExport"}, "bob": {false, state.None, "NotEffectivelyEntitled"}, "cyd": {false, state.None, "NotEffectivelyEntitled"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("judgements (-want +got):\n%s", diff)
	}
}
