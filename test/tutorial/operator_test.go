package tutorial_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/tools/events"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	api "github.com/entrain-dev/entrain/api/v1alpha1"
	"github.com/entrain-dev/entrain/controllers"
	"github.com/entrain-dev/entrain/internal/engine"
	"github.com/entrain-dev/entrain/internal/plan"
	"github.com/entrain-dev/entrain/internal/runner"
	"github.com/entrain-dev/entrain/internal/simulator/genesyssim"
	"github.com/entrain-dev/entrain/internal/simulator/graphsim"
	"github.com/entrain-dev/entrain/internal/simulator/graphsim/tenant"
	"github.com/entrain-dev/entrain/internal/state"
	"github.com/entrain-dev/entrain/internal/state/sqlite"
)

const (
	appID     = "aaaabbbb-0000-1111-2222-333344445555"
	namespace = "identity"
	longLived = "long-lived-token"
)

// patience bounds every wait for the operator; nothing is measured by it.
const patience = 60 * time.Second

// office is an operator with the configuration of the page, a tenant and a Genesys Cloud organisation.
type office struct {
	t       *testing.T
	client  client.Client
	tenant  *tenant.Tenant
	graph   *graphsim.Server
	genesys *genesyssim.Server
	store   state.Store
	builder *plan.Builder
	events  *events.FakeRecorder
	engine  *engine.Engine
	runner  *runner.Runner

	reconciler *controllers.ProvisioningConfigReconciler
	news       chan struct{}
	// gate, when set, is called before a SCIM request is answered.
	gate   atomic.Pointer[func(*http.Request)]
	people map[string]string
	asked  int
}

// open applies the manifests of the page, the config changed by a test, and starts the operator. It does not reconcile yet.
func open(t *testing.T, change ...func(*office, *api.ProvisioningConfig)) *office {
	t.Helper()
	o := &office{t: t, news: make(chan struct{}, 1), people: map[string]string{}, events: events.NewFakeRecorder(1000)}
	o.tenant = tenant.New(tenant.Config{Seed: 1, Domains: []string{"contoso.com"}})
	_, err := o.tenant.AddApplication(tenant.Application{AppID: appID, DisplayName: "Genesys Cloud for Azure"})
	must(t, err)
	o.graph = graphsim.New(graphsim.Config{Tenant: o.tenant, Seed: 1})
	knobs := genesyssim.DefaultKnobs()
	knobs.RateAllowed = 0
	o.genesys = genesyssim.New(genesyssim.Config{
		Organisation: &genesyssim.Organisation{Divisions: []string{"Berlin"}, Roles: []genesyssim.Role{{Name: "Supervisor"}}}, Knobs: &knobs, Seed: 1,
		Tokens: []genesyssim.TokenSpec{{Value: longLived}},
	})
	graphServer := httptest.NewServer(o.graph)
	genesysServer := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if f := o.gate.Load(); f != nil {
			(*f)(r)
		}
		o.genesys.ServeHTTP(w, r)
	}))
	t.Cleanup(graphServer.Close)
	t.Cleanup(genesysServer.Close)
	o.apply(graphServer.URL, genesysServer.URL, change)
	o.start()
	return o
}

// apply puts the manifests into a fake API server; only addresses and the tenant's id become those of the simulators.
func (o *office) apply(graphURL, genesysURL string, change []func(*office, *api.ProvisioningConfig)) {
	t := o.t
	scheme := runtime.NewScheme()
	must(t, clientgoscheme.AddToScheme(scheme))
	must(t, api.AddToScheme(scheme))
	o.client = fake.NewClientBuilder().WithScheme(scheme).WithStatusSubresource(&api.ProvisioningConfig{}, &api.ProvisionOnDemand{}).Build()
	origin := api.Origin(graphURL)
	var config *api.ProvisioningConfig
	for _, object := range manifests(t) {
		object.SetUID(types.UID(object.GetName()))
		switch v := object.(type) {
		case *corev1.Secret:
			v.Data = map[string][]byte{}
			for key, value := range v.StringData {
				v.Data[key] = []byte(value)
			}
			if v.Name == "entra" {
				v.Data["clientSecret"] = []byte(graphsim.DefaultSecret)
			}
		case *api.ProvisioningConfig:
			config = v
			continue
		case *api.ProvisionOnDemand:
			continue // carried out at once; item 71 does it
		}
		must(t, o.client.Create(t.Context(), object))
	}
	config.Spec.Source.Entra.Endpoints = &api.EntraEndpoints{GraphURL: &origin, AuthorityURL: &origin}
	config.Spec.Source.Entra.TenantID = o.tenant.ID()
	swap := func(u api.HTTPSURL, was string) api.HTTPSURL {
		return api.HTTPSURL(strings.Replace(string(u), was, genesysURL, 1))
	}
	config.Spec.Target.SCIM.TenantURL = swap(config.Spec.Target.SCIM.TenantURL, "https://api.mypurecloud.de")
	oauth := config.Spec.Target.SCIM.Credentials.OAuth2ClientCredentials
	oauth.TokenURL = swap(oauth.TokenURL, "https://login.mypurecloud.de")
	for _, f := range change {
		f(o, config)
	}
	must(t, o.client.Create(t.Context(), config))
}

