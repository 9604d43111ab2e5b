package engine_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/engine"
	"github.com/entrain-dev/entrain/internal/fault"
	"github.com/entrain-dev/entrain/internal/scim/profile"
	"github.com/entrain-dev/entrain/internal/scope"
	"github.com/entrain-dev/entrain/internal/simulator/genesyssim"
	"github.com/entrain-dev/entrain/internal/state"
)

func TestAListThatCannotBeTrustedLeadsToNothing(t *testing.T) {
	for name, tc := range map[string]struct {
		breaks func(w *world)
		fails  bool
	}{
		"it shows nobody":   {func(w *world) { w.plan.Target = shortTarget{w.plan.Target, 0} }, false},
		"it ends after one": {func(w *world) { w.plan.Target = shortTarget{w.plan.Target, 1} }, false},
		"the list is refused": {func(w *world) {
			w.genesys.SetFault(genesyssim.Fault{Method: "GET", Query: "startIndex", Times: -1, Effect: genesyssim.EffectStatus, Status: 401})
		}, true},
		"the list is not allowed": {func(w *world) {
			w.genesys.SetFault(genesyssim.Fault{Method: "GET", Query: "startIndex", Times: -1, Effect: genesyssim.EffectStatus, Status: 403})
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			w := driftWorld(t, engine.DriftCorrected)
			for i := range 20 {
				w.hire(fmt.Sprintf("p%02d", i))
			}
			w.cycle()
			before := w.states()
			tc.breaks(w)
			w.clock.Advance(24 * time.Hour)
			_, err := w.try(engine.Request{})
			if (err != nil) != tc.fails {
				t.Errorf("error = %v", err)
			}
			equal(t, "sent", []string(nil), w.sent())
			equal(t, "found", []string(nil), w.drifts())
			equal(t, "target", before, w.states())
		})
	}
}

func TestDriftCorrectionStopsForWhatIsMoreImportant(t *testing.T) {
	w := driftWorld(t, engine.DriftCorrected)
	w.byHand("ada", map[string]any{"title": "Queen"})
	w.clock.Advance(24 * time.Hour)
	stop := make(chan struct{})
	_, err := w.try(engine.Request{Stop: stop, Observe: func(p engine.Progress) {
		if p.Phase == engine.PhaseDrift && stop != nil {
			close(stop)
			stop = nil
		}
	}})
	must(t, err)
	equal(t, "sent", []string(nil), w.sent())
	c := w.cycle()
	if c.Last.Drifted != 1 || w.account("ada").Title != "Agent" {
		t.Errorf("the pass was not made up for: %+v", c.Last)
	}
}

func TestDriftLeavesReleasedPeopleAlone(t *testing.T) {
	w := driftWorld(t, engine.DriftCorrected)
	_, err := w.tenant.Unassign(w.app, w.people["boss"], "")
	must(t, err)
	w.cycle()
	w.byHand("boss", map[string]any{"active": true, "title": "Consultant"})
	if r := w.look(); r.Drifted != 0 || len(w.sent()) != 0 {
		t.Errorf("found %d, sent %v", r.Drifted, w.sent())
	}
}

func TestManyMembersAddedByHandAreHeldBack(t *testing.T) {
	w := driftWorld(t, engine.DriftCorrected)
	w.plan.Guard.Threshold = 3
	var names []string
	for i := range 4 {
		n := fmt.Sprintf("stranger%d", i)
		w.genesys.AddUser(genesyssim.User{UserName: n + "@contoso.com", DisplayName: n, State: genesyssim.Active})
		names = append(names, n)
	}
	w.groupByHand("Sales", names, []string{"ada"})
	w.look()
	equal(t, "members", append([]string{"ada", "bob"}, names...), w.members("Sales"))
	w.plan.Guard.Threshold = 4
	w.look()
	equal(t, "members after the threshold was raised", []string{"ada", "bob"}, w.members("Sales"))
}

// Somebody who is in the group in Entra and waits for an account may be the member whom nobody knows.
func TestAnUnknownMemberStaysWhileSomebodyIsAwaited(t *testing.T) {
	w := driftWorld(t, engine.DriftCorrected)
	w.genesys.AddUser(genesyssim.User{UserName: "stranger@contoso.com", DisplayName: "Stranger", State: genesyssim.Active})
	w.groupByHand("Sales", []string{"stranger"}, nil)
	w.add("late")
	must(t, w.tenant.AddMembers(w.people["Sales"], w.people["late"]))
	w.genesys.SetFault(genesyssim.Fault{Method: "POST", Path: "/users", Times: 1, Effect: genesyssim.EffectStatus, Status: 400})
	w.look()
	equal(t, "failures", 1, len(w.failures()))
	equal(t, "members", []string{"ada", "bob", "stranger"}, w.members("Sales"))
	w.cycle()
	w.look()
	equal(t, "members", []string{"ada", "bob", "late"}, w.members("Sales"))
}

