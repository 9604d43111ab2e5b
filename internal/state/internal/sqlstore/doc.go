// Package sqlstore is the one implementation of state.Store, on database/sql. What SQLite and PostgreSQL do not share is in
// Dialect and in the migrations of the two driver packages.
//
// Sets of values travel as one JSON parameter, which both databases unfold into rows. So a page of any size is one statement:
// no statement has a length that depends on the page, each is prepared once, and a page costs a fixed number of round trips.
//
// SQLite plans without statistics, so that its plans are the same everywhere and a test can hold them. Where a statement names
// records by number and checks their config besides, it writes +config, which keeps SQLite from reading the whole config by
// the index on it; {use index} names an index outright.
//
// It knows nothing about where the database is and how it is tuned; that is the business of the drivers.
//
// Start with Store and its two kinds of transaction, then import.go, decide.go and commit.go.
package sqlstore
