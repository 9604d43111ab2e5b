package engine

import (
	"context"
	"log/slog"
	"time"

	"github.com/google/uuid"
	"github.com/jonboulle/clockwork"

	"github.com/entrain-dev/entrain/internal/fault"
	"github.com/entrain-dev/entrain/internal/state"
)

// Engine runs cycles. It keeps nothing between them but what is in the store.
type Engine struct {
	Store state.Store
	Clock clockwork.Clock
	Log   *slog.Logger
	// Workers is how many objects are applied at the same time at the most, 0 means 32. How many requests really go out together
	// is up to the target's client, which follows its answers.
	Workers int
	// LogRetention is how long entries of the provisioning log are kept; 0 means 30 days.
	LogRetention time.Duration
}

// Request is what a caller wants of a cycle.
type Request struct {
	// Stop, when closed, ends the cycle at the next object border.
	Stop <-chan struct{}
	// AllowDeletes is the id of the set of held removals that may be applied.
	AllowDeletes string
	// Observe is called with the progress whenever it changed, from one goroutine at a time. It must not block.
	Observe func(Progress)
}

// Progress is where a cycle is.
type Progress struct {
	Initial bool
	Phase   Phase
	// Done and Total count objects of the phase; Total is 0 while it is not known.
	Done, Total int64
	// LinkedUsers and LinkedGroups count objects that were linked in this cycle.
	LinkedUsers, LinkedGroups int64
	Report                    state.Report
}

// Outcome of a cycle.
const (
	Succeeded        = "Succeeded"
	EntryLevelErrors = "EntryLevelErrors"
	Failed           = "Failed"
	Interrupted      = "Interrupted"
)

// Run runs one cycle, or goes on with the one that was interrupted, and returns the state after it. The error is what ended
// the cycle early (nil for success, also with failures of single objects; fault.Canceled for an interruption); it is in the
// report too.
func (e *Engine) Run(ctx context.Context, plan *Plan, req Request) (state.Config, error) {
	config, err := e.Store.Load(ctx, plan.ID)
	if err != nil {
		return state.Config{ID: plan.ID}, fault.Wrap(fault.Internal, "load state", err)
	}
	c := newCycle(e, plan, req, config)
	err = c.run(ctx)
	return c.config, err
}

// Reset forgets parts of the state of a config (reference 1.5): the next cycle is an initial one when Watermark or Links is set.
func (e *Engine) Reset(ctx context.Context, id state.ConfigID, what state.Reset) (state.Config, error) {
	config, err := e.Store.Load(ctx, id)
	if err != nil {
		return config, fault.Wrap(fault.Internal, "load state", err)
	}
	if err := e.Store.Reset(ctx, id, what); err != nil {
		return config, fault.Wrap(fault.Internal, "reset state", err)
	}
	if what.Watermark || what.Links {
		config.Watermark, config.Plan, config.Selection, config.Cycle = state.Watermark{}, "", "", nil
	}
	if what.Quarantine {
		config.Quarantine = nil
	}
	return config, fault.Wrap(fault.Internal, "save state", e.Store.Save(ctx, config))
}

func newID() string { return uuid.NewString() }
