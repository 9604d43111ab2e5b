package tenant

import (
	"slices"
	"strings"
)

// Get returns an object by id in whatever state it is.
func (t *Tenant) Get(id string) (View, bool) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	o := t.objects[strings.ToLower(id)]
	if o == nil {
		return View{}, false
	}
	return o.view(), true
}

// FindUser returns an active user by id or userPrincipalName.
func (t *Tenant) FindUser(idOrUPN string) (View, bool) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	o := t.objects[strings.ToLower(idOrUPN)]
	if o == nil {
		o = t.byUPN[strings.ToLower(idOrUPN)]
	}
	if o == nil || o.kind != User || o.state != Active {
		return View{}, false
	}
	return o.view(), true
}

// FindGroup returns an active group by id, or else the first with the display name. Looking for a name reads all groups.
func (t *Tenant) FindGroup(idOrName string) (View, bool) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	if o := t.objects[strings.ToLower(idOrName)]; o != nil && o.kind == Group && o.state == Active {
		return o.view(), true
	}
	var found *object
	t.lists[Group].each(0, func(_ uint64, o *object) bool {
		if o.state == Active && o.text("displayName") == idOrName {
			found = o
		}
		return found == nil
	})
	if found == nil {
		return View{}, false
	}
	return found.view(), true
}

// List returns up to n objects of a kind that were created after the cursor and not after limit (0 means no limit), in order of
// creation. Deleted objects come only when asked for. It returns the cursor to go on from and whether there is more.
func (t *Tenant) List(kind Kind, cursor, limit uint64, n int, deleted bool, want func(View) bool) ([]View, uint64, bool) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	var out []View
	more := false
	t.lists[kind].each(cursor, func(seq uint64, o *object) bool {
		if limit != 0 && seq > limit {
			return false
		}
		if o.state == Deleted && !deleted {
			return true
		}
		v := o.view()
		if want != nil && !want(v) {
			return true
		}
		if len(out) == n {
			more = true
			return false
		}
		cursor = seq
		out = append(out, v)
		return true
	})
	return out, cursor, more
}

// Bin returns up to n deleted objects of a kind after the cursor, in order of deletion.
func (t *Tenant) Bin(kind Kind, cursor uint64, n int, want func(View) bool) ([]View, uint64, bool) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return collect(t.bin[kind], cursor, n, func(o *object) bool { return want == nil || want(o.view()) })
}

func collect(r *roster[*object], cursor uint64, n int, want func(*object) bool) ([]View, uint64, bool) {
	var out []View
	more := false
	r.each(cursor, func(seq uint64, o *object) bool {
		if !want(o) {
			return true
		}
		if len(out) == n {
			more = true
			return false
		}
		cursor = seq
		out = append(out, o.view())
		return true
	})
	return out, cursor, more
}

// Members returns up to n direct members of a group after the cursor, in order of joining. Deleted members, which keep their
// membership, come only when asked for.
func (t *Tenant) Members(group string, cursor uint64, n int, deleted bool, want func(View) bool) ([]View, uint64, bool) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	g := t.objects[group]
	if g == nil {
		return nil, cursor, false
	}
	return collect(g.members, cursor, n, func(o *object) bool {
		return (deleted || o.state == Active) && (want == nil || want(o.view()))
	})
}

// TransitiveMembers returns the members of a group and of the groups in it, each once. The work grows with their number.
func (t *Tenant) TransitiveMembers(group string) []View {
	t.mu.RLock()
	defer t.mu.RUnlock()
	seen, queue := map[*object]bool{}, []*object{t.objects[group]}
	var out []View
	for len(queue) > 0 {
		g := queue[0]
		queue = queue[1:]
		if g == nil {
			continue
		}
		g.members.each(0, func(_ uint64, m *object) bool {
			if m.state != Active || seen[m] {
				return true
			}
			seen[m] = true
			out = append(out, m.view())
			if m.kind == Group {
				queue = append(queue, m)
			}
			return true
		})
	}
	return out
}

