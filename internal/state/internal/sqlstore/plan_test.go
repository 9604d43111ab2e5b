package sqlstore_test

import (
	"database/sql"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/entrain-dev/entrain/internal/state/internal/sqlstore"
	"github.com/entrain-dev/entrain/internal/state/sqlite"
)

var (
	index = regexp.MustCompile(`USING (?:COVERING )?(?:INDEX (\S+)|INTEGER PRIMARY KEY|PRIMARY KEY)`)
	// small reports what SQLite does with parameters and results in memory; r and h are aliases of those.
	small = regexp.MustCompile(`VIRTUAL TABLE|LIST SUBQUERY|CORRELATED|REUSE LIST|SCAN [rh]\b|BLOOM|MATERIALIZE|CO-ROUTINE`)
)

// whole matches a step that reads a whole table, or all of a config by an index that begins with it.
var whole = regexp.MustCompile(`^SCAN (?:\w+)(?: USING|$)|\(config=\?\)`)

var dialect = sqlstore.Dialect{List: "json_each(?)", Rows: "json_each(?)", Use: "INDEXED BY "}

// TestListingsAreIndexRanges keeps the plans of SQLite: each table is reached through an index, and what has to come in order
// comes in order without sorting. The tables are empty and never analysed, so the plans depend on the statements alone, here
// and everywhere.
func TestListingsAreIndexRanges(t *testing.T) {
	want := map[string][]string{
		"Due":                   {"o objects_due", "a pk", "p pk", "e sqlite_autoindex_escrows_1"},
		"CountDue":              {"objects objects_due"},
		"Missing":               {"o objects_missing", "a pk", "p pk", "e sqlite_autoindex_escrows_1"},
		"Known":                 {"objects objects_present"},
		"Removals":              {"o objects_removals", "a pk", "p pk", "e sqlite_autoindex_escrows_1"},
		"Pending":               {"objects objects_pending"},
		"Held":                  {"objects objects_removals"},
		"Apply":                 {"o objects_pending", "a pk", "p pk", "e sqlite_autoindex_escrows_1"},
		"Apply of a level":      {"o objects_level", "a pk", "p pk", "e sqlite_autoindex_escrows_1"},
		"Apply of failures":     {"o objects_retry", "a pk", "p pk", "e sqlite_autoindex_escrows_1"},
		"Waiting":               {"w waits_ready", "o pk", "m sqlite_autoindex_objects_1", "a pk", "p pk", "e sqlite_autoindex_escrows_1"},
		"UnequalGroups":         {"o objects_groups", "x edges_todo", "a pk", "p pk", "e sqlite_autoindex_escrows_1"},
		"Edges":                 {"x edges_todo", "g pk", "m pk"},
		"ByTarget":              {"o objects_target", "a pk", "p pk", "e sqlite_autoindex_escrows_1"},
		"Targets":               {"objects sqlite_autoindex_objects_1"},
		"Get":                   {"o sqlite_autoindex_objects_1", "a pk", "p pk", "e sqlite_autoindex_escrows_1"},
		"Escrows":               {"e escrows_latest", "o pk", "a pk", "p pk"},
		"FindIndex":             {"k pk", "r pk"},
		"assignments of groups": {"e edges_member", "s pk", "g pk", "m pk"},
		"assignments":           {"s pk"},
		"nested groups":         {"e edges_member", "i objects_present"},
		"groups with groups":    {"g pk", "s pk"},
		"groups that inherit":   {"e edges_inherited", "edges edges_inherited", "g pk"},
		"heirs":                 {"c edges_inherited", "e pk"},
		"inner groups":          {"e pk", "g sqlite_autoindex_objects_1", "m pk"},
		"import look-up":        {"objects sqlite_autoindex_objects_1"},
		"import of edges":       {"e pk"},
		"referrers":             {"objects objects_manager"},
		"Counts":                {"objects objects_target"},
		"prune":                 {"log pk", "log log_time"},
		"Linked":                {"o objects_target", "a pk", "p pk", "e sqlite_autoindex_escrows_1"},
		"TargetEdges":           {"x pk", "g pk", "m pk"},
		"Awaited":               {"x pk", "g pk", "m pk"},
		"log":                   {"log log_config"},
		"log of a person":       {"log log_source"},
		"log of a cycle":        {"log log_cycle"},
		"log after a number":    {"log log_config"},
	}
	db := tables(t)
	for name, query := range sqlstore.Listings(dialect) {
		t.Run(name, func(t *testing.T) {
			got, all := plan(t, db, query)
			slices.Sort(got)
			slices.Sort(want[name])
			if diff := cmp.Diff(want[name], got); diff != "" {
				t.Errorf("tables and their indexes (-want +got):\n%s\n%s", diff, strings.Join(all, "\n"))
			}
			if strings.Contains(strings.Join(all, "\n"), "TEMP B-TREE FOR ORDER BY") {
				t.Errorf("rows are sorted:\n%s", strings.Join(all, "\n"))
			}
		})
	}
}

// TestPagesAreReadByKey keeps every statement that takes in a page from reading a whole table or a whole config.
func TestPagesAreReadByKey(t *testing.T) {
	db := tables(t)
	for _, query := range sqlstore.Pages(dialect) {
		_, all := plan(t, db, query)
		for _, step := range all {
			if whole.MatchString(step) {
				t.Errorf("%s\n%s", query, strings.Join(all, "\n"))
			}
		}
	}
}

// tables returns the empty tables of a store.
func tables(t *testing.T) *sql.DB {
	t.Helper()
	path := filepath.Join(t.TempDir(), "state.db")
	s, err := sqlite.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// plan returns "table index" for each table that a statement reads, with "SCAN" for a table that is read in full.
func plan(t *testing.T, db *sql.DB, query string) (got, all []string) {
	t.Helper()
	args := make([]any, strings.Count(query, "?"))
	rows, err := db.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+query, args...)
	if err != nil {
		t.Fatalf("%v\n%s", err, query)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id, parent, unused int
		var detail string
		if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
			t.Fatal(err)
		}
		all = append(all, detail)
		words := strings.Fields(detail)
		if small.MatchString(detail) || words[0] != "SEARCH" && words[0] != "SCAN" {
			continue
		}
		used := "SCAN"
		if m := index.FindStringSubmatch(detail); m != nil && words[0] == "SEARCH" {
			used = m[1]
			if used == "" {
				used = "pk"
			}
		}
		got = append(got, words[1]+" "+used)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return got, all
}
