package engine_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/engine"
	"github.com/entrain-dev/entrain/internal/fault"
	"github.com/entrain-dev/entrain/internal/simulator/genesyssim"
	"github.com/entrain-dev/entrain/internal/simulator/graphsim"
	"github.com/entrain-dev/entrain/internal/state"
)

func TestOnDemandProvisionsAGroupWithSomeMembers(t *testing.T) {
	w := newWorld(t)
	for _, name := range []string{"ada", "bob", "cleo", "dan"} {
		w.add(name)
	}
	w.group("Sales", "ada", "bob", "cleo")
	w.cycle()
	equal(t, "members", []string{"ada", "bob", "cleo"}, w.members("Sales"))

	sales := w.people["Sales"]
	must(t, w.tenant.RemoveMembers(sales, w.people["bob"]))
	must(t, w.tenant.AddMembers(sales, w.people["dan"]))
	w.demand(w.user("dan"))
	out := w.demand(engine.Subject{GroupID: sales, Members: []string{w.people["ada"], w.people["bob"], w.people["dan"]}})
	equal(t, "result", []string{"Success", "Update"}, []string{out.Result, out.Action})
	equal(t, "members", []string{"ada", "cleo", "dan"}, w.members("Sales"))
	equal(t, "requests", []string{"PATCH groups"}, w.sent())
	equal(t, "details", map[string]string{
		"members " + w.people["ada"]: "equal", "members " + w.people["bob"]: "removed", "members " + w.people["dan"]: "added",
	}, details(out, engine.StepPerformAction))
	w.cycle()
	if slices.Contains(w.sent(), "PATCH groups") {
		t.Errorf("the cycle afterwards sends %v", w.sent())
	}

	out = w.demand(engine.Subject{GroupID: sales, Members: []string{"1", "2", "3", "4", "5", "6"}})
	equal(t, "six members", []string{"TestConnection Failure UnprocessableEntity"}, outline(out))
}

func TestOnDemandLeavesAnInterruptedCycleAsItWas(t *testing.T) {
	w := newWorld(t)
	for i := range 30 {
		w.hire(fmt.Sprintf("p%02d", i))
	}
	w.hire("ada")
	stop := make(chan struct{})
	stopped := false
	_, err := w.try(engine.Request{Stop: stop, Observe: func(p engine.Progress) {
		if p.Phase == engine.PhaseUsers && p.Report.Created > 3 && !stopped {
			stopped = true
			close(stop)
		}
	}})
	if !fault.Is(err, fault.Canceled) || !stopped {
		t.Fatalf("the cycle ended with %v", err)
	}
	before, err := w.store.Load(t.Context(), w.plan.ID)
	must(t, err)
	out := w.demand(w.user("ada"))
	if out.Result == engine.OnDemandFailure {
		t.Fatalf("on demand: %+v", out.Steps)
	}
	after, err := w.store.Load(t.Context(), w.plan.ID)
	must(t, err)
	equal(t, "cycle in progress", before.Cycle, after.Cycle)
	c := w.cycle()
	if c.Last.ID != before.Cycle.ID || !c.Last.Initial || len(w.states()) != 31 {
		t.Errorf("resumed cycle = %+v with %d accounts", c.Last, len(w.states()))
	}
	if w.cycle(); len(w.sent()) > 0 {
		t.Errorf("an extra cycle sends %v", w.sent())
	}
}

func TestOnDemandDoesNotBelieveASuddenlyEmptyListOfAssignments(t *testing.T) {
	w := newWorld(t)
	w.hire("ada")
	w.cycle()
	_, err := w.tenant.Unassign(appID, w.people["ada"], "*")
	must(t, err)
	out := w.demand(w.user("ada"))
	equal(t, "action", "None", out.Action)
	equal(t, "people", []string{"ada active"}, w.states())
	if text := out.Steps[1].Description; !strings.Contains(text, "suddenly empty") {
		t.Errorf("import says %q", text)
	}
}

// patchesReferences is a target that takes no reference with a create.
type patchesReferences struct{ engine.Target }

