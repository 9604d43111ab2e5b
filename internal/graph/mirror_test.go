package graph_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/simulator/graphsim"
)

// mirror is what a caller knows after folding changes as directory.Change says.
type mirror struct {
	attributes map[directory.SourceID]directory.Attributes
	members    map[directory.SourceID]map[directory.SourceID]bool
	removals   map[directory.SourceID]directory.Removal
}

func newMirror() *mirror {
	return &mirror{map[directory.SourceID]directory.Attributes{}, map[directory.SourceID]map[directory.SourceID]bool{}, map[directory.SourceID]directory.Removal{}}
}

func (m *mirror) fold(changes []directory.Change) error {
	for _, change := range changes {
		if change.Removal != directory.Present {
			delete(m.attributes, change.ID)
			delete(m.members, change.ID)
			m.removals[change.ID] = change.Removal
			continue
		}
		delete(m.removals, change.ID)
		if m.attributes[change.ID] == nil {
			m.attributes[change.ID] = directory.Attributes{}
			m.members[change.ID] = map[directory.SourceID]bool{}
		}
		m.attributes[change.ID].Merge(change.Set)
		for _, member := range change.Members {
			if member.Removed {
				delete(m.members[change.ID], member.ID)
			} else {
				m.members[change.ID][member.ID] = true
			}
		}
	}
	return nil
}

// TestMirrorFollowsTheTenant hires, moves, dismisses and regroups people at random under all quirks of the delta that the
// simulator has, and compares what a reader has folded with the tenant after every round.
func TestMirrorFollowsTheTenant(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		knobs := graphsim.Knobs{
			UserPageSize:   rapid.IntRange(1, 4).Draw(r, "user page"),
			GroupPageSize:  rapid.IntRange(1, 3).Draw(r, "group page"),
			MemberChunk:    rapid.IntRange(1, 3).Draw(r, "member chunk"),
			Replay:         rapid.IntRange(0, 3).Draw(r, "replay"),
			DuplicateEvery: rapid.IntRange(0, 2).Draw(r, "duplicate"),
			EmptyPageEvery: rapid.SampledFrom([]int{0, 2, 3}).Draw(r, "empty page"),
			EmptyMembers:   rapid.Bool().Draw(r, "empty members"),
			OldManager:     rapid.SampledFrom([]graphsim.OldManager{graphsim.OldManagerAbsent, graphsim.OldManagerBefore, graphsim.OldManagerAfter}).Draw(r, "old manager"),
			Shuffle:        rapid.Bool().Draw(r, "shuffle"),
		}
		w := newWorld(r, knobs)
		h := history{t: r, world: w, members: map[directory.SourceID]map[directory.SourceID]bool{}}
		users, groups := newMirror(), newMirror()
		var userToken, groupToken string
		for round := range rapid.IntRange(1, 4).Draw(r, "rounds") {
			for range rapid.IntRange(0, 8).Draw(r, "steps") {
				h.step()
			}
			var err error
			userToken, err = w.Changes(context.Background(), directory.User, userToken, []string{"displayName", "department", "accountEnabled", "manager"}, users.fold)
			must(r, err)
			groupToken, err = w.Changes(context.Background(), directory.Group, groupToken, []string{"displayName", "members"}, groups.fold)
			must(r, err)
			h.compare(round, users, groups)
		}
	})
}

// history changes a tenant at random.
type history struct {
	t             *rapid.T
	world         *world
	users, groups []string
	binned        []string
	// members are the memberships as delta tells them: they outlast the recycle bin and end with the purge (section 2.2).
	members map[directory.SourceID]map[directory.SourceID]bool
	n       int
}

func (h *history) set(group, user string, in bool) {
	m := h.members[directory.SourceID(group)]
	if delete(m, directory.SourceID(user)); in {
		m[directory.SourceID(user)] = true
	}
}

