package scim

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/entrain-dev/entrain/internal/fault"
)

// maxPause is the longest wait the limiter takes upon itself; above it the caller is told how long to wait.
const maxPause = 15 * time.Minute

// Limiter lets requests through at the pace an application allows, and as many at the same time as it can bear. All clients that use the same credentials share one. It
// is safe for concurrent use and fair: requests are let through in the order in which they came.
type Limiter struct {
	clock clockwork.Clock
	turn  chan struct{} // held by the request that waits for its time
	wake  chan struct{} // tells it that an answer changed the plan

	gate *gate

	mu    sync.Mutex
	pacer *pacer
}

// ticket is a request that was let through.
type ticket struct {
	sent time.Time
	// full is true where the request took the last place of the gate, paced where it had to wait for its time.
	full, paced bool
}

// NewLimiter returns a limiter that starts with an allowance, 0 for none known, and follows what the answers say, as far as
// that is not more than the allowance.
func NewLimiter(perMinute int, clock clockwork.Clock) *Limiter {
	if clock == nil {
		clock = clockwork.NewRealClock()
	}
	return &Limiter{clock: clock, turn: make(chan struct{}, 1), wake: make(chan struct{}, 1), gate: newGate(), pacer: newPacer(perMinute)}
}

// Concurrency returns how many requests may be on their way at the same time, as learnt so far.
func (l *Limiter) Concurrency() int { return l.gate.concurrency() }

// acquire waits until a request may be sent and returns how long that took. Each ticket has to be given to exactly one of
// cancel, lost and answered.
func (l *Limiter) acquire(ctx context.Context) (ticket, time.Duration, error) {
	began := l.clock.Now()
	if err := ctx.Err(); err != nil {
		return ticket{}, 0, fault.Wrap(fault.Transient, "wait for the rate limit", err)
	}
	full, err := l.gate.enter(ctx)
	if err != nil {
		return ticket{}, l.clock.Since(began), err
	}
	t, waited, err := l.await(ctx, began)
	if err != nil {
		l.gate.left()
		return ticket{}, waited, err
	}
	t.full = full
	return t, waited, nil
}

// await waits for the time of a request.
func (l *Limiter) await(ctx context.Context, began time.Time) (ticket, time.Duration, error) {
	paced := false
	select {
	case l.turn <- struct{}{}:
	case <-ctx.Done():
		return ticket{}, l.clock.Since(began), fault.Wrap(fault.Transient, "wait for the rate limit", ctx.Err())
	}
	defer func() { <-l.turn }()
	for {
		now, wait := l.try()
		if wait <= 0 {
			return ticket{sent: now, paced: paced}, now.Sub(began), nil
		}
		paced = true
		if wait > maxPause {
			return ticket{}, now.Sub(began), &fault.Error{Kind: fault.Throttled, Op: "wait for the rate limit", Code: codeThrottled, RetryAfter: wait,
				Message: "the application asked for a pause of " + wait.Round(time.Second).String() + "; the work goes on after it"}
		}
		if err := l.pause(ctx, wait); err != nil {
			return ticket{}, l.clock.Since(began), err
		}
	}
}

// try lets a request through or returns how long to wait.
func (l *Limiter) try() (time.Time, time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.clock.Now()
	wait := l.pacer.delay(now)
	if wait <= 0 {
		l.pacer.grant(now)
	}
	return now, wait
}

func (l *Limiter) pause(ctx context.Context, d time.Duration) error {
	timer := l.clock.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.Chan():
	case <-l.wake:
	case <-ctx.Done():
		return fault.Wrap(fault.Transient, "wait for the rate limit", ctx.Err())
	}
	return nil
}

// cancel returns a ticket that was not used.
func (l *Limiter) cancel(ticket) {
	l.gate.left()
	l.change(func(*pacer, time.Time) { l.pacer.cancel() })
}

// lost returns the ticket of a request that got no answer.
func (l *Limiter) lost(t ticket, op string, failed *fault.Error) {
	if failed != nil && failed.Kind == fault.Canceled {
		l.gate.left() // that we gave up says nothing about the application
	} else {
		l.leave(t, op, 0)
	}
	l.change(func(p *pacer, _ time.Time) { p.silent() })
}

func (l *Limiter) leave(t ticket, op string, status int) {
	l.gate.leave(passage{op: op, sent: t.sent, now: l.clock.Now(), status: status, full: t.full, paced: t.paced})
}

// answered returns a ticket with what the answer says. heavy is true where a 429 may be due to what was asked for instead of
// the number of requests (a large page of a list, genesys-scim.md 7.1).
func (l *Limiter) answered(t ticket, op string, status int, h http.Header, heavy bool) {
	l.leave(t, op, status)
	l.change(func(p *pacer, now time.Time) {
		if a, ok := readAllowance(h, now); ok {
			p.learn(t.sent, now, a)
		} else {
			p.silent()
		}
		if status == http.StatusTooManyRequests {
			p.throttled(t.sent, now, retryAfter(h, now), !heavy)
			return
		}
		p.accepted(t.sent)
	})
}

func (l *Limiter) change(f func(*pacer, time.Time)) {
	l.mu.Lock()
	f(l.pacer, l.clock.Now())
	l.mu.Unlock()
	select {
	case l.wake <- struct{}{}:
	default:
	}
}
