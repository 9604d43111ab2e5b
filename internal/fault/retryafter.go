package fault

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// maxRetryAfter keeps an absurd value from overflowing anything; nobody waits that long.
const maxRetryAfter = 24 * time.Hour

// ParseRetryAfter reads the value of a Retry-After header: whole seconds, decimal seconds as in Graph's documentation
// ("2.128"), or an HTTP date in any of the forms of RFC 9110 section 5.6.7. It is 0 when the value is missing, unreadable or
// in the past, and at most a day.
func ParseRetryAfter(value string, now time.Time) time.Duration {
	value = strings.TrimSpace(value)
	if seconds, err := strconv.ParseFloat(value, 64); err == nil {
		switch {
		case math.IsNaN(seconds) || seconds <= 0:
			return 0
		case seconds >= maxRetryAfter.Seconds():
			return maxRetryAfter
		}
		return time.Duration(math.Ceil(seconds*1000)) * time.Millisecond
	}
	for _, layout := range []string{"Mon, 02 Jan 2006 15:04:05 GMT", time.RFC850, time.ANSIC, time.RFC1123Z} {
		if at, err := time.Parse(layout, value); err == nil {
			return min(max(at.Sub(now), 0), maxRetryAfter)
		}
	}
	return 0
}
