package statetest

import (
	"context"
	"testing"

	"github.com/entrain-dev/entrain/internal/state"
)

// Place is somewhere to keep a store, empty at first. Each call opens it; a case closes what it opened before it opens it again.
type Place func() (state.Store, error)

// Run runs the suite. place makes a new place for each case.
func Run(t *testing.T, place func(t *testing.T) Place) {
	for area, cases := range map[string]map[string]func(f *fixture){
		"configs":     configCases(),
		"imports":     importCases(),
		"full reads":  fullReadCases(),
		"assignments": assignmentCases(),
		"nesting":     nestingCases(),
		"decisions":   decisionCases(),
		"levels":      levelCases(),
		"pending":     pendingCases(),
		"outcomes":    outcomeCases(),
		"escrows":     escrowCases(),
		"references":  referenceCases(),
		"memberships": membershipCases(),
		"intents":     intentCases(),
		"index":       indexCases(),
		"drift":       driftCases(),
		"log":         logCases(),
		"safety":      safetyCases(),
	} {
		t.Run(area, func(t *testing.T) {
			for name, run := range cases {
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					run(newFixture(t, place))
				})
			}
		})
	}
}

func newFixture(t *testing.T, place func(t *testing.T) Place) *fixture {
	f := &fixture{T: t, ctx: context.Background(), config: "config-1", place: place(t)}
	f.open()
	t.Cleanup(func() { f.must(f.Store.Close()) })
	f.fresh = func() *fixture { return newFixture(t, place) }
	return f
}
