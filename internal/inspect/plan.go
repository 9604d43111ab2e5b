package inspect

import (
	"context"
	"strings"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/engine"
	"github.com/entrain-dev/entrain/internal/fault"
	"github.com/entrain-dev/entrain/internal/state"
)

// Verb says what would be done with an object.
type Verb string

// The verbs.
const (
	Create Verb = "create"
	// Link means that a resource exists already and is taken under management, with whatever differs.
	Link    Verb = "link"
	Update  Verb = "update"
	Disable Verb = "disable"
	Delete  Verb = "delete"
	// Release means that the object leaves scope and nothing is sent.
	Release Verb = "release"
	// Hold means that a removal exceeds the threshold and is held.
	Hold Verb = "hold"
	// Fail means that the object would fail, Skip that it would be left alone for a reason that an administrator should see.
	Fail Verb = "fail"
	Skip Verb = "skip"
)

// Item is one thing that a cycle would do.
type Item struct {
	Verb   Verb               `json:"action"`
	Kind   directory.Kind     `json:"objectType"`
	ID     directory.SourceID `json:"sourceId"`
	Name   string             `json:"sourceName,omitempty"`
	Target directory.TargetID `json:"targetId,omitempty"`
	Code   string             `json:"code,omitempty"`
	Reason string             `json:"reason,omitempty"`
	// Changes are the values that would change, old and new.
	Changes []state.LogProperty `json:"changes,omitempty"`
	// Warnings are values that the target cannot take.
	Warnings []string `json:"warnings,omitempty"`
}

// Summary is what a cycle would do in numbers.
type Summary struct {
	// Initial is true when everybody would be looked at.
	Initial bool           `json:"initial"`
	Totals  map[Verb]int64 `json:"totals"`
	// Removals counts people and groups that would be disabled or deleted, held ones included. Exceeded is true when they are more
	// than Threshold.
	Removals  int64 `json:"removals"`
	Threshold int64 `json:"threshold"`
	Exceeded  bool  `json:"exceeded"`
}

// Plan tells what a cycle would do now, item by item, without writing anything. It copies the state of the config, reads what
// changed in the tenant since, and rehearses the cycle on the copy; each is called in the order in which it would happen. The
// plan may be another than the one in force, to try a changed mapping or filter.
func (i *Inspector) Plan(ctx context.Context, plan *engine.Plan, observe func(engine.Progress), each func(Item) error) (s Summary, err error) {
	scratch, remove, err := i.Scratch(ctx)
	if err != nil {
		return s, err
	}
	defer func() {
		if rerr := remove(); err == nil {
			err = fault.Wrap(fault.Internal, "plan", rerr)
		}
	}()
	if err := Copy(ctx, i.Store, scratch, plan.ID); err != nil {
		return s, err
	}
	// The log is read on from this entry.
	if err := scratch.AppendLog(ctx, plan.ID, []state.LogEntry{{ID: "begin", Time: i.Clock.Now()}}); err != nil {
		return s, err
	}
	config, err := i.engineOn(scratch).Preview(ctx, plan, observe)
	if err != nil {
		return s, err
	}
	s = Summary{Totals: map[Verb]int64{}, Threshold: plan.Guard.Threshold}
	if config.Last != nil {
		s.Initial = config.Last.Initial
	}
	names := map[directory.TargetID]string{}
	q := state.LogQuery{After: 1, Limit: maxLogs}
	for {
		page, err := scratch.Log(ctx, plan.ID, q)
		if err != nil || len(page) == 0 {
			s.Exceeded = s.Removals > s.Threshold
			return s, err
		}
		for _, e := range page {
			item := itemOf(e, names)
			s.Totals[item.Verb]++
			switch item.Verb {
			case Disable, Delete, Hold:
				s.Removals++
			}
			if err := each(item); err != nil {
				return s, err
			}
		}
		q.After = page[len(page)-1].Number
	}
}

// Copy copies the state of a config from one store to another, without its log.
func Copy(ctx context.Context, from, to state.Store, id state.ConfigID) error {
	out, ok := from.(state.Transferrer)
	in, also := to.(state.Transferrer)
	if !ok || !also {
		return fault.New(fault.Internal, "copy state", "this store cannot be copied")
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	rows := make(chan state.Row, state.PageSize)
	exported := make(chan error, 1)
	go func() {
		defer close(rows)
		exported <- out.Export(ctx, id, false, func(r state.Row) error {
			select {
			case rows <- r:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	}()
	err := in.Restore(ctx, id, func() (state.Row, bool, error) {
		if r, more := <-rows; more {
			return r, true, nil
		}
		return state.Row{}, false, <-exported
	})
	if err != nil {
		cancel()
		// The export ends once nobody takes its rows; it must not outlive this call.
		for range rows {
			continue
		}
	}
	return err
}

// itemOf turns an entry of the log of a preview into an item. names collects what resources that would be created are known by.
func itemOf(e state.LogEntry, names map[directory.TargetID]string) Item {
	item := Item{
		Verb: Verb(e.Action), Kind: e.Kind, ID: e.Source, Name: e.SourceName, Target: e.Target, Code: e.Code, Reason: e.Reason, Changes: e.Properties,
	}
	matched := false
	for _, step := range e.Steps {
		matched = matched || step.Name == "EntryImport" || step.Name == "EntryImportByMatchingProperty"
		if step.Name == "EntrySynchronizationWarning" {
			item.Warnings = append(item.Warnings, step.Description)
		}
	}
	switch {
	case e.Status == "failure":
		item.Verb = Fail
	case e.Action == "stageddelete":
		item.Verb = Hold
	case matched:
		item.Verb, item.Code = Link, ""
		item.Reason = "A resource exists in the target; it is taken under management."
	case e.Status == "skipped" && e.Action == "other" && len(e.Steps) > 0:
		item.Verb = Release
	case e.Status == "skipped":
		item.Verb = Skip
	case item.Reason == "" && item.Verb == Create:
		item.Reason = "In scope, and nothing in the target matches."
	case item.Reason == "" && item.Verb == Update:
		item.Reason = "Values differ from what was sent last."
	}
	if strings.HasPrefix(string(item.Target), engine.PlannedID) {
		if _, known := names[item.Target]; !known {
			names[item.Target] = e.SourceName
		}
		item.Target = ""
	}
	for k, c := range item.Changes {
		if name, planned := names[directory.TargetID(c.New)]; planned {
			item.Changes[k].New = "(the new resource of " + name + ")"
		}
	}
	return item
}
