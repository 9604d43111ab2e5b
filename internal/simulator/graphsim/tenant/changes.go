package tenant

import (
	"sort"
	"time"
)

// changeLog lists the objects of a kind in the order in which they changed.
type changeLog struct{ entries []change }

// change is one entry; prev is the entry before it of the same object.
type change struct {
	seq, prev uint64
	at        int64
	object    *object
}

// after returns the index of the first entry after a sequence number.
func (l *changeLog) after(seq uint64) int {
	return sort.Search(len(l.entries), func(i int) bool { return l.entries[i].seq > seq })
}

// memberHistory lists the changes of the members of one group.
type memberHistory struct {
	events []memberEvent
	last   map[*object]int // index of the newest event of a member
}

// memberEvent is one change; next is the index of the following one of the same member, 0 for none.
type memberEvent struct {
	seq     uint64
	member  *object
	removed bool
	next    int
}

// record notes that an object changed. Nothing is noted before the first delta token is issued: nobody can ask for it.
func (t *Tenant) record(o *object, seq uint64) {
	if !t.recording {
		return
	}
	log := t.logs[o.kind]
	log.entries = append(log.entries, change{seq: seq, prev: o.changed, at: t.clock.Now().UnixNano(), object: o})
	o.changed = seq
	t.count(1)
}

func (t *Tenant) recordMember(g, m *object, seq uint64, removed bool) {
	g.membersSeq = seq
	if !t.recording {
		return
	}
	if g.history == nil {
		g.history = &memberHistory{last: map[*object]int{}}
	}
	h := g.history
	if i, ok := h.last[m]; ok {
		h.events[i].next = len(h.events)
	}
	h.last[m] = len(h.events)
	h.events = append(h.events, memberEvent{seq: seq, member: m, removed: removed})
	t.record(g, seq)
	t.count(1)
}

// count drops the history when it is full; tokens from before are then too old.
func (t *Tenant) count(n int) {
	t.recorded += n
	if t.recorded <= t.cfg.History {
		return
	}
	for _, l := range t.logs {
		for _, c := range l.entries {
			c.object.history = nil
		}
		l.entries = nil
	}
	t.recorded, t.floor = 0, t.seq
}

// Head returns the newest sequence number of a kind that readers see when they lag behind by a duration, and starts the change
// log if it is not running yet.
func (t *Tenant) Head(kind Kind, lag time.Duration) uint64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.recording = true
	if lag <= 0 {
		return t.seq
	}
	limit := t.clock.Now().Add(-lag).UnixNano()
	entries := t.logs[kind].entries
	i := sort.Search(len(entries), func(i int) bool { return entries[i].at > limit })
	if i == len(entries) {
		return t.seq
	}
	return entries[i].seq - 1
}

// Floor is the oldest sequence number from which changes are known.
func (t *Tenant) Floor() uint64 {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.floor
}

// Rewind returns the sequence number that lies n changes of the kind before another one.
func (t *Tenant) Rewind(kind Kind, seq uint64, n int) uint64 {
	t.mu.RLock()
	defer t.mu.RUnlock()
	log := t.logs[kind]
	i := log.after(seq) - n
	if i <= 0 {
		if len(log.entries) == 0 {
			return seq
		}
		i = 0
	}
	if i < len(log.entries) {
		return min(seq, log.entries[i].seq-1)
	}
	return seq
}

// Range is a stretch of the change log: later than Since, up to and including UpTo.
type Range struct{ Since, UpTo uint64 }

// scanLimit bounds how many entries of the log one call looks at; a page may come back short because of it.
const scanLimit = 5000

// Changed returns up to n objects that have an entry in the range, each once, at the place of its first entry after the
// cursor. It returns the cursor to go on from and whether there may be more. want decides which objects count.
func (t *Tenant) Changed(kind Kind, r Range, cursor uint64, n int, want func(View) bool) ([]View, uint64, bool) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	log := t.logs[kind]
	var out []View
	start := log.after(max(cursor, r.Since))
	for i := start; i < len(log.entries); i++ {
		c := log.entries[i]
		if c.seq > r.UpTo {
			return out, cursor, false
		}
		if len(out) == n || i-start == scanLimit {
			return out, cursor, true
		}
		cursor = c.seq
		if c.prev > r.Since {
			continue
		}
		if v := c.object.view(); want(v) {
			out = append(out, v)
		}
	}
	return out, cursor, false
}

// MemberChange is one member that joined or left.
type MemberChange struct {
	Ref
	Removed bool
}

// MemberChanges returns up to n changes of the members of a group in the range, after a cursor. Of several changes of one member
// only the last counts, unless all is true. It returns the cursor to go on from and whether there is more.
func (t *Tenant) MemberChanges(group string, r Range, cursor uint64, n int, all bool) ([]MemberChange, uint64, bool) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	g := t.objects[group]
	if g == nil || g.history == nil {
		return nil, cursor, false
	}
	events := g.history.events
	from := max(cursor, r.Since)
	var out []MemberChange
	for i := sort.Search(len(events), func(i int) bool { return events[i].seq > from }); i < len(events); i++ {
		e := events[i]
		if e.seq > r.UpTo {
			break
		}
		if !all && e.next != 0 && events[e.next].seq <= r.UpTo {
			continue
		}
		if len(out) == n {
			return out, cursor, true
		}
		cursor = e.seq
		out = append(out, MemberChange{Ref: e.member.ref(), Removed: e.removed})
	}
	return out, cursor, false
}

// MemberRefs returns up to n direct members of a group after the cursor as changes that add them, deleted ones included, in
// order of joining. It returns the cursor to go on from and whether there is more.
func (t *Tenant) MemberRefs(group string, cursor uint64, n int) ([]MemberChange, uint64, bool) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	g := t.objects[group]
	if g == nil {
		return nil, cursor, false
	}
	out := make([]MemberChange, 0, min(n, g.members.len()))
	more := false
	g.members.each(cursor, func(seq uint64, m *object) bool {
		if len(out) == n {
			more = true
			return false
		}
		cursor = seq
		out = append(out, MemberChange{Ref: m.ref()})
		return true
	})
	return out, cursor, more
}
