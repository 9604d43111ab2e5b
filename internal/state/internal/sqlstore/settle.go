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
	referenceEscrows = `SELECT object FROM escrows WHERE config = ? AND reference = 1`
)

// settleGroups ends the escrow of groups in which only memberships failed and none is left to send: nobody would ever try them
// again, and they would count as failed for ever.
func (t *transaction) settleGroups(ctx context.Context, groups []state.Seq) error {
	if len(groups) == 0 {
		return nil
	}
	return t.all(ctx, []string{settleEscrows, settleObjects}, numbers(groups))
}

// settleAllGroups does it for a whole config, after a change of many edges.
func (t *transaction) settleAllGroups(ctx context.Context) error {
	var groups []state.Seq
	err := t.query(ctx, referenceEscrows, []any{t.config}, func(rows *sql.Rows) error {
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
