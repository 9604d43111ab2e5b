package engine

import (
	"context"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/fault"
	"github.com/entrain-dev/entrain/internal/state"
)

// provisionMembers makes the memberships of the chosen users equal to the source, with the requests of a cycle, and says in
// details what became of each.
func (d *demand) provisionMembers(ctx context.Context, details map[string]string) (changed bool, err error) {
	if _, mapped := d.side.Mapping.Members(); !mapped {
		d.forAll(details, "the mapping leaves members out")
		return false, nil
	}
	group, ok, err := d.Store.Get(ctx, d.plan.ID, d.out.Source)
	if err != nil {
		return false, err
	}
	if !ok || group.Link != state.Active || group.Target == "" {
		d.forAll(details, "the group has no resource in the target")
		return false, nil
	}
	add, remove, err := d.Store.Edges(ctx, d.plan.ID, group.Seq, state.PageSize)
	if err != nil {
		return false, err
	}
	var adding, removing []state.Edge
	for _, id := range d.subject.Members {
		member, known, err := d.Store.Get(ctx, d.plan.ID, sourceID(id))
		if err != nil {
			return false, err
		}
		name := directory.AttrMembers + " " + string(sourceID(id))
		missing, surplus := edgeOf(add, sourceID(id)), edgeOf(remove, sourceID(id))
		switch {
		case missing != nil:
			adding, details[name] = append(adding, *missing), "added"
		case surplus != nil:
			removing, details[name] = append(removing, *surplus), "removed"
		case !known || member.Link == state.Unlinked:
			details[name] = "not provisioned; provision the user first"
		case len(add) == state.PageSize || len(remove) == state.PageSize:
			// Too many memberships of the group are pending to see this one; the next cycle sends them all.
			details[name] = "left to the next cycle"
		default:
			details[name] = "equal"
		}
	}
	if len(adding)+len(removing) == 0 {
		return false, nil
	}
	if err := d.intendMembers(ctx, group.Record); err != nil {
		return false, err
	}
	before := d.references.Load()
	if _, err := d.sendMembers(ctx, group.Record, adding, removing); err != nil {
		return false, err
	}
	if d.references.Load() > before {
		return false, d.membersRefused(details)
	}
	for _, e := range adding {
		d.out.Properties = append(d.out.Properties, state.LogProperty{Name: directory.AttrMembers, New: string(e.ID)})
	}
	for _, e := range removing {
		d.out.Properties = append(d.out.Properties, state.LogProperty{Name: directory.AttrMembers, Old: string(e.ID)})
	}
	return true, nil
}

// membersRefused is the failure that sendMembers put into escrow.
func (d *demand) membersRefused(details map[string]string) error {
	clear(details)
	if d.target.failed == nil {
		return fault.New(fault.Invalid, "update members", "The memberships could not be sent.")
	}
	return d.target.failed
}

func (d *demand) forAll(details map[string]string, text string) {
	for _, id := range d.subject.Members {
		details[directory.AttrMembers+" "+string(sourceID(id))] = text
	}
}

func edgeOf(edges []state.Edge, id directory.SourceID) *state.Edge {
	for i := range edges {
		if edges[i].ID == id {
			return &edges[i]
		}
	}
	return nil
}
