package sqlstore

import (
	"context"
	"database/sql"

	"github.com/entrain-dev/entrain/internal/state"
)

const (
	settleEscrows = `DELETE FROM escrows WHERE reference = 1 AND object IN (SELECT CAST(value AS BIGINT) FROM {list})
		AND EXISTS (SELECT 1 FROM objects o WHERE o.seq = escrows.object AND o.kind = 'Group' AND o.action = '')
		AND NOT EXISTS (SELECT 1 FROM edges e {use edges_todo} WHERE e.grp = escrows.object AND e.todo <> 0)`
	settleObjects = `UPDATE objects SET retry = NULL WHERE retry IS NOT NULL AND seq IN (SELECT CAST(value AS BIGINT) FROM {list})
		AND NOT EXISTS (SELECT 1 FROM escrows e WHERE e.object = objects.seq)`
	// endIntents: what was sent for a group is known once nothing is left to send.
	endIntents = `UPDATE objects SET intent = 0 WHERE seq IN (SELECT CAST(value AS BIGINT) FROM {list}) AND kind = 'Group' AND intent = 1 AND action = ''
		AND NOT EXISTS (SELECT 1 FROM edges e {use edges_todo} WHERE e.grp = objects.seq AND e.todo <> 0)`
	unsettledGroups = `SELECT object FROM escrows WHERE config = ? AND reference = 1
		UNION SELECT seq FROM objects WHERE config = ? AND kind = 'Group' AND link = 'Active' AND intent = 1`
)

// settleGroups ends the intent of groups of which no membership is left to send, and their escrow where only memberships failed: nobody
// would ever try them again, and they would count as failed for ever.
func (t *transaction) settleGroups(ctx context.Context, groups []state.Seq) error {
	if len(groups) == 0 {
		return nil
	}
	return t.all(ctx, []string{endIntents, settleEscrows, settleObjects}, numbers(groups))
}

// settleAllGroups does it for a whole config, after a change of many edges.
func (t *transaction) settleAllGroups(ctx context.Context) error {
	var groups []state.Seq
	err := t.query(ctx, unsettledGroups, []any{t.config, t.config}, func(rows *sql.Rows) error {
		var seq state.Seq
		err := rows.Scan(&seq)
		groups = append(groups, seq)
		return err
	})
	if err != nil {
		return err
	}
	return t.settleGroups(ctx, groups)
}
