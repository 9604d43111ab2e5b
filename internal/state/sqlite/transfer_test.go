package sqlite_test

import (
	"path/filepath"
	"testing"

	"github.com/entrain-dev/entrain/internal/state"
	"github.com/entrain-dev/entrain/internal/state/sqlite"
	"github.com/entrain-dev/entrain/internal/state/statetest"
)

func TestTransfer(t *testing.T) {
	var stores []state.Store
	for _, name := range []string{"from.db", "to.db"} {
		s, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), name))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close() })
		stores = append(stores, s)
	}
	statetest.RunTransfer(t, stores[0], stores[1])
}
