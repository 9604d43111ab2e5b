package plan_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/jonboulle/clockwork"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	api "github.com/entrain-dev/entrain/api/v1alpha1"
	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/engine"
	"github.com/entrain-dev/entrain/internal/plan"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// fixture is a builder over a fake API server that holds everything a config needs.
type fixture struct {
	t       *testing.T
	client  client.Client
	builder *plan.Builder
	config  *api.ProvisioningConfig
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	scheme := runtime.NewScheme()
	must(t, clientgoscheme.AddToScheme(scheme))
	must(t, api.AddToScheme(scheme))
	meta := func(name string) metav1.ObjectMeta { return metav1.ObjectMeta{Namespace: "ns", Name: name} }
	value := "Sales"
	c := fake.NewClientBuilder().WithScheme(scheme).WithObjects(
		&corev1.Secret{ObjectMeta: meta("entra"), Data: map[string][]byte{"secret": []byte("s3cret\n")}},
		&corev1.Secret{ObjectMeta: meta("genesys"), Data: map[string][]byte{"token": []byte("t0ken")}},
		&api.AttributeMapping{ObjectMeta: meta("people"), Spec: api.AttributeMappingSpec{ObjectType: api.ObjectTypeUser, Attributes: []api.AttributeRow{
			{Target: "userName", Source: "mail", MatchingPrecedence: new(int32(1))},
			{Target: "displayName", Source: "displayName"},
			{Target: "active", Expression: "Not([IsSoftDeleted])"},
		}}},
		&api.ScopingFilter{ObjectMeta: meta("sales"), Spec: api.ScopingFilterSpec{ObjectType: api.ObjectTypeUser, Filters: []api.Filter{
			{Title: "Sales", Clauses: []api.Clause{{Attribute: "department", Operator: api.OperatorEquals, Value: &value}}},
		}}},
	).Build()
	app := api.GUID("aaaabbbb-0000-1111-2222-333344445555")
	f := &fixture{t: t, client: c, builder: &plan.Builder{Client: c, Secrets: c, Clock: clockwork.NewFakeClock(), Version: "test"}}
	f.config = &api.ProvisioningConfig{ObjectMeta: meta("genesys"), Spec: api.ProvisioningConfigSpec{
		Source: api.Source{Entra: api.EntraSource{
			TenantID: "contoso.com", Application: api.EntraApplication{AppID: &app},
			Credentials: api.EntraCredentials{ClientSecret: &api.EntraClientSecret{ClientID: app, SecretRef: api.SecretKeyReference{Name: "entra", Key: "secret"}}},
		}},
		Target: api.Target{SCIM: api.SCIMTarget{
			Profile: api.SCIMProfileGenesysCloud, TenantURL: "https://api.mypurecloud.de/api/v2/scim/v2",
			Credentials: api.SCIMCredentials{SecretToken: &api.SecretToken{SecretRef: api.SecretKeyReference{Name: "genesys", Key: "token"}}},
		}},
	}}
	f.config.UID = "uid"
	f.config.SetDefaults()
	return f
}

func (f *fixture) build() plan.Result {
	f.t.Helper()
	r, err := f.builder.Build(f.t.Context(), f.config)
	must(f.t, err)
	return r
}

func (f *fixture) secret(name, key, value string) {
	f.t.Helper()
	s := &corev1.Secret{}
	must(f.t, f.client.Get(f.t.Context(), client.ObjectKey{Namespace: "ns", Name: name}, s))
	s.Data[key] = []byte(value)
	must(f.t, f.client.Update(f.t.Context(), s))
}

