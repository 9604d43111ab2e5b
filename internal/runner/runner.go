package runner

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/entrain-dev/entrain/internal/engine"
	"github.com/entrain-dev/entrain/internal/fault"
	"github.com/entrain-dev/entrain/internal/state"
)

// Mode says what starts a cycle.
type Mode string

// The modes are those of spec.provisioningMode.
const (
	Automatic Mode = "Automatic"
	Manual    Mode = "Manual"
	Paused    Mode = "Paused"
	DryRun    Mode = "DryRun"
)

// Requests are the tokens with which an administrator asks for something once; "" asks for nothing.
type Requests struct {
	Sync, Restart, AllowDeletes string
}

// Desired is what is wanted of one config.
type Desired struct {
	Plan *engine.Plan
	// Revision changes whenever Plan does; a running cycle of another revision ends at the next object border.
	Revision string
	Mode     Mode
	Interval time.Duration
	// DisableAfter is how long a series of quarantine may last before no further cycle starts by itself; 0 means
	// schedule.GiveUp.
	DisableAfter time.Duration
	Requests     Requests
	// Reset is what the restart request forgets. ResetProblem, if not "", is why it cannot be understood: it is refused.
	Reset        state.Reset
	ResetProblem string
	// Handled are the requests that were acknowledged before, as the status of the resource remembers them.
	Handled Requests
}

// Status is what came of a config so far.
type Status struct {
	// Loaded is false until the state was read from the store.
	Loaded bool
	State  state.Config
	Counts state.Counts
	// Errors are the latest failures, at most ten.
	Errors []state.Record

	Running bool
	// Revision is the revision with which the last cycle ran or runs.
	Revision string
	Progress engine.Progress
	// ProgressTime is when Progress last changed.
	ProgressTime time.Time
	// NextCycle is when the next cycle is due; zero when only a request starts one.
	NextCycle time.Time
	// Expired is true when the quarantine lasted too long: no cycle starts without a request or a change.
	Expired bool

	// Tried is true once a cycle got as far as testing the connections; SourceErr and TargetErr are what came of it.
	Tried                bool
	SourceErr, TargetErr error
	// StoreErr is set while the store cannot be used.
	StoreErr error

	Handled Requests
	// Notices are things that an administrator should be told once, in order; at most the last 20. Number grows.
	Notices []Notice
}

// Notice becomes an event of the resource.
type Notice struct {
	Number  int64
	Warning bool
	Reason  string
	Message string
}

// recentErrors is how many failures Status holds.
const recentErrors = 10

// Engine runs single cycles; *engine.Engine does.
type Engine interface {
	Run(ctx context.Context, plan *engine.Plan, req engine.Request) (state.Config, error)
	Reset(ctx context.Context, id state.ConfigID, what state.Reset) (state.Config, error)
}

// Store is what the runner reads of the state; state.Store has it.
type Store interface {
	Load(ctx context.Context, id state.ConfigID) (state.Config, error)
	Drop(ctx context.Context, id state.ConfigID) error
	Counts(ctx context.Context, id state.ConfigID) (state.Counts, error)
	Escrows(ctx context.Context, id state.ConfigID, limit int) ([]state.Record, error)
}

// Runner runs the cycles of all configs.
type Runner struct {
	Engine Engine
	Store  Store
	Clock  clockwork.Clock
	Log    *slog.Logger
	// Notify is called when the status of a config changed in a way that should be seen soon; it must not block.
	Notify func(state.ConfigID)
	// Concurrent is how many cycles may run at the same time; 0 means 8.
	Concurrent int
	// Observe is called after each cycle, for metrics; may be nil.
	Observe func(name string, c state.Config, err error)

	mu      sync.Mutex
	loops   map[state.ConfigID]*loop
	running context.Context // nil before Start
	slots   chan struct{}
	wait    sync.WaitGroup
}

const defaultConcurrent = 8

// NeedLeaderElection makes the manager start the runner on the leader only.
func (r *Runner) NeedLeaderElection() bool { return true }

// Start runs until ctx ends, and returns when the last cycle has stopped.
func (r *Runner) Start(ctx context.Context) error {
	r.mu.Lock()
	if r.running != nil {
		r.mu.Unlock()
		return errors.New("the runner was started twice")
	}
	r.running = ctx
	r.init()
	for _, l := range r.loops {
		r.launch(l) //nolint:contextcheck // it runs under r.running, which is ctx
	}
	r.mu.Unlock()
	<-ctx.Done()
	// A Set that began before may still launch a loop; after this no more.
	r.mu.Lock()
	//nolint:staticcheck // the lock orders the end of launching before the wait
	r.mu.Unlock()
	r.wait.Wait()
	return nil
}

func (r *Runner) init() {
	if r.loops == nil {
		r.loops = map[state.ConfigID]*loop{}
	}
	if r.slots == nil {
		n := r.Concurrent
		if n <= 0 {
			n = defaultConcurrent
		}
		r.slots = make(chan struct{}, n)
	}
}

// Set tells what is wanted of a config from now on. A running cycle of another revision ends at the next object border.
func (r *Runner) Set(id state.ConfigID, d Desired) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.init()
	l, ok := r.loops[id]
	if !ok {
		l = newLoop(r, id, d)
		r.loops[id] = l
		if r.running != nil && r.running.Err() == nil {
			r.launch(l)
		}
		return
	}
	l.set(d)
}

// launch starts the goroutine of a config; r.mu is held.
func (r *Runner) launch(l *loop) {
	ctx, cancel := context.WithCancel(r.running)
	l.life, l.cancel = ctx, cancel
	r.wait.Add(1)
	go func() {
		defer r.wait.Done()
		defer close(l.ended)
		l.run(ctx)
		// What runs on demand ends with the config; nothing more begins.
		_ = l.turn.take(context.WithoutCancel(ctx))
	}()
}

// Remove stops a config and waits until its cycle has ended. With forget its state is dropped from the store.
func (r *Runner) Remove(ctx context.Context, id state.ConfigID, forget bool) error {
	r.mu.Lock()
	l, ok := r.loops[id]
	delete(r.loops, id)
	r.mu.Unlock()
	if ok && l.cancel != nil {
		l.cancel()
		select {
		case <-l.ended:
		case <-ctx.Done():
			return fault.Wrap(fault.Canceled, "stop config", ctx.Err())
		}
	}
	if !forget {
		return nil
	}
	return r.Store.Drop(ctx, id)
}

// Status returns what came of a config, false when it was never set.
func (r *Runner) Status(id state.ConfigID) (Status, bool) {
	r.mu.Lock()
	l, ok := r.loops[id]
	r.mu.Unlock()
	if !ok {
		return Status{}, false
	}
	return l.snapshot(), true
}

func (r *Runner) notify(id state.ConfigID) {
	if r.Notify != nil {
		r.Notify(id)
	}
}
