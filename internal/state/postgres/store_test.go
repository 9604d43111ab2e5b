package postgres_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // registers the driver "pgx"
	"golang.org/x/sync/errgroup"

	"github.com/entrain-dev/entrain/internal/state"
	"github.com/entrain-dev/entrain/internal/state/postgres"
	"github.com/entrain-dev/entrain/internal/state/statetest"
)

func TestStore(t *testing.T) {
	dsn, ok := server(t)
	if !ok {
		return
	}
	place := schemas(t, dsn)
	t.Run("replicas that start together on an empty schema", func(t *testing.T) { testTogether(t, place(t)) })
	statetest.Run(t, func(t *testing.T) statetest.Place {
		dsn := place(t)
		return func() (state.Store, error) { return postgres.Open(context.Background(), dsn) }
	})
}

// testTogether opens an empty schema several times at once.
func testTogether(t *testing.T, dsn string) {
	t.Helper()
	var g errgroup.Group
	for range 4 {
		g.Go(func() error {
			s, err := postgres.Open(context.Background(), dsn)
			if err != nil {
				return err
			}
			return s.Close()
		})
	}
	if err := g.Wait(); err != nil {
		t.Error(err)
	}
}

// server returns the connection string of a server: that of ENTRAIN_TEST_POSTGRES, or of one that is started for the test.
func server(t *testing.T) (dsn string, ok bool) {
	t.Helper()
	if dsn := os.Getenv("ENTRAIN_TEST_POSTGRES"); dsn != "" {
		return dsn, true
	}
	if dsn, ok := start(t); ok {
		return dsn, true
	}
	fmt.Println("The PostgreSQL half of the store tests is left out: set ENTRAIN_TEST_POSTGRES to a connection string, or apt-get install postgresql.")
	return "", false
}

// schemas returns a function that makes an empty schema and returns a connection string that works in it.
func schemas(t *testing.T, dsn string) func(t *testing.T) string {
	t.Helper()
	db, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	var number atomic.Int64
	return func(t *testing.T) string {
		t.Helper()
		name := fmt.Sprintf("entrain_test_%d_%d", os.Getpid(), number.Add(1))
		if _, err := db.ExecContext(t.Context(), "CREATE SCHEMA "+name); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if _, err := db.ExecContext(context.Background(), "DROP SCHEMA "+name+" CASCADE"); err != nil {
				t.Error(err)
			}
		})
		switch {
		case !strings.Contains(dsn, "://"):
			return dsn + " search_path=" + name
		case strings.Contains(dsn, "?"):
			return dsn + "&search_path=" + name
		}
		return dsn + "?search_path=" + name
	}
}
