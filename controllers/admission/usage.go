package admission

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	api "github.com/entrain-dev/entrain/api/v1alpha1"
	"github.com/entrain-dev/entrain/internal/fault"
)

// maxNames is how many configs a sentence lists.
const maxNames = 5

// use is a place in a config that refers to a mapping or filter.
type use struct {
	config  string
	profile api.SCIMProfile
	// objectType is what the place is for.
	objectType api.ObjectType
}

// references returns the names that the users or the groups of a config refer to.
type references func(mapping *api.ObjectReference, filters []api.ObjectReference) []api.ObjectReference

func mappingReference(mapping *api.ObjectReference, _ []api.ObjectReference) []api.ObjectReference {
	if mapping == nil {
		return nil
	}
	return []api.ObjectReference{*mapping}
}

func filterReferences(_ *api.ObjectReference, filters []api.ObjectReference) []api.ObjectReference {
	return filters
}

// usesOf returns the places that refer to an object. Configs that are being deleted do not count.
func usesOf(ctx context.Context, c client.Reader, object client.Object, refs references) ([]use, error) {
	var list api.ProvisioningConfigList
	if err := c.List(ctx, &list, client.InNamespace(object.GetNamespace())); err != nil {
		return nil, err
	}
	var out []use
	for i := range list.Items {
		config := &list.Items[i]
		if !config.DeletionTimestamp.IsZero() {
			continue
		}
		users, groups := config.Spec.Users, config.Spec.Groups
		self := api.ObjectReference{Name: api.ObjectName(object.GetName())}
		if slices.Contains(refs(users.AttributeMappingRef, users.ScopingFilterRefs), self) {
			out = append(out, use{config.Name, config.Spec.Target.SCIM.Profile, api.ObjectTypeUser})
		}
		if slices.Contains(refs(groups.AttributeMappingRef, groups.ScopingFilterRefs), self) {
			out = append(out, use{config.Name, config.Spec.Target.SCIM.Profile, api.ObjectTypeGroup})
		}
	}
	return out, nil
}

// wrongType says that an object is used for the other type of object.
func wrongType(uses []use, object client.Object, objectType api.ObjectType) fault.Problems {
	for _, u := range uses {
		if u.objectType != objectType {
			return fault.Problems{{Path: "spec.objectType", Message: fmt.Sprintf("the ProvisioningConfig %q uses this %s for objects of type %s; write %s, or make another %s for objects of type %s",
				u.config, kindOf(object), u.objectType, u.objectType, kindOf(object), objectType)}}
		}
	}
	return nil
}

// keepUsed refuses the deletion of an object that a config uses. A namespace that is being deleted takes everything with it;
// one that cannot be looked at is treated alike, because a deletion that hangs is worse than a config that keeps its last plan.
func keepUsed(ctx context.Context, c client.Reader, object client.Object, refs references) error {
	kind := kindOf(object)
	uses, err := usesOf(ctx, c, object, refs)
	if err != nil {
		return apierrors.NewInternalError(fmt.Errorf("the ProvisioningConfigs that may use the %s could not be read; try again: %w", named(kind, object.GetName()), err))
	}
	if len(uses) == 0 {
		return nil
	}
	var namespace corev1.Namespace
	if err := c.Get(ctx, client.ObjectKey{Name: object.GetNamespace()}, &namespace); err != nil {
		ctrl.LoggerFrom(ctx).Error(err, "Reading the namespace of an object that is to be deleted failed")
		return nil
	}
	if !namespace.DeletionTimestamp.IsZero() {
		return nil
	}
	return &apierrors.StatusError{ErrStatus: metav1.Status{
		Status: metav1.StatusFailure, Code: http.StatusForbidden, Reason: metav1.StatusReasonForbidden,
		Message: fmt.Sprintf("the %s is used by %s; remove the reference there and try again",
			named(kind, object.GetName()), enumerate(configNames(uses))),
		Details: &metav1.StatusDetails{Group: api.GroupVersion.Group, Kind: kind, Name: object.GetName()},
	}}
}

// configNames are the names of the configs, each once, in the order of the alphabet.
func configNames(uses []use) []string {
	var names []string
	for _, u := range uses {
		names = append(names, u.config)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// enumerate is `the ProvisioningConfig "a"`, or `the ProvisioningConfigs "a", "b" and "c"`.
func enumerate(names []string) string {
	if len(names) == 1 {
		return fmt.Sprintf("the ProvisioningConfig %q", names[0])
	}
	var quoted []string
	for _, n := range names[:min(len(names), maxNames)] {
		quoted = append(quoted, fmt.Sprintf("%q", n))
	}
	last := quoted[len(quoted)-1]
	if more := len(names) - maxNames; more > 0 {
		last = fmt.Sprintf("%d more", more)
	} else {
		quoted = quoted[:len(quoted)-1]
	}
	return "the ProvisioningConfigs " + strings.Join(quoted, ", ") + " and " + last
}
