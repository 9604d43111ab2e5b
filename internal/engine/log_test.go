package engine_test

import (
	"net/http"
	"slices"
	"testing"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/simulator/genesyssim"
	"github.com/entrain-dev/entrain/internal/state"
)

const managerPath = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager"

// What was sent is in the log, a manager who went with the create too.
func TestTheLogOfACreateNamesTheManager(t *testing.T) {
	w := newWorld(t)
	w.hire("boss")
	w.hire("ada")
	w.manager("ada", "boss")
	w.cycle()
	want := state.LogProperty{Name: managerPath, New: w.account("boss").ID}
	entries, err := w.store.Log(t.Context(), w.plan.ID, state.LogQuery{Source: directory.SourceID(w.people["ada"])})
	must(t, err)
	if len(entries) != 1 || !slices.Contains(entries[0].Properties, want) {
		t.Errorf("log = %+v\nwant one entry that has %+v", entries, want)
	}
	if got := w.account("ada").ManagerID; got != want.New {
		t.Errorf("manager = %s", got)
	}
}

// A failure has a step that says where it happened, also when the application was not even asked.
func TestTheLogOfAFailureHasAStep(t *testing.T) {
	w := newWorld(t)
	w.hire("ada")
	w.sourceGroup("Nowhere", "ada")
	w.cycle()
	entries, err := w.store.Log(t.Context(), w.plan.ID, state.LogQuery{Source: directory.SourceID(w.people["Nowhere"])})
	must(t, err)
	if len(entries) != 1 || len(entries[0].Steps) != 1 || entries[0].Steps[0].Status != "failure" || entries[0].Steps[0].Description != entries[0].Reason {
		t.Errorf("log = %+v", entries)
	}
}

// One bad member makes the others go one by one; each that went through is in the log, as in a batch.
func TestTheLogNamesMembersThatWereSentOneByOne(t *testing.T) {
	w := newWorld(t)
	for _, name := range []string{"ada", "bob", "cleo"} {
		w.hire(name)
	}
	w.group("Sales", "ada", "bob", "cleo")
	refuse := genesyssim.Fault{Method: http.MethodPatch, Path: "/groups/{id}", Contains: "members", Effect: genesyssim.EffectStatus, Status: http.StatusBadRequest}
	w.genesys.SetFault(refuse)
	refuse.From = 3
	w.genesys.SetFault(refuse)
	w.cycle()
	entries, err := w.store.Log(t.Context(), w.plan.ID, state.LogQuery{Source: directory.SourceID(w.people["Sales"])})
	must(t, err)
	var logged []string
	for _, e := range entries {
		for _, p := range e.Properties {
			if e.Action == "update" && e.Status == "success" && p.Name == directory.AttrMembers {
				logged = append(logged, p.New)
			}
		}
	}
	var inTarget []string
	for _, name := range w.members("Sales") {
		inTarget = append(inTarget, w.people[name])
	}
	slices.Sort(logged)
	slices.Sort(inTarget)
	equal(t, "members in the target", 2, len(inTarget))
	equal(t, "members in the log", inTarget, logged)
}
