package admission

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jonboulle/clockwork"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	api "github.com/entrain-dev/entrain/api/v1alpha1"
	"github.com/entrain-dev/entrain/internal/fault"
	"github.com/entrain-dev/entrain/internal/plan"
)

// requested is what of a config is looked at: its spec, and what is asked for by annotation.
type requested struct {
	spec          api.ProvisioningConfigSpec
	restart, held string
}

func requestOf(c *api.ProvisioningConfig) requested {
	return requested{spec: c.Spec, restart: c.Annotations[api.RestartAnnotation], held: c.Annotations[api.AllowDeletesAnnotation]}
}

func configs(c client.Client) validator[*api.ProvisioningConfig] {
	return validator[*api.ProvisioningConfig]{
		subject: func(config *api.ProvisioningConfig) any {
			r := requestOf(config)
			return []any{r.spec, r.restart, r.held}
		},
		check: func(ctx context.Context, old, config *api.ProvisioningConfig) (findings, error) {
			config = config.DeepCopy()
			config.SetDefaults()
			var found findings
			checkRequests(&found, old, config)
			if old != nil && equality.Semantic.DeepEqual(old.Spec, config.Spec) {
				return found, nil
			}
			if err := checkOwn(ctx, &found, old, config); err != nil || len(found.problems) > 0 {
				return found, err
			}
			return found, checkReferences(ctx, &found, c, config)
		},
	}
}

// checkOwn finds what is wrong with a config whatever its references hold. What was wrong before is a warning, so that a config
// can be paused in any state.
func checkOwn(ctx context.Context, found *findings, old, config *api.ProvisioningConfig) error {
	mistake, err := ownMistake(ctx, config)
	if err != nil || mistake == "" {
		return err
	}
	before := ""
	if old != nil {
		if before, err = ownMistake(ctx, old); err != nil {
			return err
		}
	}
	path, message, ok := strings.Cut(mistake, ": ")
	if !ok || !strings.HasPrefix(path, "spec.") || strings.Contains(path, " ") {
		path, message = "spec", mistake
	}
	found.problems = append(found.problems, fault.Problem{Path: path, Message: message, Warning: mistake == before})
	return nil
}

// ownMistake plans a copy of a config in which all references are filled in; it returns why there is no plan, "" when there is.
func ownMistake(ctx context.Context, config *api.ProvisioningConfig) (string, error) {
	_, err := (&plan.Builder{Secrets: filledIn{}, Clock: clockwork.NewRealClock()}).Build(ctx, withoutReferences(config))
	var unresolved *plan.Unresolved
	switch {
	case err == nil:
		return "", nil
	case errors.As(err, &unresolved):
		return unresolved.Message, nil
	}
	return "", err
}

// withoutReferences returns a copy that refers to no mapping and no filter, and only to Secrets that filledIn has.
func withoutReferences(config *api.ProvisioningConfig) *api.ProvisioningConfig {
	c := config.DeepCopy()
	c.SetDefaults()
	c.Spec.Users, c.Spec.Notification = api.UserProvisioning{}, nil
	c.Spec.Groups = api.GroupProvisioning{Enabled: c.Spec.Groups.Enabled}
	filled := api.SecretKeyReference{Name: "any", Key: filledInKey}
	credentials := &c.Spec.Source.Entra.Credentials
	if cert := credentials.ClientCertificate; cert != nil {
		*credentials = api.EntraCredentials{ClientSecret: &api.EntraClientSecret{ClientID: cert.ClientID, SecretRef: filled}}
	}
	if secret := credentials.ClientSecret; secret != nil {
		secret.SecretRef = filled
	}
	if e := c.Spec.Source.Entra.Endpoints; e != nil {
		e.CABundleSecretRef = nil
	}
	target := &c.Spec.Target.SCIM
	target.CABundleSecretRef = nil
	if t := target.Credentials.SecretToken; t != nil {
		t.SecretRef = filled
	}
	if o := target.Credentials.OAuth2ClientCredentials; o != nil {
		o.ClientSecretRef = filled
	}
	return c
}

// filledInKey is the key that filledIn has.
const filledInKey = "value"

// filledIn has every Secret, with a value that stands for whatever the real one holds.
type filledIn struct{ client.Reader }

