package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/entrain-dev/entrain/internal/fault"
	"github.com/entrain-dev/entrain/internal/schedule"
	"github.com/entrain-dev/entrain/internal/state"
)

// Reasons of a quarantine, the Graph names of reference 2.1.
const (
	ReasonException           = "EncounteredQuarantineException"
	ReasonProportion          = "EncounteredEscrowProportionThreshold"
	ReasonBaseThreshold       = "EncounteredBaseEscrowThreshold"
	ReasonTotalThreshold      = "EncounteredTotalEscrowThreshold"
	ReasonTooManyDeletes      = "TooManyDeletes"
	defaultRetention          = 30 * 24 * time.Hour
	pruneBatch, pruneAtMost   = 1000, 100
	sourceSide, targetSide    = "source", "target"
	messageOfEntryLevelErrors = "%d objects failed; they are tried again in the next cycles."
)

// connectionError is a failure of one side as a whole.
type connectionError struct {
	side string
	err  error
}

func (e *connectionError) Error() string { return e.side + ": " + e.err.Error() }
func (e *connectionError) Unwrap() error { return e.err }

// SideOf says which side an error of Run concerns: "source", "target" or "" for neither.
func SideOf(err error) string {
	var c *connectionError
	if errors.As(err, &c) {
		return c.side
	}
	return ""
}

// close ends the cycle: it commits the watermark when everything that was read is applied, in escrow or skipped, writes the
// report and decides about quarantine. An interrupted cycle stays open and is resumed by the next one.
func (c *cycle) close(ctx context.Context, err error) error {
	ctx = context.WithoutCancel(ctx)
	if err != nil && (fault.Is(err, fault.Canceled) || errors.Is(err, context.Canceled)) {
		c.observe(func(p *Progress) { p.Phase = PhaseClose })
		if serr := c.save(ctx); serr != nil {
			return serr
		}
		return err
	}
	now := c.Clock.Now()
	c.mu.Lock()
	c.report.Ended = now
	c.mu.Unlock()
	if err == nil {
		err = c.settle(ctx, now)
	} else {
		c.adoptRead()
		c.report.Result, c.report.Message = Failed, fault.MessageOf(err)
	}
	c.quarantine(now, err)
	c.config.Cycle = nil
	last := c.report
	c.config.Last = &last
	if err == nil {
		c.config.LastSuccessful = &last
	}
	c.observe(func(p *Progress) { p.Phase = PhaseClose })
	if serr := c.save(ctx); serr != nil {
		return serr
	}
	c.Log.Info("Cycle ended", "config", c.plan.Name, "cycle", last.ID, "initial", last.Initial, "result", last.Result, "created", last.Created,
		"updated", last.Updated, "disabled", last.Disabled, "deleted", last.Deleted, "skipped", last.Skipped, "failed", last.Failed)
	return err
}

// settle is the good end.
func (c *cycle) settle(ctx context.Context, now time.Time) error {
	pending, err := c.Store.Pending(ctx, c.plan.ID)
	if err != nil {
		return err
	}
	c.report.Escrowed = pending.Escrowed
	c.report.Result = Succeeded
	if c.report.Failed > 0 {
		c.report.Result, c.report.Message = EntryLevelErrors, fmt.Sprintf(messageOfEntryLevelErrors, c.report.Failed)
	}
	c.config.Watermark = c.config.Cycle.Next
	if pending.Escrowed == 0 && c.config.Held == nil && !c.plan.DryRun {
		if c.config.SteadyFirst.IsZero() {
			c.config.SteadyFirst = now
		}
		c.config.SteadyLast = now
	}
	return c.prune(ctx, now)
}

// prune drops old log entries, a bounded number a cycle.
func (c *cycle) prune(ctx context.Context, now time.Time) error {
	keep := c.LogRetention
	if keep <= 0 {
		keep = defaultRetention
	}
	for range pruneAtMost {
		n, err := c.Store.PruneLog(ctx, c.plan.ID, now.Add(-keep), pruneBatch)
		if err != nil || n < pruneBatch {
			return err
		}
	}
	return nil
}

// quarantine imposes, continues or lifts the quarantine (reference 2). A held set of removals is one of its reasons, but does
// not slow the cycles down: creates and updates go on.
func (c *cycle) quarantine(now time.Time, err error) {
	reason, code, message := c.verdict(err)
	if reason == "" {
		c.config.Quarantine = nil
		return
	}
	q := &state.Quarantine{Reason: reason, Code: code, Message: message, SeriesBegan: now, CurrentBegan: now}
	if old := c.config.Quarantine; old != nil {
		q.SeriesBegan, q.SeriesCount = old.SeriesBegan, old.SeriesCount
	}
	q.SeriesCount++
	if reason != ReasonTooManyDeletes {
		q.NextAttempt, _ = schedule.Quarantine(q.SeriesBegan, now)
	}
	c.config.Quarantine = q
}

// verdict says why the config must be quarantined, "" if it must not.
func (c *cycle) verdict(err error) (reason, code, message string) {
	if err != nil {
		switch {
		case fault.Is(err, fault.Unauthorized, fault.NotCompliant, fault.Forbidden),
			SideOf(err) == targetSide && fault.Is(err, fault.Unreachable, fault.NotFound, fault.Invalid):
			return ReasonException, fault.CodeOf(err), fault.MessageOf(err)
		}
		if q := c.config.Quarantine; q != nil {
			return q.Reason, q.Code, q.Message
		}
		return "", "", ""
	}
	base, refs := c.failures.Load(), c.references.Load()
	l := c.plan.Limits
	r := c.report
	events := r.Created + r.Updated + r.Disabled + r.Deleted + base
	switch {
	case l.TotalFailures > 0 && base+refs > l.TotalFailures:
		return ReasonTotalThreshold, "", fmt.Sprintf("%d objects and references failed in one cycle.", base+refs)
	case l.BaseFailures > 0 && base > l.BaseFailures:
		return ReasonBaseThreshold, "", fmt.Sprintf("%d objects failed in one cycle.", base)
	case l.MinimumFailures > 0 && base >= l.MinimumFailures && base*100 > events*l.FailurePercent:
		return ReasonProportion, "", fmt.Sprintf("%d of %d objects failed in one cycle.", base, events)
	case c.config.Held != nil:
		h := c.config.Held
		return ReasonTooManyDeletes, "", fmt.Sprintf("%d users and %d groups would be disabled or deleted, more than the threshold of %d.",
			h.Users, h.Groups, c.plan.Guard.Threshold)
	}
	return "", "", ""
}
