package scim

import (
	"container/heap"
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"strconv"
	"testing"
	"time"
)

// meter is the server of the simulation: it counts requests in fixed windows and answers with the headers of Genesys.
type meter struct {
	allowed  int
	window   time.Duration
	lazy     bool // a window begins with the first request after the end of the last one
	rounding func(float64) float64

	// every others send a request with the same token, 0 for never; next is when.
	every time.Duration
	next  time.Time

	ends    time.Time
	count   int
	refused int
	served  int
	others  int
}

// serve lets others have theirs first.
func (m *meter) serve(at time.Time) (http.Header, int) {
	for m.every > 0 && m.next.Before(at) {
		if _, status := m.answer(m.next); status == http.StatusOK {
			m.others++
		}
		m.next = m.next.Add(m.every)
	}
	h, status := m.answer(at)
	if status == http.StatusOK {
		m.served++
	} else {
		m.refused++
	}
	return h, status
}

func (m *meter) answer(at time.Time) (http.Header, int) {
	for !at.Before(m.ends) {
		m.count = 0
		if m.lazy {
			m.ends = at.Add(m.window)
			continue
		}
		m.ends = m.ends.Add(m.window)
	}
	m.count++
	h := http.Header{}
	h.Set("inin-ratelimit-count", strconv.Itoa(m.count))
	h.Set("inin-ratelimit-allowed", strconv.Itoa(m.allowed))
	h.Set("inin-ratelimit-reset", strconv.FormatFloat(m.rounding(m.ends.Sub(at).Seconds()), 'f', -1, 64))
	if m.count > m.allowed {
		return h, http.StatusTooManyRequests
	}
	return h, http.StatusOK
}

// event is the arrival of a request at the server or of an answer at a worker.
type event struct {
	at     time.Time
	sent   time.Time
	header http.Header
	status int
}

type events []event

func (e events) Len() int           { return len(e) }
func (e events) Less(i, j int) bool { return e[i].at.Before(e[j].at) }
func (e events) Swap(i, j int)      { e[i], e[j] = e[j], e[i] }
func (e *events) Push(x any)        { *e = append(*e, x.(event)) }
func (e *events) Pop() any {
	old := *e
	last := old[len(old)-1]
	*e = old[:len(old)-1]
	return last
}

// run lets workers send as fast as the pacer lets them, for a time, and returns how many requests were accepted in it.
func run(p *pacer, m *meter, start time.Time, workers int, during time.Duration, latency func() time.Duration) (accepted int) {
	var queue events
	now, idle, end := start, workers, start.Add(during)
	for now.Before(end) {
		wait := time.Duration(math.MaxInt64)
		if idle > 0 {
			if wait = p.delay(now); wait <= 0 {
				p.grant(now)
				idle--
				heap.Push(&queue, event{at: now.Add(latency()), sent: now})
				continue
			}
		}
		if len(queue) == 0 || wait < queue[0].at.Sub(now) {
			now = now.Add(wait)
			continue
		}
		e := heap.Pop(&queue).(event)
		now = e.at
		if e.header == nil {
			e.header, e.status = m.serve(now)
			e.at = now.Add(latency())
			heap.Push(&queue, e)
			continue
		}
		idle++
		a, _ := readAllowance(e.header, now)
		p.learn(e.sent, now, a)
		if e.status == http.StatusTooManyRequests {
			p.throttled(e.sent, now, time.Second, true)
			continue
		}
		p.accepted(e.sent)
		accepted++
	}
	return accepted
}

