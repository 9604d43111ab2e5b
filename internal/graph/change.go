package graph

import (
	"encoding/json"

	"github.com/entrain-dev/entrain/internal/directory"
)

// maxTrackedManagers bounds what one read remembers of managers. Beyond it the order of arrival decides.
const maxTrackedManagers = 20_000

// deltaRead is the state of one round.
type deltaRead struct {
	sel *selection
	// managers holds the managers this round has named. A removal that comes after, in another entry for the same user, and
	// names somebody else is the old manager's and clears nothing (section 1.5: the order is not guaranteed).
	managers map[directory.SourceID]directory.SourceID
}

// change turns an entry of a delta into a change (sections 1.3 and 2.2).
func (r *deltaRead) change(e entity) (directory.Change, error) {
	id, err := e.identity()
	if err != nil {
		return directory.Change{}, err
	}
	out := directory.Change{Kind: r.sel.kind, ID: id}
	if removed, reason := e.removed(); removed {
		// Other properties of such an entry mean nothing. An unknown reason is taken for the one that can be undone.
		out.Removal = directory.SoftDeleted
		if reason == "deleted" {
			out.Removal = directory.HardDeleted
		}
		delete(r.managers, id)
		return out, nil
	}
	if out.Set, err = r.sel.attributes(e, false); err != nil {
		return directory.Change{}, err
	}
	if raw, ok := e[managerDelta]; ok && r.sel.manager && !isNull(raw) {
		if err := r.manager(id, raw, out.Set); err != nil {
			return directory.Change{}, err
		}
	}
	if raw, ok := e[membersDelta]; ok && r.sel.members && !isNull(raw) {
		if out.Members, err = members(raw); err != nil {
			return directory.Change{}, err
		}
	}
	return out, nil
}

// manager applies manager@delta: entries without @removed win over those with, in any order; only removals of the manager
// that the user has clear the attribute.
func (r *deltaRead) manager(user directory.SourceID, raw json.RawMessage, set directory.Attributes) error {
	list, err := related(raw, managerDelta)
	if err != nil {
		return err
	}
	current, named := r.managers[user]
	var manager directory.SourceID
	clears := false
	for _, e := range list {
		id, err := e.identity()
		if err != nil {
			return err
		}
		if removed, _ := e.removed(); !removed {
			manager = id
		} else if !named || id == current {
			clears = true
		}
	}
	switch {
	case manager != "":
		set[directory.AttrManager] = []string{string(manager)}
		if named || len(r.managers) < maxTrackedManagers {
			r.managers[user] = manager
		}
	case clears:
		set[directory.AttrManager] = nil
		delete(r.managers, user)
	}
	return nil
}

// members reads members@delta. Reason is always "deleted", also for a member that only left the group.
func members(raw json.RawMessage) ([]directory.MemberChange, error) {
	list, err := related(raw, membersDelta)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	out := make([]directory.MemberChange, 0, len(list))
	for _, e := range list {
		m, err := member(e)
		if err != nil {
			return nil, err
		}
		out = append(out, m)
	}
	return out, nil
}

func member(e entity) (directory.MemberChange, error) {
	id, err := e.identity()
	if err != nil {
		return directory.MemberChange{}, err
	}
	removed, _ := e.removed()
	kind, known := e.kind()
	if !known && !removed {
		return directory.MemberChange{}, misshaped("a member has no %s", propertyType)
	}
	return directory.MemberChange{ID: id, Kind: kind, Removed: removed}, nil
}
