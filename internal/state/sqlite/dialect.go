package sqlite

import (
	"errors"

	"modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"

	"github.com/entrain-dev/entrain/internal/fault"
	"github.com/entrain-dev/entrain/internal/state/internal/sqlstore"
)

var dialect = sqlstore.Dialect{
	List:     "json_each(?)",
	Rows:     "json_each(?)",
	Use:      "INDEXED BY ",
	Prepare:  true,
	Classify: classify,
}

// failures are the primary result codes that an administrator can do something about.
var failures = map[int]struct {
	kind     fault.Kind
	sentence string
}{
	lib.SQLITE_BUSY:   {fault.Transient, "The state file is locked by another process; it is tried again."},
	lib.SQLITE_LOCKED: {fault.Transient, "The state file is locked by another process; it is tried again."},
	lib.SQLITE_FULL:   {fault.Internal, "The disk of the state file is full; enlarge the volume or shorten the retention of the provisioning log."},
	lib.SQLITE_READONLY: {
		fault.Internal, "The state file is read-only; make the volume writable for the user of the program.",
	},
	lib.SQLITE_CANTOPEN: {fault.Internal, "The state file cannot be opened; check that the volume is mounted and writable."},
	lib.SQLITE_IOERR:    {fault.Internal, "The disk of the state file reports an error; check the volume."},
	lib.SQLITE_CORRUPT:  {fault.Internal, "The state file is damaged; restore it from a backup."},
	lib.SQLITE_NOTADB:   {fault.Internal, "The state file is not a SQLite database; check the path, or restore the file from a backup."},
	lib.SQLITE_NOMEM:    {fault.Internal, "SQLite is out of memory; raise the memory limit of the program."},
}

func classify(err error) (fault.Kind, string, bool) {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return fault.Unknown, "", false
	}
	// The lower eight bits are the primary result code (sqlite.org/rescode.html).
	f, ok := failures[e.Code()&0xff]
	return f.kind, f.sentence, ok
}
