package genesyssim

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
	"time"
)

// Knobs returns the present switches; the caller must not change them, see SetKnobs.
func (s *Server) Knobs() *Knobs { return s.knobs.Load() }

// SetKnobs changes switches. It applies to requests that arrive afterwards.
func (s *Server) SetKnobs(change func(*Knobs)) {
	s.knobsMu.Lock()
	defer s.knobsMu.Unlock()
	k := *s.knobs.Load()
	change(&k)
	s.knobs.Store(&k)
}

// AddDivision makes a division known.
func (s *Server) AddDivision(name string) { s.addName(s.dir.divisions, name) }

// AddSkill makes a routing skill known.
func (s *Server) AddSkill(name string) { s.addName(s.dir.skills, name) }

// AddLanguage makes a routing language known.
func (s *Server) AddLanguage(name string) { s.addName(s.dir.languages, name) }

// AddRole makes a role known, with what it permits a client that holds it.
func (s *Server) AddRole(r Role) {
	s.addName(s.dir.roles, r.Name)
	s.auth.setRole(r)
}

func (s *Server) addName(c *catalogue, name string) {
	s.dir.mu.Lock()
	defer s.dir.mu.Unlock()
	c.add(name)
}

// SetClient adds or replaces an OAuth client, for example with a new secret. Its tokens stay valid.
func (s *Server) SetClient(c Client) { s.auth.setClient(c) }

// AddUser seeds a user and returns its id. An empty ID is made up, an empty State is active, an empty Division is Home, nil
// Roles are employee unless the user is deleted. Nothing is checked; a user with the same ID is replaced.
func (s *Server) AddUser(u User) string {
	s.dir.mu.Lock()
	defer s.dir.mu.Unlock()
	u = *u.clone()
	if u.ID == "" {
		u.ID = s.dir.newID()
	}
	u.State = cmp.Or(u.State, Active)
	u.Division = cmp.Or(u.Division, homeDivision)
	if u.Roles == nil && u.State != Deleted {
		u.Roles = []string{employeeRole}
	}
	if u.password == "" {
		u.password = s.dir.ids.Password()
	}
	(&draft{User: &u}).settlePrimary()
	return s.dir.commitLocked(&u).ID
}

// AddGroup seeds a group and returns its id; nothing is checked.
func (s *Server) AddGroup(g GroupSpec) string {
	s.dir.mu.Lock()
	defer s.dir.mu.Unlock()
	return s.dir.addGroupLocked(g).id
}

// RemoveGroup deletes a group, as an administrator can. It reports whether there was one.
func (s *Server) RemoveGroup(id string) bool {
	s.dir.mu.Lock()
	defer s.dir.mu.Unlock()
	g := s.dir.groups[id]
	if g != nil {
		s.dir.removeGroupLocked(g)
	}
	return g != nil
}

// EditGroup adds and removes members by hand. It reports whether there is such a group.
func (s *Server) EditGroup(id string, add, remove []string) bool {
	s.dir.mu.Lock()
	defer s.dir.mu.Unlock()
	g := s.dir.groups[id]
	if g == nil {
		return false
	}
	changed := false
	for _, m := range remove {
		changed = s.dir.leaveLocked(g, m) || changed
	}
	for _, m := range add {
		changed = s.dir.joinLocked(g, m) || changed
	}
	if changed {
		s.dir.touchLocked(g)
	}
	return true
}

// EditUser changes a user by hand, as an administrator does in the target: values are a SCIM body, flattened paths
// included, and "state" may be active, inactive or deleted. A deleted user can be brought back this way.
func (s *Server) EditUser(id string, values map[string]any) error {
	s.dir.mu.Lock()
	defer s.dir.mu.Unlock()
	old := s.dir.users[id]
	if old == nil {
		return notFound("user")
	}
	values = maps.Clone(values)
	state := State("")
	if text, ok := values["state"].(string); ok {
		if state = State(text); state != Active && state != Inactive && state != Deleted {
			return refuse(invalidValue, "state must be active, inactive or deleted")
		}
	}
	delete(values, "state")
	d := &draft{User: old.clone(), dir: s.dir, knobs: s.Knobs(), allowed: func(string) bool { return true }, method: http.MethodPatch}
	if state != "" && state != Deleted {
		d.State = state
	}
	p := d.object(opReplace, values)
	if p == nil {
		p = d.finish()
	}
	if p != nil {
		return p
	}
	u := s.dir.commitLocked(d.User)
	if state == Deleted && u.State != Deleted {
		s.dir.deleteLocked(u)
	}
	return nil
}

