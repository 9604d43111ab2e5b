package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/jonboulle/clockwork"
	"github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"
	"sigs.k8s.io/controller-runtime/pkg/log"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	api "github.com/entrain-dev/entrain/api/v1alpha1"
	"github.com/entrain-dev/entrain/controllers"
	"github.com/entrain-dev/entrain/controllers/query"
	"github.com/entrain-dev/entrain/controllers/query/querytest"
	"github.com/entrain-dev/entrain/internal/engine"
	"github.com/entrain-dev/entrain/internal/inspect"
	"github.com/entrain-dev/entrain/internal/plan"
	"github.com/entrain-dev/entrain/internal/runner"
	"github.com/entrain-dev/entrain/internal/simulator/genesyssim"
	"github.com/entrain-dev/entrain/internal/simulator/graphsim"
	"github.com/entrain-dev/entrain/internal/simulator/graphsim/tenant"
	"github.com/entrain-dev/entrain/internal/state"
	"github.com/entrain-dev/entrain/internal/state/sqlite"
)

// The API server that the tests of this package share, with a whole operator that looks after all namespaces.
var (
	environment *envtest.Environment
	admin       client.Client
)

func TestMain(m *testing.M) {
	log.SetLogger(logr.Discard())
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func run(m *testing.M) (code int, err error) {
	if os.Getenv("KUBEBUILDER_ASSETS") == "" {
		return 1, errors.New("KUBEBUILDER_ASSETS is not set: run the tests with make test, or set it to the folder that hack/controlplane/assets.sh prints")
	}
	folder, err := os.MkdirTemp("", "plugin-test-")
	if err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	environment = &envtest.Environment{CRDDirectoryPaths: []string{filepath.Join("..", "..", "config", "crd", "bases")}, ErrorIfCRDPathMissing: true}
	if err := querytest.Aggregate(environment, folder); err != nil {
		return 1, err
	}
	if _, err := environment.Start(); err != nil {
		return 1, fmt.Errorf("starting the control plane: %w", err)
	}
	defer func() { err = errors.Join(err, environment.Stop()) }()
	store, err := sqlite.Open(context.Background(), filepath.Join(folder, "state.db"))
	if err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	end, err := startOperator(store, folder)
	if err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, end()) }()
	return m.Run(), nil
}

// startOperator runs a whole operator; the function that it returns ends it.
func startOperator(store state.Store, folder string) (func() error, error) {
	scheme := runtime.NewScheme()
	if err := errors.Join(clientgoscheme.AddToScheme(scheme), api.AddToScheme(scheme)); err != nil {
		return nil, err
	}
	var err error
	if admin, err = client.New(environment.Config, client.Options{Scheme: scheme}); err != nil {
		return nil, err
	}
	mgr, err := ctrl.NewManager(environment.Config, ctrl.Options{
		Scheme: scheme, Metrics: metricsserver.Options{BindAddress: "0"}, HealthProbeBindAddress: "0",
		Client: client.Options{Cache: &client.CacheOptions{DisableFor: []client.Object{&corev1.Secret{}}}},
	})
	if err != nil {
		return nil, err
	}
	clock, logger := clockwork.NewRealClock(), slog.New(slog.DiscardHandler)
	work := &engine.Engine{Store: store, Clock: clock, Log: logger, Workers: 1}
	runs := &runner.Runner{Engine: work, Store: store, Clock: clock, Log: logger}
	builder := &plan.Builder{Client: mgr.GetClient(), Secrets: mgr.GetAPIReader(), Clock: clock, Version: "test"}
	configs := &controllers.ProvisioningConfigReconciler{
		Client: mgr.GetClient(), Runner: runs, Clock: clock, Recorder: mgr.GetEventRecorder("entrain"), Planner: builder,
	}
	news := &controllers.News{Name: configs.Name}
	runs.Notify = news.Tell
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "localhost:0")
	if err != nil {
		return nil, err
	}
	err = errors.Join(
		configs.SetupWithManager(mgr, news.Events()),
		(&controllers.ProvisionOnDemandReconciler{Client: mgr.GetClient(), Runner: runs, Engine: work, Clock: clock}).SetupWithManager(mgr),
		mgr.Add(runs), mgr.Add(news),
		mgr.Add(&query.Server{
			Listener: listener, Config: mgr.GetConfig(), Client: mgr.GetClient(), Reader: mgr.GetAPIReader(), Planner: builder,
			Trial: func(c client.Client) query.Planner {
				return &plan.Builder{Client: c, Secrets: mgr.GetAPIReader(), Clock: clock, Version: "test"}
			},
			Inspector: &inspect.Inspector{Store: store, Clock: clock, Scratch: scratchIn(folder), Workers: 1}, Clock: clock, Log: logger,
		}),
		admin.Create(context.Background(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "entrain-system"}}),
		querytest.Register(context.Background(), admin, "entrain-system", "entrain-query", listener.Addr()))
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- mgr.Start(ctx) }()
	return func() error { cancel(); return <-ended }, nil
}

