package engine

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/expr"
	"github.com/entrain-dev/entrain/internal/fault"
	"github.com/entrain-dev/entrain/internal/state"
)

// Phase is a step of a cycle.
type Phase string

// The phases in their order.
const (
	PhaseOpen       Phase = "Open"
	PhaseImport     Phase = "Import"
	PhaseEvaluate   Phase = "Evaluate"
	PhaseGuard      Phase = "Guard"
	PhaseMatch      Phase = "Match"
	PhaseRemovals   Phase = "Removals"
	PhaseUsers      Phase = "Users"
	PhaseReferences Phase = "References"
	PhaseGroups     Phase = "Groups"
	PhaseMembers    Phase = "Members"
	PhaseDeletions  Phase = "Deletions"
	PhaseRetry      Phase = "Retry"
	PhaseDrift      Phase = "Drift"
	PhaseClose      Phase = "Close"
)

// cycle is one cycle in progress.
type cycle struct {
	*Engine
	plan *Plan
	req  Request
	caps directory.Capabilities
	env  expr.Env

	// config is the state; the goroutine that runs the phases owns it.
	config state.Config

	// listedNobody is true for a kind of which the target had nobody when it was listed; after a resume the index is asked.
	listedNobody map[directory.Kind]bool

	mu       sync.Mutex // guards report and progress
	report   state.Report
	progress Progress
	saved    time.Time

	failures, references atomic.Int64 // objects that failed in this cycle, and those of them that are references
	inARow               atomic.Int64 // transient failures without a success between them

	// doubted is true while the list of assignments in force is an old one, because a new one was suddenly empty: whoever is not
	// assigned by it may be in reality.
	doubted bool

	// known are the failures that inARow counts (c.mu).
	known map[*fault.Error]bool

	// conflicts are objects that wait for a second attempt (c.mu); alone is true while nobody else applies anything.
	conflicts []directory.SourceID
	alone     bool
	claims    claims
}

func newCycle(e *Engine, plan *Plan, req Request, config state.Config) *cycle {
	c := &cycle{Engine: e, plan: plan, req: req, config: config, listedNobody: map[directory.Kind]bool{}}
	c.env = expr.Env{Now: e.Clock.Now}
	if c.Log == nil {
		c.Engine = &Engine{Store: e.Store, Clock: e.Clock, Log: slog.New(slog.DiscardHandler), Workers: e.Workers, LogRetention: e.LogRetention}
	}
	return c
}

type step struct {
	phase Phase
	run   func(*cycle, context.Context) error
	// writes marks steps that write to the target; a dry run leaves them out.
	writes bool
}

var steps = []step{
	{PhaseImport, (*cycle).importAll, false},
	{PhaseEvaluate, (*cycle).evaluate, false},
	{PhaseGuard, (*cycle).guard, false},
	{PhaseMatch, (*cycle).match, true},
	{PhaseRemovals, (*cycle).applyRemovals, true},
	{PhaseUsers, (*cycle).applyUsers, true},
	{PhaseReferences, (*cycle).applyReferences, true},
	{PhaseGroups, (*cycle).applyGroups, true},
	{PhaseMembers, (*cycle).applyMembers, true},
	{PhaseDeletions, (*cycle).applyDeletions, true},
	{PhaseRetry, (*cycle).retry, true},
	{PhaseDrift, (*cycle).drift, true},
}

// run runs the phases that are left.
func (c *cycle) run(ctx context.Context) error {
	from, err := c.open(ctx)
	for i := from; err == nil && i < len(steps); i++ {
		s := steps[i]
		if s.writes && c.plan.DryRun {
			continue
		}
		if err = c.enter(ctx, s.phase); err != nil {
			break
		}
		err = s.run(c, ctx)
	}
	return c.close(ctx, err)
}

