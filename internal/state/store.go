package state

import (
	"context"
	"time"

	"github.com/entrain-dev/entrain/internal/directory"
)

// PageSize is how many records a page of any listing may hold at the most.
const PageSize = 500

// Store keeps the state of any number of configs. All methods are safe for concurrent use; those of one config are called by
// one engine at a time. Errors are *fault.Error of kind Internal (Transient when trying again can help: busy, connection lost).
//
// Listings return records ordered by Seq, after the given one, at most limit (at most PageSize) of them; an empty result ends
// the listing.
type Store interface {
	// Load returns the state of a config, a zero Config with the id set when it is unknown.
	Load(ctx context.Context, id ConfigID) (Config, error)
	// Save writes it.
	Save(ctx context.Context, c Config) error
	// Drop forgets a config and everything about it.
	Drop(ctx context.Context, id ConfigID) error
	// Reset forgets parts: escrows are deleted, links broken (link, target, applied, edges in the target, waits), and every record
	// becomes due when Watermark or Links is set. The Config itself is changed by the caller through Save.
	Reset(ctx context.Context, id ConfigID, what Reset) error

	Importer
	Decider
	Applier
	Drifter
	Reader

	// Close releases the store.
	Close() error
}

// Importer takes in what was read from the source.
type Importer interface {
	// Import applies changes in order. cycle is the number of the cycle; a read that begins anew has a higher one, so that what an
	// earlier attempt saw does not count. Where a second process reads at the same time, under a higher number, whom that one
	// saw counts as seen by this one too, and the same holds for assignments: overlapping reads remove nobody whom either saw.
	//
	// In a full read (full is true) the first change of an object in this cycle replaces its attributes, later ones and those of
	// an incremental read are merged (directory.Attributes.Merge). A removal of an unknown object is ignored. A present change
	// of a removed object restores it; a removal keeps the attributes. Member changes add and remove source edges; a member that is
	// not known yet gets an empty record that is not listed anywhere until it is read. Members of kind "" are ignored. Replays
	// change nothing.
	//
	// What becomes due: an object whose attributes, removal or existence changed; a member whose edge changed; the members of
	// a group that is assigned and whose securityEnabled, removal or existence changed. A user becomes due also when its manager
	// attribute changed.
	Import(ctx context.Context, id ConfigID, cycle int64, full bool, changes []directory.Change) error
	// FinishImport ends a complete full read of a kind. Records that were not seen in this cycle or a later one become Missing; of those that
	// are removed already only the managed ones that can still be purged (SoftDeleted with link Active or Disabled). For groups
	// the source edges not seen in this cycle are removed and their members become due, except for groups that had at least
	// suspicious edges, or where Nest counts them a group among them, and now have none: these keep their edges the first time and are counted in suspects; if the full read
	// before said the same they are emptied.
	FinishImport(ctx context.Context, id ConfigID, kind directory.Kind, cycle int64, suspicious int) (missing, suspects int64, err error)
	// Missing lists records that are Missing. A later Import of the object ends it.
	Missing(ctx context.Context, id ConfigID, kind directory.Kind, after Seq, limit int) ([]Record, error)
	// Known returns how many objects of a kind are present in the source, the Missing ones among them.
	Known(ctx context.Context, id ConfigID, kind directory.Kind) (int64, error)

	// UnreadGroups lists groups that are assigned (with a role that is not disabled) and were never read, ordered by id, at most limit.
	UnreadGroups(ctx context.Context, id ConfigID, limit int) ([]directory.SourceID, error)
	// StageAssignments adds to the complete list of assignments that is being read in this cycle. Principals that are neither users
	// nor groups are left out. What was staged in an earlier cycle is void.
	StageAssignments(ctx context.Context, id ConfigID, cycle int64, assignments []directory.Assignment) error
	// CountAssignments returns how many assignments are in force and how many are staged for this cycle or a later one.
	CountAssignments(ctx context.Context, id ConfigID, cycle int64) (inForce, staged int64, err error)
	// FinishAssignments puts the staged list in force. Principals whose assignments or roles changed, and the direct members of such groups,
	// become due.
	FinishAssignments(ctx context.Context, id ConfigID, cycle int64) error

	// Nest brings the memberships that people have through nested groups up to date; it belongs between everything that imports and
	// Due. A user is then a member of a group also by being a direct member of a group that is nested in it, at any depth: for Assigned
	// and Roles, and for Edges. Circles of groups are allowed; a group that is removed passes nothing on. With NestNone nobody is.
	// Users whose membership changed by it become due. When nothing changed since the last call, it reads one row. A call that did not
	// end is made good by the next one.
	Nest(ctx context.Context, id ConfigID, nesting Nesting) error
}

// Decider hands out what must be evaluated and takes decisions.
type Decider interface {
	// MarkAll makes every object of a kind due.
	MarkAll(ctx context.Context, id ConfigID, kind directory.Kind) error
	// Mark makes objects due.
	Mark(ctx context.Context, id ConfigID, seqs []Seq) error
	// Due lists objects whose decision is due.
	Due(ctx context.Context, id ConfigID, kind directory.Kind, after Seq, limit int) ([]Candidate, error)
	// CountDue counts them.
	CountDue(ctx context.Context, id ConfigID, kind directory.Kind) (int64, error)
	// Decide records decisions and clears the due marks. A decision that differs from the pending one clears Held. The next attempt
	// of an escrowed object becomes immediate (Escrow.Next is set to First), since it was evaluated because something about it
	// changed; with the decision None the escrow ends, unless only a reference failed. An Intent stays: whatever is decided now, a
	// create may have happened.
	Decide(ctx context.Context, id ConfigID, decisions []Decision) error
	// SetLevels computes Record.Level for users with a pending Provision that is not in escrow: 0 when the manager is not among them, else the manager's
	// plus one; whoever stands in or below a cycle, or further down than 50, gets the highest level. It returns the highest level.
	SetLevels(ctx context.Context, id ConfigID) (int, error)
	// Pending counts what is pending. Actions in escrow are not among Pending.Action.
	Pending(ctx context.Context, id ConfigID) (Pending, error)
	// Removals lists pending actions that remove access, held or not, of both kinds.
	Removals(ctx context.Context, id ConfigID, after Seq, limit int) ([]Record, error)
	// Hold marks all pending removals as held, or releases them. It returns how many changed.
	Hold(ctx context.Context, id ConfigID, held bool) (int64, error)
}

