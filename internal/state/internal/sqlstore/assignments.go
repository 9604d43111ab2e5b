package sqlstore

import (
	"context"
	"database/sql"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/fault"
	"github.com/entrain-dev/entrain/internal/state"
)

const (
	// mentionObjects gives principals that were never read a row, as members get one.
	mentionObjects = `INSERT INTO objects (config, kind, source) SELECT CAST(? AS BIGINT), value->>0, value->>1 FROM {rows} WHERE true
		ON CONFLICT (config, source) DO NOTHING`
	seqsOfSources = `SELECT source, seq FROM objects WHERE config = ? AND source IN (SELECT value FROM {list})`
	// stageAssignments touches a row that is in force already only to note that it was seen. What a later cycle staged stays staged.
	stageAssignments = `INSERT INTO assignments (object, role, config, in_force, value, display, disabled, staged, next_value, next_display, next_disabled)
		SELECT CAST(value->>0 AS BIGINT), value->>1, CAST(? AS BIGINT), 0, '', '', 0, CAST(? AS BIGINT), value->>2, value->>3,
			CAST(value->>4 AS SMALLINT)
		FROM {rows} WHERE true
		ON CONFLICT (object, role) DO UPDATE SET staged = excluded.staged, next_value = excluded.next_value,
			next_display = excluded.next_display, next_disabled = excluded.next_disabled
		WHERE excluded.staged >= assignments.staged`
)

// StageAssignments implements state.Importer.
func (s *Store) StageAssignments(ctx context.Context, id state.ConfigID, cycle int64, assignments []directory.Assignment) error {
	if cycle < 1 {
		return fault.New(fault.Internal, "state store: stage assignments", "Assignments are staged for the number of a cycle, from 1; it is %d.", cycle)
	}
	return s.write(ctx, "stage assignments", id, func(t *transaction) error {
		var mentioned table
		var sources []directory.SourceID
		for _, a := range assignments {
			if a.Kind == directory.User || a.Kind == directory.Group {
				mentioned = append(mentioned, []any{a.Kind, text(a.Principal)})
				sources = append(sources, a.Principal)
			}
		}
		if len(mentioned) == 0 {
			return nil
		}
		if _, err := t.exec(ctx, mentionObjects, t.config, mentioned.String()); err != nil {
			return err
		}
		seqs, err := t.seqsOf(ctx, sources)
		if err != nil {
			return err
		}
		// The last word counts where a page names one role of one principal twice.
		rows := make(table, 0, len(assignments))
		type key struct {
			seq  state.Seq
			role string
		}
		at := make(map[key]int, len(assignments))
		for _, a := range assignments {
			seq, ok := seqs[text(a.Principal)]
			if !ok {
				continue
			}
			row := []any{seq, text(a.Role.ID), text(a.Role.Value), text(a.Role.DisplayName), flag(a.Role.Disabled)}
			if i, again := at[key{seq, a.Role.ID}]; again {
				rows[i] = row
				continue
			}
			at[key{seq, a.Role.ID}] = len(rows)
			rows = append(rows, row)
		}
		_, err = t.exec(ctx, stageAssignments, t.config, cycle, rows.String())
		return err
	})
}

// seqsOf returns the records of source ids, also of objects that were never read.
func (t *transaction) seqsOf(ctx context.Context, sources []directory.SourceID) (map[string]state.Seq, error) {
	seqs := make(map[string]state.Seq, len(sources))
	err := t.query(ctx, seqsOfSources, []any{t.config, ids(sources)}, func(rows *sql.Rows) error {
		var source string
		var seq state.Seq
		err := rows.Scan(&source, &seq)
		seqs[source] = seq
		return err
	})
	return seqs, err
}

// CountAssignments implements state.Importer.
func (s *Store) CountAssignments(ctx context.Context, id state.ConfigID, cycle int64) (inForce, staged int64, err error) {
	const query = `SELECT coalesce(sum(in_force), 0), coalesce(sum(CASE WHEN staged >= ? THEN 1 ELSE 0 END), 0) FROM assignments WHERE config = ?`
	err = s.read(ctx, "count assignments", id, func(t *transaction) error {
		_, err := t.one(ctx, query, []any{cycle, t.config}, &inForce, &staged)
		return err
	})
	return inForce, staged, err
}

const (
	// changedPrincipals are those that lose an assignment, get one, or whose role reads differently.
	changedPrincipals = `SELECT object FROM assignments WHERE config = ? AND (in_force = 1 AND staged < ?
		OR staged >= ? AND (in_force = 0 OR value <> next_value OR display <> next_display OR disabled <> next_disabled))`
	markPrincipals       = `UPDATE objects SET due = 1 WHERE known = 1 AND due = 0 AND seq IN (` + changedPrincipals + `)`
	markPrincipalMembers = `UPDATE objects SET due = 1 WHERE known = 1 AND due = 0 AND seq IN (
		SELECT e.member FROM edges e WHERE (e.in_source = 1 OR e.inherited = 1) AND e.grp IN (` + changedPrincipals + `))`
	endAssignments   = `DELETE FROM assignments WHERE config = ? AND staged < ?`
	beginAssignments = `UPDATE assignments SET in_force = 1, value = next_value, display = next_display, disabled = next_disabled
		WHERE config = ? AND staged >= ?
		AND (in_force = 0 OR value <> next_value OR display <> next_display OR disabled <> next_disabled)`
)

const unreadGroups = `SELECT DISTINCT o.source FROM assignments s JOIN objects o ON o.seq = s.object
	WHERE s.config = ? AND s.in_force = 1 AND s.disabled = 0 AND o.kind = 'Group' AND o.known = 0 ORDER BY o.source LIMIT ?`

// UnreadGroups implements state.Importer.
func (s *Store) UnreadGroups(ctx context.Context, id state.ConfigID, limit int) ([]directory.SourceID, error) {
	var out []directory.SourceID
	err := s.read(ctx, "list unread groups", id, func(t *transaction) error {
		return t.query(ctx, unreadGroups, []any{t.config, page(limit)}, func(rows *sql.Rows) error {
			var source directory.SourceID
			err := rows.Scan(&source)
			out = append(out, source)
			return err
		})
	})
	return out, err
}

// FinishAssignments implements state.Importer.
func (s *Store) FinishAssignments(ctx context.Context, id state.ConfigID, cycle int64) error {
	return s.write(ctx, "finish assignments", id, func(t *transaction) error {
		if err := t.all(ctx, []string{markPrincipals, markPrincipalMembers}, t.config, cycle, cycle); err != nil {
			return err
		}
		ended, err := t.exec(ctx, endAssignments, t.config, cycle)
		if err != nil {
			return err
		}
		begun, err := t.exec(ctx, beginAssignments, t.config, cycle)
		if err != nil || ended+begun == 0 {
			return err
		}
		return t.nestAgain(ctx)
	})
}
