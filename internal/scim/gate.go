package scim

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/entrain-dev/entrain/internal/fault"
)

const (
	// firstConcurrency is how many requests go out at the same time before anything is known of an application, and
	// maxConcurrency how many ever do.
	firstConcurrency, maxConcurrency = 16, 64
	// slower and slowerBy tell when an application is congested: its answers take so many times as long as at its best, and
	// that much longer. The second keeps a fast application from being throttled because of a few milliseconds.
	slower   = 2
	slowerBy = 100 * time.Millisecond
	// smoothing is the weight of a new duration in the mean.
	smoothing = 0.1
	// overloaded and congested are what is left of the concurrency after a refusal and after a round of slow answers.
	overloaded, congested = 0.7, 0.9
	// uncongested is the concurrency at which slow answers are no longer blamed on our own requests: that is how fast the
	// application is now.
	uncongested = 2
)

// gate bounds how many requests are on their way to an application. It lets one more through after each round of good answers
// in which the bound was felt, fewer when answers become slow, and a lot fewer when the application refuses for its load: what
// TCP does with packets (additive increase, multiplicative decrease). Requests are let through in the order in which they came.
type gate struct {
	mu       sync.Mutex
	limit    float64
	inFlight int
	queue    []chan struct{}
	// answers counts good answers of the round, felt those that had needed the last place.
	answers, felt int
	// lowered is when the limit was lowered last: what was sent before it says nothing about the new limit.
	lowered time.Time
	ops     map[string]*latency
}

// latency is how long one kind of request takes: a list takes longer than a create and says nothing about it.
type latency struct{ mean, best float64 } // seconds

func newGate() *gate { return &gate{limit: firstConcurrency, ops: map[string]*latency{}} }

// enter waits for a place. full is true when it is the last one or had to be waited for. Each entry needs a leave or a left.
func (g *gate) enter(ctx context.Context) (full bool, err error) {
	g.mu.Lock()
	if g.inFlight < int(g.limit) && len(g.queue) == 0 {
		g.inFlight++
		full = g.inFlight >= int(g.limit)
		g.mu.Unlock()
		return full, nil
	}
	place := make(chan struct{}, 1)
	g.queue = append(g.queue, place)
	g.mu.Unlock()
	select {
	case <-place:
		return true, nil
	case <-ctx.Done():
		g.abandon(place)
		return true, fault.Wrap(fault.Transient, "wait for a connection", ctx.Err())
	}
}

// abandon leaves the queue; a place that was given meanwhile goes to the next.
func (g *gate) abandon(place chan struct{}) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for i, p := range g.queue {
		if p == place {
			g.queue = append(g.queue[:i], g.queue[i+1:]...)
			return
		}
	}
	g.inFlight--
	g.admit()
}

// left gives a place back about which nothing was learnt.
func (g *gate) left() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.inFlight--
	g.admit()
}

// passage is what a request tells when it leaves.
type passage struct {
	op        string
	sent, now time.Time
	// status is 0 where there was no answer.
	status int
	// full is what enter returned; paced is true where the request had to wait for its time: then the rate is the bound, and
	// more at the same time would bring nothing.
	full, paced bool
}

// leave gives the place back and learns.
func (g *gate) leave(p passage) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.inFlight--
	switch {
	case overload(p.status):
		if p.sent.After(g.lowered) {
			g.lower(overloaded, p.now)
		}
	case p.status/100 == 2:
		g.learn(p)
	}
	g.admit()
}

// overload reports whether an answer, or its absence, speaks of more load than the application can bear.
func overload(status int) bool {
	switch status {
	case 0, http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// learn takes the time of a good answer; with the last one of a round the limit moves.
func (g *gate) learn(p passage) {
	l := g.ops[p.op]
	took := p.now.Sub(p.sent).Seconds()
	if l == nil {
		l = &latency{mean: took, best: took}
		g.ops[p.op] = l
	}
	l.mean += smoothing * (took - l.mean)
	l.best = min(l.mean, l.best)
	g.answers++
	if p.full && !p.paced {
		g.felt++
	}
	if g.answers < int(g.limit) {
		return
	}
	slow := l.mean > slower*l.best && l.mean > l.best+slowerBy.Seconds()
	switch {
	case slow && int(g.limit) <= uncongested:
		l.best = l.mean
	case slow:
		g.lower(congested, p.now)
	case g.felt > 0:
		g.limit = min(maxConcurrency, g.limit+1)
	}
	g.answers, g.felt = 0, 0
}

func (g *gate) lower(to float64, now time.Time) {
	g.limit = max(1, g.limit*to)
	g.answers, g.felt, g.lowered = 0, 0, now
}

// admit lets those through for whom there is a place; g.mu is held.
func (g *gate) admit() {
	for len(g.queue) > 0 && g.inFlight < int(g.limit) {
		g.queue[0] <- struct{}{}
		g.queue = g.queue[1:]
		g.inFlight++
	}
}

// concurrency returns how many requests may be on their way at the same time.
func (g *gate) concurrency() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return int(g.limit)
}
