package sqlstore

import (
	"context"
	"database/sql"
	"slices"

	"github.com/entrain-dev/entrain/internal/state"
)

var forget = []string{
	markLast,
	`DELETE FROM edges WHERE grp IN (SELECT CAST(value AS BIGINT) FROM {list})`,
	`DELETE FROM edges WHERE member IN (SELECT CAST(value AS BIGINT) FROM {list})`,
	`DELETE FROM objects WHERE seq IN (SELECT CAST(value AS BIGINT) FROM {list})`,
}

// markLast has whoever waited for a membership in these groups looked at again, to be forgotten with them.
const markLast = `UPDATE objects SET due = 1 WHERE removal = 'HardDeleted' AND link = 'Released' AND due = 0 AND seq IN (
	SELECT member FROM edges WHERE grp IN (SELECT CAST(value AS BIGINT) FROM {list}))`

func (t *transaction) forget(ctx context.Context, c *committed) error {
	if len(c.forgotten) == 0 {
		return nil
	}
	if err := t.all(ctx, forget, numbers(c.forgotten)); err != nil {
		return err
	}
	return t.nestAgain(ctx)
}

const (
	// membersInTarget are those of some objects that a group of the target holds which is managed, or was and may be again.
	membersInTarget = `SELECT DISTINCT e.member FROM edges e JOIN objects g ON g.seq = e.grp
		WHERE e.member IN (SELECT CAST(value AS BIGINT) FROM {list}) AND (e.in_target = 1 OR e.todo = 1 AND g.intent = 1) AND g.link <> '' AND g.config = ?`
	dropWishes = `DELETE FROM edges WHERE in_target = 0 AND NOT (todo = 1 AND ` + groupIntent + `) AND member IN (SELECT CAST(value AS BIGINT) FROM {list})`
	leaveAll   = `UPDATE edges SET in_source = 0, inherited = 0, in_target = 1
		WHERE (in_source = 1 OR inherited = 1) AND member IN (SELECT CAST(value AS BIGINT) FROM {list})`
)

// withMemberships puts off forgetting objects whose resource stays (it was only disabled, or left as it is) while groups
// of the target hold it: they would hold it for ever. Their memberships are to be removed; forgetMembers ends the rest.
func (t *transaction) withMemberships(ctx context.Context, outcomes []state.Outcome) ([]state.Outcome, error) {
	var leaving []state.Seq
	for _, o := range outcomes {
		if o.Forget && o.Target != "" {
			leaving = append(leaving, o.Seq)
		}
	}
	if len(leaving) == 0 {
		return outcomes, nil
	}
	held := map[state.Seq]bool{}
	var members []state.Seq
	err := t.query(ctx, membersInTarget, []any{numbers(leaving), t.config}, func(rows *sql.Rows) error {
		var seq state.Seq
		err := rows.Scan(&seq)
		held[seq], members = true, append(members, seq)
		return err
	})
	if err != nil || len(members) == 0 {
		return outcomes, err
	}
	outcomes = slices.Clone(outcomes)
	for i := range outcomes {
		if o := &outcomes[i]; o.Forget && held[o.Seq] {
			o.Forget, o.Done, o.Link = false, true, state.Released
		}
	}
	if err := t.all(ctx, []string{dropWishes, leaveAll}, numbers(members)); err != nil {
		return nil, err
	}
	return outcomes, t.nestAgain(ctx)
}

const forgetMembers = `DELETE FROM objects WHERE seq IN (SELECT CAST(value AS BIGINT) FROM {list}) AND +config = ?
	AND removal = 'HardDeleted' AND link = 'Released' AND action = '' AND due = 0
	AND NOT EXISTS (SELECT 1 FROM edges e WHERE e.member = objects.seq)`

// forgetMembers forgets those of the former members that are gone from the source and were kept only for their memberships.
func (t *transaction) forgetMembers(ctx context.Context, removed []state.Seq) error {
	_, err := t.exec(ctx, forgetMembers, numbers(removed), t.config)
	return err
}
