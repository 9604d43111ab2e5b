package scim

import "time"

const (
	defaultWindow = time.Minute
	// defaultPause is the wait after a 429 that names none; it doubles up to maxDefaultPause (genesys-scim.md 13).
	defaultPause    = 3 * time.Second
	maxDefaultPause = time.Minute
	// reserve keeps an even pace without a known window below the limit whatever the phase of the server's window: in any
	// window of one minute there are at most limit*reserve+1 requests, and some of a second later.
	reserve = 0.985
	// smallestFactor bounds how far repeated 429 slow the pace down.
	smallestFactor = 0.5
)

// pacer decides when the next request may be sent. It is a plain state machine without clock and locks.
//
// The server counts requests in fixed windows whose start is unknown. As long as nothing is known, requests are sent at an
// even pace just below the limit, which is safe for every phase. Once an answer tells count, limit and the seconds until the
// window ends, what is left is spread evenly up to the latest moment at which the window can end: before that moment no
// window can be overrun, and requests sent between its real end and that moment already belong to the next window, whose
// first answer says so. Nothing is waited out, and what others use with the same credentials is in the count.
type pacer struct {
	// perMinute is the configured upper bound, 0 for none.
	perMinute int
	// limit is what the server allows a window, 0 while unknown; window is the length of its window.
	limit  int
	window time.Duration

	// end is the earliest estimate of the end of the current window, zero while unknown; the true end lies not after
	// end+slack.
	end   time.Time
	slack time.Duration
	// count is the highest count seen in the window; inflight requests may or may not be in it and are added.
	count, inflight int

	last         time.Time // when the last request was let through
	blockedUntil time.Time
	factor       float64
	throttles    int
	lastThrottle time.Time

	// observed answers of this window, the first and the last of them, for learning slack at its end.
	observed           int
	firstSeen, lastOld time.Time
}

func newPacer(perMinute int) *pacer {
	return &pacer{perMinute: perMinute, window: defaultWindow, factor: 1}
}

// delay returns how long the next request has to wait, 0 for not at all.
func (p *pacer) delay(now time.Time) time.Duration {
	if now.Before(p.blockedUntil) {
		return p.blockedUntil.Sub(now)
	}
	if p.last.IsZero() {
		return 0
	}
	return max(0, p.next(now).Sub(now))
}

// next returns the time of the next request, not regarding a block.
func (p *pacer) next(now time.Time) time.Time {
	even := p.last.Add(p.evenGap())
	latest := p.end.Add(p.slack)
	if p.end.IsZero() || !now.Before(latest) {
		return even
	}
	left := p.allowed() - p.count - p.inflight
	if left <= 0 {
		return latest
	}
	spread := p.last.Add(latest.Sub(p.last) / time.Duration(left))
	// A configuration that is clearly stricter than the server is kept at an even pace; otherwise time lost within a window
	// may be made up for.
	if p.perMinute > 0 && float64(p.perMinute) < 0.9*float64(p.limit)*float64(time.Minute)/float64(p.window) && even.After(spread) {
		return even
	}
	return spread
}

// allowed is how many requests a window may hold.
func (p *pacer) allowed() int {
	n := p.limit
	if p.perMinute > 0 {
		n = min(n, int(float64(p.perMinute)*max(1, float64(p.window)/float64(time.Minute))))
	}
	return max(1, int(float64(n)*p.factor))
}

// evenGap is the distance between requests while the window is unknown, 0 where no limit is known at all.
func (p *pacer) evenGap() time.Duration {
	var gap time.Duration
	if p.limit > 0 {
		gap = time.Duration(float64(p.window) / (float64(p.limit) * p.factor * reserve))
	}
	if p.perMinute > 0 {
		gap = max(gap, time.Duration(float64(time.Minute)/(float64(p.perMinute)*p.factor*reserve)))
	}
	return gap
}

