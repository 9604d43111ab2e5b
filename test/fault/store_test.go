package fault

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/entrain-dev/entrain/internal/fault"
	"github.com/entrain-dev/entrain/internal/state"
	"github.com/entrain-dev/entrain/test/model/world"
)

// storeFailures are class 18: full, read-only or away.
var storeFailures = []struct {
	name string
	breakage
}{
	{"full, once", breakage{times: 1, err: fault.New(fault.Internal, "state store", "the disk is full")}},
	{"full from here on", breakage{times: 1 << 40, err: fault.New(fault.Internal, "state store", "the disk is full")}},
	{"busy, once", breakage{times: 1, err: fault.New(fault.Transient, "state store", "the store is busy")}},
	{"away from here on", breakage{times: 1 << 40, err: fault.New(fault.Transient, "state store", "the connection was lost")}},
	{"committed, the answer lost", breakage{times: 1, after: true, err: fault.New(fault.Transient, "state store", "the connection was lost")}},
}

// withStore stages a scenario over a store that can be broken.
func (s scenario) withStore(opts world.Options) (*stage, *breaker, error) {
	b := &breaker{}
	opts.Wrap = func(inner state.Store) state.Store { b.Store = inner; return b }
	st, err := s.stage(opts)
	return st, b, err
}

// storeCalls counts the calls of the store in an undisturbed cycle.
func (s scenario) storeCalls(t *testing.T) int {
	t.Helper()
	st, b, err := s.withStore(world.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	b.arm(nil)
	if _, err := st.run(); err != nil {
		t.Fatal(err)
	}
	return int(b.calls.Load())
}

// TestEveryCallOfTheStore lets every call of the store fail, before and after it was committed.
func TestEveryCallOfTheStore(t *testing.T) {
	for _, s := range scenarios {
		t.Run(s.name, func(t *testing.T) {
			_, _, want := s.undisturbed(t)
			calls := s.storeCalls(t)
			t.Logf("%d classes x %d calls", len(storeFailures), calls)
			var all []injection
			for number, f := range storeFailures {
				for n := 1; n <= calls; n++ {
					all = append(all, injection{fmt.Sprintf("class 18, %s, call %d", f.name, n), number + n, func(opts world.Options) error { return s.storeFails(opts, f.breakage, n, want) }})
				}
			}
			s.try(t, all)
		})
	}
}

func (s scenario) storeFails(opts world.Options, x breakage, n int, want []string) error {
	st, b, err := s.withStore(opts)
	if err != nil {
		return err
	}
	defer st.Close()
	x.from = int64(n)
	b.arm(&x)
	_, cycleErr := st.run()
	b.arm(nil)
	if err := st.safe(cycleErr); err != nil {
		return err
	}
	return st.healed(want)
}

// TestAStoreRestoredFromAnOlderBackup puts back the state file from before the disturbed cycle, and one from before everything.
func TestAStoreRestoredFromAnOlderBackup(t *testing.T) {
	for _, s := range scenarios {
		t.Run(s.name, func(t *testing.T) {
			st, err := s.stage(world.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer st.Close()
			path := filepath.Join(st.Dir, "state.db")
			// Closing writes everything into the one file.
			if err := st.Open(); err != nil {
				t.Fatal(err)
			}
			backup, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := st.run(); err != nil {
				t.Fatal(err)
			}
			want := st.picture()
			if err := st.Store.Close(); err != nil {
				t.Fatal(err)
			}
			st.Store = nil
			if err := os.WriteFile(path, backup, 0o600); err != nil {
				t.Fatal(err)
			}
			if err := st.Open(); err != nil {
				t.Fatal(err)
			}
			if err := st.healed(want); err != nil {
				t.Error(err)
			}
			if got := st.picture(); !slices.Equal(got, want) {
				t.Errorf("got %v, want %v", got, want)
			}
		})
	}
}
