package main

import (
	"fmt"
	"os"
	"testing"
	"text/tabwriter"
	"time"
)

// The sides are timed in turn, in many short rounds, and the best round of each counts: other work on the machine then
// disturbs the ratio little.
const (
	rounds    = 150
	roundTime = 2 * time.Millisecond
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
		ours, err := newSide(p, prepareOurs)
		if err != nil {
			return fmt.Errorf("%s, ours: %w", p.name, err)
		}
		theirs, err := newSide(p, prepareCEL)
		if err != nil {
			return fmt.Errorf("%s, cel-go: %w", p.name, err)
		}
		for range rounds {
			ours.round()
			theirs.round()
		}
		fmt.Fprintf(out, "%s\t%.0f\t%.0f\t%.0f\t%.0f\t%.1f\t\n", p.name, ours.best, ours.allocs, theirs.best, theirs.allocs, theirs.best/ours.best)
	}
	return out.Flush()
}

// side is one language at one task.
type side struct {
	eval evaluate
	// perRound is how many evaluations take about roundTime.
	perRound int
	// best is the time of one evaluation in the best round, in nanoseconds.
	best   float64
	allocs float64
}

// newSide prepares one language, checks that its result is the right one and finds out how fast it is roughly.
func newSide(p pair, prepare func(pair) (evaluate, error)) (*side, error) {
	eval, err := prepare(p)
	if err != nil {
		return nil, err
	}
	got, err := eval()
	if err != nil {
		return nil, err
	}
	if got != p.want {
		return nil, fmt.Errorf("got %q, want %q", got, p.want)
	}
	s := &side{eval: eval, perRound: 1000}
	s.allocs = testing.AllocsPerRun(s.perRound, func() { _, err = eval() })
	if err != nil {
		return nil, err
	}
	s.round()
	s.perRound = max(1, int(float64(roundTime)/s.best))
	return s, nil
}

// round times perRound evaluations.
func (s *side) round() {
	start := time.Now()
	for range s.perRound {
		if _, err := s.eval(); err != nil {
			panic("an evaluation that worked before fails: " + err.Error())
		}
	}
	if ns := float64(time.Since(start)) / float64(s.perRound); s.best == 0 || ns < s.best {
		s.best = ns
	}
}