func (t patchesReferences) Capabilities() directory.Capabilities {
	c := t.Target.Capabilities()
	c.ReferencesInCreate = false
	return c
}

func TestOnDemandSendsTheManager(t *testing.T) {
	for name, tc := range map[string]struct {
		change   func(*engine.Plan)
		wantSent []string
	}{
		"with the create": {nil, []string{"POST users"}},
		"after it":        {func(p *engine.Plan) { p.Target = patchesReferences{p.Target} }, []string{"POST users", "PATCH users"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.hire("ada")
			w.hire("bob")
			w.manager("bob", "ada")
			if tc.change != nil {
				tc.change(w.plan)
			}
			w.demand(w.user("ada"))
			out := w.demand(w.user("bob"))
			equal(t, "requests", tc.wantSent, w.sent())
			equal(t, "result", []string{engine.OnDemandSuccess, engine.OnDemandCreate}, []string{out.Result, out.Action})
			equal(t, "Bob's manager", w.account("ada").ID, w.account("bob").ManagerID)
			if w.cycle(); len(w.sent()) > 0 {
				t.Errorf("the cycle afterwards sends %v", w.sent())
			}
		})
	}
}

func TestOnDemandLetsAManagerWhoIsNotThereWait(t *testing.T) {
	w := newWorld(t)
	w.hire("ada")
	w.hire("bob")
	w.manager("bob", "ada")
	w.demand(w.user("bob"))
	equal(t, "Bob's manager before she is there", "", w.account("bob").ManagerID)
	w.demand(w.user("ada"))
	out := w.demand(w.user("bob"))
	equal(t, "action", engine.OnDemandUpdate, out.Action)
	equal(t, "Bob's manager", w.account("ada").ID, w.account("bob").ManagerID)
}

func TestOnDemandLeavesAHeldRemovalHeld(t *testing.T) {
	w := newWorld(t, func(p *engine.Plan) { p.Guard.Threshold = 1 })
	for _, name := range []string{"ada", "bob", "cleo"} {
		w.hire(name)
	}
	w.cycle()
	unassign(w, "ada")
	unassign(w, "bob")
	held := w.cycle().Held
	if held == nil || held.Users != 2 {
		t.Fatalf("held = %+v", held)
	}
	out := w.demand(w.user("ada"))
	equal(t, "last step", "PerformAction Skipped StagedDelete", outline(out)[4])
	equal(t, "people", []string{"ada active", "bob active", "cleo active"}, w.states())
	if again := w.cycle().Held; again == nil || again.ID != held.ID {
		t.Errorf("held afterwards = %+v, want the same set %s", again, held.ID)
	}
}

func TestOnDemandLogsAFailureWithItsSteps(t *testing.T) {
	w := newWorld(t)
	w.hire("ada")
	w.genesys.SetFault(genesyssim.Fault{Method: http.MethodPost, Effect: genesyssim.EffectStatus, Status: http.StatusBadRequest, Times: -1})
	out := w.demand(w.user("ada"))
	equal(t, "steps", []string{"Match Success", "PerformAction Failure bad.request"}, outline(out)[3:])
	if text := out.Steps[3].Description; !strings.HasPrefix(text, "No resource matches by ") {
		t.Errorf("match says %q", text)
	}
	entries, err := w.store.Log(t.Context(), w.plan.ID, state.LogQuery{})
	must(t, err)
	if len(entries) != 1 || entries[0].Status != "failure" || len(entries[0].Steps) < 2 {
		t.Errorf("log = %+v", entries)
	}
}

func TestOnDemandFailsWhenTheSourceCannotBeRead(t *testing.T) {
	w := newWorld(t)
	w.hire("ada")
	w.cycle()
	_, err := w.graph.AddFault(graphsim.Fault{Path: "appRoleAssignedTo", Status: http.StatusForbidden, Code: "Authorization_RequestDenied", Count: -1})
	must(t, err)
	out := w.demand(w.user("ada"))
	equal(t, "result", engine.OnDemandFailure, out.Result)
	equal(t, "people", []string{"ada active"}, w.states())
	if len(w.sent()) > 0 {
		t.Errorf("sent %v", w.sent())
	}
}
