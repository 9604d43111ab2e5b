package controllers

import (
	"context"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"
	"github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	ctrlconfig "sigs.k8s.io/controller-runtime/pkg/config"
	"sigs.k8s.io/controller-runtime/pkg/envtest"
	"sigs.k8s.io/controller-runtime/pkg/log"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	api "github.com/entrain-dev/entrain/api/v1alpha1"
	"github.com/entrain-dev/entrain/internal/engine"
	"github.com/entrain-dev/entrain/internal/notify"
	"github.com/entrain-dev/entrain/internal/plan"
	"github.com/entrain-dev/entrain/internal/runner"
	"github.com/entrain-dev/entrain/internal/simulator/genesyssim"
	"github.com/entrain-dev/entrain/internal/simulator/graphsim"
	"github.com/entrain-dev/entrain/internal/simulator/graphsim/tenant"
	"github.com/entrain-dev/entrain/internal/state/sqlite"
)

// apiServer is the real API server that the tests of this package share.
var apiServer *rest.Config

func TestMain(m *testing.M) {
	log.SetLogger(slogLogger())
	code := func() int {
		if os.Getenv("KUBEBUILDER_ASSETS") == "" {
			fmt.Fprintln(os.Stderr, "KUBEBUILDER_ASSETS is not set: run the tests with make test, or set it to the folder that hack/controlplane/assets.sh prints")
			return 1
		}
		env := &envtest.Environment{CRDDirectoryPaths: []string{filepath.Join("..", "config", "crd", "bases")}, ErrorIfCRDPathMissing: true}
		config, err := env.Start()
		if err != nil {
			fmt.Fprintln(os.Stderr, "starting the control plane:", err)
			return 1
		}
		defer func() {
			if err := env.Stop(); err != nil {
				fmt.Fprintln(os.Stderr, "stopping the control plane:", err)
			}
		}()
		apiServer = config
		return m.Run()
	}()
	os.Exit(code)
}

// operator is a whole operator with its own namespace, tenant and Genesys Cloud.
type operator struct {
	t                    *testing.T
	g                    *gomega.WithT
	client               client.Client
	ns                   string
	tenant               *tenant.Tenant
	graph                *graphsim.Server
	genesys              *genesyssim.Server
	graphURL, genesysURL string
	// state is the file of the state store; stop ends the operator.
	state string
	stop  func()
}

const appID = "aaaabbbb-0000-1111-2222-333344445555"

// newOperator starts an operator that looks after one new namespace.
func newOperator(t *testing.T) *operator {
	t.Helper()
	o := &operator{t: t, g: gomega.NewWithT(t)}
	o.g.SetDefaultEventuallyTimeout(60 * time.Second)
	scheme := runtime.NewScheme()
	must(t, clientgoscheme.AddToScheme(scheme))
	must(t, api.AddToScheme(scheme))
	direct, err := client.New(apiServer, client.Options{Scheme: scheme})
	must(t, err)
	o.client = direct
	ns := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "entrain-"}}
	must(t, direct.Create(t.Context(), ns))
	o.ns = ns.Name

	o.tenant = tenant.New(tenant.Config{Seed: 1, Domains: []string{"contoso.com"}})
	_, err = o.tenant.AddApplication(tenant.Application{AppID: appID, DisplayName: "Genesys Cloud"})
	must(t, err)
	o.graph = graphsim.New(graphsim.Config{Tenant: o.tenant, Seed: 1})
	knobs := genesyssim.DefaultKnobs()
	knobs.RateAllowed = 0
	o.genesys = genesyssim.New(genesyssim.Config{
		Organisation: genesyssim.EmptyOrganisation(), Knobs: &knobs, Seed: 1, Tokens: []genesyssim.TokenSpec{{Value: "good-token"}},
	})
	graphServer, genesysServer := httptest.NewServer(o.graph), httptest.NewServer(o.genesys)
	t.Cleanup(graphServer.Close)
	t.Cleanup(genesysServer.Close)
	o.graphURL, o.genesysURL = graphServer.URL, genesysServer.URL

	o.secret("entra", map[string]string{"secret": graphsim.DefaultSecret})
	o.secret("genesys", map[string]string{"token": "good-token"})
	o.state = filepath.Join(t.TempDir(), "state.db")
	o.start()
	return o
}

