package controllers

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/jonboulle/clockwork"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/predicate"

	api "github.com/entrain-dev/entrain/api/v1alpha1"
	"github.com/entrain-dev/entrain/internal/engine"
	"github.com/entrain-dev/entrain/internal/fault"
	"github.com/entrain-dev/entrain/internal/runner"
	"github.com/entrain-dev/entrain/internal/state"
)

const (
	// onDemandTimeout bounds one request from its turn on; it normally takes a few seconds.
	onDemandTimeout = 10 * time.Minute
	// onDemandWriteTimeout bounds writing the result, also while the operator ends.
	onDemandWriteTimeout = 10 * time.Second
	// onDemandRetry is when to look again for a configuration that the runner does not have yet.
	onDemandRetry = 2 * time.Second
	// onDemandConcurrent is how many requests are carried out at the same time; those of one configuration take turns.
	onDemandConcurrent = 10
)

// Exclusive runs something while no cycle of a config runs; *runner.Runner does.
type Exclusive interface {
	Exclusively(ctx context.Context, id state.ConfigID, run func(ctx context.Context, plan *engine.Plan) error) error
}

// Demander provisions one object; *engine.Engine does.
type Demander interface {
	OnDemand(ctx context.Context, plan *engine.Plan, s engine.Subject) (engine.OnDemand, error)
}

// ProvisionOnDemandReconciler carries out ProvisionOnDemands, each once, and deletes them after their time.
type ProvisionOnDemandReconciler struct {
	Client client.Client
	Runner Exclusive
	Engine Demander
	Clock  clockwork.Clock

	mu sync.Mutex
	// results hold what came of a request until it is written.
	results map[types.UID]api.ProvisionOnDemandStatus
}

// +kubebuilder:rbac:groups=provisioning.entrain.dev,resources=provisionondemands,verbs=get;list;watch;delete
// +kubebuilder:rbac:groups=provisioning.entrain.dev,resources=provisionondemands/status,verbs=get;update;patch

// Reconcile carries out one request, or waits for the end of its time. A request that was begun and has no result was
// interrupted by the end of an operator: nobody knows how far it came, so it is not begun again.
func (r *ProvisionOnDemandReconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	demand := &api.ProvisionOnDemand{}
	if err := r.Client.Get(ctx, req.NamespacedName, demand); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	if !demand.DeletionTimestamp.IsZero() {
		return ctrl.Result{}, nil
	}
	demand.SetDefaults()
	if demand.Status.CompletionTime != nil {
		return r.expire(ctx, demand)
	}
	if status, ok := r.result(demand.UID); ok {
		return r.write(ctx, demand, status)
	}
	if demand.Status.StartTime != nil {
		return r.refuse(ctx, demand, api.InterruptedReason,
			"The operator stopped while the request was carried out; the provisioning log says how far it came. Create the request again.")
	}
	config := &api.ProvisioningConfig{}
	name := client.ObjectKey{Namespace: demand.Namespace, Name: string(demand.Spec.ProvisioningConfigRef.Name)}
	if err := r.Client.Get(ctx, name, config); client.IgnoreNotFound(err) != nil {
		return ctrl.Result{}, err
	} else if err != nil || !config.DeletionTimestamp.IsZero() {
		return r.refuse(ctx, demand, api.ReferenceNotFoundReason,
			"The ProvisioningConfig \""+name.Name+"\" does not exist in the namespace \""+name.Namespace+"\"; create the request again with the right name.")
	}
	if config.Spec.ProvisioningMode == api.ProvisioningModePaused {
		return r.refuse(ctx, demand, api.PausedReason, runner.ErrPaused.Message)
	}
	return r.run(ctx, demand, config)
}

// run carries the request out when it is its turn, and writes what came of it.
func (r *ProvisionOnDemandReconciler) run(ctx context.Context, demand *api.ProvisionOnDemand, config *api.ProvisioningConfig) (ctrl.Result, error) {
	begun := false
	var out engine.OnDemand
	err := r.Runner.Exclusively(ctx, state.ConfigID(config.UID), func(ctx context.Context, plan *engine.Plan) error {
		base := demand.DeepCopy()
		now := metav1.NewTime(r.Clock.Now())
		demand.Status.StartTime, demand.Status.ObservedGeneration = &now, demand.Generation
		if err := r.Client.Status().Patch(ctx, demand, client.MergeFromWithOptions(base, client.MergeFromWithOptimisticLock{})); err != nil {
			return err
		}
		begun = true
		ctx, cancel := context.WithTimeout(ctx, onDemandTimeout)
		defer cancel()
		var err error
		out, err = r.Engine.OnDemand(ctx, plan, subjectOf(demand))
		return err
	})
	switch {
	case begun:
		return r.write(ctx, demand, r.statusOf(demand, out, err))
	case errors.Is(err, runner.ErrPaused):
		return r.refuse(ctx, demand, api.PausedReason, runner.ErrPaused.Message)
	case fault.Is(err, fault.NotFound):
		if c := meta.FindStatusCondition(config.Status.Conditions, api.ReferencesResolvedCondition); c != nil &&
			c.Status == metav1.ConditionFalse && c.ObservedGeneration == config.Generation {
			return r.refuse(ctx, demand, api.ReferenceInvalidReason, c.Message)
		}
		return ctrl.Result{RequeueAfter: onDemandRetry}, nil
	case fault.Is(err, fault.Canceled):
		// It was not begun: the next operator does it.
		return ctrl.Result{RequeueAfter: onDemandRetry}, nil
	}
	return conflictLater(client.IgnoreNotFound(err))
}

