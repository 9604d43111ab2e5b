package engine_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/engine"
	"github.com/entrain-dev/entrain/internal/simulator/genesyssim"
	"github.com/entrain-dev/entrain/internal/simulator/graphsim"
	"github.com/entrain-dev/entrain/internal/simulator/graphsim/tenant"
)

func nested(p *engine.Plan) { p.Nested = true }

// inner adds a group that is not assigned, with members.
func (w *world) inner(name string, members ...string) string {
	w.t.Helper()
	id, err := w.tenant.AddGroup(map[string]any{"displayName": name, "securityEnabled": true, "mailEnabled": false, "mailNickname": strings.ToLower(name)})
	must(w.t, err)
	w.people[name] = id
	w.join(name, members...)
	return id
}

func (w *world) join(group string, members ...string) {
	w.t.Helper()
	for _, m := range members {
		must(w.t, w.tenant.AddMembers(w.people[group], w.people[m]))
	}
}

func (w *world) leave(group string, members ...string) {
	w.t.Helper()
	for _, m := range members {
		must(w.t, w.tenant.RemoveMembers(w.people[group], w.people[m]))
	}
}

// nestedWorld has ada in the assigned group Sales, bob in Team, which is in Sales, and cleo in Crew, which is in Team.
func nestedWorld(t *testing.T) *world {
	w := newWorld(t, nested)
	for _, n := range []string{"ada", "bob", "cleo", "dan"} {
		w.add(n)
	}
	w.inner("Crew", "cleo")
	w.inner("Team", "bob", "Crew")
	w.group("Sales", "ada", "Team")
	w.hire("keeper")
	return w
}

func TestPeopleInNestedGroups(t *testing.T) {
	everybody := only("ada active", "bob active", "cleo active", "keeper active")
	for name, tc := range map[string]struct {
		// change comes after a cycle that provisioned everybody; nil stays with that.
		change      func(w *world)
		wantStates  []string
		wantMembers []string
	}{
		"are in scope and members of the assigned group": {wantStates: everybody, wantMembers: only("ada", "bob", "cleo")},
		"somebody is hired into an inner group": {
			change: func(w *world) { w.join("Crew", "dan") }, wantStates: only("ada active", "bob active", "cleo active", "dan active", "keeper active"),
			wantMembers: only("ada", "bob", "cleo", "dan"),
		},
		"somebody leaves an inner group": {
			change: func(w *world) { w.leave("Crew", "cleo") }, wantStates: only("ada active", "bob active", "cleo inactive", "keeper active"), wantMembers: only("ada", "bob"),
		},
		"somebody is moved from one inner group to another": {
			change: func(w *world) { w.leave("Crew", "cleo"); w.join("Team", "cleo") }, wantStates: everybody, wantMembers: only("ada", "bob", "cleo"),
		},
		"a group is nested": {
			change:     func(w *world) { w.inner("New", "dan"); w.join("Crew", "New") },
			wantStates: only("ada active", "bob active", "cleo active", "dan active", "keeper active"), wantMembers: only("ada", "bob", "cleo", "dan"),
		},
		"a nesting ends": {
			change: func(w *world) { w.leave("Team", "Crew") }, wantStates: only("ada active", "bob active", "cleo inactive", "keeper active"), wantMembers: only("ada", "bob"),
		},
		"a nesting ends, and somebody is a member in another way": {
			change:     func(w *world) { w.join("Sales", "cleo"); w.leave("Team", "Crew") },
			wantStates: everybody, wantMembers: only("ada", "bob", "cleo"),
		},
		"an inner group is deleted": {
			change:     func(w *world) { must(w.t, w.tenant.DeleteGroup(w.people["Team"])) },
			wantStates: only("ada active", "bob inactive", "cleo inactive", "keeper active"), wantMembers: only("ada"),
		},
		"groups in a circle": {
			change:     func(w *world) { w.join("Crew", "Sales", "dan") },
			wantStates: only("ada active", "bob active", "cleo active", "dan active", "keeper active"), wantMembers: only("ada", "bob", "cleo", "dan"),
		},
		"a circle is cut": {
			change:     func(w *world) { w.join("Crew", "Sales"); w.cycle(); w.leave("Sales", "Team") },
			wantStates: only("ada active", "bob inactive", "cleo inactive", "keeper active"), wantMembers: only("ada"),
		},
		"an inner group need not be a security group": {
			change: func(w *world) {
				id, err := w.tenant.AddGroup(map[string]any{"displayName": "Mail", "securityEnabled": false, "mailEnabled": true, "mailNickname": "mail"})
				must(w.t, err)
				w.people["Mail"] = id
				w.join("Mail", "dan")
				w.join("Team", "Mail")
			},
			wantStates: only("ada active", "bob active", "cleo active", "dan active", "keeper active"), wantMembers: only("ada", "bob", "cleo", "dan"),
		},
		"the extension is switched off": {
			change:     func(w *world) { w.plan = w.newPlan(func(p *engine.Plan) { p.Fingerprint = "2" }) },
			wantStates: only("ada active", "bob inactive", "cleo inactive", "keeper active"), wantMembers: only("ada"),
		},
		"the extension is switched off and on": {
			change: func(w *world) {
				w.plan = w.newPlan(func(p *engine.Plan) { p.Fingerprint = "2" })
				w.cycle()
				w.plan = w.newPlan(nested)
			},
			wantStates: everybody, wantMembers: only("ada", "bob", "cleo"),
		},
		"everything is read again": {
			change:     func(w *world) { w.graph.ExpireTokens(graphsim.ExpiredObserved) },
			wantStates: everybody, wantMembers: only("ada", "bob", "cleo"),
		},
		"everything is read again and shows a nesting less": {
			change:     func(w *world) { w.leave("Team", "Crew"); w.graph.ExpireTokens(graphsim.ExpiredObserved) },
			wantStates: only("ada active", "bob active", "cleo inactive", "keeper active"), wantMembers: only("ada", "bob"),
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := nestedWorld(t)
			w.cycle()
			if tc.change != nil {
				tc.change(w)
				w.cycle()
			}
			equal(t, "people", tc.wantStates, w.states())
			equal(t, "members of Sales", tc.wantMembers, w.members("Sales"))
			equal(t, "failures: inner groups are not provisioned", []string(nil), w.failures())
			w.cycle()
			equal(t, "requests of an idle cycle", []string(nil), w.sent())
		})
	}
}

