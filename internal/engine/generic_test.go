package engine_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/engine"
	"github.com/entrain-dev/entrain/internal/scim/profile"
)

func TestGenericInitialCycle(t *testing.T) {
	w := newStrictWorld(t)
	w.hire("ada", "givenName", "Ada", "surname", "Lovelace", "jobTitle", "Head", "department", "Support", "businessPhones", []string{"+49 30 1234567"},
		"mobilePhone", "+49 170 1234567", "employeeId", "1007", "city", "London", "mailNickname", "ada.l")
	for _, n := range strings.Fields("bob dan fay gus hal") {
		w.hire(n)
	}
	w.hire("cleo", "accountEnabled", false)
	w.add("eve")
	w.manager("bob", "ada")
	w.sourceGroup("Sales", "bob", "eve")
	w.sourceGroup("Empty")

	c := w.cycle()
	equal(t, "people", []string{"ada active", "bob active", "dan active", "eve active", "fay active", "gus active", "hal active"}, w.states())
	equal(t, "groups", []string{"Empty:", "Sales: bob eve"}, w.groups())
	equal(t, "failures", []string(nil), w.failures())
	ada, bob := w.person("ada"), w.person("bob")
	equal(t, "Ada", []any{"Ada", "Head", "ada.l", map[string]any{"givenName": "Ada", "familyName": "Lovelace", "formatted": "Ada Lovelace"}, "Support", "1007"},
		[]any{value(ada, "displayName"), value(ada, "title"), value(ada, "externalId"), value(ada, "name"),
			value(ada, profile.EnterpriseUser, "department"), value(ada, profile.EnterpriseUser, "employeeNumber")})
	equal(t, "Ada's phones", []any{
		map[string]any{"type": "work", "value": "+49 30 1234567"}, map[string]any{"type": "mobile", "value": "+49 170 1234567"},
	}, value(ada, "phoneNumbers"))
	equal(t, "Bob's manager", any(ada.ID), value(bob, profile.EnterpriseUser, "manager", "value"))
	for _, g := range w.srv.Groups() {
		equal(t, "external id of a group", any(w.people[fmt.Sprint(g.Attributes["displayName"])]), value(g, "externalId"))
	}
	if r := c.Last; !r.Initial || r.Result != engine.Succeeded || r.Created != 9 || r.Failed != 0 {
		t.Errorf("report = %+v", r)
	}
	equal(t, "requests", map[string]int{"POST users": 7, "POST groups": 2, "PATCH groups": 2}, count(w.sent()))
	equal(t, "look-ups of single people, the test of the connection included", 1, w.asked())

	c = w.cycle()
	if c.Last.Initial || len(w.sent()) > 0 {
		t.Errorf("a cycle without changes sends %v (%+v)", w.sent(), c.Last)
	}
}

func count(lines []string) map[string]int {
	out := map[string]int{}
	for _, l := range lines {
		out[l]++
	}
	return out
}

func TestGenericPeopleAndGroupsWhoExistAreLinkedAndCompleted(t *testing.T) {
	w := newStrictWorld(t)
	id := w.srv.AddUser(map[string]any{"userName": "ADA@contoso.com", "displayName": "Ada", "title": "Old", "active": true,
		"emails": []any{map[string]any{"type": "work", "value": "ada@old.example.com"}}})
	w.srv.AddUser(map[string]any{"userName": "stranger@contoso.com", "displayName": "Stranger", "active": true})
	group := w.srv.AddGroup(map[string]any{"displayName": "Sales"})
	w.hire("ada", "jobTitle", "New")
	w.sourceGroup("Sales", "ada")
	w.cycle()
	ada, ok := w.srv.User(id)
	if !ok || ada.Attributes["title"] != "New" || ada.Attributes["displayName"] != "Ada" {
		t.Errorf("Ada = %+v", ada)
	}
	equal(t, "requests", []string{"PATCH users", "PATCH groups", "PATCH groups"}, w.sent())
	equal(t, "number of people", 2, len(w.srv.Users()))
	equal(t, "members", []string{id}, w.srv.Members(group))
	if w.cycle(); len(w.sent()) > 0 {
		t.Errorf("an extra cycle sends %v", w.sent())
	}
}

