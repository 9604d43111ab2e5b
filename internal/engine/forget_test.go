package engine_test

import (
	"testing"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/engine"
	"github.com/entrain-dev/entrain/internal/scim/profile"
	"github.com/entrain-dev/entrain/internal/scope"
)

// An account that was left as it is when its owner left scope stays; the memberships that it was given end with the owner.
func TestWhoIsGoneForGoodLeavesTheGroupsAlsoWhereTheAccountStays(t *testing.T) {
	prof, err := profile.Lookup(profile.GenesysCloud, profile.Options{})
	must(t, err)
	w := newWorld(t, func(p *engine.Plan) {
		p.SkipOutOfScopeDeletions = true
		p.Users = side(t, prof, directory.User, scope.Filter{Title: "Sales", Clauses: []scope.Clause{
			{Attribute: "department", Operator: scope.Equals, Value: "Sales"},
		}})
	})
	for _, name := range []string{"ada", "bob"} {
		w.hire(name, "department", "Sales")
	}
	w.group("Sales", "ada", "bob")
	w.cycle()
	w.change("ada", "department", "Support")
	w.cycle()
	equal(t, "accounts after she left scope", []string{"ada active", "bob active"}, w.states())
	equal(t, "members after she left scope", []string{"ada", "bob"}, w.members("Sales"))
	purge(w, "ada")
	w.cycle()
	equal(t, "accounts after she was deleted", []string{"ada active", "bob active"}, w.states())
	equal(t, "members after she was deleted", []string{"bob"}, w.members("Sales"))
	_, known, err := w.store.Get(t.Context(), w.plan.ID, directory.SourceID(w.people["ada"]))
	must(t, err)
	equal(t, "still known", false, known)
	w.cycle()
	equal(t, "a cycle later", []string(nil), w.sent())

	// Her account has another owner now, who is in the group.
	w.add("ada2", "userPrincipalName", "ada@contoso.com", "department", "Sales")
	must(t, w.tenant.AddMembers(w.people["Sales"], w.people["ada2"]))
	w.cycle()
	equal(t, "accounts after somebody took the account over", []string{"ada active", "bob active"}, w.states())
	equal(t, "members after somebody took the account over", []string{"ada", "bob"}, w.members("Sales"))
}
