package plan

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	api "github.com/entrain-dev/entrain/api/v1alpha1"
	"github.com/entrain-dev/entrain/internal/expr"
	"github.com/entrain-dev/entrain/internal/fault"
)

// inputs is everything that a plan is made of, as read from the API server.
type inputs struct {
	config        *api.ProvisioningConfig
	users, groups sideInputs
	secrets       map[string]*corev1.Secret
}

type sideInputs struct {
	mapping *api.AttributeMapping
	filters []api.ScopingFilter
}

// read reads the config's references.
func (b *Builder) read(ctx context.Context, config *api.ProvisioningConfig) (*inputs, error) {
	in := &inputs{config: config}
	spec := config.Spec
	var err error
	if in.users, err = b.readSide(ctx, config.Namespace, spec.Users.AttributeMappingRef, spec.Users.ScopingFilterRefs); err != nil {
		return nil, err
	}
	if *spec.Groups.Enabled {
		if in.groups, err = b.readSide(ctx, config.Namespace, spec.Groups.AttributeMappingRef, spec.Groups.ScopingFilterRefs); err != nil {
			return nil, err
		}
	}
	return in, b.readSecrets(ctx, in)
}

// readSecrets reads the Secrets that the config names.
func (b *Builder) readSecrets(ctx context.Context, in *inputs) error {
	config := in.config
	in.secrets = map[string]*corev1.Secret{}
	for _, name := range config.SecretNames() {
		secret := &corev1.Secret{}
		err := b.Secrets.Get(ctx, types.NamespacedName{Namespace: config.Namespace, Name: name}, secret)
		switch {
		case apierrors.IsNotFound(err):
			return unresolved(api.SecretNotFoundReason, "The Secret %q does not exist in the namespace %q; create it.", name, config.Namespace)
		case apierrors.IsForbidden(err):
			return unresolved(api.SecretNotFoundReason, "The operator may not read the Secret %q; allow its service account to read Secrets in the namespace %q.", name, config.Namespace)
		case err != nil:
			return err
		}
		in.secrets[name] = secret
	}
	return nil
}

func (b *Builder) readSide(ctx context.Context, namespace string, ref *api.ObjectReference, refs []api.ObjectReference) (sideInputs, error) {
	var out sideInputs
	if ref != nil {
		out.mapping = &api.AttributeMapping{}
		if err := b.get(ctx, namespace, "AttributeMapping", ref.Name, out.mapping); err != nil {
			return out, err
		}
		out.mapping.SetDefaults()
	}
	for _, r := range refs {
		f := &api.ScopingFilter{}
		if err := b.get(ctx, namespace, "ScopingFilter", r.Name, f); err != nil {
			return out, err
		}
		out.filters = append(out.filters, *f)
	}
	return out, nil
}

func (b *Builder) get(ctx context.Context, namespace, kind string, name api.ObjectName, into client.Object) error {
	err := b.Client.Get(ctx, types.NamespacedName{Namespace: namespace, Name: string(name)}, into)
	if apierrors.IsNotFound(err) {
		return unresolved(api.ReferenceNotFoundReason, "The %s %q does not exist in the namespace %q; create it or correct the reference.", kind, name, namespace)
	}
	return err
}

// secret returns the value of a key.
func (in *inputs) secret(name api.SecretName, key api.SecretKey) ([]byte, error) {
	value, ok := in.secrets[string(name)].Data[string(key)]
	if !ok {
		return nil, unresolved(api.SecretInvalidReason, "The Secret %q has no key %q; add it or correct the reference.", name, key)
	}
	if len(strings.TrimSpace(string(value))) == 0 {
		return nil, unresolved(api.SecretInvalidReason, "The key %q of the Secret %q is empty; put the value there.", key, name)
	}
	return value, nil
}

// text returns the value of a key without the white space that editors and echo leave at its end.
func (in *inputs) text(ref api.SecretKeyReference) (string, error) {
	value, err := in.secret(ref.Name, ref.Key)
	return strings.TrimSpace(string(value)), err
}

func (in *inputs) caBundle(ref *api.CABundleReference) ([]byte, error) {
	if ref == nil {
		return nil, nil
	}
	return in.secret(ref.Name, ref.Key)
}

// revision covers everything that the plan is made of.
func (in *inputs) revision() string {
	h := sha256.New()
	part := func(v any) { _, _ = io.WriteString(h, hashable(v)+"\x00") }
	spec := in.config.Spec
	// How and when cycles start is told to the runner apart; it needs no new plan.
	spec.Schedule, spec.Notification = api.Schedule{}, nil
	if spec.ProvisioningMode != api.ProvisioningModeDryRun {
		spec.ProvisioningMode = ""
	}
	part(spec)
	for _, s := range []sideInputs{in.users, in.groups} {
		if s.mapping != nil {
			part(s.mapping.Spec)
		}
		for i := range s.filters {
			part(s.filters[i].Spec)
		}
		part("")
	}
	for _, name := range in.config.SecretNames() {
		part(in.secrets[name].Data)
	}
	return hex.EncodeToString(h.Sum(nil)[:12])
}

// envOf is what expressions see besides attributes.
func envOf(in *inputs) expr.Env {
	env := expr.Env{}
	if t := in.config.Spec.Source.Entra.TenantID; strings.Contains(t, ".") {
		env.DefaultDomain = t
	}
	return env
}

// FirstProblem returns the first problem that is no warning, and how many there are beside it.
func FirstProblem(problems fault.Problems) string {
	var bad fault.Problems
	for _, p := range problems {
		if !p.Warning {
			bad = append(bad, p)
		}
	}
	// The caret lines of an expression are for status.problems; a condition is one sentence.
	text, _, _ := strings.Cut(bad[0].String(), "\n")
	switch n := len(bad) - 1; n {
	case 0:
		return text
	case 1:
		return text + " (and 1 more problem)"
	default:
		return text + " (and " + strconv.Itoa(n) + " more problems)"
	}
}
