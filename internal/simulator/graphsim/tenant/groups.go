package tenant

import (
	"fmt"
	"maps"
	"slices"
)

// AddGroup creates a group and returns its id. displayName is required; without more it is a security group.
func (t *Tenant) AddGroup(props map[string]any) (string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if name, _ := props["displayName"].(string); name == "" {
		return "", fmt.Errorf("%w: a group needs a displayName", ErrInvalid)
	}
	all := map[string]any{"securityEnabled": true, "mailEnabled": false, "groupTypes": []string{}, "createdDateTime": t.now()}
	maps.Copy(all, props)
	o, err := t.create(Group, all)
	if err != nil {
		return "", err
	}
	o.members = newRoster[*object]()
	t.insert(o)
	return o.id, nil
}

// UpdateGroup sets properties of a group; nil clears one.
func (t *Tenant) UpdateGroup(id string, props map[string]any) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	o, err := t.find(Group, id, Active)
	if err != nil {
		return err
	}
	values, err := t.check(Group, props)
	if err != nil {
		return err
	}
	t.apply(o, values)
	return nil
}

// AddMembers adds direct members; those that are members already are passed over. It stops at the first unknown id.
func (t *Tenant) AddMembers(group string, ids ...string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	g, err := t.find(Group, group, Active)
	if err != nil {
		return err
	}
	for _, id := range ids {
		m, err := t.find("", id, Active)
		if err != nil {
			return err
		}
		if m == g {
			return fmt.Errorf("%w: a group cannot be its own member", ErrInvalid)
		}
		if g.members.has(m) {
			continue
		}
		seq := t.next()
		g.members.add(seq, m)
		m.memberOf = append(m.memberOf, g)
		t.recordMember(g, m, seq, false)
	}
	return nil
}

// RemoveMembers removes direct members; those that are none are passed over. It stops at the first unknown id.
func (t *Tenant) RemoveMembers(group string, ids ...string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	g, err := t.find(Group, group, Active)
	if err != nil {
		return err
	}
	for _, id := range ids {
		m, err := t.find("", id, Active, Deleted)
		if err != nil {
			return err
		}
		if g.members.has(m) {
			t.removeMember(g, m, t.next())
		}
	}
	return nil
}

func (t *Tenant) removeMember(g, m *object, seq uint64) {
	g.members.remove(m)
	m.leave(g)
	t.recordMember(g, m, seq, true)
}

// DeleteGroup deletes a group the way its kind is deleted: a Microsoft 365 group goes to the recycle bin, any other is gone (2.2).
func (t *Tenant) DeleteGroup(id string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	o, err := t.find(Group, id, Active)
	if err != nil {
		return err
	}
	if t.recyclable(o) {
		t.softDelete(o)
		return nil
	}
	t.purge(o)
	return nil
}

// recyclable says whether a group goes to the recycle bin when it is deleted.
func (t *Tenant) recyclable(g *object) bool {
	kinds, _ := g.value("groupTypes").([]string)
	security, _ := g.value("securityEnabled").(bool)
	return slices.Contains(kinds, "Unified") || t.cfg.SoftDeleteSecurityGroups && security
}
