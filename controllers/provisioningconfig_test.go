package controllers

import (
	"log/slog"
	"os"
	"strings"
	"testing"

	"github.com/go-logr/logr"
	"github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	api "github.com/entrain-dev/entrain/api/v1alpha1"
	"github.com/entrain-dev/entrain/internal/simulator/genesyssim"
)

func slogLogger() logr.Logger {
	return logr.FromSlogHandler(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))
}

func cacheOf(ns string) cache.Options {
	return cache.Options{DefaultNamespaces: map[string]cache.Config{ns: {}}}
}

// condition waits for a condition and returns its message.
func (o *operator) condition(typ string, status metav1.ConditionStatus, reason string) string {
	o.t.Helper()
	var message string
	o.g.Eventually(func() string {
		c := meta.FindStatusCondition(o.get().Status.Conditions, typ)
		if c == nil {
			return "absent"
		}
		message = c.Message
		return string(c.Status) + " " + c.Reason
	}).Should(gomega.Equal(string(status)+" "+reason), typ)
	return message
}

func TestPeopleArriveChangeAndLeave(t *testing.T) {
	o := newOperator(t)
	ada := o.hire("ada")
	o.hire("bob")
	o.create(o.config())
	o.condition(api.SynchronizedCondition, metav1.ConditionTrue, api.SteadyStateReason)
	c := o.get()
	if c.Status.Code != api.StatusActive || c.Status.LastCycle.Created != 2 || c.Status.LastCycle.Kind != api.CycleInitial || c.Status.Synchronized.Users != 2 {
		t.Errorf("status = %+v", c.Status)
	}
	o.condition(api.ReadyCondition, metav1.ConditionTrue, api.ActiveReason)
	o.condition(api.SourceConnectedCondition, metav1.ConditionTrue, api.ConnectedReason)
	o.condition(api.TargetConnectedCondition, metav1.ConditionTrue, api.ConnectedReason)
	if c := meta.FindStatusCondition(o.get().Status.Conditions, api.ReconcilingCondition); c != nil {
		t.Errorf("Reconciling = %+v", c)
	}

	must(t, o.tenant.UpdateUser(ada, map[string]any{"displayName": "Ada L."}))
	o.annotate(api.SyncAnnotation, "1")
	o.g.Eventually(func() string { u, _ := o.genesys.UserByName("ada@contoso.com"); return u.DisplayName }).Should(gomega.Equal("Ada L."))
	o.g.Eventually(func() string { return o.get().Status.LastHandledSync }).Should(gomega.Equal("1"))

	must(t, o.tenant.SoftDelete(ada))
	o.annotate(api.SyncAnnotation, "2")
	o.g.Eventually(func() genesyssim.State { u, _ := o.genesys.UserByName("ada@contoso.com"); return u.State }).Should(gomega.Equal(genesyssim.Inactive))
	o.g.Eventually(func() []string { return o.events() }).Should(gomega.ContainElement(gomega.ContainSubstring("Initial cycle completed: 2 created")))
}

// events lists the messages of all events in the namespace.
func (o *operator) events() []string {
	o.t.Helper()
	var list eventsv1.EventList
	must(o.t, o.client.List(o.t.Context(), &list, client.InNamespace(o.ns)))
	var out []string
	for _, e := range list.Items {
		out = append(out, e.Note)
	}
	return out
}

