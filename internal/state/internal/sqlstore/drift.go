package sqlstore

import (
	"context"
	"database/sql"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/fault"
	"github.com/entrain-dev/entrain/internal/state"
)

const (
	listLinked = `SELECT ` + recordColumns + recordTables + `
		WHERE o.config = ? AND o.kind = ? AND o.target <> '' AND o.target IN (SELECT value FROM {list}) AND o.link IN ('Active', 'Disabled')`
	// listUnlisted walks over everybody once a pass, in the order of the rows: an index that is read once a day would cost more
	// than it saves.
	listUnlisted = `SELECT ` + recordColumns + recordTables + `
		WHERE o.config = ? AND o.kind = ? AND o.link IN ('Active', 'Disabled') AND o.target <> '' AND o.seq > ?
		AND NOT EXISTS (SELECT 1 FROM resources r WHERE r.config = o.config AND r.kind = o.kind AND r.target = o.target)
		ORDER BY o.seq LIMIT ?`
	listTargetEdges = `SELECT x.member, m.source, m.target, m.link FROM edges x JOIN objects g ON g.seq = x.grp JOIN objects m ON m.seq = x.member
		WHERE x.grp = ? AND x.member > ? AND x.in_target = 1 AND g.config = ? ORDER BY x.member LIMIT ?`
	countAwaited = `SELECT count(*) FROM edges x JOIN objects g ON g.seq = x.grp JOIN objects m ON m.seq = x.member
		WHERE x.grp = ? AND g.config = ? AND (x.in_source = 1 OR x.inherited = 1) AND m.link = '' AND (m.action <> '' OR m.retry IS NOT NULL)`
)

// Linked implements state.Drifter.
func (s *Store) Linked(
	ctx context.Context, id state.ConfigID, kind directory.Kind, targets []directory.TargetID,
) (map[directory.TargetID]state.Candidate, error) {
	if len(targets) > state.PageSize {
		return nil, fault.New(fault.Internal, "state store: find linked", "%d resources were asked for at once; %d are allowed.", len(targets), state.PageSize)
	}
	out := make(map[directory.TargetID]state.Candidate, len(targets))
	if len(targets) == 0 {
		return out, nil
	}
	err := s.read(ctx, "find linked", id, func(t *transaction) error {
		found, err := t.candidates(ctx, listLinked, t.config, kind, ids(targets))
		for _, c := range found {
			// Two that share a resource are a fault of the target's; the older record is meant.
			if other, shared := out[c.Target]; !shared || c.Seq < other.Seq {
				out[c.Target] = c
			}
		}
		return err
	})
	return out, err
}

// Unlisted implements state.Drifter.
func (s *Store) Unlisted(
	ctx context.Context, id state.ConfigID, kind directory.Kind, after state.Seq, limit int,
) (out []state.Candidate, err error) {
	err = s.read(ctx, "list unlisted", id, func(t *transaction) (err error) {
		out, err = t.candidates(ctx, listUnlisted, t.config, kind, after, page(limit))
		return err
	})
	return out, err
}

// TargetEdges implements state.Drifter.
func (s *Store) TargetEdges(ctx context.Context, id state.ConfigID, group, after state.Seq, limit int) ([]state.Membership, error) {
	var out []state.Membership
	err := s.read(ctx, "list memberships of the target", id, func(t *transaction) error {
		return t.query(ctx, listTargetEdges, []any{group, after, t.config, page(limit)}, func(rows *sql.Rows) error {
			var e state.Membership
			err := rows.Scan(&e.Member, &e.ID, &e.Target, &e.Link)
			out = append(out, e)
			return err
		})
	})
	return out, err
}

// Awaited implements state.Drifter.
func (s *Store) Awaited(ctx context.Context, id state.ConfigID, group state.Seq) (n int64, err error) {
	err = s.read(ctx, "count awaited members", id, func(t *transaction) error {
		_, err := t.one(ctx, countAwaited, []any{group, t.config}, &n)
		return err
	})
	return n, err
}
