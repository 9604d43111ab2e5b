package graphsim_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jonboulle/clockwork"
	"pgregory.net/rapid"

	"github.com/entrain-dev/entrain/internal/simulator/graphsim"
	"github.com/entrain-dev/entrain/internal/simulator/graphsim/tenant"
)

// reader folds delta entries the way section 1.4 to 2.3 tell a client to, without sharing code with one.
type reader struct {
	t      *rapid.T
	server *graphsim.Server
	token  string
	next   map[string]string // link to read next, by collection
	users  map[string]map[string]any
	groups map[string]map[string]bool
}

// page reads one page and returns whether it ended a round.
func (r *reader) page(set string) bool {
	req := httptest.NewRequestWithContext(r.t.Context(), http.MethodGet, r.next[set], http.NoBody)
	req.Header.Set("Authorization", "Bearer "+r.token)
	rec := httptest.NewRecorder()
	r.server.ServeHTTP(rec, req)
	var page struct {
		Next  string           `json:"@odata.nextLink"`
		Delta string           `json:"@odata.deltaLink"`
		Value []map[string]any `json:"value"`
	}
	if err := json.Unmarshal(rec.Body.Bytes(), &page); err != nil || rec.Code != http.StatusOK {
		r.t.Fatalf("%s: %d %s", r.next[set], rec.Code, rec.Body)
	}
	for _, e := range page.Value {
		if set == "users" {
			r.user(e)
		} else {
			r.group(e)
		}
	}
	r.next[set] = page.Next + page.Delta
	return page.Delta != ""
}

func (r *reader) user(e map[string]any) {
	id := e["id"].(string)
	if e["@removed"] != nil {
		delete(r.users, id)
		return
	}
	have := r.users[id]
	if have == nil {
		have = map[string]any{}
		r.users[id] = have
	}
	for name, v := range e {
		if name != "manager@delta" && name != "id" {
			have[name] = v
		}
	}
	list, _ := e["manager@delta"].([]any)
	for _, removedOnes := range []bool{true, false} { // entries without @removed win
		for _, item := range list {
			ref := item.(map[string]any)
			if _, isRemoved := ref["@removed"]; isRemoved != removedOnes {
				continue
			}
			have["manager"] = ref["id"]
			if removedOnes {
				delete(have, "manager")
			}
		}
	}
}

func (r *reader) group(e map[string]any) {
	id := e["id"].(string)
	if e["@removed"] != nil {
		delete(r.groups, id)
		return
	}
	if r.groups[id] == nil {
		r.groups[id] = map[string]bool{}
	}
	list, _ := e["members@delta"].([]any)
	for _, item := range list {
		ref := item.(map[string]any)
		r.groups[id][ref["id"].(string)] = true
		if ref["@removed"] != nil {
			delete(r.groups[id], ref["id"].(string))
		}
	}
}

// world is the tenant under random change.
type world struct {
	t             *rapid.T
	tenant        *tenant.Tenant
	clock         *clockwork.FakeClock
	people, group []string
}

func (w *world) somebody() string  { return rapid.SampledFrom(w.people).Draw(w.t, "person") }
func (w *world) someGroup() string { return rapid.SampledFrom(w.group).Draw(w.t, "group") }
func (w *world) word() string      { return rapid.SampledFrom([]string{"a", "b", "c"}).Draw(w.t, "word") }
func (w *world) some() []string {
	return rapid.SliceOfN(rapid.SampledFrom(w.people), 1, 6).Draw(w.t, "people")
}
func (w *world) add(list *[]string, id string, err error) {
	if err == nil {
		*list = append(*list, id)
	}
}

// step makes one change; changes that the tenant refuses (somebody is deleted already) are no changes.
func (w *world) step() {
	switch rapid.IntRange(0, 12).Draw(w.t, "change") {
	case 0:
		id, err := w.tenant.AddUser(map[string]any{"userPrincipalName": fmt.Sprintf("p%d@contoso.com", len(w.people))})
		w.add(&w.people, id, err)
	case 1, 2:
		_ = w.tenant.UpdateUser(w.somebody(), map[string]any{"jobTitle": w.word()})
	case 3:
		_ = w.tenant.UpdateUser(w.somebody(), map[string]any{"jobTitle": nil})
	case 4:
		_ = w.tenant.SetManager(w.somebody(), w.somebody())
	case 5:
		_ = w.tenant.ClearManager(w.somebody())
	case 6:
		_ = w.tenant.SoftDelete(w.somebody())
	case 7:
		_ = w.tenant.Restore(w.somebody())
	case 8:
		_ = w.tenant.Purge(w.somebody())
	case 9:
		_ = w.tenant.AddMembers(w.someGroup(), w.some()...)
	case 10:
		_ = w.tenant.RemoveMembers(w.someGroup(), w.some()...)
	case 11:
		id, err := w.tenant.AddGroup(map[string]any{"displayName": "g", "groupTypes": rapid.SampledFrom([][]string{{}, {"Unified"}}).Draw(w.t, "kind")})
		w.add(&w.group, id, err)
	default:
		if g := w.someGroup(); rapid.Bool().Draw(w.t, "restore") {
			_ = w.tenant.Restore(g)
		} else {
			_ = w.tenant.DeleteGroup(g)
		}
	}
	w.clock.Advance(time.Second)
}

