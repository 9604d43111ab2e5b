package engine_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/engine"
	"github.com/entrain-dev/entrain/internal/mapping"
	"github.com/entrain-dev/entrain/internal/scim/profile"
	"github.com/entrain-dev/entrain/internal/scope"
	"github.com/entrain-dev/entrain/internal/simulator/genesyssim"
)

func TestALostAnswerDoublesNobody(t *testing.T) {
	w := newWorld(t)
	w.hire("ada")
	w.genesys.SetFault(genesyssim.Fault{Method: http.MethodPost, Effect: genesyssim.EffectCutAfter})
	w.cycle()
	w.genesys.ResetFaults()
	w.cycle()
	equal(t, "people", []string{"ada active"}, w.states())
	equal(t, "failures", []string(nil), w.failures())
	w.change("ada", "jobTitle", "Head")
	w.cycle()
	equal(t, "title", "Head", w.account("ada").Title)
}

func TestATargetThatRefusesToBeListedIsAskedOneByOne(t *testing.T) {
	for _, status := range []int{http.StatusBadRequest, http.StatusNotFound, http.StatusMethodNotAllowed} {
		w := newWorld(t)
		for i := range 8 {
			w.hire(fmt.Sprintf("p%d", i))
		}
		w.genesys.AddUser(genesyssim.User{UserName: "p3@contoso.com", DisplayName: "P3", Title: "Old"})
		w.genesys.SetFault(genesyssim.Fault{Method: http.MethodGet, Path: "/users", Query: "count=", Effect: genesyssim.EffectStatus, Status: status, Times: -1})
		w.cycle()
		equal(t, fmt.Sprint(status, ": people"), 8, len(w.states()))
	}
}

func TestTwoPeopleWithOneMatchingValueNeverShareAnAccount(t *testing.T) {
	w := newWorld(t, func(p *engine.Plan) { p.Users = matchedByMail(t) })
	w.engine.Workers = 16
	for i := range 40 {
		name := fmt.Sprintf("p%d", i)
		// Two people each have the same mail address.
		w.hire(name, "mail", fmt.Sprintf("m%d@contoso.com", i/2))
	}
	w.cycle()
	if n := len(w.genesys.Users()); n != 20 {
		t.Errorf("%d accounts for 20 addresses", n)
	}
	failures := w.failures()
	if len(failures) != 20 {
		t.Errorf("%d of 20 people are reported: %v", len(failures), failures)
	}
	for _, f := range failures {
		if !strings.HasSuffix(f, "DuplicateSourceEntries") {
			t.Errorf("failure %s", f)
		}
	}
	w.cycle()
	if w.cycle(); len(w.sent()) > 0 {
		t.Errorf("an extra cycle sends %v", w.sent())
	}
}

// matchedByMail is a mapping in which people are known by their mail address.
func matchedByMail(t *testing.T) engine.Side {
	t.Helper()
	prof, err := profile.Lookup(profile.GenesysCloud, profile.Options{})
	must(t, err)
	m, problems := mapping.Compile(mapping.Spec{Kind: directory.User, Create: true, Update: true, Delete: true, Rows: []mapping.Row{
		{Target: "userName", Source: "mail", MatchingPrecedence: 1}, {Target: "displayName", Source: "displayName"},
		{Target: "active", Expression: `Not([IsSoftDeleted])`},
	}}, prof.Capabilities.Schema, mapping.Options{})
	must(t, problems.Err())
	set, problems := scope.Compile(directory.User, nil)
	must(t, problems.Err())
	return engine.Side{Mapping: m, Scope: set}
}

func TestTwoPeopleSwapTheirNames(t *testing.T) {
	w := newWorld(t)
	w.hire("ada")
	w.hire("bob")
	w.cycle()
	ada, bob := w.account("ada").ID, w.account("bob").ID
	w.change("ada", "userPrincipalName", "x@contoso.com")
	w.change("bob", "userPrincipalName", "ada@contoso.com")
	w.change("ada", "userPrincipalName", "bob@contoso.com")
	w.cycle()
	w.cycle()
	equal(t, "failures", []string(nil), w.failures())
	equal(t, "who has which name", []string{bob, ada}, []string{w.account("ada").ID, w.account("bob").ID})
	if w.cycle(); len(w.sent()) > 0 {
		t.Errorf("an extra cycle sends %v", w.sent())
	}
}

