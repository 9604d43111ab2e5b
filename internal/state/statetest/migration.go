package statetest

import (
	"database/sql"
	"testing"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/state"
)

// version1 is a state as version 1 of the tables held it: g1 is assigned and managed, u1 is in it and in the target, u2 is to be
// added, u3 to be removed; g2 is nested in g1 and has u4.
var version1 = []string{
	`INSERT INTO configs (id, data) VALUES ('config-1', '{"cycles":7}')`,
	`INSERT INTO objects (config, kind, source, known, enabled, link, target) VALUES
		(1, 'Group', 'g1', 1, 1, 'Active', 'T-g1'), (1, 'User', 'u1', 1, 0, 'Active', 'T-u1'), (1, 'User', 'u2', 1, 0, 'Active', 'T-u2'),
		(1, 'User', 'u3', 1, 0, 'Active', 'T-u3'), (1, 'Group', 'g2', 1, 1, '', ''), (1, 'User', 'u4', 1, 0, 'Active', 'T-u4')`,
	`INSERT INTO assignments (object, role, config, in_force, value, display, disabled, staged, next_value, next_display, next_disabled)
		VALUES (1, 'r1', 1, 1, '', '', 0, 1, '', '', 0)`,
	`INSERT INTO edges (grp, member, in_source, in_target, seen, ready) VALUES
		(1, 2, 1, 1, 3, 1), (1, 3, 1, 0, 3, 1), (1, 4, 0, 1, 2, 1), (1, 5, 1, 0, 3, 0), (5, 6, 1, 0, 3, 0)`,
}

// RunMigration checks that a state of version 1 of the tables is the same in the present ones. db has the tables of version 1;
// open brings them up to date.
func RunMigration(t *testing.T, db *sql.DB, open Place) {
	for _, statement := range version1 {
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	s, err := open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	f := &fixture{T: t, Store: s, ctx: t.Context(), config: "config-1"}
	c, err := s.Load(f.ctx, f.config)
	f.must(err)
	f.equal("cycles", c.Cycles, int64(7))
	counts, err := s.Counts(f.ctx, f.config)
	f.must(err)
	f.equal("counts", counts, state.Counts{Users: 4, Groups: 1, Memberships: 2})
	f.wantUnequal("g1")
	f.wantEdges("g1", []string{"u2"}, []string{"u3"})
	f.wantRoles(map[string][]string{"u1": {"r1"}, "u2": {"r1"}})

	// Nothing was due and a complete read that shows the same changes nothing.
	f.settle()
	f.must(f.Nest(f.ctx, f.config, state.NestNone))
	f.readAll(4, members("g1", joins("u1", "u2", "g2")...), members("g2", joins("u4")...))
	f.finish(directory.Group, 4, 1)
	f.wantEdges("g1", []string{"u2"}, []string{"u3"})
	f.nest()
	f.wantEdges("g1", []string{"u2", "u4"}, []string{"u3"})
}