func TestSwitchingNestedGroupsOn(t *testing.T) {
	w := nestedWorld(t)
	w.plan = w.newPlan()
	w.cycle()
	equal(t, "people", only("ada active", "keeper active"), w.states())
	w.plan = w.newPlan(nested)
	w.cycle()
	equal(t, "people", only("ada active", "bob active", "cleo active", "keeper active"), w.states())
	equal(t, "members of Sales", only("ada", "bob", "cleo"), w.members("Sales"))
}

func TestRolesReachPeopleInNestedGroups(t *testing.T) {
	w := nestedWorld(t)
	role, err := w.tenant.AddRole(appID, tenant.AppRole{DisplayName: "Agent", Value: new("agent"), IsEnabled: true})
	must(t, err)
	_, err = w.tenant.Assign(appID, w.people["Sales"], role)
	must(t, err)
	w.cycle()
	roles := func(name string) (out []string) {
		c, _, err := w.store.Get(t.Context(), w.plan.ID, directory.SourceID(w.people[name]))
		must(t, err)
		for _, r := range c.Roles {
			out = append(out, r.Value)
		}
		return out
	}
	for _, name := range only("ada", "bob", "cleo") {
		equal(t, "roles of "+name, only("agent"), roles(name))
	}
	equal(t, "roles of somebody else", []string(nil), roles("dan"))
}

func TestAFailedReadKeepsPeopleInNestedGroups(t *testing.T) {
	w := nestedWorld(t)
	w.cycle()
	w.leave("Sales", "Team")
	_, err := w.graph.AddFault(graphsim.Fault{Path: "/groups/delta", Status: http.StatusForbidden, Code: "Authorization_RequestDenied", Count: -1})
	must(t, err)
	if _, err := w.try(engine.Request{}); err == nil {
		t.Error("the cycle did not fail")
	}
	equal(t, "people", only("ada active", "bob active", "cleo active", "keeper active"), w.states())
	w.graph.ClearFaults()
	w.cycle()
	equal(t, "people", only("ada active", "bob inactive", "cleo inactive", "keeper active"), w.states())
}

// TestGroupsThatAreSuddenlyEmpty: Team loses all that it had in a complete read, a nested group among them.
func TestGroupsThatAreSuddenlyEmpty(t *testing.T) {
	w := nestedWorld(t)
	w.cycle()
	w.leave("Team", "bob", "Crew")
	w.graph.ExpireTokens(graphsim.ExpiredObserved)
	w.cycle()
	equal(t, "after the first read", only("ada active", "bob active", "cleo active", "keeper active"), w.states())
	equal(t, "members after the first read", only("ada", "bob", "cleo"), w.members("Sales"))
	w.cycle()
	equal(t, "after the second read", only("ada active", "bob inactive", "cleo inactive", "keeper active"), w.states())
	equal(t, "members after the second read", only("ada"), w.members("Sales"))
}

// TestNestedGroupsWhereEverybodyIsInScope: people are there anyhow; the groups have all of them as members.
func TestNestedGroupsWhereEverybodyIsInScope(t *testing.T) {
	w := nestedWorld(t)
	w.plan = w.newPlan(func(p *engine.Plan) { p.Nested, p.AssignedOnly = true, false })
	w.genesys.AddGroup(genesyssim.GroupSpec{Name: "Team"})
	w.cycle()
	equal(t, "members of Team", only("bob", "cleo"), w.members("Team"))
	// The one without a name is Team, which is provisioned itself here and a member as before.
	equal(t, "members of Sales", only("", "ada", "bob", "cleo"), w.members("Sales"))
	w.leave("Team", "Crew")
	w.cycle()
	equal(t, "members of Team", only("bob"), w.members("Team"))
	equal(t, "members of Sales", only("", "ada", "bob"), w.members("Sales"))
}

