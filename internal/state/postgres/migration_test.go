package postgres_test

import (
	"database/sql"
	"os"
	"testing"

	"github.com/pressly/goose/v3"

	"github.com/entrain-dev/entrain/internal/state"
	"github.com/entrain-dev/entrain/internal/state/postgres"
	"github.com/entrain-dev/entrain/internal/state/statetest"
)

// TestTablesOfVersion1 opens a schema that the first version of the program wrote.
func TestTablesOfVersion1(t *testing.T) {
	dsn, ok := server(t)
	if !ok {
		return
	}
	dsn = schemas(t, dsn)(t)
	db, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	provider, err := goose.NewProvider(goose.DialectPostgres, db, os.DirFS("migrations"), goose.WithTableName("entrain_schema_version"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := provider.UpTo(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	statetest.RunMigration(t, db, func() (state.Store, error) { return postgres.Open(t.Context(), dsn) })
}
