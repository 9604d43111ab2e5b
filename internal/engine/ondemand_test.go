package engine_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/engine"
	"github.com/entrain-dev/entrain/internal/mapping"
	"github.com/entrain-dev/entrain/internal/scim/profile"
	"github.com/entrain-dev/entrain/internal/scope"
	"github.com/entrain-dev/entrain/internal/simulator/genesyssim"
	"github.com/entrain-dev/entrain/internal/simulator/graphsim/tenant"
	"github.com/entrain-dev/entrain/internal/state"
)

// demand provisions somebody on demand, an hour after whatever was before.
func (w *world) demand(s engine.Subject) engine.OnDemand {
	w.t.Helper()
	w.clock.Advance(time.Hour)
	w.genesys.ResetJournal()
	ctx, cancel := context.WithTimeout(w.t.Context(), time.Minute)
	defer cancel()
	out, err := w.engine.OnDemand(ctx, w.plan, s)
	must(w.t, err)
	return out
}

func (w *world) user(name string) engine.Subject { return engine.Subject{UserID: w.people[name]} }

// outline lists the steps as "name result code".
func outline(o engine.OnDemand) []string {
	var out []string
	for _, s := range o.Steps {
		out = append(out, strings.TrimSpace(s.Name+" "+s.Result+" "+s.Code))
	}
	return out
}

func details(o engine.OnDemand, step string) map[string]string {
	for _, s := range o.Steps {
		if s.Name == step {
			return s.Details
		}
	}
	return nil
}

// lastLog returns the newest entry of the provisioning log as "action status code".
func (w *world) lastLog() string {
	w.t.Helper()
	entries, err := w.store.Log(w.t.Context(), w.plan.ID, state.LogQuery{Limit: 1})
	must(w.t, err)
	if len(entries) == 0 {
		return ""
	}
	return strings.TrimSpace(entries[0].Action + " " + entries[0].Status + " " + entries[0].Code)
}

func only(people ...string) []string { return people }

