package sqlstore

import (
	"context"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/state"
)

const (
	markAll  = `UPDATE objects SET due = 1 WHERE config = ? AND kind = ? AND known = 1 AND due = 0`
	listDue  = `SELECT ` + recordColumns + recordTables + `WHERE o.config = ? AND o.kind = ? AND o.due = 1 AND o.seq > ? ORDER BY o.seq LIMIT ?`
	countDue = `SELECT count(*) FROM objects WHERE config = ? AND kind = ? AND due = 1`
)

// MarkAll implements state.Decider.
func (s *Store) MarkAll(ctx context.Context, id state.ConfigID, kind directory.Kind) error {
	return s.write(ctx, "mark all", id, func(t *transaction) error {
		_, err := t.exec(ctx, markAll, t.config, kind)
		return err
	})
}

// Mark implements state.Decider.
func (s *Store) Mark(ctx context.Context, id state.ConfigID, seqs []state.Seq) error {
	return s.write(ctx, "mark", id, func(t *transaction) error {
		_, err := t.exec(ctx, markSeqs, numbers(seqs), t.config)
		return err
	})
}

// Due implements state.Decider.
func (s *Store) Due(ctx context.Context, id state.ConfigID, kind directory.Kind, after state.Seq, limit int) ([]state.Candidate, error) {
	var out []state.Candidate
	err := s.read(ctx, "list due", id, func(t *transaction) (err error) {
		out, err = t.candidates(ctx, listDue, t.config, kind, after, page(limit))
		return err
	})
	return out, err
}

// CountDue implements state.Decider.
func (s *Store) CountDue(ctx context.Context, id state.ConfigID, kind directory.Kind) (int64, error) {
	return s.count(ctx, "count due", id, countDue, kind)
}

// decisionRows are decisions as rows; same says whether one is the pending one.
const (
	decisionRows = `(SELECT CAST(value->>0 AS BIGINT) AS seq, value->>1 AS action, value->>2 AS reason, CAST(value->>3 AS SMALLINT) AS leaves
		FROM {rows})`
	same = `objects.action = r.action AND objects.leaves = r.leaves`
	// An escrow ends when nothing is left to try: no action, and no reference that only waits for its next attempt.
	endEscrows = `DELETE FROM escrows WHERE reference = 0 AND object IN (
		SELECT o.seq FROM ` + decisionRows + ` AS r JOIN objects o ON o.seq = r.seq WHERE r.action = '' AND +o.config = ?)`
	decide = `UPDATE objects SET due = 0, action = r.action, reason = r.reason, leaves = r.leaves,
		held = CASE WHEN ` + same + ` THEN objects.held ELSE 0 END,
		level = CASE WHEN ` + same + ` THEN objects.level ELSE 0 END,
		retry = CASE WHEN objects.retry IS NULL THEN NULL ELSE (SELECT e.began FROM escrows e WHERE e.object = objects.seq) END
		FROM ` + decisionRows + ` AS r WHERE objects.seq = r.seq AND +objects.config = ?`
)

// Decide implements state.Decider.
func (s *Store) Decide(ctx context.Context, id state.ConfigID, decisions []state.Decision) error {
	return s.write(ctx, "decide", id, func(t *transaction) error {
		rows := make(table, 0, len(decisions))
		at := make(map[state.Seq]int, len(decisions))
		var entries []state.LogEntry
		for _, d := range decisions {
			if d.Log != nil {
				entries = append(entries, *d.Log)
			}
			row := []any{d.Seq, d.Action, text(d.Reason), flag(d.LeavesScope)}
			if i, again := at[d.Seq]; again {
				rows[i] = row
				continue
			}
			at[d.Seq] = len(rows)
			rows = append(rows, row)
		}
		if len(rows) > 0 {
			// The next attempt of what stays in escrow is put at its first failure, which is always in the past: immediate.
			if err := t.all(ctx, []string{endEscrows, decide}, rows.String(), t.config); err != nil {
				return err
			}
		}
		return t.log(ctx, entries)
	})
}

// SetLevels numbers the managers above each user from the top downwards. Who is not reached from the top stands in a circle, or
// too far down, and gets the highest level that there is.
// The conditions action <> ” and retry IS NULL are those of the partial index on pending objects, without which everybody
// would be looked at.
const (
	setLevels = `WITH RECURSIVE chain (seq, source, level) AS (
			SELECT o.seq, o.source, 0 FROM objects o
			WHERE o.config = ? AND o.kind = 'User' AND o.action = 'Provision' AND o.action <> '' AND o.retry IS NULL AND NOT EXISTS (
				SELECT 1 FROM objects m WHERE m.config = o.config AND m.source = o.manager AND m.kind = 'User' AND m.action = 'Provision' AND m.retry IS NULL)
			UNION ALL
			SELECT o.seq, o.source, c.level + 1 FROM chain c CROSS JOIN objects o
			WHERE o.config = ? AND o.manager = c.source AND o.manager <> '' AND o.kind = 'User' AND o.action = 'Provision' AND o.retry IS NULL AND c.level < 50
		), top AS (SELECT coalesce(max(level), 0) AS level FROM chain),
		wanted AS (
			SELECT o.seq, coalesce(c.level, top.level) AS level FROM objects o CROSS JOIN top LEFT JOIN chain c ON c.seq = o.seq
			WHERE o.config = ? AND o.kind = 'User' AND o.action = 'Provision' AND o.action <> '' AND o.retry IS NULL
		)
		UPDATE objects SET level = wanted.level FROM wanted WHERE objects.seq = wanted.seq AND objects.level <> wanted.level`
	highestLevel = `SELECT coalesce(max(level), 0) FROM objects WHERE config = ? AND kind = 'User' AND action = 'Provision' AND action <> '' AND retry IS NULL`
)

// SetLevels implements state.Decider.
func (s *Store) SetLevels(ctx context.Context, id state.ConfigID) (int, error) {
	var highest int
	err := s.write(ctx, "set levels", id, func(t *transaction) error {
		if _, err := t.exec(ctx, setLevels, t.config, t.config, t.config); err != nil {
			return err
		}
		_, err := t.one(ctx, highestLevel, []any{t.config}, &highest)
		return err
	})
	return highest, err
}
