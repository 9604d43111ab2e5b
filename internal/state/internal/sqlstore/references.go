package sqlstore

import (
	"cmp"
	"context"
	"database/sql"
	"slices"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/fault"
	"github.com/entrain-dev/entrain/internal/state"
)

const (
	dropWaits  = `DELETE FROM waits WHERE object IN (SELECT CAST(value AS BIGINT) FROM {list})`
	writeWaits = `INSERT INTO waits (config, object, path, source, ready)
		SELECT CAST(? AS BIGINT), CAST(value->>0 AS BIGINT), value->>1, value->>2, CASE WHEN EXISTS (
			SELECT 1 FROM objects o WHERE o.config = ? AND o.source = value->>2 AND o.link <> '' AND o.target <> '') THEN 1 ELSE 0 END
		FROM {rows} WHERE true ON CONFLICT (object, path, source) DO NOTHING`
)

// writeWaits comes after the links are written, so that objects of the same batch count as linked.
func (t *transaction) writeWaits(ctx context.Context, c *committed) error {
	var over []state.Seq
	var rows table
	for _, o := range c.kept {
		if o.Waits != nil {
			over = append(over, o.Seq)
		}
		for _, w := range o.Waits {
			rows = append(rows, []any{o.Seq, text(w.Path), text(w.For)})
		}
	}
	if len(over) > 0 {
		if _, err := t.exec(ctx, dropWaits, numbers(over)); err != nil {
			return err
		}
	}
	if len(rows) == 0 {
		return nil
	}
	_, err := t.exec(ctx, writeWaits, t.config, t.config, rows.String())
	return err
}

const (
	// followMembers looks only at groups that have a resource themselves. So in a first cycle, in which people come before
	// groups, nothing is written here for each membership; followGroups does it afterwards, group by group.
	followMembers = `UPDATE edges SET ready = 1 WHERE ready = 0 AND member IN (SELECT CAST(value AS BIGINT) FROM {list})
		AND EXISTS (SELECT 1 FROM objects g WHERE g.seq = edges.grp AND g.link <> '' AND g.target <> '')`
	followGroups = `UPDATE edges SET ready = 1 WHERE ready = 0 AND grp IN (SELECT CAST(value AS BIGINT) FROM {list})
		AND EXISTS (SELECT 1 FROM objects m WHERE m.seq = edges.member AND m.link <> '' AND m.target <> '')`
	leaveMembers = `UPDATE edges SET ready = 0 WHERE ready = 1 AND member IN (SELECT CAST(value AS BIGINT) FROM {list})`
	leaveGroups  = `UPDATE edges SET ready = 0 WHERE ready = 1 AND grp IN (SELECT CAST(value AS BIGINT) FROM {list})`
	followWaits  = `UPDATE waits SET ready = ? WHERE config = ? AND source IN (SELECT value FROM {list})`
	// markReferrers marks those who told the target about the resource as their manager.
	markReferrers = `UPDATE objects SET due = 1 WHERE config = ? AND manager IN (SELECT value FROM {list}) AND manager <> '' AND known = 1 AND due = 0`
)

// movedEdges are memberships that the target forgot together with the resource of one of their ends.
var movedEdges = []string{
	`DELETE FROM edges WHERE in_source = 0 AND inherited = 0 AND grp IN (SELECT CAST(value AS BIGINT) FROM {list})`,
	`DELETE FROM edges WHERE in_source = 0 AND inherited = 0 AND member IN (SELECT CAST(value AS BIGINT) FROM {list})`,
	`UPDATE edges SET in_target = 0 WHERE in_target = 1 AND grp IN (SELECT CAST(value AS BIGINT) FROM {list})`,
	`UPDATE edges SET in_target = 0 WHERE in_target = 1 AND member IN (SELECT CAST(value AS BIGINT) FROM {list})`,
}

