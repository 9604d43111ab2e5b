package sqlstore

import (
	"cmp"
	"context"
	"database/sql"
	"slices"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/state"
)

const (
	// What is pending in a group with an intent may have been sent already, by a request whose answer was lost. So a membership that is
	// wanted again before its removal is known to have happened is added again, and one that is not wanted any more before its
	// addition is known to have happened is removed: neither changes anything where nothing was sent.
	groupIntent = `(SELECT g.intent FROM objects g WHERE g.seq = edges.grp) = 1`
	wantedAgain = `CASE WHEN edges.todo = 2 AND ` + groupIntent + ` THEN 0 ELSE edges.in_target END`
	unwanted    = `CASE WHEN edges.todo = 1 AND edges.inherited = 0 AND ` + groupIntent + ` THEN 1 ELSE edges.in_target END`

	loadEdges = `SELECT e.grp, e.member, e.in_source, e.seen
		FROM (SELECT CAST(value->>0 AS BIGINT) AS grp, CAST(value->>1 AS BIGINT) AS member FROM {rows}) AS r
		JOIN edges e ON e.grp = r.grp AND e.member = r.member`
	addSourceEdges = `INSERT INTO edges (grp, member, in_source, in_target, seen, ready)
		SELECT r.grp, r.member, 1, 0, r.seen, CASE WHEN o.link <> '' AND o.target <> '' AND g.link <> '' AND g.target <> '' THEN 1 ELSE 0 END
		FROM (SELECT CAST(value->>0 AS BIGINT) AS grp, CAST(value->>1 AS BIGINT) AS member, CAST(value->>2 AS BIGINT) AS seen FROM {rows}) AS r
		JOIN objects o ON o.seq = r.member JOIN objects g ON g.seq = r.grp WHERE true
		ON CONFLICT (grp, member) DO UPDATE SET in_source = 1, seen = excluded.seen, in_target = ` + wantedAgain
	touchEdges = `UPDATE edges SET seen = r.seen
		FROM (SELECT CAST(value->>0 AS BIGINT) AS grp, CAST(value->>1 AS BIGINT) AS member, CAST(value->>2 AS BIGINT) AS seen FROM {rows}) AS r
		WHERE edges.grp = r.grp AND edges.member = r.member`
	removeSourceEdges = `UPDATE edges SET in_source = 0, in_target = ` + unwanted + `
		FROM (SELECT CAST(value->>0 AS BIGINT) AS grp, CAST(value->>1 AS BIGINT) AS member FROM {rows}) AS r
		WHERE edges.grp = r.grp AND edges.member = r.member AND edges.in_source = 1`
	dropAbsentEdges = `DELETE FROM edges WHERE in_source = 0 AND inherited = 0 AND in_target = 0 AND grp IN (SELECT CAST(value AS BIGINT) FROM {list})
		AND member IN (SELECT CAST(value AS BIGINT) FROM {list})`
	markSeqs = `UPDATE objects SET due = 1 WHERE seq IN (SELECT CAST(value AS BIGINT) FROM {list}) AND known = 1 AND due = 0 AND +config = ?`
)

type rowPair [2]int64

// writeEdges writes the memberships that the changes mention and marks members whose edge changed.
func (m *importer) writeEdges(ctx context.Context) error {
	if len(m.pairs) == 0 {
		return nil
	}
	slices.SortFunc(m.pairs, func(a, b edgeKey) int {
		return cmp.Or(cmp.Compare(a.group.seq, b.group.seq), cmp.Compare(a.member.seq, b.member.seq))
	})
	seen, err := m.existingEdges(ctx)
	if err != nil {
		return err
	}
	var add, touch, remove table
	var groups, members []state.Seq // of edges to remove
	var outer, changed []state.Seq  // of edges that change
	for _, key := range m.pairs {
		g, u := key.group.seq, key.member.seq
		before, has := seen[rowPair{g, u}]
		after := before
		if m.full {
			after = max(before, m.cycle)
		}
		switch wanted := m.edges[key]; {
		case wanted && !has:
			add = append(add, []any{g, u, after})
		case wanted && after != before:
			touch = append(touch, []any{g, u, after})
		case !wanted && has:
			remove = append(remove, []any{g, u})
			groups, members = append(groups, state.Seq(g)), append(members, state.Seq(u))
		}
		if m.edges[key] != has {
			outer, changed = append(outer, state.Seq(g)), append(changed, state.Seq(u))
		}
	}
	m.due = append(m.due, changed...)
	if err := m.t.rows(ctx, addSourceEdges, add); err != nil {
		return err
	}
	if err := m.t.rows(ctx, touchEdges, touch); err != nil {
		return err
	}
	if err := m.t.nestChanged(ctx, outer, changed); err != nil || len(remove) == 0 {
		return err
	}
	if err := m.t.rows(ctx, removeSourceEdges, remove); err != nil {
		return err
	}
	groups = slices.Compact(groups)
	if _, err := m.t.exec(ctx, dropAbsentEdges, numbers(groups), numbers(members)); err != nil {
		return err
	}
	return m.t.settleGroups(ctx, groups)
}

// existingEdges returns the number of the cycle in which each edge of the page that is in the source was seen last.
func (m *importer) existingEdges(ctx context.Context) (map[rowPair]int64, error) {
	rows := make(table, 0, len(m.pairs))
	for _, key := range m.pairs {
		if key.group.stored && key.member.stored {
			rows = append(rows, []any{key.group.seq, key.member.seq})
		}
	}
	seen := map[rowPair]int64{}
	if len(rows) == 0 {
		return seen, nil
	}
	err := m.t.query(ctx, loadEdges, []any{rows.String()}, func(rows *sql.Rows) error {
		var pair rowPair
		var inSource bool
		var cycle int64
		err := rows.Scan(&pair[0], &pair[1], &inSource, &cycle)
		if inSource {
			seen[pair] = cycle
		}
		return err
	})
	return seen, err
}

const markAssignedMembers = `UPDATE objects SET due = 1 WHERE known = 1 AND due = 0 AND seq IN (
	SELECT e.member FROM edges e WHERE (e.in_source = 1 OR e.inherited = 1) AND e.grp IN (
		SELECT s.object FROM assignments s WHERE s.in_force = 1 AND s.object IN (SELECT CAST(value AS BIGINT) FROM {list})))`

// markMembers marks whoever is entitled differently because of what changed: members whose edge changed, and members of
// assigned groups that can entitle now and could not before, or the other way round.
func (m *importer) markMembers(ctx context.Context) error {
	if len(m.due) > 0 {
		if _, err := m.t.exec(ctx, markSeqs, numbers(m.due), m.t.config); err != nil {
			return err
		}
	}
	var groups []state.Seq
	passing := false
	for _, o := range m.sorted() {
		if o.kind != directory.Group || !o.changed || !o.stored {
			continue
		}
		passing = passing || o.known != o.before.known || o.removal != o.before.removal || o.kind != o.before.kind
		enabled := o.original.First(directory.AttrSecurityEnabled) == "True"
		if o.known != o.before.known || o.removal != o.before.removal || o.changedAttributes() && enabled != o.enabled() {
			groups = append(groups, state.Seq(o.seq))
		}
	}
	if passing { // groups pass on to others what they did not before, or no longer do
		if err := m.t.nestAgain(ctx); err != nil {
			return err
		}
	}
	if len(groups) == 0 {
		return nil
	}
	_, err := m.t.exec(ctx, markAssignedMembers, numbers(groups))
	return err
}
