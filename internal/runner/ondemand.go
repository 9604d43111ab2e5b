package runner

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/entrain-dev/entrain/internal/engine"
	"github.com/entrain-dev/entrain/internal/fault"
	"github.com/entrain-dev/entrain/internal/state"
)

// breather is how long a cycle goes on between two interruptions, so that a stream of runs on demand cannot stop it.
const breather = 10 * time.Second

// ErrPaused is why nothing is run on demand while provisioning is paused.
var ErrPaused = &fault.Error{
	Kind: fault.Forbidden, Op: "provision on demand", Code: "Paused",
	Message: "Provisioning is paused. Set spec.provisioningMode to Automatic, Manual or DryRun and create the request again.",
}

// Exclusively runs something with the plan of a config while no cycle and nothing else of the same config runs.
//
// A cycle that is running is interrupted at the next object border and goes on afterwards from there, as the same cycle.
// While it tests connections, reads the source or lists the target, which would have to begin anew, run waits for the end of
// that phase. Runs come in the order in which they were asked for.
//
// The context of run ends with ctx, with the config, and with the runner, which waits for run. Errors: fault.NotFound for a
// config that the runner does not have (yet), ErrPaused, fault.Canceled when ctx ended before its turn, and what run returned.
func (r *Runner) Exclusively(ctx context.Context, id state.ConfigID, run func(ctx context.Context, plan *engine.Plan) error) error {
	r.mu.Lock()
	l, ok := r.loops[id]
	var life context.Context
	if ok {
		life = l.life
	}
	r.mu.Unlock()
	if life == nil {
		return fault.New(fault.NotFound, "provision on demand", "The configuration is not with the runner yet.")
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(life, cancel)() //nolint:contextcheck // run ends with the config too, which knows nothing of the caller
	// Those who wait stand in the queue before the cycle is asked to make room.
	ticket := l.turn.join()
	l.expect(1)
	err := l.turn.wait(ctx, ticket)
	l.expect(-1)
	if err != nil {
		return err
	}
	defer l.turn.give()
	l.mu.Lock()
	d := l.desired
	l.mu.Unlock()
	if d.Mode == Paused {
		return ErrPaused
	}
	err = run(ctx, d.Plan)
	l.renew(context.WithoutCancel(ctx))
	return err
}

// turn is held by whoever works on a config. It is handed over in the order of asking.
type turn struct {
	mu    sync.Mutex
	held  bool
	queue []chan struct{}
}

// join asks for the turn; the channel is closed when it comes. Whoever holds the turn and gives it away gives it to those who
// have joined.
func (t *turn) join() chan struct{} {
	t.mu.Lock()
	defer t.mu.Unlock()
	ticket := make(chan struct{})
	if t.held {
		t.queue = append(t.queue, ticket)
	} else {
		t.held = true
		close(ticket)
	}
	return ticket
}

// wait waits for the turn, or gives it up when ctx ends.
func (t *turn) wait(ctx context.Context, ticket chan struct{}) error {
	select {
	case <-ticket:
	case <-ctx.Done():
	}
	if ctx.Err() == nil {
		return nil
	}
	t.mu.Lock()
	at := slices.Index(t.queue, ticket)
	if at >= 0 {
		t.queue = slices.Delete(t.queue, at, at+1)
	}
	t.mu.Unlock()
	if at < 0 {
		t.give()
	}
	return fault.Wrap(fault.Canceled, "wait for the running cycle", ctx.Err())
}

func (t *turn) take(ctx context.Context) error { return t.wait(ctx, t.join()) }

func (t *turn) give() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.queue) == 0 {
		t.held = false
		return
	}
	close(t.queue[0])
	t.queue = t.queue[1:]
}

// expect counts those who wait for their turn, and asks the running cycle for it.
func (l *loop) expect(n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waiting += n
	l.interrupt()
}

// interrupt ends the running cycle at the next object border when somebody waits for it and it can go on from there; l.mu is
// held.
func (l *loop) interrupt() {
	if l.waiting == 0 || l.stop == nil || !resumable(l.status.Progress.Phase) || l.runner.Clock.Since(l.resumed) < breather {
		return
	}
	close(l.stop)
	l.stop, l.yielding = nil, true
}

// resumable reports whether a cycle that is interrupted in a phase goes on in the middle of it.
func resumable(p engine.Phase) bool {
	switch p {
	case engine.PhaseOpen, engine.PhaseImport, engine.PhaseMatch, engine.PhaseClose:
		return false
	}
	return true
}

// yields lets the others have their turn when a cycle ended for them, and reports whether it must go on. The request then
// has a new stop channel.
func (l *loop) yields(ctx context.Context, req *engine.Request, err error) bool {
	l.mu.Lock()
	asked := l.yielding
	l.yielding = false
	l.mu.Unlock()
	if !asked || !fault.Is(err, fault.Canceled) || ctx.Err() != nil {
		return false
	}
	l.turn.give()
	// The loop owns the turn again before it goes on or ends, whatever happens to ctx.
	_ = l.turn.take(context.WithoutCancel(ctx))
	l.mu.Lock()
	defer l.mu.Unlock()
	l.resumed = l.runner.Clock.Now()
	if ctx.Err() != nil || l.desired.Revision != l.ran {
		return false
	}
	l.stop = make(chan struct{})
	req.Stop = l.stop
	return true
}

// renew brings the status up to what a run left in the store, unless a cycle does so at its end.
func (l *loop) renew(ctx context.Context) {
	l.mu.Lock()
	busy := l.status.Running || !l.status.Loaded
	l.mu.Unlock()
	if busy {
		return
	}
	config, err := l.runner.Store.Load(ctx, l.id)
	if err == nil {
		err = l.refresh(ctx, config)
	}
	if err != nil {
		l.runner.Log.Error("Reading state failed", "config", l.id, "err", err)
		return
	}
	l.runner.notify(l.id)
}
