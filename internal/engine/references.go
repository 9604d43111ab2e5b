package engine

import (
	"context"
	"maps"
	"sync"

	"golang.org/x/sync/errgroup"

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
		if err := c.interrupted(ctx); err != nil {
			return err
		}
		outcomes, err := c.referAll(ctx, c.referrers(page))
		// What was sent must reach the store also when the cycle is being ended.
		if cerr := c.Store.Commit(context.WithoutCancel(ctx), c.plan.ID, outcomes); cerr != nil {
			return cerr
		}
		return err
	})
}

// referrers puts the references of each object together, so that they go in one request, and leaves out who must wait longer.
func (c *cycle) referrers(page []state.Waiting) [][]state.Waiting {
	var out [][]state.Waiting
	for _, w := range page {
		switch n := len(out); {
		case c.waitsLonger(w):
		case n > 0 && out[n-1][0].Seq == w.Seq:
			out[n-1] = append(out[n-1], w)
		default:
			out = append(out, []state.Waiting{w})
		}
	}
	return out
}

// referAll sends the references of many objects side by side and returns what came of those that were sent.
func (c *cycle) referAll(ctx context.Context, all [][]state.Waiting) ([]state.Outcome, error) {
	var mu sync.Mutex
	outcomes := make([]state.Outcome, 0, len(all))
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(c.workers())
	for _, waiting := range all {
		g.Go(func() error {
			if err := c.interrupted(gctx); err != nil {
				return err
			}
			out, err := c.refer(gctx, waiting)
			if out.Seq != 0 {
				mu.Lock()
				outcomes = append(outcomes, out)
				mu.Unlock()
				c.count(func(*state.Report) {}, 1)
			}
			return err
		})
	}
	err := g.Wait()
	return outcomes, err
}

// waitsLonger reports whether the object has something pending or in escrow that comes first.
func (c *cycle) waitsLonger(w state.Waiting) bool {
	if w.Action != state.None {
		return true
	}
	return w.Escrow != nil && (!w.Escrow.Reference || !w.Escrow.Next.Before(c.config.Cycle.Started))
}

// refer sends the references of one object. The outcome has no Seq where nothing is to be recorded.
func (c *cycle) refer(ctx context.Context, waiting []state.Waiting) (state.Outcome, error) {
	first := waiting[0]
	applied := maps.Clone(first.Applied)
	if applied == nil {
		applied = directory.Values{}
	}
	out := state.Outcome{Seq: first.Seq, Done: true, Link: first.Link, Target: first.Target, Waits: []state.Wait{}}
	entry := c.entry(first.Record, logUpdate, logSuccess)
	var ops []directory.Operation
	for _, w := range waiting {
		if !c.stillWanted(w) {
			continue
		}
		kind := directory.Add
		if applied[w.Path] != nil {
			kind = directory.Replace
		}
		ops = append(ops, directory.Operation{Kind: kind, Path: w.Path, Value: w.To})
		old, _ := applied[w.Path].(string)
		applied[w.Path] = string(w.To)
		entry.Properties = append(entry.Properties, state.LogProperty{Name: w.Path, Old: old, New: string(w.To)})
		logStep(entry, "EntryExportUpdate", "export", logSuccess, "The reference %s was set.", w.Path)
	}
	if len(ops) == 0 {
		return out, nil
	}
	if err := c.plan.Target.Update(ctx, first.Kind, first.Target, ops); err != nil {
		return c.referenceFailed(first, c.entry(first.Record, logUpdate, logSuccess), err)
	}
	c.inARow.Store(0)
	c.count(func(rep *state.Report) { rep.Updated++ }, 0)
	out.Applied, out.Log = applied, entry
	return out, nil
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
