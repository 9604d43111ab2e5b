package sqlstore

import (
	"context"
	"database/sql"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/state"
)

const (
	// Whoever is in the recycle bin and managed is looked for too: a purge that happened before the read shows nowhere else.
	markMissing = `UPDATE objects SET missing = 1
		WHERE config = ? AND kind = ? AND known = 1 AND missing = 0 AND seen < ?
		AND (removal = '' OR removal = 'SoftDeleted' AND link IN ('Active', 'Disabled'))`
	countMissing = `SELECT count(*) FROM objects WHERE config = ? AND kind = ? AND missing = 1`
	listMissing  = `SELECT ` + recordColumns + recordTables + `
		WHERE o.config = ? AND o.kind = ? AND o.missing = 1 AND o.seq > ? ORDER BY o.seq LIMIT ?`
	countKnown = `SELECT count(*) FROM objects WHERE config = ? AND kind = ? AND known = 1 AND removal = ''`
)

// FinishImport implements state.Importer.
func (s *Store) FinishImport(
	ctx context.Context, id state.ConfigID, kind directory.Kind, cycle int64, suspicious int,
) (missing, suspects int64, err error) {
	err = s.write(ctx, "finish import", id, func(t *transaction) error {
		if _, err := t.exec(ctx, markMissing, t.config, kind, cycle); err != nil {
			return err
		}
		if _, err := t.one(ctx, countMissing, []any{t.config, kind}, &missing); err != nil || kind != directory.Group {
			return err
		}
		suspects, err = t.suspect(ctx, cycle, suspicious)
		if err != nil {
			return err
		}
		return t.removeUnseenEdges(ctx, cycle)
	})
	return missing, suspects, err
}

const (
	// emptiedGroups also doubts every group in which others are nested, where these count: behind one may stand thousands.
	emptiedGroups = `SELECT g.seq, g.suspect FROM objects g
		WHERE g.config = ? AND g.kind = 'Group' AND g.known = 1 AND g.removal = '' AND g.seen >= ?
		AND NOT EXISTS (SELECT 1 FROM edges e WHERE e.grp = g.seq AND e.in_source = 1 AND e.seen >= ?)
		AND ((SELECT count(*) FROM edges e WHERE e.grp = g.seq AND e.in_source = 1) >= ? OR ? <> 0 AND EXISTS (
			SELECT 1 FROM edges e JOIN objects i ON i.seq = e.member WHERE e.grp = g.seq AND e.in_source = 1 AND i.kind = 'Group'))`
	trustGroups = `UPDATE objects SET suspect = 0 WHERE config = ? AND kind = 'Group' AND suspect <> 0
		AND seq NOT IN (SELECT CAST(value AS BIGINT) FROM {list})`
	suspectGroups = `UPDATE objects SET suspect = ? WHERE seq IN (SELECT CAST(value AS BIGINT) FROM {list})`
)

// suspect finds groups that are suddenly empty and counts those whose emptiness is not believed yet.
func (t *transaction) suspect(ctx context.Context, cycle int64, suspicious int) (int64, error) {
	var doubted []state.Seq
	if suspicious > 0 {
		err := t.query(ctx, emptiedGroups, []any{t.config, cycle, cycle, suspicious, t.nesting}, func(rows *sql.Rows) error {
			var seq state.Seq
			var since int64
			err := rows.Scan(&seq, &since)
			if since == 0 || since == cycle {
				doubted = append(doubted, seq)
			}
			return err
		})
		if err != nil {
			return 0, err
		}
	}
	if _, err := t.exec(ctx, trustGroups, t.config, numbers(doubted)); err != nil {
		return 0, err
	}
	if len(doubted) > 0 {
		if _, err := t.exec(ctx, suspectGroups, cycle, numbers(doubted)); err != nil {
			return 0, err
		}
	}
	return int64(len(doubted)), nil
}

// The edges that a full read did not show are those of the groups that it did show. A group that it did not show at all is
// missing: what became of it is found out by looking it up, and until then it entitles its members as before.
const (
	unseenEdges = ` in_source = 1 AND seen < ? AND grp IN (
		SELECT g.seq FROM objects g WHERE g.config = ? AND g.kind = 'Group' AND g.known = 1 AND g.removal = '' AND g.seen >= ? AND g.suspect <> ?)`
	markUnseenMembers = `UPDATE objects SET due = 1 WHERE known = 1 AND due = 0 AND seq IN (SELECT member FROM edges WHERE` + unseenEdges + `)`
	endUnseenWishes   = `UPDATE edges SET in_source = 0, in_target = 1 WHERE todo = 1 AND inherited = 0 AND ` + groupIntent + ` AND` + unseenEdges
	dropUnseenEdges   = `DELETE FROM edges WHERE in_target = 0 AND inherited = 0 AND` + unseenEdges
	leaveUnseenEdges  = `UPDATE edges SET in_source = 0 WHERE (in_target = 1 OR inherited = 1) AND` + unseenEdges
)

func (t *transaction) removeUnseenEdges(ctx context.Context, cycle int64) error {
	var changed int64
	for _, query := range []string{markUnseenMembers, endUnseenWishes, dropUnseenEdges, leaveUnseenEdges} {
		n, err := t.exec(ctx, query, cycle, t.config, cycle, cycle)
		if err != nil {
			return err
		}
		changed += n
	}
	if changed > 0 {
		if err := t.nestAgain(ctx); err != nil {
			return err
		}
	}
	return t.settleAllGroups(ctx)
}

// Missing implements state.Importer.
func (s *Store) Missing(ctx context.Context, id state.ConfigID, kind directory.Kind, after state.Seq, limit int) ([]state.Record, error) {
	var out []state.Record
	err := s.read(ctx, "list missing", id, func(t *transaction) (err error) {
		out, err = t.records(ctx, listMissing, t.config, kind, after, page(limit))
		return err
	})
	return out, err
}

// Known implements state.Importer.
func (s *Store) Known(ctx context.Context, id state.ConfigID, kind directory.Kind) (int64, error) {
	return s.count(ctx, "count known", id, countKnown, kind)
}

// count runs a statement that returns one number.
func (s *Store) count(ctx context.Context, op string, id state.ConfigID, query string, args ...any) (n int64, err error) {
	err = s.read(ctx, op, id, func(t *transaction) error {
		_, err := t.one(ctx, query, append([]any{t.config}, args...), &n)
		return err
	})
	return n, err
}
