package genesyssim

import "time"

// maxPending bounds the writes that wait to be seen by searches; above it the oldest becomes visible early.
const maxPending = 200_000

// indexUpdate is a write that searches do not see before its time (section 14).
type indexUpdate struct {
	at   time.Time
	user *User
}

// searchIndex answers lists and filters of users. It is a copy of the directory that may be out of date; lists read their
// values from it too, so that they show what the index knows.
type searchIndex struct {
	records    map[string]*User
	active     orderedSet
	inactive   orderedSet
	userName   map[string]string
	externalID map[string]string
	pair       map[ExternalID]string
	workEmail  postings
	employee   postings
	byManager  postings // key of stateKey
	byDivision postings // key of stateKey
}

func newSearchIndex() *searchIndex {
	return &searchIndex{records: map[string]*User{}, userName: map[string]string{}, externalID: map[string]string{},
		pair: map[ExternalID]string{}, workEmail: postings{}, employee: postings{}, byManager: postings{}, byDivision: postings{}}
}

// stateKey keeps active and inactive users apart, because lists show one or the other.
func stateKey(s State, value string) string {
	if value == "" {
		return ""
	}
	return string(s) + "|" + value
}

// indexLocked shows a write to searches, now or after the search delay.
func (d *directory) indexLocked(u *User) {
	delay := d.knobs().SearchDelay
	if delay <= 0 && len(d.pending) == 0 {
		d.search.apply(u)
		return
	}
	at := d.clock.Now().Add(delay)
	if n := len(d.pending); n > 0 && at.Before(d.pending[n-1].at) {
		at = d.pending[n-1].at
	}
	if d.pending = append(d.pending, indexUpdate{at: at, user: u}); len(d.pending) > maxPending {
		d.search.apply(d.pending[0].user)
		d.pending = d.pending[1:]
	}
}

// catchUp applies the writes whose time has come.
func (d *directory) catchUp() {
	now := d.clock.Now()
	d.mu.RLock()
	due := len(d.pending) > 0 && !d.pending[0].at.After(now)
	d.mu.RUnlock()
	if !due {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	n := 0
	for n < len(d.pending) && !d.pending[n].at.After(now) {
		d.search.apply(d.pending[n].user)
		n++
	}
	if d.pending = d.pending[n:]; len(d.pending) == 0 {
		d.pending = nil
	}
}

// apply replaces the record of a user.
func (x *searchIndex) apply(u *User) {
	if old := x.records[u.ID]; old != nil {
		x.drop(old)
	}
	if u.State == Deleted {
		delete(x.records, u.ID)
		return
	}
	x.records[u.ID] = u
	x.list(u.State).Add(u.ID)
	x.userName[fold(u.UserName)] = u.ID
	if u.ExternalID != "" {
		x.externalID[u.ExternalID] = u.ID
	}
	for _, e := range u.ExternalIDs {
		x.pair[e] = u.ID
	}
	x.workEmail.add(fold(u.WorkEmail), u.ID)
	x.employee.add(u.EmployeeNumber, u.ID)
	x.byManager.add(stateKey(u.State, u.ManagerID), u.ID)
	x.byDivision.add(stateKey(u.State, fold(u.Division)), u.ID)
}

func (x *searchIndex) drop(u *User) {
	x.list(u.State).Remove(u.ID)
	forget(x.userName, fold(u.UserName), u.ID)
	forget(x.externalID, u.ExternalID, u.ID)
	for _, e := range u.ExternalIDs {
		forget(x.pair, e, u.ID)
	}
	x.workEmail.remove(fold(u.WorkEmail), u.ID)
	x.employee.remove(u.EmployeeNumber, u.ID)
	x.byManager.remove(stateKey(u.State, u.ManagerID), u.ID)
	x.byDivision.remove(stateKey(u.State, fold(u.Division)), u.ID)
}

func (x *searchIndex) list(s State) *orderedSet {
	if s == Active {
		return &x.active
	}
	return &x.inactive
}
