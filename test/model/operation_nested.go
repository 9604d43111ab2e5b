package model

import (
	"math/rand/v2"
	"slices"

	"github.com/entrain-dev/entrain/internal/engine"
	"github.com/entrain-dev/entrain/test/model/world"
)

// nests reports whether the histories of a seed have nested groups: one in five has.
func nests(seed uint64) bool { return seed%5 == 0 }

// nestedKinds come in addition to kinds where there are nested groups.
var nestedKinds = []kind{
	{"group", 15, (*history).addGroup},
	{"member", 40, (*history).member},
	{"nest", 30, (*history).nest},
	{"assignGroup", 14, (*history).assignGroup},
	{"deleteGroup", 8, (*history).deleteGroup},
	{"expire", 12, (*history).expire},
	{"agree", 20, func(h *history, _ operation) error { return h.agree() }},
	{"nested", 2, func(h *history, _ operation) error { return h.use(func(v *world.Variant) { v.Nested = !v.Nested }) }},
}

// nestedBeginning is how histories with nested groups begin, for chance alone rarely brings somebody into scope through one: an
// assigned group, in it a chain of two and a single one, and people who are members of any of them and not assigned themselves.
func nestedBeginning(r *rand.Rand) []operation {
	const groups, people = 4, 4
	out := []operation{{"group", 1, 1, 0}, {"group", 1, 0, 1}, {"group", 1, 0, 0}, {"group", 1, 0, 1}}
	out = append(out, operation{"nest", 0, 1, 0}, operation{"nest", 1, 2, 0}, operation{"nest", 0, 3, 0})
	for i := range people {
		out = append(out, operation{"hire", i, 1, r.IntN(1000)}, operation{"member", 1 + r.IntN(groups-1), i, 0})
	}
	return append(out, operation{"agree", 0, 0, 0})
}

func kindsOf(seed uint64) []kind {
	out := slices.Clone(kinds)
	if nests(seed) {
		out = append(out, nestedKinds...)
	}
	if drifts(seed) != engine.DriftIgnored {
		out = slices.DeleteFunc(out, func(k kind) bool { return byHand[k.name] })
	}
	return out
}

// nest puts a group into another one or takes it out; circles come of it.
func (h *history) nest(o operation) error {
	g, inner := one(h.m.groups, o.a, exists), one(h.m.groups, o.b, exists)
	if g == nil || g == inner {
		return nil
	}
	if g.inner[inner] {
		delete(g.inner, inner)
		return h.w.Tenant.RemoveMembers(g.id, inner.id)
	}
	g.inner[inner] = true
	return h.w.Tenant.AddMembers(g.id, inner.id)
}

// has reports whether somebody is a member of a group, directly or, where that counts, through groups that exist.
func (m *model) has(g *group, p *person) bool {
	return m.hasWithout(g, p, map[*group]bool{})
}

func (m *model) hasWithout(g *group, p *person, seen map[*group]bool) bool {
	if g.members[p] {
		return true
	}
	seen[g] = true
	for inner := range g.inner {
		if m.variant.Nested && !inner.deleted && !seen[inner] && m.hasWithout(inner, p, seen) {
			return true
		}
	}
	return false
}
