package engine_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/entrain-dev/entrain/internal/engine"
	"github.com/entrain-dev/entrain/internal/fault"
	"github.com/entrain-dev/entrain/internal/simulator/genesyssim"
	"github.com/entrain-dev/entrain/internal/state"
)

func equal(t *testing.T, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func TestInitialCycle(t *testing.T) {
	w := newWorld(t)
	w.hire("ada", "jobTitle", "Head", "department", "Support", "businessPhones", []string{"030 1234567"}, "mobilePhone", "+49 170 1234567", "employeeId", "1007")
	w.hire("bob")
	w.hire("cleo", "accountEnabled", false)
	w.add("dan")
	w.add("eve")
	w.manager("bob", "ada")
	w.group("Sales", "bob", "eve")
	w.sourceGroup("Nowhere", "ada")

	c := w.cycle()
	equal(t, "people in the target", []string{"ada active", "bob active", "eve active"}, w.states())
	ada, bob := w.account("ada"), w.account("bob")
	equal(t, "Ada", []string{"ada@contoso.com", "Ada", "Head", "Support", "1007"},
		[]string{ada.UserName, ada.DisplayName, ada.Title, ada.Department, ada.EmployeeNumber})
	phones := map[string]string{}
	for _, p := range ada.Phones {
		phones[p.Type] = p.Number
	}
	equal(t, "Ada's phones", map[string]string{"work": "+49301234567", "mobile": "+491701234567"}, phones)
	equal(t, "Bob's manager", ada.ID, bob.ManagerID)
	equal(t, "Sales", []string{"bob", "eve"}, w.members("Sales"))
	if g, _ := w.genesys.GroupByName("Sales"); g.ExternalID != w.people["Sales"] {
		t.Errorf("external id of Sales = %q", g.ExternalID)
	}
	equal(t, "failures", []string{"Nowhere MethodNotAllowed"}, w.failures())
	r := c.Last
	if !r.Initial || r.Result != engine.EntryLevelErrors || r.Created != 3 || r.Failed != 1 {
		t.Errorf("report = %+v", r)
	}
	if n := slices.Index(w.sent(), "PATCH users"); n >= 0 {
		t.Errorf("somebody was patched although their manager could go with the create: %v", w.sent())
	}

	c = w.cycle()
	if c.Last.Initial || len(w.sent()) > 0 {
		t.Errorf("a cycle without changes sends %v (%+v)", w.sent(), c.Last)
	}
}

func TestPeopleWhoExistAreLinkedAndCompleted(t *testing.T) {
	w := newWorld(t)
	id := w.genesys.AddUser(genesyssim.User{UserName: "ADA@contoso.com", DisplayName: "Ada", Title: "Old", WorkEmail: "ada@contoso.com"})
	w.genesys.AddUser(genesyssim.User{UserName: "stranger@contoso.com", DisplayName: "Stranger"})
	w.hire("ada", "jobTitle", "New")
	w.cycle()
	if ada := w.account("ada"); ada.ID != id || ada.Title != "New" {
		t.Errorf("Ada = %+v", ada)
	}
	equal(t, "requests", []string{"PATCH users"}, w.sent())
	equal(t, "everybody", []string{"ADA active", "stranger active"}, w.states())
}

// TestEvents is the table of reference 1.3: what happens to somebody who is provisioned, and what is sent for it.
func TestEvents(t *testing.T) {
	for name, tc := range map[string]struct {
		event     func(*world)
		wantState string
		wantSent  []string
		// then is a second event, after the cycle of the first.
		then          func(*world)
		wantThenState string
		wantThenSent  []string
	}{
		"renamed": {event: func(w *world) { w.change("ada", "displayName", "Ada L.") }, wantState: "active", wantSent: []string{"PATCH users"}},
		"blocked and unblocked": {
			event: func(w *world) { w.change("ada", "accountEnabled", false) }, wantState: "inactive", wantSent: []string{"PATCH users"},
			then: func(w *world) { w.change("ada", "accountEnabled", true) }, wantThenState: "active", wantThenSent: []string{"PATCH users"},
		},
		"unassigned, and deleted when nobody manages her any more": {
			event: func(w *world) { unassign(w, "ada") }, wantState: "inactive", wantSent: []string{"PATCH users"},
			then: func(w *world) { purge(w, "ada") }, wantThenState: "inactive",
		},
		"unassigned and assigned again": {
			event: func(w *world) { unassign(w, "ada") }, wantState: "inactive", wantSent: []string{"PATCH users"},
			then: func(w *world) { _, err := w.tenant.Assign(appID, w.people["ada"], ""); must(w.t, err) }, wantThenState: "active", wantThenSent: []string{"PATCH users"},
		},
		"soft-deleted and restored": {
			event: func(w *world) { must(w.t, w.tenant.SoftDelete(w.people["ada"])) }, wantState: "inactive", wantSent: []string{"PATCH users"},
			then: func(w *world) { must(w.t, w.tenant.Restore(w.people["ada"])) }, wantThenState: "active", wantThenSent: []string{"PATCH users"},
		},
		"soft-deleted and hard-deleted": {
			event: func(w *world) { must(w.t, w.tenant.SoftDelete(w.people["ada"])) }, wantState: "inactive", wantSent: []string{"PATCH users"},
			then: func(w *world) { must(w.t, w.tenant.Purge(w.people["ada"])) }, wantThenState: "deleted", wantThenSent: []string{"DELETE users"},
		},
		"purged at once":          {event: func(w *world) { purge(w, "ada") }, wantState: "deleted", wantSent: []string{"DELETE users"}},
		"an attribute is cleared": {event: func(w *world) { w.change("ada", "jobTitle", nil) }, wantState: "active"},
		"a new manager, who arrives later": {
			event: func(w *world) { w.add("boss"); w.manager("ada", "boss") }, wantState: "active",
			then: func(w *world) { _, err := w.tenant.Assign(appID, w.people["boss"], ""); must(w.t, err) }, wantThenState: "active", wantThenSent: []string{"POST users", "PATCH users"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.hire("ada", "jobTitle", "Head")
			w.cycle()
			id := w.account("ada").ID
			check := func(when, wantState string, wantSent []string) {
				t.Helper()
				w.cycle()
				ada, _ := w.genesys.User(id)
				equal(t, when+": state", wantState, string(ada.State))
				equal(t, when+": requests", wantSent, w.sent())
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

func unassign(w *world, name string) {
	w.t.Helper()
	_, err := w.tenant.Unassign(appID, w.people[name], "*")
	must(w.t, err)
	// One assignment must be left, or the read would be doubted.
	if _, ok := w.people["keeper"]; !ok {
		w.add("keeper", "accountEnabled", false)
		_, err := w.tenant.Assign(appID, w.people["keeper"], "")
		must(w.t, err)
	}
}

func purge(w *world, name string) {
	w.t.Helper()
	must(w.t, w.tenant.SoftDelete(w.people[name]))
	must(w.t, w.tenant.Purge(w.people[name]))
}

func TestMembershipsFollow(t *testing.T) {
	w := newWorld(t)
	for _, n := range []string{"ada", "bob", "cleo"} {
		w.hire(n)
	}
	g := w.group("Sales", "ada", "bob")
	w.cycle()
	by := w.genesys.AddUser(genesyssim.User{UserName: "byhand@contoso.com", DisplayName: "By hand"})
	sales, _ := w.genesys.GroupByName("Sales")
	w.genesys.EditGroup(sales.ID, []string{by}, nil)

	must(t, w.tenant.RemoveMembers(g, w.people["ada"]))
	must(t, w.tenant.AddMembers(g, w.people["cleo"]))
	w.cycle()
	equal(t, "members", []string{"bob", "byhand", "cleo"}, w.members("Sales"))

	// A disabled member stays a member.
	must(t, w.tenant.SoftDelete(w.people["bob"]))
	w.cycle()
	equal(t, "members", []string{"bob", "byhand", "cleo"}, w.members("Sales"))
	equal(t, "Bob", "inactive", string(w.account("bob").State))
}

func TestAGroupBringsItsDirectMembersIntoScope(t *testing.T) {
	w := newWorld(t)
	w.add("ada")
	w.add("bob")
	g := w.group("Sales", "ada")
	inner, err := w.tenant.AddGroup(map[string]any{"displayName": "Inner", "securityEnabled": true, "mailEnabled": false, "mailNickname": "inner"})
	must(t, err)
	w.people["Inner"] = inner
	must(t, w.tenant.AddMembers(inner, w.people["bob"]))
	must(t, w.tenant.AddMembers(g, inner))
	w.hire("keeper")
	w.cycle()
	equal(t, "people", []string{"ada active", "keeper active"}, w.states())
	equal(t, "failures: the nested group is not in scope", []string(nil), w.failures())

	must(t, w.tenant.RemoveMembers(g, w.people["ada"]))
	w.cycle()
	equal(t, "people", []string{"ada inactive", "keeper active"}, w.states())
}

func TestAValueThatTheTargetCannotTakeIsLeftOut(t *testing.T) {
	w := newWorld(t)
	w.hire("ada", "businessPhones", []string{"ask the front desk"})
	c := w.cycle()
	equal(t, "people", []string{"ada active"}, w.states())
	equal(t, "phones", 0, len(w.account("ada").Phones))
	entries, err := w.store.Log(t.Context(), w.plan.ID, state.LogQuery{})
	must(t, err)
	if len(entries) != 1 || entries[0].Status != "warning" || c.Last.Result != engine.Succeeded {
		t.Errorf("log = %+v, result %s", entries, c.Last.Result)
	}
}

func TestTheGuardHoldsRemovalsAndLetsTheRestGoOn(t *testing.T) {
	w := newWorld(t, func(p *engine.Plan) { p.Guard.Threshold = 1 })
	for _, n := range []string{"ada", "bob", "cleo"} {
		w.hire(n)
	}
	w.cycle()
	unassign(w, "ada")
	unassign(w, "bob")
	w.hire("dan")
	c := w.cycle()
	equal(t, "people", []string{"ada active", "bob active", "cleo active", "dan active"}, w.states())
	if c.Held == nil || c.Held.Users != 2 || c.Quarantine == nil || c.Quarantine.Reason != engine.ReasonTooManyDeletes {
		t.Fatalf("held = %+v, quarantine = %+v", c.Held, c.Quarantine)
	}
	held := c.Held.ID

	// Another set has another id: the release of the old one is void.
	unassign(w, "cleo")
	c, err := w.try(engine.Request{AllowDeletes: held})
	must(t, err)
	equal(t, "people", []string{"ada active", "bob active", "cleo active", "dan active"}, w.states())
	c, err = w.try(engine.Request{AllowDeletes: c.Held.ID})
	must(t, err)
	equal(t, "people", []string{"ada inactive", "bob inactive", "cleo inactive", "dan active"}, w.states())
	if c.Held != nil || c.Quarantine != nil {
		t.Errorf("held = %+v, quarantine = %+v", c.Held, c.Quarantine)
	}
}

func TestUndoingTheCauseLiftsTheHold(t *testing.T) {
	w := newWorld(t, func(p *engine.Plan) { p.Guard.Threshold = 1 })
	w.hire("ada")
	w.hire("bob")
	w.cycle()
	unassign(w, "ada")
	unassign(w, "bob")
	w.cycle()
	for _, n := range []string{"ada", "bob"} {
		_, err := w.tenant.Assign(appID, w.people[n], "")
		must(t, err)
	}
	c := w.cycle()
	if c.Held != nil || c.Quarantine != nil || len(w.sent()) > 0 {
		t.Errorf("held = %+v, quarantine = %+v, sent %v", c.Held, c.Quarantine, w.sent())
	}
	equal(t, "people", []string{"ada active", "bob active"}, w.states())
}

func TestARefusedTokenQuarantinesAtOnceAndASuccessLiftsIt(t *testing.T) {
	w := newWorld(t)
	w.hire("ada")
	w.genesys.RevokeToken(token)
	c, err := w.try(engine.Request{})
	if !fault.Is(err, fault.Unauthorized) || engine.SideOf(err) != "target" {
		t.Errorf("error = %v", err)
	}
	if c.Quarantine == nil || c.Quarantine.Reason != engine.ReasonException || c.Quarantine.NextAttempt.Sub(w.clock.Now()) != 6*time.Hour {
		t.Errorf("quarantine = %+v", c.Quarantine)
	}
	w.genesys.IssueToken(genesyssim.TokenSpec{Value: token})
	if c = w.cycle(); c.Quarantine != nil {
		t.Errorf("quarantine = %+v", c.Quarantine)
	}
	equal(t, "people", []string{"ada active"}, w.states())
}

func TestADryRunWritesNothingAndSaysWhatItWould(t *testing.T) {
	w := newWorld(t, func(p *engine.Plan) { p.DryRun = true })
	w.hire("ada", "jobTitle", "Head")
	c := w.cycle()
	if len(w.sent()) > 0 || !c.Last.DryRun || c.Last.Created != 1 {
		t.Errorf("sent %v, report %+v", w.sent(), c.Last)
	}
	entries, err := w.store.Log(t.Context(), w.plan.ID, state.LogQuery{})
	must(t, err)
	if len(entries) != 1 || entries[0].Action != "create" || entries[0].Code != "DryRun" {
		t.Errorf("log = %+v", entries)
	}
	w.plan = w.newPlan()
	w.cycle()
	equal(t, "people", []string{"ada active"}, w.states())
}

func TestAnInterruptedCycleGoesOnWhereItStopped(t *testing.T) {
	w := newWorld(t)
	for _, n := range strings.Fields("ada bob cleo dan eve fay gus hal ida jon kay leo") {
		w.hire(n)
	}
	w.engine.Workers = 1
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	w.clock.Advance(time.Hour)
	_, err := w.engine.Run(ctx, w.plan, engine.Request{Observe: func(p engine.Progress) {
		if p.Phase == engine.PhaseUsers && p.Report.Created == 5 {
			cancel()
		}
	}})
	if !fault.Is(err, fault.Canceled) {
		t.Fatalf("error = %v", err)
	}
	before := len(w.states())
	if before < 5 || before == 12 {
		t.Fatalf("%d people were created before the interruption", before)
	}
	must(t, w.store.Close())
	w.open()
	w.engine.Store = w.store
	c := w.cycle()
	equal(t, "people", 12, len(w.states()))
	if !c.Last.Initial {
		t.Error("the resumed cycle is another one")
	}
	if w.cycle(); len(w.sent()) > 0 {
		t.Errorf("an extra cycle sends %v", w.sent())
	}
	equal(t, "failures", []string(nil), w.failures())
}

func TestAChangedPlanLooksAtEverybodyAgainAndSendsNothingForNothing(t *testing.T) {
	w := newWorld(t)
	w.hire("ada")
	w.hire("bob")
	w.cycle()
	w.plan.Fingerprint = "2"
	c := w.cycle()
	if !c.Last.Initial || len(w.sent()) > 0 {
		t.Errorf("report %+v, sent %v", c.Last, w.sent())
	}
}

func TestAnAccountThatSomebodyDeletedInTheTargetIsMadeAgain(t *testing.T) {
	w := newWorld(t)
	w.hire("ada")
	w.cycle()
	must(t, w.genesys.EditUser(w.account("ada").ID, map[string]any{"state": "deleted"}))
	w.change("ada", "jobTitle", "Head")
	w.cycle()
	ada := w.account("ada")
	if ada.State != genesyssim.Active || ada.Title != "Head" {
		t.Errorf("Ada = %+v", ada)
	}
	equal(t, "failures", []string(nil), w.failures())
}

func TestAManagerWhoIsWaitedForInVainIsForgotten(t *testing.T) {
	w := newWorld(t)
	w.hire("ada")
	w.add("boss")
	w.manager("ada", "boss")
	w.cycle()
	must(t, w.tenant.ClearManager(w.people["ada"]))
	w.cycle()
	_, err := w.tenant.Assign(appID, w.people["boss"], "")
	must(t, err)
	w.cycle()
	equal(t, "requests", []string{"POST users"}, w.sent())
	equal(t, "Ada's manager", "", w.account("ada").ManagerID)
}