// start runs the part of the operator that runs cycles until the test ends.
func (o *office) start() {
	t := o.t
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "state.db"))
	must(t, err)
	clock, logger := clockwork.NewRealClock(), slog.New(slog.DiscardHandler)
	o.store = store
	o.engine = &engine.Engine{Store: store, Clock: clock, Log: logger}
	o.runner = &runner.Runner{Engine: o.engine, Store: store, Clock: clock, Log: logger, Notify: func(state.ConfigID) { o.wake() }}
	o.builder = &plan.Builder{Client: o.client, Secrets: o.client, Clock: clock, Version: "test"}
	o.reconciler = &controllers.ProvisioningConfigReconciler{Client: o.client, Planner: o.builder, Runner: o.runner, Recorder: o.events, Clock: clock}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- o.runner.Start(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("the runner ended with %v", err)
		}
		if err := store.Close(); err != nil {
			t.Errorf("closing the store: %v", err)
		}
	})
}

func (o *office) wake() {
	select {
	case o.news <- struct{}{}:
	default:
	}
}

// settle reconciles whenever there is news until the status is as wanted.
func (o *office) settle(what string, wanted func(*api.ProvisioningConfig) bool) *api.ProvisioningConfig {
	o.t.Helper()
	ctx, cancel := context.WithTimeout(o.t.Context(), patience)
	defer cancel()
	for {
		result, err := o.reconciler.Reconcile(ctx, ctrl.Request{NamespacedName: client.ObjectKey{Namespace: namespace, Name: "genesys-cloud"}})
		if err == nil {
			if c := o.get(); wanted(c) {
				return c
			}
		}
		var again <-chan time.Time
		if result.RequeueAfter > 0 || err != nil {
			again = time.After(max(result.RequeueAfter, 10*time.Millisecond))
		}
		select {
		case <-o.news:
		case <-again:
		case <-ctx.Done():
			o.t.Fatalf("%s: not reached; the status is %+v, the last error %v", what, o.get().Status, err)
		}
	}
}

func (o *office) get() *api.ProvisioningConfig {
	o.t.Helper()
	c := &api.ProvisioningConfig{}
	must(o.t, o.client.Get(o.t.Context(), client.ObjectKey{Namespace: namespace, Name: "genesys-cloud"}, c))
	return c
}

// edit changes the config, as kubectl apply does.
func (o *office) edit(change func(*api.ProvisioningConfig)) {
	o.t.Helper()
	c := o.get()
	change(c)
	must(o.t, o.client.Update(o.t.Context(), c))
}

// run waits for a cycle that began after everything before it, by asking for one where one has ended already.
func (o *office) run() *api.ProvisioningConfig {
	o.t.Helper()
	o.genesys.ResetJournal()
	before := ""
	if last := o.get().Status.LastCycle; last != nil {
		before = last.ID
		o.asked++
		o.edit(func(c *api.ProvisioningConfig) {
			metav1.SetMetaDataAnnotation(&c.ObjectMeta, api.SyncAnnotation, fmt.Sprint(o.asked))
		})
	}
	return o.settle("the end of a cycle", func(c *api.ProvisioningConfig) bool {
		s := c.Status
		return s.LastCycle != nil && s.LastCycle.ID != before && s.Progress != nil && s.Progress.Phase == api.PhaseClose
	})
}

// condition waits for a condition and returns its message.
func (o *office) condition(typ string, want metav1.ConditionStatus) string {
	o.t.Helper()
	c := o.settle(typ+"="+string(want), func(c *api.ProvisioningConfig) bool {
		return meta.IsStatusConditionPresentAndEqual(c.Status.Conditions, typ, want)
	})
	return meta.FindStatusCondition(c.Status.Conditions, typ).Message
}

