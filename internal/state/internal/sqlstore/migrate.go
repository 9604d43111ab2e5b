package sqlstore

import (
	"context"
	"database/sql"
	"io/fs"

	"github.com/pressly/goose/v3"

	"github.com/entrain-dev/entrain/internal/fault"
)

// versionTable is where goose notes which migrations were run.
const versionTable = "entrain_schema_version"

// Migrate brings the tables up to the version of this program. A store that a newer program wrote is refused.
func Migrate(ctx context.Context, dialect Dialect, kind goose.Dialect, db *sql.DB, files fs.FS) error {
	s := New(dialect, db, db)
	if dialect.MigrationLock != "" {
		// The lock ends with its transaction, in which nothing else happens.
		tx, err := db.BeginTx(ctx, nil)
		if err != nil {
			return s.fail(ctx, "migrate", err)
		}
		defer func() { _ = tx.Rollback() }()
		if _, err := tx.ExecContext(ctx, dialect.MigrationLock); err != nil {
			return s.fail(ctx, "migrate", err)
		}
	}
	provider, err := goose.NewProvider(kind, db, files, goose.WithTableName(versionTable), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return s.fail(ctx, "migrate", err)
	}
	if _, err := provider.Up(ctx); err != nil { // does nothing to tables that are newer
		return s.fail(ctx, "migrate", err)
	}
	current, target, err := provider.GetVersions(ctx)
	if err != nil {
		return s.fail(ctx, "migrate", err)
	}
	if current > target {
		return fault.New(fault.Internal, "state store: migrate",
			"The state store was written by a newer version of Entrain (tables of version %d, this program knows %d); run that version again.", current, target)
	}
	return nil
}