// User returns a user in any state.
func (s *Server) User(id string) (User, bool) {
	s.dir.mu.RLock()
	defer s.dir.mu.RUnlock()
	u := s.dir.users[id]
	if u == nil {
		return User{}, false
	}
	return s.dir.snapshotLocked(u), true
}

// UserByName returns the user that is not deleted and has this address, in any case.
func (s *Server) UserByName(userName string) (User, bool) {
	s.dir.mu.RLock()
	defer s.dir.mu.RUnlock()
	id, ok := s.dir.byUserName[fold(userName)]
	if !ok {
		return User{}, false
	}
	return s.dir.snapshotLocked(s.dir.users[id]), true
}

// Users returns everybody in any state, in the order of ids.
func (s *Server) Users() []User {
	s.dir.mu.RLock()
	defer s.dir.mu.RUnlock()
	out := make([]User, 0, len(s.dir.users))
	for _, u := range s.dir.users {
		out = append(out, s.dir.snapshotLocked(u))
	}
	slices.SortFunc(out, func(a, b User) int { return cmp.Compare(a.ID, b.ID) })
	return out
}

// UserCount returns how many users are in a state.
func (s *Server) UserCount(state State) int {
	s.dir.mu.RLock()
	defer s.dir.mu.RUnlock()
	return s.dir.states[state]
}

func (d *directory) snapshotLocked(u *User) User {
	c := u.clone()
	c.Groups = d.memberOf[u.ID].All()
	return *c
}

// Group returns a group by id; GroupByName the first official one with that name, in any case.
func (s *Server) Group(id string) (Group, bool) {
	s.dir.mu.RLock()
	defer s.dir.mu.RUnlock()
	g := s.dir.groups[id]
	if g == nil {
		return Group{}, false
	}
	return g.snapshot(), true
}

// GroupByName returns the first official group with a name, in any case.
func (s *Server) GroupByName(name string) (Group, bool) {
	s.dir.mu.RLock()
	defer s.dir.mu.RUnlock()
	for _, id := range s.dir.groupsByName[fold(name)].All() {
		return s.dir.groups[id].snapshot(), true
	}
	return Group{}, false
}

// Groups returns all groups in the order of ids.
func (s *Server) Groups() []Group {
	s.dir.mu.RLock()
	defer s.dir.mu.RUnlock()
	out := make([]Group, 0, len(s.dir.groups))
	for _, g := range s.dir.groups {
		out = append(out, g.snapshot())
	}
	slices.SortFunc(out, func(a, b Group) int { return cmp.Compare(a.ID, b.ID) })
	return out
}

// Members returns the members of a group, rule members included, in the order of ids; nil for an unknown group.
func (s *Server) Members(groupID string) []string {
	g, _ := s.Group(groupID)
	members := append(slices.Clone(g.Members), g.RuleMembers...)
	slices.Sort(members)
	return slices.Compact(members)
}

// Journal returns the last requests, oldest first; Counters count all of them.
func (s *Server) Journal() []Request { return s.journal.entries() }

// Counters returns running counters that have no bound.
func (s *Server) Counters() Counters { return s.journal.count() }

// ResetJournal forgets the requests and sets the counters to zero.
func (s *Server) ResetJournal() { s.journal.reset() }

// SetFault adds a fault. It panics on an unknown effect, which is a mistake in a test.
func (s *Server) SetFault(f Fault) {
	if !f.Effect.known() {
		panic("genesyssim: unknown effect " + string(f.Effect))
	}
	s.faults.add(f)
}

// Faults returns the faults that are set, with how often each matched and acted.
func (s *Server) Faults() []FaultState { return s.faults.states() }

// ResetFaults removes all faults.
func (s *Server) ResetFaults() { s.faults.reset() }

// ResetRate forgets the rate windows of all tokens.
func (s *Server) ResetRate() { s.rate.reset() }

// Rate returns the present rate windows by token.
func (s *Server) Rate() map[string]RateState { return s.rate.state(s.Knobs(), s.clock.Now()) }

// IssueToken issues a token outside of the token endpoint and returns it.
func (s *Server) IssueToken(spec TokenSpec) string {
	t := &token{value: cmp.Or(spec.Value, s.corr.secret()), client: spec.Client, permissions: spec.Permissions}
	t.all = spec.Client == "" && spec.Permissions == nil
	t.expires = s.clock.Now().Add(cmp.Or(spec.Lifetime, maxSCIMTokenSeconds*time.Second))
	s.auth.issue(t, s.clock.Now())
	return t.value
}

// RevokeToken ends a token, or all tokens for "". It reports whether there was one.
func (s *Server) RevokeToken(value string) bool { return s.auth.revoke(value) }
