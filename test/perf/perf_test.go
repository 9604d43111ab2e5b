package main

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"
)

// TestMain makes the test's own program the worker that measures start.
func TestMain(m *testing.M) {
	if os.Getenv(workerEnv) != "" {
		if err := work(context.Background(), os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, "perf:", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// few is 200 people; the allowance is so small that they fill one window and half of the next.
var few = sizes{
	economy: size{200, 2, 100}, throughput: size{people: 200}, latency: size{people: 200},
	memberships: size{200, 4, 100},
	rate:        size{people: 200}, window: 10 * time.Second, rateAllowed: 150,
	small: size{20, 4, 5}, large: size{200, 4, 50},
}

// TestFigures runs every measure with few people. What depends on time is measured and not judged.
func TestFigures(t *testing.T) {
	judged := map[string][]string{
		"economy": {requestsPerPerson, idleRequests, idleGraph, equalWrites, writesEqual},
		"rate":    {refusals},
	}
	for _, m := range measures {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			b := &bench{sizes: few, runs: 1, dir: t.TempDir(), measure: m.name, log: t.Output()}
			rows, err := m.run(b, t.Context())
			if err != nil {
				t.Fatal(err)
			}
			byName := map[string]row{}
			for _, r := range rows {
				byName[r.name] = r
				if r.measured == "" || r.against == "" {
					t.Errorf("%s lacks a raw number", r.name)
				}
			}
			for _, name := range judged[m.name] {
				r, ok := byName[name]
				switch {
				case !ok:
					t.Errorf("there is no figure %s", name)
				case !r.reached():
					t.Errorf("%s is %s, want %s (%s against %s)", name, r.ratioText(), r.goalText(), r.measured, r.against)
				}
			}
			if len(rows) == 0 {
				t.Error("the measure gave no figures")
			}
		})
	}
}

func TestRowVerdict(t *testing.T) {
	tests := map[string]struct {
		row  row
		want string
	}{
		"a ratio at its upper bound is good":          {atMost(1.05).fill("", 1.05, "", ""), "reached"},
		"a ratio above its upper bound is not":        {atMost(1.05).fill("", 1.051, "", ""), "MISSED"},
		"a ratio at its lower bound is good":          {atLeast(0.97).fill("", 0.97, "", ""), "reached"},
		"a ratio below its lower bound is not":        {atLeast(0.97).fill("", 0.969, "", ""), "MISSED"},
		"a line that informs has no verdict":          {info().fill("", 12, "", ""), ""},
		"one write where none is allowed is too many": {atMost(0).fill("", 1, "", ""), "MISSED"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := tt.row.verdict(); got != tt.want {
				t.Errorf("verdict is %q, want %q", got, tt.want)
			}
		})
	}
}
