package sqlstore

import (
	"context"
	"database/sql"
	"slices"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/state"
)

const (
	// inheritingMembers are the people in the inner groups of a part; who is in several is named several times.
	inheritingMembers = `SELECT r.grp, e.member
		FROM (SELECT CAST(value->>0 AS BIGINT) AS grp, CAST(value->>1 AS BIGINT) AS inner_grp FROM {rows}) AS r
		CROSS JOIN edges e CROSS JOIN objects m WHERE e.grp = r.inner_grp AND e.in_source = 1 AND m.seq = e.member AND m.kind = 'User'`
	inheritedEdges = `SELECT c.grp, c.member FROM edges c {use edges_inherited} WHERE c.inherited = 1 AND c.grp IN (SELECT CAST(value AS BIGINT) FROM {list})`
	newHeirs       = inheritingMembers + ` EXCEPT ` + inheritedEdges
	formerHeirs    = inheritedEdges + ` EXCEPT ` + inheritingMembers
)

const (
	pairRows     = `(SELECT CAST(value->>0 AS BIGINT) AS grp, CAST(value->>1 AS BIGINT) AS member FROM {rows}) AS r`
	addInherited = `INSERT INTO edges (grp, member, in_source, in_target, seen, ready, inherited)
		SELECT r.grp, r.member, 0, 0, 0, CASE WHEN m.link <> '' AND m.target <> '' AND g.link <> '' AND g.target <> '' THEN 1 ELSE 0 END, 1
		FROM ` + pairRows + ` JOIN objects m ON m.seq = r.member JOIN objects g ON g.seq = r.grp WHERE true
		ON CONFLICT (grp, member) DO UPDATE SET inherited = 1`
	endInherited = `UPDATE edges SET inherited = 0 FROM ` + pairRows + ` WHERE edges.grp = r.grp AND edges.member = r.member`
	// markHeirs leaves out direct members: for them nothing changes.
	markHeirs = `UPDATE objects SET due = 1 WHERE known = 1 AND due = 0 AND seq IN (
		SELECT e.member FROM ` + pairRows + ` JOIN edges e ON e.grp = r.grp AND e.member = r.member WHERE e.in_source = 0)`
	dropHeirs = `DELETE FROM edges WHERE in_source = 0 AND inherited = 0 AND in_target = 0 AND (grp, member) IN (
		SELECT r.grp, r.member FROM ` + pairRows + `)`
)

// inherit makes inherited edges what they should be for the groups of a part, and marks everybody whose membership changed by it.
func (t *transaction) inherit(ctx context.Context, p nestedPart) error {
	inner, groups := p.inner.String(), numbers(p.groups)
	added, err := t.pairs(ctx, newHeirs, inner, groups)
	if err != nil {
		return err
	}
	ended, err := t.pairs(ctx, formerHeirs, groups, inner)
	if err != nil {
		return err
	}
	for batch := range slices.Chunk(added, restoreBatch) {
		if err := t.all(ctx, []string{addInherited, markHeirs}, batch.String()); err != nil {
			return err
		}
	}
	for batch := range slices.Chunk(ended, restoreBatch) {
		if err := t.all(ctx, []string{endInherited, markHeirs, dropHeirs}, batch.String()); err != nil {
			return err
		}
	}
	if len(added)+len(ended) == 0 {
		return nil
	}
	return t.settleGroups(ctx, p.groups)
}

func (t *transaction) pairs(ctx context.Context, query string, args ...any) (table, error) {
	var out table
	err := t.query(ctx, query, args, func(rows *sql.Rows) error {
		var group, member state.Seq
		err := rows.Scan(&group, &member)
		out = append(out, []any{group, member})
		return err
	})
	return out, err
}

const listInner = `SELECT m.source FROM objects g JOIN edges e ON e.grp = g.seq JOIN objects m ON m.seq = e.member
	WHERE g.config = ? AND g.source = ? AND g.kind = 'Group' AND e.in_source = 1 AND m.kind = 'Group' ORDER BY e.member LIMIT ?`

// InnerGroups implements state.Reader.
func (s *Store) InnerGroups(ctx context.Context, id state.ConfigID, group directory.SourceID) ([]directory.SourceID, error) {
	var out []directory.SourceID
	err := s.read(ctx, "list nested groups", id, func(t *transaction) error {
		return t.query(ctx, listInner, []any{t.config, text(group), state.PageSize}, func(rows *sql.Rows) error {
			var source directory.SourceID
			err := rows.Scan(&source)
			out = append(out, source)
			return err
		})
	})
	return out, err
}
