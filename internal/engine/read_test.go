package engine_test

import (
	"net/http"
	"testing"

	"github.com/entrain-dev/entrain/internal/engine"
	"github.com/entrain-dev/entrain/internal/simulator/genesyssim"
	"github.com/entrain-dev/entrain/internal/simulator/graphsim"
)

func TestASuddenlyEmptyListOfAssignmentsRemovesNobodyAtFirst(t *testing.T) {
	w := newWorld(t)
	w.hire("ada")
	w.hire("bob")
	w.cycle()
	for _, n := range []string{"ada", "bob"} {
		_, err := w.tenant.Unassign(appID, w.people[n], "*")
		must(t, err)
	}
	w.cycle()
	equal(t, "after the first read", []string{"ada active", "bob active"}, w.states())
	w.cycle()
	equal(t, "after the second read", []string{"ada inactive", "bob inactive"}, w.states())
}

func TestAFailedReadRemovesNobody(t *testing.T) {
	w := newWorld(t)
	w.hire("ada")
	w.cycle()
	for _, path := range []string{"/users/delta", "/groups/delta", "appRoleAssignedTo"} {
		_, err := w.graph.AddFault(graphsim.Fault{Path: path, Status: http.StatusForbidden, Code: "Authorization_RequestDenied", Count: -1})
		must(t, err)
		c, err := w.try(engine.Request{})
		if err == nil || engine.SideOf(err) != "source" || c.Last.Result != engine.Failed {
			t.Errorf("%s: error %v, report %+v", path, err, c.Last)
		}
		w.graph.ClearFaults()
		equal(t, "people", []string{"ada active"}, w.states())
	}
	w.cycle()
	equal(t, "people", []string{"ada active"}, w.states())
}

func TestAnExpiredDeltaTokenReadsEverythingAndKeepsTheLinks(t *testing.T) {
	w := newWorld(t)
	w.hire("ada")
	w.hire("bob")
	w.cycle()
	w.graph.ExpireTokens(graphsim.ExpiredObserved)
	purge(w, "bob")
	w.change("ada", "jobTitle", "Head")
	w.cycle()
	equal(t, "requests", []string{"DELETE users", "PATCH users"}, w.sent())
	equal(t, "people", []string{"ada active", "bob deleted"}, w.states())
}

// While the list of assignments is doubted, the one in force is old: whoever has left a group for an assignment of their own is in the
// new one only. Who really lost access loses it as soon as a list is believed.
func TestWhileTheListOfAssignmentsIsDoubtedNobodyIsTakenForUnassigned(t *testing.T) {
	w := newWorld(t)
	w.hire("keeper")
	for _, name := range []string{"ada", "bob", "cleo"} {
		w.add(name)
	}
	g := w.group("Sales", "ada", "bob", "cleo")
	w.cycle()
	_, err := w.tenant.Assign(appID, w.people["ada"], "")
	must(t, err)
	must(t, w.tenant.RemoveMembers(g, w.people["ada"], w.people["bob"]))
	_, err = w.graph.AddFault(graphsim.Fault{Path: "appRoleAssignedTo", Effect: graphsim.EffectEmptyResult})
	must(t, err)
	w.cycle()
	equal(t, "people while it is doubted", []string{"ada active", "bob active", "cleo active", "keeper active"}, w.states())
	equal(t, "members while it is doubted", []string{"cleo"}, w.members("Sales"))
	w.cycle()
	equal(t, "people when it is believed", []string{"ada active", "bob inactive", "cleo active", "keeper active"}, w.states())
	w.cycle()
	equal(t, "requests of an idle cycle", []string(nil), w.sent())
}

// The recycle bin of groups may be seen with Group.Read.All only, which nothing else needs. That a group is not in the directory
// can be seen without: its members lose what they had through it.
func TestAMissingGroupEntitlesNobodyAlsoWhereTheRecycleBinMayNotBeSeen(t *testing.T) {
	w := newWorld(t)
	w.hire("keeper")
	w.add("ada")
	g := w.group("Sales", "ada")
	w.cycle()
	w.graph.ExpireTokens(graphsim.ExpiredObserved)
	must(t, w.tenant.DeleteGroup(g))
	_, err := w.graph.AddFault(graphsim.Fault{Path: "deletedItems", Status: http.StatusForbidden, Code: "Authorization_RequestDenied", Count: -1})
	must(t, err)
	w.cycle()
	equal(t, "people", []string{"ada inactive", "keeper active"}, w.states())
}

func TestAReadThatLeftOutAGroupIsRepeated(t *testing.T) {
	w := newWorld(t)
	w.hire("ada")
	w.hire("bob")
	g := w.group("Sales", "ada", "bob")
	w.group("Support", "ada")
	w.cycle()
	must(t, w.tenant.RemoveMembers(g, w.people["bob"]))
	w.graph.ExpireTokens(graphsim.ExpiredObserved)
	// The delta token is refused once, then the complete read answers nothing.
	_, err := w.graph.AddFault(graphsim.Fault{Path: "/groups/delta", Nth: 2, Effect: graphsim.EffectEmptyResult})
	must(t, err)
	w.cycle()
	w.cycle()
	w.cycle()
	equal(t, "members", []string{"ada"}, w.members("Sales"))
}

func TestAPurgeThatNoDeltaShowsIsFoundByACompleteRead(t *testing.T) {
	w := newWorld(t)
	w.hire("ada")
	w.hire("keeper")
	w.cycle()
	id := w.account("ada").ID
	must(t, w.tenant.SoftDelete(w.people["ada"]))
	w.cycle()
	w.graph.ExpireTokens(graphsim.ExpiredObserved)
	// Still in the recycle bin: nothing happens.
	w.cycle()
	equal(t, "requests", []string(nil), w.sent())
	must(t, w.tenant.Purge(w.people["ada"]))
	w.graph.ExpireTokens(graphsim.ExpiredObserved)
	w.cycle()
	equal(t, "requests", []string{"DELETE users"}, w.sent())
	ada, _ := w.genesys.User(id)
	equal(t, "Ada", genesyssim.Deleted, ada.State)
}

// The list of assignments may be ahead of the delta query. Somebody who is moved from an assignment of their own into a group
// that is assigned keeps access all the while.
func TestAGroupThatIsAssignedBeforeTheDeltaShowsItEntitlesAtOnce(t *testing.T) {
	w := newWorld(t)
	w.hire("ada")
	w.hire("bob")
	w.cycle()
	w.group("Sales", "ada")
	unassign(w, "ada")
	_, err := w.graph.AddFault(graphsim.Fault{Path: "/groups/delta", Effect: graphsim.EffectEmptyResult})
	must(t, err)
	w.cycle()
	equal(t, "people", []string{"ada active", "bob active"}, w.states())
	equal(t, "members", []string{"ada"}, w.members("Sales"))
	w.cycle()
	equal(t, "a cycle later", []string(nil), w.sent())
}