// TestGenericEvents is the table of reference 1.3 for an application that keeps to the RFC.
func TestGenericEvents(t *testing.T) {
	const gone = "gone"
	for name, tc := range map[string]struct {
		event         func(*strictWorld)
		wantState     string
		wantSent      []string
		then          func(*strictWorld)
		wantThenState string
		wantThenSent  []string
	}{
		"renamed":            {event: func(w *strictWorld) { w.change("ada", "displayName", "Ada L.") }, wantState: "active", wantSent: []string{"PATCH users"}},
		"another login name": {event: func(w *strictWorld) { w.change("ada", "userPrincipalName", "lovelace@contoso.com") }, wantState: "active", wantSent: []string{"PATCH users"}},
		// The RFC knows no way to say "this element, made if need be": the element is added whole once the server refuses.
		"a first phone":           {event: func(w *strictWorld) { w.change("ada", "mobilePhone", "+491701234567") }, wantState: "active", wantSent: []string{"PATCH users 400", "PATCH users"}},
		"an attribute is cleared": {event: func(w *strictWorld) { w.change("ada", "jobTitle", nil) }, wantState: "active"},
		"blocked and unblocked": {
			event: func(w *strictWorld) { w.change("ada", "accountEnabled", false) }, wantState: "inactive", wantSent: []string{"PATCH users"},
			then: func(w *strictWorld) { w.change("ada", "accountEnabled", true) }, wantThenState: "active", wantThenSent: []string{"PATCH users"},
		},
		"unassigned and assigned again": {
			event: func(w *strictWorld) { unassign(w.world, "ada") }, wantState: "inactive", wantSent: []string{"PATCH users"},
			then: func(w *strictWorld) { _, err := w.tenant.Assign(appID, w.people["ada"], ""); must(w.t, err) }, wantThenState: "active", wantThenSent: []string{"PATCH users"},
		},
		"soft-deleted and restored": {
			event: func(w *strictWorld) { must(w.t, w.tenant.SoftDelete(w.people["ada"])) }, wantState: "inactive", wantSent: []string{"PATCH users"},
			then: func(w *strictWorld) { must(w.t, w.tenant.Restore(w.people["ada"])) }, wantThenState: "active", wantThenSent: []string{"PATCH users"},
		},
		"soft-deleted and hard-deleted": {
			event: func(w *strictWorld) { must(w.t, w.tenant.SoftDelete(w.people["ada"])) }, wantState: "inactive", wantSent: []string{"PATCH users"},
			then: func(w *strictWorld) { must(w.t, w.tenant.Purge(w.people["ada"])) }, wantThenState: gone, wantThenSent: []string{"DELETE users"},
		},
		"purged at once": {event: func(w *strictWorld) { purge(w.world, "ada") }, wantState: gone, wantSent: []string{"DELETE users"}},
		"a new manager": {
			event: func(w *strictWorld) { w.hire("boss"); w.manager("ada", "boss") }, wantState: "active", wantSent: []string{"POST users", "PATCH users"},
		},
		"a new manager, who arrives later": {
			event: func(w *strictWorld) { w.add("boss"); w.manager("ada", "boss") }, wantState: "active",
			then: func(w *strictWorld) { _, err := w.tenant.Assign(appID, w.people["boss"], ""); must(w.t, err) }, wantThenState: "active", wantThenSent: []string{"POST users", "PATCH users"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newStrictWorld(t)
			w.hire("ada", "jobTitle", "Head")
			w.cycle()
			id := w.person("ada").ID
			check := func(when, wantState string, wantSent []string) {
				t.Helper()
				w.cycle()
				got := gone
				if ada, ok := w.srv.User(id); ok {
					got = map[bool]string{true: "active", false: "inactive"}[ada.Attributes["active"] == true]
				}
				equal(t, when+": state", wantState, got)
				equal(t, when+": requests", wantSent, w.sent())
				equal(t, when+": failures", []string(nil), w.failures())
			}
			tc.event(w)
			check("after the event", tc.wantState, tc.wantSent)
			if tc.then == nil {
				return
			}
			tc.then(w)
			check("after the second event", tc.wantThenState, tc.wantThenSent)
			check("afterwards", tc.wantThenState, nil)
		})
	}
}

func TestGenericANewManagerIsTheOneOfTheSource(t *testing.T) {
	w := newStrictWorld(t)
	w.hire("ada")
	w.hire("bob")
	w.hire("cleo")
	w.manager("cleo", "ada")
	w.cycle()
	manager := func() any { return value(w.person("cleo"), profile.EnterpriseUser, "manager", "value") }
	equal(t, "Cleo's manager", any(w.person("ada").ID), manager())
	w.manager("cleo", "bob")
	w.cycle()
	equal(t, "Cleo's manager", any(w.person("bob").ID), manager())
	equal(t, "requests", []string{"PATCH users"}, w.sent())
}

func TestGenericGroupsAreCreatedRenamedFilledAndDeleted(t *testing.T) {
	w := newStrictWorld(t)
	for _, n := range []string{"ada", "bob", "cleo"} {
		w.hire(n)
	}
	g := w.sourceGroup("Sales", "ada", "bob")
	w.sourceGroup("Kept", "cleo")
	w.cycle()
	equal(t, "groups", []string{"Kept: cleo", "Sales: ada bob"}, w.groups())

	// A member by hand stays.
	by := w.srv.AddUser(map[string]any{"userName": "byhand@contoso.com", "active": true})
	for _, r := range w.srv.Groups() {
		if r.Attributes["displayName"] == "Sales" {
			must(t, w.plan.Target.UpdateMembers(t.Context(), directory.TargetID(r.ID), []directory.TargetID{directory.TargetID(by)}, nil))
		}
	}
	must(t, w.tenant.RemoveMembers(g, w.people["ada"]))
	must(t, w.tenant.AddMembers(g, w.people["cleo"]))
	w.cycle()
	equal(t, "requests", []string{"PATCH groups"}, w.sent())
	equal(t, "groups", []string{"Kept: cleo", "Sales: bob byhand cleo"}, w.groups())

	must(t, w.tenant.UpdateGroup(g, map[string]any{"displayName": "Vertrieb"}))
	w.cycle()
	equal(t, "requests", []string{"PATCH groups"}, w.sent())
	equal(t, "groups", []string{"Kept: cleo", "Vertrieb: bob byhand cleo"}, w.groups())

	must(t, w.tenant.DeleteGroup(g))
	w.cycle()
	equal(t, "requests", []string{"DELETE groups"}, w.sent())
	equal(t, "groups", []string{"Kept: cleo"}, w.groups())
	equal(t, "failures", []string(nil), w.failures())
	if w.cycle(); len(w.sent()) > 0 {
		t.Errorf("an extra cycle sends %v", w.sent())
	}
}

