package runner_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/entrain-dev/entrain/internal/engine"
	"github.com/entrain-dev/entrain/internal/fault"
	"github.com/entrain-dev/entrain/internal/runner"
)

// exclusive is a run on demand that a test holds open.
type exclusive struct {
	began, release chan struct{}
	ended          chan error
}

// exclusively asks for a run on demand.
func (w *world) exclusively(ctx context.Context) exclusive {
	w.t.Helper()
	e := exclusive{make(chan struct{}), make(chan struct{}), make(chan error, 1)}
	go func() {
		e.ended <- w.run.Exclusively(ctx, id, func(ctx context.Context, _ *engine.Plan) error {
			close(e.began)
			select {
			case <-e.release:
				return nil
			case <-ctx.Done():
				return fault.Wrap(fault.Canceled, "on demand", ctx.Err())
			}
		})
	}()
	return e
}

func (w *world) wait(what string, c <-chan struct{}) {
	w.t.Helper()
	select {
	case <-c:
	case <-time.After(10 * time.Second):
		w.t.Fatalf("waited in vain for %s", what)
	}
}

func (w *world) result(e exclusive) error {
	w.t.Helper()
	select {
	case err := <-e.ended:
		return err
	case <-time.After(10 * time.Second):
		w.t.Fatal("the run on demand does not end")
	}
	return nil
}

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

var interrupted = ending{err: fault.New(fault.Canceled, "cycle", "stopped")}

func TestARunOnDemandInterruptsACycleThatGoesOnAfterwards(t *testing.T) {
	for name, set := range map[string]func(*runner.Desired){
		"Automatic": mode(runner.Automatic),
		// Nothing but the request starts a cycle here: it must not be lost.
		"Manual": func(d *runner.Desired) { d.Mode, d.Requests.Sync = runner.Manual, "a" },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.run.Set(id, desired("1", set))
			first := w.cycle()
			first.req.Observe(engine.Progress{Phase: engine.PhaseUsers})
			e := w.exclusively(t.Context())
			w.wait("the cycle to be stopped", first.req.Stop)
			if closed(e.began) {
				t.Error("the run began while the cycle was running")
			}
			first.req.Observe(engine.Progress{Phase: engine.PhaseClose})
			w.ends <- interrupted
			w.wait("the run", e.began)
			if s, _ := w.run.Status(id); !s.Running || s.Progress.Phase != engine.PhaseUsers {
				t.Errorf("the cycle that pauses shows as running %v in %s", s.Running, s.Progress.Phase)
			}
			close(e.release)
			if err := w.result(e); err != nil {
				t.Error(err)
			}
			if again := w.cycle(); closed(again.req.Stop) {
				t.Error("the cycle goes on with a request to stop")
			}
			w.end(ending{})
			if s, _ := w.run.Status(id); len(s.Notices) > 0 {
				t.Errorf("notices = %+v", s.Notices)
			}
		})
	}
}

func TestARunOnDemandWaitsForThePhasesThatWouldBeginAnew(t *testing.T) {
	for _, phase := range []engine.Phase{engine.PhaseOpen, engine.PhaseImport, engine.PhaseMatch} {
		t.Run(string(phase), func(t *testing.T) {
			w := newWorld(t)
			w.run.Set(id, desired("1"))
			c := w.cycle()
			c.req.Observe(engine.Progress{Phase: phase})
			e := w.exclusively(t.Context())
			c.req.Observe(engine.Progress{Phase: phase, Done: 1})
			if closed(c.req.Stop) || closed(e.began) {
				t.Error("the phase was interrupted")
			}
			// Until the run is asked for in its goroutine, nobody waits: observe until it does.
			for !closed(c.req.Stop) {
				c.req.Observe(engine.Progress{Phase: engine.PhaseUsers})
			}
			w.ends <- interrupted
			w.wait("the run", e.began)
			close(e.release)
			w.cycle()
			w.end(ending{})
		})
	}
}

func TestACycleMakesProgressBetweenRunsOnDemand(t *testing.T) {
	w := newWorld(t)
	w.run.Set(id, desired("1"))
	c := w.cycle()
	c.req.Observe(engine.Progress{Phase: engine.PhaseUsers})
	first := w.exclusively(t.Context())
	w.wait("the cycle to be stopped", c.req.Stop)
	w.ends <- interrupted
	w.wait("the first run", first.began)
	close(first.release)
	c = w.cycle()
	second := w.exclusively(t.Context())
	for range 100 {
		c.req.Observe(engine.Progress{Phase: engine.PhaseUsers})
	}
	if closed(c.req.Stop) {
		t.Error("the cycle was interrupted again at once")
	}
	w.clock.Advance(10 * time.Second)
	for !closed(c.req.Stop) {
		c.req.Observe(engine.Progress{Phase: engine.PhaseUsers})
	}
	w.ends <- interrupted
	w.wait("the second run", second.began)
	close(second.release)
	w.cycle()
	w.end(ending{})
}

func TestACycleWaitsForARunOnDemand(t *testing.T) {
	w := newWorld(t)
	w.run.Set(id, desired("1", mode(runner.Manual)))
	w.eventually("the state", func(s runner.Status) bool { return s.Loaded })
	e := w.exclusively(t.Context())
	w.wait("the run", e.began)
	w.run.Set(id, desired("1", mode(runner.Manual), syncNow("a")))
	select {
	case <-w.began:
		t.Error("a cycle began during a run on demand")
	default:
	}
	close(e.release)
	w.cycle()
	w.end(ending{})
}

func TestARunOnDemandIsRefused(t *testing.T) {
	w := newWorld(t)
	none := func(context.Context, *engine.Plan) error { t.Error("it ran"); return nil }
	if err := w.run.Exclusively(t.Context(), id, none); !fault.Is(err, fault.NotFound) {
		t.Errorf("unknown config: %v", err)
	}
	w.run.Set(id, desired("1", mode(runner.Paused)))
	w.eventually("the state", func(s runner.Status) bool { return s.Loaded })
	if err := w.run.Exclusively(t.Context(), id, none); !errors.Is(err, runner.ErrPaused) {
		t.Errorf("paused config: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := w.run.Exclusively(ctx, id, none); !fault.Is(err, fault.Canceled) {
		t.Errorf("ended context: %v", err)
	}
}

func TestARunOnDemandEndsWithItsConfigAndWithTheRunner(t *testing.T) {
	for name, end := range map[string]func(*world){
		"removed": func(w *world) {
			if err := w.run.Remove(w.t.Context(), id, true); err != nil {
				w.t.Error(err)
			}
		},
		"stopped": func(w *world) { w.stop() },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.run.Set(id, desired("1", mode(runner.Manual)))
			w.eventually("the state", func(s runner.Status) bool { return s.Loaded })
			e := w.exclusively(t.Context())
			w.wait("the run", e.began)
			end(w)
			if err := w.result(e); !fault.Is(err, fault.Canceled) {
				t.Errorf("the run ended with %v", err)
			}
		})
	}
}
