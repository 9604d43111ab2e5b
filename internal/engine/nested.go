package engine

import (
	"context"
	"errors"
	"slices"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/fault"
	"github.com/entrain-dev/entrain/internal/state"
)

// nesting says for which groups people in nested groups are members.
func (p *Plan) nesting() state.Nesting {
	switch {
	case !p.Nested:
		return state.NestNone
	case p.AssignedOnly:
		return state.NestAssigned
	}
	return state.NestAll
}

// nest takes in what the import means for people in nested groups. Everything must have been imported, and nothing evaluated.
func (c *cycle) nest(ctx context.Context) error {
	return c.Store.Nest(ctx, c.plan.ID, c.plan.nesting())
}

// readGroups reads groups one by one, with those nested in them when they count, and takes in whether wanted users are among
// their direct members.
func (d *demand) readGroups(ctx context.Context, groups []directory.SourceID, wanted []string) error {
	tooMany := fault.New(fault.Invalid, "read groups",
		"More than %d groups are assigned or nested in those that are, too many to read one by one; wait for the first cycle to end.", maxGroupsOnDemand)
	if len(groups) > maxGroupsOnDemand {
		return tooMany
	}
	read := map[directory.SourceID]bool{}
	for next := groups; len(next) > 0; next = next[1:] {
		if read[next[0]] {
			continue
		}
		read[next[0]] = true
		if len(read) > maxGroupsOnDemand {
			return tooMany
		}
		inner, err := d.readGroup(ctx, next[0], wanted)
		if err != nil {
			return err
		}
		next = append(slices.Clip(next), inner...)
	}
	return nil
}

// readGroup reads one group and returns the groups in it that have to be read too.
func (d *demand) readGroup(ctx context.Context, id directory.SourceID, wanted []string) ([]directory.SourceID, error) {
	change, err := d.plan.Source.Find(ctx, directory.Group, id, d.plan.Selection(directory.Group))
	if err != nil {
		return nil, err
	}
	members := change.Members
	inner, err := d.importGroup(ctx, change, wanted)
	if err != nil || !d.plan.Nested {
		return nil, err
	}
	leads, err := d.leadsTo(ctx, id, members, inner, wanted)
	if err != nil || !leads {
		return nil, err
	}
	return inner, nil
}

// transitiveReader is a source that tells the members of a group and of all groups in it.
type transitiveReader interface {
	TransitiveMembers(ctx context.Context, group directory.SourceID, page func([]directory.MemberChange) error) error
}

// errFound ends a read that has shown what was looked for.
var errFound = errors.New("found")

// leadsTo reports whether the groups in a group have to be read to know about the wanted users: one request says that they are
// in none of them. Where the store holds members of these groups from an earlier read, they are read anyhow: what it holds may be
// what has ended.
func (d *demand) leadsTo(
	ctx context.Context, group directory.SourceID, members []directory.MemberChange, inner []directory.SourceID, wanted []string,
) (bool, error) {
	source, ok := d.plan.Source.(transitiveReader)
	if !ok || len(inner) < 2 {
		return len(inner) > 0, nil
	}
	for _, id := range inner {
		if _, known, err := d.Store.Get(ctx, d.plan.ID, id); known || err != nil {
			return true, err
		}
	}
	missing := sourceIDs(wanted)
	seen := func(page []directory.MemberChange) error {
		for _, m := range page {
			if slices.Contains(missing, m.ID) {
				return errFound
			}
		}
		return nil
	}
	missing = slices.DeleteFunc(missing, func(id directory.SourceID) bool {
		return slices.ContainsFunc(members, func(m directory.MemberChange) bool { return m.ID == id })
	})
	if len(missing) == 0 {
		return false, nil // they are in the group itself, which is as good
	}
	err := source.TransitiveMembers(ctx, group, seen)
	if errors.Is(err, errFound) {
		return true, nil
	}
	return false, err
}

// importGroup takes a group in that was read by itself, with all its members, and returns the groups that are in it.
func (d *demand) importGroup(ctx context.Context, change directory.Change, wanted []string) ([]directory.SourceID, error) {
	var inner []directory.SourceID
	if change.Removal == directory.Present {
		for _, m := range change.Members {
			if m.Kind == directory.Group {
				inner = append(inner, m.ID)
			}
		}
		if d.plan.Nested {
			// Who lost a group through which they came has lost it too.
			before, err := d.Store.InnerGroups(ctx, d.plan.ID, change.ID)
			if err != nil {
				return nil, err
			}
			change.Members = withAbsent(change.Members, directory.Group, before)
		}
		change.Members = withAbsent(change.Members, directory.User, sourceIDs(wanted))
	}
	return inner, d.Store.Import(ctx, d.plan.ID, d.number(), false, []directory.Change{change})
}
