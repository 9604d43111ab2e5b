package genesyssim

import (
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// rateLimiter counts requests in one fixed window a token (section 13). A window opens with the first request after the
// end of the one before.
type rateLimiter struct {
	mu      sync.Mutex
	windows map[string]*rateWindow
}

type rateWindow struct {
	start         time.Time
	used, refused int
}

// maxWindows bounds the windows that are remembered.
const maxWindows = 10_000

func newRateLimiter() *rateLimiter { return &rateLimiter{windows: map[string]*rateWindow{}} }

// RateState is the state of the window of one token.
type RateState struct {
	// Used is how many requests were let through, Refused how many got 429 in the present window.
	Used    int `json:"used"`
	Refused int `json:"refused"`
	Allowed int `json:"allowed"`
	// Reset is the time left in the window.
	Reset time.Duration `json:"reset"`
}

// take counts a request and returns the state after it; ok is false when it is one too many.
func (l *rateLimiter) take(tok string, k *Knobs, now time.Time) (state RateState, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	w := l.windows[tok]
	if w == nil {
		if len(l.windows) >= maxWindows {
			for key, old := range l.windows {
				if now.Sub(old.start) >= k.RateWindow {
					delete(l.windows, key)
				}
			}
		}
		w = &rateWindow{}
		l.windows[tok] = w
	}
	if now.Sub(w.start) >= k.RateWindow || w.start.After(now) {
		w.start, w.used, w.refused = now, 0, 0
	}
	if ok = k.RateAllowed <= 0 || w.used < k.RateAllowed; ok {
		w.used++
	} else {
		w.refused++
	}
	return RateState{Used: w.used, Refused: w.refused, Allowed: k.RateAllowed, Reset: w.start.Add(k.RateWindow).Sub(now)}, ok
}

// state returns the present windows by token.
func (l *rateLimiter) state(k *Knobs, now time.Time) map[string]RateState {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := map[string]RateState{}
	for tok, w := range l.windows {
		if left := w.start.Add(k.RateWindow).Sub(now); left > 0 {
			out[tok] = RateState{Used: w.used, Refused: w.refused, Allowed: k.RateAllowed, Reset: left}
		}
	}
	return out
}

// reset forgets all windows.
func (l *rateLimiter) reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	clear(l.windows)
}

// seconds rounds up, because a client that waits for less than the rest of the window is refused again.
func seconds(d time.Duration) int { return int((d + time.Second - 1) / time.Second) }

// setHeaders writes the three headers of section 5.
func (s RateState) setHeaders(h http.Header) {
	if s.Allowed <= 0 {
		return
	}
	h.Set("inin-ratelimit-count", strconv.Itoa(s.Used))
	h.Set("inin-ratelimit-allowed", strconv.Itoa(s.Allowed))
	h.Set("inin-ratelimit-reset", strconv.Itoa(seconds(s.Reset)))
}

// tooMany is the 429 of a full window; its message repeats the number of seconds (section 13).
func tooMany(s RateState, k *Knobs, now time.Time) *problem {
	wait := seconds(s.Reset)
	p := platform(http.StatusTooManyRequests, "too.many.requests.retry.after", "Rate limit exceeded the maximum. Retry the request in [%d] seconds", wait)
	p.limit = &limitInfo{Key: "client.credentials.token.rate.per.minute", Namespace: "platform.api", Value: s.Allowed}
	switch k.RetryAfter {
	case RetryAfterSeconds:
		p.headers = map[string]string{"Retry-After": strconv.Itoa(wait)}
	case RetryAfterDecimal:
		p.headers = map[string]string{"Retry-After": fmt.Sprintf("%.3f", s.Reset.Seconds())}
	case RetryAfterDate:
		p.headers = map[string]string{"Retry-After": now.Add(time.Duration(wait) * time.Second).UTC().Format(http.TimeFormat)}
	case RetryAfterMissing:
		p.code = "too.many.requests"
	}
	return p
}