// TestBadInput: each mistake gives one clear sentence, and nobody is written to the target.
func TestBadInput(t *testing.T) {
	for name, tc := range map[string]struct {
		before      func(*operator)
		change      func(*api.ProvisioningConfig)
		condition   string
		reason      string
		wantMessage string
	}{
		"unknown secret": {
			change:    func(c *api.ProvisioningConfig) { c.Spec.Target.SCIM.Credentials.SecretToken.SecretRef.Name = "absent" },
			condition: api.ReferencesResolvedCondition, reason: api.SecretNotFoundReason, wantMessage: `The Secret "absent" does not exist in the namespace`,
		},
		"unknown key of a secret": {
			change:    func(c *api.ProvisioningConfig) { c.Spec.Target.SCIM.Credentials.SecretToken.SecretRef.Key = "absent" },
			condition: api.ReferencesResolvedCondition, reason: api.SecretInvalidReason, wantMessage: `The Secret "genesys" has no key "absent"`,
		},
		"wrong token": {
			before:    func(o *operator) { o.secret("wrong", map[string]string{"token": "nonsense"}) },
			change:    func(c *api.ProvisioningConfig) { c.Spec.Target.SCIM.Credentials.SecretToken.SecretRef.Name = "wrong" },
			condition: api.TargetConnectedCondition, reason: api.UnauthorizedReason, wantMessage: "token",
		},
		"wrong client secret": {
			before:    func(o *operator) { o.secret("wrong", map[string]string{"secret": "nonsense"}) },
			change:    func(c *api.ProvisioningConfig) { c.Spec.Source.Entra.Credentials.ClientSecret.SecretRef.Name = "wrong" },
			condition: api.SourceConnectedCondition, reason: api.UnauthorizedReason, wantMessage: "secret",
		},
		"unreachable target": {
			change:    func(c *api.ProvisioningConfig) { c.Spec.Target.SCIM.TenantURL = "http://127.0.0.1:1/api/v2/scim/v2" },
			condition: api.TargetConnectedCondition, reason: api.UnreachableReason, wantMessage: "127.0.0.1 refuses the connection",
		},
		"wrong path of the target": {
			change:    func(c *api.ProvisioningConfig) { c.Spec.Target.SCIM.TenantURL += "/v3" },
			condition: api.ReferencesResolvedCondition, reason: api.InvalidReason, wantMessage: "tenantURL",
		},
		"a mapping that does not exist": {
			change: func(c *api.ProvisioningConfig) {
				c.Spec.Users.AttributeMappingRef = &api.ObjectReference{Name: "absent"}
			},
			condition: api.ReferencesResolvedCondition, reason: api.ReferenceNotFoundReason, wantMessage: `The AttributeMapping "absent" does not exist`,
		},
		"a mapping with a typo": {
			before: func(o *operator) {
				o.create(o.mapping("typo", `Swich([IsSoftDeleted], , "False", "True", "True", "False")`))
			},
			change:    func(c *api.ProvisioningConfig) { c.Spec.Users.AttributeMappingRef = &api.ObjectReference{Name: "typo"} },
			condition: api.ReferencesResolvedCondition, reason: api.ReferenceInvalidReason, wantMessage: "Switch",
		},
		"a filter on an unknown attribute": {
			before:    func(o *operator) { o.create(o.filter("odd", "departement")) },
			change:    func(c *api.ProvisioningConfig) { c.Spec.Users.ScopingFilterRefs = []api.ObjectReference{{Name: "odd"}} },
			condition: api.ReferencesResolvedCondition, reason: api.ReferenceInvalidReason, wantMessage: "department",
		},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOperator(t)
			o.hire("ada")
			if tc.before != nil {
				tc.before(o)
			}
			o.create(o.config(tc.change))
			message := o.condition(tc.condition, metav1.ConditionFalse, tc.reason)
			t.Log(message)
			if !strings.Contains(message, tc.wantMessage) || strings.Contains(message, "\n") {
				t.Errorf("message = %q, want one sentence with %q", message, tc.wantMessage)
			}
			ready := meta.FindStatusCondition(o.get().Status.Conditions, api.ReadyCondition)
			if ready == nil || ready.Status != metav1.ConditionFalse {
				t.Errorf("Ready = %+v", ready)
			}
			if n := len(o.genesys.Users()); n != 0 {
				t.Errorf("%d people were written", n)
			}
		})
	}
}

