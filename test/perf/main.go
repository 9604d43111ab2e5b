package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "perf:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	if os.Getenv(workerEnv) != "" {
		return work(ctx, os.Stdin, os.Stdout)
	}
	b := &bench{log: os.Stderr}
	var names []string
	for _, m := range measures {
		names = append(names, m.name)
	}
	chosen := flag.String("measures", strings.Join(names, ","), "Measures to run, separated by commas.")
	full := flag.Bool("full", false, "Measure 100,000 people and 1,000,000 memberships; about an hour.")
	people := flag.Int("people", 0, "How many people economy, throughput and latency take, in place of the default.")
	flag.IntVar(&b.runs, "runs", 2, "How often throughput is measured; the best run of each side counts.")
	flag.StringVar(&b.profiles, "profiles", "", "Folder for profiles of the measured processes (go tool pprof).")
	flag.Parse()
	b.sizes = quick()
	if *full {
		b.sizes = complete()
	}
	if *people > 0 {
		b.sizes.economy = size{*people, max(1, *people/1000), 1000}
		b.sizes.throughput, b.sizes.latency = size{people: *people}, size{people: *people}
	}
	if b.profiles != "" {
		if err := os.MkdirAll(b.profiles, 0o755); err != nil {
			return err
		}
	}
	list := strings.Split(*chosen, ",")
	for _, name := range list {
		if !slices.Contains(names, name) {
			return errors.New("there is no measure " + name + "; there are " + strings.Join(names, ", "))
		}
	}
	return b.all(ctx, list, os.Stdout)
}

// quick takes about six minutes on two cores.
func quick() sizes {
	return sizes{
		economy: size{10_000, 10, 1000}, throughput: size{people: 10_000}, latency: size{people: 10_000},
		memberships: size{2000, 40, 500},
		rate:        size{people: 2400}, window: 10 * time.Second, rateAllowed: allowed,
		small: size{2000, 200, 100}, large: size{20_000, 200, 1000},
	}
}

// complete is what docs/performance.md reports.
func complete() sizes {
	s := quick()
	s.economy, s.throughput, s.latency = size{100_000, 100, 1000}, size{people: 100_000}, size{people: 100_000}
	s.rate, s.window = size{people: 3000}, time.Minute
	s.small, s.large = size{10_000, 1000, 100}, size{100_000, 1000, 1000}
	return s
}

// all runs measures and prints a table as it goes.
func (b *bench) all(ctx context.Context, names []string, out io.Writer) error {
	dir, err := os.MkdirTemp("", "entrain-perf-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	b.dir = dir
	fmt.Fprintf(b.log, "%s on %d cores\n", runtime.Version(), runtime.NumCPU())
	table := header(out)
	began := time.Now()
	for _, m := range measures {
		if !slices.Contains(names, m.name) {
			continue
		}
		fmt.Fprintf(b.log, "%s: %s\n", m.name, m.what)
		b.measure = m.name
		rows, err := m.run(b, ctx)
		if err != nil {
			return fmt.Errorf("%s: %w", m.name, err)
		}
		for _, r := range rows {
			r.print(table)
		}
	}
	fmt.Fprintf(b.log, "took %s\n", time.Since(began).Round(time.Second))
	return table.Flush()
}
