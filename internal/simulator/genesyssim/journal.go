package genesyssim

import (
	"maps"
	"sync"
	"time"
)

// Request is one entry of the journal.
type Request struct {
	Time   time.Time `json:"time"`
	Method string    `json:"method"`
	// Path is the escaped path as sent, Query the decoded query, Route the template such as /users/{id}.
	Path  string `json:"path"`
	Query string `json:"query,omitempty"`
	Route string `json:"route"`
	// Body is the request's body, at most the first 64 KiB.
	Body string `json:"body,omitempty"`
	// Status is the answered status, 0 where the connection was cut before an answer.
	Status        int    `json:"status"`
	CorrelationID string `json:"correlationId"`
	// Fault names the effect that was injected, "" for none.
	Fault Effect `json:"fault,omitempty"`
}

// Counters count all requests since the start or the last ResetJournal.
type Counters struct {
	Total int `json:"total"`
	// ByRoute is keyed by method and route, such as "PATCH /users/{id}".
	ByRoute map[string]int `json:"byRoute"`
	// ByStatus is keyed by answered status; 0 counts cut connections.
	ByStatus map[int]int `json:"byStatus"`
}

// maxJournalBody bounds the body of one entry.
const maxJournalBody = 64 << 10

// journal keeps the last requests in a ring.
type journal struct {
	mu       sync.Mutex
	size     int
	ring     []Request
	next     int
	counters Counters
}

func newJournal(size int) *journal {
	j := &journal{size: size}
	j.reset()
	return j
}

func (j *journal) add(e Request) {
	if len(e.Body) > maxJournalBody {
		e.Body = e.Body[:maxJournalBody]
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.counters.Total++
	j.counters.ByRoute[e.Method+" "+e.Route]++
	j.counters.ByStatus[e.Status]++
	if len(j.ring) < j.size {
		j.ring = append(j.ring, e)
		return
	}
	j.ring[j.next] = e
	j.next = (j.next + 1) % j.size
}

// entries returns the kept requests, oldest first.
func (j *journal) entries() []Request {
	j.mu.Lock()
	defer j.mu.Unlock()
	out := make([]Request, 0, len(j.ring))
	return append(append(out, j.ring[j.next:]...), j.ring[:j.next]...)
}

func (j *journal) count() Counters {
	j.mu.Lock()
	defer j.mu.Unlock()
	return Counters{Total: j.counters.Total, ByRoute: maps.Clone(j.counters.ByRoute), ByStatus: maps.Clone(j.counters.ByStatus)}
}

func (j *journal) reset() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.ring, j.next = nil, 0
	j.counters = Counters{ByRoute: map[string]int{}, ByStatus: map[int]int{}}
}
