package sqlite

import (
	"path/filepath"
	"testing"

	"github.com/entrain-dev/entrain/internal/fault"
	"github.com/entrain-dev/entrain/internal/state"
)

// TestAFullDisk stands in for a volume without space: SQLite reports a file that may not grow in the same way.
func TestAFullDisk(t *testing.T) {
	saved := writing
	t.Cleanup(func() { writing = saved })
	writing = append([]string{"max_page_count(120)"}, saved...)
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "state.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	entries := make([]state.LogEntry, 1000)
	for range 10 {
		if err = s.AppendLog(t.Context(), "c", entries); err != nil {
			break
		}
	}
	if want := failures[13].sentence; fault.KindOf(err) != fault.Internal || fault.MessageOf(err) != want { // SQLITE_FULL is 13
		t.Errorf("error %v, want %q", err, want)
	}
	if err := s.Save(t.Context(), state.Config{ID: "c"}); err != nil {
		t.Errorf("a small write after the large one that failed: %v", err)
	}
}

// TestAReadOnlyFile stands in for a volume that is mounted read-only; as root the mode of a file keeps nobody out.
func TestAReadOnlyFile(t *testing.T) {
	saved := writing
	t.Cleanup(func() { writing = saved })
	path := filepath.Join(t.TempDir(), "state.db")
	s, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	writing = append([]string{"query_only(1)"}, saved...)
	s, err = Open(t.Context(), path)
	if err == nil {
		defer func() { _ = s.Close() }()
		err = s.Save(t.Context(), state.Config{ID: "c"})
	}
	if want := failures[8].sentence; fault.MessageOf(err) != want { // SQLITE_READONLY is 8
		t.Errorf("error %v, want %q", err, want)
	}
}
