package graphsim

import (
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// windowLength is the window of the directory's throttling (7.1).
const windowLength = 10 * time.Second

// window is what an application used of its allowance.
type window struct {
	start time.Time
	used  int
}

// throttled returns a 429 when the application has used its allowance of the window (7.3).
func (c *call) throttled() *graphError {
	limit := c.knobs.UnitsPerWindow
	if limit <= 0 {
		return nil
	}
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	w := c.s.windows[c.claims.AppID]
	if w == nil || c.now.Sub(w.start) >= windowLength {
		w = &window{start: c.now}
		c.s.windows[c.claims.AppID] = w
	}
	if w.used < limit {
		return nil
	}
	e := fail(http.StatusTooManyRequests, "TooManyRequests", "Please retry again later.")
	e.header = http.Header{}
	setRetryAfter(e.header, c.knobs.RetryAfter, w.start.Add(windowLength).Sub(c.now), c.now)
	e.header.Set("x-ms-throttle-scope", fmt.Sprintf("Tenant_Application/ReadWrite/%s/%s", c.claims.AppID, c.s.tenant.ID()))
	e.header.Set("x-ms-throttle-information", "ResourceUnitLimitExceeded")
	return e
}

// charge books the cost of an answered request and sets the headers that tell it.
func (c *call) charge(h http.Header) {
	cost := c.cost
	if _, ok := c.query.get("select"); ok {
		cost--
	}
	if _, ok := c.query.get("expand"); ok {
		cost++
	}
	if top, ok := c.query.get("top"); ok {
		if n, err := strconv.Atoi(top); err == nil && n < 20 {
			cost--
		}
	}
	cost = max(cost, 1)
	h.Set("x-ms-resource-unit", strconv.Itoa(cost))
	if c.knobs.UnitsPerWindow <= 0 {
		return
	}
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	w := c.s.windows[c.claims.AppID]
	if w == nil {
		return
	}
	w.used += cost
	if share := float64(w.used) / float64(c.knobs.UnitsPerWindow); share > 0.8 {
		h.Set("x-ms-throttle-limit-percentage", strconv.FormatFloat(min(share, 1.8), 'f', 2, 64))
	}
}

// setRetryAfter writes a Retry-After header in one of its forms.
func setRetryAfter(h http.Header, form RetryAfterForm, wait time.Duration, now time.Time) {
	switch form {
	case RetryAfterAbsent:
	case RetryAfterDecimal:
		h.Set("Retry-After", strconv.FormatFloat(wait.Seconds(), 'f', 3, 64))
	case RetryAfterDate:
		h.Set("Retry-After", now.Add(wait+time.Second-1).UTC().Format(http.TimeFormat))
	default:
		h.Set("Retry-After", strconv.Itoa(int((wait+time.Second-1)/time.Second)))
	}
}
