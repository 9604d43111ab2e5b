package fault

import (
	"context"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/tools/events"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	api "github.com/entrain-dev/entrain/api/v1alpha1"
	"github.com/entrain-dev/entrain/controllers"
	"github.com/entrain-dev/entrain/internal/engine"
	"github.com/entrain-dev/entrain/internal/plan"
	"github.com/entrain-dev/entrain/internal/runner"
	"github.com/entrain-dev/entrain/internal/scim/profile"
	"github.com/entrain-dev/entrain/internal/simulator/graphsim"
	"github.com/entrain-dev/entrain/internal/simulator/graphsim/tenant"
	"github.com/entrain-dev/entrain/internal/state"
	"github.com/entrain-dev/entrain/internal/state/sqlite"
	"github.com/entrain-dev/entrain/test/model/world"
)

// uid is the id of the only config; patience bounds every wait for the operator, nothing is measured by it.
const (
	uid      = "7f3a"
	patience = time.Minute
)

// operator is what stands between an API server and both simulators: the reconciler, the runner and the engine.
type operator struct {
	t          *testing.T
	api        client.Client
	reconciler *controllers.ProvisioningConfigReconciler
	runner     *runner.Runner
	app        world.App
	gate       *world.Gate
	news       chan struct{}
	// away makes every call of the API server fail; conflicts is how many writes of a status meet another version.
	away      atomic.Bool
	conflicts atomic.Int64
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func newOperator(t *testing.T) *operator {
	t.Helper()
	o := &operator{t: t, news: make(chan struct{}, 1), app: world.NewApp(profile.GenesysCloud, clockwork.NewRealClock(), 1)}
	people := tenant.New(tenant.Config{Seed: 1, Domains: []string{"contoso.com"}})
	_, err := people.AddApplication(tenant.Application{AppID: world.AppID, DisplayName: "Genesys Cloud"})
	must(t, err)
	for name, department := range map[string]string{"ada": "Sales", "bob": "Sales", "cleo": "Sales", "outsider": ""} {
		id, err := people.AddUser(world.UserProperties(name+"@contoso.com", name, "", department, "", true))
		must(t, err)
		_, err = people.Assign(world.AppID, id, "")
		must(t, err)
	}
	o.gate = world.NewGate(o.app.Handler())
	graph, target := httptest.NewServer(graphsim.New(graphsim.Config{Tenant: people, Seed: 1})), httptest.NewServer(o.gate)
	t.Cleanup(graph.Close)
	t.Cleanup(target.Close)
	o.serve(people.ID(), graph.URL, target.URL+o.app.Root())
	o.start()
	return o
}

// serve fills an API server with a config and what it refers to.
func (o *operator) serve(tenantID, graphURL, targetURL string) {
	t, scheme := o.t, runtime.NewScheme()
	must(t, clientgoscheme.AddToScheme(scheme))
	must(t, api.AddToScheme(scheme))
	o.api = fake.NewClientBuilder().WithScheme(scheme).WithStatusSubresource(&api.ProvisioningConfig{}).
		WithObjects(objects()...).WithObjects(config(tenantID, graphURL, targetURL)).WithInterceptorFuncs(interceptor.Funcs{
		Get: func(ctx context.Context, c client.WithWatch, key client.ObjectKey, obj client.Object, opts ...client.GetOption) error {
			if o.away.Load() {
				return apierrors.NewServiceUnavailable("away")
			}
			return c.Get(ctx, key, obj, opts...)
		},
		SubResourcePatch: func(ctx context.Context, c client.Client, sub string, obj client.Object, patch client.Patch, opts ...client.SubResourcePatchOption) error {
			if o.conflicts.Add(-1) >= 0 {
				return apierrors.NewConflict(schema.GroupResource{Resource: "provisioningconfigs"}, obj.GetName(), nil)
			}
			return c.SubResource(sub).Patch(ctx, obj, patch, opts...)
		},
	}).Build()
}

// objects are what the config refers to, by the names that the tests use for them.
func objects() []client.Object {
	first := int32(1)
	at := func(name string) metav1.ObjectMeta {
		return metav1.ObjectMeta{Namespace: "identity", Name: name, UID: "1"}
	}
	return []client.Object{
		&corev1.Secret{ObjectMeta: at("secret"), Data: map[string][]byte{"entra": []byte(graphsim.DefaultSecret), "token": []byte(world.Token)}},
		&api.AttributeMapping{ObjectMeta: at("mapping"), Spec: api.AttributeMappingSpec{ObjectType: api.ObjectTypeUser, Attributes: []api.AttributeRow{
			{Target: "userName", Source: "userPrincipalName", MatchingPrecedence: &first}, {Target: "displayName", Source: "displayName"},
			{Target: "active", Expression: `Switch([IsSoftDeleted], , "False", "True", "True", "False")`},
		}}},
		&api.ScopingFilter{ObjectMeta: at("filter"), Spec: api.ScopingFilterSpec{ObjectType: api.ObjectTypeUser, Filters: []api.Filter{
			{Title: "Sales", Clauses: []api.Clause{{Attribute: "department", Operator: api.OperatorIsNotNull}}},
		}}},
	}
}

func config(tenantID, graphURL, targetURL string) *api.ProvisioningConfig {
	app, id, origin := api.GUID(world.AppID), api.GUID(graphsim.DefaultClientID), api.Origin(graphURL)
	c := &api.ProvisioningConfig{ObjectMeta: metav1.ObjectMeta{Namespace: "identity", Name: "genesys", UID: uid}, Spec: api.ProvisioningConfigSpec{
		Source: api.Source{Entra: api.EntraSource{
			TenantID: tenantID, Application: api.EntraApplication{AppID: &app}, Endpoints: &api.EntraEndpoints{GraphURL: &origin, AuthorityURL: &origin},
			Credentials: api.EntraCredentials{ClientSecret: &api.EntraClientSecret{ClientID: id, SecretRef: api.SecretKeyReference{Name: "secret", Key: "entra"}}},
		}},
		Target: api.Target{SCIM: api.SCIMTarget{
			Profile: api.SCIMProfileGenesysCloud, TenantURL: api.HTTPSURL(targetURL),
			Credentials: api.SCIMCredentials{SecretToken: &api.SecretToken{SecretRef: api.SecretKeyReference{Name: "secret", Key: "token"}}},
		}},
	}}
	c.Spec.Users.AttributeMappingRef = &api.ObjectReference{Name: "mapping"}
	c.Spec.Users.ScopingFilterRefs = []api.ObjectReference{{Name: "filter"}}
	return c
}

func (o *operator) start() {
	t := o.t
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "state.db"))
	must(t, err)
	// Nobody waits for the rate of the application; the runner's time is real.
	clock, instant, log := clockwork.NewRealClock(), world.NewClock(time.Now()), slog.New(slog.DiscardHandler)
	o.runner = &runner.Runner{Engine: &engine.Engine{Store: store, Clock: instant, Log: log, Workers: 1}, Store: store, Clock: clock, Log: log,
		Notify: func(state.ConfigID) { o.wake() }}
	o.reconciler = &controllers.ProvisioningConfigReconciler{Client: o.api, Runner: o.runner, Recorder: events.NewFakeRecorder(1000), Clock: clock,
		Planner: &plan.Builder{Client: o.api, Secrets: o.api, Clock: instant, Version: "test"}}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- o.runner.Start(ctx) }()
	t.Cleanup(func() {
		cancel()
		must(t, <-ended)
		must(t, store.Close())
	})
}

