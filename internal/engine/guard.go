package engine

import (
	"context"
	"crypto/sha256"
	"encoding/hex"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/state"
)

// guard counts what would take access away. More than the threshold is held, everything else goes on (reference part 2
// section 8). A set that an administrator released by its id is applied; a set that has changed since has another id.
func (c *cycle) guard(ctx context.Context) error {
	held, err := c.removals(ctx)
	if err != nil {
		return err
	}
	total := held.Users + held.Groups
	hold := c.plan.Guard.Enabled && total > c.plan.Guard.Threshold && c.req.AllowDeletes != held.ID
	if _, err := c.Store.Hold(ctx, c.plan.ID, hold); err != nil {
		return err
	}
	if !hold {
		c.config.Held = nil
		return nil
	}
	held.Since = c.Clock.Now()
	if old := c.config.Held; old != nil {
		held.Since = old.Since
	}
	if old := c.config.Held; old == nil || old.ID != held.ID {
		if err := c.logHeld(ctx); err != nil {
			return err
		}
	}
	c.config.Held = &held
	c.Log.Warn("Holding removals, they exceed the deletion threshold", "config", c.plan.Name, "removals", total, "threshold", c.plan.Guard.Threshold)
	return nil
}

// removals counts the pending removals and names the set of them.
func (c *cycle) removals(ctx context.Context) (state.Held, error) {
	var held state.Held
	hash := sha256.New()
	err := pages(func(after state.Seq) ([]state.Record, error) {
		return c.Store.Removals(ctx, c.plan.ID, after, state.PageSize)
	}, func(r state.Record) state.Seq { return r.Seq }, func(page []state.Record) error {
		for _, r := range page {
			if r.Kind == directory.Group {
				held.Groups++
			} else {
				held.Users++
			}
			hash.Write([]byte(r.ID))
			hash.Write([]byte(r.Action))
		}
		return nil
	})
	held.ID = hex.EncodeToString(hash.Sum(nil)[:8])
	return held, err
}

// logHeld writes a StagedDelete entry for each held object.
func (c *cycle) logHeld(ctx context.Context) error {
	return pages(func(after state.Seq) ([]state.Record, error) {
		return c.Store.Removals(ctx, c.plan.ID, after, state.PageSize)
	}, func(r state.Record) state.Seq { return r.Seq }, func(page []state.Record) error {
		entries := make([]state.LogEntry, len(page))
		for i, r := range page {
			entry := c.entry(r, logStagedDelete, logSkipped)
			entry.Reason = r.Reason
			entry.Advice = "Undo the cause, or release the held removals with the allow-deletes annotation."
			entries[i] = *entry
		}
		return c.Store.AppendLog(ctx, c.plan.ID, entries)
	})
}
