package fault

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
	"testing"

	"github.com/entrain-dev/entrain/internal/state"
	"github.com/entrain-dev/entrain/test/model/world"
)

// injection is one run of a scenario.
type injection struct {
	what string
	// lot is the number of its class plus the number of its call, so that a sample is spread over both.
	lot int
	// run gets the options of its world.
	run func(world.Options) error
}

// sample is one in how many injections a run with FAULT_FEW=1 makes into initial cycles, for the race detector's sake.
const sample = 6

// TestMain lets the heap grow: thousands of small worlds come and go.
func TestMain(m *testing.M) {
	debug.SetGCPercent(400)
	os.Exit(m.Run())
}

// try runs injections side by side and reports what they violate.
func (s scenario) try(t *testing.T, injections []injection) {
	t.Helper()
	all := len(injections)
	if os.Getenv("FAULT_FEW") != "" && s.initial {
		injections = slices.DeleteFunc(injections, func(i injection) bool { return i.lot%sample != 0 })
	}
	var (
		workers  sync.WaitGroup
		mu       sync.Mutex
		failures []string
	)
	queue := make(chan injection)
	for range 2 * runtime.GOMAXPROCS(0) {
		store, closeStore, err := world.OpenShared()
		if err != nil {
			t.Fatal(err)
		}
		workers.Go(func() {
			defer closeStore()
			n := 0
			for i := range queue {
				n++
				if err := i.run(world.Options{Shared: store, Config: state.ConfigID(fmt.Sprintf("config-%d", n))}); err != nil {
					mu.Lock()
					failures = append(failures, fmt.Sprintf("%s: %v", i.what, err))
					mu.Unlock()
				}
			}
		})
	}
	for _, i := range injections {
		queue <- i
	}
	close(queue)
	workers.Wait()
	slices.Sort(failures)
	t.Logf("%d of %d injections, %d violations", len(injections), all, len(failures))
	for i, f := range failures {
		if i == 10 {
			t.Errorf("... and %d more", len(failures)-i)
			break
		}
		t.Error(f)
	}
}

// undisturbed runs a scenario without a failure: what it calls, and what it leaves in the target.
func (s scenario) undisturbed(t *testing.T) (source, target []world.Request, picture []string) {
	t.Helper()
	st, err := s.stage(world.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	if _, err := st.run(); err != nil {
		t.Fatal(err)
	}
	source, target = st.Source.Journal(), st.Target.Journal()
	picture = st.picture()
	if err := st.healed(picture); err != nil {
		t.Fatalf("without a failure: %v", err)
	}
	return source, target, picture
}

// disturbed runs the scenario with call n failing.
func (s scenario) disturbed(opts world.Options, c class, n int, want []string) error {
	st, err := s.stage(opts)
	if err != nil {
		return err
	}
	defer st.Close()
	c.inject(st, n)
	config, cycleErr := st.run()
	if err := do(st.calm, func() error { return st.safe(cycleErr) }, func() error { return st.safe(st.second) }); err != nil {
		return err
	}
	if err := st.named(config, cycleErr, want); err != nil {
		return err
	}
	return st.healed(want)
}

// TestEveryCallOfTheSource and TestEveryCallOfTheTarget let every call fail in every way.
func TestEveryCallOfTheSource(t *testing.T) {
	for _, s := range scenarios {
		t.Run(s.name, func(t *testing.T) {
			calls, _, want := s.undisturbed(t)
			t.Logf("%d classes x %d calls", len(sourceClasses()), len(calls))
			s.try(t, s.injections(sourceClasses(), calls, want))
		})
	}
}

func TestEveryCallOfTheTarget(t *testing.T) {
	for _, s := range scenarios {
		t.Run(s.name, func(t *testing.T) {
			_, calls, want := s.undisturbed(t)
			t.Logf("%d classes x %d calls", len(targetClasses()), len(calls))
			s.try(t, s.injections(targetClasses(), calls, want))
		})
	}
}

func (s scenario) injections(classes []class, calls []world.Request, want []string) []injection {
	var out []injection
	for number, c := range classes {
		for i, call := range calls {
			if c.method != "" && c.method != call.Method {
				continue
			}
			what := fmt.Sprintf("class %d, %s, call %d (%s %s)", c.number, c.name, i+1, call.Method, call.Path)
			out = append(out, injection{what, number + i, func(opts world.Options) error { return s.disturbed(opts, c, i+1, want) }})
		}
	}
	return out
}
