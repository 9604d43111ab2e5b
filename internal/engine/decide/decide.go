package decide

import (
	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/state"
)

// Reason is why an action was chosen, or why nothing is done. The codes of skips are those of reference part 2 section 10.3.
type Reason string

// The reasons.
const (
	// ReasonEntersScope: the object is in scope and not linked.
	ReasonEntersScope Reason = "EntersScope"
	// ReasonChanged: mapped values differ from what was last sent.
	ReasonChanged Reason = "Changed"
	// ReasonBlocked: sign-in is blocked in Entra (accountEnabled is false).
	ReasonBlocked Reason = "Blocked"
	// ReasonSoftDeleted: the object is in the recycle bin.
	ReasonSoftDeleted Reason = "SoftDeleted"
	// ReasonHardDeleted: the object is gone from Entra.
	ReasonHardDeleted Reason = "HardDeleted"
	// ReasonUnassigned: the object is no longer assigned to the application.
	ReasonUnassigned Reason = "Unassigned"
	// ReasonFiltered: no scoping filter lets the object in.
	ReasonFiltered Reason = "NotInScope"
	// ReasonEqual: source and target are equal.
	ReasonEqual Reason = "RedundantExport"
	// ReasonNotEntitled: never provisioned and not assigned, or blocked.
	ReasonNotEntitled Reason = "NotEffectivelyEntitled"
	// ReasonUnmanaged: the object had left scope before; what happens to it is no longer our business.
	ReasonUnmanaged Reason = "Unmanaged"
	// ReasonScopeUnknown: a scoping filter could not be evaluated; nothing is changed.
	ReasonScopeUnknown Reason = "ScopeUnknown"
)

// Input is everything a decision depends on.
type Input struct {
	Kind    directory.Kind
	Removal directory.Removal
	// Enabled is accountEnabled of a person; always true for a group.
	Enabled bool
	// Assigned is true when assigned, or when everybody is in scope.
	Assigned bool
	// Filtered is true when the scoping filters let the object in.
	Filtered bool
	// ScopeUnknown is true when the scoping filters could not be evaluated.
	ScopeUnknown bool
	Link         state.Link
	// Intent is true when a create was begun and its outcome is not known.
	Intent bool
	// Changed is true when the linked resource differs from what is wanted.
	Changed bool

	// Create, Update and Delete are the mapping's target object actions.
	Create, Update, Delete bool
	// Disables is true when the mapping carries IsSoftDeleted to the target.
	Disables bool
	// CanDelete is true when the target deletes objects of this kind.
	CanDelete bool
	// SkipOutOfScope leaves objects that go out of scope untouched. It does not cover people who are blocked or deleted.
	SkipOutOfScope bool
}

// Verdict is what is to be done.
type Verdict struct {
	Action state.Action
	Reason Reason
	// LeavesScope releases the link once the action is applied.
	LeavesScope bool
}

// SoftDeleted is the computed attribute IsSoftDeleted (reference 4.8).
func (in Input) SoftDeleted() bool {
	return in.Removal != directory.Present || !in.Assigned || !in.Filtered || !in.Enabled
}

func (in Input) linked() bool { return in.Link == state.Active || in.Link == state.Disabled }

// Decide applies the rules of reference 1.3.
func Decide(in Input) Verdict {
	if in.Kind == directory.Group {
		return decideGroup(in)
	}
	if in.unheardOf() {
		// As for somebody who is linked, blocked and soft-deleted people stay managed.
		why := in.cause()
		return Verdict{Action: state.Disable, Reason: why, LeavesScope: why != ReasonBlocked && why != ReasonSoftDeleted}
	}
	switch {
	case in.Removal == directory.HardDeleted:
		return hardDeleted(in)
	case in.Removal == directory.SoftDeleted:
		return switchOff(in, ReasonSoftDeleted)
	case in.ScopeUnknown:
		return Verdict{Reason: ReasonScopeUnknown}
	case !in.Assigned:
		return leave(in, ReasonUnassigned)
	case !in.Filtered:
		return leave(in, ReasonFiltered)
	case !in.Enabled:
		return switchOff(in, ReasonBlocked)
	}
	return stay(in)
}

