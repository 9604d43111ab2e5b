package admission

import (
	"context"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
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
		for objectType, names := range map[api.ObjectType][]api.ObjectReference{
			api.ObjectTypeUser:  refs(users.AttributeMappingRef, users.ScopingFilterRefs),
			api.ObjectTypeGroup: refs(groups.AttributeMappingRef, groups.ScopingFilterRefs),
		} {
			if slices.Contains(names, api.ObjectReference{Name: api.ObjectName(object.GetName())}) {
				out = append(out, use{config.Name, config.Spec.Target.SCIM.Profile, objectType})
			}
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

// keepUsed refuses the deletion of an object that a config uses. A namespace that is being deleted takes everything with it.
func keepUsed(ctx context.Context, c client.Reader, object client.Object, refs references) error {
	resource := schema.GroupResource{Group: api.GroupVersion.Group, Resource: strings.ToLower(kindOf(object)) + "s"}
	uses, err := usesOf(ctx, c, object, refs)
	if err != nil {
		return apierrors.NewInternalError(fmt.Errorf("the ProvisioningConfigs that may use the %s could not be read; try again: %w", named(kindOf(object), object.GetName()), err))
	}
	if len(uses) == 0 {
		return nil
	}
	var namespace corev1.Namespace
	if err := c.Get(ctx, client.ObjectKey{Name: object.GetNamespace()}, &namespace); err == nil && !namespace.DeletionTimestamp.IsZero() {
		return nil
	}
	return &apierrors.StatusError{ErrStatus: *forbidden(resource, object, configNames(uses))}
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
