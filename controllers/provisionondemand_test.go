package controllers

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jonboulle/clockwork"
	"github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	api "github.com/entrain-dev/entrain/api/v1alpha1"
	"github.com/entrain-dev/entrain/internal/engine"
	"github.com/entrain-dev/entrain/internal/fault"
	"github.com/entrain-dev/entrain/internal/simulator/genesyssim"
	"github.com/entrain-dev/entrain/internal/state"
)

// onDemand asks for somebody and waits for the end of the request.
func (o *operator) onDemand(spec api.ProvisionOnDemandSpec) *api.ProvisionOnDemand {
	o.t.Helper()
	spec.ProvisioningConfigRef.Name = "genesys"
	d := &api.ProvisionOnDemand{ObjectMeta: metav1.ObjectMeta{Namespace: o.ns, GenerateName: "one-"}, Spec: spec}
	o.create(d)
	o.g.Eventually(func() *metav1.Time {
		must(o.t, o.client.Get(o.t.Context(), client.ObjectKeyFromObject(d), d))
		return d.Status.CompletionTime
	}).ShouldNot(gomega.BeNil())
	return d
}

func byName(name string) api.ProvisionOnDemandSpec {
	upn := name + "@contoso.com"
	return api.ProvisionOnDemandSpec{User: &api.OnDemandUser{UserPrincipalName: &upn}}
}

// brief is what kubectl shows of a request: the true condition with its reason, result and action.
func brief(d *api.ProvisionOnDemand) string {
	var out []string
	for _, c := range d.Status.Conditions {
		if c.Status == metav1.ConditionTrue {
			out = append(out, c.Type, c.Reason)
		}
	}
	return strings.Join(append(out, "result", string(d.Status.Result), string(d.Status.Action)), " ")
}

func stepNames(d *api.ProvisionOnDemand) []string {
	var out []string
	for _, s := range d.Status.Steps {
		out = append(out, string(s.Name)+" "+string(s.Result))
	}
	return out
}

func TestSomebodyIsProvisionedOnDemand(t *testing.T) {
	for name, tc := range map[string]struct {
		mode      api.ProvisioningMode
		want      string
		wantUser  bool
		wantSteps []string
	}{
		"Automatic": {api.ProvisioningModeAutomatic, "Complete Success result Success Create", true,
			[]string{"TestConnection Success", "Import Success", "DetermineScope Success", "Match Success", "PerformAction Success"}},
		"Manual": {api.ProvisioningModeManual, "Complete Success result Success Create", true,
			[]string{"TestConnection Success", "Import Success", "DetermineScope Success", "Match Success", "PerformAction Success"}},
		"DryRun": {api.ProvisioningModeDryRun, "Complete Skipped result Skipped Create", false,
			[]string{"TestConnection Success", "Import Success", "DetermineScope Success", "Match Success", "PerformAction Skipped"}},
		"Paused": {api.ProvisioningModePaused, "Failed Paused result Failure ", false, nil},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOperator(t)
			o.create(o.config(func(c *api.ProvisioningConfig) { c.Spec.ProvisioningMode = tc.mode }))
			switch tc.mode {
			case api.ProvisioningModeManual, api.ProvisioningModePaused:
			default:
				o.g.Eventually(func() *api.CycleReport { return o.get().Status.LastCycle }).ShouldNot(gomega.BeNil())
			}
			o.hire("ada")
			d := o.onDemand(byName("ada"))
			if got := brief(d); got != tc.want {
				t.Errorf("ended as %q, want %q; conditions %+v", got, tc.want, d.Status.Conditions)
			}
			if diff := cmp.Diff(tc.wantSteps, stepNames(d)); diff != "" {
				t.Errorf("steps (-want +got):\n%s", diff)
			}
			u, ok := o.genesys.UserByName("ada@contoso.com")
			if ok != tc.wantUser || ok && (d.Status.TargetID != u.ID || len(d.Status.ModifiedProperties) == 0 || u.State != genesyssim.Active) {
				t.Errorf("user %v %+v, status %+v", ok, u, d.Status)
			}
		})
	}
}

