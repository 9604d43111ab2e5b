package controllers

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/jonboulle/clockwork"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/events"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	api "github.com/entrain-dev/entrain/api/v1alpha1"
	"github.com/entrain-dev/entrain/internal/plan"
	"github.com/entrain-dev/entrain/internal/runner"
	"github.com/entrain-dev/entrain/internal/state"
)

const (
	// progressInterval is how often the status of a running cycle is written at the most.
	progressInterval = 5 * time.Second
	// unresolvedRetry is how often a reference that could not be read because of the API server is tried again.
	unresolvedRetry = time.Minute
)

// Runner is what the controllers need of package runner.
type Runner interface {
	Set(id state.ConfigID, d runner.Desired)
	Remove(ctx context.Context, id state.ConfigID, forget bool) error
	Status(id state.ConfigID) (runner.Status, bool)
}

// Planner is what the controllers need of package plan.
type Planner interface {
	Build(ctx context.Context, config *api.ProvisioningConfig) (plan.Result, error)
}

// ProvisioningConfigReconciler turns ProvisioningConfigs into plans for the runner, and what the runner reports into status.
type ProvisioningConfigReconciler struct {
	Client   client.Client
	Planner  Planner
	Runner   Runner
	Recorder events.EventRecorder
	Clock    clockwork.Clock
	// Forget is called when a config is deleted, to drop its metrics; may be nil.
	Forget func(name string)

	mu sync.Mutex
	// plans holds the last good plan of each config; while the spec cannot be resolved it stays in force.
	plans map[types.UID]runner.Desired
	// told is the number of the last notice that became an event.
	told map[types.UID]int64
	// written holds when the status of each config was written last.
	written map[types.UID]writing
	// names finds the resource of a config that the runner speaks of.
	names map[state.ConfigID]types.NamespacedName
}

// +kubebuilder:rbac:groups=provisioning.entrain.dev,resources=provisioningconfigs,verbs=get;list;watch;update;patch
// +kubebuilder:rbac:groups=provisioning.entrain.dev,resources=provisioningconfigs/status,verbs=get;update;patch
// +kubebuilder:rbac:groups=provisioning.entrain.dev,resources=provisioningconfigs/finalizers,verbs=update
// +kubebuilder:rbac:groups="",resources=secrets,verbs=get;list;watch;create;update;patch;delete
// +kubebuilder:rbac:groups="";events.k8s.io,resources=events,verbs=create;patch

// Reconcile brings one config in line with its resource: read, plan, hand over, report.
func (r *ProvisioningConfigReconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	config := &api.ProvisioningConfig{}
	if err := r.Client.Get(ctx, req.NamespacedName, config); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	if !config.DeletionTimestamp.IsZero() {
		return ctrl.Result{}, r.delete(ctx, config)
	}
	if controllerutil.AddFinalizer(config, api.Finalizer) {
		if err := r.Client.Update(ctx, config); err != nil {
			return conflictLater(err)
		}
	}
	config.SetDefaults()
	r.remember(config)

	o := observation{config: config, now: r.Clock.Now()}
	result, err := r.Planner.Build(ctx, config)
	if err != nil && !errors.As(err, &o.unresolved) {
		return ctrl.Result{}, err
	}
	desired, planned := r.desired(config, result, err == nil || result.Plan != nil)
	o.planned, o.token = planned, result.Token
	id := state.ConfigID(config.UID)
	if planned {
		r.Runner.Set(id, desired)
	}
	o.run, _ = r.Runner.Status(id)
	return r.report(ctx, o)
}

// desired returns what is wanted of the runner: the new plan, or the last good one under the current mode and requests.
func (r *ProvisioningConfigReconciler) desired(config *api.ProvisioningConfig, result plan.Result, usable bool) (runner.Desired, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	d, ok := r.plans[config.UID]
	if usable {
		d, ok = runner.Desired{Plan: result.Plan, Revision: result.Revision}, true
	}
	if !ok {
		return d, false
	}
	d.Mode = runner.Mode(config.Spec.ProvisioningMode)
	d.Interval = config.Spec.Schedule.Interval.Duration
	d.DisableAfter = time.Duration(config.Spec.Quarantine.DisableAfterDays) * 24 * time.Hour
	d.Requests = runner.Requests{
		Sync: request(config, api.SyncAnnotation), Restart: request(config, api.RestartAnnotation), AllowDeletes: request(config, api.AllowDeletesAnnotation),
	}
	d.Reset, d.ResetProblem = resetOf(d.Requests.Restart)
	d.Handled = runner.Requests{
		Sync: config.Status.LastHandledSync, Restart: config.Status.LastHandledRestart, AllowDeletes: config.Status.LastHandledAllowDeletes,
	}
	r.plans[config.UID] = d
	return d, true
}

// request returns the value of a request annotation, shortened to what status can repeat.
func request(config *api.ProvisioningConfig, annotation string) string {
	return clip(config.Annotations[annotation], api.MaxRequestLength)
}