// TestOnDemand: what happens to ada, and what is sent for it, in each situation.
func TestOnDemand(t *testing.T) {
	all := func(last ...string) []string {
		return append([]string{"TestConnection Success", "Import Success", "DetermineScope Success"}, last...)
	}
	for name, tc := range map[string]struct {
		plan func(*engine.Plan)
		// provisioned: a cycle has brought everybody into the target before the change.
		provisioned bool
		before      func(*world)
		change      func(*world)
		subject     func(*world) engine.Subject
		wantSteps   []string
		wantAction  string
		wantSent    []string
		wantStates  []string
		wantLog     string
	}{
		"somebody new, before any cycle": {
			wantSteps: all("Match Success", "PerformAction Success"), wantAction: "Create", wantSent: only("POST users"),
			wantStates: only("ada active"), wantLog: "create success",
		},
		"by user principal name": {
			subject:   func(*world) engine.Subject { return engine.Subject{UserPrincipalName: "ADA@contoso.com"} },
			wantSteps: all("Match Success", "PerformAction Success"), wantAction: "Create", wantSent: only("POST users"),
			wantStates: only("ada active"), wantLog: "create success",
		},
		"an account that exists is taken over": {
			before: func(w *world) {
				w.genesys.AddUser(genesyssim.User{UserName: "ada@contoso.com", DisplayName: "Old", WorkEmail: "ada@contoso.com"})
			},
			wantSteps: all("Match Success", "PerformAction Success"), wantAction: "Update", wantSent: only("PATCH users"),
			wantStates: only("ada active"), wantLog: "update success",
		},
		"an attribute changed": {
			provisioned: true, change: func(w *world) { w.change("ada", "displayName", "Ada L.") },
			wantSteps: all("Match Success", "PerformAction Success"), wantAction: "Update", wantSent: only("PATCH users"),
			wantStates: only("ada active", "bob active"), wantLog: "update success",
		},
		"nothing changed": {
			provisioned: true,
			wantSteps:   all("Match Success", "PerformAction Skipped RedundantExport"), wantAction: "None",
			wantStates: only("ada active", "bob active"), wantLog: "other skipped RedundantExport",
		},
		"not assigned": {
			before:     func(w *world) { unassign(w, "ada") },
			wantSteps:  []string{"TestConnection Success", "Import Success", "DetermineScope Skipped NotEffectivelyEntitled", "Match Skipped", "PerformAction Skipped NotEffectivelyEntitled"},
			wantAction: "None", wantLog: "other skipped NotEffectivelyEntitled",
		},
		"no longer assigned": {
			provisioned: true, change: func(w *world) { unassign(w, "ada") },
			wantSteps:  []string{"TestConnection Success", "Import Success", "DetermineScope Skipped NotEffectivelyEntitled", "Match Success", "PerformAction Success"},
			wantAction: "Disable", wantSent: only("PATCH users"), wantStates: only("ada inactive", "bob active"), wantLog: "disable success",
		},
		"blocked": {
			provisioned: true, change: func(w *world) { w.change("ada", "accountEnabled", false) },
			wantSteps:  []string{"TestConnection Success", "Import Success", "DetermineScope Skipped NotEffectivelyEntitled", "Match Success", "PerformAction Success"},
			wantAction: "Disable", wantSent: only("PATCH users"), wantStates: only("ada inactive", "bob active"), wantLog: "disable success",
		},
		"in the recycle bin": {
			provisioned: true, change: func(w *world) { must(w.t, w.tenant.SoftDelete(w.people["ada"])) },
			wantSteps:  []string{"TestConnection Success", "Import Success", "DetermineScope Skipped NotEffectivelyEntitled", "Match Success", "PerformAction Success"},
			wantAction: "Disable", wantSent: only("PATCH users"), wantStates: only("ada inactive", "bob active"), wantLog: "disable success",
		},
		"through a group, before any cycle": {
			before:    func(w *world) { unassign(w, "ada"); w.group("Sales", "ada") },
			wantSteps: all("Match Success", "PerformAction Success"), wantAction: "Create", wantSent: only("POST users"),
			wantStates: only("ada active"), wantLog: "create success",
		},
		"out of the group that brought her in": {
			before: func(w *world) { unassign(w, "ada"); w.group("Sales", "ada") }, provisioned: true,
			change:     func(w *world) { must(w.t, w.tenant.RemoveMembers(w.people["Sales"], w.people["ada"])) },
			wantSteps:  []string{"TestConnection Success", "Import Success", "DetermineScope Skipped NotEffectivelyEntitled", "Match Success", "PerformAction Success"},
			wantAction: "Disable", wantSent: only("PATCH users"), wantStates: only("ada inactive", "bob active"), wantLog: "disable success",
		},
		"not wanted by the filter": {
			plan: func(p *engine.Plan) {
				set, problems := scope.Compile(directory.User, []scope.Filter{{Title: "Sales", Clauses: []scope.Clause{{Attribute: "department", Operator: scope.Equals, Value: "Sales"}}}})
				if problems.Err() != nil {
					panic(problems)
				}
				p.Users.Scope = set
			},
			wantSteps:  []string{"TestConnection Success", "Import Success", "DetermineScope Skipped NotInScope", "Match Skipped", "PerformAction Skipped NotInScope"},
			wantAction: "None", wantLog: "other skipped NotInScope",
		},
		"the resource is gone": {
			provisioned: true, change: func(w *world) { must(w.t, w.genesys.EditUser(w.account("ada").ID, map[string]any{"state": "deleted"})) },
			wantSteps: all("Match Success", "PerformAction Success"), wantAction: "Create", wantSent: only("POST users"),
			wantStates: only("ada active", "bob active"), wantLog: "create success",
		},
		"somebody changed the resource": {
			provisioned: true, change: func(w *world) {
				must(w.t, w.genesys.EditUser(w.account("ada").ID, map[string]any{"displayName": "Changed by hand"}))
			},
			wantSteps: all("Match Success", "PerformAction Success"), wantAction: "Update", wantSent: only("PATCH users"),
			wantStates: only("ada active", "bob active"), wantLog: "update success",
		},
		"the deletion threshold is zero": {
			plan: func(p *engine.Plan) { p.Guard.Threshold = 0 }, provisioned: true, change: func(w *world) { unassign(w, "ada") },
			wantSteps:  []string{"TestConnection Success", "Import Success", "DetermineScope Skipped NotEffectivelyEntitled", "Match Success", "PerformAction Skipped StagedDelete"},
			wantAction: "None", wantStates: only("ada active", "bob active"), wantLog: "other skipped StagedDelete",
		},
		"nobody of that name": {
			subject:   func(*world) engine.Subject { return engine.Subject{UserPrincipalName: "nobody@contoso.com"} },
			wantSteps: []string{"TestConnection Success", "Import Failure Request_ResourceNotFound"}, wantAction: "None",
		},
		"dry run": {
			plan:       func(p *engine.Plan) { p.DryRun = true },
			wantSteps:  all("Match Success", "PerformAction Skipped DryRun"),
			wantAction: "Create", wantLog: "create skipped DryRun",
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.hire("ada")
			if tc.plan != nil {
				tc.plan(w.plan)
			}
			if tc.before != nil {
				tc.before(w)
			}
			if tc.provisioned {
				w.hire("bob")
				w.cycle()
			}
			if tc.change != nil {
				tc.change(w)
			}
			subject := w.user("ada")
			if tc.subject != nil {
				subject = tc.subject(w)
			}
			out := w.demand(subject)
			equal(t, "steps", tc.wantSteps, outline(out))
			equal(t, "action", tc.wantAction, out.Action)
			equal(t, "requests", tc.wantSent, w.sent())
			equal(t, "people in the target", tc.wantStates, w.states())
			equal(t, "log", tc.wantLog, w.lastLog())
			if w.plan.DryRun || tc.wantLog == "" {
				return
			}
			held := strings.Contains(tc.wantLog, "Staged")
			if w.cycle(); !held && slices.ContainsFunc(w.sent(), func(s string) bool { return strings.HasSuffix(s, "users") && tc.provisioned }) {
				t.Errorf("the cycle afterwards sends %v", w.sent())
			}
			equal(t, "people after a cycle", tc.wantStates, w.states())
		})
	}
}

