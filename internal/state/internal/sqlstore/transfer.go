package sqlstore

import (
	"context"
	"database/sql"
	"slices"

	"github.com/entrain-dev/entrain/internal/fault"
	"github.com/entrain-dev/entrain/internal/state"
)

var _ state.Transferrer = (*Store)(nil)

// part is one kind of rows of an export. read has one parameter, the config; write has two, the config and {rows}.
type part struct {
	table       string
	columns     int
	read, write string
}

// parts are in the order in which they are written: whoever is named comes before whoever names.
var parts = []part{
	{
		"objects", 19,
		`SELECT o.source, o.kind, o.known, o.removal, o.seen, o.missing, o.suspect, o.enabled, o.manager, o.due, o.link, o.target, o.action,
			o.reason, o.leaves, o.held, o.intent, o.level, o.retry FROM objects o WHERE o.config = ? ORDER BY o.seq`,
		`INSERT INTO objects (config, source, kind, known, removal, seen, missing, suspect, enabled, manager, due, link, target, action,
			reason, leaves, held, intent, level, retry)
			SELECT CAST(? AS BIGINT), value->>0, value->>1, CAST(value->>2 AS INTEGER), value->>3, CAST(value->>4 AS BIGINT),
			CAST(value->>5 AS INTEGER), CAST(value->>6 AS BIGINT), CAST(value->>7 AS INTEGER), value->>8, CAST(value->>9 AS INTEGER),
			value->>10, value->>11, value->>12, value->>13, CAST(value->>14 AS INTEGER), CAST(value->>15 AS INTEGER),
			CAST(value->>16 AS INTEGER), CAST(value->>17 AS INTEGER), CAST(value->>18 AS BIGINT) FROM {rows}`,
	},
	{
		"attributes", 2,
		`SELECT o.source, a.data FROM objects o JOIN attributes a ON a.object = o.seq WHERE o.config = ? ORDER BY o.seq`,
		`INSERT INTO attributes (object, data) SELECT o.seq, r.value->>1 FROM {rows} r JOIN objects o ON o.config = ? AND o.source = r.value->>0`,
	},
	{
		"applied", 2,
		`SELECT o.source, p.data FROM objects o JOIN applied p ON p.object = o.seq WHERE o.config = ? ORDER BY o.seq`,
		`INSERT INTO applied (object, data) SELECT o.seq, r.value->>1 FROM {rows} r JOIN objects o ON o.config = ? AND o.source = r.value->>0`,
	},
	{
		"intended", 2,
		`SELECT o.source, i.data FROM objects o JOIN intended i ON i.object = o.seq WHERE o.config = ? ORDER BY o.seq`,
		`INSERT INTO intended (object, data) SELECT o.seq, r.value->>1 FROM {rows} r JOIN objects o ON o.config = ? AND o.source = r.value->>0`,
	},
	{
		"escrows", 6,
		`SELECT o.source, e.began, e.attempts, e.code, e.message, e.reference FROM escrows e JOIN objects o ON o.seq = e.object
			WHERE e.config = ? ORDER BY e.num`,
		`INSERT INTO escrows (config, object, began, attempts, code, message, reference)
			SELECT o.config, o.seq, CAST(r.value->>1 AS BIGINT), CAST(r.value->>2 AS BIGINT), r.value->>3, r.value->>4,
			CAST(r.value->>5 AS INTEGER) FROM {rows} r JOIN objects o ON o.config = ? AND o.source = r.value->>0`,
	},
	{
		"waits", 4,
		`SELECT o.source, w.path, w.source, w.ready FROM waits w JOIN objects o ON o.seq = w.object WHERE w.config = ?
			ORDER BY w.object, w.path, w.source`,
		`INSERT INTO waits (config, object, path, source, ready)
			SELECT o.config, o.seq, r.value->>1, r.value->>2, CAST(r.value->>3 AS INTEGER)
			FROM {rows} r JOIN objects o ON o.config = ? AND o.source = r.value->>0`,
	},
	{
		"assignments", 10,
		`SELECT o.source, s.role, s.in_force, s.value, s.display, s.disabled, s.staged, s.next_value, s.next_display, s.next_disabled
			FROM assignments s JOIN objects o ON o.seq = s.object WHERE s.config = ? ORDER BY s.object, s.role`,
		`INSERT INTO assignments (config, object, role, in_force, value, display, disabled, staged, next_value, next_display, next_disabled)
			SELECT o.config, o.seq, r.value->>1, CAST(r.value->>2 AS INTEGER), r.value->>3, r.value->>4, CAST(r.value->>5 AS INTEGER),
			CAST(r.value->>6 AS BIGINT), r.value->>7, r.value->>8, CAST(r.value->>9 AS INTEGER)
			FROM {rows} r JOIN objects o ON o.config = ? AND o.source = r.value->>0`,
	},
	{
		edgesTable, 7,
		`SELECT g.source, m.source, e.in_source, e.in_target, e.seen, e.ready, e.inherited FROM objects g JOIN edges e ON e.grp = g.seq
			JOIN objects m ON m.seq = e.member WHERE g.config = ? ORDER BY e.grp, e.member`,
		`INSERT INTO edges (grp, member, in_source, in_target, seen, ready, inherited)
			SELECT g.seq, m.seq, CAST(r.value->>2 AS INTEGER), CAST(r.value->>3 AS INTEGER), CAST(r.value->>4 AS BIGINT),
			CAST(r.value->>5 AS INTEGER), coalesce(CAST(r.value->>6 AS INTEGER), 0) FROM {rows} r JOIN objects g ON g.config = ? AND g.source = r.value->>0
			JOIN objects m ON m.config = g.config AND m.source = r.value->>1`,
	},
	{
		logTable, 7,
		`SELECT time, source, names, action, status, cycle, data FROM log WHERE config = ? ORDER BY num`,
		appendLog,
	},
}

