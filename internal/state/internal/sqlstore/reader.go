package sqlstore

import (
	"context"
	"database/sql"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/state"
)

const (
	countLinks = `SELECT kind, count(*) FROM objects
		WHERE config = ? AND kind IN ('User', 'Group') AND target <> '' AND link IN ('Active', 'Disabled') GROUP BY kind`
	// countEdges looks only into groups that have a resource; no other can have a membership in the target.
	countEdges = `SELECT count(*) FROM objects g JOIN edges e ON e.grp = g.seq WHERE g.config = ? AND g.kind = 'Group' AND g.target <> '' AND e.in_target = 1`
	getObject  = `SELECT ` + recordColumns + recordTables + `WHERE o.config = ? AND o.source = ? AND o.known = 1`
	listEscrow = `SELECT ` + recordColumns + ` FROM escrows e JOIN objects o ON o.seq = e.object
		LEFT JOIN attributes a ON a.object = o.seq LEFT JOIN applied p ON p.object = o.seq
		WHERE e.config = ? ORDER BY e.num DESC LIMIT ?`
)

// Counts implements state.Reader.
func (s *Store) Counts(ctx context.Context, id state.ConfigID) (state.Counts, error) {
	var c state.Counts
	err := s.read(ctx, "count", id, func(t *transaction) error {
		err := t.query(ctx, countLinks, []any{t.config}, func(rows *sql.Rows) error {
			var kind directory.Kind
			var n int64
			if err := rows.Scan(&kind, &n); err != nil {
				return err
			}
			if kind == directory.Group {
				c.Groups = n
			} else {
				c.Users = n
			}
			return nil
		})
		if err != nil {
			return err
		}
		_, err = t.one(ctx, countEdges, []any{t.config}, &c.Memberships)
		return err
	})
	return c, err
}

// Get implements state.Reader.
func (s *Store) Get(ctx context.Context, id state.ConfigID, source directory.SourceID) (c state.Candidate, ok bool, err error) {
	err = s.read(ctx, "get object", id, func(t *transaction) error {
		found, err := t.candidates(ctx, getObject, t.config, text(source))
		if len(found) > 0 {
			c, ok = found[0], true
		}
		return err
	})
	return c, ok, err
}

// Escrows implements state.Reader.
func (s *Store) Escrows(ctx context.Context, id state.ConfigID, limit int) ([]state.Record, error) {
	var out []state.Record
	err := s.read(ctx, "list escrows", id, func(t *transaction) (err error) {
		out, err = t.records(ctx, listEscrow, t.config, page(limit))
		return err
	})
	return out, err
}
