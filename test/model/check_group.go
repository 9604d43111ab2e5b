package model

import (
	"context"
	"slices"
	"strings"

	"github.com/entrain-dev/entrain/internal/state"
	"github.com/entrain-dev/entrain/test/model/world"
)

// equalGroups checks every group that is in scope, and that no other group was made.
func (h *history) equalGroups() error {
	groups := h.w.App.Groups()
	for _, g := range h.m.groups {
		r, _, err := h.record(g.id)
		if err != nil {
			return err
		}
		if !g.assigned || g.deleted {
			if r.Link == state.Active {
				return broken("group %s is still managed", g.name)
			}
			continue
		}
		at := slices.IndexFunc(groups, func(have world.Group) bool { return have.ID == string(r.Target) })
		if r.Link != state.Active || at < 0 {
			named := slices.ContainsFunc(groups, func(have world.Group) bool { return have.Name == g.name })
			if h.m.creates || named || r.Escrow == nil {
				return broken("group %s is linked %q to %q, escrow %+v", g.name, r.Link, r.Target, r.Escrow)
			}
			continue
		}
		if h.m.creates && groups[at].Name != g.name {
			return broken("group %s is named %s", g.name, groups[at].Name)
		}
		if err := h.equalMembers(g, groups[at]); err != nil {
			return err
		}
	}
	return nil
}

func (h *history) equalMembers(g *group, have world.Group) error {
	members := map[string]bool{}
	for _, p := range h.m.people {
		if !h.m.has(g, p) {
			continue
		}
		if h.m.due(p) && !h.contested(p) && !slices.Contains(have.Members, p.account) {
			return broken("%s is not in %s", p.upn, g.name)
		}
		members[p.account] = true
	}
	for _, id := range have.Members {
		if members[id] || h.m.joined[id] || h.state(id) != world.Active || h.inherited(id) {
			continue
		}
		return broken("%s is in %s and should not be", id, g.name)
	}
	return nil
}

// inherited reports whether an account had another owner before, whose memberships stay with it.
func (h *history) inherited(id string) bool {
	n := 0
	for _, p := range h.m.people {
		if p.owned[id] {
			n++
		}
	}
	return n > 1
}

// mark remembers where the log is before a cycle.
func (h *history) mark() error {
	newest, err := h.w.Store.Log(context.Background(), h.w.Plan.ID, state.LogQuery{Limit: 1})
	for _, e := range newest {
		h.seen = e.Number
	}
	return err
}

// split finds the second request of an addition of members that was sent in two, of which the log tells as of one: where it is not
// known whether an application keeps the others, the first addition to an empty group is.
func (h *history) split(sent, told []string) int {
	if !h.m.creates || len(sent) != len(told)+1 {
		return -1
	}
	for _, g := range h.w.App.Groups() {
		patch := "PATCH " + g.ID
		if at := slices.Index(sent, patch); at >= 0 && count(sent, patch) == count(told, patch)+1 && count(told, patch) > 0 {
			return at
		}
	}
	return -1
}

func count(list []string, s string) (n int) {
	for _, l := range list {
		if l == s {
			n++
		}
	}
	return n
}

// logged checks that the provisioning log tells exactly what the last cycle sent.
func (h *history) logged() error {
	entries, err := h.w.Store.Log(context.Background(), h.w.Plan.ID, state.LogQuery{After: h.seen, Limit: 1000})
	if err != nil {
		return err
	}
	var told []string
	for _, e := range entries {
		if e.Status != "success" && e.Status != "warning" {
			continue
		}
		switch e.Action {
		case "create":
			told = append(told, "POST "+string(e.Target))
		case "update":
			told = append(told, "PATCH "+string(e.Target))
		case "disable":
			if len(e.Properties) > 0 {
				told = append(told, "PATCH "+string(e.Target))
			}
		case "delete":
			if e.Target != "" && slices.Contains(h.writes, "DELETE "+string(e.Target)) {
				told = append(told, "DELETE "+string(e.Target))
			}
		}
	}
	sent := slices.Clone(h.writes)
	slices.Sort(sent)
	slices.Sort(told)
	if at := h.split(sent, told); at >= 0 {
		sent = slices.Delete(sent, at, at+1)
	}
	if !slices.Equal(sent, told) {
		return broken("the log tells of %s but the cycle sent %s", strings.Join(told, ", "), strings.Join(sent, ", "))
	}
	return nil
}