// Reports returns up to n users whose manager this is, after the cursor.
func (t *Tenant) Reports(id string, cursor uint64, n int) ([]View, uint64, bool) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	o := t.objects[id]
	if o == nil {
		return nil, cursor, false
	}
	return collect(o.reports, cursor, n, func(r *object) bool { return r.state == Active })
}

// MemberOf returns the ids of the groups in which an object is a direct member, sorted.
func (t *Tenant) MemberOf(id string) []string {
	t.mu.RLock()
	defer t.mu.RUnlock()
	var out []string
	if o := t.objects[id]; o != nil {
		for _, g := range o.memberOf {
			out = append(out, g.id)
		}
	}
	slices.Sort(out)
	return out
}

// MemberIDs returns the ids of the direct members of a group that are active, in order of joining. It reads all members.
func (t *Tenant) MemberIDs(group string) []string {
	views, _, _ := t.Members(group, 0, int(^uint(0)>>1), false, nil)
	out := make([]string, 0, len(views))
	for _, v := range views {
		out = append(out, v.ID)
	}
	return out
}

// MemberCount returns how many direct members a group has, deleted ones included.
func (t *Tenant) MemberCount(group string) int {
	t.mu.RLock()
	defer t.mu.RUnlock()
	if g := t.objects[group]; g != nil {
		return g.members.len()
	}
	return 0
}

// Application returns a service principal by object id or application id.
func (t *Tenant) Application(id string) (Application, bool) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	p, err := t.application(id)
	if err != nil {
		return Application{}, false
	}
	return p.app, true
}

// Applications returns all service principals.
func (t *Tenant) Applications() []Application {
	t.mu.RLock()
	defer t.mu.RUnlock()
	out := make([]Application, 0, len(t.spOrder))
	for _, p := range t.spOrder {
		out = append(out, p.app)
	}
	return out
}

// AssignedTo returns up to n assignments of an application after the cursor, without those of deleted principals (4.2).
func (t *Tenant) AssignedTo(app string, cursor uint64, n int, want func(Assignment) bool) ([]Assignment, uint64, bool) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	p, err := t.application(app)
	if err != nil {
		return nil, cursor, false
	}
	var out []Assignment
	more := false
	p.assigned.each(cursor, func(seq uint64, a *assignment) bool {
		if a.principal.state != Active || want != nil && !want(a.snapshot(seq)) {
			return true
		}
		if len(out) == n {
			more = true
			return false
		}
		cursor = seq
		out = append(out, a.snapshot(seq))
		return true
	})
	return out, cursor, more
}

// AssignmentsOf returns the assignments of a principal, with those of its groups when it is a user.
func (t *Tenant) AssignmentsOf(id string) []Assignment {
	t.mu.RLock()
	defer t.mu.RUnlock()
	o := t.objects[id]
	if o == nil {
		return nil
	}
	var out []Assignment
	for _, owner := range append([]*object{o}, o.memberOf...) {
		if owner != o && (o.kind != User || owner.state != Active) {
			continue
		}
		for _, a := range owner.assignments {
			out = append(out, a.snapshot(a.resource.assigned.at[a]))
		}
	}
	slices.SortFunc(out, func(a, b Assignment) int { return int(a.Seq) - int(b.Seq) })
	return out
}

// Counts says how much there is.
type Counts struct {
	Users         int    `json:"users"`
	DeletedUsers  int    `json:"deletedUsers"`
	Groups        int    `json:"groups"`
	DeletedGroups int    `json:"deletedGroups"`
	Applications  int    `json:"applications"`
	Assignments   int    `json:"assignments"`
	Sequence      uint64 `json:"sequence"`
}

// Counts returns the number of objects.
func (t *Tenant) Counts() Counts {
	t.mu.RLock()
	defer t.mu.RUnlock()
	c := Counts{
		Users: t.active[User], DeletedUsers: t.bin[User].len(), Groups: t.active[Group], DeletedGroups: t.bin[Group].len(),
		Applications: len(t.spOrder), Sequence: t.seq,
	}
	for _, p := range t.spOrder {
		c.Assignments += p.assigned.len()
	}
	return c
}

// Count returns the number of active objects of a kind.
func (t *Tenant) Count(kind Kind) int {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.active[kind]
}
