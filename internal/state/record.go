package state

import (
	"time"

	"github.com/entrain-dev/entrain/internal/directory"
)

// ConfigID names a ProvisioningConfig for the store; it is the UID of the resource, so that a config that is deleted and
// created again starts afresh.
type ConfigID string

// Seq numbers the records of a store from 1; it is stable for the life of a record and is what pages continue from.
type Seq int64

// Link says what an object of the source has to do with the target.
type Link string

const (
	// Unlinked objects have no resource in the target that we know of.
	Unlinked Link = ""
	// Active objects are linked and were last sent as enabled.
	Active Link = "Active"
	// Disabled objects are linked, were last sent as disabled and are still managed: they are in the source but soft-deleted
	// or blocked.
	Disabled Link = "Disabled"
	// Released objects left scope: the resource was disabled (or left alone) and is no longer managed. The target id is kept
	// so that the person comes back to the same account. A later deletion in the source sends nothing (reference 1.3).
	Released Link = "Released"
)

// Action is what a cycle decided to do with an object.
type Action string

const (
	// None means nothing is pending.
	None Action = ""
	// Provision means find or create the resource and bring it up to date.
	Provision Action = "Provision"
	// Update means send the differences to the linked resource.
	Update Action = "Update"
	// Disable means switch the resource off; for an object that left scope the link is released afterwards.
	Disable Action = "Disable"
	// Delete means remove the resource from the target.
	Delete Action = "Delete"
	// Release means stop managing the resource without sending anything.
	Release Action = "Release"
)

// Removes reports whether the action takes access away; these are what the deletion guard counts.
func (a Action) Removes() bool { return a == Disable || a == Delete }

// Record is what is known of one object of the source.
type Record struct {
	Seq        Seq
	Kind       directory.Kind
	ID         directory.SourceID
	Attributes directory.Attributes
	Removal    directory.Removal
	// Missing is true when the last complete read of everybody did not show the object and nobody has looked it up since.
	Missing bool

	Link   Link
	Target directory.TargetID
	// Applied is what was last sent to or read from the target for the mapped paths, references included as TargetID strings.
	Applied directory.Values

	Action Action
	// Reason is the engine's short reason for Action, for the log.
	Reason string
	// LeavesScope is true when Action takes the object out of management (link Released afterwards).
	LeavesScope bool
	// Held is true when the deletion guard keeps Action from being applied.
	Held bool
	// Intent is true when a create or, of an object with a resource, a change was begun and its outcome is not known.
	Intent bool
	// Level is the number of managers above the object that are to be created in the same cycle.
	Level int
	// Escrow is set when the last attempt failed.
	Escrow *Escrow
}

// Candidate is a record whose decision is due, with what the store knows about its assignment.
type Candidate struct {
	Record
	// Assigned is true when the object itself or, of a user, a security-enabled group that it is a member of is assigned with a
	// role that is not disabled. Members are the direct ones, and those that Nest made. A group is not entitled by a group that it is nested in (reference 1.7).
	Assigned bool
	// Roles are the enabled roles that reach the object, its own and those of its groups, ordered by id, without duplicates and
	// without directory.DefaultAccess.
	Roles []directory.Role
}

// Decision is the result of evaluating one candidate. Applying it clears the record's due mark.
type Decision struct {
	Seq         Seq
	Action      Action
	Reason      string
	LeavesScope bool
	// Log is written when not nil (a skip that an administrator should see).
	Log *LogEntry
}

// Escrow is the record of an object's failure that waits for its next attempt (reference 1.6).
type Escrow struct {
	First    time.Time `json:"first"`
	Next     time.Time `json:"next"`
	Attempts int       `json:"attempts"`
	// Code is of reference part 2 section 7.8.
	Code string `json:"code"`
	// Message is one sentence without names or addresses.
	Message string `json:"message"`
	// Reference is true when only a reference (manager, member) failed.
	Reference bool `json:"reference,omitempty"`
}

// Wait is a reference that could not be sent because the other object is not linked.
type Wait struct {
	Path string
	For  directory.SourceID
}

// Outcome is what an attempt at one object brought; it replaces what the record held.
type Outcome struct {
	Seq Seq
	// Done clears Action, Held, Intent and the escrow. When false Action stays pending; Escrow says until when, and nil keeps the
	// escrow that there is. The first resource ends the Intent in any case.
	Done   bool
	Link   Link
	Target directory.TargetID
	// Applied replaces the record's; nil keeps it.
	Applied directory.Values
	// Waits replaces the object's list of unresolved references; nil keeps it, an empty list clears it.
	Waits []Wait
	// Escrow is set on failure; nil on a failure that must be tried again in the same cycle (target id conflict, interruption).
	Escrow *Escrow
	// Forget removes the record: the object is gone from the source, and from the target or not managed there any more. Where its
	// resource (Target) stays and groups that are linked or released hold it, the record stays, released, until CommitEdges has taken
	// it out of all, or they are forgotten.
	Forget bool
	Log    *LogEntry
}

// Waiting is a reference that can now be sent.
type Waiting struct {
	Record
	Path string
	For  directory.SourceID
	// To is the resource of the other object.
	To directory.TargetID
}

// Edge is a membership whose state in the target differs from the source.
type Edge struct {
	Member Seq
	ID     directory.SourceID
	// Target is the member's resource, "" when it is no longer linked (possible only for removals).
	Target directory.TargetID
}

// IndexEntry is a resource of the target as seen by listing it once.
type IndexEntry struct {
	// Keys are the folded matching values under which it can be found, as made by the engine.
	Keys     []string
	Resource directory.Resource
}

// Counts tells how much is under management.
type Counts struct {
	Users, Groups, Memberships int64
}

// Pending counts pending actions by kind; held ones and those in escrow are counted apart.
type Pending struct {
	Action map[directory.Kind]map[Action]int64
	Held   map[directory.Kind]int64
	// Escrowed counts records in escrow, References those of them in which only a reference failed.
	Escrowed, References int64
}

// Total returns the number of pending actions of a kind that may be applied now.
func (p Pending) Total(kind directory.Kind) int64 {
	var n int64
	for _, c := range p.Action[kind] {
		n += c
	}
	return n
}
