package controllers

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"

	api "github.com/entrain-dev/entrain/api/v1alpha1"
)

// SetupWithManager registers the controller. changed carries configs of which the runner has news.
func (r *ProvisioningConfigReconciler) SetupWithManager(mgr ctrl.Manager, changed <-chan event.TypedGenericEvent[types.NamespacedName]) error {
	news := handler.TypedEnqueueRequestsFromMapFunc(func(_ context.Context, name types.NamespacedName) []reconcile.Request {
		return []reconcile.Request{{NamespacedName: name}}
	})
	return ctrl.NewControllerManagedBy(mgr).
		For(&api.ProvisioningConfig{}, builder.WithPredicates(predicate.Or(predicate.GenerationChangedPredicate{}, predicate.AnnotationChangedPredicate{}))).
		Watches(&api.AttributeMapping{}, handler.EnqueueRequestsFromMapFunc(r.users(usesMapping)), builder.WithPredicates(predicate.GenerationChangedPredicate{})).
		Watches(&api.ScopingFilter{}, handler.EnqueueRequestsFromMapFunc(r.users(usesFilter)), builder.WithPredicates(predicate.GenerationChangedPredicate{})).
		// Only the metadata of Secrets is watched and cached; their content is read when it is needed.
		WatchesMetadata(&corev1.Secret{}, handler.EnqueueRequestsFromMapFunc(r.users(usesSecret))).
		WatchesRawSource(source.TypedChannel(changed, news)).
		WithOptions(controller.Options{MaxConcurrentReconciles: 4}).
		Complete(r)
}

// users returns the configs in the namespace of an object that use it.
func (r *ProvisioningConfigReconciler) users(uses func(*api.ProvisioningConfig, string) bool) handler.MapFunc {
	return func(ctx context.Context, object client.Object) []reconcile.Request {
		return configsUsing(ctx, r.Client, object, uses)
	}
}

func configsUsing(ctx context.Context, c client.Client, object client.Object, uses func(*api.ProvisioningConfig, string) bool) []reconcile.Request {
	var list api.ProvisioningConfigList
	if err := c.List(ctx, &list, client.InNamespace(object.GetNamespace())); err != nil {
		ctrl.LoggerFrom(ctx).Error(err, "Listing ProvisioningConfigs failed", "namespace", object.GetNamespace())
		return nil
	}
	var out []reconcile.Request
	for i := range list.Items {
		if uses(&list.Items[i], object.GetName()) {
			out = append(out, reconcile.Request{NamespacedName: client.ObjectKeyFromObject(&list.Items[i])})
		}
	}
	return out
}

func usesMapping(c *api.ProvisioningConfig, name string) bool {
	for _, ref := range []*api.ObjectReference{c.Spec.Users.AttributeMappingRef, c.Spec.Groups.AttributeMappingRef} {
		if ref != nil && string(ref.Name) == name {
			return true
		}
	}
	return false
}

func usesFilter(c *api.ProvisioningConfig, name string) bool {
	for _, refs := range [][]api.ObjectReference{c.Spec.Users.ScopingFilterRefs, c.Spec.Groups.ScopingFilterRefs} {
		for _, ref := range refs {
			if string(ref.Name) == name {
				return true
			}
		}
	}
	return false
}

func usesSecret(c *api.ProvisioningConfig, name string) bool {
	for _, n := range c.SecretNames() {
		if n == name {
			return true
		}
	}
	return false
}