func (o *operator) mapping(name, active string) *api.AttributeMapping {
	first := int32(1)
	return &api.AttributeMapping{ObjectMeta: metav1.ObjectMeta{Namespace: o.ns, Name: name}, Spec: api.AttributeMappingSpec{
		ObjectType: api.ObjectTypeUser,
		Attributes: []api.AttributeRow{
			{Target: "userName", Source: "userPrincipalName", MatchingPrecedence: &first},
			{Target: "displayName", Source: "displayName"},
			{Target: "active", Expression: active},
		},
	}}
}

func (o *operator) filter(name, attribute string) *api.ScopingFilter {
	return &api.ScopingFilter{ObjectMeta: metav1.ObjectMeta{Namespace: o.ns, Name: name}, Spec: api.ScopingFilterSpec{
		ObjectType: api.ObjectTypeUser,
		Filters:    []api.Filter{{Title: "Sales", Clauses: []api.Clause{{Attribute: api.AttributeName(attribute), Operator: api.OperatorIsNotNull}}}},
	}}
}

func TestABrokenMappingKeepsThePreviousPlanAndSaysWhere(t *testing.T) {
	o := newOperator(t)
	o.hire("ada")
	good := o.mapping("people", `Switch([IsSoftDeleted], , "False", "True", "True", "False")`)
	o.create(good)
	o.create(o.config(func(c *api.ProvisioningConfig) {
		c.Spec.Users.AttributeMappingRef = &api.ObjectReference{Name: "people"}
	}))
	o.condition(api.SynchronizedCondition, metav1.ConditionTrue, api.SteadyStateReason)

	base := good.DeepCopy()
	good.Spec.Attributes[2].Expression = `Not([IsSoftDelete])`
	must(t, o.client.Patch(t.Context(), good, client.MergeFrom(base)))
	message := o.condition(api.ReferencesResolvedCondition, metav1.ConditionFalse, api.ReferenceInvalidReason)
	t.Log(message)
	var status api.CompiledStatus
	o.g.Eventually(func() int {
		m := &api.AttributeMapping{}
		must(t, o.client.Get(t.Context(), client.ObjectKeyFromObject(good), m))
		status = m.Status
		return len(m.Status.Problems)
	}).Should(gomega.BeNumerically(">=", 1))
	for _, p := range status.Problems {
		t.Logf("%s:%d:%d: %s", p.Path, p.Line, p.Column, p.Message)
	}
	p := status.Problems[0]
	if p.Path != "spec.attributes[2].expression" || p.Line != 1 || p.Column != 5 || !strings.Contains(p.Message, "IsSoftDeleted") || status.UsedBy != 1 {
		t.Errorf("problem = %+v, used by %d", p, status.UsedBy)
	}

	// Provisioning goes on with the previous mapping.
	o.hire("bob")
	o.annotate(api.SyncAnnotation, "1")
	o.g.Eventually(func() bool { _, ok := o.genesys.UserByName("bob@contoso.com"); return ok }).Should(gomega.BeTrue())
	if u, _ := o.genesys.UserByName("ada@contoso.com"); u.State != genesyssim.Active {
		t.Errorf("Ada is %s", u.State)
	}
}

// Whoever leaves while a mapping is broken must lose access also after the operator was restarted.
func TestTheLastGoodMappingSurvivesARestart(t *testing.T) {
	o := newOperator(t)
	ada := o.hire("ada")
	good := o.mapping("people", `Switch([IsSoftDeleted], , "False", "True", "True", "False")`)
	o.create(good)
	o.create(o.config(func(c *api.ProvisioningConfig) {
		c.Spec.Users.AttributeMappingRef = &api.ObjectReference{Name: "people"}
	}))
	o.condition(api.SynchronizedCondition, metav1.ConditionTrue, api.SteadyStateReason)
	o.stop()

	base := good.DeepCopy()
	good.Spec.Attributes[2].Expression = `Not([IsSoftDelete])`
	must(t, o.client.Patch(t.Context(), good, client.MergeFrom(base)))
	must(t, o.tenant.SoftDelete(ada))
	o.annotate(api.SyncAnnotation, "1")
	o.start()

	o.g.Eventually(func() bool {
		u, _ := o.genesys.UserByName("ada@contoso.com")
		return u.State != genesyssim.Active
	}).Should(gomega.BeTrue())
	if message := o.condition(api.ReferencesResolvedCondition, metav1.ConditionFalse, api.ReferenceInvalidReason); !strings.Contains(message, "IsSoftDelete") {
		t.Errorf("message = %s", message)
	}
}

