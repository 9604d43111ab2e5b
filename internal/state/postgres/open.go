package postgres

import (
	"context"
	"embed"
	"errors"
	"io/fs"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"

	"github.com/entrain-dev/entrain/internal/fault"
	"github.com/entrain-dev/entrain/internal/state"
	"github.com/entrain-dev/entrain/internal/state/internal/sqlstore"
)

//go:embed migrations/*.sql
var migrations embed.FS

const (
	maxConnections = 8
	// maxIdle is how long a connection may lie unused: less than the time after which firewalls forget one.
	maxIdle = 5 * time.Minute
)

// Open connects to a database and brings its tables up to date. dsn is a URL or a list of keywords as for libpq; its text is
// never part of an error, because it can hold a password.
func Open(ctx context.Context, dsn string) (state.Store, error) {
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		return nil, fault.New(fault.Invalid, "state store: open",
			"The connection string of PostgreSQL cannot be read; write it as postgres://user:password@host:5432/database?sslmode=verify-full.")
	}
	if config.RuntimeParams["application_name"] == "" {
		config.RuntimeParams["application_name"] = "entrain"
	}
	db := stdlib.OpenDB(*config)
	db.SetMaxOpenConns(maxConnections)
	db.SetMaxIdleConns(maxConnections)
	db.SetConnMaxIdleTime(maxIdle)
	files, err := fs.Sub(migrations, "migrations")
	if err == nil {
		err = sqlstore.Migrate(ctx, dialect, goose.DialectPostgres, db, files)
	}
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return sqlstore.New(dialect, db, db), nil
}
