package graphsim_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/entrain-dev/entrain/internal/simulator/graphsim"
)

type object = map[string]any

func mgr(id string) object { return object{"@odata.type": "#microsoft.graph.user", "id": id} }

func gone(ref object) object {
	ref["@removed"] = object{"reason": "deleted"}
	return ref
}

func TestDeltaFirstRoundLeavesNeverSetPropertiesOut(t *testing.T) {
	m := newSim(t, graphsim.Knobs{})
	ann, bob := m.user("ann", "jobTitle", "Agent"), m.user("bob")
	check(t, m.tenant.SetManager(bob, ann))
	check(t, m.tenant.UpdateUser(ann, object{"jobTitle": nil}))
	got, _, _ := m.round("/v1.0/users/delta?$select=displayName,jobTitle,department,manager")
	want := []object{
		{"displayName": "ann", "jobTitle": nil, "id": ann},
		{"displayName": "bob", "id": bob, "manager@delta": []any{mgr(ann)}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("entries (-want +got):\n%s", diff)
	}
}

func TestDeltaRoundShapes(t *testing.T) {
	const selected = "?$select=displayName,jobTitle,businessPhones,accountEnabled,manager"
	for name, tc := range map[string]struct {
		change  func(m *sim, ann, bob, eve string)
		minimal bool
		old     graphsim.OldManager
		want    func(ann, bob, eve string) []object
	}{
		"nothing changed": {
			change: func(*sim, string, string, string) {},
			want:   func(string, string, string) []object { return []object{} },
		},
		"changed property comes with the unchanged ones, without the manager": {
			change: func(m *sim, _, bob, _ string) { check(m.t, m.tenant.UpdateUser(bob, object{"jobTitle": "Lead"})) },
			want: func(_, bob, _ string) []object {
				return []object{{"id": bob, "displayName": "bob", "jobTitle": "Lead", "businessPhones": []any{"1"}, "accountEnabled": true}}
			},
		},
		"minimal leaves unchanged ones out": {
			change:  func(m *sim, _, bob, _ string) { check(m.t, m.tenant.UpdateUser(bob, object{"jobTitle": "Lead"})) },
			minimal: true,
			want:    func(_, bob, _ string) []object { return []object{{"id": bob, "jobTitle": "Lead"}} },
		},
		"cleared string is null, cleared list is empty": {
			change: func(m *sim, _, bob, _ string) {
				check(m.t, m.tenant.UpdateUser(bob, object{"jobTitle": nil, "businessPhones": nil}))
			},
			minimal: true,
			want: func(_, bob, _ string) []object {
				return []object{{"id": bob, "jobTitle": nil, "businessPhones": []any{}}}
			},
		},
		"unselected property is not reported": {
			change: func(m *sim, _, bob, _ string) { check(m.t, m.tenant.UpdateUser(bob, object{"department": "Sales"})) },
			want:   func(string, string, string) []object { return []object{} },
		},
		"disabling is an ordinary change": {
			change:  func(m *sim, _, bob, _ string) { check(m.t, m.tenant.UpdateUser(bob, object{"accountEnabled": false})) },
			minimal: true,
			want:    func(_, bob, _ string) []object { return []object{{"id": bob, "accountEnabled": false}} },
		},
		"manager changed": {
			change:  func(m *sim, _, bob, eve string) { check(m.t, m.tenant.SetManager(bob, eve)) },
			minimal: true,
			want:    func(_, bob, eve string) []object { return []object{{"id": bob, "manager@delta": []any{mgr(eve)}}} },
		},
		"manager changed, old one told after": {
			change:  func(m *sim, _, bob, eve string) { check(m.t, m.tenant.SetManager(bob, eve)) },
			minimal: true, old: graphsim.OldManagerAfter,
			want: func(ann, bob, eve string) []object {
				return []object{{"id": bob, "manager@delta": []any{mgr(eve), gone(mgr(ann))}}}
			},
		},
		"manager changed, old one told before": {
			change:  func(m *sim, _, bob, eve string) { check(m.t, m.tenant.SetManager(bob, eve)) },
			minimal: true, old: graphsim.OldManagerBefore,
			want: func(ann, bob, eve string) []object {
				return []object{{"id": bob, "manager@delta": []any{gone(mgr(ann)), mgr(eve)}}}
			},
		},
		"manager removed": {
			change:  func(m *sim, _, bob, _ string) { check(m.t, m.tenant.ClearManager(bob)) },
			minimal: true,
			want: func(ann, bob, _ string) []object {
				return []object{{"id": bob, "manager@delta": []any{gone(mgr(ann))}}}
			},
		},
		"soft deletion": {
			change: func(m *sim, _, bob, _ string) { check(m.t, m.tenant.SoftDelete(bob)) },
			want:   func(_, bob, _ string) []object { return []object{{"id": bob, "@removed": object{"reason": "changed"}}} },
		},
		"hard deletion takes the manager from the reports": {
			change:  func(m *sim, ann, _, _ string) { check(m.t, m.tenant.Purge(ann)) },
			minimal: true,
			want: func(ann, bob, _ string) []object {
				return []object{{"id": bob, "manager@delta": []any{gone(mgr(ann))}}, {"id": ann, "@removed": object{"reason": "deleted"}}}
			},
		},
		"deleted and restored within a round is a full object": {
			change: func(m *sim, _, bob, _ string) {
				check(m.t, m.tenant.SoftDelete(bob))
				check(m.t, m.tenant.Restore(bob))
			},
			minimal: true,
			want: func(ann, bob, _ string) []object {
				return []object{{"id": bob, "displayName": "bob", "jobTitle": "Agent", "businessPhones": []any{"1"}, "accountEnabled": true, "manager@delta": []any{mgr(ann)}}}
			},
		},
		"several changes of one object are one entry": {
			change: func(m *sim, _, bob, _ string) {
				check(m.t, m.tenant.UpdateUser(bob, object{"jobTitle": "A"}))
				check(m.t, m.tenant.UpdateUser(bob, object{"displayName": "B"}))
			},
			minimal: true,
			want:    func(_, bob, _ string) []object { return []object{{"id": bob, "jobTitle": "A", "displayName": "B"}} },
		},
	} {
		t.Run(name, func(t *testing.T) {
			m := newSim(t, graphsim.Knobs{OldManager: tc.old})
			ann, bob, eve := m.user("ann"), m.user("bob", "jobTitle", "Agent", "businessPhones", []string{"1"}), m.user("eve")
			check(t, m.tenant.SetManager(bob, ann))
			_, _, link := m.round("/v1.0/users/delta" + selected)
			tc.change(m, ann, bob, eve)
			if tc.minimal {
				m.header.Set("Prefer", "return=minimal")
			}
			got, _, again := m.round(link)
			if diff := cmp.Diff(tc.want(ann, bob, eve), got); diff != "" {
				t.Errorf("entries (-want +got):\n%s", diff)
			}
			if rest, _, _ := m.round(again); len(rest) != 0 {
				t.Errorf("the round after reports %v", rest)
			}
			if repeated, _, _ := m.round(link); !cmp.Equal(got, repeated) {
				t.Errorf("reading the same deltaLink again gives %v", repeated)
			}
		})
	}
}

func TestDeltaSoftDeletionThenPurgeIsASecondRemoval(t *testing.T) {
	m := newSim(t, graphsim.Knobs{})
	ann := m.user("ann")
	_, _, link := m.round("/v1.0/users/delta?$select=displayName")
	check(t, m.tenant.SoftDelete(ann))
	_, _, link = m.round(link)
	m.clock.Advance(6 * 24 * time.Hour)
	for range 4 {
		var got []object
		if got, _, link = m.round(link); len(got) != 0 {
			t.Fatalf("the recycle bin expired early: %v", got)
		}
		m.clock.Advance(6 * 24 * time.Hour)
	}
	got, _, _ := m.round(link)
	if diff := cmp.Diff([]object{{"id": ann, "@removed": object{"reason": "deleted"}}}, got); diff != "" {
		t.Errorf("after 30 days (-want +got):\n%s", diff)
	}
}

func TestDeltaSpellings(t *testing.T) {
	m := newSim(t, graphsim.Knobs{})
	m.user("ann")
	m.group("all")
	for _, path := range []string{"delta", "delta()", "microsoft.graph.delta", "microsoft.graph.delta()", "delta/"} {
		for _, set := range []string{"users", "groups"} {
			for _, query := range []string{"", "?$select=displayName", "?select=displayName", "?$SELECT=displayName"} {
				if got, _, _ := m.round("/v1.0/" + set + "/" + path + query); len(got) != 1 {
					t.Errorf("%s/%s%s gives %v", set, path, query, got)
				}
			}
		}
	}
}

func TestDeltaFromNowReturnsNoState(t *testing.T) {
	m := newSim(t, graphsim.Knobs{})
	m.user("ann")
	got, _, link := m.round("/v1.0/users/delta?$deltatoken=latest&$select=displayName")
	if len(got) != 0 {
		t.Errorf("latest returned %v", got)
	}
	bob := m.user("bob")
	if got, _, _ = m.round(link); !slices.Equal(ids(got), []string{bob}) {
		t.Errorf("after latest came %v", got)
	}
}

func TestDeltaOfSomeObjects(t *testing.T) {
	m := newSim(t, graphsim.Knobs{})
	ann, bob := m.user("ann"), m.user("bob")
	filter := "?$select=displayName&$filter=" + url.QueryEscape(fmt.Sprintf("id eq '%s' or id eq '%s'", bob, strings.ToUpper(bob[:35])+"0"))
	got, _, link := m.round("/v1.0/users/delta" + filter)
	if !slices.Equal(ids(got), []string{bob}) {
		t.Errorf("first round: %v", got)
	}
	check(t, m.tenant.UpdateUser(ann, object{"displayName": "Ann"}))
	check(t, m.tenant.SoftDelete(bob))
	if got, _, _ = m.round(link); !slices.Equal(ids(got), []string{bob}) {
		t.Errorf("second round: %v", got)
	}
	var list []string
	for range 51 {
		list = append(list, "id eq '"+ann+"'")
	}
	m.ok("/v1.0/users/delta?$filter=" + url.QueryEscape(strings.Join(list[:50], " or ")))
	m.wantError("/v1.0/users/delta?$filter="+url.QueryEscape(strings.Join(list, " or ")), 400, "Request_UnsupportedQuery", "")
	m.wantError("/v1.0/users/delta?$filter="+url.QueryEscape("displayName eq 'ann'"), 400, "Request_UnsupportedQuery", "Unsupported query.")
}

func TestDeltaIgnoresWhatItDoesNotSupport(t *testing.T) {
	m := newSim(t, graphsim.Knobs{})
	ann, bob := m.user("ann"), m.user("bob")
	check(t, m.tenant.SetManager(bob, ann))
	a := m.ok("/v1.0/users/delta?$select=displayName&$top=1&$expand=manager&$orderby=displayName&$count=true")
	if len(a.value()) != 2 || a.json["@odata.count"] != nil || strings.Contains(a.text, "manager") {
		t.Errorf("answer is %s", a.text)
	}
}

func TestDeltaRefusesUnknownAndUntrackedSelections(t *testing.T) {
	m := newSim(t, graphsim.Knobs{})
	m.wantError("/v1.0/users/delta?$select=displayName,shoeSize", 400, "BadRequest", "Could not find a property named 'shoeSize' on type 'microsoft.graph.user'")
	m.wantError("/v1.0/users/delta?$select=DisplayName", 400, "BadRequest", "'DisplayName'")
	m.wantError("/v1.0/users/delta?$select=skills", 501, "NotImplemented", "This operation target is not yet supported.")
	_, _, link := m.round("/v1.0/users/delta?$select=displayName")
	m.wantError(link+"&$select=jobTitle", 400, "Request_UnsupportedQuery", "")
}

func TestDeltaPagesFollowLinksOfTheCalledHost(t *testing.T) {
	m := newSim(t, graphsim.Knobs{UserPageSize: 10})
	want := make([]string, 0, 25)
	for i := range 25 {
		want = append(want, m.user(fmt.Sprintf("u%02d", i)))
	}
	a := m.ok("/v1.0/users/delta?$select=id")
	if !strings.HasPrefix(a.next(), m.url+"/v1.0/users/delta?$skiptoken=") {
		t.Errorf("nextLink is %s", a.next())
	}
	got, pages, link := m.round("/v1.0/users/delta?$select=id")
	if !slices.Equal(ids(got), want) || pages != 3 {
		t.Errorf("%d entries on %d pages", len(got), pages)
	}
	if !strings.HasPrefix(link, m.url+"/v1.0/users/delta?$deltatoken=") {
		t.Errorf("deltaLink is %s", link)
	}
	m.header.Set("X-Forwarded-Proto", "https")
	m.header.Set("X-Forwarded-Host", "graph.sim.invalid")
	if next := m.ok("/v1.0/users/delta?$select=id").next(); !strings.HasPrefix(next, "https://graph.sim.invalid/v1.0/") {
		t.Errorf("nextLink behind a proxy is %s", next)
	}
}

func TestDeltaChangesDuringAFirstRoundComeInTheNext(t *testing.T) {
	m := newSim(t, graphsim.Knobs{UserPageSize: 1})
	ann, bob := m.user("ann"), m.user("bob")
	first := m.ok("/v1.0/users/delta?$select=displayName")
	check(t, m.tenant.UpdateUser(ann, object{"displayName": "Ann"}))
	check(t, m.tenant.SoftDelete(bob))
	eve := m.user("eve")
	rest, _, link := m.round(first.next())
	if len(rest) != 0 {
		t.Errorf("rest of the first round: %v", rest)
	}
	got, _, _ := m.round(link)
	if byID(got, ann)["displayName"] != "Ann" || byID(got, bob)["@removed"] == nil || byID(got, eve) == nil {
		t.Errorf("next round: %v", got)
	}
}

func TestDeltaTokenEndOfLife(t *testing.T) {
	for name, tc := range map[string]struct {
		answer       graphsim.ExpiredAnswer
		wantStatus   int
		wantCode     string
		wantMessage  string
		wantLocation bool
	}{
		"as really seen": {graphsim.ExpiredObserved, 400, "Request_UnsupportedQuery", "DeltaLink older than 30 days is not supported.", false},
		"as announced":   {graphsim.ExpiredAnnounced, 400, "syncStateNotFound", "The delta token is expired", false},
		"gone":           {graphsim.ExpiredGone, 410, "resyncRequired", "", true},
	} {
		t.Run(name, func(t *testing.T) {
			m := newSim(t, graphsim.Knobs{Expired: tc.answer})
			m.user("ann")
			_, _, link := m.round("/v1.0/users/delta?$select=displayName")
			m.clock.Advance(7 * 24 * time.Hour)
			m.ok(link)
			m.clock.Advance(time.Second)
			a := m.wantError(link, tc.wantStatus, tc.wantCode, tc.wantMessage)
			if location := a.header.Get("Location"); (location == m.url+"/v1.0/users/delta?$deltatoken=") != tc.wantLocation {
				t.Errorf("Location is %q", location)
			}
			if tc.wantLocation {
				if got, _, _ := m.round(a.header.Get("Location")); len(got) != 1 {
					t.Errorf("a request with an empty token gives %v", got)
				}
			}
		})
	}
}

func TestDeltaForcedResync(t *testing.T) {
	m := newSim(t, graphsim.Knobs{ResyncCode: "SyncStateNotFound"})
	_, _, users := m.round("/v1.0/users/delta")
	_, _, groups := m.round("/v1.0/groups/delta")
	m.ExpireTokens(graphsim.ExpiredGone)
	m.wantError(users, 410, "SyncStateNotFound", "")
	m.wantError(groups, 410, "SyncStateNotFound", "")
	_, _, users = m.round("/v1.0/users/delta")
	m.ok(users)
}

func TestDeltaMalformedForeignAndExpiredPageTokens(t *testing.T) {
	m := newSim(t, graphsim.Knobs{UserPageSize: 1})
	m.user("ann")
	m.user("bob")
	_, _, link := m.round("/v1.0/users/delta")
	m.wantError("/v1.0/users/delta?$deltatoken=rubbish", 400, "Request_BadRequest", "Badly formed token.")
	m.wantError(link[:len(link)-3], 400, "Request_BadRequest", "Badly formed token.")
	m.wantError(strings.Replace(link, "users", "groups", 1), 400, "BadRequest", "Badly formed content.")
	next := m.ok("/v1.0/users/delta").next()
	m.clock.Advance(time.Hour + time.Second)
	m.wantError(next, 400, "Directory_ExpiredPageToken", "The specified page token value has expired")
	if a := m.get(link); a.status != http.StatusOK {
		t.Errorf("the delta token expired with the page token: %s", a.text)
	}
}

func TestDeltaHistoryIsBounded(t *testing.T) {
	m := newSim(t, graphsim.Knobs{})
	tight := newTightSim(t, 10)
	for name, tc := range map[string]struct {
		sim  *sim
		want int
	}{"roomy": {m, 200}, "tight": {tight, 400}} {
		ann := tc.sim.user("ann")
		_, _, link := tc.sim.round("/v1.0/users/delta?$select=displayName")
		for i := range 20 {
			check(t, tc.sim.tenant.UpdateUser(ann, object{"displayName": fmt.Sprint(i)}))
		}
		if a := tc.sim.get(link); a.status != tc.want {
			t.Errorf("%s history: %d %s", name, a.status, a.text)
		}
		if got, _, _ := tc.sim.round("/v1.0/users/delta"); len(got) != 1 {
			t.Errorf("%s history: a new round gives %v", name, got)
		}
	}
}

func TestDeltaOfDirectoryExtensions(t *testing.T) {
	const badge = "extension_0123456789abcdef0123456789abcdef_badge"
	m := newSim(t, graphsim.Knobs{})
	m.wantError("/v1.0/users/delta?$select="+badge, 400, "BadRequest", badge)
	check(t, m.tenant.RegisterExtension("user", badge, 0))
	ann, bob := m.user("ann", badge, "77", "onPremisesExtensionAttributes", object{"extensionAttribute3": "x"}), m.user("bob")
	got, _, _ := m.round("/v1.0/users/delta?$select=onPremisesExtensionAttributes," + badge)
	if byID(got, ann)[badge] != "77" || byID(got, bob)[badge] != nil {
		t.Errorf("entries: %v", got)
	}
	attributes, _ := byID(got, ann)["onPremisesExtensionAttributes"].(object)
	if len(attributes) != 15 || attributes["extensionAttribute3"] != "x" || attributes["extensionAttribute1"] != nil {
		t.Errorf("extension attributes: %v", attributes)
	}
	a := m.ok("/v1.0/users/" + bob + "?$select=id,onPremisesExtensionAttributes," + badge)
	if attributes, _ := a.json["onPremisesExtensionAttributes"].(object); len(attributes) != 15 || strings.Contains(a.text, badge+`":`) {
		t.Errorf("plain read of unset extensions: %s", a.text)
	}
}