func TestAPlanHasWhatTheConfigSays(t *testing.T) {
	f := newFixture(t)
	f.config.Spec.Users.AttributeMappingRef = &api.ObjectReference{Name: "people"}
	f.config.Spec.Users.ScopingFilterRefs = []api.ObjectReference{{Name: "sales"}}
	f.config.Spec.AccidentalDeletionPrevention.Threshold = 7
	f.config.Spec.Deprovisioning.SkipOutOfScopeDeletions = true
	p := f.build().Plan
	if p.Name != "ns/genesys" || string(p.ID) != "uid" || !p.AssignedOnly || p.DryRun || p.Guard.Threshold != 7 || !p.Guard.Enabled || !p.SkipOutOfScopeDeletions || p.Groups == nil {
		t.Errorf("plan = %+v", p)
	}
	if p.Users.Scope.Evaluate(directory.Attributes{"department": {"IT"}}).InScope {
		t.Error("the scoping filter is not part of the plan")
	}
	if got := strings.Join(p.Selection(directory.User), " "); !strings.Contains(got, "mail") || !strings.Contains(got, "department") || strings.Contains(got, "mobile") {
		t.Errorf("selection = %s", got)
	}
}

func TestDriftCorrectionIsPartOfThePlan(t *testing.T) {
	for say, want := range map[api.DriftCorrection]engine.Drift{
		api.DriftCorrectionNone: engine.DriftIgnored, api.DriftCorrectionDetect: engine.DriftDetected, api.DriftCorrectionCorrect: engine.DriftCorrected,
	} {
		f := newFixture(t)
		f.config.Spec.Extensions.DriftCorrection = say
		if got := f.build().Plan.Drift; got != want {
			t.Errorf("%s becomes %q, want %q", say, got, want)
		}
	}
}

func TestWhatMakesANewPlan(t *testing.T) {
	for name, tc := range map[string]struct {
		change                        func(*fixture)
		wantRevision, wantFingerprint bool // changed
	}{
		"nothing":                 {func(*fixture) {}, false, false},
		"the schedule":            {func(f *fixture) { f.config.Spec.Schedule.Interval.Duration *= 2 }, false, false},
		"pausing":                 {func(f *fixture) { f.config.Spec.ProvisioningMode = api.ProvisioningModePaused }, false, false},
		"a dry run":               {func(f *fixture) { f.config.Spec.ProvisioningMode = api.ProvisioningModeDryRun }, true, false},
		"a Secret":                {func(f *fixture) { f.secret("genesys", "token", "other") }, true, false},
		"the threshold":           {func(f *fixture) { f.config.Spec.AccidentalDeletionPrevention.Threshold = 7 }, true, false},
		"another scope":           {func(f *fixture) { f.config.Spec.Scope = api.ProvisioningScopeAll }, true, true},
		"a scoping filter":        {func(f *fixture) { f.config.Spec.Users.ScopingFilterRefs = []api.ObjectReference{{Name: "sales"}} }, true, true},
		"a mapping":               {func(f *fixture) { f.config.Spec.Users.AttributeMappingRef = &api.ObjectReference{Name: "people"} }, true, true},
		"groups":                  {func(f *fixture) { f.config.Spec.Groups.Enabled = new(false) }, true, true},
		"another Genesys region":  {func(f *fixture) { f.config.Spec.Target.SCIM.TenantURL = "https://api.mypurecloud.ie/api/v2/scim/v2" }, true, true},
		"clearing of null values": {func(f *fixture) { f.config.Spec.Extensions.ClearNullValues = true }, true, true},
		"looking for drift":       {func(f *fixture) { f.config.Spec.Extensions.DriftCorrection = api.DriftCorrectionDetect }, true, false},
		"nested groups":           {func(f *fixture) { f.config.Spec.Extensions.NestedGroups = true }, true, true},
		"a lower rate":            {func(f *fixture) { f.config.Spec.Target.SCIM.RateLimit = &api.RateLimit{RequestsPerMinute: 60} }, true, false},
		"the same Secret, padded": {func(f *fixture) { f.secret("genesys", "token", "t0ken") }, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			before := f.build()
			tc.change(f)
			after := f.build()
			if got := before.Revision != after.Revision; got != tc.wantRevision {
				t.Errorf("revision changed: %v, want %v", got, tc.wantRevision)
			}
			if got := before.Plan.Fingerprint != after.Plan.Fingerprint; got != tc.wantFingerprint {
				t.Errorf("fingerprint changed: %v, want %v", got, tc.wantFingerprint)
			}
			if got := before.Plan != after.Plan; got != tc.wantRevision {
				t.Errorf("a new plan: %v, want %v", got, tc.wantRevision)
			}
		})
	}
}