// unheardOf reports whether a person who is not, or no longer, to have access may have an account of which nobody heard: the
// answer to its create was lost. It is looked up and disabled.
func (in Input) unheardOf() bool {
	known := !in.ScopeUnknown || in.Removal != directory.Present
	return in.Link == state.Unlinked && in.Intent && known && in.SoftDeleted() && in.Disables && in.Update
}

// cause says why a person is not to have access.
func (in Input) cause() Reason {
	switch {
	case in.Removal == directory.HardDeleted:
		return ReasonHardDeleted
	case in.Removal == directory.SoftDeleted:
		return ReasonSoftDeleted
	case !in.Assigned:
		return ReasonUnassigned
	case !in.Filtered:
		return ReasonFiltered
	}
	return ReasonBlocked
}

// hardDeleted: DELETE for what is managed, nothing for what was released before.
func hardDeleted(in Input) Verdict {
	if in.linked() && in.Delete && in.CanDelete {
		return Verdict{Action: state.Delete, Reason: ReasonHardDeleted, LeavesScope: true}
	}
	// Somebody who was purged before the soft deletion was seen is still enabled in the target: the disabling that the soft
	// deletion would have brought is owed, whatever the mapping says about deletions.
	if in.Link == state.Active && in.Update && in.Disables {
		return Verdict{Action: state.Disable, Reason: ReasonHardDeleted, LeavesScope: true}
	}
	return Verdict{Action: state.Release, Reason: ReasonHardDeleted, LeavesScope: true}
}

// switchOff disables a person who stays managed: a later hard deletion deletes, a restoration enables.
func switchOff(in Input, why Reason) Verdict {
	switch {
	case in.Link == state.Active && in.Disables && in.Update:
		return Verdict{Action: state.Disable, Reason: why}
	case in.Link == state.Disabled && in.Removal == directory.Present && in.Changed && in.Update:
		return Verdict{Action: state.Update, Reason: ReasonChanged}
	case in.linked():
		return Verdict{Reason: ReasonEqual}
	case in.Link == state.Released:
		return Verdict{Reason: ReasonUnmanaged}
	}
	return Verdict{Reason: ReasonNotEntitled}
}

// leave disables a person who goes out of scope and releases the link.
func leave(in Input, why Reason) Verdict {
	switch {
	case in.Link == state.Active && in.Disables && in.Update && !in.SkipOutOfScope:
		return Verdict{Action: state.Disable, Reason: why, LeavesScope: true}
	case in.linked():
		return Verdict{Action: state.Release, Reason: why, LeavesScope: true}
	case in.Link == state.Released:
		return Verdict{Reason: ReasonUnmanaged}
	case why == ReasonFiltered:
		return Verdict{Reason: ReasonFiltered}
	}
	return Verdict{Reason: ReasonNotEntitled}
}

// stay brings an object that is in scope up to date.
func stay(in Input) Verdict {
	switch {
	case !in.linked() && (in.Create || in.Update):
		return Verdict{Action: state.Provision, Reason: ReasonEntersScope}
	case in.linked() && in.Changed && in.Update:
		return Verdict{Action: state.Update, Reason: ReasonChanged}
	}
	return Verdict{Reason: ReasonEqual}
}

// decideGroup: a group is not disabled; leaving scope deletes it where mapping and target allow that, and releases it where
// they do not: nothing is sent and its memberships stay.
func decideGroup(in Input) Verdict {
	why := ReasonHardDeleted
	switch {
	case in.Removal != directory.Present:
		if in.Removal == directory.SoftDeleted {
			why = ReasonSoftDeleted
		}
	case in.ScopeUnknown:
		return Verdict{Reason: ReasonScopeUnknown}
	case !in.Assigned:
		why = ReasonUnassigned
	case !in.Filtered:
		why = ReasonFiltered
	default:
		return stay(in)
	}
	skip := in.SkipOutOfScope && in.Removal == directory.Present
	switch {
	case in.linked() && in.Delete && in.CanDelete && !skip:
		return Verdict{Action: state.Delete, Reason: why, LeavesScope: true}
	case in.linked(), in.Removal == directory.HardDeleted:
		return Verdict{Action: state.Release, Reason: why, LeavesScope: true}
	case in.Link == state.Released:
		return Verdict{Reason: ReasonUnmanaged}
	case why == ReasonFiltered:
		return Verdict{Reason: ReasonFiltered}
	}
	return Verdict{Reason: ReasonNotEntitled}
}