// follow tells references and memberships what happened to the objects that they point to.
func (t *transaction) follow(ctx context.Context, c *committed) error {
	for ready, way := range []struct {
		change
		edges []string
	}{{c.lost, []string{leaveMembers, leaveGroups}}, {c.gained, []string{followMembers, followGroups}}} {
		if len(way.seqs) == 0 {
			continue
		}
		if err := t.all(ctx, way.edges, numbers(way.seqs)); err != nil {
			return err
		}
		if _, err := t.exec(ctx, followWaits, ready, t.config, ids(way.sources)); err != nil {
			return err
		}
	}
	if len(c.moved.seqs) > 0 {
		if err := t.all(ctx, movedEdges, numbers(c.moved.seqs)); err != nil {
			return err
		}
		if _, err := t.exec(ctx, markReferrers, t.config, ids(c.moved.sources)); err != nil {
			return err
		}
	}
	if len(c.lost.seqs)+len(c.moved.seqs) == 0 {
		return nil
	}
	return t.settleAllGroups(ctx)
}

const (
	listTargets = `SELECT source, target FROM objects
		WHERE config = ? AND source IN (SELECT value FROM {list}) AND link <> '' AND target <> ''`
	findTarget = `SELECT ` + recordColumns + recordTables + `
		WHERE o.config = ? AND o.kind = ? AND o.target = ? AND o.target <> '' AND o.link IN ('Active', 'Disabled')`
	listWaiting = `SELECT ` + recordColumns + `, w.path, w.source, m.target FROM waits w JOIN objects o ON o.seq = w.object
		JOIN objects m ON m.config = w.config AND m.source = w.source` + recordJoins + `
		WHERE w.config = ? AND w.ready = 1 AND w.object > ? AND o.link IN ('Active', 'Disabled')
		ORDER BY w.object, w.path, w.source LIMIT ?`
)

// Targets implements state.Applier.
func (s *Store) Targets(
	ctx context.Context, id state.ConfigID, list []directory.SourceID,
) (map[directory.SourceID]directory.TargetID, error) {
	if len(list) > state.PageSize {
		return nil, fault.New(fault.Internal, "state store: resolve references", "%d objects were asked for at once; %d are allowed.", len(list), state.PageSize)
	}
	out := make(map[directory.SourceID]directory.TargetID, len(list))
	if len(list) == 0 {
		return out, nil
	}
	err := s.read(ctx, "resolve references", id, func(t *transaction) error {
		return t.query(ctx, listTargets, []any{t.config, ids(list)}, func(rows *sql.Rows) error {
			var source directory.SourceID
			var target directory.TargetID
			err := rows.Scan(&source, &target)
			out[source] = target
			return err
		})
	})
	return out, err
}

// ByTarget implements state.Applier.
func (s *Store) ByTarget(
	ctx context.Context, id state.ConfigID, kind directory.Kind, target directory.TargetID,
) (r state.Record, ok bool, err error) {
	err = s.read(ctx, "find by target", id, func(t *transaction) error {
		found, err := t.records(ctx, findTarget, t.config, kind, text(target))
		if len(found) > 0 {
			// Two that share a resource are a fault of the target's; the older record is meant.
			r, ok = slices.MinFunc(found, func(a, b state.Record) int { return cmp.Compare(a.Seq, b.Seq) }), true
		}
		return err
	})
	return r, ok, err
}

// Waiting implements state.Applier.
func (s *Store) Waiting(ctx context.Context, id state.ConfigID, after state.Seq, limit int) ([]state.Waiting, error) {
	limit = page(limit)
	var out []state.Waiting
	err := s.read(ctx, "list waiting references", id, func(t *transaction) error {
		return t.query(ctx, listWaiting, []any{t.config, after, limit + 1}, func(rows *sql.Rows) error {
			var w state.Waiting
			r, err := scanRecord(rows, &w.Path, &w.For, &w.To)
			w.Record = r
			out = append(out, w)
			return err
		})
	})
	if err != nil || len(out) <= limit {
		return out, err
	}
	// The next page begins after an object, so this one must not end within one.
	end := limit
	for end > 0 && out[end-1].Seq == out[limit].Seq {
		end--
	}
	if end == 0 {
		end = limit
	}
	return out[:end], nil
}
