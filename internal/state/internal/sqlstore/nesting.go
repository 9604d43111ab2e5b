package sqlstore

import (
	"context"
	"database/sql"

	"github.com/entrain-dev/entrain/internal/state"
)

const (
	// nestPart is how many pairs of a group and one nested in it are looked at together.
	nestPart = 200
	// nestBatch is how many memberships are written together.
	nestBatch = 10_000
)

const (
	loadNesting  = `SELECT nesting, stale FROM configs WHERE num = ?`
	writeNesting = `UPDATE configs SET nesting = ?, stale = ? WHERE num = ?`
	markStale    = `UPDATE configs SET stale = 1 WHERE num = ?`
)

// nestAgain notes that what was computed about nested groups may no longer hold. It costs nothing where they do not count.
func (t *transaction) nestAgain(ctx context.Context) error {
	if t.nesting == state.NestNone || t.stale {
		return nil
	}
	t.stale = true
	_, err := t.exec(ctx, markStale, t.config)
	return err
}

const (
	anyGroup  = `SELECT 1 FROM objects WHERE seq IN (SELECT CAST(value AS BIGINT) FROM {list}) AND kind = 'Group' LIMIT 1`
	anyNested = `SELECT 1 FROM edges WHERE member IN (SELECT CAST(value AS BIGINT) FROM {list}) AND in_source = 1 LIMIT 1`
)

// nestChanged takes note of edges that changed, given by their ends, if they have to do with nested groups: the member is a group,
// or the group is a member.
func (t *transaction) nestChanged(ctx context.Context, groups, members []state.Seq) error {
	if t.nesting == state.NestNone || t.stale || len(groups) == 0 {
		return nil
	}
	var one int
	found, err := t.one(ctx, anyGroup, []any{numbers(members)}, &one)
	if err == nil && !found {
		found, err = t.one(ctx, anyNested, []any{numbers(groups)}, &one)
	}
	if err != nil || !found {
		return err
	}
	return t.nestAgain(ctx)
}

// Nest implements state.Importer. Everything up to the last step may be repeated: the config stays stale until then.
func (s *Store) Nest(ctx context.Context, id state.ConfigID, nesting state.Nesting) error {
	var before state.Nesting
	var stale bool
	err := s.read(ctx, "look at nested groups", id, func(t *transaction) error {
		_, err := t.one(ctx, loadNesting, []any{t.config}, &before, &stale)
		return err
	})
	if err != nil || before == nesting && !stale {
		return err
	}
	// What is inherited is known to be so until it is cleared.
	during := nesting
	if nesting == state.NestNone {
		during = before
	}
	if err := s.writeNesting(ctx, id, during, true); err != nil {
		return err
	}
	var parts []nestedPart
	err = s.read(ctx, "read nested groups", id, func(t *transaction) error {
		parts, err = t.nestedParts(ctx, nesting)
		return err
	})
	if err != nil {
		return err
	}
	for _, p := range parts {
		if err := s.inherit(ctx, id, p); err != nil {
			return err
		}
	}
	return s.writeNesting(ctx, id, nesting, false)
}

func (s *Store) writeNesting(ctx context.Context, id state.ConfigID, nesting state.Nesting, stale bool) error {
	return s.write(ctx, "note nested groups", id, func(t *transaction) error {
		_, err := t.exec(ctx, writeNesting, nesting, flag(stale), t.config)
		return err
	})
}

// nestedPart is some groups with every group nested in each of them.
type nestedPart struct {
	groups []state.Seq
	inner  table
}

const (
	// listNestings looks from the inner groups upwards: they are few, members are many. A group that was removed passes nothing on;
	// one that is only missing from a read does.
	listNestings = `SELECT e.grp, e.member FROM objects i {use objects_present} CROSS JOIN edges e {use edges_member}
		WHERE i.config = ? AND i.kind = 'Group' AND i.known = 1 AND i.removal = '' AND e.member = i.seq AND e.in_source = 1`
	listRoots = `SELECT g.seq FROM objects g WHERE g.seq IN (SELECT CAST(value AS BIGINT) FROM {list})
		AND (g.link = 'Active' OR EXISTS (SELECT 1 FROM assignments s WHERE s.object = g.seq AND s.in_force = 1))`
	// listHolders steps from group to group through the index of what is inherited.
	listHolders = `WITH RECURSIVE holders (grp) AS (
			SELECT min(grp) FROM edges {use edges_inherited} WHERE inherited = 1
			UNION ALL
			SELECT (SELECT min(e.grp) FROM edges e {use edges_inherited} WHERE e.inherited = 1 AND e.grp > h.grp) FROM holders h WHERE h.grp IS NOT NULL
		) SELECT g.seq FROM holders h CROSS JOIN objects g WHERE g.seq = h.grp AND g.config = ?`
)

// nestedParts returns the groups that have people through others, and those that no longer should.
func (t *transaction) nestedParts(ctx context.Context, nesting state.Nesting) ([]nestedPart, error) {
	nested := nestings{}
	var roots []state.Seq
	if nesting != state.NestNone {
		err := t.query(ctx, listNestings, []any{t.config}, func(rows *sql.Rows) error {
			var outer, inner state.Seq
			err := rows.Scan(&outer, &inner)
			nested[outer] = append(nested[outer], inner)
			return err
		})
		if err != nil {
			return nil, err
		}
		if roots = nested.outer(); nesting == state.NestAssigned {
			if roots, err = t.seqs(ctx, listRoots, numbers(roots)); err != nil {
				return nil, err
			}
		}
	}
	holders, err := t.seqs(ctx, listHolders, t.config)
	if err != nil {
		return nil, err
	}
	return nested.parts(roots, holders), nil
}

// seqs runs a statement that selects numbers of records.
func (t *transaction) seqs(ctx context.Context, query string, args ...any) ([]state.Seq, error) {
	var out []state.Seq
	err := t.query(ctx, query, args, func(rows *sql.Rows) error {
		var seq state.Seq
		err := rows.Scan(&seq)
		out = append(out, seq)
		return err
	})
	return out, err
}
