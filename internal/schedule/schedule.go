package schedule

import (
	"hash/fnv"
	"time"
)

// GiveUp is how long after its first failure an object is no longer retried, and how long after the beginning of a quarantine
// series a config is disabled (reference 1.6 and 2.2).
const GiveUp = 28 * 24 * time.Hour

// steps are the attempts after the first failure, all counted from it; afterwards one a day (reference 1.6).
var steps = [...]time.Duration{6 * time.Hour, 12 * time.Hour, 24 * time.Hour}

// jitterShare is the share of the interval over which configs with the same interval are spread.
const jitterShare = 10

// Interval returns when the next cycle is due after one that started at started. Configs with the same interval are spread by
// up to a tenth of it, always by the same amount for one config; a cycle that took longer than the interval is followed at
// once, but not before now.
func Interval(config string, started, now time.Time, interval time.Duration) time.Time {
	next := started.Add(interval + jitter(config, interval))
	if next.Before(now) {
		return now
	}
	return next
}

// jitter returns a stable offset in [-interval/20, +interval/20).
func jitter(config string, interval time.Duration) time.Duration {
	span := interval / jitterShare
	if span <= 0 {
		return 0
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte(config))
	return time.Duration(h.Sum64()%uint64(span)) - span/2
}

// Escrow returns when an object that first failed at first and has now failed attempts times is tried again: in the next
// cycle after the first failure, then 6, 12 and 24 hours after the first failure, then daily. ok is false when 28 days are over.
func Escrow(first, now time.Time, attempts int) (next time.Time, ok bool) {
	if now.Sub(first) >= GiveUp {
		return time.Time{}, false
	}
	if attempts <= 1 {
		return now, true
	}
	return after(first, now), true
}

// Quarantine returns when a quarantined config is tried again. A series that began 28 days ago ends with ok false: the config
// is disabled.
func Quarantine(began, now time.Time) (next time.Time, ok bool) {
	if now.Sub(began) >= GiveUp {
		return time.Time{}, false
	}
	return after(began, now), true
}

// after returns the first step counted from first that is later than now.
func after(first, now time.Time) time.Time {
	for _, s := range steps {
		if t := first.Add(s); t.After(now) {
			return t
		}
	}
	day := 24 * time.Hour
	days := now.Sub(first)/day + 1
	return first.Add(days * day)
}