func (o *operator) wake() {
	select {
	case o.news <- struct{}{}:
	default:
	}
}

func (o *operator) reconcile() error {
	_, err := o.reconciler.Reconcile(o.t.Context(), ctrl.Request{NamespacedName: client.ObjectKey{Namespace: "identity", Name: "genesys"}})
	return err
}

// until reconciles at news, and again after a failure as a work queue does, until something holds.
func (o *operator) until(what string, holds func() bool) {
	o.t.Helper()
	ctx, cancel := context.WithTimeout(o.t.Context(), patience)
	defer cancel()
	for {
		err := o.reconcile()
		if holds() {
			return
		}
		select {
		case <-o.news:
		case <-time.After(10 * time.Millisecond):
		case <-ctx.Done():
			o.t.Fatalf("%s: not reached; the last error is %v, the accounts %v", what, err, o.accounts())
		}
	}
}

func (o *operator) idle() bool {
	s, ok := o.runner.Status(uid)
	return ok && s.Loaded && !s.Running
}

func (o *operator) accounts() []string {
	var out []string
	for _, a := range o.app.Accounts() {
		out = append(out, a.UserName+" "+a.State)
	}
	slices.Sort(out)
	return out
}

// sync asks for a cycle, waits for its end and returns what it sent.
func (o *operator) sync() []world.Request {
	o.t.Helper()
	o.gate.Reset()
	c := &api.ProvisioningConfig{}
	key := client.ObjectKey{Namespace: "identity", Name: "genesys"}
	must(o.t, o.api.Get(o.t.Context(), key, c))
	metav1.SetMetaDataAnnotation(&c.ObjectMeta, api.SyncAnnotation, "again")
	must(o.t, o.api.Update(o.t.Context(), c))
	o.until("the end of another cycle", func() bool {
		return o.api.Get(o.t.Context(), key, c) == nil && c.Status.LastHandledSync == "again" && o.idle()
	})
	return o.gate.Writes()
}

