package admission

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	api "github.com/entrain-dev/entrain/api/v1alpha1"
)

// replaced returns the texts with a word replaced, nil for none.
func replaced(texts []string, word, by string) []string {
	var out []string
	for _, text := range texts {
		out = append(out, strings.ReplaceAll(text, word, by))
	}
	return out
}

// edit changes an object that is stored.
func edit[T client.Object](u *user, name string, object T, change func(T)) error {
	u.t.Helper()
	must(u.t, u.Get(u.t.Context(), client.ObjectKey{Namespace: u.namespace, Name: name}, object))
	base, ok := object.DeepCopyObject().(client.Object)
	if !ok {
		u.t.Fatalf("%T is no object", object)
	}
	change(object)
	return u.Patch(u.t.Context(), object, client.MergeFrom(base))
}

// meta names an object of the user's namespace.
func (u *user) meta(name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: u.namespace, Name: name}
}

func TestMappingInUse(t *testing.T) {
	u := newUser(t)
	u.mustApply(mappingOf("people", rows, ""))
	u.mustApply(configOf("genesys-cloud", genesysURL, `, users: {attributeMappingRef: {name: people}}`))
	err := edit(u, "people", &api.AttributeMapping{}, func(m *api.AttributeMapping) {
		m.Spec.Attributes = append(m.Spec.Attributes, api.AttributeRow{Target: "favouriteColour", Source: "city"})
	})
	want := []string{"spec.attributes[3].target: GenesysCloud has no attribute favouriteColour; remove the row or choose an attribute of the profile's default mapping"}
	if diff := cmp.Diff(want, refusals(t, err)); diff != "" {
		t.Errorf("a change for the worse (-want +got):\n%s", diff)
	}
	err = edit(u, "people", &api.AttributeMapping{}, func(m *api.AttributeMapping) {
		m.Spec.Attributes = append(m.Spec.Attributes, api.AttributeRow{Target: "title", Source: "jobTitle"})
	})
	if err != nil {
		t.Errorf("a change for the better is refused: %v", err)
	}
}

// TestMetadataOfABrokenObject shows that finalizers and labels can be changed in any state of the spec.
func TestMetadataOfABrokenObject(t *testing.T) {
	u := newUser(t)
	// Nobody uses it yet, so that it is stored; then a configuration comes that cannot take it.
	u.mustApply(mappingOf("people", rows+`, {target: favouriteColour, source: city}`, ""))
	u.mustApply(configOf("genesys-cloud", genesysURL, `, users: {attributeMappingRef: {name: people}}`))
	if err := edit(u, "people", &api.AttributeMapping{}, func(m *api.AttributeMapping) { m.Labels = map[string]string{"team": "identity"} }); err != nil {
		t.Errorf("a label is refused: %v", err)
	}
	if err := edit(u, "people", &api.AttributeMapping{}, func(m *api.AttributeMapping) { m.Spec.Attributes[1].Source = "givenName" }); err == nil {
		t.Error("a change of the spec is let through although it leaves the mistake")
	}
}

func TestDeletion(t *testing.T) {
	for name, tc := range map[string]struct {
		configs []string
		// change happens before the deletion.
		change  func(u *user)
		refused string
	}{
		"used by nobody": {},
		"used by a configuration": {
			configs: []string{configOf("genesys-cloud", genesysURL, `, users: {attributeMappingRef: {name: people}, scopingFilterRefs: [{name: people}]}`)},
			refused: `the KIND "people" is used by the ProvisioningConfig "genesys-cloud"; remove the reference there and try again`,
		},
		"used by three": {
			configs: []string{
				configOf("c", genesysURL, `, users: {attributeMappingRef: {name: people}, scopingFilterRefs: [{name: people}]}`),
				configOf("a", genesysURL, `, users: {attributeMappingRef: {name: people}, scopingFilterRefs: [{name: people}]}`),
				configOf("b", genesysURL, `, groups: {attributeMappingRef: {name: people}, scopingFilterRefs: [{name: people}]}`),
			},
			refused: `the KIND "people" is used by the ProvisioningConfigs "a", "b" and "c"; remove the reference there and try again`,
		},
		"used no longer": {
			configs: []string{configOf("genesys-cloud", genesysURL, `, users: {attributeMappingRef: {name: people}, scopingFilterRefs: [{name: people}]}`)},
			change: func(u *user) {
				must(u.t, edit(u, "genesys-cloud", &api.ProvisioningConfig{}, func(c *api.ProvisioningConfig) { c.Spec.Users = api.UserProvisioning{} }))
			},
		},
		"used by a configuration that waits for its finalizer": {
			configs: []string{configOf("genesys-cloud", genesysURL, `, users: {attributeMappingRef: {name: people}, scopingFilterRefs: [{name: people}]}`)},
			change: func(u *user) {
				must(u.t, edit(u, "genesys-cloud", &api.ProvisioningConfig{}, func(c *api.ProvisioningConfig) { c.Finalizers = []string{api.Finalizer} }))
				must(u.t, u.Delete(u.t.Context(), &api.ProvisioningConfig{ObjectMeta: u.meta("genesys-cloud")}))
			},
		},
		"in a namespace that is being deleted": {
			configs: []string{configOf("genesys-cloud", genesysURL, `, users: {attributeMappingRef: {name: people}, scopingFilterRefs: [{name: people}]}`)},
			change: func(u *user) {
				must(u.t, u.Delete(u.t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: u.namespace}}))
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			u := newUser(t)
			u.mustApply(mappingOf("people", rows, ""))
			u.mustApply(filterOf("people", `{attribute: department, operator: EQUALS, value: Sales}`))
			for _, document := range tc.configs {
				u.mustApply(document)
			}
			if tc.change != nil {
				tc.change(u)
			}
			for _, object := range []client.Object{&api.AttributeMapping{ObjectMeta: u.meta("people")}, &api.ScopingFilter{ObjectMeta: u.meta("people")}} {
				err := u.Delete(t.Context(), object)
				got := ""
				if err != nil {
					_, got, _ = strings.Cut(err.Error(), "denied the request: ")
					if !apierrors.IsForbidden(err) {
						t.Errorf("want a refusal of reason Forbidden, got: %v", err)
					}
				}
				if want := strings.ReplaceAll(tc.refused, "KIND", kindOf(object)); got != want {
					t.Errorf("deleting the %s: got %q, want %q", kindOf(object), got, want)
				}
			}
		})
	}
}

