package graphsim_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/entrain-dev/entrain/internal/simulator/graphsim"
	"github.com/entrain-dev/entrain/internal/simulator/graphsim/tenant"
)

// membership folds entries the way a reader must: in order of arrival. It also checks that each group repeats its name.
func membership(t *testing.T, have map[string][]string, entries []map[string]any) map[string][]string {
	t.Helper()
	for _, e := range entries {
		group, _ := e["id"].(string)
		if e["@removed"] != nil {
			delete(have, group)
			continue
		}
		if e["displayName"] == nil {
			t.Errorf("an entry of %s has no displayName", group)
		}
		list, _ := e["members@delta"].([]any)
		for _, item := range list {
			ref := item.(map[string]any)
			id := ref["id"].(string)
			have[group] = slices.DeleteFunc(have[group], func(s string) bool { return s == id })
			if ref["@removed"] == nil {
				have[group] = append(have[group], id)
			}
		}
	}
	for group := range have {
		slices.Sort(have[group])
	}
	return have
}

func (m *sim) wantMembers(have map[string][]string, group string) {
	m.t.Helper()
	want := m.tenant.MemberIDs(group)
	slices.Sort(want)
	if diff := cmp.Diff(want, have[group]); diff != "" {
		m.t.Errorf("members of %s (-want +got):\n%s", group, diff)
	}
}

func (m *sim) people(n int) []string {
	out := make([]string, 0, n)
	for i := range n {
		out = append(out, m.user(fmt.Sprintf("person%04d", i)))
	}
	return out
}

func TestGroupDeltaMembersComeInChunksWithRepeatedScalars(t *testing.T) {
	m := newSim(t, graphsim.Knobs{MemberChunk: 10})
	people := m.people(35)
	small, big, exact, empty := m.group("small", people[:3]...), m.group("big", people...), m.group("exact", people[:10]...), m.group("empty")
	entries, pages, link := m.round("/v1.0/groups/delta?$select=displayName,members")
	have := membership(t, map[string][]string{}, entries)
	for _, g := range []string{small, big, exact} {
		m.wantMembers(have, g)
	}
	if e := byID(entries, empty); e == nil || e["members@delta"] != nil {
		t.Errorf("the empty group is %v", e)
	}
	bigs := 0
	for _, e := range entries {
		if e["id"] == big {
			bigs++
		}
	}
	if bigs != 4 || pages < 5 {
		t.Errorf("the big group came %d times on %d pages", bigs, pages)
	}

	check(t, m.tenant.RemoveMembers(big, people[:15]...))
	check(t, m.tenant.AddMembers(big, people[0]))
	check(t, m.tenant.UpdateGroup(small, map[string]any{"displayName": "tiny"}))
	entries, _, _ = m.round(link)
	have = membership(t, have, entries)
	m.wantMembers(have, big)
	m.wantMembers(have, small)
	if e := byID(entries, small); e["members@delta"] != nil {
		t.Errorf("a renamed group repeats its members: %v", e)
	}
	if byID(entries, exact) != nil {
		t.Error("an unchanged group is reported")
	}
}

func TestGroupDeltaTracksMembersOnlyWhenSelected(t *testing.T) {
	m := newSim(t, graphsim.Knobs{})
	ann := m.user("ann")
	g := m.group("all", ann)
	for name, tc := range map[string]struct {
		query string
		want  bool
	}{
		"no select":              {"", true},
		"members selected":       {"?$select=displayName,members", true},
		"members not selected":   {"?$select=displayName", false},
		"expand is ignored":      {"?$select=displayName&$expand=members", false},
		"owners are not members": {"?$select=displayName,owners", false},
	} {
		first, _, link := m.round("/v1.0/groups/delta" + tc.query)
		if got := byID(first, g)["members@delta"] != nil; got != tc.want {
			t.Errorf("%s: first round has members: %v", name, got)
		}
		check(t, m.tenant.RemoveMembers(g, ann))
		second, _, _ := m.round(link)
		if got := len(second) == 1; got != tc.want {
			t.Errorf("%s: a change of members is reported: %v", name, got)
		}
		check(t, m.tenant.AddMembers(g, ann))
	}
	m.Set(func(k *graphsim.Knobs) { k.LegacyExpand = true })
	if first, _, _ := m.round("/v1.0/groups/delta?$select=displayName&$expand=members"); byID(first, g)["members@delta"] == nil {
		t.Error("legacy expand has no effect")
	}
}

func TestGroupDeltaMemberKindsAndNesting(t *testing.T) {
	m := newSim(t, graphsim.Knobs{})
	inner := m.group("inner", m.user("ann"))
	device, contact := must(m.tenant.AddOther(tenant.Device, "laptop")), must(m.tenant.AddOther(tenant.Contact, "partner"))
	outer := m.group("outer", inner, device, contact)
	entries, _, _ := m.round("/v1.0/groups/delta?$select=displayName,members")
	want := []any{
		object{"@odata.type": "#microsoft.graph.group", "id": inner},
		object{"@odata.type": "#microsoft.graph.device", "id": device},
		object{"@odata.type": "#microsoft.graph.orgContact", "id": contact},
	}
	if diff := cmp.Diff(want, byID(entries, outer)["members@delta"]); diff != "" {
		t.Errorf("members (-want +got):\n%s", diff)
	}
}

