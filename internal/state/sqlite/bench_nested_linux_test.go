package sqlite_test

import (
	"path/filepath"
	"testing"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/state"
	"github.com/entrain-dev/entrain/internal/state/sqlite"
)

const (
	// Of the teams of the benchmark each hundred is in a division, and all divisions are in one group, everybody.
	perDivision = 100
	divisions   = teams / perDivision
	everybody   = directory.SourceID("0e5b1c2d-0000-4000-8000-000000000000")
)

// BenchmarkNesting measures Nest in the tenant of BenchmarkTenant. Run it with -benchtime 1x.
func BenchmarkNesting(b *testing.B) {
	for b.Loop() {
		path := filepath.Join(b.TempDir(), "state.db")
		s, err := sqlite.Open(b.Context(), path)
		if err != nil {
			b.Fatal(err)
		}
		m := &tenant{B: b, Store: s, ctx: b.Context(), path: path}
		m.step("import people", people, func() { m.readPeople(1) })
		m.step("import memberships", teams*perTeam, func() { m.readTeams(1) })
		m.readDivisions()
		m.nesting()
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

func divisionID(i int) directory.SourceID { return teamID(teams + i) }

func (m *tenant) readDivisions() {
	var page []directory.Change
	top := directory.Change{Kind: directory.Group, ID: everybody, Set: directory.Attributes{directory.AttrSecurityEnabled: {"True"}}}
	for d := range divisions {
		c := directory.Change{Kind: directory.Group, ID: divisionID(d), Set: directory.Attributes{directory.AttrSecurityEnabled: {"True"}}}
		for k := range perDivision {
			c.Members = append(c.Members, directory.MemberChange{Kind: directory.Group, ID: teamID(d*perDivision + k)})
		}
		top.Members = append(top.Members, directory.MemberChange{Kind: directory.Group, ID: c.ID})
		page = append(page, c)
	}
	m.must(m.Import(m.ctx, config, 1, false, append(page, top)))
}

// assign puts the assignments of groups in force.
func (m *tenant) assign(cycle int64, groups ...directory.SourceID) {
	var page []directory.Assignment
	for _, g := range groups {
		page = append(page, directory.Assignment{Principal: g, Kind: directory.Group, Role: directory.Role{ID: "role", Value: "user"}})
	}
	m.must(m.StageAssignments(m.ctx, config, cycle, page))
	m.must(m.FinishAssignments(m.ctx, config, cycle))
}

func (m *tenant) join(removed bool) {
	m.must(m.Import(m.ctx, config, 1, false, []directory.Change{{
		Kind: directory.Group, ID: teamID(7), Members: []directory.MemberChange{{Kind: directory.User, ID: personID(5), Removed: removed}},
	}}))
}

func (m *tenant) nesting() {
	nest := func(how state.Nesting) func() { return func() { m.must(m.Nest(m.ctx, config, how)) } }
	m.assign(1, everybody)
	m.step("nest: one group with everybody through two levels", people, nest(state.NestAssigned))
	m.step("nest: an idle cycle", 1, nest(state.NestAssigned))
	m.join(false)
	m.step("nest: one person joins a team", 1, nest(state.NestAssigned))
	all := []directory.SourceID{everybody}
	for d := range divisions {
		all = append(all, divisionID(d))
	}
	m.assign(2, all...)
	m.step("nest: all divisions are assigned too", teams*perTeam, nest(state.NestAssigned))
	m.join(true)
	m.step("nest: one person leaves a team", 1, nest(state.NestAssigned))
	m.step("nest: switched off", teams*perTeam, nest(state.NestNone))
	m.step("nest: an idle cycle while off", 1, nest(state.NestNone))
	m.join(false)
	m.step("nest: a changed cycle while off", 1, nest(state.NestNone))
}
