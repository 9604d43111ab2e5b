package engine_test

import (
	"slices"
	"testing"

	"github.com/entrain-dev/entrain/internal/directory"
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
