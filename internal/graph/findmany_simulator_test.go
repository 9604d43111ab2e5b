package graph_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/simulator/graphsim"
	"github.com/entrain-dev/entrain/internal/simulator/graphsim/tenant"
)

// batches counts the requests that were sent and the parts that they held.
func (w *world) batches() (requests, parts int) {
	for _, r := range w.sim.Journal() {
		switch {
		case r.Batch:
			parts++
		case strings.HasPrefix(r.Path, "/v1.0/"):
			requests++
		}
	}
	return requests, parts
}

func (w *world) people(t *testing.T, n int) []string {
	t.Helper()
	var ids []string
	for i := range n {
		ids = append(ids, w.user(t, fmt.Sprint("u", i)))
	}
	return ids
}

// The figures of issue 6: a look-up of a hundred missing people one by one costs 100, 200 or 300 requests.
func TestSimulatedBatchesSaveRequests(t *testing.T) {
	for name, tc := range map[string]struct {
		attributes []string
		leave      func(t *testing.T, w *world, id string)
		want       directory.Removal
		requests   int
		oneByOne   int
	}{
		"a hundred who are there":             {nil, nil, directory.Present, 5, 100},
		"with their managers":                 {[]string{"manager"}, nil, directory.Present, 10, 200},
		"a hundred in the recycle bin":        {nil, func(t *testing.T, w *world, id string) { must(t, w.tenant.SoftDelete(id)) }, directory.SoftDeleted, 10, 200},
		"a hundred who are gone":              {nil, purge, directory.HardDeleted, 15, 300},
		"whose managers are of no importance": {[]string{"manager"}, purge, directory.HardDeleted, 15, 300},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, graphsim.Knobs{})
			ids := w.people(t, 100)
			for _, id := range ids {
				if tc.leave != nil {
					tc.leave(t, w, id)
				}
			}
			w.sim.ResetJournal()
			got, err := findMany(w.Client, directory.User, ids, tc.attributes...)
			must(t, err)
			for _, id := range ids {
				if change, ok := got[id]; !ok || change.Removal != tc.want {
					t.Fatalf("%s: %v, %v; want %q", id, change, ok, tc.want)
				}
			}
			if requests, parts := w.batches(); requests != tc.requests || parts != tc.oneByOne {
				t.Errorf("%d requests with %d parts, want %d with %d", requests, parts, tc.requests, tc.oneByOne)
			}
			w.sim.ResetJournal()
			for _, id := range ids {
				_, err := w.Find(context.Background(), directory.User, directory.SourceID(id), tc.attributes)
				must(t, err)
			}
			if requests, _ := w.batches(); requests != tc.oneByOne {
				t.Errorf("one by one it is %d requests, want %d", requests, tc.oneByOne)
			}
		})
	}
}

func purge(t *testing.T, w *world, id string) {
	must(t, w.tenant.SoftDelete(id))
	must(t, w.tenant.Purge(id))
}

// Whatever became of them, FindMany says the same as Find, also while Graph throttles every few parts.
func TestSimulatedFindManyAgreesWithFind(t *testing.T) {
	attributes := map[directory.Kind][]string{
		directory.User:  {"displayName", "userPrincipalName", "manager", "accountEnabled"},
		directory.Group: {"displayName", "members"},
	}
	for _, form := range []graphsim.RetryAfterForm{graphsim.RetryAfterInteger, graphsim.RetryAfterDecimal, graphsim.RetryAfterDate, graphsim.RetryAfterAbsent} {
		t.Run(string(form), func(t *testing.T) {
			w := newWorld(t, graphsim.Knobs{RetryAfter: form}, append(graphsim.DefaultRoles(), "Group.Read.All")...)
			random := rand.New(rand.NewPCG(6, 1))
			ids := w.mixture(t, random)
			for kind, list := range ids {
				want := map[string]directory.Change{}
				for _, id := range list {
					change, err := w.Find(context.Background(), kind, directory.SourceID(id), attributes[kind])
					must(t, err)
					want[id] = change
				}
				w.sim.Set(func(k *graphsim.Knobs) { k.UnitsPerWindow = 15 })
				before := len(w.clock.waits)
				got, err := findMany(w.Client, kind, list, attributes[kind]...)
				must(t, err)
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("%s (-Find +FindMany):\n%s", kind, diff)
				}
				if len(w.clock.waits) == before {
					t.Errorf("%s: nothing was throttled", kind)
				}
				w.sim.Set(func(k *graphsim.Knobs) { k.UnitsPerWindow = 0 })
			}
		})
	}
}

