package engine

import (
	"context"
	"slices"
	"strings"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/fault"
	"github.com/entrain-dev/entrain/internal/state"
)

// maxGroupsOnDemand bounds the groups, assigned and nested, that are read one by one where no delta token tells what changed in them.
const maxGroupsOnDemand = 200

// userFinder is a source that finds users by name.
type userFinder interface {
	FindUser(ctx context.Context, userPrincipalName string, attributes []string) (directory.Change, error)
}

// importObject reads the object, who is assigned, and for a user what changed in groups, and takes all of it into the store
// as a cycle does.
func (d *demand) importObject(ctx context.Context) (bool, error) {
	change, err := d.findObject(ctx)
	if err != nil {
		return d.fail(ctx, StepImport, err, nil)
	}
	d.out.Source = change.ID
	inner, err := d.importFound(ctx, change)
	if err != nil {
		return false, err
	}
	note := ""
	if d.plan.AssignedOnly {
		groups, doubted, err := d.readAssignments(ctx)
		if err == nil && d.kind == directory.User {
			err = d.readMemberships(ctx, groups, []string{string(d.out.Source)})
		}
		if err != nil {
			return d.fail(ctx, StepImport, err, nil)
		}
		if d.doubted = doubted; doubted {
			note = " The list of assignments is suddenly empty; the one read before counts until the next cycles confirm that."
		}
	}
	if d.kind == directory.Group && d.plan.Nested {
		if err := d.readMemberships(ctx, inner, d.subject.Members); err != nil {
			return d.fail(ctx, StepImport, err, nil)
		}
	}
	if err := d.nest(ctx); err != nil {
		return false, err
	}
	known, err := d.reload(ctx)
	if err != nil {
		return false, err
	}
	if !known {
		return d.fail(ctx, StepImport, fault.New(fault.NotFound, "read object", "The tenant has no %s with this id.", strings.ToLower(string(d.kind))), nil)
	}
	d.secret = d.redaction()
	details := d.secret.source(d.view(d.record, !d.present()))
	description := string(d.kind) + " was read from Entra." + note
	if d.record.Removal != directory.Present {
		description = string(d.kind) + " is deleted in Entra." + note
	}
	d.step(StepImport, OnDemandSuccess, "", description, details)
	d.logSteps = append(d.logSteps, state.LogStep{Name: "EntryImport", Type: "import", Status: logSuccess, Description: description})
	return true, nil
}

// importFound takes the object in. It returns the groups that are in a group.
func (d *demand) importFound(ctx context.Context, change directory.Change) ([]directory.SourceID, error) {
	if d.kind == directory.Group {
		return d.importGroup(ctx, change, d.subject.Members)
	}
	return nil, d.Store.Import(ctx, d.plan.ID, d.number(), false, []directory.Change{change})
}

func (d *demand) present() bool { return d.record.Removal == directory.Present }

// findObject reads the object from the source.
func (d *demand) findObject(ctx context.Context) (directory.Change, error) {
	attributes := d.plan.Selection(d.kind)
	switch {
	case d.subject.GroupID != "":
		return d.plan.Source.Find(ctx, directory.Group, sourceID(d.subject.GroupID), attributes)
	case d.subject.UserID != "":
		return d.plan.Source.Find(ctx, directory.User, sourceID(d.subject.UserID), attributes)
	}
	finder, ok := d.plan.Source.(userFinder)
	if !ok {
		return directory.Change{}, fault.New(fault.Invalid, "find user", "This source finds users by id only; name the user by id.")
	}
	return finder.FindUser(ctx, d.subject.UserPrincipalName, attributes)
}

func sourceID(id string) directory.SourceID { return directory.SourceID(strings.ToLower(id)) }

func sourceIDs(ids []string) []directory.SourceID {
	out := make([]directory.SourceID, len(ids))
	for i, id := range ids {
		out[i] = sourceID(id)
	}
	return out
}

// withAbsent adds a removal for each wanted member that a complete list does not hold.
func withAbsent(members []directory.MemberChange, kind directory.Kind, wanted []directory.SourceID) []directory.MemberChange {
	for _, id := range wanted {
		if !slices.ContainsFunc(members, func(m directory.MemberChange) bool { return m.ID == id }) {
			members = append(members, directory.MemberChange{ID: id, Kind: kind, Removed: true})
		}
	}
	return members
}

// readAssignments reads the complete list and puts it in force, unless it is suddenly empty: only cycles may believe that.
// It returns the assigned groups.
func (d *demand) readAssignments(ctx context.Context) (groups []directory.SourceID, doubted bool, err error) {
	err = d.plan.Source.Assignments(ctx, func(page []directory.Assignment) error {
		for _, a := range page {
			if a.Kind == directory.Group && !a.Role.Disabled && !slices.Contains(groups, a.Principal) {
				groups = append(groups, a.Principal)
			}
		}
		return d.Store.StageAssignments(ctx, d.plan.ID, d.number(), page)
	})
	if err != nil {
		return nil, false, err
	}
	inForce, staged, err := d.Store.CountAssignments(ctx, d.plan.ID, d.number())
	if err != nil {
		return nil, false, err
	}
	if inForce > 0 && staged == 0 {
		return nil, true, nil
	}
	return groups, false, d.Store.FinishAssignments(ctx, d.plan.ID, d.number())
}

// readMemberships brings the members of groups up to date: what changed since the last cycle, or, where no token says that,
// the groups themselves as to wanted members. The watermark stays where it is; reading the same again changes nothing.
func (d *demand) readMemberships(ctx context.Context, groups []directory.SourceID, wanted []string) error {
	if d.watermark != "" && d.readWith == d.selection() {
		_, err := d.plan.Source.Changes(ctx, directory.Group, d.watermark, d.plan.Selection(directory.Group), func(changes []directory.Change) error {
			return d.Store.Import(ctx, d.plan.ID, d.number(), false, changes)
		})
		if !fault.Is(err, fault.Gone) {
			return err
		}
	}
	return d.readGroups(ctx, groups, wanted)
}

// reload reads the record of the object again; false when the store has none.
func (d *demand) reload(ctx context.Context) (bool, error) {
	r, ok, err := d.Store.Get(ctx, d.plan.ID, d.out.Source)
	if err != nil || !ok {
		return false, err
	}
	d.record = r
	d.out.Target = r.Target
	d.targets, err = d.resolve(ctx, []state.Candidate{r})
	return true, err
}
