package admission

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/webhook"
	"sigs.k8s.io/yaml"

	api "github.com/entrain-dev/entrain/api/v1alpha1"
)

const startTimeout = 60 * time.Second

// apiServer is the real API server that the tests share; it calls the webhook that TestMain serves as config/webhook says.
var apiServer *rest.Config

func TestMain(m *testing.M) {
	log.SetLogger(log.Log.WithSink(log.NullLogSink{}))
	os.Exit(func() int {
		if os.Getenv("KUBEBUILDER_ASSETS") == "" {
			fmt.Fprintln(os.Stderr, "KUBEBUILDER_ASSETS is not set: run the tests with make test, or set it to the folder that hack/controlplane/assets.sh prints")
			return 1
		}
		env := &envtest.Environment{
			CRDDirectoryPaths: []string{filepath.Join("..", "..", "config", "crd", "bases")}, ErrorIfCRDPathMissing: true,
			WebhookInstallOptions: envtest.WebhookInstallOptions{Paths: []string{filepath.Join("..", "..", "config", "webhook", "manifests.yaml")}},
		}
		var err error
		if apiServer, err = env.Start(); err != nil {
			fmt.Fprintln(os.Stderr, "starting the control plane:", err)
			return 1
		}
		defer func() {
			if err := env.Stop(); err != nil {
				fmt.Fprintln(os.Stderr, "stopping the control plane:", err)
			}
		}()
		stop, err := serve(env.WebhookInstallOptions)
		if err != nil {
			fmt.Fprintln(os.Stderr, "serving the webhook:", err)
			return 1
		}
		defer stop()
		return m.Run()
	}())
}

// serve serves the webhook until the returned function is called.
func serve(o envtest.WebhookInstallOptions) (stop func(), err error) {
	scheme := newScheme()
	direct, err := client.New(apiServer, client.Options{Scheme: scheme})
	if err != nil {
		return nil, err
	}
	server := webhook.NewServer(webhook.Options{Host: o.LocalServingHost, Port: o.LocalServingPort, CertDir: o.LocalServingCertDir})
	Register(server, scheme, direct)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- server.Start(ctx) }()
	stop = func() {
		cancel()
		if err := <-ended; err != nil {
			fmt.Fprintln(os.Stderr, "the webhook ended with", err)
		}
	}
	var failure string
	up := gomega.NewGomega(func(message string, _ ...int) { failure = message })
	if !up.Eventually(func() error { return server.StartedChecker()(nil) }).WithTimeout(startTimeout).Should(gomega.Succeed()) {
		stop()
		return nil, errors.New(failure)
	}
	return stop, nil
}

func newScheme() *runtime.Scheme {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, api.AddToScheme} {
		if err := add(scheme); err != nil {
			panic(err)
		}
	}
	return scheme
}

// user talks to the API server as kubectl does, in a namespace of its own.
type user struct {
	t *testing.T
	client.Client
	namespace string

	mu       sync.Mutex
	warnings []string
}

// HandleWarningHeader implements rest.WarningHandler.
func (u *user) HandleWarningHeader(_ int, _, text string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.warnings = append(u.warnings, text)
}

// warned returns the warnings since the last call.
func (u *user) warned() []string {
	u.mu.Lock()
	defer u.mu.Unlock()
	out := u.warnings
	u.warnings = nil
	return out
}

func newUser(t *testing.T) *user {
	t.Helper()
	u := &user{t: t}
	config := rest.CopyConfig(apiServer)
	config.WarningHandler = u
	var err error
	u.Client, err = client.New(config, client.Options{Scheme: newScheme()})
	must(t, err)
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "admission-"}}
	must(t, u.Create(t.Context(), namespace))
	u.namespace = namespace.Name
	return u
}

// apply creates the object of a YAML document.
func (u *user) apply(document string) error {
	u.t.Helper()
	object := u.parse(document)
	return u.Create(u.t.Context(), object)
}

func (u *user) parse(document string) *unstructured.Unstructured {
	u.t.Helper()
	object := &unstructured.Unstructured{}
	must(u.t, yaml.UnmarshalStrict([]byte(document), &object.Object))
	object.SetNamespace(u.namespace)
	return object
}

func (u *user) mustApply(document string) {
	u.t.Helper()
	must(u.t, u.apply(document))
}

// refusals are what the webhook says against an object, as "field: message"; nil when it says nothing.
func refusals(t *testing.T, err error) []string {
	t.Helper()
	if err == nil {
		return nil
	}
	var out []string
	for _, c := range statusOf(t, err).Details.Causes {
		out = append(out, c.Field+": "+c.Message)
	}
	return out
}

func statusOf(t *testing.T, err error) metav1.Status {
	t.Helper()
	var status apierrors.APIStatus
	if !errors.As(err, &status) || status.Status().Details == nil {
		t.Fatalf("want an answer with details, got: %v", err)
	}
	return status.Status()
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
