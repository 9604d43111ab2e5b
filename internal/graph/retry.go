package graph

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/entrain-dev/entrain/internal/fault"
)

const (
	// maxAttempts bounds the attempts of a read in the background, shortAttempts those of a read somebody waits for.
	maxAttempts   = 10
	shortAttempts = 4
	shortPatience = time.Minute
	// unreachableAttempts is lower: a name that does not resolve is more often a mistake than an outage.
	unreachableAttempts = 3

	firstBackoff = time.Second
	maxBackoff   = time.Minute
)

// do sends the call until it succeeds, is refused for good, or attempts or patience run out (section 7.5).
func (c *Client) do(ctx context.Context, cl call) error {
	attempts, patience := maxAttempts, c.cfg.Patience
	if cl.short {
		attempts, patience = shortAttempts, min(patience, shortPatience)
	}
	start := c.cfg.Clock.Now()
	claims, refreshed := "", false
	for n := 1; ; n++ {
		challenge, err := c.attempt(ctx, cl, claims)
		claims = ""
		switch fault.KindOf(err) {
		case fault.Unauthorized:
			if refreshed || !answered(err) {
				return err
			}
			refreshed, claims = true, challenge
			if err := c.renew(ctx, cl.route.op, challenge); err != nil {
				return err
			}
			continue
		case fault.Throttled, fault.Transient:
		case fault.Unreachable:
			attempts = min(attempts, unreachableAttempts)
		default:
			return err
		}
		wait := delay(n, fault.RetryAfter(err))
		if n >= attempts || ctx.Err() != nil || c.cfg.Clock.Since(start)+wait > patience {
			return err
		}
		if err := c.sleep(ctx, wait); err != nil {
			return fault.Wrap(fault.Transient, cl.route.op, err)
		}
	}
}

// delay is how long to wait after attempt n: what Graph asked for, which is the fastest way because usage is counted while
// throttled (section 7.5), or an exponential back-off of which half is random.
func delay(n int, asked time.Duration) time.Duration {
	if asked > 0 {
		return asked
	}
	d := maxBackoff
	if n < 7 {
		d = min(d, firstBackoff<<(n-1))
	}
	return d/2 + rand.N(d/2+1)
}

// sleep waits on the client's clock and returns early when the context ends.
func (c *Client) sleep(ctx context.Context, d time.Duration) error {
	timer := c.cfg.Clock.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.Chan():
		return nil
	}
}
