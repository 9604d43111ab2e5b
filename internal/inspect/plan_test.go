package inspect

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/engine"
	"github.com/entrain-dev/entrain/internal/fault"
	"github.com/entrain-dev/entrain/internal/simulator/genesyssim"
	"github.com/entrain-dev/entrain/internal/state"
)

// planned returns the plan as lines; it must have written nothing and left nothing behind.
func (o *office) planned() ([]string, Summary) {
	o.Helper()
	o.genesys.ResetJournal()
	before, err := o.store.Load(o.Context(), "config")
	o.must(err)
	var out []string
	s, err := o.in.Plan(o.Context(), o.plan, func(engine.Progress) {}, func(i Item) error {
		line := fmt.Sprintf("%s %s %s", i.Verb, i.Kind, o.nameOf(i.ID))
		for _, c := range i.Changes {
			if c.Old != "" || strings.HasSuffix(c.Name, ":manager") {
				line += fmt.Sprintf(" %s->%s", c.Old, c.New)
			}
		}
		out = append(out, line)
		return nil
	})
	o.must(err)
	for _, r := range o.genesys.Journal() {
		if r.Method != http.MethodGet {
			o.Errorf("the plan sent %s %s", r.Method, r.Path)
		}
	}
	after, err := o.store.Load(o.Context(), "config")
	o.must(err)
	o.equal("state", before, after)
	if o.scratches != 0 {
		o.Errorf("%d copies of the state are left", o.scratches)
	}
	return out, s
}

func TestThePlanIsWhatWouldHappen(t *testing.T) {
	o := newOffice(t)
	o.hire("ada")
	o.hire("bob")
	o.hire("cyd")
	o.must(o.tenant.SetManager(o.people["ada"], o.people["bob"]))
	o.genesys.AddUser(genesyssim.User{UserName: "cyd@contoso.com", DisplayName: "Sid"})
	group, err := o.tenant.AddGroup(map[string]any{"displayName": "Sales", "securityEnabled": true})
	o.must(err)
	o.people["sales"] = group
	_, err = o.tenant.Assign(appID, group, "")
	o.must(err)

	lines, s := o.planned()
	o.equal("the first plan", []string{
		"create User bob", "link User cyd Sid->Cyd", "create User ada ->(the new resource of bob@contoso.com)", "fail Group sales",
	}, lines)
	o.equal("its summary", Summary{Initial: true, Threshold: 1, Totals: map[Verb]int64{Create: 2, Link: 1, Fail: 1}}, s)

	o.cycle()
	o.must(o.tenant.UpdateUser(o.people["ada"], map[string]any{"displayName": "Ada Lovelace"}))
	o.must(o.tenant.SoftDelete(o.people["cyd"]))
	lines, s = o.planned()
	o.equal("a change and a leaver", []string{"disable User cyd True->False", "update User ada Ada->Ada Lovelace"}, lines)
	o.equal("its summary", Summary{Threshold: 1, Removals: 1, Totals: map[Verb]int64{Disable: 1, Update: 1}}, s)

	o.must(o.tenant.SoftDelete(o.people["bob"]))
	_, s = o.planned()
	if s.Removals != 2 || !s.Exceeded || s.Totals[Hold] != 2 {
		t.Errorf("two leavers are planned as %+v, want two that are held", s)
	}
}

func TestAPlanThatFailsLeavesNothingBehind(t *testing.T) {
	full := errors.New("the disk is full")
	for name, tc := range map[string]struct {
		change func(o *office)
		each   error
		want   error
	}{
		"no room for the copy": {func(o *office) {
			o.in.Scratch = func(context.Context) (state.Store, func() error, error) { return nil, nil, full }
		}, nil, full},
		"nobody listens":           {func(*office) {}, full, full},
		"the copy is not removed":  {func(o *office) { o.leak(full) }, nil, full},
		"a store without transfer": {func(o *office) { o.in.Store = poor{o.store} }, nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t)
			o.hire("ada")
			tc.change(o)
			_, err := o.in.Plan(t.Context(), o.plan, nil, func(Item) error { return tc.each })
			if err == nil || tc.want != nil && !errors.Is(err, tc.want) || o.scratches != 0 {
				t.Errorf("error = %v, want %v; %d copies are left", err, tc.want, o.scratches)
			}
		})
	}
	o := newOffice(t)
	o.hire("ada")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	scratch := o.in.Scratch
	o.in.Scratch = func(ctx context.Context) (state.Store, func() error, error) {
		defer cancel()
		return scratch(ctx)
	}
	if _, err := o.in.Plan(ctx, o.plan, nil, func(Item) error { return nil }); !fault.Is(err, fault.Canceled) && !errors.Is(err, context.Canceled) {
		t.Errorf("an interrupted plan ended with %v", err)
	}
	if o.scratches != 0 {
		t.Errorf("an interrupted plan left %d copies", o.scratches)
	}
}

