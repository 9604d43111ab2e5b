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

	ends    time.Time
	count   int
	refused int
}

func (m *meter) serve(at time.Time) (http.Header, int) {
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
		m.refused++
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
				for seed := range uint64(40) {
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
