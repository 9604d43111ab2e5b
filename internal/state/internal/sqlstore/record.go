package sqlstore

import (
	"context"
	"database/sql"
	"slices"
	"strings"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/state"
)

// recordColumns and recordTables (or recordJoins) read records whose row is called o.
const (
	recordColumns = `o.seq, o.kind, o.source, o.removal, o.missing, o.link, o.target, o.action, o.reason, o.leaves, o.held, o.intent,
		o.level, a.data, p.data, e.began, o.retry, e.attempts, e.code, e.message, e.reference`
	recordTables = ` FROM objects o` + recordJoins
	recordJoins  = ` LEFT JOIN attributes a ON a.object = o.seq LEFT JOIN applied p ON p.object = o.seq
		LEFT JOIN escrows e ON e.object = o.seq `
)

// scanRecord reads recordColumns and whatever columns follow them.
func scanRecord(rows *sql.Rows, more ...any) (state.Record, error) {
	var (
		r                               state.Record
		attributes, applied             sql.NullString
		began, retry, attempts, refOnly sql.NullInt64
		code, message                   sql.NullString
	)
	dest := []any{
		&r.Seq, &r.Kind, &r.ID, &r.Removal, &r.Missing, &r.Link, &r.Target, &r.Action, &r.Reason, &r.LeavesScope, &r.Held, &r.Intent,
		&r.Level, &attributes, &applied, &began, &retry, &attempts, &code, &message, &refOnly,
	}
	if err := rows.Scan(append(dest, more...)...); err != nil {
		return r, err
	}
	r.Attributes = directory.Attributes{}
	if attributes.Valid {
		if err := decode(attributes.String, &r.Attributes); err != nil {
			return r, err
		}
	}
	if applied.Valid {
		if err := decode(applied.String, &r.Applied); err != nil {
			return r, err
		}
	}
	if began.Valid {
		r.Escrow = &state.Escrow{
			First: instant(began.Int64), Next: instant(retry.Int64), Attempts: int(attempts.Int64),
			Code: code.String, Message: message.String, Reference: refOnly.Int64 != 0,
		}
	}
	return r, nil
}

// records runs a statement that selects recordColumns.
func (t *transaction) records(ctx context.Context, query string, args ...any) ([]state.Record, error) {
	var out []state.Record
	err := t.query(ctx, query, args, func(rows *sql.Rows) error {
		r, err := scanRecord(rows)
		out = append(out, r)
		return err
	})
	return out, err
}

// candidates runs a statement that selects recordColumns and adds the assignments.
func (t *transaction) candidates(ctx context.Context, query string, args ...any) ([]state.Candidate, error) {
	records, err := t.records(ctx, query, args...)
	if err != nil || len(records) == 0 {
		return nil, err
	}
	out := make([]state.Candidate, len(records))
	seqs := make([]state.Seq, len(records))
	at := make(map[state.Seq]*state.Candidate, len(records))
	for i, r := range records {
		out[i].Record, seqs[i], at[r.Seq] = r, r.Seq, &out[i]
	}
	return out, t.assign(ctx, at, seqs)
}

// Roles reach an object directly, and a user also through a group that it is a member of, directly or by Nest, and that may
// entitle its members: present, read and securityEnabled. A group nested in an assigned group is not entitled by it (reference 1.7).
const (
	ownRoles = `SELECT s.object, s.role, s.value, s.display FROM assignments s
		WHERE s.object IN (SELECT CAST(value AS BIGINT) FROM {list}) AND s.in_force = 1 AND s.disabled = 0`
	groupRoles = `SELECT e.member, s.role, s.value, s.display FROM edges e JOIN assignments s ON s.object = e.grp JOIN objects g ON g.seq = e.grp
		JOIN objects m ON m.seq = e.member AND m.kind = 'User'
		WHERE e.member IN (SELECT CAST(value AS BIGINT) FROM {list}) AND (e.in_source = 1 OR e.inherited = 1) AND s.in_force = 1 AND s.disabled = 0
		AND g.known = 1 AND g.removal = '' AND g.enabled = 1`
)

func (t *transaction) assign(ctx context.Context, at map[state.Seq]*state.Candidate, seqs []state.Seq) error {
	for _, query := range []string{ownRoles, groupRoles} {
		err := t.query(ctx, query, []any{numbers(seqs)}, func(rows *sql.Rows) error {
			var seq state.Seq
			var role directory.Role
			if err := rows.Scan(&seq, &role.ID, &role.Value, &role.DisplayName); err != nil {
				return err
			}
			at[seq].Assigned = true
			if role.ID != directory.DefaultAccess {
				at[seq].Roles = append(at[seq].Roles, role)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	for _, c := range at {
		slices.SortFunc(c.Roles, func(a, b directory.Role) int { return strings.Compare(a.ID, b.ID) })
		c.Roles = slices.CompactFunc(c.Roles, func(a, b directory.Role) bool { return a.ID == b.ID })
	}
	return nil
}