// leak makes the removal of copies fail.
func (o *office) leak(err error) {
	scratch := o.in.Scratch
	o.in.Scratch = func(ctx context.Context) (state.Store, func() error, error) {
		s, remove, serr := scratch(ctx)
		return s, func() error { return errors.Join(remove(), err) }, serr
	}
}

// poor is a store that cannot be copied.
type poor struct{ state.Store }

// TestACopyHasEverythingButTheLog: who is linked to what, and nothing of what happened.
func TestACopyHasEverythingButTheLog(t *testing.T) {
	o := newOffice(t)
	o.hire("ada")
	o.cycle()
	to := o.open(t.Context())
	o.must(Copy(t.Context(), o.store, to, "config"))
	for _, s := range []state.Store{o.store, to} {
		r, ok, err := s.Get(t.Context(), "config", directory.SourceID(o.people["ada"]))
		o.must(err)
		if !ok || r.Link != state.Active || r.Target == "" {
			t.Errorf("Ada is known as %+v", r)
		}
	}
	entries, err := to.Log(t.Context(), "config", state.LogQuery{Limit: 10})
	o.must(err)
	o.equal("log of the copy", []string(nil), ids(entries))
	if err := Copy(t.Context(), o.store, to, "config"); err == nil {
		t.Error("a copy went into a store that was not empty")
	}
}

func TestItemsOfALog(t *testing.T) {
	step := func(name string) []state.LogStep { return []state.LogStep{{Name: name, Description: "the phone"}} }
	for name, tc := range map[string]struct {
		entry state.LogEntry
		want  Item
	}{
		"a create":            {state.LogEntry{Action: "create", Status: "success"}, Item{Verb: Create, Reason: "In scope, and nothing in the target matches."}},
		"a failed create":     {state.LogEntry{Action: "create", Status: "failure", Code: "X", Reason: "why"}, Item{Verb: Fail, Code: "X", Reason: "why"}},
		"a match":             {state.LogEntry{Action: "update", Status: "success", Steps: step("EntryImportByMatchingProperty")}, Item{Verb: Link, Reason: "A resource exists in the target; it is taken under management."}},
		"a held removal":      {state.LogEntry{Action: "stageddelete", Status: "skipped", Reason: "SoftDeleted"}, Item{Verb: Hold, Reason: "SoftDeleted"}},
		"leaving scope":       {state.LogEntry{Action: "other", Status: "skipped", Steps: step("EntryExport")}, Item{Verb: Release}},
		"left alone":          {state.LogEntry{Action: "other", Status: "skipped", Code: "X"}, Item{Verb: Skip, Code: "X"}},
		"a value left out":    {state.LogEntry{Action: "create", Status: "warning", Reason: "r", Steps: step("EntrySynchronizationWarning")}, Item{Verb: Create, Reason: "r", Warnings: []string{"the phone"}}},
		"an id that will be":  {state.LogEntry{Action: "create", Status: "success", Reason: "r", Target: engine.PlannedID + "1", SourceName: "ada"}, Item{Verb: Create, Reason: "r", Name: "ada"}},
		"a planned reference": {state.LogEntry{Action: "update", Status: "success", Reason: "r", Properties: []state.LogProperty{{Name: "manager", New: engine.PlannedID + "0"}}}, Item{Verb: Update, Reason: "r", Changes: []state.LogProperty{{Name: "manager", New: "(the new resource of bob)"}}}},
	} {
		t.Run(name, func(t *testing.T) {
			o := &office{T: t}
			o.equal("item", tc.want, itemOf(tc.entry, map[directory.TargetID]string{engine.PlannedID + "0": "bob"}))
		})
	}
}
