package runner_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/entrain-dev/entrain/internal/engine"
	"github.com/entrain-dev/entrain/internal/fault"
	"github.com/entrain-dev/entrain/internal/runner"
	"github.com/entrain-dev/entrain/internal/state"
)

const id = state.ConfigID("config")

// world is a runner with an engine whose cycles a test starts and ends by hand.
type world struct {
	t     *testing.T
	clock *clockwork.FakeClock
	run   *runner.Runner
	stop  func()

	// began gets the request of each cycle, ends the result.
	began chan began
	ends  chan ending

	mu     sync.Mutex
	config state.Config
	resets []state.Reset
}

type began struct {
	plan *engine.Plan
	req  engine.Request
}

type ending struct {
	change func(*state.Config)
	err    error
}

func newWorld(t *testing.T) *world {
	w := &world{t: t, clock: clockwork.NewFakeClockAt(time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)), began: make(chan began), ends: make(chan ending)}
	w.run = &runner.Runner{Engine: w, Store: w, Clock: w.clock, Log: slog.New(slog.DiscardHandler)}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- w.run.Start(ctx) }()
	w.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Start: %v", err)
		}
	})
	t.Cleanup(w.stop)
	return w
}

// Run is a cycle: it tells that it began and waits for its end.
func (w *world) Run(ctx context.Context, plan *engine.Plan, req engine.Request) (state.Config, error) {
	select {
	case w.began <- began{plan, req}:
	case <-ctx.Done():
		return w.copy(), fault.Wrap(fault.Canceled, "cycle", ctx.Err())
	}
	started := w.clock.Now()
	select {
	case e := <-w.ends:
		w.mu.Lock()
		defer w.mu.Unlock()
		if !fault.Is(e.err, fault.Canceled) {
			w.config.Plan = plan.Fingerprint
			w.config.Last = &state.Report{ID: "c", Started: started, Ended: w.clock.Now(), Result: engine.Succeeded}
			if e.err != nil {
				w.config.Last.Result = engine.Failed
			}
		}
		if e.change != nil {
			e.change(&w.config)
		}
		return w.config, e.err
	case <-ctx.Done():
		return w.copy(), fault.Wrap(fault.Canceled, "cycle", ctx.Err())
	}
}

func (w *world) Reset(_ context.Context, _ state.ConfigID, what state.Reset) (state.Config, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.resets = append(w.resets, what)
	return w.config, nil
}

func (w *world) copy() state.Config {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.config
}

func (w *world) Load(context.Context, state.ConfigID) (state.Config, error) { return w.copy(), nil }
func (w *world) Drop(context.Context, state.ConfigID) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.config = state.Config{}
	return nil
}
func (w *world) Counts(context.Context, state.ConfigID) (state.Counts, error) {
	return state.Counts{}, nil
}
func (w *world) Escrows(context.Context, state.ConfigID, int) ([]state.Record, error) {
	return nil, nil
}

// desired is an automatic config with an interval of 40 minutes.
func desired(revision string, change ...func(*runner.Desired)) runner.Desired {
	d := runner.Desired{
		Plan: &engine.Plan{ID: id, Name: "ns/config", Fingerprint: revision}, Revision: revision, Mode: runner.Automatic, Interval: 40 * time.Minute,
	}
	for _, f := range change {
		f(&d)
	}
	return d
}

func mode(m runner.Mode) func(*runner.Desired) { return func(d *runner.Desired) { d.Mode = m } }
func syncNow(token string) func(*runner.Desired) {
	return func(d *runner.Desired) { d.Requests.Sync = token }
}
func allow(token string) func(*runner.Desired) {
	return func(d *runner.Desired) { d.Requests.AllowDeletes = token }
}
func handled(sync string) func(*runner.Desired) {
	return func(d *runner.Desired) { d.Handled.Sync = sync }
}

// cycle waits for a cycle to begin.
func (w *world) cycle() began {
	w.t.Helper()
	select {
	case b := <-w.began:
		return b
	case <-time.After(10 * time.Second):
		w.t.Fatal("no cycle begins")
	}
	return began{}
}