// TestTroubleWithTheAPIServer makes the API server or what is in it go wrong when the n-th request of the first cycle arrives at
// the target, for every n (classes 19 and 20).
func TestTroubleWithTheAPIServer(t *testing.T) {
	deleted := func(i int) func(*operator) func() {
		return func(o *operator) func() {
			must(o.t, o.api.Delete(o.t.Context(), objects()[i]))
			return func() { must(o.t, o.api.Create(o.t.Context(), objects()[i])) }
		}
	}
	for name, trouble := range map[string]func(*operator) (end func()){
		"class 19: API server away": func(o *operator) func() {
			o.away.Store(true)
			return func() { o.away.Store(false) }
		},
		"class 19: status conflicts": func(o *operator) func() {
			o.conflicts.Store(5)
			return func() {}
		},
		"class 20: Secret deleted":  deleted(0),
		"class 20: mapping deleted": deleted(1),
		"class 20: filter deleted":  deleted(2),
	} {
		t.Run(name, func(t *testing.T) {
			n := 1
			for ; inTrouble(t, trouble, n); n++ {
			}
			t.Logf("at each of %d calls", n-1)
			if n < 4 {
				t.Error("there were fewer calls than people")
			}
		})
	}
}

// inTrouble runs the first cycle with trouble at call n; false when it has no such call.
func inTrouble(t *testing.T, trouble func(*operator) func(), n int) (reached bool) {
	t.Run(fmt.Sprintf("call %d", n), func(t *testing.T) {
		o := newOperator(t)
		arrived, goOn := make(chan struct{}), make(chan struct{})
		var once sync.Once
		o.gate.Before = func(call int) {
			if call == n {
				once.Do(func() { close(arrived) })
				<-goOn
			}
		}
		must(t, o.reconcile())
		reached = o.wait(arrived)
		end := func() {}
		if reached {
			end = trouble(o)
			_ = o.reconcile() // what it sees is the trouble; the next one, as a work queue makes it, has to cope
		}
		close(goOn)
		want := []string{"ada@contoso.com active", "bob@contoso.com active", "cleo@contoso.com active"}
		o.until("everybody in scope is there while it lasts", func() bool { return slices.Equal(o.accounts(), want) && o.idle() })
		end()
		if sent := o.sync(); len(sent) > 0 {
			t.Errorf("another cycle sent %s %s", sent[0].Method, sent[0].Path)
		}
		if got := o.accounts(); !slices.Equal(got, want) {
			t.Errorf("accounts are %v, want %v", got, want)
		}
	})
	return reached
}

// wait waits for a call, or for the end of the first cycle.
func (o *operator) wait(arrived <-chan struct{}) bool {
	o.t.Helper()
	deadline := time.After(patience)
	for {
		select {
		case <-arrived:
			return true
		case <-o.news:
			if s, ok := o.runner.Status(uid); ok && !s.Running && s.State.Last != nil {
				return false
			}
		case <-deadline:
			o.t.Fatal("the first cycle does not end")
		}
	}
}
