package sqlstore

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/state"
)

// digest stands for a key: 132 bits of its SHA-256, which no two keys share by chance.
func digest(key string) string {
	sum := sha256.Sum256([]byte(key))
	return base64.RawURLEncoding.EncodeToString(sum[:])[:22]
}

// ResetIndex implements state.Applier.
func (s *Store) ResetIndex(ctx context.Context, id state.ConfigID, kind directory.Kind) error {
	return s.write(ctx, "reset index", id, func(t *transaction) error {
		return t.all(ctx, []string{
			`DELETE FROM resource_keys WHERE config = ? AND kind = ?`,
			`DELETE FROM resources WHERE config = ? AND kind = ?`,
		}, t.config, kind)
	})
}

const (
	addResources = `INSERT INTO resources (config, kind, target, version, data)
		SELECT CAST(? AS BIGINT), CAST(? AS TEXT), value->>0, value->>1, value->>2 FROM {rows} WHERE true
		ON CONFLICT (config, kind, target) DO UPDATE SET version = excluded.version, data = excluded.data RETURNING num, target`
	dropKeys = `DELETE FROM resource_keys WHERE resource IN (SELECT CAST(value AS BIGINT) FROM {list})`
	addKeys  = `INSERT INTO resource_keys (config, kind, digest, resource)
		SELECT CAST(? AS BIGINT), CAST(? AS TEXT), value->>0, CAST(value->>1 AS BIGINT) FROM {rows} WHERE true
		ON CONFLICT (config, kind, digest, resource) DO NOTHING`
	findKey = `SELECT r.target, r.version, r.data FROM resource_keys k JOIN resources r ON r.num = k.resource
		WHERE k.config = ? AND k.kind = ? AND k.digest = ? ORDER BY k.resource LIMIT ?`
)

// AddIndex implements state.Applier.
func (s *Store) AddIndex(ctx context.Context, id state.ConfigID, kind directory.Kind, entries []state.IndexEntry) error {
	// A resource that is listed twice counts as it was seen last.
	last := make(map[string]state.IndexEntry, len(entries))
	var order []string
	for _, e := range entries {
		target := text(string(e.Resource.ID))
		if _, again := last[target]; !again {
			order = append(order, target)
		}
		last[target] = e
	}
	if len(order) == 0 {
		return nil
	}
	return s.write(ctx, "fill index", id, func(t *transaction) error {
		rows := make(table, len(order))
		for i, target := range order {
			data, err := encode(last[target].Resource.Document)
			if err != nil {
				return err
			}
			rows[i] = []any{target, text(last[target].Resource.Version), data}
		}
		var nums []state.Seq
		var keys table
		err := t.query(ctx, addResources, []any{t.config, kind, rows.String()}, func(rows *sql.Rows) error {
			var num state.Seq
			var target string
			err := rows.Scan(&num, &target)
			nums = append(nums, num)
			for _, key := range last[target].Keys {
				keys = append(keys, []any{digest(key), num})
			}
			return err
		})
		if err != nil {
			return err
		}
		if _, err := t.exec(ctx, dropKeys, numbers(nums)); err != nil || len(keys) == 0 {
			return err
		}
		_, err = t.exec(ctx, addKeys, t.config, kind, keys.String())
		return err
	})
}

// FindIndex implements state.Applier.
func (s *Store) FindIndex(ctx context.Context, id state.ConfigID, kind directory.Kind, key string) ([]directory.Resource, error) {
	var out []directory.Resource
	err := s.read(ctx, "find in index", id, func(t *transaction) error {
		return t.query(ctx, findKey, []any{t.config, kind, digest(key), state.PageSize}, func(rows *sql.Rows) error {
			var r directory.Resource
			var data string
			if err := rows.Scan(&r.ID, &r.Version, &data); err != nil {
				return err
			}
			out = append(out, r)
			return decode(data, &out[len(out)-1].Document)
		})
	})
	return out, err
}