// TestConfigCanAlwaysBePaused sends a config with a mistake that was stored while the operator was away.
func TestConfigCanAlwaysBePaused(t *testing.T) {
	u := newUser(t)
	u.secrets()
	stored := &api.ProvisioningConfig{}
	must(t, yaml.Unmarshal([]byte(configOf("genesys-cloud", "https://login.mypurecloud.de/api/v2/scim/v2", "")), stored))
	stored.Namespace, stored.UID = u.namespace, "1"
	stored.SetDefaults()
	const message = "the tenant URL names the host login.mypurecloud.de, which serves no SCIM; write " + genesysURL
	for name, tc := range map[string]struct {
		change          func(*api.ProvisioningConfig)
		refused, warned []string
	}{
		"paused": {
			change: func(c *api.ProvisioningConfig) { c.Spec.ProvisioningMode = api.ProvisioningModePaused },
			warned: []string{"spec.target.scim.tenantURL: " + message},
		},
		"made worse": {
			change:  func(c *api.ProvisioningConfig) { c.Spec.Target.SCIM.TenantURL += "/Users" },
			refused: []string{"spec.target.scim.tenantURL: the tenant URL ends with /Users, which is appended by itself; write https://login.mypurecloud.de/api/v2/scim/v2"},
		},
		"paused, with another mistake": {
			change: func(c *api.ProvisioningConfig) {
				c.Spec.ProvisioningMode, c.Spec.Target.SCIM.TenantURL = api.ProvisioningModePaused, "https://api.mypurecloud.de"
			},
			refused: []string{"spec.target.scim.tenantURL: the tenant URL has the path \"\"; Genesys Cloud serves SCIM below /api/v2/scim/v2, so write " + genesysURL},
		},
		"corrected": {change: func(c *api.ProvisioningConfig) { c.Spec.Target.SCIM.TenantURL = genesysURL }},
		"labelled":  {change: func(c *api.ProvisioningConfig) { c.Labels = map[string]string{"team": "identity"} }},
		"its finalizer is removed": {change: func(c *api.ProvisioningConfig) {
			now := metav1.Now()
			c.DeletionTimestamp, c.Spec.Target.SCIM.TenantURL = &now, "https://example.com#x"
		}},
		"a misspelt restart": {
			change: func(c *api.ProvisioningConfig) {
				c.Annotations = map[string]string{api.RestartAnnotation: "42:watermark,Escrow,Everything,Full"}
			},
			warned: []string{
				`The annotation provisioning.entrain.dev/restart names "watermark", which is ignored; did you mean Watermark?`,
				`The annotation provisioning.entrain.dev/restart names "Escrow", which is ignored; did you mean Escrows?`,
				`The annotation provisioning.entrain.dev/restart names "Everything", which is ignored; write one or more of Watermark, Escrows, QuarantineState, Full.`,
			},
		},
		"a restart with a token alone": {change: func(c *api.ProvisioningConfig) { c.Annotations = map[string]string{api.RestartAnnotation: "42"} }},
		"removals that are not held": {
			change: func(c *api.ProvisioningConfig) { c.Annotations = map[string]string{api.AllowDeletesAnnotation: "c2f1"} },
			warned: []string{"The annotation provisioning.entrain.dev/allow-deletes is not the id of the removals that are held (status.heldDeletions.id); nothing will be released."},
		},
		"removals that are held": {change: func(c *api.ProvisioningConfig) {
			c.Annotations = map[string]string{api.AllowDeletesAnnotation: "c2f1"}
			c.Status.HeldDeletions = &api.HeldDeletions{ID: "c2f1"}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			changed := stored.DeepCopy()
			tc.change(changed)
			warned, err := configs(u).ValidateUpdate(t.Context(), stored, changed)
			if diff := cmp.Diff(tc.refused, refusals(t, err)); diff != "" {
				t.Errorf("what is refused (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tc.warned, []string(warned)); diff != "" {
				t.Errorf("what is warned of (-want +got):\n%s", diff)
			}
		})
	}
}