// end ends the running cycle and waits until the runner took its result over.
func (w *world) end(e ending) {
	w.t.Helper()
	w.ends <- e
	w.eventually("the cycle to end", func(s runner.Status) bool { return !s.Running })
}

// quiet waits until the loop sleeps on a timer (or on nothing but changes when timers is 0) without having begun a cycle.
func (w *world) asleep() {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), 10*time.Second)
	defer cancel()
	if err := w.clock.BlockUntilContext(ctx, 1); err != nil {
		w.t.Fatalf("the loop does not wait for its next cycle: %v", err)
	}
}

func (w *world) eventually(what string, ok func(runner.Status) bool) {
	w.t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for {
		if s, found := w.run.Status(id); found && ok(s) {
			return
		}
		if time.Now().After(deadline) {
			w.t.Fatalf("waited in vain for %s", what)
		}
		time.Sleep(time.Millisecond) //nolint:forbidigo // polls a condition
	}
}

func TestTheFirstCycleStartsAtOnceAndTheNextAfterTheInterval(t *testing.T) {
	w := newWorld(t)
	w.run.Set(id, desired("1"))
	w.cycle()
	w.end(ending{})
	w.asleep()
	s, _ := w.run.Status(id)
	if wait := s.NextCycle.Sub(w.clock.Now()); wait < 38*time.Minute || wait > 42*time.Minute {
		t.Errorf("the next cycle is due in %v", wait)
	}
	w.clock.Advance(42 * time.Minute)
	w.cycle()
	w.end(ending{})
}

func TestRequests(t *testing.T) {
	for name, tc := range map[string]struct {
		first, then runner.Desired
		wantCycle   bool
		wantHandled runner.Requests
	}{
		"sync runs a cycle now":                     {desired("1"), desired("1", syncNow("a")), true, runner.Requests{Sync: "a"}},
		"a sync that was handled before is not run": {desired("1"), desired("1", syncNow("a"), handled("a")), true, runner.Requests{Sync: "a"}},
		"a changed revision runs a cycle now":       {desired("1"), desired("2"), true, runner.Requests{}},
		"Manual runs only on request":               {desired("1", mode(runner.Manual), syncNow("a")), desired("1", mode(runner.Manual), syncNow("b")), true, runner.Requests{Sync: "b"}},
		"Paused acknowledges and runs nothing":      {desired("1"), desired("1", mode(runner.Paused), syncNow("a")), false, runner.Requests{Sync: "a"}},
		"a restart that is not understood is refused": {desired("1"), desired("1", func(d *runner.Desired) {
			d.Requests.Restart, d.ResetProblem = "1:Watermak", "Watermak is no restart criterion"
		}), false, runner.Requests{Restart: "1:Watermak"}},
		"a release of another set is refused": {desired("1"), desired("1", allow("gone")), false, runner.Requests{AllowDeletes: "gone"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.run.Set(id, tc.first)
			w.cycle()
			w.end(ending{})
			w.run.Set(id, tc.then)
			if tc.wantCycle {
				w.cycle()
				w.end(ending{})
			}
			w.eventually("the acknowledgement", func(s runner.Status) bool { return s.Handled == tc.wantHandled })
			select {
			case <-w.began:
				t.Error("another cycle begins")
			default:
			}
		})
	}
}

func TestARequestThatWasAcknowledgedBeforeARestartIsNotRepeated(t *testing.T) {
	w := newWorld(t)
	w.config.Last = &state.Report{Started: w.clock.Now(), Result: engine.Succeeded}
	w.run.Set(id, desired("1", syncNow("a"), handled("a")))
	w.asleep()
	select {
	case <-w.began:
		t.Error("a cycle begins")
	default:
	}
}

