package sqlite_test

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/entrain-dev/entrain/internal/state"
	"github.com/entrain-dev/entrain/internal/state/sqlite"
	"github.com/entrain-dev/entrain/internal/state/statetest"
)

func TestStore(t *testing.T) {
	statetest.Run(t, func(t *testing.T) statetest.Place {
		path := filepath.Join(t.TempDir(), "state of 100% #1?.db")
		return func() (state.Store, error) { return sqlite.Open(context.Background(), path) }
	})
}
