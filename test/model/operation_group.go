package model

import (
	"fmt"

	"github.com/entrain-dev/entrain/test/model/world"
)

func exists(g *group) bool { return !g.deleted }

// addGroup adds a group to the tenant and mostly, where groups cannot be created, one of the same name to the application.
func (h *history) addGroup(o operation) error {
	g := &group{name: fmt.Sprintf("G%d", len(h.m.groups)), members: map[*person]bool{}, inner: map[*group]bool{}}
	var err error
	if g.id, err = h.w.Tenant.AddGroup(groupSpec(g.name, o.c%2 == 1)); err != nil {
		return err
	}
	h.m.groups = append(h.m.groups, g)
	if !h.m.creates && o.a%5 != 0 || o.a%10 == 0 {
		h.w.App.AddGroup(g.name)
	}
	if o.b%4 == 0 {
		return nil
	}
	g.assigned = true
	_, err = h.w.Tenant.Assign(world.AppID, g.id, "")
	return err
}

func (h *history) renameGroup(o operation) error {
	g := one(h.m.groups, o.a, exists)
	if g == nil {
		return nil
	}
	h.renames++
	g.name = fmt.Sprintf("R%d", h.renames)
	return h.w.Tenant.UpdateGroup(g.id, map[string]any{"displayName": g.name})
}

func (h *history) deleteGroup(o operation) error {
	g := one(h.m.groups, o.a, exists)
	if g == nil {
		return nil
	}
	g.deleted, g.assigned = true, false
	return h.w.Tenant.DeleteGroup(g.id)
}

// assignGroup assigns a group or ends its assignment.
func (h *history) assignGroup(o operation) error {
	g := one(h.m.groups, o.a, exists)
	if g == nil {
		return nil
	}
	var err error
	if g.assigned = !g.assigned; g.assigned {
		_, err = h.w.Tenant.Assign(world.AppID, g.id, "")
	} else {
		_, err = h.w.Tenant.Unassign(world.AppID, g.id, "*")
	}
	return err
}

// member adds somebody to a group or takes them out.
func (h *history) member(o operation) error {
	g, p := one(h.m.groups, o.a, exists), one(h.m.people, o.b, present)
	if g == nil || p == nil {
		return nil
	}
	if g.members[p] {
		delete(g.members, p)
		return h.w.Tenant.RemoveMembers(g.id, p.id)
	}
	g.members[p] = true
	return h.w.Tenant.AddMembers(g.id, p.id)
}

// join adds an account to a group by hand.
func (h *history) join(o operation) error {
	groups := h.w.App.Groups()
	if len(groups) == 0 {
		return nil
	}
	id := h.w.App.AddAccount(fmt.Sprintf("joined%d@contoso.com", len(h.m.strangers)), "by hand")
	h.w.App.Join(groups[o.a%len(groups)].ID, id)
	h.m.joined[id] = true
	h.m.strangers[id] = h.all()[id]
	return nil
}