// grant lets a request through. Small delays of the timer are not lost: the next distance is counted from the planned time.
func (p *pacer) grant(now time.Time) {
	if !p.end.IsZero() && !now.Before(p.end.Add(p.slack)) {
		p.end, p.count, p.observed = time.Time{}, 0, 0
	}
	planned := now
	if gap := p.evenGap(); p.end.IsZero() && !p.last.IsZero() && gap > 0 {
		if at := p.last.Add(gap); now.Sub(at) < gap && at.Before(now) {
			planned = at
		}
	}
	p.last = planned
	p.inflight++
}

// cancel takes a request back that was let through and not sent.
func (p *pacer) cancel() { p.inflight-- }

// silent ends a request whose answer says nothing about the limit or did not come. The server has counted it.
func (p *pacer) silent() {
	p.inflight--
	p.count++
}

// learn ends a request whose answer tells the allowance.
func (p *pacer) learn(sent, now time.Time, a allowance) {
	p.inflight--
	p.limit = a.limit
	latency := now.Sub(sent)
	tolerance := latency + 50*time.Millisecond
	if a.whole {
		tolerance += time.Second
	}
	ends := now.Add(a.reset)
	switch {
	case p.end.IsZero() || !sent.Before(p.end.Add(p.slack)) || ends.Sub(p.end) > tolerance:
		p.roll(now, ends, a)
	case p.end.Sub(ends) > tolerance: // a late answer from the window before
	default:
		if ends.Before(p.end) {
			p.end = ends
		}
		p.count = max(p.count, a.count)
		p.observed++
		p.lastOld = now
	}
}

// roll begins a window.
func (p *pacer) roll(now, ends time.Time, a allowance) {
	p.slack = p.nextSlack(now, a.whole)
	if !p.end.IsZero() {
		if w := ends.Sub(p.end); p.observed > 0 && w >= time.Second && w <= time.Hour && now.Sub(p.end) < p.window {
			p.window = w
		}
		if p.lastThrottle.Before(p.firstSeen) {
			p.factor = min(1, p.factor+0.02)
		}
	}
	p.end, p.count = ends, a.count
	p.observed, p.firstSeen, p.lastOld = 1, now, now
}

// nextSlack returns how far behind its estimate a window may end. Whole seconds leave a second open; how they are rounded
// shows at the end of a window that was watched closely: the first answer of the next one tells when it really ended.
func (p *pacer) nextSlack(now time.Time, whole bool) time.Duration {
	unknown := 100 * time.Millisecond
	if whole {
		unknown = time.Second
	}
	closely := p.observed >= 20 && p.lastOld.Sub(p.firstSeen) >= 2*time.Second && now.Sub(p.lastOld) < time.Second
	if p.end.IsZero() || !closely || p.lastThrottle.After(p.firstSeen) {
		return max(unknown, p.slack)
	}
	return min(max(0, now.Sub(p.end))+2*now.Sub(p.lastOld), unknown+500*time.Millisecond)
}

// throttled records a 429 to a request that was sent at a time. pace is false where not the number of requests but their
// size was the reason.
func (p *pacer) throttled(sent, now time.Time, asked time.Duration, pace bool) {
	again := p.lastThrottle.IsZero() || sent.After(p.lastThrottle)
	if again {
		p.throttles++
		if pace {
			p.factor = max(smallestFactor, p.factor*0.9)
			p.slack = max(p.slack, time.Second)
		}
	}
	if asked <= 0 {
		asked = min(defaultPause<<min(p.throttles-1, 5), maxDefaultPause)
		if !again {
			asked = 0 // one of several that were refused together
		}
	}
	p.lastThrottle = now
	if until := now.Add(asked); until.After(p.blockedUntil) {
		p.blockedUntil = until
	}
}

// accepted records that a request was not refused for its rate.
func (p *pacer) accepted(sent time.Time) {
	if sent.After(p.lastThrottle) {
		p.throttles = 0
	}
}
