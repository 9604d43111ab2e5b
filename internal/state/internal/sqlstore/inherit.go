package sqlstore

import (
	"context"
	"database/sql"
	"slices"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/state"
)

// changedHeirs compares, in one pass, the members of the inner groups of a part, who may be in several of them, with what the groups
// of the part have inherited. It selects those on one side only; the last column is 1 for those who are missing. Inner groups are
// always among them: to leave them out here would cost a look at every member, and addInherited leaves them out anyhow.
const changedHeirs = `SELECT grp, member, max(wanted) FROM (
		SELECT r.grp AS grp, e.member AS member, 1 AS wanted, 0 AS present
		FROM (SELECT CAST(value->>0 AS BIGINT) AS grp, CAST(value->>1 AS BIGINT) AS inner_grp FROM {rows}) AS r
		CROSS JOIN edges e WHERE e.grp = r.inner_grp AND e.in_source = 1
		UNION ALL
		SELECT c.grp, c.member, 0, 1 FROM edges c {use edges_inherited} WHERE c.inherited = 1 AND c.grp IN (SELECT CAST(value AS BIGINT) FROM {list})
	) AS h GROUP BY grp, member HAVING max(wanted) <> max(present)`

const (
	pairRows     = `(SELECT CAST(value->>0 AS BIGINT) AS grp, CAST(value->>1 AS BIGINT) AS member FROM {rows}) AS r`
	addInherited = `INSERT INTO edges (grp, member, in_source, in_target, seen, ready, inherited)
		SELECT r.grp, r.member, 0, 0, 0, CASE WHEN m.link <> '' AND m.target <> '' AND g.link <> '' AND g.target <> '' THEN 1 ELSE 0 END, 1
		FROM ` + pairRows + ` JOIN objects m ON m.seq = r.member AND m.kind = 'User' JOIN objects g ON g.seq = r.grp WHERE true
		ON CONFLICT (grp, member) DO UPDATE SET inherited = 1, in_target = ` + wantedAgain
	endInherited = `UPDATE edges SET inherited = 0,
		in_target = CASE WHEN edges.todo = 1 AND edges.in_source = 0 AND ` + groupIntent + ` THEN 1 ELSE edges.in_target END
		FROM ` + pairRows + ` WHERE edges.grp = r.grp AND edges.member = r.member`
	// markHeirs leaves out direct members: for them nothing changes.
	markHeirs = `UPDATE objects SET due = 1 WHERE known = 1 AND due = 0 AND kind = 'User' AND seq IN (
		SELECT e.member FROM ` + pairRows + ` JOIN edges e ON e.grp = r.grp AND e.member = r.member WHERE e.in_source = 0)`
	dropHeirs = `DELETE FROM edges WHERE in_source = 0 AND inherited = 0 AND in_target = 0 AND (grp, member) IN (
		SELECT r.grp, r.member FROM ` + pairRows + `)`
)

var (
	beginHeirs = []string{addInherited, markHeirs}
	endHeirs   = []string{endInherited, markHeirs, dropHeirs}
)

// inherit makes inherited edges what they should be for the groups of a part, and marks everybody whose membership changed by it.
// It looks outside of the transactions that write, which are short for the sake of the other configs of the store.
func (s *Store) inherit(ctx context.Context, id state.ConfigID, p nestedPart) error {
	changed := map[bool][]rowPair{}
	err := s.read(ctx, "compare nested groups", id, func(t *transaction) error {
		return t.query(ctx, changedHeirs, []any{p.inner.String(), numbers(p.groups)}, func(rows *sql.Rows) error {
			var pair rowPair
			var wanted bool
			err := rows.Scan(&pair[0], &pair[1], &wanted)
			changed[wanted] = append(changed[wanted], pair)
			return err
		})
	})
	if err != nil {
		return err
	}
	for wanted, queries := range map[bool][]string{true: beginHeirs, false: endHeirs} {
		for batch := range slices.Chunk(changed[wanted], nestBatch) {
			err := s.write(ctx, "expand nested groups", id, func(t *transaction) error { return t.writeHeirs(ctx, queries, batch) })
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func (t *transaction) writeHeirs(ctx context.Context, queries []string, pairs []rowPair) error {
	rows := make(table, len(pairs))
	var groups []state.Seq
	for i, pair := range pairs {
		rows[i] = []any{pair[0], pair[1]}
		groups = append(groups, state.Seq(pair[0]))
	}
	if err := t.all(ctx, queries, rows.String()); err != nil {
		return err
	}
	slices.Sort(groups)
	return t.settleGroups(ctx, slices.Compact(groups))
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