// The goal of verification.md: at least 0.97 of the allowance is used and no 429 is seen, whatever the phase of the server's
// window, however it rounds the seconds until its end, and however the answers overtake each other.
func TestThePacerUsesTheAllowanceWithoutA429(t *testing.T) {
	roundings := map[string]func(float64) float64{
		"up": math.Ceil, "down": math.Floor, "nearest": math.Round,
		"not at all": func(v float64) float64 { return v },
	}
	for name, rounding := range roundings {
		for _, lazy := range []bool{false, true} {
			t.Run(fmt.Sprintf("seconds rounded %s, windows begin with a request %v", name, lazy), func(t *testing.T) {
				worst := 1.0
				for seed := range uint64(12) {
					rng := rand.New(rand.NewPCG(seed, 1))
					start := time.Unix(1_700_000_000, 0)
					m := &meter{allowed: 300, window: time.Minute, lazy: lazy, rounding: rounding, ends: start.Add(time.Duration(rng.Int64N(int64(time.Minute))))}
					p := newPacer(300)
					slowest := time.Duration(20+rng.IntN(280)) * time.Millisecond
					latency := func() time.Duration { return 5*time.Millisecond + time.Duration(rng.Int64N(int64(slowest))) }
					const minutes = 20
					accepted := run(p, m, start, 8, minutes*time.Minute, latency)
					share := float64(accepted) / (300 * minutes)
					worst = min(worst, share)
					if m.refused > 0 {
						t.Errorf("seed %d: %d requests were refused", seed, m.refused)
					}
					if share < 0.97 {
						t.Errorf("seed %d: %.4f of the allowance was used", seed, share)
					}
				}
				t.Logf("worst share %.4f", worst)
			})
		}
	}
}

func TestTheFirstMinuteWithoutHeadersIsPacedEvenly(t *testing.T) {
	p, now := newPacer(300), time.Unix(0, 0)
	var gaps []time.Duration
	for range 4 {
		wait := p.delay(now)
		now = now.Add(wait)
		gaps = append(gaps, wait.Round(time.Millisecond))
		p.grant(now)
		p.silent()
	}
	// 300 a minute times the reserve.
	if want := []time.Duration{0, 203 * time.Millisecond, 203 * time.Millisecond, 203 * time.Millisecond}; fmt.Sprint(gaps) != fmt.Sprint(want) {
		t.Errorf("gaps = %v, want %v", gaps, want)
	}
}

func TestATargetOfUnknownRateIsNotHeldBack(t *testing.T) {
	p, now := newPacer(0), time.Unix(0, 0)
	for range 1000 {
		if wait := p.delay(now); wait != 0 {
			t.Fatalf("waited %v", wait)
		}
		p.grant(now)
		p.silent()
	}
}

// What the administrator allows is never exceeded, whatever the service would allow.
func TestAStricterConfigurationWins(t *testing.T) {
	start := time.Unix(1_700_000_000, 0)
	m := &meter{allowed: 3000, window: time.Minute, rounding: math.Ceil, ends: start.Add(20 * time.Second)}
	accepted := run(newPacer(60), m, start, 8, 10*time.Minute, func() time.Duration { return 20 * time.Millisecond })
	if accepted > 600 || accepted < 580 {
		t.Errorf("%d requests in ten minutes, want just below 600", accepted)
	}
}

func TestTheServiceLowersTheRate(t *testing.T) {
	start := time.Unix(1_700_000_000, 0)
	m := &meter{allowed: 200, window: time.Minute, rounding: math.Ceil, ends: start.Add(20 * time.Second)}
	accepted := run(newPacer(300), m, start, 8, 10*time.Minute, func() time.Duration { return 20 * time.Millisecond })
	if m.refused > 0 || accepted < 1940 {
		t.Errorf("%d of 2000 requests, %d refused", accepted, m.refused)
	}
}

// Another job with the same token takes its part; the count in the headers tells, and what is left is used.
func TestOthersWithTheSameTokenAreRespected(t *testing.T) {
	for seed := range uint64(10) {
		start := time.Unix(1_700_000_000, 0)
		m := &meter{allowed: 300, window: time.Minute, rounding: math.Ceil, ends: start.Add(20 * time.Second), every: 500 * time.Millisecond, next: start}
		rng := rand.New(rand.NewPCG(seed, 2))
		run(newPacer(300), m, start, 8, 10*time.Minute, func() time.Duration {
			return 20*time.Millisecond + time.Duration(rng.Int64N(int64(80*time.Millisecond)))
		})
		if m.refused > 10 {
			t.Errorf("seed %d: %d requests were refused in ten minutes", seed, m.refused)
		}
		if total := m.served + m.others; total < 0.95*3000 || m.others < 1150 {
			t.Errorf("seed %d: %d of 3000 requests were used, %d by others", seed, total, m.others)
		}
	}
}