func TestARequestSaysWhyItFailed(t *testing.T) {
	o := newOperator(t)
	d := o.onDemand(byName("ada"))
	c := meta.FindStatusCondition(d.Status.Conditions, api.FailedCondition)
	if got := brief(d); got != "Failed ReferenceNotFound result Failure " || !strings.Contains(c.Message, `"genesys" does not exist`) {
		t.Errorf("without a config it ended as %q: %+v", got, c)
	}
	o.create(o.config(func(c *api.ProvisioningConfig) { c.Spec.Target.SCIM.Credentials.SecretToken.SecretRef.Name = "absent" }))
	o.condition(api.ReferencesResolvedCondition, metav1.ConditionFalse, api.SecretNotFoundReason)
	d = o.onDemand(byName("ada"))
	c = meta.FindStatusCondition(d.Status.Conditions, api.FailedCondition)
	if got := brief(d); got != "Failed ReferenceInvalid result Failure " || !strings.Contains(c.Message, `"absent" does not exist`) {
		t.Errorf("without a Secret it ended as %q: %+v", got, c)
	}
	o.secret("absent", map[string]string{"token": "good-token"})
	o.condition(api.SynchronizedCondition, metav1.ConditionTrue, api.SteadyStateReason)
	d = o.onDemand(byName("nobody"))
	c = meta.FindStatusCondition(d.Status.Conditions, api.FailedCondition)
	if got := brief(d); got != "Failed StepFailed result Failure None" || !strings.HasPrefix(c.Message, "Import: ") {
		t.Errorf("for nobody it ended as %q: %+v", got, c)
	}
}

func TestAFinishedRequestIsDeletedAfterItsTime(t *testing.T) {
	o := newOperator(t)
	o.create(o.config())
	o.hire("ada")
	spec, now := byName("ada"), int32(0)
	spec.TTLSecondsAfterFinished, spec.ProvisioningConfigRef.Name = &now, "genesys"
	d := &api.ProvisionOnDemand{ObjectMeta: metav1.ObjectMeta{Namespace: o.ns, Name: "short"}, Spec: spec}
	o.create(d)
	o.g.Eventually(func() bool {
		return apierrors.IsNotFound(o.client.Get(t.Context(), client.ObjectKeyFromObject(d), d))
	}).Should(gomega.BeTrue())
	if _, ok := o.genesys.UserByName("ada@contoso.com"); !ok {
		t.Error("Ada was not provisioned")
	}
}

// desk is the reconciler alone on the real API server: nobody else looks after its namespace.
type desk struct {
	t      *testing.T
	client client.Client
	ns     string
	clock  *clockwork.FakeClock
	r      *ProvisionOnDemandReconciler
	// answer is what the engine does.
	answer func(ctx context.Context) (engine.OnDemand, error)
	runs   int
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	scheme := runtime.NewScheme()
	must(t, clientgoscheme.AddToScheme(scheme))
	must(t, api.AddToScheme(scheme))
	direct, err := client.New(apiServer, client.Options{Scheme: scheme})
	must(t, err)
	ns := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "entrain-"}}
	must(t, direct.Create(t.Context(), ns))
	d := &desk{t: t, client: direct, ns: ns.Name, clock: clockwork.NewFakeClockAt(time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC))}
	d.r = &ProvisionOnDemandReconciler{Client: direct, Runner: d, Engine: d, Clock: d.clock}
	return d
}

// Exclusively implements Exclusive.
func (d *desk) Exclusively(ctx context.Context, _ state.ConfigID, run func(context.Context, *engine.Plan) error) error {
	return run(ctx, &engine.Plan{})
}

// OnDemand implements Demander.
func (d *desk) OnDemand(ctx context.Context, _ *engine.Plan, _ engine.Subject) (engine.OnDemand, error) {
	d.runs++
	return d.answer(ctx)
}

func (d *desk) request(name string) *api.ProvisionOnDemand {
	d.t.Helper()
	spec := byName("ada")
	spec.ProvisioningConfigRef.Name = "genesys"
	out := &api.ProvisionOnDemand{ObjectMeta: metav1.ObjectMeta{Namespace: d.ns, Name: name}, Spec: spec}
	must(d.t, d.client.Create(d.t.Context(), out))
	return out
}

