package world

import (
	"sync"
	"time"

	"github.com/jonboulle/clockwork"
)

// Clock is a clock on which every wait ends at once: whoever waits finds that the time has passed. It is for clients that wait
// because they were asked to (Retry-After, back-off), never for what must happen at the same time as something else.
type Clock struct {
	mu  sync.Mutex
	now time.Time
	// waited is the sum of all waits.
	waited time.Duration
}

// NewClock returns a clock that shows a time.
func NewClock(now time.Time) *Clock { return &Clock{now: now} }

// Advance moves the time; a negative duration sets it back.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// Waited returns how long everybody together has waited.
func (c *Clock) Waited() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.waited
}

// Now implements clockwork.Clock.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Since implements clockwork.Clock.
func (c *Clock) Since(t time.Time) time.Duration { return c.Now().Sub(t) }

// Until implements clockwork.Clock.
func (c *Clock) Until(t time.Time) time.Duration { return t.Sub(c.Now()) }

// Sleep implements clockwork.Clock.
func (c *Clock) Sleep(d time.Duration) { c.pass(d) }

// After implements clockwork.Clock.
func (c *Clock) After(d time.Duration) <-chan time.Time { return c.NewTimer(d).Chan() }

// NewTimer implements clockwork.Clock.
func (c *Clock) NewTimer(d time.Duration) clockwork.Timer {
	t := &timer{clock: c, ch: make(chan time.Time, 1)}
	t.Reset(d)
	return t
}

// AfterFunc implements clockwork.Clock.
func (c *Clock) AfterFunc(d time.Duration, f func()) clockwork.Timer {
	c.pass(d)
	go f()
	return &timer{clock: c, ch: make(chan time.Time, 1)}
}

// NewTicker implements clockwork.Clock; a ticker never ticks, since time stands still between waits.
func (c *Clock) NewTicker(time.Duration) clockwork.Ticker { return ticker{} }

func (c *Clock) pass(d time.Duration) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if d > 0 {
		c.now = c.now.Add(d)
		c.waited += d
	}
	return c.now
}

type timer struct {
	clock *Clock
	ch    chan time.Time
}

func (t *timer) Chan() <-chan time.Time { return t.ch }

func (t *timer) Reset(d time.Duration) bool {
	now := t.clock.pass(d)
	select {
	case t.ch <- now:
	default:
	}
	return false
}

func (t *timer) Stop() bool { return false }

type ticker struct{}

func (ticker) Chan() <-chan time.Time { return nil }
func (ticker) Reset(time.Duration)    {}
func (ticker) Stop()                  {}
