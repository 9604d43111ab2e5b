package strictscim

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jonboulle/clockwork"
)

// record is one stored resource. Its attributes are never changed in place, so that they may be read without the lock.
type record struct {
	id                string
	attributes        map[string]any
	version           int
	created, modified time.Time
}

// etag is the weak form that RFC 7644 section 3.14 uses.
func (r *record) etag() string { return fmt.Sprintf(`W/"%d"`, r.version) }

// table holds the resources of one type in the order of their creation.
type table struct {
	// name is the attribute that look-ups use: userName or displayName. unique forbids two resources with the same one.
	name    string
	unique  func() bool
	records map[string]*record
	order   []string
	byName  map[string][]string // folded
	byExtID map[string][]string
}

// store is the state of the server.
type store struct {
	clock clockwork.Clock
	newID func() string
	mu    sync.RWMutex
	users *table
	group *table
}

func newTable(name string, unique func() bool) *table {
	return &table{name: name, unique: unique, records: map[string]*record{}, byName: map[string][]string{}, byExtID: map[string][]string{}}
}

func newStore(clock clockwork.Clock, uniqueGroups func() bool) *store {
	return &store{clock: clock, newID: uuid.NewString, users: newTable("userName", func() bool { return true }), group: newTable("displayName", uniqueGroups)}
}

func (t *table) key(attributes map[string]any) string {
	s, _ := attributes[t.name].(string)
	return strings.ToLower(s)
}

// conflicts reports whether another resource has the same name.
func (t *table) conflicts(id string, attributes map[string]any) bool {
	return t.unique() && slices.ContainsFunc(t.byName[t.key(attributes)], func(other string) bool { return other != id })
}

// put stores attributes as a new or the next version; equal ones change nothing.
func (s *store) put(t *table, id string, attributes map[string]any) *record {
	now := s.clock.Now().UTC()
	old := t.records[id]
	next := &record{id: id, attributes: attributes, version: 1, created: now, modified: now}
	if old != nil {
		if equal(old.attributes, attributes) {
			return old
		}
		next.version, next.created = old.version+1, old.created
		t.unindex(old)
	} else {
		t.order = append(t.order, id)
	}
	t.records[id] = next
	name, ext := t.key(attributes), text(attributes["externalId"])
	t.byName[name] = append(t.byName[name], id)
	if ext != "" {
		t.byExtID[ext] = append(t.byExtID[ext], id)
	}
	return next
}

func (t *table) unindex(r *record) {
	drop := func(index map[string][]string, key string) {
		rest := slices.DeleteFunc(index[key], func(id string) bool { return id == r.id })
		if index[key] = rest; len(rest) == 0 {
			delete(index, key)
		}
	}
	drop(t.byName, t.key(r.attributes))
	drop(t.byExtID, text(r.attributes["externalId"]))
}

// remove deletes a resource.
func (t *table) remove(r *record) {
	t.unindex(r)
	delete(t.records, r.id)
	if at := slices.Index(t.order, r.id); at >= 0 {
		t.order = slices.Delete(t.order, at, at+1)
	}
}

// leaveGroups takes a deleted user or group out of every group.
func (s *store) leaveGroups(id string) {
	for _, groupID := range slices.Clone(s.group.order) {
		g := s.group.records[groupID]
		members := list(g.attributes["members"])
		rest := slices.DeleteFunc(slices.Clone(members), func(m any) bool { return memberID(m) == id })
		if len(rest) == len(members) {
			continue
		}
		attributes := maps.Clone(g.attributes)
		if attributes["members"] = rest; len(rest) == 0 {
			delete(attributes, "members")
		}
		s.put(s.group, groupID, attributes)
	}
}

// exists reports whether an id belongs to a user or a group.
func (s *store) exists(id string) (kind string, ok bool) {
	if s.users.records[id] != nil {
		return "User", true
	}
	_, ok = s.group.records[id]
	return "Group", ok
}

func text(v any) string {
	s, _ := v.(string)
	return s
}

func list(v any) []any {
	l, _ := v.([]any)
	return l
}

func memberID(m any) string {
	object, _ := m.(map[string]any)
	return text(object["value"])
}

// equal compares decoded JSON.
func equal(a, b any) bool {
	switch a := a.(type) {
	case map[string]any:
		b, ok := b.(map[string]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for k, v := range a {
			if w, ok := b[k]; !ok || !equal(v, w) {
				return false
			}
		}
		return true
	case []any:
		b, ok := b.([]any)
		return ok && slices.EqualFunc(a, b, equal)
	}
	return a == b
}

// clone copies decoded JSON.
func clone(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, w := range v {
			out[k] = clone(w)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, w := range v {
			out[i] = clone(w)
		}
		return out
	}
	return v
}
