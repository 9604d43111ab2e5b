package scim

import (
	"context"
	"runtime"
	"testing"
	"time"

	"github.com/entrain-dev/entrain/internal/fault"
)

// server answers one request after the other as fast as its cores allow: what a gate sees of it is how long answers take.
type server struct {
	gate *gate
	now  time.Time
}

// round lets as many requests through as the gate allows, and more want, and answers all of them.
func (s *server) round(t *testing.T, op string, status int, took func(concurrency int) time.Duration, paced bool) {
	t.Helper()
	n := s.gate.concurrency()
	full := make([]bool, n)
	for i := range full {
		var err error
		if full[i], err = s.gate.enter(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	sent := s.now
	s.now = s.now.Add(took(n))
	for _, f := range full {
		s.gate.leave(passage{op: op, sent: sent, now: s.now, status: status, full: f, paced: paced})
	}
	s.now = s.now.Add(time.Millisecond)
}

func always(d time.Duration) func(int) time.Duration { return func(int) time.Duration { return d } }

func TestConcurrencyFollowsTheApplication(t *testing.T) {
	type phase struct {
		rounds int
		op     string
		status int
		took   func(int) time.Duration
		paced  bool
	}
	cores := func(n int) func(int) time.Duration { // an application that works on n requests at a time, 100 ms each
		return func(c int) time.Duration { return 100 * time.Millisecond * time.Duration((c+n-1)/n) }
	}
	for name, tt := range map[string]struct {
		phases   []phase
		min, max int
	}{
		"answers as fast as ever: one more a round":              {[]phase{{10, "create user", 201, always(50 * time.Millisecond), false}}, 26, 26},
		"never more than the bound":                              {[]phase{{200, "create user", 201, always(50 * time.Millisecond), false}}, 64, 64},
		"the rate is the bound, not the concurrency":             {[]phase{{50, "create user", 201, always(50 * time.Millisecond), true}}, 16, 16},
		"an application that queues what is too much":            {[]phase{{300, "create user", 201, cores(16), false}}, 16, 48},
		"a few milliseconds more are no congestion":              {[]phase{{1, "create user", 201, always(time.Millisecond), false}, {40, "create user", 201, always(60 * time.Millisecond), false}}, 40, 64},
		"503: much less, at once":                                {[]phase{{1, "create user", 503, always(50 * time.Millisecond), false}}, 11, 11},
		"no answer at all: down to one":                          {[]phase{{20, "create user", 0, always(time.Second), false}}, 1, 1},
		"429: less":                                              {[]phase{{2, "create user", 429, always(50 * time.Millisecond), false}}, 7, 7},
		"a conflict is an answer, and says nothing about load":   {[]phase{{20, "create user", 409, always(50 * time.Millisecond), false}}, 16, 16},
		"after an overload it grows again":                       {[]phase{{20, "create user", 503, always(time.Second), false}, {30, "create user", 201, always(50 * time.Millisecond), false}}, 20, 31},
		"a list is slower than a create, which is no congestion": {[]phase{{5, "create user", 201, always(50 * time.Millisecond), false}, {5, "list users", 200, always(2 * time.Second), false}}, 26, 26},
		"slower for good becomes the new measure":                {[]phase{{10, "create user", 201, always(50 * time.Millisecond), false}, {3000, "create user", 201, always(500 * time.Millisecond), false}}, 40, 64},
	} {
		t.Run(name, func(t *testing.T) {
			s := &server{gate: newGate(), now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
			for _, p := range tt.phases {
				for range p.rounds {
					s.round(t, p.op, p.status, p.took, p.paced)
				}
			}
			if got := s.gate.concurrency(); got < tt.min || got > tt.max {
				t.Errorf("concurrency %d, want %d to %d", got, tt.min, tt.max)
			}
		})
	}
}

// What was under way when the limit was lowered does not lower it again.
func TestOneOverloadCountsOnce(t *testing.T) {
	g := newGate()
	began := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for range firstConcurrency {
		if _, err := g.enter(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for i := range firstConcurrency {
		g.leave(passage{op: "create user", sent: began, now: began.Add(time.Duration(i+1) * time.Millisecond), status: 503})
	}
	if got := g.concurrency(); got != 11 {
		t.Errorf("concurrency %d, want 11", got)
	}
}

func TestTheQueueIsServedInOrderAndLosesNoPlace(t *testing.T) {
	g := newGate()
	for range firstConcurrency {
		if _, err := g.enter(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	gone, cancel := context.WithCancel(t.Context())
	results := make([]chan error, 3)
	queued := func(n int) bool {
		g.mu.Lock()
		defer g.mu.Unlock()
		return len(g.queue) == n
	}
	for i, ctx := range []context.Context{t.Context(), gone, t.Context()} {
		results[i] = make(chan error, 1)
		go func() {
			_, err := g.enter(ctx)
			results[i] <- err
		}()
		for !queued(i + 1) {
			runtime.Gosched()
		}
	}
	cancel()
	if err := <-results[1]; !fault.Is(err, fault.Canceled) {
		t.Errorf("who gave up: %v", err)
	}
	g.left()
	if err := <-results[0]; err != nil {
		t.Error(err)
	}
	if !queued(1) {
		t.Error("the second in the queue was let through with the first")
	}
	g.left()
	if err := <-results[2]; err != nil {
		t.Error(err)
	}
	for range firstConcurrency {
		g.left()
	}
	if g.inFlight != 0 {
		t.Errorf("%d places are lost", g.inFlight)
	}
}
