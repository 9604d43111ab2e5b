package fault

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/entrain-dev/entrain/internal/scim/profile"
	"github.com/entrain-dev/entrain/internal/simulator/graphsim"
	"github.com/entrain-dev/entrain/test/model/world"
)

// TestAGroupThatReadsAsEmpty is class 5: a complete read says that nobody is in a group whose members are in scope through it
// alone. The first such read is not believed of a group of five or more.
func TestAGroupThatReadsAsEmpty(t *testing.T) {
	for _, name := range []string{profile.GenesysCloud, profile.Generic} {
		t.Run(name, func(t *testing.T) {
			st, err := scenario{name, name, true}.stage(world.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer st.Close()
			crowd := []string{"una", "duo", "tre", "quat", "cinq"}
			for _, member := range crowd {
				must(t, st.hire(member, "Agent")())
				_, err := st.Tenant.Unassign(world.AppID, st.ids[member], "*")
				must(t, err)
			}
			must(t, do(st.group("Crowd", crowd...), func() error { return st.settle(1) }))
			const want = "group Crowd [cinq@contoso.com duo@contoso.com quat@contoso.com tre@contoso.com una@contoso.com]"
			if got := st.picture(); !slices.Contains(got, want) {
				t.Fatalf("before: %v", got)
			}
			st.begin()
			st.Graph.ExpireTokens(graphsim.ExpiredGone)
			st.Source.Break(world.Fault{Effect: world.NoMembers, Times: -1, Match: func(r *http.Request) bool {
				return strings.Contains(r.URL.Path, "/groups/delta")
			}})
			if _, err := st.run(); err != nil {
				t.Error(err)
			}
			must(t, st.safe(nil))
			if st.Source.Struck() == 0 {
				t.Error("no page was spoilt")
			}
			for _, a := range st.App.Accounts() {
				if a.State != world.Active {
					t.Errorf("%s is %s", a.UserName, a.State)
				}
			}
			if got := st.picture(); !slices.Contains(got, want) {
				t.Errorf("the group has lost members: %v", got)
			}
			must(t, st.settle(1))
			if got := st.picture(); !slices.Contains(got, want) {
				t.Errorf("after another cycle: %v", got)
			}
		})
	}
}