func TestANameThatSomebodyGivesUpGoesToTheNextPersonInTheSameCycle(t *testing.T) {
	w := newWorld(t)
	w.hire("ada")
	w.cycle()
	old := w.account("ada").ID
	w.change("ada", "userPrincipalName", "lovelace@contoso.com")
	w.people["lovelace"] = w.people["ada"]
	w.hire("ada")
	w.cycle()
	equal(t, "failures", []string(nil), w.failures())
	equal(t, "people", []string{"ada active", "lovelace active"}, w.states())
	equal(t, "the first Ada's account", old, w.account("lovelace").ID)
}

func TestANameThatSomebodyKeepsIsAFailureOfTheOtherOnly(t *testing.T) {
	w := newWorld(t)
	w.hire("ada")
	w.cycle()
	stranger := w.genesys.AddUser(genesyssim.User{UserName: "taken@contoso.com", DisplayName: "Stranger"})
	w.change("ada", "userPrincipalName", "taken@contoso.com")
	w.cycle()
	equal(t, "failures", []string{"ada EntryConflict"}, w.failures())
	if u, _ := w.genesys.User(stranger); u.UserName != "taken@contoso.com" || u.DisplayName != "Stranger" {
		t.Errorf("the stranger = %+v", u)
	}
}

func TestACreateThatNobodyHeardOfIsDisabledWhenThePersonLeaves(t *testing.T) {
	for name, leave := range map[string]func(*world){
		"soft-deleted": func(w *world) { must(w.t, w.tenant.SoftDelete(w.people["ada"])) },
		"unassigned":   func(w *world) { unassign(w, "ada") },
		"purged":       func(w *world) { purge(w, "ada") },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.hire("keeper")
			w.cycle()
			w.hire("ada")
			w.genesys.SetFault(genesyssim.Fault{Method: http.MethodPost, Effect: genesyssim.EffectCutAfter, Times: -1})
			w.cycle()
			equal(t, "Ada", genesyssim.Active, w.account("ada").State)
			w.genesys.ResetFaults()
			leave(w)
			w.cycle()
			equal(t, "Ada", genesyssim.Inactive, w.account("ada").State)
			if w.cycle(); len(w.sent()) > 0 {
				t.Errorf("an extra cycle sends %v", w.sent())
			}
		})
	}
}

func TestSomebodyWhoseAccountWasTakenOverGetsAnother(t *testing.T) {
	w := newWorld(t)
	w.hire("ada")
	w.hire("keeper")
	w.cycle()
	unassign(w, "ada")
	w.change("ada", "userPrincipalName", "lovelace@contoso.com")
	w.people["lovelace"] = w.people["ada"]
	w.cycle()
	w.hire("ada")
	w.cycle()
	_, err := w.tenant.Assign(appID, w.people["lovelace"], "")
	must(t, err)
	w.cycle()
	w.cycle()
	equal(t, "failures", []string(nil), w.failures())
	equal(t, "people", []string{"ada active", "keeper active", "lovelace active"}, w.states())
}

func TestAPersonWhoIsHiredAgainTakesTheAccountOver(t *testing.T) {
	w := newWorld(t)
	w.hire("ada")
	w.hire("keeper")
	w.cycle()
	id := w.account("ada").ID
	old := w.people["ada"]
	must(t, w.tenant.SoftDelete(old))
	w.cycle()
	w.hire("ada")
	w.cycle()
	if ada := w.account("ada"); ada.ID != id || ada.State != genesyssim.Active {
		t.Errorf("Ada = %+v", ada)
	}
	must(t, w.tenant.Purge(old))
	w.cycle()
	equal(t, "requests of the purge", []string(nil), w.sent())
	equal(t, "Ada", genesyssim.Active, w.account("ada").State)
}