func TestARunningCycleStopsAtAnObjectBorderWhenThePlanChanges(t *testing.T) {
	w := newWorld(t)
	w.run.Set(id, desired("1"))
	b := w.cycle()
	select {
	case <-b.req.Stop:
		t.Fatal("stopped without reason")
	default:
	}
	w.run.Set(id, desired("2"))
	select {
	case <-b.req.Stop:
	case <-time.After(10 * time.Second):
		t.Fatal("the cycle is not asked to stop")
	}
	w.ends <- ending{err: fault.New(fault.Canceled, "cycle", "stopped")}
	if next := w.cycle(); next.plan.Fingerprint != "2" {
		t.Errorf("the next cycle runs plan %s", next.plan.Fingerprint)
	}
	w.end(ending{})
}

func TestPausingLetsTheRunningCycleEnd(t *testing.T) {
	w := newWorld(t)
	w.run.Set(id, desired("1"))
	b := w.cycle()
	w.run.Set(id, desired("1", mode(runner.Paused)))
	select {
	case <-b.req.Stop:
		t.Error("the running cycle is stopped")
	default:
	}
	w.end(ending{})
	w.eventually("no next cycle", func(s runner.Status) bool { return s.NextCycle.IsZero() })
}

func TestRestartForgetsWhatItNames(t *testing.T) {
	w := newWorld(t)
	w.run.Set(id, desired("1"))
	w.cycle()
	w.end(ending{})
	w.run.Set(id, desired("1", func(d *runner.Desired) {
		d.Requests.Restart, d.Reset = "x:Escrows", state.Reset{Escrows: true}
	}))
	w.cycle()
	w.end(ending{})
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.resets) != 1 || w.resets[0] != (state.Reset{Escrows: true}) {
		t.Errorf("resets = %+v", w.resets)
	}
}

func TestQuarantine(t *testing.T) {
	w := newWorld(t)
	w.run.Set(id, desired("1"))
	w.cycle()
	began := w.clock.Now()
	refused := fault.New(fault.Unauthorized, "check", "The token was refused.")
	quarantine := func(c *state.Config) {
		c.Quarantine = &state.Quarantine{Reason: engine.ReasonException, Message: "The token was refused.", SeriesBegan: began, NextAttempt: began.Add(6 * time.Hour)}
	}
	w.end(ending{change: quarantine, err: refused})
	w.asleep()
	s, _ := w.run.Status(id)
	if got := s.NextCycle.Sub(began); got != 6*time.Hour {
		t.Errorf("next attempt after %v", got)
	}
	if !s.Tried || s.State.Quarantine == nil || len(s.Notices) != 2 {
		t.Errorf("status = %+v", s)
	}

	// A changed Secret is tried at once, and its success lifts the quarantine.
	w.run.Set(id, desired("2"))
	w.cycle()
	w.end(ending{change: func(c *state.Config) { c.Quarantine = nil }})
	w.eventually("the quarantine to be lifted", func(s runner.Status) bool {
		return s.State.Quarantine == nil && s.Notices[len(s.Notices)-1].Reason == "QuarantineLifted"
	})

	// After four weeks nothing starts by itself any more.
	w.run.Set(id, desired("3"))
	w.cycle()
	w.end(ending{change: quarantine, err: refused})
	w.clock.Advance(28 * 24 * time.Hour)
	w.eventually("the end of the attempts", func(s runner.Status) bool { return s.Expired })
}

func TestStopEndsTheRunningCycle(t *testing.T) {
	w := newWorld(t)
	w.run.Set(id, desired("1"))
	w.cycle()
	w.stop()
	s, _ := w.run.Status(id)
	if s.Running {
		t.Error("a cycle is running after Start returned")
	}
}

func TestRemoveForgetsTheState(t *testing.T) {
	w := newWorld(t)
	w.run.Set(id, desired("1"))
	w.cycle()
	w.end(ending{})
	if err := w.run.Remove(t.Context(), id, true); err != nil {
		t.Fatal(err)
	}
	if _, ok := w.run.Status(id); ok {
		t.Error("the config is still known")
	}
	if c := w.copy(); c.Last != nil {
		t.Error("the state is still there")
	}
	if err := w.run.Start(t.Context()); err == nil || errors.Is(err, context.Canceled) {
		t.Errorf("a second Start returns %v", err)
	}
}
