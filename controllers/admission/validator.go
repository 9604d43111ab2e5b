package admission

import (
	"context"

	"k8s.io/apimachinery/pkg/api/equality"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/entrain-dev/entrain/internal/fault"
)

// findings is what a check brought: problems, of which warnings let the object through, and warnings without a place.
type findings struct {
	problems fault.Problems
	warnings []string
}

func (f *findings) warn(sentence string) { f.warnings = append(f.warnings, sentence) }

// validator is the webhook of one kind.
type validator[T client.Object] struct {
	// subject is the part of an object that is checked; a change that leaves it alone is let through.
	subject func(T) any
	// check looks at a new object, or at a changed one beside what it was. Old is nil for a new object. The error means that
	// the check could not be made.
	check func(ctx context.Context, old, object T) (findings, error)
	// remove says why an object cannot be deleted; nil where it always can.
	remove func(ctx context.Context, object T) error
}

var _ admission.Validator[client.Object] = validator[client.Object]{}

// ValidateCreate implements admission.Validator.
func (v validator[T]) ValidateCreate(ctx context.Context, object T) (admission.Warnings, error) {
	var none T
	return v.validate(ctx, none, object)
}

// ValidateUpdate implements admission.Validator.
func (v validator[T]) ValidateUpdate(ctx context.Context, old, object T) (admission.Warnings, error) {
	if !object.GetDeletionTimestamp().IsZero() || equality.Semantic.DeepEqual(v.subject(old), v.subject(object)) {
		return nil, nil
	}
	return v.validate(ctx, old, object)
}

// ValidateDelete implements admission.Validator.
func (v validator[T]) ValidateDelete(ctx context.Context, object T) (admission.Warnings, error) {
	if v.remove == nil {
		return nil, nil
	}
	return nil, v.remove(ctx, object)
}

func (v validator[T]) validate(ctx context.Context, old, object T) (admission.Warnings, error) {
	found, err := v.check(ctx, old, object)
	if err != nil {
		// The controllers check again, so that nobody has to wait for what could not be looked up here.
		ctrl.LoggerFrom(ctx).Error(err, "Looking up what an object depends on failed")
		found.warn("What this refers to and what uses it could not be looked up, so it was checked only in part; see the Ready condition.")
	}
	return found.answer(object)
}