func TestNestedGroups(t *testing.T) {
	for name, tc := range map[string]struct {
		change     func(*fixture)
		wantNested bool
	}{
		"are left alone by default": {func(*fixture) {}, false},
		"count where only who is assigned is in scope": {func(f *fixture) {
			f.config.Spec.Extensions.NestedGroups, f.config.Spec.Groups.Enabled = true, new(false)
		}, true},
		"count for the groups that are provisioned": {func(f *fixture) {
			f.config.Spec.Extensions.NestedGroups, f.config.Spec.Scope = true, api.ProvisioningScopeAll
		}, true},
		"are not read where they make no difference": {func(f *fixture) {
			f.config.Spec.Extensions.NestedGroups, f.config.Spec.Scope, f.config.Spec.Groups.Enabled = true, api.ProvisioningScopeAll, new(false)
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			tc.change(f)
			if got := f.build().Plan.Nested; got != tc.wantNested {
				t.Errorf("nested = %v, want %v", got, tc.wantNested)
			}
		})
	}
}

func TestWhatCannotBeResolved(t *testing.T) {
	for name, tc := range map[string]struct {
		change      func(*fixture)
		wantReason  string
		wantMessage string
	}{
		"a mapping for groups used for users": {func(f *fixture) {
			m := &api.AttributeMapping{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "groups"}, Spec: api.AttributeMappingSpec{ObjectType: api.ObjectTypeGroup}}
			must(f.t, f.client.Create(f.t.Context(), m))
			f.config.Spec.Users.AttributeMappingRef = &api.ObjectReference{Name: "groups"}
		}, api.ReferenceInvalidReason, `The AttributeMapping "groups" is for objects of type Group; name one of type User.`},
		"an empty Secret": {func(f *fixture) { f.secret("genesys", "token", " \n") }, api.SecretInvalidReason, `The key "token" of the Secret "genesys" is empty; put the value there.`},
		"a filter for users used for groups": {func(f *fixture) {
			f.config.Spec.Groups.ScopingFilterRefs = []api.ObjectReference{{Name: "sales"}}
		}, api.ReferenceInvalidReason, `The ScopingFilter "sales" is for objects of type User; name one of type Group.`},
		"an example that fails": {func(f *fixture) {
			m := &api.AttributeMapping{}
			must(f.t, f.client.Get(f.t.Context(), client.ObjectKey{Namespace: "ns", Name: "people"}, m))
			m.Spec.Examples = []api.MappingExample{{
				Name: "joiner", Source: map[string]api.AttributeValue{"mail": "a@b.c", "displayName": "A"}, Expect: map[string]api.AttributeValue{"userName": "x@b.c"},
			}}
			must(f.t, f.client.Update(f.t.Context(), m))
			f.config.Spec.Users.AttributeMappingRef = &api.ObjectReference{Name: "people"}
		}, api.ReferenceInvalidReason, `The AttributeMapping "people" cannot be used: spec.examples[0]`},
		"a tenant URL of nobody": {func(f *fixture) { f.config.Spec.Target.SCIM.TenantURL = "https://api.mypurecloud.de/scim" }, api.InvalidReason, "spec.target.scim.tenantURL: "},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			tc.change(f)
			_, err := f.builder.Build(t.Context(), f.config)
			var u *plan.Unresolved
			if !errors.As(err, &u) {
				t.Fatalf("error = %v", err)
			}
			if u.Reason != tc.wantReason || !strings.HasPrefix(u.Message, tc.wantMessage) {
				t.Errorf("got %s: %s\nwant %s: %s", u.Reason, u.Message, tc.wantReason, tc.wantMessage)
			}
			if strings.Contains(u.Message, "t0ken") || strings.Contains(u.Message, "s3cret") {
				t.Errorf("the message holds a secret: %s", u.Message)
			}
		})
	}
}
