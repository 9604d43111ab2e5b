package admission

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"sigs.k8s.io/controller-runtime/pkg/client"

	api "github.com/entrain-dev/entrain/api/v1alpha1"
	"github.com/entrain-dev/entrain/internal/fault"
	"github.com/entrain-dev/entrain/internal/plan"
)

// profiles are all that a mapping can be used with.
var profiles = []api.SCIMProfile{api.SCIMProfileGenesysCloud, api.SCIMProfileGeneric, api.SCIMProfileEntraCompatible}

func mappings(c client.Reader) validator[*api.AttributeMapping] {
	return validator[*api.AttributeMapping]{
		subject: func(m *api.AttributeMapping) any { return m.Spec },
		check: func(ctx context.Context, _, m *api.AttributeMapping) (findings, error) {
			uses, err := usesOf(ctx, c, m, mappingReference)
			return checkMapping(m, uses), err
		},
		remove: func(ctx context.Context, m *api.AttributeMapping) error { return keepUsed(ctx, c, m, mappingReference) },
	}
}

// checkMapping compiles a mapping for the applications of the configs that use it, and runs its examples. As long as no
// config uses it, what one application would not take is a warning.
func checkMapping(m *api.AttributeMapping, uses []use) findings {
	m = m.DeepCopy()
	m.SetDefaults()
	var used []api.SCIMProfile
	for _, u := range uses {
		if !slices.Contains(used, u.profile) {
			used = append(used, u.profile)
		}
	}
	problems, examples := plan.CheckMapping(m, used...)
	found := findings{problems: slices.Concat(wrongType(uses, m, m.Spec.ObjectType), problems, examples)}
	if len(used) > 0 || found.problems.Err() != nil {
		return found
	}
	for _, w := range unsuitable(m, found.problems) {
		found.warn(w)
	}
	return found
}

// unsuitable says with which profiles a mapping could not be used, beside what is known of it already.
func unsuitable(m *api.AttributeMapping, known fault.Problems) []string {
	var reasons []string
	named := map[string][]string{}
	for _, profile := range profiles {
		problems, examples := plan.CheckMapping(m, profile)
		more := slices.DeleteFunc(slices.Concat(problems, examples), func(p fault.Problem) bool { return slices.Contains(known, p) })
		if more.Err() == nil {
			continue
		}
		reason := plan.FirstProblem(more)
		if named[reason] == nil {
			reasons = append(reasons, reason)
		}
		named[reason] = append(named[reason], string(profile))
	}
	var out []string
	for _, reason := range reasons {
		out = append(out, fmt.Sprintf("No ProvisioningConfig uses this mapping yet; one with profile %s could not: %s", strings.Join(named[reason], " or "), reason))
	}
	return out
}
