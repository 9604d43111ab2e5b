package scim

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// allowance is what an answer says about the rate limit.
type allowance struct {
	// count requests of limit were used in the window that ends after reset.
	count, limit int
	reset        time.Duration
	// whole is true where reset is a whole number of seconds, rounded in a way that nobody documents.
	whole bool
}

// readAllowance reads the headers of Genesys (inin-ratelimit-*: count used, allowed, seconds until reset) or the common
// RateLimit-* and X-RateLimit-* (limit, remaining, seconds until reset or the time of it).
func readAllowance(h http.Header, now time.Time) (allowance, bool) {
	if limit, ok := number(h, "Inin-Ratelimit-Allowed"); ok {
		count, ok1 := number(h, "Inin-Ratelimit-Count")
		reset, ok2 := number(h, "Inin-Ratelimit-Reset")
		return build(count, limit, reset, now, ok1 && ok2)
	}
	for _, prefix := range []string{"Ratelimit-", "X-Ratelimit-"} {
		limit, ok := number(h, prefix+"Limit")
		if !ok {
			continue
		}
		remaining, ok1 := number(h, prefix+"Remaining")
		reset, ok2 := number(h, prefix+"Reset")
		return build(limit-remaining, limit, reset, now, ok1 && ok2)
	}
	return allowance{}, false
}

// epoch tells a time in seconds since 1970 from a number of seconds to wait.
const epoch = 1_000_000_000

func build(count, limit, reset float64, now time.Time, ok bool) (allowance, bool) {
	if reset >= epoch {
		reset -= float64(now.UnixNano()) / 1e9
	}
	if !ok || limit < 1 || limit > math.MaxInt32 || count < 0 || count > math.MaxInt32 || reset < 0 || reset > 3600 {
		return allowance{}, false
	}
	return allowance{count: int(count), limit: int(limit), reset: seconds(reset), whole: reset == math.Trunc(reset)}, true
}

func number(h http.Header, name string) (float64, bool) {
	// RateLimit-Limit may carry a policy after the number: 100, 100;w=60
	text, _, _ := strings.Cut(h.Get(name), ",")
	text, _, _ = strings.Cut(text, ";")
	v, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	return v, err == nil && !math.IsNaN(v) && !math.IsInf(v, 0)
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// retryAfter reads Retry-After as integer, decimal or date; 0 where it is missing or cannot be read.
func retryAfter(h http.Header, now time.Time) time.Duration {
	text := strings.TrimSpace(h.Get("Retry-After"))
	if text == "" {
		return 0
	}
	if s, err := strconv.ParseFloat(text, 64); err == nil {
		if math.IsNaN(s) || s <= 0 {
			return 0
		}
		return seconds(min(s, 86400))
	}
	at, err := http.ParseTime(text)
	if err != nil || !at.After(now) {
		return 0
	}
	return min(at.Sub(now), 24*time.Hour)
}