// open decides where to begin: at the phase where an interrupted cycle of the same plan stopped, else with a new cycle.
func (c *cycle) open(ctx context.Context) (from int, err error) {
	now := c.Clock.Now()
	c.caps = c.plan.Target.Capabilities()
	if old := c.config.Cycle; old != nil && old.Plan == c.plan.Fingerprint && old.Report.DryRun == c.plan.DryRun {
		c.report = old.Report
		for i, s := range steps {
			if string(s.phase) == old.Phase {
				from = i
			}
		}
		if from == 0 {
			// The read begins anew: what an earlier attempt saw must not count as seen by this one, or whoever left in between
			// would be taken for present.
			c.config.Cycles++
			c.config.Cycle.Number = c.config.Cycles
		}
		c.doubted = from > 0 && c.config.EmptyAssignments == old.Number
		c.Log.Info("Resuming cycle", "config", c.plan.Name, "cycle", old.ID, "phase", old.Phase)
	} else {
		c.adoptRead()
		c.config.Cycles++
		c.config.Cycle = &state.Cycle{Number: c.config.Cycles, ID: newID(), Started: now, Plan: c.plan.Fingerprint, Initial: c.initial()}
		c.report = state.Report{ID: c.config.Cycle.ID, Initial: c.config.Cycle.Initial, DryRun: c.plan.DryRun, Started: now}
	}
	if len(c.plan.Definition) > 0 {
		c.config.Definition = c.plan.Definition
	}
	c.observe(func(p *Progress) { p.Phase = PhaseOpen })
	if err := c.save(ctx); err != nil {
		return 0, err
	}
	if err := c.plan.Source.Check(ctx); err != nil {
		return 0, &connectionError{side: sourceSide, err: err}
	}
	path := c.matchingPath()
	if err := c.plan.Target.Check(ctx, path); err != nil {
		return 0, &connectionError{side: targetSide, err: err}
	}
	// The first test of a connection also discovers: smaller pages, and bulk.
	c.caps = c.plan.Target.Capabilities()
	return from, nil
}

// initial reports whether this cycle looks at everybody: nothing was read yet, or what decides about people has changed.
func (c *cycle) initial() bool {
	return c.config.Watermark.Users == "" || c.config.Plan != c.plan.Fingerprint || c.config.Selection != c.selection()
}

// adoptRead keeps the read of a cycle that will not be resumed: everything it read is in the store, with what is still to
// be decided and applied, so that reading on from there loses nothing.
func (c *cycle) adoptRead() {
	if old := c.config.Cycle; old != nil && old.Next.Users != "" && phaseIndex(old.Phase) > phaseIndex(string(PhaseImport)) {
		c.config.Watermark = old.Next
	}
	c.config.Cycle = nil
}

func phaseIndex(p string) int {
	for i, s := range steps {
		if string(s.phase) == p {
			return i
		}
	}
	return -1
}

// selection is the fingerprint of the attributes that are read.
func (c *cycle) selection() string {
	all := strings.Join(c.plan.Selection(directory.User), ",") + "|" + strings.Join(c.plan.Selection(directory.Group), ",")
	sum := sha256.Sum256([]byte(all))
	return hex.EncodeToString(sum[:8])
}

// enter begins a phase, at an object border.
func (c *cycle) enter(ctx context.Context, p Phase) error {
	if err := c.interrupted(ctx); err != nil {
		return err
	}
	c.config.Cycle.Phase = string(p)
	c.observe(func(pr *Progress) {
		*pr = Progress{Phase: p, LinkedUsers: pr.LinkedUsers, LinkedGroups: pr.LinkedGroups}
	})
	return c.save(ctx)
}

// interrupted returns a Canceled error when the cycle was asked to stop.
func (c *cycle) interrupted(ctx context.Context) error {
	select {
	case <-c.req.Stop:
		return fault.New(fault.Canceled, "cycle", "the cycle was stopped to go on with the changed configuration")
	case <-ctx.Done():
		return fault.Wrap(fault.Canceled, "cycle", ctx.Err())
	default:
		return nil
	}
}

// save writes the position of the cycle.
func (c *cycle) save(ctx context.Context) error {
	c.mu.Lock()
	if c.config.Cycle != nil {
		c.config.Cycle.Report = c.report
	}
	c.saved = c.Clock.Now()
	c.mu.Unlock()
	return fault.Wrap(fault.Internal, "save state", c.Store.Save(ctx, c.config))
}

// count changes the report and the progress.
func (c *cycle) count(change func(r *state.Report), done int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	change(&c.report)
	c.progress.Done += done
	c.publish()
}

// linked counts an object that got a link.
func (c *cycle) linked(kind directory.Kind) {
	c.observe(func(p *Progress) {
		if kind == directory.Group {
			p.LinkedGroups++
		} else {
			p.LinkedUsers++
		}
	})
}

// observe changes the progress.
func (c *cycle) observe(change func(*Progress)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	change(&c.progress)
	c.publish()
}

// publish tells the caller; c.mu is held, so that calls come one at a time.
func (c *cycle) publish() {
	if c.req.Observe == nil {
		return
	}
	p := c.progress
	p.Report, p.Initial = c.report, c.report.Initial
	c.req.Observe(p)
}

// number identifies the cycle inside the store.
func (c *cycle) number() int64 { return c.config.Cycle.Number }
