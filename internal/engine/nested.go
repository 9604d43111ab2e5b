package engine

import (
	"context"
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
		if d.plan.Nested {
			next = append(slices.Clip(next), inner...)
		}
	}
	return nil
}

// readGroup reads one group and returns the groups that are in it.
func (d *demand) readGroup(ctx context.Context, id directory.SourceID, wanted []string) ([]directory.SourceID, error) {
	change, err := d.plan.Source.Find(ctx, directory.Group, id, d.plan.Selection(directory.Group))
	if err != nil {
		return nil, err
	}
	return d.importGroup(ctx, change, wanted)
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
