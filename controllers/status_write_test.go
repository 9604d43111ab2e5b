package controllers

import (
	"context"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/tools/events"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	api "github.com/entrain-dev/entrain/api/v1alpha1"
	"github.com/entrain-dev/entrain/internal/engine"
	"github.com/entrain-dev/entrain/internal/plan"
	"github.com/entrain-dev/entrain/internal/runner"
	"github.com/entrain-dev/entrain/internal/state"
)

// scribe is the reconciler with a runner that says what a test wants, a fake clock, and a record of when status was written.
type scribe struct {
	*testing.T
	clock  *clockwork.FakeClock
	r      *ProvisioningConfigReconciler
	client client.Client
	status runner.Status
	writes []time.Duration
}

var scribeKey = client.ObjectKey{Namespace: "identity", Name: "genesys"}

func newScribe(t *testing.T) *scribe {
	t.Helper()
	s := &scribe{T: t, clock: clockwork.NewFakeClockAt(noon), status: observed().run}
	scheme := runtime.NewScheme()
	must(t, api.AddToScheme(scheme))
	config := &api.ProvisioningConfig{ObjectMeta: metav1.ObjectMeta{Namespace: scribeKey.Namespace, Name: scribeKey.Name, UID: "u", Generation: 1}}
	s.client = fake.NewClientBuilder().WithScheme(scheme).WithObjects(config).WithStatusSubresource(config).WithInterceptorFuncs(interceptor.Funcs{
		SubResourcePatch: func(ctx context.Context, c client.Client, sub string, o client.Object, p client.Patch, opts ...client.SubResourcePatchOption) error {
			s.writes = append(s.writes, s.clock.Since(noon))
			return c.SubResource(sub).Patch(ctx, o, p, opts...)
		},
	}).Build()
	s.r = &ProvisioningConfigReconciler{Client: s.client, Planner: s, Runner: s, Recorder: events.NewFakeRecorder(100), Clock: s.clock}
	return s
}

// Build implements Planner, the other methods Runner.
func (s *scribe) Build(context.Context, *api.ProvisioningConfig) (plan.Result, error) {
	return plan.Result{}, nil
}
func (s *scribe) Set(state.ConfigID, runner.Desired)                 {}
func (s *scribe) Remove(context.Context, state.ConfigID, bool) error { return nil }
func (s *scribe) Status(state.ConfigID) (runner.Status, bool)        { return s.status, true }

// news is what happens when the runner has news: a reconciliation.
func (s *scribe) news() (ctrl.Result, *api.ProvisioningConfig) {
	s.Helper()
	result, err := s.r.Reconcile(s.Context(), ctrl.Request{NamespacedName: scribeKey})
	must(s.T, err)
	config := &api.ProvisioningConfig{}
	must(s.T, s.client.Get(s.Context(), scribeKey, config))
	return result, config
}

// run begins a cycle or moves it on.
func (s *scribe) run(phase engine.Phase, done int64) {
	s.status.Running = true
	s.status.Progress = engine.Progress{Phase: phase, Done: done, Total: 1000}
	s.status.ProgressTime = s.clock.Now()
}

// TestARunningCycleWritesStatusAtMostOnceInFiveSeconds: the runner has news ten times a second, phases follow each other and
// connections are tried; the API server hears of it every five seconds, and of the beginning and the end at once.
func TestARunningCycleWritesStatusAtMostOnceInFiveSeconds(t *testing.T) {
	s := newScribe(t)
	s.status.Tried = false
	s.news()
	s.clock.Advance(time.Second)
	for i := range int64(300) {
		s.run([]engine.Phase{engine.PhaseImport, engine.PhaseMatch, engine.PhaseUsers}[i/100], i%100)
		s.status.Tried = i > 3
		s.news()
		s.clock.Advance(100 * time.Millisecond)
	}
	s.status.Running = false
	s.status.State.Last = &state.Report{ID: "c2", Started: noon, Ended: s.clock.Now(), Result: engine.Succeeded}
	_, config := s.news()
	if got := config.Status.LastCycle; got == nil || got.ID != "c2" || config.Status.Progress.Summary != "Completed" {
		t.Errorf("the end of the cycle is not in the status: %+v", config.Status)
	}
	// Before the cycle, at its beginning, every five seconds in 30, and at its end.
	if n := len(s.writes); n != 2+5+1 {
		t.Errorf("%d writes at %v, want 8", n, s.writes)
	}
	for i := 2; i < len(s.writes)-1; i++ {
		if gap := s.writes[i] - s.writes[i-1]; gap < progressInterval {
			t.Errorf("writes %v apart at %v", gap, s.writes[i])
		}
	}
}

// TestWhatWasNotWrittenIsWrittenLater: the last news of a cycle may be followed by silence.
func TestWhatWasNotWrittenIsWrittenLater(t *testing.T) {
	s := newScribe(t)
	s.run(engine.PhaseImport, 1)
	s.news()
	s.clock.Advance(2 * time.Second)
	s.run(engine.PhaseUsers, 7)
	result, config := s.news()
	if config.Status.Progress.Phase != api.PhaseImport || result.RequeueAfter != 3*time.Second {
		t.Fatalf("after 2 s the status says %+v and is looked at again in %s", config.Status.Progress, result.RequeueAfter)
	}
	s.clock.Advance(result.RequeueAfter)
	if _, config = s.news(); config.Status.Progress.Phase != api.PhaseUsers {
		t.Errorf("after 5 s the status says %+v", config.Status.Progress)
	}
}

// TestAChangedSpecIsAnsweredAtOnce: whoever applied something must not wait for the status of the running cycle.
func TestAChangedSpecIsAnsweredAtOnce(t *testing.T) {
	s := newScribe(t)
	s.run(engine.PhaseImport, 1)
	_, config := s.news()
	config.Generation = 2
	must(t, s.client.Update(t.Context(), config))
	s.clock.Advance(time.Second)
	if _, config = s.news(); config.Status.ObservedGeneration != 2 {
		t.Errorf("the observed generation is %d, want 2", config.Status.ObservedGeneration)
	}
}

func TestAnIdleConfigIsNotWrittenAgain(t *testing.T) {
	s := newScribe(t)
	for range 10 {
		s.news()
		s.clock.Advance(time.Minute)
	}
	if len(s.writes) != 1 {
		t.Errorf("%d writes, want 1", len(s.writes))
	}
}
