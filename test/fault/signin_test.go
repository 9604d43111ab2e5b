package fault

import (
	"net/http"
	"slices"
	"testing"

	"github.com/entrain-dev/entrain/test/model/world"
)

// TestAWebPageInPlaceOfAChange shows a gap: the SCIM client takes every success for a change that was carried out, also a page to
// sign in, so that somebody who left keeps the account. Nobody loses anything by it. It is closed when this test fails: then
// drop the test, class.believed and the row of docs/failures.md.
func TestAWebPageInPlaceOfAChange(t *testing.T) {
	s := scenarios[3]
	_, calls, want := s.undisturbed(t)
	i := slices.IndexFunc(calls, func(r world.Request) bool { return r.Method == http.MethodPatch })
	st, err := s.stage(world.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	st.Target.Break(world.Fault{Effect: world.WebBefore, From: i + 1})
	config, cycleErr := st.run()
	if err := st.safe(cycleErr); err != nil {
		t.Error(err)
	}
	if st.named(config, cycleErr, want) == nil {
		t.Error("the gap is closed")
	}
}
