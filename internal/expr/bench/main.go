package main

import (
	"fmt"
	"os"
	"testing"
	"text/tabwriter"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	out := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(out, "expression\tours ns\tours allocs\tcel-go ns\tcel-go allocs\ttimes as fast\t")
	for _, p := range pairs {
		ours, err := measure(p, prepareOurs)
		if err != nil {
			return fmt.Errorf("%s, ours: %w", p.name, err)
		}
		theirs, err := measure(p, prepareCEL)
		if err != nil {
			return fmt.Errorf("%s, cel-go: %w", p.name, err)
		}
		fmt.Fprintf(out, "%s\t%d\t%d\t%d\t%d\t%.1f\t\n", p.name, ours.NsPerOp(), ours.AllocsPerOp(), theirs.NsPerOp(), theirs.AllocsPerOp(),
			float64(theirs.NsPerOp())/float64(ours.NsPerOp()))
	}
	return out.Flush()
}

// measure checks the result of one side of a pair and then times it.
func measure(p pair, prepare func(pair) (evaluate, error)) (testing.BenchmarkResult, error) {
	eval, err := prepare(p)
	if err != nil {
		return testing.BenchmarkResult{}, err
	}
	if got, err := eval(); err != nil || got != p.want {
		return testing.BenchmarkResult{}, fmt.Errorf("got %q, %v; want %q", got, err, p.want)
	}
	return testing.Benchmark(func(b *testing.B) { repeat(b, eval) }), nil
}

func repeat(b *testing.B, eval evaluate) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := eval(); err != nil {
			b.Fatal(err)
		}
	}
}