func (h *history) step() {
	tn := h.world.tenant
	pick := func(list []string, label string) string { return rapid.SampledFrom(list).Draw(h.t, label) }
	h.n++
	action := rapid.SampledFrom([]string{"hire", "hire", "found", "rename", "clear", "manage", "unmanage", "join", "join", "leave", "bin", "restore", "purge", "dissolve"}).Draw(h.t, "action")
	switch {
	case action == "hire":
		id, err := tn.AddUser(map[string]any{"userPrincipalName": fmt.Sprintf("u%d@contoso.onmicrosoft.com", h.n), "displayName": fmt.Sprint("u", h.n), "accountEnabled": true})
		must(h.t, err)
		h.users = append(h.users, id)
	case action == "found":
		id, err := tn.AddGroup(map[string]any{"displayName": fmt.Sprint("g", h.n)})
		must(h.t, err)
		h.groups = append(h.groups, id)
		h.members[directory.SourceID(id)] = map[directory.SourceID]bool{}
	case action == "restore" && len(h.binned) > 0:
		id := pick(h.binned, "whom")
		must(h.t, tn.Restore(id))
		h.binned = slices.DeleteFunc(h.binned, func(s string) bool { return s == id })
		h.users = append(h.users, id)
	case action == "purge" && len(h.binned) > 0:
		id := pick(h.binned, "whom")
		must(h.t, tn.Purge(id))
		for _, group := range h.groups {
			h.set(group, id, false)
		}
		h.binned = slices.DeleteFunc(h.binned, func(s string) bool { return s == id })
	case action == "dissolve" && len(h.groups) > 0:
		id := pick(h.groups, "which")
		must(h.t, tn.DeleteGroup(id))
		delete(h.members, directory.SourceID(id))
		h.groups = slices.DeleteFunc(h.groups, func(s string) bool { return s == id })
	case len(h.users) == 0:
	case action == "rename":
		must(h.t, tn.UpdateUser(pick(h.users, "whom"), map[string]any{"displayName": fmt.Sprint("n", h.n), "department": fmt.Sprint("d", h.n)}))
	case action == "clear":
		must(h.t, tn.UpdateUser(pick(h.users, "whom"), map[string]any{"department": nil, "accountEnabled": h.n%2 == 0}))
	case action == "manage":
		whom, by := pick(h.users, "whom"), pick(h.users, "by")
		if whom != by {
			must(h.t, tn.SetManager(whom, by))
		}
	case action == "unmanage":
		whom := pick(h.users, "whom")
		if v, ok := tn.Get(whom); ok && v.Manager.ID != "" {
			must(h.t, tn.ClearManager(whom))
		}
	case action == "join" && len(h.groups) > 0:
		group, whom := pick(h.groups, "which"), pick(h.users, "whom")
		if !slices.Contains(tn.MemberIDs(group), whom) {
			must(h.t, tn.AddMembers(group, whom))
			h.set(group, whom, true)
		}
	case action == "leave" && len(h.groups) > 0:
		group := pick(h.groups, "which")
		if members := tn.MemberIDs(group); len(members) > 0 {
			whom := pick(members, "whom")
			must(h.t, tn.RemoveMembers(group, whom))
			h.set(group, whom, false)
		}
	case action == "bin":
		id := pick(h.users, "whom")
		must(h.t, tn.SoftDelete(id))
		h.users = slices.DeleteFunc(h.users, func(s string) bool { return s == id })
		h.binned = append(h.binned, id)
	}
}

func (h *history) compare(round int, users, groups *mirror) {
	wantUsers := map[directory.SourceID]directory.Attributes{}
	for _, id := range h.users {
		v, _ := h.world.tenant.Get(id)
		a := directory.Attributes{"displayName": {v.String("displayName")}}
		if d := v.String("department"); d != "" {
			a["department"] = []string{d}
		}
		if p, ok := v.Property("accountEnabled"); ok {
			a["accountEnabled"] = []string{map[any]string{true: "True", false: "False"}[p.Value]}
		}
		if v.Manager.ID != "" {
			a["manager"] = []string{v.Manager.ID}
		}
		wantUsers[directory.SourceID(id)] = a
	}
	if diff := cmp.Diff(wantUsers, users.attributes); diff != "" {
		h.t.Fatalf("round %d: users (-want +got):\n%s", round, diff)
	}
	if diff := cmp.Diff(h.members, groups.members); diff != "" {
		h.t.Fatalf("round %d: members (-want +got):\n%s", round, diff)
	}
	for _, id := range h.binned {
		if got := users.removals[directory.SourceID(id)]; got != directory.SoftDeleted && got != directory.Present {
			h.t.Fatalf("round %d: a soft-deleted user is %q", round, got)
		}
	}
}