func subjectOf(demand *api.ProvisionOnDemand) engine.Subject {
	if g := demand.Spec.Group; g != nil {
		s := engine.Subject{GroupID: string(g.ID)}
		for _, m := range g.Members {
			s.Members = append(s.Members, string(m))
		}
		return s
	}
	var s engine.Subject
	if u := demand.Spec.User; u != nil && u.ID != nil {
		s.UserID = string(*u.ID)
	} else if u != nil && u.UserPrincipalName != nil {
		s.UserPrincipalName = *u.UserPrincipalName
	}
	return s
}

// refuse ends a request without carrying it out.
func (r *ProvisionOnDemandReconciler) refuse(ctx context.Context, demand *api.ProvisionOnDemand, reason, message string) (ctrl.Result, error) {
	status := *demand.Status.DeepCopy()
	status.Result = api.OnDemandFailure
	r.complete(demand, &status, api.FailedCondition, reason, message)
	return r.write(ctx, demand, status)
}

// complete ends a status.
func (r *ProvisionOnDemandReconciler) complete(demand *api.ProvisionOnDemand, s *api.ProvisionOnDemandStatus, typ, reason, message string) {
	now := metav1.NewTime(r.Clock.Now())
	s.ObservedGeneration, s.CompletionTime = demand.Generation, &now
	meta.SetStatusCondition(&s.Conditions, metav1.Condition{
		Type: typ, Status: metav1.ConditionTrue, Reason: reason, Message: clip(message, maxMessage), ObservedGeneration: demand.Generation, LastTransitionTime: now,
	})
}

func (r *ProvisionOnDemandReconciler) result(uid types.UID) (api.ProvisionOnDemandStatus, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s, ok := r.results[uid]
	return s, ok
}

// write writes a result. Until that succeeds the result is kept; it is written too while the operator ends.
func (r *ProvisionOnDemandReconciler) write(ctx context.Context, demand *api.ProvisionOnDemand, status api.ProvisionOnDemandStatus) (ctrl.Result, error) {
	r.mu.Lock()
	if r.results == nil {
		r.results = map[types.UID]api.ProvisionOnDemandStatus{}
	}
	r.results[demand.UID] = status
	r.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), onDemandWriteTimeout)
	defer cancel()
	base := demand.DeepCopy()
	demand.Status = status
	if err := r.Client.Status().Patch(ctx, demand, client.MergeFromWithOptions(base, client.MergeFromWithOptimisticLock{})); client.IgnoreNotFound(err) != nil {
		return conflictLater(err)
	}
	r.mu.Lock()
	delete(r.results, demand.UID)
	r.mu.Unlock()
	return ctrl.Result{RequeueAfter: ttl(demand)}, nil
}

// ttl is how long a finished request stays, at least a moment.
func ttl(demand *api.ProvisionOnDemand) time.Duration {
	// An answer of the API server that was decoded into the object may have taken the default away again.
	demand.SetDefaults()
	return max(time.Duration(*demand.Spec.TTLSecondsAfterFinished)*time.Second, time.Millisecond)
}

// expire deletes a finished request whose time is over.
func (r *ProvisionOnDemandReconciler) expire(ctx context.Context, demand *api.ProvisionOnDemand) (ctrl.Result, error) {
	if left := demand.Status.CompletionTime.Add(ttl(demand)).Sub(r.Clock.Now()); left > 0 {
		return ctrl.Result{RequeueAfter: left}, nil
	}
	return ctrl.Result{}, client.IgnoreNotFound(r.Client.Delete(ctx, demand, client.Preconditions{UID: &demand.UID}))
}

// SetupWithManager registers the controller.
func (r *ProvisionOnDemandReconciler) SetupWithManager(mgr ctrl.Manager) error {
	return ctrl.NewControllerManagedBy(mgr).
		For(&api.ProvisionOnDemand{}, builder.WithPredicates(predicate.GenerationChangedPredicate{})).
		WithOptions(controller.Options{MaxConcurrentReconciles: onDemandConcurrent}).
		Complete(r)
}
