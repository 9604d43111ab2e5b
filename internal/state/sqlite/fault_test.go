package sqlite_test

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/entrain-dev/entrain/internal/fault"
	"github.com/entrain-dev/entrain/internal/state"
	"github.com/entrain-dev/entrain/internal/state/sqlite"
)

// raw opens the file beside the store, with one connection.
func raw(t *testing.T, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", path+"?_pragma=busy_timeout(0)")
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func exec(t *testing.T, db *sql.DB, query string) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), query); err != nil {
		t.Fatal(err)
	}
}

func open(t *testing.T, path string) state.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func wantFault(t *testing.T, err error, want fault.Kind, words string) {
	t.Helper()
	var f *fault.Error
	if !errors.As(err, &f) {
		t.Fatalf("error %v is no *fault.Error", err)
	}
	if fault.KindOf(err) != want || !strings.Contains(fault.MessageOf(err), words) {
		t.Errorf("error %q is of kind %v, want %v and the words %q", err, fault.KindOf(err), want, words)
	}
}

func TestOpenSaysWhatIsWrongWithTheFile(t *testing.T) {
	for name, tc := range map[string]struct {
		prepare func(t *testing.T, path string)
		words   string
	}{
		"a file that is no database": {
			func(t *testing.T, path string) {
				t.Helper()
				if err := os.WriteFile(path, []byte(strings.Repeat("no database ", 100)), 0o600); err != nil {
					t.Fatal(err)
				}
			}, "not a SQLite database",
		},
		"a folder": {
			func(t *testing.T, path string) {
				t.Helper()
				if err := os.Mkdir(path, 0o700); err != nil {
					t.Fatal(err)
				}
			}, "cannot be opened",
		},
		"a store that a newer program wrote": {
			func(t *testing.T, path string) {
				t.Helper()
				if err := open(t, path).Close(); err != nil {
					t.Fatal(err)
				}
				exec(t, raw(t, path), `INSERT INTO entrain_schema_version (version_id, is_applied) VALUES (99999, 1)`)
			}, "newer version",
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "state.db")
			tc.prepare(t, path)
			_, err := sqlite.Open(t.Context(), path)
			wantFault(t, err, fault.Internal, tc.words)
		})
	}
	t.Run("no folder", func(t *testing.T) {
		_, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "missing", "state.db"))
		wantFault(t, err, fault.Internal, "volume is mounted")
	})
}

func TestWritesSayWhatIsWrongWithTheDisk(t *testing.T) {
	many := make([]state.LogEntry, 1000)
	for name, tc := range map[string]struct {
		damage func(t *testing.T, path string)
		want   fault.Kind
		words  string
	}{
		"another process holds the lock": {
			func(t *testing.T, path string) { t.Helper(); exec(t, raw(t, path), `BEGIN IMMEDIATE`) }, fault.Transient, "locked by another process",
		},
		"a table is damaged": {
			func(t *testing.T, path string) {
				t.Helper()
				db := raw(t, path)
				exec(t, db, `PRAGMA writable_schema = ON`)
				exec(t, db, `UPDATE sqlite_schema SET rootpage = 100000 WHERE name = 'log'`)
				exec(t, db, `PRAGMA schema_version = 1000`) // makes the store read the schema again
			}, fault.Internal, "damaged",
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "state.db")
			if err := open(t, path).Close(); err != nil {
				t.Fatal(err)
			}
			s := open(t, path)
			tc.damage(t, path)
			wantFault(t, s.AppendLog(t.Context(), "c", many), tc.want, tc.words)
		})
	}
}

func TestAFileIsForItsOwnerOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	s := open(t, path)
	if err := s.Save(t.Context(), state.Config{ID: "c"}); err != nil {
		t.Fatal(err)
	}
	for _, side := range []string{"", "-wal", "-shm"} {
		info, err := os.Stat(path + side)
		if err != nil {
			t.Fatal(err)
		}
		if mode := info.Mode().Perm(); mode != 0o600 {
			t.Errorf("%s has mode %v", info.Name(), mode)
		}
	}
}

func TestASecondProcessMayReadWhileTheFirstWrites(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	first, second := open(t, path), open(t, path)
	if err := first.Save(t.Context(), state.Config{ID: "c", Cycles: 3}); err != nil {
		t.Fatal(err)
	}
	exec(t, raw(t, path), `BEGIN IMMEDIATE`)
	got, err := second.Load(context.Background(), "c")
	if err != nil || got.Cycles != 3 {
		t.Errorf("Load = %+v, %v", got, err)
	}
}
