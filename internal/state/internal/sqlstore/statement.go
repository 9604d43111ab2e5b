package sqlstore

import (
	"context"
	"database/sql"
	"sync"
)

// statements holds each statement translated and, for a dialect that wants it, prepared. Their number is bounded by the number
// of statements in this package.
type statements struct {
	mu       sync.Mutex
	texts    map[string]string
	prepared map[preparedKey]*sql.Stmt
}

type preparedKey struct {
	db    *sql.DB
	query string
}

func (s *statements) look(d Dialect, db *sql.DB, query string) (translated string, stmt *sql.Stmt) {
	s.mu.Lock()
	defer s.mu.Unlock()
	translated, ok := s.texts[query]
	if !ok {
		translated = d.translate(query)
		s.texts[query] = translated
	}
	return translated, s.prepared[preparedKey{db, query}]
}

// statement returns the prepared statement bound to the transaction, or nil and its text.
func (t *transaction) statement(ctx context.Context, query string) (*sql.Stmt, string) {
	translated, stmt := t.store.statements.look(t.store.dialect, t.db, query)
	if stmt != nil {
		return t.sql.StmtContext(ctx, stmt), translated
	}
	if t.store.dialect.Prepare {
		t.unprepared = append(t.unprepared, query)
	}
	return nil, translated
}

// prepare prepares statements that a transaction has used for the first time. It comes after the transaction, because the
// writer has a single connection. A failure only means that they are parsed once more.
func (s *Store) prepare(ctx context.Context, db *sql.DB, queries []string) {
	for _, query := range queries {
		translated, stmt := s.statements.look(s.dialect, db, query)
		if stmt != nil {
			continue
		}
		stmt, err := db.PrepareContext(ctx, translated)
		if err != nil {
			return
		}
		s.statements.mu.Lock()
		if _, raced := s.statements.prepared[preparedKey{db, query}]; raced {
			_ = stmt.Close()
		} else {
			s.statements.prepared[preparedKey{db, query}] = stmt
		}
		s.statements.mu.Unlock()
	}
}