const (
	configTable, edgesTable, logTable = "config", "edges", "log"
	// edgesBefore is how many columns edges had before nested groups; the one that is missing is 0.
	edgesBefore = 6
	// restoreBatch is how many rows one statement takes.
	restoreBatch = 500
)

// Export implements state.Transferrer.
func (s *Store) Export(ctx context.Context, id state.ConfigID, log bool, each func(state.Row) error) error {
	return s.read(ctx, "export state", id, func(t *transaction) error {
		config, err := t.exportedConfig(ctx)
		if err != nil {
			return err
		}
		if err := each(state.Row{Table: configTable, Values: []any{config}}); err != nil {
			return err
		}
		for _, p := range parts {
			if p.table == logTable && !log {
				continue
			}
			if err := t.export(ctx, p, each); err != nil {
				return err
			}
		}
		return nil
	})
}

// exportedConfig is the config without what the rows do not hold: the index of the target.
func (t *transaction) exportedConfig(ctx context.Context) (string, error) {
	var data string
	if _, err := t.one(ctx, `SELECT data FROM configs WHERE num = ?`, []any{t.config}, &data); err != nil {
		return "", err
	}
	var c state.Config
	if err := decode(data, &c); err != nil {
		return "", err
	}
	if c.Cycle != nil {
		c.Cycle.IndexedUsers, c.Cycle.IndexedGroups = false, false
	}
	return encode(c)
}

func (t *transaction) export(ctx context.Context, p part, each func(state.Row) error) error {
	return t.query(ctx, p.read, []any{t.config}, func(rows *sql.Rows) error {
		values := make([]any, p.columns)
		into := make([]any, p.columns)
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			return err
		}
		for i, v := range values {
			if b, ok := v.([]byte); ok {
				values[i] = string(b)
			}
		}
		return each(state.Row{Table: p.table, Values: values})
	})
}

// Restore implements state.Transferrer.
func (s *Store) Restore(ctx context.Context, id state.ConfigID, next func() (state.Row, bool, error)) error {
	return s.write(ctx, "restore state", id, func(t *transaction) error {
		var n int
		if _, err := t.one(ctx, `SELECT count(*) FROM (SELECT 1 FROM objects WHERE config = ? LIMIT 1) x`, []any{t.config}, &n); err != nil {
			return err
		}
		if n > 0 {
			return fault.New(fault.Conflict, "restore state", "the configuration has state already; delete the ProvisioningConfig and create it again, paused, before the import")
		}
		return t.restore(ctx, next)
	})
}

func (t *transaction) restore(ctx context.Context, next func() (state.Row, bool, error)) error {
	at := -1
	var batch table
	flush := func() error {
		if len(batch) == 0 {
			return nil
		}
		rows := batch.String()
		batch = batch[:0]
		// {rows} of the log comes after the config, in the others before it.
		args := []any{rows, t.config}
		if p := parts[at].table; p == "objects" || p == logTable {
			args = []any{t.config, rows}
		}
		_, err := t.exec(ctx, parts[at].write, args...)
		return err
	}
	for {
		row, more, err := next()
		if err != nil {
			return err
		}
		if !more {
			return flush()
		}
		if row.Table == configTable {
			if err := t.restoreConfig(ctx, row); err != nil {
				return err
			}
			continue
		}
		i := slices.IndexFunc(parts, func(p part) bool { return p.table == row.Table })
		if i < at || i < 0 || !parts[i].takes(len(row.Values)) {
			return fault.New(fault.Invalid, "restore state", "this is no export of the state of a configuration, or one of another version")
		}
		if i != at || len(batch) == restoreBatch {
			if err := flush(); err != nil {
				return err
			}
			at = i
		}
		batch = append(batch, row.Values)
	}
}

// takes reports whether a row of an export may have so many columns.
func (p part) takes(columns int) bool {
	return columns == p.columns || p.table == edgesTable && columns == edgesBefore
}

func (t *transaction) restoreConfig(ctx context.Context, row state.Row) error {
	var c state.Config
	data, ok := "", len(row.Values) == 1
	if ok {
		data, ok = row.Values[0].(string)
	}
	if !ok || decode(data, &c) != nil {
		return fault.New(fault.Invalid, "restore state", "the export does not begin with the state of a configuration")
	}
	// What the edges have inherited is checked by the next cycle, whether nested groups count then or not.
	_, err := t.exec(ctx, `UPDATE configs SET data = ?, nesting = ?, stale = 1 WHERE num = ?`, data, state.NestAssigned, t.config)
	return err
}
