package controllers

import (
	"context"
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	api "github.com/entrain-dev/entrain/api/v1alpha1"
	"github.com/entrain-dev/entrain/internal/fault"
	"github.com/entrain-dev/entrain/internal/plan"
)

// +kubebuilder:rbac:groups=provisioning.entrain.dev,resources=attributemappings;scopingfilters,verbs=get;list;watch
// +kubebuilder:rbac:groups=provisioning.entrain.dev,resources=attributemappings/status;scopingfilters/status,verbs=get;update;patch

// compilable is a resource that is checked by compiling it.
type compilable interface {
	client.Object
	GetStatus() *api.CompiledStatus
}

// findings is what a check of a mapping or filter brought.
type findings struct {
	problems fault.Problems
	// examples are the problems of a mapping's examples; hasExamples is false for a filter and a mapping without any.
	examples    fault.Problems
	hasExamples bool
	usedBy      int
}

// AttributeMappingReconciler keeps the status of AttributeMappings.
type AttributeMappingReconciler struct {
	Client client.Client
}

// Reconcile compiles a mapping for the applications of all configs that use it, and runs its examples.
func (r *AttributeMappingReconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	m := &api.AttributeMapping{}
	if err := r.Client.Get(ctx, req.NamespacedName, m); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	profiles, used, err := profilesUsing(ctx, r.Client, m, usesMapping)
	if err != nil {
		return ctrl.Result{}, err
	}
	base := m.DeepCopy()
	m.SetDefaults()
	f := findings{usedBy: used, hasExamples: len(m.Spec.Examples) > 0}
	f.problems, f.examples = plan.CheckMapping(m, profiles...)
	return writeFindings(ctx, r.Client, base, m, f)
}

// SetupWithManager registers the controller.
func (r *AttributeMappingReconciler) SetupWithManager(mgr ctrl.Manager) error {
	return ctrl.NewControllerManagedBy(mgr).
		For(&api.AttributeMapping{}, builder.WithPredicates(predicate.GenerationChangedPredicate{})).
		Watches(&api.ProvisioningConfig{}, handler.EnqueueRequestsFromMapFunc(mappingsOf), builder.WithPredicates(predicate.GenerationChangedPredicate{})).
		Complete(r)
}

// ScopingFilterReconciler keeps the status of ScopingFilters.
type ScopingFilterReconciler struct {
	Client client.Client
}

// Reconcile compiles a filter.
func (r *ScopingFilterReconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	f := &api.ScopingFilter{}
	if err := r.Client.Get(ctx, req.NamespacedName, f); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	_, used, err := profilesUsing(ctx, r.Client, f, usesFilter)
	if err != nil {
		return ctrl.Result{}, err
	}
	return writeFindings(ctx, r.Client, f.DeepCopy(), f, findings{usedBy: used, problems: plan.CheckFilter(f)})
}

// SetupWithManager registers the controller.
func (r *ScopingFilterReconciler) SetupWithManager(mgr ctrl.Manager) error {
	return ctrl.NewControllerManagedBy(mgr).
		For(&api.ScopingFilter{}, builder.WithPredicates(predicate.GenerationChangedPredicate{})).
		Watches(&api.ProvisioningConfig{}, handler.EnqueueRequestsFromMapFunc(filtersOf), builder.WithPredicates(predicate.GenerationChangedPredicate{})).
		Complete(r)
}

// profilesUsing returns the profiles of the configs that use an object, and how many configs these are.
func profilesUsing(ctx context.Context, c client.Client, object client.Object, uses func(*api.ProvisioningConfig, string) bool) ([]api.SCIMProfile, int, error) {
	var list api.ProvisioningConfigList
	if err := c.List(ctx, &list, client.InNamespace(object.GetNamespace())); err != nil {
		return nil, 0, err
	}
	var profiles []api.SCIMProfile
	used := 0
	for i := range list.Items {
		if !uses(&list.Items[i], object.GetName()) {
			continue
		}
		used++
		if p := list.Items[i].Spec.Target.SCIM.Profile; !slices.Contains(profiles, p) {
			profiles = append(profiles, p)
		}
	}
	return profiles, used, nil
}