func TestOnDemandShowsWhatEachStepSaw(t *testing.T) {
	w := newWorld(t)
	w.add("ada", "department", "Support")
	roleID, err := w.tenant.AddRole(appID, tenant.AppRole{DisplayName: "Administrator", IsEnabled: true})
	must(t, err)
	_, err = w.tenant.Assign(appID, w.people["ada"], roleID)
	must(t, err)
	filters := []scope.Filter{
		{Title: "Sales", Clauses: []scope.Clause{{Attribute: "department", Operator: scope.Equals, Value: "Sales"}}},
		{Title: "Support", Clauses: []scope.Clause{{Attribute: "department", Operator: scope.Equals, Value: "Support"}}},
	}
	set, problems := scope.Compile(directory.User, filters)
	must(t, problems.Err())
	w.plan.Users.Scope = set

	out := w.demand(w.user("ada"))
	imported := details(out, engine.StepImport)
	equal(t, "name and department", []string{"ada@contoso.com", "Support", "False"},
		[]string{imported["userPrincipalName"], imported["department"], imported["IsSoftDeleted"]})
	if !strings.Contains(imported["appRoleAssignments"], "Administrator") {
		t.Errorf("roles = %q", imported["appRoleAssignments"])
	}
	equal(t, "scope", map[string]string{
		"Active in source system": "True", "Assigned to application": "True", "Scope sync all": "False", "User has required role": "True",
		"Sales department EQUALS Sales": "False", "Support department EQUALS Support": "True",
	}, details(out, engine.StepDetermineScope))
	equal(t, "display name that was sent", "Ada", details(out, engine.StepPerformAction)["displayName"])
	if !slices.Contains(out.Properties, state.LogProperty{Name: "userName", New: "ada@contoso.com"}) {
		t.Errorf("modified properties = %+v", out.Properties)
	}
	if string(out.Source) != w.people["ada"] || string(out.Target) != w.account("ada").ID {
		t.Errorf("ids = %s, %s", out.Source, out.Target)
	}

	w.change("ada", "displayName", "Ada L.")
	out = w.demand(w.user("ada"))
	equal(t, "the resource that was matched", "Ada", details(out, engine.StepMatch)["displayName"])
	equal(t, "what was sent", []state.LogProperty{{Name: "displayName", Old: "Ada", New: "Ada L."}}, out.Properties)
}

