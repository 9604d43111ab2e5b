package model

import (
	"errors"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// defaultHistories is how many histories a plain run tries.
const defaultHistories = 250

func setting(t *testing.T, name string, otherwise int) int {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

// TestHistories runs random histories and compares them with the model after each step.
func TestHistories(t *testing.T) {
	first, count := 1, setting(t, "MODEL_HISTORIES", defaultHistories)
	if seed := setting(t, "MODEL_SEED", 0); seed > 0 {
		first, count = seed, 1
	} else if from := setting(t, "MODEL_FIRST", 0); from > 0 {
		first = from
	}
	seeds := make(chan uint64)
	var (
		workers  sync.WaitGroup
		mu       sync.Mutex
		failures []uint64
		steps    int
	)
	for range 2 * runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for seed := range seeds {
				operations := generate(seed)
				_, err := play(seed, operations)
				mu.Lock()
				steps += len(operations)
				if err != nil {
					failures = append(failures, seed)
				}
				mu.Unlock()
			}
		})
	}
	for i := range count {
		seeds <- uint64(first + i)
	}
	close(seeds)
	workers.Wait()
	t.Logf("%d histories (seeds %d to %d), %d operations, %d violations", count, first, first+count-1, steps, len(failures))
	for i, seed := range failures {
		if i == 5 {
			t.Errorf("... and %v", failures[i:])
			break
		}
		report(t, seed)
	}
}

// report shrinks a failing history and prints what is left of it.
func report(t *testing.T, seed uint64) {
	t.Helper()
	operations := generate(seed)
	_, err := play(seed, operations)
	if err == nil {
		t.Errorf("seed %d failed once and not again", seed)
		return
	}
	small := shrink(seed, operations)
	trace, err := play(seed, small)
	t.Errorf("MODEL_SEED=%d: %v\n  %s", seed, err, strings.Join(trace, "\n  "))
}

// shrink takes out operations as long as the history still violates something.
func shrink(seed uint64, operations []operation) []operation {
	fails := func(some []operation) bool {
		_, err := play(seed, some)
		var v *violation
		return errors.As(err, &v)
	}
	for size := max(1, len(operations)/2); size > 0; size /= 2 {
		for at := 0; at+size <= len(operations); {
			rest := append(append([]operation{}, operations[:at]...), operations[at+size:]...)
			if fails(rest) {
				operations = rest
			} else {
				at += size
			}
		}
	}
	return operations
}
