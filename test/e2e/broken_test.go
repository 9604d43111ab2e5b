package e2e

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/onsi/gomega"
	"github.com/rogpeppe/go-internal/testscript"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"
	"sigs.k8s.io/controller-runtime/pkg/webhook"

	api "github.com/entrain-dev/entrain/api/v1alpha1"
	"github.com/entrain-dev/entrain/controllers/admission"
)

// updateStories rewrites what the scripts in testdata expect: go test ./test/e2e -run TestBrokenResources -update-stories.
var updateStories = flag.Bool("update-stories", false, "write what the commands print into the scripts in testdata")

const webhookTimeout = 60 * time.Second

// TestBrokenResources plays testdata/broken.txtar: what kubectl answers to resources with mistakes, from the API server and
// from the admission webhook, which is served here as config/webhook installs it.
func TestBrokenResources(t *testing.T) {
	assets, err := filepath.Abs(filepath.Dir(kubectlPath(t)))
	if err != nil {
		t.Fatalf("finding kubectl: %v", err)
	}
	kubeconfig := startAdmission(t)
	testscript.Run(t, testscript.Params{
		Files:         []string{filepath.Join("testdata", "broken.txtar")},
		UpdateScripts: *updateStories,
		Setup: func(e *testscript.Env) error {
			e.Setenv("KUBECONFIG", kubeconfig)
			e.Setenv("HOME", e.WorkDir)
			e.Setenv("PATH", assets+string(os.PathListSeparator)+e.Getenv("PATH"))
			return nil
		},
	})
}

func kubectlPath(t *testing.T) string {
	t.Helper()
	path := filepath.Join(os.Getenv("KUBEBUILDER_ASSETS"), "kubectl")
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("the stories need kubectl and an API server: run make test, or set KUBEBUILDER_ASSETS to a folder with etcd, kube-apiserver and kubectl (%v)", err)
	}
	return path
}

// startAdmission starts an API server with the kinds and the webhook, and returns the path of a kubeconfig.
func startAdmission(t *testing.T) string {
	t.Helper()
	server := &envtest.Environment{
		CRDDirectoryPaths:     []string{"../../config/crd/bases"},
		ErrorIfCRDPathMissing: true,
		WebhookInstallOptions: envtest.WebhookInstallOptions{Paths: []string{"../../config/webhook/manifests.yaml"}},
	}
	config, err := server.Start()
	if err != nil {
		t.Fatalf("starting the API server: %v", err)
	}
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Errorf("stopping the API server: %v", err)
		}
	})
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, api.AddToScheme} {
		if err := add(scheme); err != nil {
			t.Fatalf("registering the kinds: %v", err)
		}
	}
	direct, err := client.New(config, client.Options{Scheme: scheme})
	if err != nil {
		t.Fatalf("connecting: %v", err)
	}
	o := server.WebhookInstallOptions
	hooks := webhook.NewServer(webhook.Options{Host: o.LocalServingHost, Port: o.LocalServingPort, CertDir: o.LocalServingCertDir})
	admission.Register(hooks, scheme, direct)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- hooks.Start(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("the webhook ended with %v", err)
		}
	})
	gomega.NewWithT(t).Eventually(func() error { return hooks.StartedChecker()(nil) }).WithTimeout(webhookTimeout).Should(gomega.Succeed())

	kubeconfig := filepath.Join(t.TempDir(), "kubeconfig")
	if err := os.WriteFile(kubeconfig, server.KubeConfig, 0o600); err != nil {
		t.Fatalf("writing the kubeconfig: %v", err)
	}
	return kubeconfig
}
