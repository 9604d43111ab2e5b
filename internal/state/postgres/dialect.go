package postgres

import (
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/entrain-dev/entrain/internal/fault"
	"github.com/entrain-dev/entrain/internal/state/internal/sqlstore"
)

var dialect = sqlstore.Dialect{
	List:     "json_array_elements_text(?::text::json)",
	Rows:     "json_array_elements(?::text::json)",
	Lock:     " FOR UPDATE",
	Snapshot: sql.LevelRepeatableRead,
	Numbered: true,
	// Two replicas that start together must not both change the tables of a schema.
	MigrationLock: "SELECT pg_advisory_xact_lock(hashtextextended('entrain ' || current_schema(), 0))",
	Classify:      classify,
}

type failure struct {
	kind     fault.Kind
	sentence string
}

// failures are SQLSTATE codes, or their classes where the class says enough (PostgreSQL documentation, appendix A).
var failures = map[string]failure{
	"08":    {fault.Transient, "The connection to PostgreSQL was lost; it is tried again."},
	"25006": {fault.Internal, "The PostgreSQL database is read-only; connect to the primary server."},
	"28":    {fault.Internal, "PostgreSQL refuses the user or password of the state store; correct the connection string."},
	"3D":    {fault.Internal, "The PostgreSQL database of the state store does not exist; create it or correct the connection string."},
	"40":    {fault.Transient, "PostgreSQL ended a transaction in favour of another one; it is tried again."},
	"42501": {fault.Internal, "The PostgreSQL user of the state store lacks a privilege; it must own the schema it works in."},
	"53100": {fault.Internal, "The disk of PostgreSQL is full; enlarge it or shorten the retention of the provisioning log."},
	"53":    {fault.Transient, "PostgreSQL is short of connections or memory; it is tried again."},
	"55P03": {fault.Transient, "A row of the state store is locked by another process; it is tried again."},
	"57":    {fault.Transient, "PostgreSQL is shutting down or was told to end the statement; it is tried again."},
	"58":    {fault.Internal, "PostgreSQL reports an error of its disk; see the log of the server."},
	"XX":    {fault.Internal, "PostgreSQL reports damaged data; see the log of the server."},
}

func classify(err error) (fault.Kind, string, bool) {
	var refused *pgconn.PgError
	if errors.As(err, &refused) && len(refused.Code) == 5 {
		f, ok := failures[refused.Code]
		if !ok {
			f, ok = failures[refused.Code[:2]]
		}
		if !ok {
			f = failure{fault.Internal, "PostgreSQL refused a statement of the state store with SQLSTATE " + refused.Code + "; see the log of the server."}
		}
		return f.kind, f.sentence, true
	}
	var connecting *pgconn.ConnectError
	if errors.As(err, &connecting) {
		return fault.Transient, "PostgreSQL cannot be reached; check the address in the connection string and the server.", true
	}
	var network net.Error
	if errors.As(err, &network) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, driver.ErrBadConn) ||
		errors.Is(err, sql.ErrConnDone) || errors.Is(err, net.ErrClosed) {
		return failures["08"].kind, failures["08"].sentence, true
	}
	return fault.Unknown, "", false
}