// start runs the operator until it is stopped or the test ends.
func (o *operator) start() {
	t := o.t
	store, err := sqlite.Open(t.Context(), o.state)
	must(t, err)
	skip := true
	mgr, err := ctrl.NewManager(apiServer, ctrl.Options{
		Scheme: o.client.Scheme(), Metrics: metricsserver.Options{BindAddress: "0"}, HealthProbeBindAddress: "0", Cache: cacheOf(o.ns),
		Controller: ctrlconfig.Controller{SkipNameValidation: &skip},
		Client:     client.Options{Cache: &client.CacheOptions{DisableFor: []client.Object{&corev1.Secret{}}}},
	})
	must(t, err)
	clock := clockwork.NewRealClock()
	logger := slog.New(slog.DiscardHandler)
	work := &engine.Engine{Store: store, Clock: clock, Log: logger}
	runs := &runner.Runner{Engine: work, Store: store, Clock: clock, Log: logger}
	configs := &ProvisioningConfigReconciler{
		Client: mgr.GetClient(), Runner: runs, Clock: clock, Recorder: mgr.GetEventRecorder("entrain"),
		Planner: &plan.Builder{Client: mgr.GetClient(), Secrets: mgr.GetAPIReader(), Clock: clock, Version: "test", Definitions: store},
	}
	news := &News{Name: configs.Name}
	runs.Notify = news.Tell
	must(t, configs.SetupWithManager(mgr, news.Events()))
	must(t, (&AttributeMappingReconciler{Client: mgr.GetClient()}).SetupWithManager(mgr))
	must(t, (&ScopingFilterReconciler{Client: mgr.GetClient()}).SetupWithManager(mgr))
	must(t, (&ProvisionOnDemandReconciler{Client: mgr.GetClient(), Runner: runs, Engine: work, Clock: clock}).SetupWithManager(mgr))
	must(t, (&NotificationReconciler{
		Client: mgr.GetClient(), Secrets: mgr.GetAPIReader(), Recorder: mgr.GetEventRecorder("entrain"), Send: notify.Send, Retry: 100 * time.Millisecond,
	}).SetupWithManager(mgr))
	must(t, mgr.Add(runs))
	must(t, mgr.Add(news))
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- mgr.Start(ctx) }()
	o.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("the operator ended with %v", err)
		}
		if err := store.Close(); err != nil {
			t.Errorf("closing the store: %v", err)
		}
	})
	t.Cleanup(o.stop)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (o *operator) secret(name string, values map[string]string) {
	o.t.Helper()
	must(o.t, o.client.Create(o.t.Context(), &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: o.ns, Name: name}, StringData: values}))
}

// hire adds somebody to the tenant and assigns them.
func (o *operator) hire(name string) string {
	o.t.Helper()
	id, err := o.tenant.AddUser(map[string]any{"userPrincipalName": name + "@contoso.com", "displayName": name})
	must(o.t, err)
	_, err = o.tenant.Assign(appID, id, "")
	must(o.t, err)
	return id
}

// config is a ProvisioningConfig for the simulators, changed by a test.
func (o *operator) config(change ...func(*api.ProvisioningConfig)) *api.ProvisioningConfig {
	app, client := api.GUID(appID), api.GUID(graphsim.DefaultClientID)
	graphURL := api.Origin(o.graphURL)
	c := &api.ProvisioningConfig{
		ObjectMeta: metav1.ObjectMeta{Namespace: o.ns, Name: "genesys"},
		Spec: api.ProvisioningConfigSpec{
			Source: api.Source{Entra: api.EntraSource{
				TenantID: o.tenant.ID(), Application: api.EntraApplication{AppID: &app},
				Credentials: api.EntraCredentials{ClientSecret: &api.EntraClientSecret{ClientID: client, SecretRef: api.SecretKeyReference{Name: "entra", Key: "secret"}}},
				Endpoints:   &api.EntraEndpoints{GraphURL: &graphURL, AuthorityURL: &graphURL},
			}},
			Target: api.Target{SCIM: api.SCIMTarget{
				Profile: api.SCIMProfileGenesysCloud, TenantURL: api.HTTPSURL(o.genesysURL + "/api/v2/scim/v2"),
				Credentials: api.SCIMCredentials{SecretToken: &api.SecretToken{SecretRef: api.SecretKeyReference{Name: "genesys", Key: "token"}}},
			}},
		},
	}
	for _, f := range change {
		f(c)
	}
	return c
}

func (o *operator) create(object client.Object) {
	o.t.Helper()
	must(o.t, o.client.Create(o.t.Context(), object))
}

// get reads the config again.
func (o *operator) get() *api.ProvisioningConfig {
	o.t.Helper()
	c := &api.ProvisioningConfig{}
	must(o.t, o.client.Get(o.t.Context(), client.ObjectKey{Namespace: o.ns, Name: "genesys"}, c))
	return c
}

// edit changes the config with retries on conflicts.
func (o *operator) edit(change func(*api.ProvisioningConfig)) {
	o.t.Helper()
	c := o.get()
	base := c.DeepCopy()
	change(c)
	must(o.t, o.client.Patch(o.t.Context(), c, client.MergeFrom(base)))
}

func (o *operator) annotate(name, value string) {
	o.t.Helper()
	o.edit(func(c *api.ProvisioningConfig) {
		if c.Annotations == nil {
			c.Annotations = map[string]string{}
		}
		c.Annotations[name] = value
	})
}
