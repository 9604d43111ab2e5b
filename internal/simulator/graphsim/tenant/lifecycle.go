package tenant

import (
	"fmt"
	"strings"
)

// SoftDelete puts a user or Microsoft 365 group into the recycle bin. Memberships, manager links and assignments are kept but
// hidden from plain lists; the userPrincipalName gets the object id as prefix (3.6).
func (t *Tenant) SoftDelete(id string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	o, err := t.find("", id, Active)
	if err != nil {
		return err
	}
	if o.kind == Group && !t.recyclable(o) {
		return fmt.Errorf("%w: a security group has no recycle bin", ErrInvalid)
	}
	t.softDelete(o)
	return nil
}

func (t *Tenant) softDelete(o *object) {
	seq := t.next()
	if o.kind == User {
		upn := o.text("userPrincipalName")
		delete(t.byUPN, strings.ToLower(upn))
		o.set("userPrincipalName", strings.ReplaceAll(o.id, "-", "")+upn, seq)
	}
	o.state, o.lifecycle, o.deletedAt = Deleted, seq, t.clock.Now()
	o.set("deletedDateTime", t.now(), seq)
	t.bin[o.kind].add(seq, o)
	t.active[o.kind]--
	t.record(o, seq)
}

// Restore takes an object out of the recycle bin.
func (t *Tenant) Restore(id string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	o, err := t.find("", id, Deleted)
	if err != nil {
		return err
	}
	if o.kind == User {
		upn := strings.TrimPrefix(o.text("userPrincipalName"), strings.ReplaceAll(o.id, "-", ""))
		if t.byUPN[strings.ToLower(upn)] != nil {
			return fmt.Errorf("%w: userPrincipalName of the deleted user is taken", ErrConflict)
		}
		t.byUPN[strings.ToLower(upn)] = o
		o.set("userPrincipalName", upn, t.seq+1)
	}
	seq := t.next()
	o.state, o.lifecycle = Active, seq
	o.unset("deletedDateTime")
	t.bin[o.kind].remove(o)
	t.active[o.kind]++
	t.record(o, seq)
	return nil
}

// unset forgets a property as if it had never been set.
func (o *object) unset(name string) {
	props := make([]Property, 0, len(o.props))
	for _, p := range o.props {
		if p.Name != name {
			props = append(props, p)
		}
	}
	o.props = props
}

// Purge removes an object for good, from the recycle bin or directly. It leaves its groups, its reports lose their manager
// and its assignments end. The work grows with the number of these links.
func (t *Tenant) Purge(id string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	o, err := t.find("", id, Active, Deleted)
	if err != nil {
		return err
	}
	t.purge(o)
	return nil
}

func (t *Tenant) purge(o *object) {
	for len(o.memberOf) > 0 {
		t.removeMember(o.memberOf[0], o, t.next())
	}
	o.members.each(0, func(_ uint64, m *object) bool {
		m.leave(o)
		return true
	})
	o.members = nil
	o.reports.each(0, func(_ uint64, report *object) bool {
		report.oldManager, report.manager, report.managerSeq = o, nil, t.next()
		t.record(report, report.managerSeq)
		return true
	})
	o.reports = nil
	if o.manager != nil {
		o.manager.reports.remove(o)
		o.manager = nil
	}
	for _, a := range o.assignments {
		a.resource.assigned.remove(a)
		delete(a.resource.byID, a.id)
	}
	o.assignments = nil
	if o.state == Active {
		t.active[o.kind]--
		if o.kind == User {
			delete(t.byUPN, strings.ToLower(o.text("userPrincipalName")))
		}
	}
	t.bin[o.kind].remove(o)
	t.lists[o.kind].remove(o)
	seq := t.next()
	o.state, o.lifecycle = Purged, seq
	t.record(o, seq)
}

// leave forgets that o is a member of g.
func (o *object) leave(g *object) {
	for i, have := range o.memberOf {
		if have == g {
			o.memberOf = append(o.memberOf[:i], o.memberOf[i+1:]...)
			return
		}
	}
}

// Expire purges what has been in the recycle bin for 30 days and returns how many objects that were.
func (t *Tenant) Expire() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	limit, n := t.clock.Now().Add(-BinLife), 0
	for _, kind := range []Kind{User, Group} {
		for {
			var oldest *object
			t.bin[kind].each(0, func(_ uint64, o *object) bool { oldest = o; return false })
			if oldest == nil || oldest.deletedAt.After(limit) {
				break
			}
			t.purge(oldest)
			n++
		}
	}
	return n
}