// secret replaces a value of a Secret.
func (o *office) secret(name, key, value string) {
	o.t.Helper()
	s := &corev1.Secret{}
	must(o.t, o.client.Get(o.t.Context(), client.ObjectKey{Namespace: namespace, Name: name}, s))
	s.Data[key] = []byte(value)
	must(o.t, o.client.Update(o.t.Context(), s))
}

// secretToken makes the config use a pasted token, as the portal does.
func secretToken(o *office, c *api.ProvisioningConfig) {
	must(o.t, o.client.Create(o.t.Context(), &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "genesys-token"}, Data: map[string][]byte{"token": []byte(longLived)},
	}))
	c.Spec.Target.SCIM.Credentials = api.SCIMCredentials{SecretToken: &api.SecretToken{SecretRef: api.SecretKeyReference{Name: "genesys-token", Key: "token"}}}
}

// hire adds somebody and assigns them; properties come in pairs.
func (o *office) hire(name string, pairs ...any) {
	o.t.Helper()
	o.add(name, pairs...)
	o.assign(name)
}

func (o *office) add(name string, pairs ...any) {
	o.t.Helper()
	props := map[string]any{
		"userPrincipalName": name + "@contoso.com", "displayName": strings.ToUpper(name[:1]) + name[1:], "mail": name + "@contoso.com", "usageLocation": "DE",
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		props[pairs[i].(string)] = pairs[i+1]
	}
	id, err := o.tenant.AddUser(props)
	must(o.t, err)
	o.people[name] = id
}

func (o *office) assign(name string) {
	o.t.Helper()
	_, err := o.tenant.Assign(appID, o.people[name], "")
	must(o.t, err)
}

func (o *office) change(name string, key string, value any) {
	o.t.Helper()
	must(o.t, o.tenant.UpdateUser(o.people[name], map[string]any{key: value}))
}

// group adds an assigned group with members to the tenant.
func (o *office) group(name string, members ...string) {
	o.t.Helper()
	id, err := o.tenant.AddGroup(map[string]any{"displayName": name, "securityEnabled": true, "mailEnabled": false, "mailNickname": strings.ToLower(name)})
	must(o.t, err)
	o.people[name] = id
	for _, m := range members {
		must(o.t, o.tenant.AddMembers(id, o.people[m]))
	}
	o.assign(name)
}

// accounts lists everybody in Genesys Cloud as "name state".
func (o *office) accounts() string {
	var out []string
	for _, u := range o.genesys.Users() {
		name, _, _ := strings.Cut(u.UserName, "@")
		out = append(out, name+" "+string(u.State))
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}

func (o *office) account(name string) genesyssim.User {
	o.t.Helper()
	u, ok := o.genesys.UserByName(name + "@contoso.com")
	if !ok {
		o.t.Fatalf("%s has no account", name)
	}
	return u
}

// members lists the members of a group in Genesys Cloud.
func (o *office) members(group string) string {
	o.t.Helper()
	g, ok := o.genesys.GroupByName(group)
	if !ok {
		o.t.Fatalf("there is no group %s", group)
	}
	var out []string
	for _, id := range o.genesys.Members(g.ID) {
		u, _ := o.genesys.User(id)
		name, _, _ := strings.Cut(u.UserName, "@")
		out = append(out, name)
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}

// written lists the requests of the last cycle that change something, as "POST users".
func (o *office) written() string {
	var out []string
	for _, r := range o.genesys.Journal() {
		if r.Method == http.MethodGet || !strings.Contains(r.Path, "/scim/") {
			continue
		}
		path := r.Path[strings.Index(r.Path, "/v2/scim/v2/")+len("/v2/scim/v2/"):]
		kind, _, _ := strings.Cut(strings.ToLower(path), "/")
		out = append(out, r.Method+" "+kind)
	}
	return strings.Join(out, ", ")
}

// logged returns what the provisioning log says last about an object, as "create failure code".
func (o *office) logged(name string) string {
	o.t.Helper()
	entries, err := o.store.Log(o.t.Context(), state.ConfigID(o.get().UID), state.LogQuery{Name: name})
	must(o.t, err)
	if len(entries) == 0 {
		return ""
	}
	return strings.TrimSpace(entries[0].Action + " " + entries[0].Status + " " + entries[0].Code)
}
