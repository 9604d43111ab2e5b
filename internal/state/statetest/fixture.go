package statetest

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/state"
)

// fixture is a store and the words in which cases are written. Ids of users begin with u, of groups with g.
type fixture struct {
	*testing.T
	state.Store
	ctx    context.Context
	config state.ConfigID
	place  Place
	// fresh makes another fixture on a place of its own.
	fresh func() *fixture
}

func (f *fixture) open() {
	f.Helper()
	s, err := f.place()
	f.must(err)
	f.Store = s
}

// reopen is a restart of the process.
func (f *fixture) reopen() {
	f.Helper()
	f.must(f.Store.Close())
	f.open()
}

func (f *fixture) must(err error) {
	f.Helper()
	if err != nil {
		f.Fatalf("unexpected error: %v", err)
	}
}

func (f *fixture) equal(what string, got, want any) {
	f.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		f.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// in returns the fixture of another config of the same store.
func (f *fixture) in(config state.ConfigID) *fixture {
	other := *f
	other.config = config
	return &other
}

func kindOf(id string) directory.Kind {
	if id[0] == 'g' {
		return directory.Group
	}
	return directory.User
}

// object is a change that brings an object with attributes in pairs.
func object(id string, pairs ...string) directory.Change {
	c := directory.Change{Kind: kindOf(id), ID: directory.SourceID(id), Set: directory.Attributes{}}
	for i := 0; i+1 < len(pairs); i += 2 {
		c.Set[pairs[i]] = []string{pairs[i+1]}
	}
	return c
}

// group is a change that brings a security-enabled group with members.
func group(id string, members ...string) directory.Change {
	c := object(id, directory.AttrSecurityEnabled, "True")
	c.Members = joins(members...)
	return c
}

func joins(members ...string) []directory.MemberChange {
	var out []directory.MemberChange
	for _, m := range members {
		out = append(out, directory.MemberChange{ID: directory.SourceID(m), Kind: kindOf(m)})
	}
	return out
}

func leaves(members ...string) []directory.MemberChange {
	out := joins(members...)
	for i := range out {
		out[i].Removed = true
	}
	return out
}

// members is a change of a group that brings only members.
func members(id string, changes ...directory.MemberChange) directory.Change {
	return directory.Change{Kind: directory.Group, ID: directory.SourceID(id), Members: changes}
}

func gone(id string, how directory.Removal) directory.Change {
	return directory.Change{Kind: kindOf(id), ID: directory.SourceID(id), Removal: how}
}

// read imports changes of an incremental read.
func (f *fixture) read(changes ...directory.Change) {
	f.Helper()
	f.must(f.Import(f.ctx, f.config, 1, false, changes))
}

// readAll imports a page of a full read in a cycle.
func (f *fixture) readAll(cycle int64, changes ...directory.Change) {
	f.Helper()
	f.must(f.Import(f.ctx, f.config, cycle, true, changes))
}

// finish ends a full read and returns what it found.
func (f *fixture) finish(kind directory.Kind, cycle int64, suspicious int) (missing, suspects int64) {
	f.Helper()
	missing, suspects, err := f.FinishImport(f.ctx, f.config, kind, cycle, suspicious)
	f.must(err)
	return missing, suspects
}

// get returns an object that must be known.
func (f *fixture) get(id string) state.Candidate {
	f.Helper()
	c, ok, err := f.Get(f.ctx, f.config, directory.SourceID(id))
	f.must(err)
	if !ok {
		f.Fatalf("object %s is unknown", id)
	}
	return c
}

func (f *fixture) seq(id string) state.Seq { f.Helper(); return f.get(id).Seq }

func (f *fixture) seqs(ids ...string) []state.Seq {
	f.Helper()
	var out []state.Seq
	for _, id := range ids {
		out = append(out, f.seq(id))
	}
	return out
}

// due returns the ids of everybody whose decision is due, sorted.
func (f *fixture) due() []string {
	f.Helper()
	out := []string{}
	for _, kind := range []directory.Kind{directory.User, directory.Group} {
		page, err := f.Due(f.ctx, f.config, kind, 0, state.PageSize)
		f.must(err)
		n, err := f.CountDue(f.ctx, f.config, kind)
		f.must(err)
		f.equal("CountDue of "+string(kind), n, int64(len(page)))
		out = append(out, idsOf(page)...)
	}
	slices.Sort(out)
	return out
}

func (f *fixture) wantDue(want ...string) {
	f.Helper()
	slices.Sort(want)
	f.equal("due", f.due(), append([]string{}, want...))
}

// settle decides that nothing is to be done for whoever is due.
func (f *fixture) settle() {
	f.Helper()
	for _, id := range f.due() {
		f.decide(id, state.None)
	}
}

func (f *fixture) decide(id string, action state.Action) {
	f.Helper()
	f.must(f.Decide(f.ctx, f.config, []state.Decision{{Seq: f.seq(id), Action: action, Reason: "test"}}))
}

// link commits that an object has a resource, named after it: T-u1.
func (f *fixture) link(ids ...string) {
	f.Helper()
	for _, id := range ids {
		f.commit(state.Outcome{Seq: f.seq(id), Done: true, Link: state.Active, Target: targetOf(id)})
	}
}

func targetOf(id string) directory.TargetID { return directory.TargetID("T-" + id) }

func (f *fixture) commit(outcomes ...state.Outcome) {
	f.Helper()
	f.must(f.Commit(f.ctx, f.config, outcomes))
}

// assign reads a complete list of assignments, each a principal and a role.
func (f *fixture) assign(cycle int64, pairs ...string) {
	f.Helper()
	f.stage(cycle, pairs...)
	f.must(f.FinishAssignments(f.ctx, f.config, cycle))
}

func (f *fixture) stage(cycle int64, pairs ...string) {
	f.Helper()
	var list []directory.Assignment
	for i := 0; i+1 < len(pairs); i += 2 {
		list = append(list, assignment(pairs[i], directory.Role{ID: pairs[i+1]}))
	}
	f.must(f.StageAssignments(f.ctx, f.config, cycle, list))
}

func assignment(id string, role directory.Role) directory.Assignment {
	return directory.Assignment{Principal: directory.SourceID(id), Kind: kindOf(id), Role: role}
}

// applicable returns the ids that Apply lists.
func (f *fixture) applicable(q state.PendingQuery) []string {
	f.Helper()
	page, err := f.Apply(f.ctx, f.config, q, 0, state.PageSize)
	f.must(err)
	return idsOf(page)
}

func idsOf(page []state.Candidate) []string {
	out := []string{}
	for _, c := range page {
		out = append(out, string(c.ID))
	}
	return out
}

func recordIDs(page []state.Record) []string {
	out := []string{}
	for _, r := range page {
		out = append(out, string(r.ID))
	}
	return out
}

// at is a moment of the story, in hours after it began.
func at(hours float64) time.Time {
	return time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC).Add(time.Duration(hours * float64(time.Hour)))
}

func failure(first, next float64, attempts int) *state.Escrow {
	return &state.Escrow{First: at(first), Next: at(next), Attempts: attempts, Code: "InvalidValue", Message: "The target refused a value."}
}
