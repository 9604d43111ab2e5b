package plan_test

import (
	"context"
	"errors"
	"testing"

	"github.com/jonboulle/clockwork"
	"sigs.k8s.io/controller-runtime/pkg/client"

	api "github.com/entrain-dev/entrain/api/v1alpha1"
	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/fault"
	"github.com/entrain-dev/entrain/internal/plan"
	"github.com/entrain-dev/entrain/internal/state"
)

// kept is a state store as far as definitions are concerned.
type kept struct {
	config state.Config
	err    error
}

func (k *kept) Load(context.Context, state.ConfigID) (state.Config, error) { return k.config, k.err }

// restarted is the operator after a restart: what it remembers is in the store.
func (f *fixture) restarted(last plan.Result) *kept {
	k := &kept{config: state.Config{Definition: last.Plan.Definition}}
	f.builder = &plan.Builder{Client: f.client, Secrets: f.client, Clock: clockwork.NewFakeClock(), Version: "test", Definitions: k}
	return k
}

func (f *fixture) breakMapping() {
	f.t.Helper()
	m := &api.AttributeMapping{}
	must(f.t, f.client.Get(f.t.Context(), client.ObjectKey{Namespace: "ns", Name: "people"}, m))
	m.Spec.Attributes[2].Expression = "Not([IsSoftDelete])"
	must(f.t, f.client.Update(f.t.Context(), m))
}

func TestTheLastGoodPlanSurvivesARestart(t *testing.T) {
	for name, tc := range map[string]struct {
		breaks     func(*fixture)
		wantReason string
		// wantSame is true where the plan is to be the same one, so that nothing starts anew.
		wantSame bool
		// wantNone is true where there must be no plan.
		wantNone bool
	}{
		"a broken mapping":   {func(f *fixture) { f.breakMapping() }, api.ReferenceInvalidReason, true, false},
		"a mapping is gone":  {func(f *fixture) { f.config.Spec.Users.AttributeMappingRef.Name = "nobody" }, api.ReferenceNotFoundReason, true, false},
		"a filter is gone":   {func(f *fixture) { f.config.Spec.Users.ScopingFilterRefs[0].Name = "nobody" }, api.ReferenceNotFoundReason, true, false},
		"a tenant URL wrong": {func(f *fixture) { f.config.Spec.Target.SCIM.TenantURL = "https://api.mypurecloud.de/x" }, api.InvalidReason, true, false},
		"groups switched on with a mapping that is not there": {func(f *fixture) {
			f.config.Spec.Groups.Enabled = new(true)
			f.config.Spec.Groups.AttributeMappingRef = &api.ObjectReference{Name: "nobody"}
		}, api.ReferenceNotFoundReason, true, false},
		"a broken mapping and another token": {func(f *fixture) {
			f.breakMapping()
			f.secret("genesys", "token", "renewed")
		}, api.ReferenceInvalidReason, false, false},
		"a broken mapping and no Secret": {func(f *fixture) {
			f.breakMapping()
			f.secret("genesys", "token", "")
		}, api.ReferenceInvalidReason, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			f.config.Spec.Users.AttributeMappingRef = &api.ObjectReference{Name: "people"}
			f.config.Spec.Users.ScopingFilterRefs = []api.ObjectReference{{Name: "sales"}}
			f.config.Spec.Groups.Enabled = new(false)
			good := f.build()
			f.restarted(good)
			tc.breaks(f)
			got, err := f.builder.Build(t.Context(), f.config)
			var u *plan.Unresolved
			if !errors.As(err, &u) || u.Reason != tc.wantReason {
				t.Fatalf("error = %v, want the reason %s", err, tc.wantReason)
			}
			if (got.Plan == nil) != tc.wantNone {
				t.Fatalf("plan = %v, want none: %v", got.Plan, tc.wantNone)
			}
			if tc.wantNone {
				return
			}
			if got.Plan.Fingerprint != good.Plan.Fingerprint || got.Plan.Groups != nil {
				t.Errorf("fingerprint %s, want %s; groups %v", got.Plan.Fingerprint, good.Plan.Fingerprint, got.Plan.Groups)
			}
			if same := got.Revision == good.Revision; same != tc.wantSame {
				t.Errorf("revision %s before %s, the same: %v, want %v", got.Revision, good.Revision, same, tc.wantSame)
			}
			if got.Plan.Users.Scope.Evaluate(directory.Attributes{"department": {"IT"}}).InScope {
				t.Error("the scoping filter is not part of the plan")
			}
			again, _ := f.builder.Build(t.Context(), f.config)
			if again.Plan != got.Plan {
				t.Error("the plan is made anew at each look, so that connections and what was learnt are lost")
			}
		})
	}
}

func TestPausingWorksWhileTheLastGoodPlanIsInForce(t *testing.T) {
	f := newFixture(t)
	f.config.Spec.Users.AttributeMappingRef = &api.ObjectReference{Name: "people"}
	f.restarted(f.build())
	f.breakMapping()
	f.config.Spec.ProvisioningMode = api.ProvisioningModeDryRun
	got, _ := f.builder.Build(t.Context(), f.config)
	if got.Plan == nil || !got.Plan.DryRun {
		t.Errorf("plan = %+v, want a dry run", got.Plan)
	}
}

func TestAStoreThatCannotBeReadIsNoMissingPlan(t *testing.T) {
	f := newFixture(t)
	f.config.Spec.Users.AttributeMappingRef = &api.ObjectReference{Name: "people"}
	f.restarted(f.build()).err = fault.New(fault.Transient, "load", "the store is busy")
	f.breakMapping()
	_, err := f.builder.Build(t.Context(), f.config)
	if !fault.Is(err, fault.Transient) {
		t.Errorf("error = %v, want that of the store, so that it is tried again", err)
	}
}
