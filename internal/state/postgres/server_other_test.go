//go:build !linux

package postgres_test

import "testing"

// start knows only how Debian installs PostgreSQL.
func start(*testing.T) (dsn string, ok bool) { return "", false }
