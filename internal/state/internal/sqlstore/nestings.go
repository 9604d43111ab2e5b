package sqlstore

import (
	"maps"
	"slices"

	"github.com/entrain-dev/entrain/internal/state"
)

// nestings holds the groups that are direct members of each group. There may be circles.
type nestings map[state.Seq][]state.Seq

// outer returns the groups that have groups in them, in order.
func (n nestings) outer() []state.Seq { return slices.Sorted(maps.Keys(n)) }

// inside returns every group that is nested in a group at any depth, not the group itself, in order.
func (n nestings) inside(group state.Seq) []state.Seq {
	seen := map[state.Seq]bool{group: true}
	var found []state.Seq
	for next := []state.Seq{group}; len(next) > 0; {
		last := next[len(next)-1]
		next = next[:len(next)-1]
		for _, inner := range n[last] {
			if !seen[inner] {
				seen[inner] = true
				found, next = append(found, inner), append(next, inner)
			}
		}
	}
	slices.Sort(found)
	return found
}

// parts cuts the work for roots, and for holders that may no longer be roots, into pieces of about nestPart pairs.
func (n nestings) parts(roots, holders []state.Seq) []nestedPart {
	isRoot := make(map[state.Seq]bool, len(roots))
	for _, root := range roots {
		isRoot[root] = true
	}
	all := slices.Concat(roots, holders)
	slices.Sort(all)
	var out []nestedPart
	var p nestedPart
	for _, group := range slices.Compact(all) {
		p.groups = append(p.groups, group)
		if isRoot[group] {
			for _, inner := range n.inside(group) {
				p.inner = append(p.inner, []any{group, inner})
			}
		}
		if len(p.groups)+len(p.inner) >= nestPart {
			out, p = append(out, p), nestedPart{}
		}
	}
	if len(p.groups) > 0 {
		out = append(out, p)
	}
	return out
}
