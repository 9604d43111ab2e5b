package credentials

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/entrain-dev/entrain/internal/fault"
)

// SecretKey names one entry of a Secret.
type SecretKey struct {
	Namespace, Name, Key string
}

// ReadSecret returns an entry of a Secret. The error is of kind NotFound when there is no such Secret or entry, Invalid when
// the entry is empty, Forbidden when the operator may not read it, Transient when the API server cannot answer.
func ReadSecret(ctx context.Context, reader client.Reader, key SecretKey) ([]byte, error) {
	const op = "read Secret"
	var secret corev1.Secret
	if err := reader.Get(ctx, types.NamespacedName{Namespace: key.Namespace, Name: key.Name}, &secret); err != nil {
		return nil, apiFault(ctx, op, key.Name, err)
	}
	value, ok := secret.Data[key.Key]
	switch {
	case !ok:
		return nil, fault.New(fault.NotFound, op, "Secret %s has no key %s", key.Name, key.Key)
	case len(value) == 0:
		return nil, fault.New(fault.Invalid, op, "key %s of Secret %s is empty", key.Key, key.Name)
	}
	return value, nil
}

// apiFault classifies an error of the API server about a Secret.
func apiFault(ctx context.Context, op, name string, err error) error {
	switch {
	case ctx.Err() != nil:
		return fault.Wrap(fault.Transient, op, ctx.Err())
	case apierrors.IsNotFound(err):
		return fault.New(fault.NotFound, op, "there is no Secret %s", name)
	case apierrors.IsForbidden(err):
		return fault.New(fault.Forbidden, op, "the operator may not use Secret %s; check its role", name)
	case apierrors.IsConflict(err), apierrors.IsAlreadyExists(err):
		return fault.New(fault.Stale, op, "Secret %s was changed by somebody else meanwhile", name)
	case apierrors.IsInvalid(err):
		return fault.New(fault.Invalid, op, "the API server refuses Secret %s", name)
	default:
		e := fault.New(fault.Transient, op, "Secret %s is not available from the API server at the moment", name)
		e.Err = err
		return e
	}
}