// Get implements client.Reader for Secrets.
func (filledIn) Get(_ context.Context, _ client.ObjectKey, object client.Object, _ ...client.GetOption) error {
	secret, ok := object.(*corev1.Secret)
	if !ok {
		return fmt.Errorf("only Secrets are filled in, not %T", object)
	}
	secret.Data = map[string][]byte{filledInKey: []byte("filled-in")}
	return nil
}

// checkReferences warns of what a config refers to and does not exist yet; when all of it exists, of what is wrong with it.
func checkReferences(ctx context.Context, found *findings, c client.Client, config *api.ProvisioningConfig) error {
	before := len(found.warnings)
	for _, r := range referencesOf(config) {
		err := c.Get(ctx, client.ObjectKey{Namespace: config.Namespace, Name: r.name}, r.object)
		switch {
		case apierrors.IsNotFound(err):
			found.warn(fmt.Sprintf("The %s %q does not exist in the namespace %q; create it or correct the reference.", r.kind, r.name, config.Namespace))
		case apierrors.IsForbidden(err):
			found.warn(fmt.Sprintf("The operator may not read the %s %q; allow its service account to read it in the namespace %q.", r.kind, r.name, config.Namespace))
		case err != nil:
			return err
		}
	}
	if len(found.warnings) > before {
		return nil
	}
	_, err := (&plan.Builder{Client: c, Secrets: c, Clock: clockwork.NewRealClock()}).Build(ctx, config)
	var unresolved *plan.Unresolved
	if !errors.As(err, &unresolved) {
		return err
	}
	found.warn(unresolved.Message)
	return nil
}

type reference struct {
	kind, name string
	object     client.Object
}

// referencesOf returns what a config refers to, each once.
func referencesOf(config *api.ProvisioningConfig) []reference {
	var out []reference
	seen := map[string]bool{}
	add := func(kind, name string, object client.Object) {
		if !seen[kind+"/"+name] {
			seen[kind+"/"+name] = true
			out = append(out, reference{kind, name, object})
		}
	}
	side := func(mapping *api.ObjectReference, filters []api.ObjectReference) {
		for _, ref := range mappingReference(mapping, nil) {
			add(api.AttributeMappingKind, string(ref.Name), &api.AttributeMapping{})
		}
		for _, ref := range filters {
			add(api.ScopingFilterKind, string(ref.Name), &api.ScopingFilter{})
		}
	}
	side(config.Spec.Users.AttributeMappingRef, config.Spec.Users.ScopingFilterRefs)
	if *config.Spec.Groups.Enabled {
		side(config.Spec.Groups.AttributeMappingRef, config.Spec.Groups.ScopingFilterRefs)
	}
	for _, name := range config.SecretNames() {
		add("Secret", name, &corev1.Secret{})
	}
	return out
}

// checkRequests warns of requests that will not do what was meant.
func checkRequests(found *findings, old, config *api.ProvisioningConfig) {
	now, before := requestOf(config), requested{}
	if old != nil {
		before = requestOf(old)
	}
	if _, criteria, given := strings.Cut(now.restart, ":"); given && now.restart != before.restart && strings.TrimSpace(criteria) != "" {
		known := []string{string(api.RestartWatermark), string(api.RestartEscrows), string(api.RestartQuarantineState), string(api.RestartFull)}
		for word := range strings.SplitSeq(criteria, ",") {
			if near := suggest(strings.TrimSpace(word), known); near != "" {
				found.warn(fmt.Sprintf("The annotation %s names %s", api.RestartAnnotation, near))
			}
		}
	}
	held := config.Status.HeldDeletions
	if now.held != "" && now.held != before.held && (held == nil || held.ID != now.held) {
		found.warn(fmt.Sprintf("The annotation %s is not the id of the removals that are held (status.heldDeletions.id); nothing will be released.", api.AllowDeletesAnnotation))
	}
}

// suggest returns "" for a known word, else what is wrong with it.
func suggest(word string, known []string) string {
	near, ok := fault.Nearest(word, known)
	switch {
	case ok && near == word:
		return ""
	case ok:
		return fmt.Sprintf("%q, which is ignored; did you mean %s?", word, near)
	}
	return fmt.Sprintf("%q, which is ignored; write one or more of %s.", word, strings.Join(known, ", "))
}