func TestGenericAGroupWithMoreMembersThanOneRequestHolds(t *testing.T) {
	w := newStrictWorld(t)
	g := w.sourceGroup("Sales")
	const people = 230
	for i := range people {
		name := fmt.Sprintf("u%03d", i)
		w.add(name)
		must(t, w.tenant.AddMembers(g, w.people[name]))
	}
	w.cycle()
	equal(t, "members", people, len(w.srv.Members(w.srv.Groups()[0].ID)))
	equal(t, "requests", map[string]int{"POST users": people, "POST groups": 1, "PATCH groups": 4}, count(w.sent()))
	equal(t, "look-ups of single people, the test of the connection included", 1, w.asked())
}

func TestGenericALostAnswerDoublesNobody(t *testing.T) {
	w := newStrictWorld(t)
	w.hire("ada")
	w.sourceGroup("Sales", "ada")
	w.losing.Store(true)
	_, err := w.try(engine.Request{})
	must(t, err)
	w.losing.Store(false)
	w.cycle()
	equal(t, "people", []string{"ada active"}, w.states())
	equal(t, "groups", []string{"Sales: ada"}, w.groups())
	equal(t, "failures", []string(nil), w.failures())
	w.change("ada", "jobTitle", "Head")
	w.cycle()
	equal(t, "title", any("Head"), value(w.person("ada"), "title"))
}

func TestGenericANameThatSomebodyKeepsIsAFailureOfTheOtherOnly(t *testing.T) {
	w := newStrictWorld(t)
	w.hire("ada")
	w.hire("bob")
	w.cycle()
	stranger := w.srv.AddUser(map[string]any{"userName": "taken@contoso.com", "displayName": "Stranger", "active": true})
	w.change("ada", "userPrincipalName", "taken@contoso.com")
	w.change("bob", "jobTitle", "Head")
	w.cycle()
	equal(t, "failures", []string{"ada EntryConflict"}, w.failures())
	equal(t, "Bob's title", any("Head"), value(w.person("bob"), "title"))
	if u, _ := w.srv.User(stranger); u.Attributes["displayName"] != "Stranger" || u.Version != 1 {
		t.Errorf("the stranger = %+v", u)
	}
}

func TestGenericTwoPeopleSwapTheirNames(t *testing.T) {
	w := newStrictWorld(t)
	w.hire("ada")
	w.hire("bob")
	w.cycle()
	ada, bob := w.person("ada").ID, w.person("bob").ID
	w.change("ada", "userPrincipalName", "x@contoso.com")
	w.change("bob", "userPrincipalName", "ada@contoso.com")
	w.change("ada", "userPrincipalName", "bob@contoso.com")
	w.cycle()
	w.cycle()
	equal(t, "failures", []string(nil), w.failures())
	equal(t, "who has which name", []string{bob, ada}, []string{w.person("ada").ID, w.person("bob").ID})
	if w.cycle(); len(w.sent()) > 0 {
		t.Errorf("an extra cycle sends %v", w.sent())
	}
}

func TestGenericAResourceThatSomebodyDeletedInTheTargetIsMadeAgain(t *testing.T) {
	w := newStrictWorld(t)
	w.hire("ada")
	w.cycle()
	must(t, w.plan.Target.Delete(t.Context(), directory.User, directory.TargetID(w.person("ada").ID)))
	w.change("ada", "jobTitle", "Head")
	w.cycle()
	equal(t, "title", any("Head"), value(w.person("ada"), "title"))
	equal(t, "requests", []string{"PATCH users 404", "POST users"}, w.sent())
	equal(t, "failures", []string(nil), w.failures())
}

func TestGenericARefusedTokenQuarantinesAndASuccessLiftsIt(t *testing.T) {
	w := newStrictWorld(t)
	w.hire("ada")
	w.srv.SetToken("another")
	c, err := w.try(engine.Request{})
	if err == nil || c.Quarantine == nil || c.Quarantine.Reason != engine.ReasonException {
		t.Errorf("error %v, quarantine %+v", err, c.Quarantine)
	}
	equal(t, "people", []string(nil), w.states())
	w.srv.SetToken(token)
	if c = w.cycle(); c.Quarantine != nil {
		t.Errorf("quarantine = %+v", c.Quarantine)
	}
	equal(t, "people", []string{"ada active"}, w.states())
}