func scratchIn(folder string) func(ctx context.Context) (state.Store, func() error, error) {
	return func(ctx context.Context) (state.Store, func() error, error) {
		place, err := os.MkdirTemp(folder, "plan-")
		if err != nil {
			return nil, nil, err
		}
		s, err := sqlite.Open(ctx, filepath.Join(place, "state.db"))
		return s, func() error { return errors.Join(s.Close(), os.RemoveAll(place)) }, err
	}
}

// company is a tenant, a Genesys Cloud and a ProvisioningConfig between them, in a namespace of its own.
type company struct {
	*testing.T
	g          *gomega.WithT
	ns         string
	kubeconfig string
	tenant     *tenant.Tenant
	genesys    *genesyssim.Server
	graphURL   string
	people     map[string]string
}

const appID = "aaaabbbb-0000-1111-2222-333344445555"

func newCompany(t *testing.T) *company {
	t.Helper()
	c := &company{T: t, g: gomega.NewWithT(t), people: map[string]string{}}
	c.g.SetDefaultEventuallyTimeout(60 * time.Second)
	ns := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "identity-"}}
	c.must(admin.Create(t.Context(), ns))
	c.ns = ns.Name
	c.kubeconfig = c.kubeconfigOf(environment.KubeConfig)
	c.tenant = tenant.New(tenant.Config{Seed: 1, Domains: []string{"contoso.com"}})
	_, err := c.tenant.AddApplication(tenant.Application{AppID: appID, DisplayName: "Genesys Cloud"})
	c.must(err)
	graph := httptest.NewServer(graphsim.New(graphsim.Config{Tenant: c.tenant, Seed: 1}))
	t.Cleanup(graph.Close)
	c.graphURL = graph.URL
	knobs := genesyssim.DefaultKnobs()
	knobs.RateAllowed = 0
	c.genesys = genesyssim.New(genesyssim.Config{
		Organisation: genesyssim.EmptyOrganisation(), Knobs: &knobs, Seed: 1, Tokens: []genesyssim.TokenSpec{{Value: "good-token"}},
	})
	for name, value := range map[string]string{"entra": graphsim.DefaultSecret, "genesys": "good-token"} {
		c.must(admin.Create(t.Context(), &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: c.ns, Name: name}, StringData: map[string]string{"value": value}}))
	}
	return c
}

func (c *company) must(err error) {
	c.Helper()
	if err != nil {
		c.Fatal(err)
	}
}

// kubeconfigOf writes a kubeconfig.
func (c *company) kubeconfigOf(content []byte) string {
	c.Helper()
	name := filepath.Join(c.TempDir(), "kubeconfig")
	c.must(os.WriteFile(name, content, 0o600))
	return name
}

