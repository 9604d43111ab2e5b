package query_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/jonboulle/clockwork"
	"github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"
	"sigs.k8s.io/controller-runtime/pkg/log"

	api "github.com/entrain-dev/entrain/api/v1alpha1"
	"github.com/entrain-dev/entrain/controllers/query"
	"github.com/entrain-dev/entrain/controllers/query/querytest"
	"github.com/entrain-dev/entrain/internal/inspect"
	"github.com/entrain-dev/entrain/internal/plan"
	"github.com/entrain-dev/entrain/internal/state"
	"github.com/entrain-dev/entrain/internal/state/sqlite"
)

// The API server and the endpoint that the tests of this package share.
var (
	environment *envtest.Environment
	admin       client.Client
	store       state.Store
	address     net.Addr
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
	folder, err := os.MkdirTemp("", "query-test-")
	if err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	environment = &envtest.Environment{CRDDirectoryPaths: []string{filepath.Join("..", "..", "config", "crd", "bases")}, ErrorIfCRDPathMissing: true}
	if err := querytest.Aggregate(environment, folder); err != nil {
		return 1, err
	}
	config, err := environment.Start()
	if err != nil {
		return 1, fmt.Errorf("starting the control plane: %w", err)
	}
	defer func() { err = errors.Join(err, environment.Stop()) }()
	scheme := runtime.NewScheme()
	if err := errors.Join(clientgoscheme.AddToScheme(scheme), api.AddToScheme(scheme)); err != nil {
		return 1, err
	}
	if admin, err = client.New(config, client.Options{Scheme: scheme}); err != nil {
		return 1, err
	}
	if store, err = sqlite.Open(context.Background(), filepath.Join(folder, "state.db")); err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	end, err := serve(config)
	if err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, end()) }()
	return m.Run(), nil
}

// noPlans is for tests that need none.
type noPlans struct{}

func (noPlans) Build(context.Context, *api.ProvisioningConfig) (plan.Result, error) {
	return plan.Result{}, &plan.Unresolved{Reason: api.SecretNotFoundReason, Message: "The Secret does not exist."}
}

// serve runs the endpoint and registers it; the function that it returns ends it.
func serve(config *rest.Config) (func() error, error) {
	ctx, cancel := context.WithCancel(context.Background())
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "localhost:0")
	if err != nil {
		cancel()
		return nil, err
	}
	address = listener.Addr()
	clock := clockwork.NewRealClock()
	server := &query.Server{
		Listener: listener, Config: config, Client: admin, Reader: admin, Planner: noPlans{},
		Trial: func(client.Client) query.Planner { return noPlans{} }, Inspector: &inspect.Inspector{Store: store, Clock: clock},
		Clock: clock, Log: slog.New(slog.DiscardHandler),
	}
	err = errors.Join(
		admin.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "entrain-system"}}),
		querytest.Register(ctx, admin, "entrain-system", "entrain-query", address))
	ended := make(chan error, 1)
	go func() { ended <- server.Start(ctx) }()
	return func() error { cancel(); return <-ended }, err
}

// available waits until the API server forwards questions.
func available(t *testing.T) {
	t.Helper()
	gomega.NewWithT(t).Eventually(func() error { return querytest.Available(t.Context(), environment.Config) }).WithTimeout(60 * time.Second).Should(gomega.Succeed())
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