func (d *desk) reconcile(ctx context.Context, request *api.ProvisionOnDemand) ctrl.Result {
	d.t.Helper()
	result, err := d.r.Reconcile(ctx, ctrl.Request{NamespacedName: client.ObjectKeyFromObject(request)})
	must(d.t, err)
	must(d.t, client.IgnoreNotFound(d.client.Get(context.WithoutCancel(ctx), client.ObjectKeyFromObject(request), request)))
	return result
}

func TestARequestIsCarriedOutOnceAndNotAfterAnInterruption(t *testing.T) {
	d := newDesk(t)
	o := &operator{t: t, client: d.client, ns: d.ns, graphURL: "http://127.0.0.1:1", genesysURL: "http://127.0.0.1:1"}
	o.tenant = testTenant()
	must(t, d.client.Create(t.Context(), o.config()))
	done := engine.OnDemand{
		Source: "11112222-bbbb-3333-cccc-4444dddd5555", Target: "t", Action: engine.OnDemandUpdate, Result: engine.OnDemandSuccess,
		Steps:      []engine.OnDemandStep{{Name: engine.StepPerformAction, Result: engine.OnDemandSuccess, Details: map[string]string{"a": strings.Repeat("ä", 5000)}, Time: d.clock.Now()}},
		Properties: []state.LogProperty{{Name: "displayName", Old: "", New: strings.Repeat("x", 5000)}},
	}

	d.answer = func(context.Context) (engine.OnDemand, error) { return done, nil }
	first := d.request("first")
	result := d.reconcile(t.Context(), first)
	if brief(first) != "Complete Success result Success Update" || result.RequeueAfter != 24*time.Hour || d.runs != 1 {
		t.Fatalf("%q after %d runs, again in %v", brief(first), d.runs, result.RequeueAfter)
	}
	d.clock.Advance(23 * time.Hour)
	if result := d.reconcile(t.Context(), first); d.runs != 1 || result.RequeueAfter != time.Hour {
		t.Errorf("a finished request was run %d times; again in %v", d.runs, result.RequeueAfter)
	}
	d.clock.Advance(time.Hour)
	d.reconcile(t.Context(), first)
	if err := d.client.Get(t.Context(), client.ObjectKeyFromObject(first), first); !apierrors.IsNotFound(err) {
		t.Errorf("after a day: %v", err)
	}

	// The operator ends in the middle: the result is written all the same.
	ctx, cancel := context.WithCancel(t.Context())
	d.answer = func(ctx context.Context) (engine.OnDemand, error) {
		cancel()
		return engine.OnDemand{}, fault.Wrap(fault.Canceled, "on demand", ctx.Err())
	}
	stopped := d.request("stopped")
	d.reconcile(ctx, stopped)
	if brief(stopped) != "Failed Interrupted result Failure " {
		t.Errorf("a request that was stopped ended as %q", brief(stopped))
	}

	// The operator is killed in the middle: the next one does not begin again.
	d.answer = func(context.Context) (engine.OnDemand, error) { panic("killed") }
	killed := d.request("killed")
	func() {
		defer func() { _ = recover() }()
		_, _ = d.r.Reconcile(t.Context(), ctrl.Request{NamespacedName: client.ObjectKeyFromObject(killed)})
	}()
	d.r = &ProvisionOnDemandReconciler{Client: d.client, Runner: d, Engine: d, Clock: d.clock}
	runs := d.runs
	d.reconcile(t.Context(), killed)
	if brief(killed) != "Failed Interrupted result Failure " || d.runs != runs {
		t.Errorf("a request that was killed ended as %q after %d more runs", brief(killed), d.runs-runs)
	}

	d.answer = func(context.Context) (engine.OnDemand, error) {
		return engine.OnDemand{}, fault.New(fault.Internal, "store", "The store is full.")
	}
	failed := d.request("failed")
	d.reconcile(t.Context(), failed)
	if brief(failed) != "Failed InternalError result Failure " {
		t.Errorf("a request that failed inside ended as %q", brief(failed))
	}
}
