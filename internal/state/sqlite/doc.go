// Package sqlite keeps the state in one SQLite file on a volume. It is the default: nothing has to be installed or looked after.
// The driver is pure Go (modernc.org/sqlite), so that the program needs no C library; docs/design/001-sqlite-driver.md says
// why that one, and what was measured.
//
// The statements are in the package sqlstore, shared with postgres; here are only the tables, the tuning and the error codes.
// One process uses a file at a time; a second one may read it.
//
// Start with Open.
package sqlite
