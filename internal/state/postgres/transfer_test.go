package postgres_test

import (
	"path/filepath"
	"testing"

	"github.com/entrain-dev/entrain/internal/state"
	"github.com/entrain-dev/entrain/internal/state/postgres"
	"github.com/entrain-dev/entrain/internal/state/sqlite"
	"github.com/entrain-dev/entrain/internal/state/statetest"
)

// TestTransfer moves from one driver to the other and back.
func TestTransfer(t *testing.T) {
	dsn, ok := server(t)
	if !ok {
		return
	}
	place := schemas(t, dsn)
	file := func(t *testing.T) state.Store {
		s, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "state.db"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close() })
		return s
	}
	database := func(t *testing.T) state.Store {
		s, err := postgres.Open(t.Context(), place(t))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close() })
		return s
	}
	t.Run("from a file to a database", func(t *testing.T) { statetest.RunTransfer(t, file(t), database(t)) })
	t.Run("from a database to a file", func(t *testing.T) { statetest.RunTransfer(t, database(t), file(t)) })
}
