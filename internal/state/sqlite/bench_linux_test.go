package sqlite_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/state"
	"github.com/entrain-dev/entrain/internal/state/sqlite"
)

// The tenant of the benchmark: 100,000 people, each in 10 of 10,000 groups, one in ten a manager.
const (
	people, teams, perTeam = 100_000, 10_000, 100
	peoplePage, edgesPage  = 200, 500
	config                 = state.ConfigID("config")
)

// BenchmarkTenant takes a tenant through its first cycle and a complete re-read. Run it with -benchtime 1x; it prints a line
// for each step, with its rate, the processor time, the size of the file and the memory of the process.
func BenchmarkTenant(b *testing.B) {
	for b.Loop() {
		path := filepath.Join(b.TempDir(), "state.db")
		s, err := sqlite.Open(b.Context(), path)
		if err != nil {
			b.Fatal(err)
		}
		m := &tenant{B: b, Store: s, ctx: b.Context(), path: path}
		m.firstCycle()
		m.secondCycle()
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

type tenant struct {
	*testing.B
	state.Store
	ctx  context.Context
	path string
}

func (m *tenant) must(err error) {
	m.Helper()
	if err != nil {
		m.Fatal(err)
	}
}

// step measures one step of n things.
func (m *tenant) step(name string, n int, run func()) {
	m.Helper()
	begin, used := time.Now(), processor()
	run()
	took := time.Since(begin)
	used = processor() - used
	size := int64(0)
	for _, side := range []string{"", "-wal"} {
		if info, err := os.Stat(m.path + side); err == nil {
			size += info.Size()
		}
	}
	fmt.Printf("%-34s %8d in %7.2f s %9.0f/s   processor %7.2f s   file %4d MiB   memory %3d MiB\n",
		name, n, took.Seconds(), float64(n)/took.Seconds(), used.Seconds(), size>>20, resident())
}

// processor is the time that the process has used; on a busy machine it says more than the clock.
func processor() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// resident is the memory of the process in MiB; SQLite's own is not on the heap of Go.
func resident() int {
	runtime.GC()
	data, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	var kib int
	for line := range strings.Lines(string(data)) {
		if _, err := fmt.Sscanf(line, "VmRSS: %d kB", &kib); err == nil {
			return kib >> 10
		}
	}
	return 0
}

func personID(i int) directory.SourceID {
	return directory.SourceID(fmt.Sprintf("%08x-5e2b-4c7a-9d3f-%012x", uint32(i)*2654435761, i))
}

func teamID(i int) directory.SourceID {
	return directory.SourceID(fmt.Sprintf("%08x-1a4d-4f6b-8c2e-%012x", uint32(i)*2246822519, i))
}

func person(i int) directory.Change {
	name := fmt.Sprintf("Person Number %d", i)
	set := directory.Attributes{
		"userPrincipalName": {fmt.Sprintf("person.%d@contoso.example", i)}, "displayName": {name}, "givenName": {"Person"},
		"surname": {fmt.Sprintf("Number%d", i)}, "mail": {fmt.Sprintf("person.%d@contoso.example", i)}, "accountEnabled": {"True"},
		"department": {fmt.Sprintf("Department %d", i%300)}, "jobTitle": {"Specialist"}, "telephoneNumber": {fmt.Sprintf("+4930%07d", i)},
		"employeeId": {fmt.Sprintf("E%07d", i)}, "city": {"Berlin"}, "country": {"DE"}, "companyName": {"Contoso"},
		directory.AttrManager: {string(personID(i / 10))},
	}
	return directory.Change{Kind: directory.User, ID: personID(i), Set: set}
}

func (m *tenant) readPeople(cycle int64) {
	for from := 0; from < people; from += peoplePage {
		var page []directory.Change
		for i := from; i < from+peoplePage; i++ {
			page = append(page, person(i))
		}
		m.must(m.Import(m.ctx, config, cycle, true, page))
	}
	_, _, err := m.FinishImport(m.ctx, config, directory.User, cycle, 10)
	m.must(err)
}

func (m *tenant) readTeams(cycle int64) {
	for from := 0; from < teams; from += edgesPage / perTeam {
		var page []directory.Change
		for g := from; g < from+edgesPage/perTeam; g++ {
			c := directory.Change{Kind: directory.Group, ID: teamID(g), Set: directory.Attributes{
				"displayName": {fmt.Sprintf("Team %d", g)}, directory.AttrSecurityEnabled: {"True"},
			}}
			for k := range perTeam {
				c.Members = append(c.Members, directory.MemberChange{Kind: directory.User, ID: personID((g*7919 + k*997) % people)})
			}
			page = append(page, c)
		}
		m.must(m.Import(m.ctx, config, cycle, true, page))
	}
	_, _, err := m.FinishImport(m.ctx, config, directory.Group, cycle, 10)
	m.must(err)
}

func (m *tenant) readAssignments(cycle int64) {
	for from := 0; from < teams; from += 1000 {
		var page []directory.Assignment
		for g := from; g < from+1000; g++ {
			page = append(page, directory.Assignment{Principal: teamID(g), Kind: directory.Group, Role: directory.Role{ID: "role", Value: "user"}})
		}
		m.must(m.StageAssignments(m.ctx, config, cycle, page))
	}
	m.must(m.FinishAssignments(m.ctx, config, cycle))
}

func (m *tenant) evaluate(kind directory.Kind) {
	var after state.Seq
	for {
		page, err := m.Due(m.ctx, config, kind, after, state.PageSize)
		m.must(err)
		if len(page) == 0 {
			return
		}
		var decisions []state.Decision
		for _, c := range page {
			after = c.Seq
			d := state.Decision{Seq: c.Seq}
			if c.Assigned && c.Link == state.Unlinked {
				d.Action, d.Reason = state.Provision, "assigned"
			}
			decisions = append(decisions, d)
		}
		m.must(m.Decide(m.ctx, config, decisions))
	}
}

func (m *tenant) provision(kind directory.Kind, level int) {
	var after state.Seq
	for {
		page, err := m.Apply(m.ctx, config, state.PendingQuery{Kind: kind, Level: level}, after, peoplePage)
		m.must(err)
		if len(page) == 0 {
			return
		}
		var seqs []state.Seq
		var outcomes []state.Outcome
		for _, c := range page {
			after = c.Seq
			seqs = append(seqs, c.Seq)
			outcomes = append(outcomes, state.Outcome{
				Seq: c.Seq, Done: true, Link: state.Active, Target: directory.TargetID(fmt.Sprintf("9d3f5e2b-4c7a-%020x", c.Seq)), Waits: []state.Wait{},
				Applied: directory.Values{
					"userName": c.Attributes.First("userPrincipalName"), "displayName": c.Attributes.First("displayName"), "active": true,
					"name.givenName": c.Attributes.First("givenName"), "name.familyName": c.Attributes.First("surname"),
					`emails[type eq "work"].value`: c.Attributes.First("mail"), `phoneNumbers[type eq "work"].value`: c.Attributes.First("telephoneNumber"),
					"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department": c.Attributes.First("department"),
				},
				Log: &state.LogEntry{
					ID: "0b1c5f0e-2c7e-4f5e-8a9d-3c1f5e2b4c7a", Time: time.Now(), CycleID: "c1", Kind: kind, Source: c.ID, SourceName: c.Attributes.First("displayName"),
					Action: "create", Status: "success",
					Steps: []state.LogStep{
						{Name: "EntryExportAdd", Type: "export", Status: "success", Description: "The user was created in the target."},
					},
					Properties: []state.LogProperty{{Name: "userName", New: c.Attributes.First("userPrincipalName")}, {Name: "active", New: "True"}},
				},
			})
		}
		m.must(m.Intend(m.ctx, config, seqs))
		m.must(m.Commit(m.ctx, config, outcomes))
	}
}

func (m *tenant) sendMembers() (sent int) {
	var after state.Seq
	for {
		page, err := m.UnequalGroups(m.ctx, config, after, peoplePage)
		m.must(err)
		if len(page) == 0 {
			return sent
		}
		for _, g := range page {
			after = g.Seq
			add, _, err := m.Edges(m.ctx, config, g.Seq, state.PageSize)
			m.must(err)
			var seqs []state.Seq
			for _, e := range add {
				seqs = append(seqs, e.Member)
			}
			sent += len(seqs)
			m.must(m.CommitEdges(m.ctx, config, g.Seq, seqs, nil, nil))
		}
	}
}

func (m *tenant) firstCycle() {
	m.step("import people", people, func() { m.readPeople(1) })
	m.step("import memberships", teams*perTeam, func() { m.readTeams(1) })
	m.step("read assignments of groups", teams, func() { m.readAssignments(1) })
	m.step("decide people", people, func() { m.evaluate(directory.User) })
	m.step("decide groups", teams, func() { m.evaluate(directory.Group) })
	levels := 0
	m.step("compute levels", people, func() {
		var err error
		levels, err = m.SetLevels(m.ctx, config)
		m.must(err)
	})
	m.step("list, intend and commit people", people, func() {
		for level := range levels + 1 {
			m.provision(directory.User, level)
		}
	})
	m.step("list, intend and commit groups", teams, func() { m.provision(directory.Group, -1) })
	m.step("send memberships", teams*perTeam, func() {
		if sent := m.sendMembers(); sent != teams*perTeam {
			m.Fatalf("%d memberships were sent", sent)
		}
	})
}

func (m *tenant) secondCycle() {
	m.step("import the same people again", people, func() { m.readPeople(2) })
	m.step("import the same memberships again", teams*perTeam, func() { m.readTeams(2) })
	m.step("read the same assignments again", teams, func() { m.readAssignments(2) })
	m.step("a cycle without changes, 8 listings", 1, func() {
		for _, kind := range []directory.Kind{directory.User, directory.Group} {
			due, err := m.Due(m.ctx, config, kind, 0, state.PageSize)
			m.must(err)
			pending, err := m.Apply(m.ctx, config, state.PendingQuery{Kind: kind, Level: -1}, 0, state.PageSize)
			m.must(err)
			retries, err := m.Apply(m.ctx, config, state.PendingQuery{Kind: kind, Level: -1, DueBy: time.Now()}, 0, state.PageSize)
			m.must(err)
			if len(due)+len(pending)+len(retries) > 0 {
				m.Fatalf("%d due, %d pending, %d to retry", len(due), len(pending), len(retries))
			}
		}
		if m.sendMembers() > 0 {
			m.Fatal("memberships were sent again")
		}
		_, err := m.Waiting(m.ctx, config, 0, state.PageSize)
		m.must(err)
	})
	m.step("count what is managed", 1, func() {
		counts, err := m.Counts(m.ctx, config)
		m.must(err)
		if want := (state.Counts{Users: people, Groups: teams, Memberships: teams * perTeam}); counts != want {
			m.Fatalf("counts are %+v", counts)
		}
	})
	m.step("mark all people", people, func() { m.must(m.MarkAll(m.ctx, config, directory.User)) })
	m.step("decide people again", people, func() { m.evaluate(directory.User) })
	m.step("break all links", people, func() { m.must(m.Reset(m.ctx, config, state.Reset{Links: true})) })
	m.step("drop the config", people, func() { m.must(m.Drop(m.ctx, config)) })
}
