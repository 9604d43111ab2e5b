package engine_test

import (
	"testing"

	"github.com/entrain-dev/entrain/internal/engine"
	"github.com/entrain-dev/entrain/internal/simulator/genesyssim"
)

// One 404 that is not true neither leaves a leaver active nor gives anybody a second account.
func TestASingle404ProvesNothing(t *testing.T) {
	lie := genesyssim.Fault{Method: "PATCH", Path: "/users/{id}", Effect: genesyssim.EffectStatus, Status: 404, Body: genesyssim.SCIMBody}
	t.Run("at the disabling of a leaver", func(t *testing.T) {
		w := newWorld(t)
		w.hire("ada")
		w.hire("bob")
		w.cycle()
		must(t, w.tenant.SoftDelete(w.people["ada"]))
		w.genesys.SetFault(lie)
		w.cycle()
		w.cycle()
		equal(t, "people", []string{"ada inactive", "bob active"}, w.states())
	})
	t.Run("at a change of the login", func(t *testing.T) {
		w := newWorld(t)
		w.hire("ada")
		w.cycle()
		id := w.account("ada").ID
		w.change("ada", "userPrincipalName", "ada.l@contoso.com")
		w.genesys.SetFault(lie)
		w.cycle()
		w.cycle()
		equal(t, "people", []string{"ada.l active"}, w.states())
		if got := w.account("ada.l").ID; got != id {
			t.Errorf("account %s, want the same one, %s", got, id)
		}
	})
}

// Somebody whose account was found gone, and whose new one could not be created because the cycle ended, gets it in the next.
func TestAnAccountThatIsGoneIsMadeAgainAfterACycleThatEnded(t *testing.T) {
	w := newWorld(t)
	w.hire("ada")
	w.cycle()
	must(t, w.genesys.EditUser(w.account("ada").ID, map[string]any{"state": "deleted"}))
	w.change("ada", "jobTitle", "Queen")
	w.genesys.SetFault(genesyssim.Fault{Method: "POST", Path: "/users", Effect: genesyssim.EffectStatus, Status: 401})
	if _, err := w.try(engine.Request{}); err == nil {
		t.Fatal("the cycle did not end")
	}
	w.cycle()
	equal(t, "people", []string{"ada active"}, w.states())
	equal(t, "title", "Queen", w.account("ada").Title)
}
