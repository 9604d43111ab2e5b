package sqlstore

import (
	"cmp"
	"context"
	"database/sql"
	"maps"
	"slices"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/state"
)

const insertObjects = `INSERT INTO objects (config, kind, source, known, removal, seen, enabled, manager, due)
	SELECT CAST(? AS BIGINT), value->>0, value->>1, CAST(value->>2 AS SMALLINT), value->>3, CAST(value->>4 AS BIGINT),
		CAST(value->>5 AS SMALLINT), value->>6, CAST(value->>2 AS SMALLINT)
	FROM {rows} WHERE true RETURNING seq, source`

// insert writes the rows of new objects. Those that were read are due; the others wait until they are.
func (m *importer) insert(ctx context.Context) error {
	var rows table
	for _, o := range m.order {
		rows = append(rows, []any{o.kind, o.source, flag(o.known), o.removal, o.seen, flag(o.enabled()), o.manager()})
	}
	if len(rows) == 0 {
		return nil
	}
	return m.t.query(ctx, insertObjects, []any{m.t.config, rows.String()}, func(rows *sql.Rows) error {
		var seq int64
		var source directory.SourceID
		if err := rows.Scan(&seq, &source); err != nil {
			return err
		}
		m.objects[source].seq = seq
		return nil
	})
}

const (
	updateObjects = `UPDATE objects SET kind = r.kind, known = 1, removal = r.removal, seen = r.seen, missing = r.missing, enabled = r.enabled,
		manager = r.manager, due = CASE WHEN r.due = 1 THEN 1 ELSE objects.due END
		FROM (SELECT CAST(value->>0 AS BIGINT) AS seq, value->>1 AS kind, value->>2 AS removal, CAST(value->>3 AS BIGINT) AS seen,
			CAST(value->>4 AS SMALLINT) AS missing, CAST(value->>5 AS SMALLINT) AS enabled, value->>6 AS manager,
			CAST(value->>7 AS SMALLINT) AS due FROM {rows}) AS r
		WHERE objects.seq = r.seq`
	touchObjects = `UPDATE objects SET seen = ? WHERE seq IN (SELECT CAST(value AS BIGINT) FROM {list})`
	keepIntended = `INSERT INTO intended (object, data) SELECT CAST(value->>0 AS BIGINT), value->>1 FROM {rows} WHERE true
		ON CONFLICT (object) DO NOTHING`
	upsertAttributes = `INSERT INTO attributes (object, data) SELECT CAST(value->>0 AS BIGINT), value->>1 FROM {rows} WHERE true
		ON CONFLICT (object) DO UPDATE SET data = excluded.data`
)

// update writes the rows of objects that changed, and the attributes of these and of new ones.
func (m *importer) update(ctx context.Context) error {
	var changed, attributes, intended table
	var touched []state.Seq
	for _, o := range m.sorted() {
		if !o.changed {
			continue
		}
		different := o.changedAttributes()
		read := o.known && !o.before.known
		if different || read {
			data, err := encode(o.attributes)
			if err != nil {
				return err
			}
			attributes = append(attributes, []any{o.seq, data})
			if o.begun {
				if data, err = encode(o.original); err != nil {
					return err
				}
				intended = append(intended, []any{o.seq, data})
			}
		}
		if !o.stored { // written by insert
			continue
		}
		due := different || read || o.removal != o.before.removal
		if due || o.missing != o.before.missing || o.kind != o.before.kind {
			changed = append(changed, []any{o.seq, o.kind, o.removal, o.seen, flag(o.missing), flag(o.enabled()), o.manager(), flag(due)})
		} else if o.seen != o.before.seen {
			touched = append(touched, state.Seq(o.seq))
		}
	}
	if err := m.t.rows(ctx, updateObjects, changed); err != nil {
		return err
	}
	if len(touched) > 0 {
		if _, err := m.t.exec(ctx, touchObjects, m.cycle, numbers(touched)); err != nil {
			return err
		}
	}
	if err := m.t.rows(ctx, keepIntended, intended); err != nil {
		return err
	}
	return m.t.rows(ctx, upsertAttributes, attributes)
}

// sorted returns the objects in the order of their rows, so that neighbours are written one after the other.
func (m *importer) sorted() []*object {
	return slices.SortedFunc(maps.Values(m.objects), func(a, b *object) int { return cmp.Compare(a.seq, b.seq) })
}