// PendingQuery selects pending records.
type PendingQuery struct {
	Kind directory.Kind
	// Level selects users of one level; -1 all. Groups have no levels and are selected by any.
	Level int
	// Removals selects actions that remove access when true, the others when false.
	Removals bool
	// DueBy, when not zero, selects only records in escrow whose next attempt is at or before it; when zero only records that
	// are not in escrow.
	DueBy time.Time
}

// Applier hands out pending actions and takes outcomes.
type Applier interface {
	// Apply lists pending actions that are not held, with the assignment as in Due.
	Apply(ctx context.Context, id ConfigID, q PendingQuery, after Seq, limit int) ([]Candidate, error)
	// Intend records that a create, a change or, for groups, a change of members of these objects is about to be sent. Of a group with an
	// intent no membership that is pending is believed to be absent or present: when the source changes its mind before the outcome is
	// known, the opposite is sent.
	Intend(ctx context.Context, id ConfigID, seqs []Seq) error
	// Intended returns the attributes that an object without a resource had when its Intent was recorded, if they have changed since; ok
	// is false otherwise.
	Intended(ctx context.Context, id ConfigID, seq Seq) (attributes directory.Attributes, ok bool, err error)
	// Commit records outcomes in one transaction. When the target id of an object that was linked changes, objects that refer to it
	// become due and its edges count as absent from the target; a Forget removes its edges, waits and assignments too. An object that
	// becomes linked to a resource takes it over from whoever named it and is released, removed or Missing: these lose it, and the
	// memberships that the target has for it count as the new owner's. Outcomes of records that are forgotten already are ignored,
	// but for their log entries.
	Commit(ctx context.Context, id ConfigID, outcomes []Outcome) error

	// Targets resolves objects to their resources; unlinked ones are left out. At most PageSize ids.
	Targets(ctx context.Context, id ConfigID, ids []directory.SourceID) (map[directory.SourceID]directory.TargetID, error)
	// ByTarget finds the record that is linked to a resource; ok is false when there is none. Released links do not count.
	ByTarget(ctx context.Context, id ConfigID, kind directory.Kind, target directory.TargetID) (r Record, ok bool, err error)
	// Waiting lists references that can now be sent: the object is linked and managed, and the other object has become linked. The
	// references of one object are on one page; the limit counts references.
	Waiting(ctx context.Context, id ConfigID, after Seq, limit int) ([]Waiting, error)

	// UnequalGroups lists managed groups (link Active) that have edges to add (member linked, not Unlinked) or to remove.
	UnequalGroups(ctx context.Context, id ConfigID, after Seq, limit int) ([]Record, error)
	// Edges returns edges of a managed group to add and to remove, limit of each. Added members must have a resource.
	Edges(ctx context.Context, id ConfigID, group Seq, limit int) (add, remove []Edge, err error)
	// CommitEdges records that edges were added to and removed from the target, with a log entry if not nil. A group of which only
	// references failed leaves escrow when nothing is left to send, here or because the source changed.
	CommitEdges(ctx context.Context, id ConfigID, group Seq, added, removed []Seq, entry *LogEntry) error

	// ResetIndex empties the index of the target's resources of a kind; AddIndex fills it; FindIndex looks a key up.
	ResetIndex(ctx context.Context, id ConfigID, kind directory.Kind) error
	AddIndex(ctx context.Context, id ConfigID, kind directory.Kind, entries []IndexEntry) error
	FindIndex(ctx context.Context, id ConfigID, kind directory.Kind, key string) ([]directory.Resource, error)
}

// Reader answers questions of people.
type Reader interface {
	// Counts returns how much is under management: links that are Active or Disabled, and edges in the target.
	Counts(ctx context.Context, id ConfigID) (Counts, error)
	// Get returns one object with its assignment; ok is false when it is unknown.
	Get(ctx context.Context, id ConfigID, source directory.SourceID) (c Candidate, ok bool, err error)
	// InnerGroups returns the groups that are direct members of a group in the source, at most PageSize of them.
	InnerGroups(ctx context.Context, id ConfigID, group directory.SourceID) ([]directory.SourceID, error)
	// Escrows lists records in escrow, the latest failure first.
	Escrows(ctx context.Context, id ConfigID, limit int) ([]Record, error)
	// Log lists entries of the provisioning log.
	Log(ctx context.Context, id ConfigID, q LogQuery) ([]LogEntry, error)
	// AppendLog adds entries that belong to no outcome.
	AppendLog(ctx context.Context, id ConfigID, entries []LogEntry) error
	// PruneLog deletes entries older than before, at most limit of them, and returns how many.
	PruneLog(ctx context.Context, id ConfigID, before time.Time, limit int) (int64, error)
}