// shortTarget shows only some resources of each list.
type shortTarget struct {
	engine.Target
	shows int
}

func (s shortTarget) List(ctx context.Context, kind directory.Kind, attributes []string, page func([]directory.Resource) error) error {
	left := s.shows
	return s.Target.List(ctx, kind, attributes, func(all []directory.Resource) error {
		n := min(left, len(all))
		left -= n
		return page(all[:n])
	})
}

// unmarked is a store behind which the process is killed when an object is to become due.
type unmarked struct {
	state.Store
	kill bool
}

func (s *unmarked) Mark(ctx context.Context, id state.ConfigID, seqs []state.Seq) error {
	if s.kill {
		s.kill = false
		return fault.New(fault.Internal, "mark", "killed")
	}
	return s.Store.Mark(ctx, id, seqs)
}

func TestAKillWhileAnAccountIsGivenUpLosesNobody(t *testing.T) {
	w := driftWorld(t, engine.DriftCorrected)
	must(t, w.genesys.EditUser(w.account("ada").ID, map[string]any{"state": "deleted"}))
	w.engine.Store = &unmarked{w.store, true}
	w.clock.Advance(24 * time.Hour)
	if _, err := w.try(engine.Request{}); err == nil {
		t.Fatal("the process was not killed")
	}
	w.look()
	w.cycle()
	if got := w.account("ada").State; got != genesyssim.Active {
		t.Errorf("Ada is %s", got)
	}
}

// emptyTarget answers as if it were another organisation.
type emptyTarget struct{ engine.Target }

func (emptyTarget) List(context.Context, directory.Kind, []string, func([]directory.Resource) error) error {
	return nil
}

func (emptyTarget) Get(context.Context, directory.Kind, directory.TargetID) (directory.Resource, error) {
	return directory.Resource{}, fault.New(fault.NotFound, "read", "There is no such resource.")
}

func TestATargetThatIsSuddenlyEmptyLosesNoLinks(t *testing.T) {
	w := driftWorld(t, engine.DriftCorrected)
	target := w.plan.Target
	w.plan.Target = emptyTarget{target}
	if r := w.look(); r.Drifted != 0 {
		t.Errorf("report = %+v", r)
	}
	counts, err := w.store.Counts(t.Context(), w.plan.ID)
	must(t, err)
	equal(t, "links", []int64{4, 1}, []int64{counts.Users, counts.Groups})
}

// unlistable cannot be listed for a while.
type unlistable struct{ engine.Target }

func (unlistable) List(context.Context, directory.Kind, []string, func([]directory.Resource) error) error {
	return fault.New(fault.Transient, "list", "The application is busy.")
}

func TestALookThatFailsTakesNothingFromTheCycle(t *testing.T) {
	w := driftWorld(t, engine.DriftCorrected)
	w.byHand("ada", map[string]any{"title": "Queen"})
	w.hire("new")
	target := w.plan.Target
	w.plan.Target = unlistable{target}
	if r := w.look(); r.Result != engine.Succeeded || r.Created != 1 {
		t.Errorf("report = %+v", r)
	}
	w.plan.Target = target
	if r := *w.cycle().Last; r.Drifted != 1 {
		t.Errorf("the next cycle did not make up for it: %+v", r)
	}
}

func TestMembershipsOfReleasedPeopleAreLeftAlone(t *testing.T) {
	w := driftWorld(t, engine.DriftCorrected)
	prof, err := profile.Lookup(profile.GenesysCloud, profile.Options{})
	must(t, err)
	w.plan.Users = side(t, prof, directory.User, scope.Filter{Title: "not Ada", Clauses: []scope.Clause{{Attribute: "displayName", Operator: scope.NotEquals, Value: "Ada"}}})
	w.plan.Fingerprint = "2"
	w.cycle()
	equal(t, "Ada left scope", genesyssim.Inactive, w.account("ada").State)
	w.groupByHand("Sales", nil, []string{"ada"})
	if r := w.look(); r.Drifted != 0 || len(w.sent()) > 0 {
		t.Errorf("taken out by hand: found %d, sent %v", r.Drifted, w.sent())
	}
	w.groupByHand("Sales", []string{"ada"}, nil)
	if r := w.look(); r.Drifted != 0 || len(w.sent()) > 0 {
		t.Errorf("put back by hand: found %d, sent %v", r.Drifted, w.sent())
	}
}
