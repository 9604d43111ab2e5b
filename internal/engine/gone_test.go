package engine_test

import (
	"testing"

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
