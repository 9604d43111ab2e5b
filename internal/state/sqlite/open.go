package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"io/fs"
	"net/url"
	"os"

	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite" // registers the driver "sqlite"

	"github.com/entrain-dev/entrain/internal/fault"
	"github.com/entrain-dev/entrain/internal/state"
	"github.com/entrain-dev/entrain/internal/state/internal/sqlstore"
)

//go:embed migrations/*.sql
var migrations embed.FS

// readers is how many reads run beside each other and beside the writer.
const readers = 4

// Open opens the state file at path, makes it when it is not there, and brings its tables up to date. Its folder must exist.
func Open(ctx context.Context, path string) (state.Store, error) {
	if err := create(path); err != nil {
		return nil, err
	}
	writer, err := sql.Open("sqlite", dsn(path, writing))
	if err != nil {
		return nil, fault.Wrap(fault.Internal, "state store: open", err)
	}
	// SQLite has one writer at a time; with one connection they queue here instead of failing as busy.
	writer.SetMaxOpenConns(1)
	files, err := fs.Sub(migrations, "migrations")
	if err == nil {
		err = sqlstore.Migrate(ctx, dialect, goose.DialectSQLite3, writer, files)
	}
	if err != nil {
		return nil, errors.Join(err, writer.Close())
	}
	reader, err := sql.Open("sqlite", dsn(path, reading))
	if err != nil {
		return nil, errors.Join(fault.Wrap(fault.Internal, "state store: open", err), writer.Close())
	}
	reader.SetMaxOpenConns(readers)
	reader.SetMaxIdleConns(readers)
	return sqlstore.New(dialect, writer, reader), nil
}

// create makes an empty file that only the owner may read, because it holds attributes of people. SQLite gives its side files
// the same mode.
func create(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return &fault.Error{
			Kind: fault.Internal, Op: "state store: open",
			Message: "The state file cannot be opened for writing; check that the volume is mounted, writable and owned by the user of the program.",
			Err:     err,
		}
	}
	return f.Close()
}

// writing and reading are the settings of the two kinds of connection.
//
// synchronous FULL: a commit is on the disk when it returns. With NORMAL a power cut could take back the last commits, among
// them the intent of a create that was already sent.
//
// temp_store MEMORY: a container has no writable folder for temporary files.
var (
	writing = []string{
		"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)", "temp_store(MEMORY)",
		"cache_size(-16384)", "wal_autocheckpoint(4000)", "journal_size_limit(67108864)",
	}
	reading = []string{"busy_timeout(5000)", "query_only(1)", "temp_store(MEMORY)", "cache_size(-2048)"}
)

func dsn(path string, pragmas []string) string {
	q := url.Values{"_txlock": {"immediate"}, "_pragma": pragmas}
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + q.Encode()
}
