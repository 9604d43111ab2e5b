package scim

import (
	"strings"
	"sync"

	"github.com/entrain-dev/entrain/internal/directory"
)

// maxRecent bounds the values that are remembered.
const maxRecent = 1024

// recent remembers the last values that a create was refused for. The zero value is empty and ready.
type recent struct {
	mu   sync.Mutex
	set  map[string]bool
	ring []string
	next int
}

func recentKey(kind directory.Kind, value string) string {
	return string(kind) + " " + strings.ToLower(value)
}

func (r *recent) add(kind directory.Kind, value string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	key := recentKey(kind, value)
	switch {
	case r.set[key]:
		return
	case r.set == nil:
		r.set = map[string]bool{}
	}
	if len(r.ring) < maxRecent {
		r.ring = append(r.ring, key)
	} else {
		delete(r.set, r.ring[r.next])
		r.ring[r.next] = key
		r.next = (r.next + 1) % maxRecent
	}
	r.set[key] = true
}

func (r *recent) has(kind directory.Kind, value string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.set[recentKey(kind, value)]
}