// mixture makes people and groups that are there, in the recycle bin and gone.
func (w *world) mixture(t *testing.T, random *rand.Rand) map[directory.Kind][]string {
	t.Helper()
	people := w.people(t, 70)
	for i, id := range people[1:] {
		if random.IntN(2) == 0 {
			must(t, w.tenant.SetManager(id, people[random.IntN(i+1)]))
		}
	}
	var groups []string
	for i := range 25 {
		id, err := w.tenant.AddGroup(map[string]any{"displayName": fmt.Sprint("g", i), "groupTypes": []string{"Unified"}})
		must(t, err)
		must(t, w.tenant.AddMembers(id, people[:random.IntN(20)]...))
		groups = append(groups, id)
	}
	// One group of more than a page of members.
	must(t, w.tenant.AddMembers(groups[0], w.crowd(t, 1100)...))
	for i, id := range append(people[20:], groups[1:]...) {
		switch i % 3 {
		case 1:
			must(t, w.tenant.SoftDelete(id))
		case 2:
			purge(t, w, id)
		}
	}
	return map[directory.Kind][]string{directory.User: people, directory.Group: groups}
}

func (w *world) crowd(t *testing.T, n int) []string {
	t.Helper()
	ids := make([]string, n)
	for i := range ids {
		id, err := w.tenant.AddOther(tenant.Device, fmt.Sprint("d", i))
		must(t, err)
		ids[i] = id
	}
	return ids
}

// Without Group.Read.All it cannot be told whether a group that is gone is in the recycle bin; that it is not in force can.
func TestSimulatedRecycleBinThatMayNotBeSeen(t *testing.T) {
	w := newWorld(t, graphsim.Knobs{}, "User.Read.All", "GroupMember.Read.All", "Application.Read.All")
	var ids []string
	for i := range 60 {
		id, err := w.tenant.AddGroup(map[string]any{"displayName": fmt.Sprint("g", i), "groupTypes": []string{"Unified"}})
		must(t, err)
		if ids = append(ids, id); i%2 == 0 {
			must(t, w.tenant.SoftDelete(id))
		}
	}
	got, err := findMany(w.Client, directory.Group, ids, "displayName")
	if err != nil {
		t.Fatal(err)
	}
	for i, id := range ids {
		want := directory.Present
		if i%2 == 0 {
			want = directory.SoftDeleted
		}
		if change, delivered := got[id]; !delivered || change.Removal != want {
			t.Errorf("group %d: delivered %v, removal %q, want %q", i, delivered, change.Removal, want)
		}
	}
}

// Twelve hundred of whom one in ten is gone: more than one window, and each person is delivered once.
func TestSimulatedFindManyOfAWholeTenant(t *testing.T) {
	w := newWorld(t, graphsim.Knobs{})
	ids := w.people(t, 1200)
	for i, id := range ids {
		if i%10 == 0 {
			purge(t, w, id)
		}
	}
	w.sim.ResetJournal()
	got, err := findMany(w.Client, directory.User, ids, "displayName")
	if err != nil || len(got) != len(ids) {
		t.Fatalf("delivered %d, %v", len(got), err)
	}
	gone := 0
	for _, change := range got {
		if change.Removal == directory.HardDeleted {
			gone++
		}
	}
	if gone != 120 {
		t.Errorf("%d are gone, want 120", gone)
	}
}
