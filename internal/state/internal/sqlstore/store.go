package sqlstore

import (
	"context"
	"database/sql"
	"errors"

	"github.com/entrain-dev/entrain/internal/state"
)

// Store implements state.Store.
type Store struct {
	dialect        Dialect
	reader, writer *sql.DB
	statements     statements
}

var _ state.Store = (*Store)(nil)

// New returns a store on a migrated database. writer takes the writing transactions, reader the others; they may be the same.
// The store closes both.
func New(dialect Dialect, writer, reader *sql.DB) *Store {
	return &Store{
		dialect: dialect, writer: writer, reader: reader,
		statements: statements{texts: map[string]string{}, prepared: map[preparedKey]*sql.Stmt{}},
	}
}

// Close implements state.Store.
func (s *Store) Close() error {
	// Closing a database closes its statements. The reader goes first, so that the last connection is one that may tidy up.
	var err error
	if s.reader != s.writer {
		err = s.reader.Close()
	}
	return s.fail(context.Background(), "close", errors.Join(err, s.writer.Close()))
}

// transaction is a transaction in the state of one config.
type transaction struct {
	store  *Store
	db     *sql.DB
	sql    *sql.Tx
	config int64
	// nesting and stale are those of the config, in a writing transaction.
	nesting state.Nesting
	stale   bool
	// unprepared are statements that were run for the first time.
	unprepared []string
}

// write runs a writing transaction; the config is created when it is unknown.
func (s *Store) write(ctx context.Context, op string, id state.ConfigID, body func(t *transaction) error) error {
	return s.run(ctx, op, s.writer, nil, func(t *transaction) error {
		found, err := t.one(ctx, `SELECT num, nesting, stale FROM configs WHERE id = ?{lock}`, []any{text(id)}, &t.config, &t.nesting, &t.stale)
		if err != nil {
			return err
		}
		if !found {
			const create = `INSERT INTO configs (id, data) VALUES (?, '{}') ON CONFLICT (id) DO UPDATE SET id = excluded.id RETURNING num`
			if _, err := t.one(ctx, create, []any{text(id)}, &t.config); err != nil {
				return err
			}
		}
		return body(t)
	})
}

// read runs a reading transaction, which sees one state of the database throughout. The body is not called for an unknown
// config, of which there is nothing to read.
func (s *Store) read(ctx context.Context, op string, id state.ConfigID, body func(t *transaction) error) error {
	return s.run(ctx, op, s.reader, &sql.TxOptions{ReadOnly: true, Isolation: s.dialect.Snapshot}, func(t *transaction) error {
		found, err := t.one(ctx, `SELECT num FROM configs WHERE id = ?`, []any{text(id)}, &t.config)
		if err != nil || !found {
			return err
		}
		return body(t)
	})
}

func (s *Store) run(ctx context.Context, op string, db *sql.DB, opts *sql.TxOptions, body func(t *transaction) error) error {
	tx, err := db.BeginTx(ctx, opts)
	if err != nil {
		return s.fail(ctx, op, err)
	}
	t := &transaction{store: s, db: db, sql: tx}
	if err := body(t); err != nil {
		// The failure that is reported is the first one; a rollback that fails changes nothing about it.
		_ = tx.Rollback()
		return s.fail(ctx, op, err)
	}
	if err := tx.Commit(); err != nil {
		return s.fail(ctx, op, err)
	}
	s.prepare(ctx, db, t.unprepared)
	return nil
}

// exec runs a statement and returns how many rows it changed.
func (t *transaction) exec(ctx context.Context, query string, args ...any) (int64, error) {
	var res sql.Result
	var err error
	if stmt, translated := t.statement(ctx, query); stmt != nil {
		res, err = stmt.ExecContext(ctx, args...)
	} else {
		res, err = t.sql.ExecContext(ctx, translated, args...)
	}
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// all runs several statements with the same parameters.
func (t *transaction) all(ctx context.Context, queries []string, args ...any) error {
	for _, q := range queries {
		if _, err := t.exec(ctx, q, args...); err != nil {
			return err
		}
	}
	return nil
}

// rows runs a statement whose only parameter is {rows}; nothing for an empty table.
func (t *transaction) rows(ctx context.Context, query string, rows table) error {
	if len(rows) == 0 {
		return nil
	}
	_, err := t.exec(ctx, query, rows.String())
	return err
}

// query calls each for every row.
func (t *transaction) query(ctx context.Context, query string, args []any, each func(rows *sql.Rows) error) (err error) {
	var rows *sql.Rows
	if stmt, translated := t.statement(ctx, query); stmt != nil {
		rows, err = stmt.QueryContext(ctx, args...)
	} else {
		rows, err = t.sql.QueryContext(ctx, translated, args...)
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		if err := each(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// one scans the first row; found is false when there is none.
func (t *transaction) one(ctx context.Context, query string, args []any, dest ...any) (found bool, err error) {
	err = t.query(ctx, query, args, func(rows *sql.Rows) error {
		found = true
		return rows.Scan(dest...)
	})
	return found, err
}