// hire adds somebody and assigns them.
func (c *company) hire(name string) {
	c.Helper()
	id, err := c.tenant.AddUser(map[string]any{"userPrincipalName": name + "@contoso.com", "displayName": strings.ToUpper(name[:1]) + name[1:], "mail": name + "@contoso.com"})
	c.must(err)
	c.people[name] = id
	_, err = c.tenant.Assign(appID, id, "")
	c.must(err)
}

// apply creates the ProvisioningConfig, in the mode Manual unless changed.
func (c *company) apply(change ...func(*api.ProvisioningConfig)) {
	c.Helper()
	genesys := httptest.NewServer(c.genesys)
	c.Cleanup(genesys.Close)
	app, id, graphURL := api.GUID(appID), api.GUID(graphsim.DefaultClientID), api.Origin(c.graphURL)
	config := &api.ProvisioningConfig{ObjectMeta: metav1.ObjectMeta{Namespace: c.ns, Name: "genesys"}, Spec: api.ProvisioningConfigSpec{
		ProvisioningMode: api.ProvisioningModeManual,
		Source: api.Source{Entra: api.EntraSource{
			TenantID: c.tenant.ID(), Application: api.EntraApplication{AppID: &app},
			Credentials: api.EntraCredentials{ClientSecret: &api.EntraClientSecret{ClientID: id, SecretRef: api.SecretKeyReference{Name: "entra", Key: "value"}}},
			Endpoints:   &api.EntraEndpoints{GraphURL: &graphURL, AuthorityURL: &graphURL},
		}},
		Target: api.Target{SCIM: api.SCIMTarget{
			Profile: api.SCIMProfileGenesysCloud, TenantURL: api.HTTPSURL(genesys.URL + "/api/v2/scim/v2"),
			Credentials: api.SCIMCredentials{SecretToken: &api.SecretToken{SecretRef: api.SecretKeyReference{Name: "genesys", Key: "value"}}},
		}},
	}}
	for _, f := range change {
		f(config)
	}
	c.must(admin.Create(c.Context(), config))
	c.g.Eventually(func() error { return querytest.Available(c.Context(), environment.Config) }).Should(gomega.Succeed())
	// The operator sees the config in its cache a moment after the API server has it.
	c.g.Eventually(func() api.StatusCode { return c.get().Status.Code }).ShouldNot(gomega.BeEmpty())
}

func (c *company) get() *api.ProvisioningConfig {
	c.Helper()
	config := &api.ProvisioningConfig{}
	c.must(admin.Get(c.Context(), client.ObjectKey{Namespace: c.ns, Name: "genesys"}, config))
	return config
}

func (c *company) edit(change func(*api.ProvisioningConfig)) {
	c.Helper()
	config := c.get()
	base := config.DeepCopy()
	change(config)
	c.must(admin.Patch(c.Context(), config, client.MergeFrom(base)))
}

// result is what a command of the plugin did.
type result struct {
	out, errs string
	code      int
}

// try runs the plugin with the answers of a person on its standard input.
func (c *company) try(stdin string, args ...string) result {
	c.Helper()
	cmd := root()
	var out, errs bytes.Buffer
	cmd.SetIn(strings.NewReader(stdin))
	cmd.SetOut(&out)
	cmd.SetErr(&errs)
	cmd.SetArgs(append([]string{"--kubeconfig", c.kubeconfig, "-n", c.ns}, args...))
	ctx, cancel := context.WithTimeout(c.Context(), 90*time.Second)
	defer cancel()
	code := exitCode(cmd.ExecuteContext(ctx), &errs)
	return result{c.anonymous(out.String()), c.anonymous(errs.String()), code}
}

// run runs a command that must succeed and returns what it prints.
func (c *company) run(args ...string) string {
	c.Helper()
	r := c.try("", args...)
	if r.code != 0 {
		c.Fatalf("kubectl entrain %s ended with %d:\n%s%s", strings.Join(args, " "), r.code, r.out, r.errs)
	}
	return r.out
}
