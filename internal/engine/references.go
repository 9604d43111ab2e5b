package engine

import (
	"context"
	"maps"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/fault"
	"github.com/entrain-dev/entrain/internal/schedule"
	"github.com/entrain-dev/entrain/internal/state"
)

// applyReferences sends the references that could not go with their object because the other one was not linked yet. Whoever
// waits is patched in the cycle in which the other becomes linked, also years later (the original needs a restart for it).
func (c *cycle) applyReferences(ctx context.Context) error {
	return pages(func(after state.Seq) ([]state.Waiting, error) {
		return c.Store.Waiting(ctx, c.plan.ID, after, commitBatch)
	}, func(w state.Waiting) state.Seq { return w.Seq }, func(page []state.Waiting) error {
		for _, w := range page {
			if err := c.interrupted(ctx); err != nil {
				return err
			}
			if c.waitsLonger(w) {
				continue
			}
			out, err := c.refer(ctx, w)
			if err != nil {
				return err
			}
			if err := c.Store.Commit(ctx, c.plan.ID, []state.Outcome{out}); err != nil {
				return err
			}
			c.count(func(*state.Report) {}, 1)
		}
		return nil
	})
}

// waitsLonger reports whether the object has something pending or in escrow that comes first.
func (c *cycle) waitsLonger(w state.Waiting) bool {
	if w.Action != state.None {
		return true
	}
	return w.Escrow != nil && (!w.Escrow.Reference || !w.Escrow.Next.Before(c.config.Cycle.Started))
}

func (c *cycle) refer(ctx context.Context, w state.Waiting) (state.Outcome, error) {
	if !c.stillWanted(w) {
		return state.Outcome{Seq: w.Seq, Done: true, Link: w.Link, Target: w.Target, Waits: []state.Wait{}}, nil
	}
	kind := directory.Add
	if w.Applied[w.Path] != nil {
		kind = directory.Replace
	}
	op := directory.Operation{Kind: kind, Path: w.Path, Value: w.To}
	err := c.plan.Target.Update(ctx, w.Kind, w.Target, []directory.Operation{op})
	entry := c.entry(w.Record, logUpdate, logSuccess)
	if err != nil {
		return c.referenceFailed(w, entry, err)
	}
	c.inARow.Store(0)
	applied := maps.Clone(w.Applied)
	if applied == nil {
		applied = directory.Values{}
	}
	old, _ := applied[w.Path].(string)
	applied[w.Path] = string(w.To)
	entry.Properties = []state.LogProperty{{Name: w.Path, Old: old, New: string(w.To)}}
	logStep(entry, "EntryExportUpdate", "export", logSuccess, "The reference %s was set.", w.Path)
	c.count(func(rep *state.Report) { rep.Updated++ }, 0)
	return state.Outcome{
		Seq: w.Seq, Done: true, Link: w.Link, Target: w.Target, Applied: applied, Waits: []state.Wait{}, Log: entry,
	}, nil
}

// stillWanted reports whether the object still refers to the one it waited for.
func (c *cycle) stillWanted(w state.Waiting) bool {
	side, ok := c.plan.side(w.Kind)
	if !ok {
		return false
	}
	desired, err := side.Mapping.Apply(c.view(state.Candidate{Record: w.Record}, w.Link != state.Active), c.env)
	if err != nil {
		return false
	}
	for _, ref := range desired.References {
		if ref.Path == w.Path && ref.Source == w.For {
			return true
		}
	}
	return false
}

// referenceFailed keeps the reference waiting and counts the failure; when the object itself is gone it is provisioned again.
func (c *cycle) referenceFailed(w state.Waiting, entry *state.LogEntry, err error) (state.Outcome, error) {
	if fault.Is(err, fault.Canceled, fault.Unauthorized, fault.NotCompliant, fault.Internal) {
		return state.Outcome{}, c.connection(err)
	}
	now := c.Clock.Now()
	e := state.Escrow{First: now, Code: "UnableToResolveReferenceAttributeValue", Message: fault.MessageOf(err), Reference: true}
	if w.Escrow != nil {
		e.First, e.Attempts = w.Escrow.First, w.Escrow.Attempts
	}
	e.Attempts++
	e.Next, _ = schedule.Escrow(e.First, now, e.Attempts)
	entry = c.logged(entry, err)
	entry.Code = e.Code
	c.references.Add(1)
	c.count(func(rep *state.Report) { rep.Failed++ }, 0)
	out := state.Outcome{Seq: w.Seq, Link: w.Link, Target: w.Target, Escrow: &e, Log: entry}
	if c.fatal(err) {
		return out, c.connection(err)
	}
	return out, nil
}
