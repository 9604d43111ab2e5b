package sqlstore

import (
	"context"
	"database/sql"
	"strings"
	"time"

	"github.com/entrain-dev/entrain/internal/state"
)

const (
	defaultLogPage, maxLogPage = 100, 1000

	appendLog = `INSERT INTO log (config, time, source, names, action, status, cycle, data)
		SELECT CAST(? AS BIGINT), CAST(value->>0 AS BIGINT), value->>1, value->>2, value->>3, value->>4, value->>5, value->>6 FROM {rows}`
	pruneLog = `DELETE FROM log WHERE num IN (SELECT num FROM log WHERE config = ? AND time < ? ORDER BY time LIMIT ?)`
)

// log adds entries in their order.
func (t *transaction) log(ctx context.Context, entries []state.LogEntry) error {
	if len(entries) == 0 {
		return nil
	}
	rows := make(table, len(entries))
	for i, e := range entries {
		e.Number = 0
		data, err := encode(e)
		if err != nil {
			return err
		}
		names := strings.ToLower(e.SourceName + "\n" + e.TargetName)
		rows[i] = []any{micros(e.Time), text(e.Source), text(names), text(e.Action), text(e.Status), text(e.CycleID), data}
	}
	_, err := t.exec(ctx, appendLog, t.config, rows.String())
	return err
}

// AppendLog implements state.Reader.
func (s *Store) AppendLog(ctx context.Context, id state.ConfigID, entries []state.LogEntry) error {
	return s.write(ctx, "append to log", id, func(t *transaction) error { return t.log(ctx, entries) })
}

// PruneLog implements state.Reader.
func (s *Store) PruneLog(ctx context.Context, id state.ConfigID, before time.Time, limit int) (n int64, err error) {
	err = s.write(ctx, "prune log", id, func(t *transaction) (err error) {
		n, err = t.exec(ctx, pruneLog, t.config, micros(before), limit)
		return err
	})
	return n, err
}

// Log implements state.Reader.
func (s *Store) Log(ctx context.Context, id state.ConfigID, q state.LogQuery) ([]state.LogEntry, error) {
	var out []state.LogEntry
	err := s.read(ctx, "read log", id, func(t *transaction) error {
		query, args := logQuery(q)
		return t.query(ctx, query, append([]any{t.config}, args...), func(rows *sql.Rows) error {
			var e state.LogEntry
			var num int64
			var data string
			if err := rows.Scan(&num, &data); err != nil {
				return err
			}
			if err := decode(data, &e); err != nil {
				return err
			}
			e.Number = num
			out = append(out, e)
			return nil
		})
	})
	return out, err
}

// logQuery writes the statement for a query. Its parameters come after the config.
func logQuery(q state.LogQuery) (query string, args []any) {
	var b strings.Builder
	b.WriteString(`SELECT num, data FROM log WHERE config = ?`)
	where := func(condition string, arg any) {
		b.WriteString(" AND " + condition)
		args = append(args, arg)
	}
	if q.Source != "" {
		where(`source = ?`, text(q.Source))
	}
	if q.CycleID != "" {
		where(`cycle = ?`, text(q.CycleID))
	}
	if q.Action != "" {
		where(`action = ?`, text(q.Action))
	}
	if q.Status != "" {
		where(`status = ?`, text(q.Status))
	}
	if q.Name != "" {
		escaped := strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(strings.ToLower(text(q.Name)))
		where(`names LIKE ? ESCAPE '\'`, "%"+escaped+"%")
	}
	if !q.Since.IsZero() {
		where(`time >= ?`, micros(q.Since))
	}
	order := ` ORDER BY num DESC LIMIT ?`
	if q.After > 0 {
		where(`num > ?`, q.After)
		order = ` ORDER BY num LIMIT ?`
	} else if q.Before > 0 {
		where(`num < ?`, q.Before)
	}
	b.WriteString(order)
	limit := q.Limit
	if limit <= 0 {
		limit = defaultLogPage
	}
	return b.String(), append(args, min(limit, maxLogPage))
}