func TestOnDemandHonoursRedact(t *testing.T) {
	w := newWorld(t)
	w.hire("ada", "employeeId", "zulu-one", "department", "Support")
	prof, err := profile.Lookup(profile.GenesysCloud, profile.Options{})
	must(t, err)
	m, problems := mapping.Compile(mapping.Spec{Kind: directory.User, Create: true, Update: true, Delete: true, Rows: []mapping.Row{
		{Target: "userName", Source: "userPrincipalName", MatchingPrecedence: 1}, {Target: "displayName", Source: "displayName"},
		{Target: "active", Expression: `Not([IsSoftDeleted])`}, {Target: `emails[type eq "work"].value`, Source: "mail"},
		{Target: "title", Expression: `Redact(Append("no ", [employeeId]))`}, {Target: "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department", Source: "department"},
	}}, prof.Capabilities.Schema, mapping.Options{})
	must(t, problems.Err())
	w.plan.Users.Mapping = m
	first := w.demand(w.user("ada"))
	w.change("ada", "employeeId", "zulu-two")
	for _, out := range []engine.OnDemand{first, w.demand(w.user("ada"))} {
		equal(t, "result", engine.OnDemandSuccess, out.Result)
		if text := fmt.Sprintf("%+v", out); strings.Contains(text, "zulu") || !strings.Contains(text, "[Redact]") || !strings.Contains(text, "Support") {
			t.Errorf("shown: %s", text)
		}
	}
	equal(t, "the title in the target", "no zulu-two", w.account("ada").Title)
	entries, err := w.store.Log(t.Context(), w.plan.ID, state.LogQuery{})
	must(t, err)
	if text := fmt.Sprintf("%+v", entries); strings.Contains(text, "zulu") {
		t.Errorf("log: %s", text)
	}
}

func TestOnDemandTriesAFailingPersonAtOnce(t *testing.T) {
	w := newWorld(t)
	w.hire("ada")
	w.genesys.SetFault(genesyssim.Fault{Method: http.MethodPost, Effect: genesyssim.EffectStatus, Status: http.StatusBadRequest, Times: -1})
	if _, err := w.try(engine.Request{}); err != nil {
		t.Fatal(err)
	}
	equal(t, "failures", []string{"ada bad.request"}, w.failures())
	out := w.demand(w.user("ada"))
	equal(t, "steps", []string{"Match Success", "PerformAction Failure bad.request"}, outline(out)[3:])
	equal(t, "result", engine.OnDemandFailure, out.Result)
	equal(t, "failures", []string{"ada bad.request"}, w.failures())
	w.genesys.ResetFaults()
	out = w.demand(w.user("ada"))
	equal(t, "action", "Create", out.Action)
	equal(t, "failures", []string(nil), w.failures())
}

func TestOnDemandSaysWhichConnectionFails(t *testing.T) {
	w := newWorld(t)
	w.hire("ada")
	w.genesys.RevokeToken(token)
	out := w.demand(w.user("ada"))
	equal(t, "steps", 1, len(out.Steps))
	equal(t, "result", engine.OnDemandFailure, out.Result)
	equal(t, "details", map[string]string{"Source": "True", "Target": "False"}, details(out, engine.StepTestConnection))
	if last := out.Steps[0]; last.Description == "" || last.Code == "" {
		t.Errorf("step = %+v", last)
	}
}