func TestGroupDeltaSoftDeletedMemberStaysUntilPurged(t *testing.T) {
	m := newSim(t, graphsim.Knobs{})
	ann := m.user("ann")
	g := m.group("all", ann)
	_, _, link := m.round("/v1.0/groups/delta?$select=displayName,members")
	check(t, m.tenant.SoftDelete(ann))
	got, _, link := m.round(link)
	if len(got) != 0 {
		t.Errorf("a soft deletion surfaces the group: %v", got)
	}
	if list := m.ok("/v1.0/groups/" + g + "/members?$select=id").value(); len(list) != 0 {
		t.Errorf("the plain list shows the deleted member: %v", list)
	}
	check(t, m.tenant.Restore(ann))
	if got, _, link = m.round(link); len(got) != 0 {
		t.Errorf("a restore repeats the membership: %v", got)
	}
	if list := m.ok("/v1.0/groups/" + g + "/members?$select=id").value(); len(list) != 1 {
		t.Errorf("the plain list does not show the restored member: %v", list)
	}
	check(t, m.tenant.Purge(ann))
	got, _, _ = m.round(link)
	want := []object{{"id": g, "displayName": "all", "members@delta": []any{gone(mgr(ann))}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("after the purge (-want +got):\n%s", diff)
	}
}

func TestGroupDeltaDeletionReasonsAndRestore(t *testing.T) {
	m := newSim(t, graphsim.Knobs{})
	ann, bob := m.user("ann"), m.user("bob")
	security := m.group("security", ann)
	unified := must(m.tenant.AddGroup(map[string]any{"displayName": "unified", "groupTypes": []string{"Unified"}, "mailEnabled": true}))
	check(t, m.tenant.AddMembers(unified, ann, bob))
	entries, _, link := m.round("/v1.0/groups/delta?$select=displayName,members")
	have := membership(t, map[string][]string{}, entries)
	check(t, m.tenant.DeleteGroup(security))
	check(t, m.tenant.DeleteGroup(unified))
	got, _, link := m.round(link)
	want := []object{
		{"id": security, "@removed": object{"reason": "deleted"}},
		{"id": unified, "@removed": object{"reason": "changed"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("deletions (-want +got):\n%s", diff)
	}
	have = membership(t, have, got)
	check(t, m.tenant.Purge(bob))
	if got, _, link = m.round(link); len(got) != 0 {
		t.Errorf("a deleted group is reported when a member is purged: %v", got)
	}
	check(t, m.tenant.Restore(unified))
	got, _, _ = m.round(link)
	have = membership(t, have, got)
	m.wantMembers(have, unified)
}

func TestGroupDeltaRestoreWithinARoundForgetsFormerMembers(t *testing.T) {
	m := newSim(t, graphsim.Knobs{MemberChunk: 2})
	people := m.people(7)
	g := must(m.tenant.AddGroup(map[string]any{"displayName": "unified", "groupTypes": []string{"Unified"}}))
	check(t, m.tenant.AddMembers(g, people[:5]...))
	entries, _, link := m.round("/v1.0/groups/delta?$select=displayName,members")
	have := membership(t, map[string][]string{}, entries)
	check(t, m.tenant.RemoveMembers(g, people[:3]...))
	check(t, m.tenant.SoftDelete(g))
	check(t, m.tenant.Restore(g))
	check(t, m.tenant.AddMembers(g, people[6]))
	entries, _, _ = m.round(link)
	m.wantMembers(membership(t, have, entries), g)
}

func TestGroupDeltaSoftDeleteOfSecurityGroupsIsAPreview(t *testing.T) {
	m := newSim(t, graphsim.Knobs{})
	preview := newSimOn(t, tenant.Config{SoftDeleteSecurityGroups: true}, graphsim.Knobs{})
	for want, s := range map[string]*sim{"deleted": m, "changed": preview} {
		g := s.group("security")
		_, _, link := s.round("/v1.0/groups/delta")
		check(t, s.tenant.DeleteGroup(g))
		got, _, _ := s.round(link)
		if diff := cmp.Diff([]object{{"id": g, "@removed": object{"reason": want}}}, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}

func TestGroupDeltaMemberHistory(t *testing.T) {
	m := newSim(t, graphsim.Knobs{})
	ann := m.user("ann")
	g := m.group("all")
	_, _, link := m.round("/v1.0/groups/delta?$select=members")
	check(t, m.tenant.AddMembers(g, ann))
	check(t, m.tenant.RemoveMembers(g, ann))
	check(t, m.tenant.AddMembers(g, ann))
	got, _, _ := m.round(link)
	if diff := cmp.Diff([]any{mgr(ann)}, byID(got, g)["members@delta"]); diff != "" {
		t.Errorf("last change only (-want +got):\n%s", diff)
	}
	m.Set(func(k *graphsim.Knobs) { k.MemberHistory = true })
	got, _, _ = m.round(link)
	if diff := cmp.Diff([]any{mgr(ann), gone(mgr(ann)), mgr(ann)}, byID(got, g)["members@delta"]); diff != "" {
		t.Errorf("every change (-want +got):\n%s", diff)
	}
}

func TestGroupDeltaEmptyMembersKnob(t *testing.T) {
	m := newSim(t, graphsim.Knobs{EmptyMembers: true})
	g := m.group("empty")
	got, _, _ := m.round("/v1.0/groups/delta")
	if list, ok := byID(got, g)["members@delta"].([]any); !ok || len(list) != 0 {
		t.Errorf("entry is %v", got)
	}
}
