package strictscim

import (
	"maps"
	"strings"
	"sync"
	"time"
)

// Knobs returns the present switches.
func (s *Server) Knobs() Knobs {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.knobs
}

// SetKnobs changes switches.
func (s *Server) SetKnobs(change func(*Knobs)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.knobs)
}

// SetToken replaces the bearer token; the old one stops working at once.
func (s *Server) SetToken(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.token = token
}

// Resource is a stored resource; Attributes is decoded JSON without id, schemas and meta.
type Resource struct {
	ID         string
	Version    int
	Attributes map[string]any
}

// Users and Groups return everybody in the order of creation.
func (s *Server) Users() []Resource { return s.all(s.store.users) }

// Groups returns every group in the order of creation.
func (s *Server) Groups() []Resource { return s.all(s.store.group) }

func (s *Server) all(t *table) []Resource {
	s.store.mu.RLock()
	defer s.store.mu.RUnlock()
	out := make([]Resource, 0, len(t.order))
	for _, id := range t.order {
		out = append(out, t.records[id].snapshot())
	}
	return out
}

func (r *record) snapshot() Resource {
	attributes, _ := clone(r.attributes).(map[string]any)
	return Resource{ID: r.id, Version: r.version, Attributes: attributes}
}

// User returns a user by id.
func (s *Server) User(id string) (Resource, bool) { return s.one(s.store.users, id) }

// Group returns a group by id.
func (s *Server) Group(id string) (Resource, bool) { return s.one(s.store.group, id) }

func (s *Server) one(t *table, id string) (Resource, bool) {
	s.store.mu.RLock()
	defer s.store.mu.RUnlock()
	r, ok := t.records[id]
	if !ok {
		return Resource{}, false
	}
	return r.snapshot(), true
}

// UserByName returns the user with a userName, in any case.
func (s *Server) UserByName(userName string) (Resource, bool) {
	s.store.mu.RLock()
	defer s.store.mu.RUnlock()
	for _, id := range s.store.users.byName[strings.ToLower(userName)] {
		return s.store.users.records[id].snapshot(), true
	}
	return Resource{}, false
}

// Members returns the ids of the members of a group, in the order in which they joined.
func (s *Server) Members(groupID string) []string {
	g, _ := s.Group(groupID)
	var out []string
	for _, m := range list(g.Attributes["members"]) {
		out = append(out, memberID(m))
	}
	return out
}

// AddUser seeds a user and returns its id; nothing is checked.
func (s *Server) AddUser(attributes map[string]any) string { return s.seed(s.store.users, attributes) }

// AddGroup seeds a group and returns its id; nothing is checked.
func (s *Server) AddGroup(attributes map[string]any) string {
	return s.seed(s.store.group, attributes)
}

func (s *Server) seed(t *table, attributes map[string]any) string {
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	copied, _ := clone(attributes).(map[string]any)
	r := s.store.put(t, s.store.newID(), copied)
	return r.id
}

// Request is one entry of the journal.
type Request struct {
	Time                      time.Time
	Method, Path, Query, Body string
	Status                    int
}

// Journal returns the last requests, oldest first.
func (s *Server) Journal() []Request { return s.journal.entries() }

// Counters returns how many requests there were by method and resource, such as "PATCH /Users/{id}". It has no bound.
func (s *Server) Counters() map[string]int { return s.journal.count() }

// journal keeps the last requests in a ring.
type journal struct {
	mu     sync.Mutex
	size   int
	ring   []Request
	next   int
	counts map[string]int
}

// maxJournalBody bounds the body of one entry.
const maxJournalBody = 64 << 10

func newJournal(size int) *journal { return &journal{size: size, counts: map[string]int{}} }

func (j *journal) add(e Request) {
	e.Body = e.Body[:min(len(e.Body), maxJournalBody)]
	j.mu.Lock()
	defer j.mu.Unlock()
	j.counts[e.Method+" "+route(e.Path)]++
	if len(j.ring) < j.size {
		j.ring = append(j.ring, e)
		return
	}
	j.ring[j.next] = e
	j.next = (j.next + 1) % j.size
}

// route replaces an id by {id}; unknown paths share one route, so that the counters stay few.
func route(path string) string {
	for _, kind := range []string{"/Users", "/Groups", "/Schemas", "/ResourceTypes", "/ServiceProviderConfig", bulkPath} {
		if strings.HasSuffix(path, kind) {
			return kind
		}
		if strings.Contains(path, kind+"/") {
			return kind + "/{id}"
		}
	}
	return "other"
}

func (j *journal) entries() []Request {
	j.mu.Lock()
	defer j.mu.Unlock()
	out := make([]Request, 0, len(j.ring))
	return append(append(out, j.ring[j.next:]...), j.ring[:j.next]...)
}

func (j *journal) count() map[string]int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return maps.Clone(j.counts)
}
