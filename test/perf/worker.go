package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/entrain-dev/entrain/internal/engine"
	"github.com/entrain-dev/entrain/internal/state"
	"github.com/entrain-dev/entrain/internal/state/sqlite"
)

// workerEnv marks the process that is measured; its task comes on stdin, its result goes to stdout.
const workerEnv = "ENTRAIN_PERF_WORKER"

// task is what a worker is to do: run a cycle, or post what is in a file.
type task struct {
	// Name says what is done, Measure for which measure.
	Name, Measure        string
	GraphURL, GenesysURL string
	// Store is the file of the state store.
	Store string
	// Variant names the mapping: "" for the default one, "equal" for another that means the same.
	Variant string
	Groups  bool
	// Workers is how many requests go out at the same time; PerMinute is the allowed rate, 0 for none.
	Workers, PerMinute int
	// Posts, if set, is a file with creates: the bare loop sends the first Limit of them, 0 for all, and there is no cycle.
	Posts string
	Limit int
	// Profiles, if set, is a folder for the profiles of processor and memory.
	Profiles string
}

// result is what a worker measured.
type result struct {
	// Took is the time of the cycle or loop, Phases that of each phase of the cycle.
	Took   time.Duration
	Phases []phase
	Report state.Report
	// Peak is the largest resident memory of the process in bytes, CPU its processor time.
	Peak int64
	CPU  time.Duration
}

type phase struct {
	Name      engine.Phase
	Took, CPU time.Duration
}

func (r result) phase(name engine.Phase) phase {
	for _, p := range r.Phases {
		if p.Name == name {
			return p
		}
	}
	return phase{}
}

// start runs a task in a process of its own and waits for it.
func start(ctx context.Context, t task) (result, error) {
	self, err := os.Executable()
	if err != nil {
		return result{}, err
	}
	in, err := json.Marshal(t)
	if err != nil {
		return result{}, err
	}
	var out bytes.Buffer
	cmd := exec.CommandContext(ctx, self)
	cmd.Env = append(os.Environ(), workerEnv+"=1")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(in), &out, os.Stderr
	if err := cmd.Run(); err != nil {
		return result{}, fmt.Errorf("%s: %w", t.Name, err)
	}
	var r result
	if err := json.Unmarshal(out.Bytes(), &r); err != nil {
		return result{}, fmt.Errorf("%s: result: %w", t.Name, err)
	}
	r.CPU = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	return r, nil
}

// work is the whole life of a worker.
func work(ctx context.Context, in io.Reader, out io.Writer) error {
	var t task
	if err := json.NewDecoder(in).Decode(&t); err != nil {
		return err
	}
	debug.SetGCPercent(300) // as cmd/entrain does
	stop, err := startProfile(t)
	if err != nil {
		return err
	}
	run := cycle
	if t.Posts != "" {
		run = loop
	}
	r, err := run(ctx, t)
	if serr := stop(); err == nil {
		err = serr
	}
	if err != nil {
		return err
	}
	r.Peak = peak()
	return json.NewEncoder(out).Encode(r)
}

// cycle runs one cycle.
func cycle(ctx context.Context, t task) (r result, err error) {
	store, err := sqlite.Open(ctx, t.Store)
	if err != nil {
		return r, err
	}
	defer func() {
		if cerr := store.Close(); err == nil {
			err = cerr
		}
	}()
	plan, err := newPlan(t)
	if err != nil {
		return r, err
	}
	e := &engine.Engine{Store: store, Clock: clockwork.NewRealClock(), Log: slog.New(slog.DiscardHandler), Workers: t.Workers}
	var w stopwatch
	began := time.Now()
	config, err := e.Run(ctx, plan, engine.Request{Observe: func(p engine.Progress) { w.enter(p.Phase) }})
	r.Took = time.Since(began)
	if err != nil {
		return r, err
	}
	r.Phases = w.end()
	r.Report = *config.Last
	if r.Report.Failed > 0 {
		return r, fmt.Errorf("%d objects failed", r.Report.Failed)
	}
	return r, nil
}

// stopwatch measures phases from the progress that the engine reports.
type stopwatch struct {
	mu     sync.Mutex
	phases []phase
	now    engine.Phase
	since  time.Time
	used   time.Duration
}

func (w *stopwatch) enter(p engine.Phase) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if p == w.now {
		return
	}
	now, used := time.Now(), processor()
	if w.now != "" {
		w.phases = append(w.phases, phase{w.now, now.Sub(w.since), used - w.used})
	}
	w.now, w.since, w.used = p, now, used
}

func (w *stopwatch) end() []phase {
	w.enter("")
	return w.phases
}

// processor returns the processor time of this process so far.
func processor() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// peak returns the largest resident memory of this process so far, 0 where the system does not tell.
func peak() int64 {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	var kib int64
	for line := range strings.Lines(string(text)) {
		if _, err := fmt.Sscanf(line, "VmHWM: %d kB", &kib); err == nil {
			return kib << 10
		}
	}
	return 0
}

// startProfile starts the profiles of a task; what it returns writes them.
func startProfile(t task) (stop func() error, err error) {
	if t.Profiles == "" {
		return func() error { return nil }, nil
	}
	name := filepath.Join(t.Profiles, t.Measure+"-"+strings.NewReplacer(" ", "-", ",", "").Replace(t.Name))
	f, err := os.Create(name + ".cpu.pprof")
	if err != nil {
		return nil, err
	}
	runtime.SetBlockProfileRate(int(time.Millisecond))
	if err := pprof.StartCPUProfile(f); err != nil {
		return nil, err
	}
	return func() error {
		pprof.StopCPUProfile()
		if err := f.Close(); err != nil {
			return err
		}
		for _, kind := range []string{"allocs", "block"} {
			f, err := os.Create(name + "." + kind + ".pprof")
			if err != nil {
				return err
			}
			if err := pprof.Lookup(kind).WriteTo(f, 0); err != nil {
				return err
			}
			if err := f.Close(); err != nil {
				return err
			}
		}
		return nil
	}, nil
}