func TestAChangedSecretIsTriedAtOnce(t *testing.T) {
	o := newOperator(t)
	o.hire("ada")
	o.secret("rotating", map[string]string{"token": "expired"})
	o.create(o.config(func(c *api.ProvisioningConfig) {
		c.Spec.Target.SCIM.Credentials.SecretToken.SecretRef.Name = "rotating"
	}))
	o.condition(api.QuarantinedCondition, metav1.ConditionTrue, string(api.QuarantineException))
	if code := o.get().Status.Code; code != api.StatusQuarantine {
		t.Errorf("code = %s", code)
	}
	secret := &corev1.Secret{}
	must(t, o.client.Get(t.Context(), client.ObjectKey{Namespace: o.ns, Name: "rotating"}, secret))
	secret.StringData = map[string]string{"token": "good-token"}
	must(t, o.client.Update(t.Context(), secret))
	o.condition(api.QuarantinedCondition, metav1.ConditionFalse, api.HealthyReason)
	o.condition(api.SynchronizedCondition, metav1.ConditionTrue, api.SteadyStateReason)
}

func TestTheTokenOfClientCredentialsIsKeptInAnOwnedSecret(t *testing.T) {
	o := newOperator(t)
	o.hire("ada")
	c := genesyssim.DefaultClient()
	o.secret("oauth", map[string]string{"secret": c.Secret})
	o.create(o.config(func(p *api.ProvisioningConfig) {
		p.Spec.Target.SCIM.Credentials = api.SCIMCredentials{OAuth2ClientCredentials: &api.OAuth2ClientCredentials{
			TokenURL: api.HTTPSURL(o.genesysURL + "/oauth/token"), ClientID: c.ID, ClientSecretRef: api.SecretKeyReference{Name: "oauth", Key: "secret"},
		}}
	}))
	o.condition(api.SynchronizedCondition, metav1.ConditionTrue, api.SteadyStateReason)
	secret := &corev1.Secret{}
	must(t, o.client.Get(t.Context(), client.ObjectKey{Namespace: o.ns, Name: o.get().TokenSecretName()}, secret))
	if owner := metav1.GetControllerOf(secret); owner == nil || owner.UID != o.get().UID || len(secret.Data["access_token"]) == 0 {
		t.Errorf("owner = %+v, keys %d", owner, len(secret.Data))
	}
}

func TestDeletingAConfigTouchesNobody(t *testing.T) {
	o := newOperator(t)
	o.hire("ada")
	o.create(o.config())
	o.condition(api.SynchronizedCondition, metav1.ConditionTrue, api.SteadyStateReason)
	must(t, o.client.Delete(t.Context(), o.get()))
	o.g.Eventually(func() error {
		return client.IgnoreNotFound(o.client.Get(t.Context(), client.ObjectKey{Namespace: o.ns, Name: "genesys"}, &api.ProvisioningConfig{}))
	}).Should(gomega.Succeed())
	o.g.Eventually(func() int {
		var list api.ProvisioningConfigList
		must(t, o.client.List(t.Context(), &list, client.InNamespace(o.ns)))
		return len(list.Items)
	}).Should(gomega.Equal(0))
	if u, _ := o.genesys.UserByName("ada@contoso.com"); u.State != genesyssim.Active {
		t.Errorf("Ada is %s", u.State)
	}
}