func TestPausesAfterA429(t *testing.T) {
	second := func(n float64) time.Duration { return seconds(n) }
	for name, tc := range map[string]struct {
		asked []time.Duration
		want  []time.Duration
	}{
		"as asked":                     {[]time.Duration{second(7), second(2.5)}, []time.Duration{second(7), second(2.5)}},
		"not asked: doubling to 60 s":  {make([]time.Duration, 7), []time.Duration{second(3), second(6), second(12), second(24), second(48), second(60), second(60)}},
		"not asked after having asked": {[]time.Duration{second(1), 0}, []time.Duration{second(1), second(6)}},
	} {
		t.Run(name, func(t *testing.T) {
			p, now := newPacer(300), time.Unix(1_700_000_000, 0)
			for i, asked := range tc.asked {
				p.grant(now)
				sent := now
				now = now.Add(50 * time.Millisecond)
				p.silent()
				p.throttled(sent, now, asked, true)
				if got := p.delay(now); got != tc.want[i] {
					t.Errorf("pause %d = %v, want %v", i, got, tc.want[i])
				}
				now = now.Add(p.delay(now)).Add(time.Second)
			}
		})
	}
}

// Sixteen requests that are refused together are one reason to wait, not sixteen.
func TestRequestsThatAreRefusedTogetherPauseOnce(t *testing.T) {
	p, now := newPacer(0), time.Unix(1_700_000_000, 0)
	for range 16 {
		p.grant(now)
	}
	for i := range 16 {
		p.silent()
		p.throttled(now, now.Add(time.Duration(i)*time.Millisecond), 0, true)
	}
	if got := p.delay(now); got != 3*time.Second {
		t.Errorf("pause = %v", got)
	}
	if p.factor != 0.9 {
		t.Errorf("pace was lowered to %v", p.factor)
	}
}

func TestReadAllowance(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	for name, tc := range map[string]struct {
		header []string
		want   allowance
		wantOK bool
	}{
		"Genesys":                 {[]string{"inin-ratelimit-count", "7", "inin-ratelimit-allowed", "200", "inin-ratelimit-reset", "4"}, allowance{7, 200, 4 * time.Second, true}, true},
		"RateLimit":               {[]string{"RateLimit-Limit", "100, 100;w=60", "RateLimit-Remaining", "40", "RateLimit-Reset", "12.5"}, allowance{60, 100, 12500 * time.Millisecond, false}, true},
		"X-RateLimit with a time": {[]string{"X-RateLimit-Limit", "100", "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", "1700000030"}, allowance{100, 100, 30 * time.Second, true}, true},
		"incomplete":              {[]string{"inin-ratelimit-allowed", "200"}, allowance{}, false},
		"nonsense":                {[]string{"RateLimit-Limit", "many", "RateLimit-Remaining", "x", "RateLimit-Reset", "soon"}, allowance{}, false},
		"a negative reset":        {[]string{"RateLimit-Limit", "10", "RateLimit-Remaining", "1", "RateLimit-Reset", "-1"}, allowance{}, false},
		"no limit at all":         {[]string{"RateLimit-Limit", "0", "RateLimit-Remaining", "0", "RateLimit-Reset", "1"}, allowance{}, false},
		"not a number":            {[]string{"RateLimit-Limit", "NaN", "RateLimit-Remaining", "0", "RateLimit-Reset", "1"}, allowance{}, false},
		"nothing":                 {nil, allowance{}, false},
	} {
		t.Run(name, func(t *testing.T) {
			h := http.Header{}
			for i := 0; i+1 < len(tc.header); i += 2 {
				h.Set(tc.header[i], tc.header[i+1])
			}
			got, ok := readAllowance(h, now)
			if got != tc.want || ok != tc.wantOK {
				t.Errorf("got %+v, %v; want %+v, %v", got, ok, tc.want, tc.wantOK)
			}
		})
	}
}
