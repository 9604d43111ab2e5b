package sqlstore

import (
	"context"

	"github.com/entrain-dev/entrain/internal/state"
)

// Load implements state.Store.
func (s *Store) Load(ctx context.Context, id state.ConfigID) (state.Config, error) {
	c := state.Config{ID: id}
	err := s.read(ctx, "load config", id, func(t *transaction) error {
		var data string
		if _, err := t.one(ctx, `SELECT data FROM configs WHERE num = ?`, []any{t.config}, &data); err != nil {
			return err
		}
		return decode(data, &c)
	})
	return c, err
}

// Save implements state.Store.
func (s *Store) Save(ctx context.Context, c state.Config) error {
	return s.write(ctx, "save config", c.ID, func(t *transaction) error {
		data, err := encode(c)
		if err != nil {
			return err
		}
		_, err = t.exec(ctx, `UPDATE configs SET data = ? WHERE num = ?`, data, t.config)
		return err
	})
}

// drop empties all tables of a config. What hangs on an object goes with it (ON DELETE CASCADE).
var drop = []string{
	`DELETE FROM edges WHERE grp IN (SELECT seq FROM objects WHERE config = ?)`,
	`DELETE FROM objects WHERE config = ?`,
	`DELETE FROM resources WHERE config = ?`,
	`DELETE FROM log WHERE config = ?`,
	`DELETE FROM configs WHERE num = ?`,
}

// Drop implements state.Store.
func (s *Store) Drop(ctx context.Context, id state.ConfigID) error {
	return s.write(ctx, "drop config", id, func(t *transaction) error { return t.all(ctx, drop, t.config) })
}

var (
	resetEscrows = []string{
		`DELETE FROM escrows WHERE config = ?`,
		`UPDATE objects SET retry = NULL WHERE config = ? AND retry IS NOT NULL`,
	}
	resetLinks = []string{
		`DELETE FROM waits WHERE config = ?`,
		`DELETE FROM applied WHERE object IN (SELECT seq FROM objects WHERE config = ?)`,
		`DELETE FROM edges WHERE in_source = 0 AND inherited = 0 AND grp IN (SELECT seq FROM objects WHERE config = ?)`,
		`UPDATE edges SET in_target = 0, ready = 0 WHERE (in_target = 1 OR ready = 1) AND grp IN (SELECT seq FROM objects WHERE config = ?)`,
		`UPDATE objects SET link = '', target = '' WHERE config = ? AND (link <> '' OR target <> '')`,
	}
	resetDue = []string{`UPDATE objects SET due = 1 WHERE config = ? AND known = 1 AND due = 0`}
)

// Reset implements state.Store.
func (s *Store) Reset(ctx context.Context, id state.ConfigID, what state.Reset) error {
	return s.write(ctx, "reset config", id, func(t *transaction) error {
		var queries []string
		if what.Escrows {
			queries = append(queries, resetEscrows...)
		}
		if what.Links {
			queries = append(queries, resetLinks...)
		}
		if what.Watermark || what.Links {
			queries = append(queries, resetDue...)
		}
		return t.all(ctx, queries, t.config)
	})
}