func mappingsOf(_ context.Context, object client.Object) []reconcile.Request {
	config, ok := object.(*api.ProvisioningConfig)
	if !ok {
		return nil
	}
	var out []reconcile.Request
	for _, ref := range []*api.ObjectReference{config.Spec.Users.AttributeMappingRef, config.Spec.Groups.AttributeMappingRef} {
		if ref != nil {
			out = append(out, reconcile.Request{NamespacedName: client.ObjectKey{Namespace: config.Namespace, Name: string(ref.Name)}})
		}
	}
	return out
}

func filtersOf(_ context.Context, object client.Object) []reconcile.Request {
	config, ok := object.(*api.ProvisioningConfig)
	if !ok {
		return nil
	}
	var out []reconcile.Request
	for _, ref := range slices.Concat(config.Spec.Users.ScopingFilterRefs, config.Spec.Groups.ScopingFilterRefs) {
		out = append(out, reconcile.Request{NamespacedName: client.ObjectKey{Namespace: config.Namespace, Name: string(ref.Name)}})
	}
	return out
}

// writeFindings writes the status when it says something new.
func writeFindings(ctx context.Context, c client.Client, base client.Object, object compilable, f findings) (ctrl.Result, error) {
	status := object.GetStatus()
	before := status.DeepCopy()
	f.apply(status, object.GetGeneration())
	if equality.Semantic.DeepEqual(before, status) {
		return ctrl.Result{}, nil
	}
	return conflictLater(client.IgnoreNotFound(c.Status().Patch(ctx, object, client.MergeFrom(base))))
}

// apply puts the findings into a status.
func (f findings) apply(s *api.CompiledStatus, generation int64) {
	s.ObservedGeneration, s.UsedBy = generation, int32(f.usedBy)
	s.Problems = nil
	for _, p := range slices.Concat(f.problems, f.examples) {
		if len(s.Problems) == api.MaxProblems {
			break
		}
		s.Problems = append(s.Problems, api.Problem{Path: p.Path, Line: int32(p.Line), Column: int32(p.Column), Message: clip(p.Message, maxMessage)})
	}
	bad := slices.Concat(f.problems, f.examples).Err()
	set := func(c *metav1.Condition, typ string) {
		c.Type, c.ObservedGeneration = typ, generation
		meta.SetStatusCondition(&s.Conditions, *c)
	}
	switch {
	case f.problems.Err() != nil:
		set(no(api.InvalidReason, "%s", summary(f.problems)), api.ReadyCondition)
		set(yes(api.InvalidReason, "%s", summary(f.problems)), api.StalledCondition)
	case bad != nil:
		set(no(api.ExamplesFailReason, "%s", summary(f.examples)), api.ReadyCondition)
		set(yes(api.ExamplesFailReason, "%s", summary(f.examples)), api.StalledCondition)
	default:
		set(yes(api.CompiledReason, "No problem was found."), api.ReadyCondition)
		meta.RemoveStatusCondition(&s.Conditions, api.StalledCondition)
	}
	if f.hasExamples {
		set(f.examplesCondition(), api.ExamplesPassCondition)
	} else {
		meta.RemoveStatusCondition(&s.Conditions, api.ExamplesPassCondition)
	}
}

func (f findings) examplesCondition() *metav1.Condition {
	switch {
	case f.problems.Err() != nil:
		return unknown(api.InvalidReason, "The examples were not run because the mapping has problems.")
	case f.examples.Err() != nil:
		return no(api.ExamplesFailReason, "%s", summary(f.examples))
	}
	return yes(api.ExamplesPassReason, "Every example gives what it expects.")
}

// summary is the first problem, and how many there are beside it.
func summary(problems fault.Problems) string {
	text := plan.FirstProblem(problems)
	return clip(fmt.Sprintf("%s.", trimStop(text)), maxMessage)
}

func trimStop(s string) string {
	for len(s) > 0 && s[len(s)-1] == '.' {
		s = s[:len(s)-1]
	}
	return s
}
