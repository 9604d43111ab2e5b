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
func Migrate(ctx context.Context, dialect Dialect, kind goose.Dialect, db *sql.DB, files fs.FS, opts ...goose.ProviderOption) error {
	s := New(dialect, db, db)
	opts = append(opts, goose.WithTableName(versionTable), goose.WithDisableGlobalRegistry(true))
	provider, err := goose.NewProvider(kind, db, files, opts...)
	if err != nil {
		return s.fail(ctx, "migrate", err)
	}
	// Up comes first because it holds the lock of the provider; it does nothing to tables that are newer.
	if _, err := provider.Up(ctx); err != nil {
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
