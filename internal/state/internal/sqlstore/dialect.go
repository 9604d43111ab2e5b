package sqlstore

import (
	"database/sql"
	"regexp"
	"strconv"
	"strings"

	"github.com/entrain-dev/entrain/internal/fault"
)

// Dialect is what differs between the databases. Statements are written with ? for parameters and with the words {list},
// {rows}, {lock} and {use index}.
type Dialect struct {
	// List unfolds a parameter that is a JSON array of strings or numbers into rows with the column value.
	List string
	// Rows unfolds a parameter that is a JSON array of arrays into rows with the column value, an array.
	Rows string
	// Lock is added to the look-up of a config in a writing transaction, so that transactions of one config follow each other.
	Lock string
	// Use comes before the name of an index that a table must be read by; "" where the database finds the way by statistics.
	Use string
	// MigrationLock, where not empty, is a statement that waits until no other process changes the tables, and keeps others
	// from it until the end of the transaction.
	MigrationLock string
	// Snapshot is the isolation in which a transaction sees one state of the database throughout.
	Snapshot sql.IsolationLevel
	// Numbered is true when parameters are written $1, $2.
	Numbered bool
	// Prepare is true when statements must be prepared by us to be parsed only once.
	Prepare bool
	// Classify says what kind of failure an error of the database is, with a sentence for an administrator; ok is false for an
	// error that it does not know.
	Classify func(err error) (kind fault.Kind, sentence string, ok bool)
}

var useIndex = regexp.MustCompile(`\{use \w+\}`)

// translate writes a statement in the dialect.
func (d Dialect) translate(query string) string {
	query = strings.NewReplacer("{list}", d.List, "{rows}", d.Rows, "{lock}", d.Lock).Replace(query)
	query = useIndex.ReplaceAllStringFunc(query, func(word string) string {
		if d.Use == "" {
			return ""
		}
		return d.Use + strings.TrimSuffix(strings.TrimPrefix(word, "{use "), "}")
	})
	if !d.Numbered {
		return query
	}
	var b strings.Builder
	n := 0
	for part := range strings.SplitSeq(query, "?") {
		if n > 0 {
			b.WriteString("$" + strconv.Itoa(n))
		}
		b.WriteString(part)
		n++
	}
	return b.String()
}