func TestNestedGroupsOnDemand(t *testing.T) {
	for name, tc := range map[string]struct {
		// provisioned: a cycle has brought everybody into the target before the change.
		provisioned bool
		change      func(w *world)
		who         string
		wantAction  string
	}{
		"somebody in a nested group, before the first cycle":      {who: "cleo", wantAction: engine.OnDemandCreate},
		"somebody in no group, before the first cycle":            {who: "dan", wantAction: engine.OnDemandNone},
		"in a circle, before the first cycle":                     {change: func(w *world) { w.join("Crew", "Sales") }, who: "cleo", wantAction: engine.OnDemandCreate},
		"somebody who was hired into an inner group":              {true, func(w *world) { w.join("Crew", "dan") }, "dan", engine.OnDemandCreate},
		"somebody who left an inner group":                        {true, func(w *world) { w.leave("Crew", "cleo") }, "cleo", engine.OnDemandDisable},
		"somebody whose group was nested":                         {true, func(w *world) { w.inner("New", "dan"); w.join("Sales", "New") }, "dan", engine.OnDemandCreate},
		"somebody whose group is nested no longer":                {true, func(w *world) { w.leave("Sales", "Team") }, "cleo", engine.OnDemandDisable},
		"somebody whose group is nested no longer, all read anew": {true, func(w *world) { w.leave("Team", "Crew"); w.graph.ExpireTokens(graphsim.ExpiredObserved) }, "cleo", engine.OnDemandDisable},
		"somebody who left an inner group, all read anew":         {true, func(w *world) { w.leave("Crew", "cleo"); w.graph.ExpireTokens(graphsim.ExpiredObserved) }, "cleo", engine.OnDemandDisable},
		"somebody whose inner group was deleted":                  {true, func(w *world) { must(w.t, w.tenant.DeleteGroup(w.people["Crew"])) }, "cleo", engine.OnDemandDisable},
		"somebody for whom nothing changed":                       {true, nil, "cleo", engine.OnDemandNone},
	} {
		t.Run(name, func(t *testing.T) {
			w := nestedWorld(t)
			if tc.provisioned {
				w.cycle()
			}
			if tc.change != nil {
				tc.change(w)
			}
			out := w.demand(w.user(tc.who))
			equal(t, "action", tc.wantAction, out.Action)
			after := w.stateOf(tc.who)
			w.cycle()
			equal(t, "after a cycle", after, w.stateOf(tc.who))
		})
	}
}

// Before the first cycle groups are read one by one; those in which the person is not are left out.
func TestOnDemandReadsOnlyNestedGroupsThatLeadToThePerson(t *testing.T) {
	for name, tc := range map[string]struct {
		who        string
		wantAction string
		// wantGroups is how many groups are read with their members.
		wantGroups int
	}{
		"somebody in none":           {"dan", engine.OnDemandNone, 1},
		"somebody in the outer one":  {"ada", engine.OnDemandCreate, 1},
		"somebody in a nested group": {"cleo", engine.OnDemandCreate, 7},
	} {
		t.Run(name, func(t *testing.T) {
			w := nestedWorld(t)
			for _, team := range []string{"T1", "T2", "T3", "T4"} {
				w.inner(team, "bob")
				w.join("Sales", team)
			}
			w.graph.ResetJournal()
			equal(t, "action", tc.wantAction, w.demand(w.user(tc.who)).Action)
			read := 0
			for _, r := range w.graph.Journal() {
				if strings.HasSuffix(r.Path, "/members") {
					read++
				}
			}
			equal(t, "groups that were read", tc.wantGroups, read)
		})
	}
}

// What an earlier look has left in the store is brought up to date, whatever the tenant says of all members together.
func TestOnDemandSeesThatSomebodyLeftANestedGroupBeforeTheFirstCycle(t *testing.T) {
	w := nestedWorld(t)
	w.inner("Other", "bob")
	w.join("Sales", "Other")
	equal(t, "at first", engine.OnDemandCreate, w.demand(w.user("cleo")).Action)
	w.leave("Crew", "cleo")
	equal(t, "after leaving", engine.OnDemandDisable, w.demand(w.user("cleo")).Action)
}

func TestAMembershipThroughNestedGroupsOnDemand(t *testing.T) {
	w := nestedWorld(t)
	w.cycle()
	w.hire("eve")
	w.cycle()
	w.join("Crew", "eve")
	sales := engine.Subject{GroupID: w.people["Sales"], Members: []string{w.people["eve"]}}
	w.demand(sales)
	equal(t, "members", only("ada", "bob", "cleo", "eve"), w.members("Sales"))
	w.leave("Crew", "eve")
	w.graph.ExpireTokens(graphsim.ExpiredObserved)
	w.demand(sales)
	equal(t, "members", only("ada", "bob", "cleo"), w.members("Sales"))
}

// stateOf returns the state of somebody's account, "" when there is none.
func (w *world) stateOf(name string) string {
	for _, s := range w.states() {
		if who, state, _ := strings.Cut(s, " "); who == name {
			return state
		}
	}
	return ""
}
