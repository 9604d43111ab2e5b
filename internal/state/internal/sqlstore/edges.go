package sqlstore

import (
	"context"
	"database/sql"

	"github.com/entrain-dev/entrain/internal/state"
)

const (
	// unequalGroups looks into the edges of one managed group after the other, so that edges of groups that are not managed
	// cost nothing.
	unequalGroups = `SELECT ` + recordColumns + recordTables + `
		WHERE o.config = ? AND o.kind = 'Group' AND o.link = 'Active' AND o.seq > ?
		AND EXISTS (SELECT 1 FROM edges x {use edges_todo} WHERE x.grp = o.seq AND x.todo <> 0) ORDER BY o.seq LIMIT ?`
	listEdges = `SELECT x.member, m.source, m.target FROM edges x {use edges_todo} JOIN objects g ON g.seq = x.grp JOIN objects m ON m.seq = x.member
		WHERE x.grp = ? AND x.todo <> 0 AND x.todo = ? AND g.config = ? ORDER BY x.member LIMIT ?`
)

// UnequalGroups implements state.Applier.
func (s *Store) UnequalGroups(ctx context.Context, id state.ConfigID, after state.Seq, limit int) ([]state.Record, error) {
	var out []state.Record
	err := s.read(ctx, "list unequal groups", id, func(t *transaction) (err error) {
		out, err = t.records(ctx, unequalGroups, t.config, after, page(limit))
		return err
	})
	return out, err
}

// Edges implements state.Applier.
func (s *Store) Edges(ctx context.Context, id state.ConfigID, group state.Seq, limit int) (add, remove []state.Edge, err error) {
	err = s.read(ctx, "list memberships", id, func(t *transaction) error {
		for todo, into := range map[int]*[]state.Edge{1: &add, 2: &remove} {
			err := t.query(ctx, listEdges, []any{group, todo, t.config, page(limit)}, func(rows *sql.Rows) error {
				var e state.Edge
				err := rows.Scan(&e.Member, &e.ID, &e.Target)
				*into = append(*into, e)
				return err
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	return add, remove, err
}

const (
	// addTargetEdges also takes edges that the source dropped meanwhile: the target has them now, so they are to be removed there.
	addTargetEdges = `INSERT INTO edges (grp, member, in_source, in_target, seen, ready)
		SELECT g.seq, m.seq, 0, 1, 0, CASE WHEN m.link <> '' AND m.target <> '' AND g.link <> '' AND g.target <> '' THEN 1 ELSE 0 END
		FROM objects g CROSS JOIN objects m WHERE g.seq = ? AND g.config = ?
		AND m.seq IN (SELECT CAST(value AS BIGINT) FROM {list}) AND +m.config = g.config
		ON CONFLICT (grp, member) DO UPDATE SET in_target = 1`
	removeTargetEdges = `UPDATE edges SET in_target = 0 WHERE grp IN (SELECT seq FROM objects WHERE seq = ? AND config = ?)
		AND member IN (SELECT CAST(value AS BIGINT) FROM {list})`
	dropTargetEdges = `DELETE FROM edges WHERE grp IN (SELECT seq FROM objects WHERE seq = ? AND config = ?)
		AND member IN (SELECT CAST(value AS BIGINT) FROM {list}) AND in_source = 0 AND inherited = 0 AND in_target = 0`
)

// CommitEdges implements state.Applier.
func (s *Store) CommitEdges(
	ctx context.Context, id state.ConfigID, group state.Seq, added, removed []state.Seq, entry *state.LogEntry,
) error {
	return s.write(ctx, "commit memberships", id, func(t *transaction) error {
		if len(added) > 0 {
			if _, err := t.exec(ctx, addTargetEdges, group, t.config, numbers(added)); err != nil {
				return err
			}
		}
		if len(removed) > 0 {
			if err := t.all(ctx, []string{removeTargetEdges, dropTargetEdges}, group, t.config, numbers(removed)); err != nil {
				return err
			}
			if err := t.forgetMembers(ctx, removed); err != nil {
				return err
			}
		}
		if err := t.settleGroups(ctx, []state.Seq{group}); err != nil || entry == nil {
			return err
		}
		return t.log(ctx, []state.LogEntry{*entry})
	})
}
