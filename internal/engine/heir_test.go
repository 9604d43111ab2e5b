package engine_test

import (
	"testing"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/engine"
	"github.com/entrain-dev/entrain/internal/scim/profile"
	"github.com/entrain-dev/entrain/internal/scope"
)

// The groups of the one before come with an account that is taken over, and are left where the new owner does not belong.
func TestWhoeverTakesAnAccountOverLeavesTheGroupsOfTheFormerOwner(t *testing.T) {
	for name, leave := range map[string]func(w *world){
		"who was deleted": func(w *world) { must(w.t, w.tenant.SoftDelete(w.people["ada"])) },
		"who left scope and has another name now": func(w *world) {
			w.change("ada", "department", "Support", "userPrincipalName", "ada.old@contoso.com", "mail", "ada.old@contoso.com")
		},
	} {
		t.Run(name, func(t *testing.T) {
			prof, err := profile.Lookup(profile.GenesysCloud, profile.Options{})
			must(t, err)
			w := newWorld(t, func(p *engine.Plan) {
				p.Users = side(t, prof, directory.User, scope.Filter{Title: "Sales", Clauses: []scope.Clause{
					{Attribute: "department", Operator: scope.Equals, Value: "Sales"},
				}})
			})
			w.hire("ada", "department", "Sales")
			w.hire("bob", "department", "Sales")
			w.group("Sales", "ada", "bob")
			w.group("Club", "bob")
			w.cycle()
			equal(t, "members at first", []string{"ada", "bob"}, w.members("Sales"))
			leave(w)
			w.cycle()
			equal(t, "people before", []string{"ada inactive", "bob active"}, w.states())
			w.hire("ada", "department", "Sales")
			must(t, w.tenant.AddMembers(w.people["Club"], w.people["ada"]))
			w.cycle()
			equal(t, "people", []string{"ada active", "bob active"}, w.states())
			equal(t, "members of Sales", []string{"bob"}, w.members("Sales"))
			equal(t, "members of Club", []string{"ada", "bob"}, w.members("Club"))
			w.cycle()
			equal(t, "a cycle later", []string(nil), w.sent())
		})
	}
}
