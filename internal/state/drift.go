package state

import (
	"context"

	"github.com/entrain-dev/entrain/internal/directory"
)

// Membership is a membership that the target was given.
type Membership struct {
	Edge
	// Link is that of the member.
	Link Link
}

// Drifter compares what is under management with what the target has. The resources that the target showed are those of the
// index (Applier.AddIndex).
type Drifter interface {
	// Linked returns the managed records (link Active or Disabled) of resources, with the assignment as in Due. At most PageSize
	// resources.
	Linked(ctx context.Context, id ConfigID, kind directory.Kind, targets []directory.TargetID) (map[directory.TargetID]Candidate, error)
	// Unlisted lists managed records whose resource is not in the index.
	Unlisted(ctx context.Context, id ConfigID, kind directory.Kind, after Seq, limit int) ([]Candidate, error)
	// TargetEdges lists the memberships that a group has in the target as far as we know, ordered by member, after the given one.
	TargetEdges(ctx context.Context, id ConfigID, group, after Seq, limit int) ([]Membership, error)
	// Awaited counts members of a group in the source that have no resource yet and something pending or in escrow: a member
	// of the target that nobody knows may be one of them.
	Awaited(ctx context.Context, id ConfigID, group Seq) (int64, error)
}
