package genesyssim

import "strconv"

// userFilter is a parsed filter of users.
type userFilter struct {
	terms  []term
	active *bool // of a term on active
	// lookup is set where a term names one person; such a filter finds inactive users too (switch 11).
	lookup bool
}

// parseUserFilter reads and checks a filter of users (7.2).
func parseUserFilter(text string, k *Knobs) (*userFilter, *problem) {
	terms, p := parseFilter(text)
	if p != nil {
		return nil, p
	}
	if k.StrictFilter && len(terms) > 1 {
		return nil, refuse(invalidFilter, "The filter is not valid: and is only supported for externalIds")
	}
	f := &userFilter{}
	for _, t := range terms {
		if t.sub != nil {
			if t, p = pairTerm(t); p != nil {
				return nil, p
			}
			f.lookup = true
			f.terms = append(f.terms, t)
			continue
		}
		switch t.attr {
		case "id", "username", "externalid", "email", "employeenumber":
			f.lookup = true
		case "manager", "division":
		case "manager.value":
			t.attr = "manager"
		case "active":
			b, err := strconv.ParseBool(fold(t.value))
			if err != nil {
				return nil, refuse(invalidFilter, "The filter is not valid: active must be true or false")
			}
			f.active = &b
			continue
		default:
			return nil, refuse(invalidFilter, "The filter is not valid: attribute %q is not supported", t.attr)
		}
		f.terms = append(f.terms, t)
	}
	return f, nil
}

// pairTerm checks externalIds[authority eq "A" and value eq "K"], the only complex filter (7.2).
func pairTerm(t term) (term, *problem) {
	if t.attr != "externalids" || len(t.sub) != 2 {
		return t, refuse(invalidFilter, "The filter is not valid: a complex filter is supported for externalIds with authority and value only")
	}
	seen := map[string]bool{}
	for _, s := range t.sub {
		if s.attr != "authority" && s.attr != "value" || seen[s.attr] {
			return t, refuse(invalidFilter, "The filter is not valid: externalIds needs authority and value")
		}
		seen[s.attr] = true
	}
	return t, nil
}

// pair returns the external id a complex term looks for.
func (t term) pair() ExternalID {
	var e ExternalID
	for _, s := range t.sub {
		if s.attr == "authority" {
			e.Authority = s.value
		} else {
			e.Value = s.value
		}
	}
	return e
}

// matches reports whether a user satisfies a term.
func (t term) matches(u *User) bool {
	switch t.attr {
	case "id":
		return u.ID == t.value
	case "username":
		return fold(u.UserName) == fold(t.value)
	case "email":
		return fold(u.UserName) == fold(t.value) || fold(u.WorkEmail) == fold(t.value)
	case "externalid":
		return u.ExternalID == t.value
	case "employeenumber":
		return u.EmployeeNumber == t.value
	case "manager":
		return u.ManagerID == t.value
	case "division":
		return fold(u.Division) == fold(t.value)
	case "externalids":
		want := t.pair()
		if want.Authority == mirrorAuthority {
			return u.ExternalID == want.Value
		}
		for _, e := range u.ExternalIDs {
			if e == want {
				return true
			}
		}
	}
	return false
}

// findUsers returns one page of the users that match, in the order of their ids, and how many match. f may be nil.
func (d *directory) findUsers(f *userFilter, k *Knobs, offset, n int) (total int, page []*User) {
	d.catchUp()
	d.mu.RLock()
	defer d.mu.RUnlock()
	x := d.search
	state := Active
	if f != nil && f.active != nil && !*f.active {
		state = Inactive
	}
	set := x.list(state)
	if f != nil {
		if f.lookup {
			found := x.lookup(f, k.LookupActiveOnly)
			for i := offset; i < len(found) && i < offset+n; i++ {
				page = append(page, found[i])
			}
			return len(found), page
		}
		if len(f.terms) > 0 {
			set = x.listed(f.terms, state)
		}
	}
	for _, id := range set.Page(offset, n) {
		page = append(page, x.records[id])
	}
	return set.Len(), page
}

// lookup finds the few users that a filter with a look-up term names.
func (x *searchIndex) lookup(f *userFilter, activeOnly bool) []*User {
	var out []*User
	for _, id := range x.candidates(f.terms) {
		u := x.records[id]
		if u == nil || f.active != nil && *f.active != (u.State == Active) || f.active == nil && activeOnly && u.State != Active {
			continue
		}
		ok := true
		for _, t := range f.terms {
			ok = ok && t.matches(u)
		}
		if ok {
			out = append(out, u)
		}
	}
	return out
}

// candidates returns the ids that the most selective look-up term finds, in order.
func (x *searchIndex) candidates(terms []term) []string {
	one := func(id string, ok bool) []string {
		if !ok {
			return nil
		}
		return []string{id}
	}
	var ids []string
	for _, t := range terms {
		switch t.attr {
		case "id":
			return []string{t.value}
		case "username":
			id, ok := x.userName[fold(t.value)]
			return one(id, ok)
		case "externalid":
			id, ok := x.externalID[t.value]
			return one(id, ok)
		case "externalids":
			if e := t.pair(); e.Authority == mirrorAuthority {
				id, ok := x.externalID[e.Value]
				return one(id, ok)
			}
			id, ok := x.pair[t.pair()]
			return one(id, ok)
		case "email":
			set := orderedSet{}
			for _, id := range x.workEmail[fold(t.value)].All() {
				set.Add(id)
			}
			if id, ok := x.userName[fold(t.value)]; ok {
				set.Add(id)
			}
			ids = set.All()
		case "employeenumber":
			ids = x.employee[t.value].All()
		}
	}
	return ids
}

// listed returns the users of a manager, of a division, or of both.
func (x *searchIndex) listed(terms []term, state State) *orderedSet {
	var smallest *orderedSet
	for i, t := range terms {
		set := x.byManager[stateKey(state, t.value)]
		if t.attr == "division" {
			set = x.byDivision[stateKey(state, fold(t.value))]
		}
		if i == 0 || set.Len() < smallest.Len() {
			smallest = set
		}
	}
	if len(terms) == 1 {
		return smallest
	}
	out := &orderedSet{}
	for _, id := range smallest.All() {
		u, ok := x.records[id], true
		for _, t := range terms {
			ok = ok && t.matches(u)
		}
		if ok {
			out.Add(id)
		}
	}
	return out
}
