// Package postgres keeps the state in a PostgreSQL database, for clusters where one volume is not enough: the operator can move to
// another node at once, and backups are those of the database. PostgreSQL 14 and later.
//
// The tables lie in the first schema of the connection's search_path; give Entrain a database of its own, or a schema.
// The statements are in the package sqlstore, shared with sqlite; here are only the tables, the connection and the error codes.
//
// Start with Open.
package postgres
