package graphsim

import (
	"net/http"
	"strings"
	"sync"
	"time"
)

// Request is one entry of the journal. Authorization headers are left out.
type Request struct {
	Number int         `json:"number"`
	Time   time.Time   `json:"time"`
	Method string      `json:"method"`
	Path   string      `json:"path"`
	Query  string      `json:"query,omitempty"`
	Status int         `json:"status"`
	Bytes  int         `json:"bytes"`
	Fault  string      `json:"fault,omitempty"`
	Batch  bool        `json:"batch,omitempty"`
	Header http.Header `json:"-"`
}

// journal remembers the last requests in a ring.
type journal struct {
	mu    sync.Mutex
	size  int
	total int
	ring  []Request
}

func (j *journal) add(r Request) {
	r.Header.Del("Authorization")
	j.mu.Lock()
	defer j.mu.Unlock()
	r.Number = j.total + 1
	if len(j.ring) < j.size {
		j.ring = append(j.ring, r)
	} else {
		j.ring[j.total%j.size] = r
	}
	j.total++
}

func (j *journal) list() []Request {
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.ring) < j.size {
		return append([]Request(nil), j.ring...)
	}
	at := j.total % j.size
	return append(append([]Request(nil), j.ring[at:]...), j.ring[:at]...)
}

// Journal returns the remembered requests, oldest first; /admin/ requests are not in it.
func (s *Server) Journal() []Request { return s.journal.list() }

// ResetJournal forgets the requests.
func (s *Server) ResetJournal() {
	s.journal.mu.Lock()
	defer s.journal.mu.Unlock()
	s.journal.ring, s.journal.total = nil, 0
}

// CountRequests returns how many remembered requests have the method ("" for any) and a path that starts with the prefix.
func (s *Server) CountRequests(method, prefix string) int {
	n := 0
	for _, r := range s.Journal() {
		if (method == "" || r.Method == method) && strings.HasPrefix(r.Path, prefix) {
			n++
		}
	}
	return n
}
