package admission

import (
	"context"
	"slices"

	"sigs.k8s.io/controller-runtime/pkg/client"

	api "github.com/entrain-dev/entrain/api/v1alpha1"
	"github.com/entrain-dev/entrain/internal/plan"
)

func filters(c client.Reader) validator[*api.ScopingFilter] {
	return validator[*api.ScopingFilter]{
		subject: func(f *api.ScopingFilter) any { return f.Spec },
		check: func(ctx context.Context, _, f *api.ScopingFilter) (findings, error) {
			uses, err := usesOf(ctx, c, f, filterReferences)
			return findings{problems: slices.Concat(wrongType(uses, f, f.Spec.ObjectType), plan.CheckFilter(f))}, err
		},
		remove: func(ctx context.Context, f *api.ScopingFilter) error { return keepUsed(ctx, c, f, filterReferences) },
	}
}