// TestAReaderOfDeltaAlwaysCatchesUp changes a tenant at random while a reader pages through it with every trap switched on, and
// checks that the reader ends with exactly what the tenant holds.
func TestAReaderOfDeltaAlwaysCatchesUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		clock := clockwork.NewFakeClockAt(start)
		w := &world{t: t, clock: clock, tenant: tenant.New(tenant.Config{Clock: clock, Domains: []string{"contoso.com"}})}
		for i := range 6 {
			w.people = append(w.people, must(w.tenant.AddUser(map[string]any{"userPrincipalName": fmt.Sprintf("first%d@contoso.com", i)})))
		}
		w.group = append(w.group, must(w.tenant.AddGroup(map[string]any{"displayName": "g", "groupTypes": []string{"Unified"}})))
		server := graphsim.New(graphsim.Config{Tenant: w.tenant, Clock: clock, Knobs: graphsim.Knobs{
			UserPageSize: rapid.IntRange(1, 5).Draw(t, "page"), GroupPageSize: rapid.IntRange(1, 3).Draw(t, "group page"),
			MemberChunk: rapid.IntRange(1, 4).Draw(t, "chunk"), Replay: rapid.IntRange(0, 3).Draw(t, "replay"),
			DuplicateEvery: rapid.IntRange(0, 2).Draw(t, "duplicates"), EmptyPageEvery: rapid.SampledFrom([]int{0, 2, 3}).Draw(t, "empty pages"),
			Shuffle: rapid.Bool().Draw(t, "shuffle"), MemberHistory: rapid.Bool().Draw(t, "history"), FirstRoundRemovals: rapid.Bool().Draw(t, "removals"),
			OldManager:     rapid.SampledFrom([]graphsim.OldManager{"", graphsim.OldManagerBefore, graphsim.OldManagerAfter}).Draw(t, "old manager"),
			ReplicationLag: rapid.SampledFrom([]time.Duration{0, 3 * time.Second}).Draw(t, "lag"), AccessTokenLife: 1000 * time.Hour,
		}})
		r := &reader{
			t: t, server: server, token: server.Token(graphsim.DefaultClientID), users: map[string]map[string]any{}, groups: map[string]map[string]bool{},
			next: map[string]string{"users": "/v1.0/users/delta?$select=jobTitle,manager", "groups": "/v1.0/groups/delta?$select=displayName,members"},
		}
		for range rapid.IntRange(0, 40).Draw(t, "steps") {
			w.step()
			if rapid.Bool().Draw(t, "read") {
				r.page(rapid.SampledFrom([]string{"users", "groups"}).Draw(t, "set"))
			}
		}
		clock.Advance(time.Minute)
		for _, set := range []string{"users", "groups"} {
			for range 2 { // the round under way, and one that begins after the last change
				for n := 0; !r.page(set); n++ {
					if n > 1000 {
						t.Fatalf("the round of %s does not end", set)
					}
				}
			}
		}
		r.compare(w.tenant)
	})
}

func (r *reader) compare(tn *tenant.Tenant) {
	users, _, _ := tn.List(tenant.User, 0, 0, 1000, false, nil)
	want := map[string]map[string]any{}
	for _, v := range users {
		want[v.ID] = map[string]any{}
		if p, ok := v.Property("jobTitle"); ok {
			want[v.ID]["jobTitle"] = p.Value
		}
		if v.Manager.ID != "" {
			want[v.ID]["manager"] = v.Manager.ID
		}
	}
	if diff := cmp.Diff(want, r.users); diff != "" {
		r.t.Errorf("users (-tenant +reader):\n%s", diff)
	}
	groups, _, _ := tn.List(tenant.Group, 0, 0, 1000, false, nil)
	have, wantMembers := map[string][]string{}, map[string][]string{}
	for id, members := range r.groups {
		have[id] = slices.Sorted(maps.Keys(members))
	}
	for _, g := range groups {
		refs, _, _ := tn.MemberRefs(g.ID, 0, 1000)
		wantMembers[g.ID] = nil
		for _, ref := range refs {
			wantMembers[g.ID] = append(wantMembers[g.ID], ref.ID)
		}
		slices.Sort(wantMembers[g.ID])
	}
	if diff := cmp.Diff(wantMembers, have); diff != "" {
		r.t.Errorf("members (-tenant +reader):\n%s", diff)
	}
}
