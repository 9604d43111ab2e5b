package engine_test

import (
	"context"
	"testing"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/engine"
	"github.com/entrain-dev/entrain/internal/fault"
	"github.com/entrain-dev/entrain/internal/scim/profile"
	"github.com/entrain-dev/entrain/internal/scope"
	"github.com/entrain-dev/entrain/internal/simulator/graphsim"
	"github.com/entrain-dev/entrain/internal/state"
)

// TestWhatAnInterruptedReadShowedIsLookedAtAgain: somebody was there when a complete read was interrupted, and not when it was
// done again.
func TestWhatAnInterruptedReadShowedIsLookedAtAgain(t *testing.T) {
	w := newWorld(t)
	w.hire("keeper")
	w.hire("ada")
	w.add("bob")
	g := w.group("Sales", "ada", "bob")
	w.cycle()
	equal(t, "at first", []string{"ada active", "bob active", "keeper active"}, w.states())
	w.graph.ExpireTokens(graphsim.ExpiredObserved)
	stop := make(chan struct{})
	stopped := false
	_, err := w.try(engine.Request{Stop: stop, Observe: func(p engine.Progress) {
		if p.Phase == engine.PhaseImport && p.Done > 0 && !stopped {
			stopped = true
			close(stop)
		}
	}})
	if err == nil || !stopped {
		t.Fatalf("the read was not interrupted: %v", err)
	}
	purge(w, "ada")
	must(t, w.tenant.RemoveMembers(g, w.people["bob"]))
	w.graph.ExpireTokens(graphsim.ExpiredObserved)
	w.cycle()
	equal(t, "afterwards", []string{"ada deleted", "bob inactive", "keeper active"}, w.states())
}

// cutStore ends the cycle when a read of everybody has come in, once.
type cutStore struct {
	state.Store
	cut bool
}

func (s *cutStore) FinishImport(ctx context.Context, id state.ConfigID, kind directory.Kind, cycle int64, suspicious int) (int64, int64, error) {
	if s.cut {
		s.cut = false
		return 0, 0, fault.New(fault.Canceled, "finish import", "The operator was stopped.")
	}
	return s.Store.FinishImport(ctx, id, kind, cycle, suspicious)
}

// A read that was cut short proves nothing about who is there when it is repeated.
func TestWhoLeavesBetweenAReadThatWasCutAndItsRepetitionGetsNoAccount(t *testing.T) {
	w := newWorld(t, func(p *engine.Plan) { p.AssignedOnly = false; p.Groups = nil })
	w.hire("ada")
	w.hire("bob")
	w.engine.Store = &cutStore{w.store, true}
	if _, err := w.try(engine.Request{}); !fault.Is(err, fault.Canceled) {
		t.Fatalf("error = %v", err)
	}
	must(t, w.tenant.SoftDelete(w.people["ada"]))
	w.cycle()
	equal(t, "people", []string{"bob active"}, w.states())
}

// decidingStore ends the cycle when some decisions are made, once.
type decidingStore struct {
	state.Store
	cut bool
}

func (s *decidingStore) Decide(ctx context.Context, id state.ConfigID, decisions []state.Decision) error {
	err := s.Store.Decide(ctx, id, decisions)
	if err == nil && s.cut {
		s.cut = false
		return fault.New(fault.Canceled, "decide", "The operator was stopped.")
	}
	return err
}

// A filter that was a mistake and is taken back while the cycle that it began decides about people: what was decided by it must not
// be carried out.
func TestAFilterThatIsTakenBackInTheMiddleOfTheDecisionsDisablesNobody(t *testing.T) {
	w := newWorld(t)
	w.hire("ada")
	w.hire("bob")
	w.cycle()
	good := w.plan
	prof, err := profile.Lookup(profile.GenesysCloud, profile.Options{})
	must(t, err)
	w.plan = w.newPlan(func(p *engine.Plan) {
		p.Fingerprint = "2"
		p.Users = side(t, prof, directory.User, scope.Filter{Title: "mistake", Clauses: []scope.Clause{{Attribute: "displayName", Operator: scope.Equals, Value: "Nobody"}}})
	})
	w.engine.Store = &decidingStore{w.store, true}
	if _, err := w.try(engine.Request{}); !fault.Is(err, fault.Canceled) {
		t.Fatalf("error = %v", err)
	}
	w.plan = good
	w.cycle()
	equal(t, "people", []string{"ada active", "bob active"}, w.states())
	equal(t, "requests", []string(nil), w.sent())
}