// resetOf reads the criteria of a restart request (reference 1.5): "token" alone does what the portal's button does.
// The problem says what was not understood.
func resetOf(request string) (out state.Reset, problem string) {
	_, criteria, given := strings.Cut(request, ":")
	if !given || strings.TrimSpace(criteria) == "" {
		return state.Reset{Watermark: true, Escrows: true, Quarantine: true}, ""
	}
	for c := range strings.SplitSeq(criteria, ",") {
		switch api.RestartScope(strings.TrimSpace(c)) {
		case api.RestartWatermark:
			out.Watermark = true
		case api.RestartEscrows:
			out.Escrows = true
		case api.RestartQuarantineState:
			out.Quarantine = true
		case api.RestartFull:
			out = state.Reset{Watermark: true, Escrows: true, Quarantine: true, Links: true}
		default:
			return state.Reset{}, "Nothing was restarted: " + strings.TrimSpace(c) + " is no restart criterion; use Watermark, Escrows, QuarantineState or Full."
		}
	}
	return out, ""
}

// report writes the status when it says something new, and events for what the runner has to tell.
func (r *ProvisioningConfigReconciler) report(ctx context.Context, o observation) (ctrl.Result, error) {
	config := o.config
	next := compute(o)
	again := ctrl.Result{}
	if o.run.Running {
		again.RequeueAfter = progressInterval
	} else if o.unresolved != nil {
		again.RequeueAfter = unresolvedRetry
	}
	r.tell(config, o.run.Notices)
	if equality.Semantic.DeepEqual(config.Status, next) {
		return again, nil
	}
	if wait := r.tooSoon(o); wait > 0 {
		return ctrl.Result{RequeueAfter: wait}, nil
	}
	base := config.DeepCopy()
	config.Status = next
	if err := r.Client.Status().Patch(ctx, config, client.MergeFromWithOptions(base, client.MergeFromWithOptimisticLock{})); err != nil {
		return conflictLater(client.IgnoreNotFound(err))
	}
	r.wrote(o)
	return again, nil
}

// writing is the last write of a status: when it was, and whether it was about a running cycle of the spec that it had observed.
type writing struct {
	at         time.Time
	running    bool
	generation int64
}

// tooSoon returns how long to wait because a running cycle was written of a moment ago. The beginning and the end of a cycle and
// a changed spec are written at once.
func (r *ProvisioningConfigReconciler) tooSoon(o observation) time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	last, ok := r.written[o.config.UID]
	if !ok || !o.run.Running || !last.running || last.generation != o.config.Generation {
		return 0
	}
	return max(0, progressInterval-o.now.Sub(last.at))
}

func (r *ProvisioningConfigReconciler) wrote(o observation) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.written[o.config.UID] = writing{at: o.now, running: o.run.Running, generation: o.config.Generation}
}

// tell turns notices that were not told yet into events.
func (r *ProvisioningConfigReconciler) tell(config *api.ProvisioningConfig, notices []runner.Notice) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, n := range notices {
		if n.Number <= r.told[config.UID] {
			continue
		}
		r.told[config.UID] = n.Number
		kind := corev1.EventTypeNormal
		if n.Warning {
			kind = corev1.EventTypeWarning
		}
		r.Recorder.Eventf(config, nil, kind, n.Reason, "Provision", "%s", clip(n.Message, maxMessage))
	}
}

// delete stops provisioning and forgets the state; nobody in the target is touched.
func (r *ProvisioningConfigReconciler) delete(ctx context.Context, config *api.ProvisioningConfig) error {
	if !controllerutil.ContainsFinalizer(config, api.Finalizer) {
		return nil
	}
	if err := r.Runner.Remove(ctx, state.ConfigID(config.UID), true); err != nil {
		return err
	}
	r.mu.Lock()
	delete(r.plans, config.UID)
	delete(r.told, config.UID)
	delete(r.written, config.UID)
	delete(r.names, state.ConfigID(config.UID))
	r.mu.Unlock()
	if r.Forget != nil {
		r.Forget(config.Namespace + "/" + config.Name)
	}
	controllerutil.RemoveFinalizer(config, api.Finalizer)
	return client.IgnoreNotFound(r.Client.Update(ctx, config))
}

func (r *ProvisioningConfigReconciler) remember(config *api.ProvisioningConfig) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.plans == nil {
		r.plans, r.told, r.names = map[types.UID]runner.Desired{}, map[types.UID]int64{}, map[state.ConfigID]types.NamespacedName{}
		r.written = map[types.UID]writing{}
	}
	r.names[state.ConfigID(config.UID)] = client.ObjectKeyFromObject(config)
}

// Name returns the resource of a config that was reconciled.
func (r *ProvisioningConfigReconciler) Name(id state.ConfigID) (types.NamespacedName, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	n, ok := r.names[id]
	return n, ok
}

// conflictLater turns a conflict into another look: the cache is a moment behind.
func conflictLater(err error) (ctrl.Result, error) {
	if apierrors.IsConflict(err) {
		return ctrl.Result{RequeueAfter: time.Second}, nil
	}
	return ctrl.Result{}, err
}
