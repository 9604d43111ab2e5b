package sqlstore

import (
	"context"
	"database/sql"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/state"
)

const (
	// formerOwners are records that name a resource which another object is being linked to, and have no more right to it: they
	// left scope or the source. Two that are both there share a resource only by a fault of the target's.
	formerOwners = `SELECT o.seq, o.link, o.removal, n.seq FROM (
			SELECT CAST(value->>0 AS BIGINT) AS seq, value->>1 AS target FROM {rows}) AS r
		JOIN objects n ON n.seq = r.seq
		JOIN objects o ON o.config = n.config AND o.kind = n.kind AND o.target = r.target AND o.target <> '' AND o.seq <> n.seq
		WHERE o.link = 'Released' OR o.link <> '' AND (o.removal <> '' OR o.missing = 1)`
	heldGroups = `SELECT e.grp, e.member FROM edges e WHERE e.member IN (SELECT CAST(value AS BIGINT) FROM {list}) AND e.in_target = 1`
	takeOver   = `INSERT INTO edges (grp, member, in_source, in_target, seen, ready)
		SELECT r.grp, r.member, 0, 1, 0, 1 FROM ` + pairRows + ` WHERE true ON CONFLICT (grp, member) DO UPDATE SET in_target = 1`
)

// heirs are objects that are being linked to resources of former owners: what they take over is in which groups the target
// has the resource, so that they are taken out where they do not belong.
type heirs struct {
	outcomes    []state.Outcome
	memberships table
}

// heirs finds out what objects take over that are linked anew.
func (t *transaction) heirs(ctx context.Context, outcomes []state.Outcome, before map[state.Seq]resource) (h heirs, err error) {
	var linked table
	for _, o := range outcomes {
		if now, old := (resource{link: o.Link, target: o.Target}), before[o.Seq]; now.linked() && !o.Forget && (old.target != o.Target || old.link == state.Released) {
			linked = append(linked, []any{o.Seq, text(o.Target)})
		}
	}
	if len(linked) == 0 {
		return h, nil
	}
	heirOf := map[state.Seq]state.Seq{}
	var former []state.Seq
	err = t.query(ctx, formerOwners, []any{linked.String()}, func(rows *sql.Rows) error {
		var old, heir state.Seq
		var removal directory.Removal
		out := state.Outcome{Done: true, Waits: []state.Wait{}}
		if err := rows.Scan(&old, &out.Link, &removal, &heir); err != nil {
			return err
		}
		out.Forget = removal == directory.HardDeleted
		if out.Link != state.Released {
			out.Link = state.Unlinked
		}
		out.Seq, heirOf[old] = old, heir
		former = append(former, old)
		h.outcomes = append(h.outcomes, out)
		return nil
	})
	if err != nil || len(former) == 0 {
		return h, err
	}
	err = t.query(ctx, heldGroups, []any{numbers(former)}, func(rows *sql.Rows) error {
		var group, member state.Seq
		err := rows.Scan(&group, &member)
		h.memberships = append(h.memberships, []any{group, heirOf[member]})
		return err
	})
	return h, err
}

func (t *transaction) takeOver(ctx context.Context, h heirs) error {
	return t.rows(ctx, takeOver, h.memberships)
}
