package sqlstore

import (
	"context"
	"database/sql"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/state"
)

const (
	countPending = `SELECT kind, action, count(*) FROM objects
		WHERE config = ? AND kind IN ('User', 'Group') AND held = 0 AND action <> '' AND retry IS NULL GROUP BY kind, action`
	countHeld     = `SELECT kind, count(*) FROM objects WHERE config = ? AND removes = 1 AND held = 1 GROUP BY kind`
	countEscrowed = `SELECT count(*), coalesce(sum(reference), 0) FROM escrows WHERE config = ?`
	listRemovals  = `SELECT ` + recordColumns + recordTables + `WHERE o.config = ? AND o.removes = 1 AND o.seq > ? ORDER BY o.seq LIMIT ?`
	holdRemovals  = `UPDATE objects SET held = ? WHERE config = ? AND removes = 1 AND held <> ?`
	wherePending  = `
		WHERE o.config = ? AND o.kind = ? AND o.held = 0 AND o.removes = ? AND o.seq > ? AND o.action <> '' `
	listPending = `SELECT ` + recordColumns + recordTables + wherePending + `AND o.retry IS NULL ORDER BY o.seq LIMIT ?`
	listLevel   = `SELECT ` + recordColumns + ` FROM objects o {use objects_level}` + recordJoins + wherePending + `
		AND o.retry IS NULL AND o.kind = 'User' AND o.level = ? ORDER BY o.seq LIMIT ?`
	listRetries = `SELECT ` + recordColumns + recordTables + wherePending + `
		AND o.retry IS NOT NULL AND o.retry <= ? ORDER BY o.seq LIMIT ?`
	listLevelRetries = `SELECT ` + recordColumns + recordTables + wherePending + `
		AND o.retry IS NOT NULL AND o.retry <= ? AND o.level = ? ORDER BY o.seq LIMIT ?`
)

// Pending implements state.Decider.
func (s *Store) Pending(ctx context.Context, id state.ConfigID) (state.Pending, error) {
	p := state.Pending{
		Action: map[directory.Kind]map[state.Action]int64{directory.User: {}, directory.Group: {}}, Held: map[directory.Kind]int64{},
	}
	err := s.read(ctx, "count pending", id, func(t *transaction) error {
		var kind directory.Kind
		var n int64
		err := t.query(ctx, countPending, []any{t.config}, func(rows *sql.Rows) error {
			var action state.Action
			if err := rows.Scan(&kind, &action, &n); err != nil {
				return err
			}
			p.Action[kind][action] = n
			return nil
		})
		if err != nil {
			return err
		}
		err = t.query(ctx, countHeld, []any{t.config}, func(rows *sql.Rows) error {
			err := rows.Scan(&kind, &n)
			p.Held[kind] = n
			return err
		})
		if err != nil {
			return err
		}
		_, err = t.one(ctx, countEscrowed, []any{t.config}, &p.Escrowed, &p.References)
		return err
	})
	return p, err
}

// Removals implements state.Decider.
func (s *Store) Removals(ctx context.Context, id state.ConfigID, after state.Seq, limit int) ([]state.Record, error) {
	var out []state.Record
	err := s.read(ctx, "list removals", id, func(t *transaction) (err error) {
		out, err = t.records(ctx, listRemovals, t.config, after, page(limit))
		return err
	})
	return out, err
}

// Hold implements state.Decider.
func (s *Store) Hold(ctx context.Context, id state.ConfigID, held bool) (n int64, err error) {
	err = s.write(ctx, "hold removals", id, func(t *transaction) (err error) {
		n, err = t.exec(ctx, holdRemovals, flag(held), t.config, flag(held))
		return err
	})
	return n, err
}

// Apply implements state.Applier.
func (s *Store) Apply(ctx context.Context, id state.ConfigID, q state.PendingQuery, after state.Seq, limit int) ([]state.Candidate, error) {
	var out []state.Candidate
	err := s.read(ctx, "list pending", id, func(t *transaction) (err error) {
		args := []any{t.config, q.Kind, flag(q.Removals), after}
		query := listPending
		leveled := q.Level >= 0 && q.Kind == directory.User
		switch {
		case q.DueBy.IsZero() && leveled:
			query, args = listLevel, append(args, q.Level)
		case !q.DueBy.IsZero() && leveled:
			query, args = listLevelRetries, append(args, micros(q.DueBy), q.Level)
		case !q.DueBy.IsZero():
			query, args = listRetries, append(args, micros(q.DueBy))
		}
		out, err = t.candidates(ctx, query, append(args, page(limit))...)
		return err
	})
	return out, err
}

const (
	intend = `UPDATE objects SET intent = 1 WHERE seq IN (SELECT CAST(value AS BIGINT) FROM {list}) AND +config = ?`
	// endIntended: what the objects were like at an earlier attempt no longer matters.
	endIntended  = `DELETE FROM intended WHERE object IN (SELECT CAST(value AS BIGINT) FROM {list})`
	listIntended = `SELECT i.data FROM intended i JOIN objects o ON o.seq = i.object WHERE i.object = ? AND o.config = ? AND o.intent = 1 AND o.target = ''`
)

// Intend implements state.Applier.
func (s *Store) Intend(ctx context.Context, id state.ConfigID, seqs []state.Seq) error {
	return s.write(ctx, "record intents", id, func(t *transaction) error {
		if _, err := t.exec(ctx, endIntended, numbers(seqs)); err != nil {
			return err
		}
		_, err := t.exec(ctx, intend, numbers(seqs), t.config)
		return err
	})
}

// Intended implements state.Applier.
func (s *Store) Intended(ctx context.Context, id state.ConfigID, seq state.Seq) (attributes directory.Attributes, ok bool, err error) {
	err = s.read(ctx, "read intent", id, func(t *transaction) error {
		var data string
		if ok, err = t.one(ctx, listIntended, []any{seq, t.config}, &data); err != nil || !ok {
			return err
		}
		return decode(data, &attributes)
	})
	return attributes, ok, err
}
