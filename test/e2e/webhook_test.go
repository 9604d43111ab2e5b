package e2e

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/onsi/gomega"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	ctrl "sigs.k8s.io/controller-runtime"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	api "github.com/entrain-dev/entrain/api/v1alpha1"
	"github.com/entrain-dev/entrain/controllers/admission"
)

// rendered returns the document of a kind and name from what helm or a file says.
func rendered[T any](t *testing.T, documents, kind, name string) T {
	t.Helper()
	for doc := range strings.SplitSeq(documents, "\n---\n") {
		meta := parse[metav1.PartialObjectMetadata](t, doc)
		if meta.Kind == kind && meta.Name == name {
			return parse[T](t, doc)
		}
	}
	t.Fatalf("no %s %s in:\n%s", kind, name, documents)
	panic("unreachable")
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("reading: %v", err)
	}
	return string(data)
}

// TestHelmWebhookEqualsKustomize keeps the two ways of installing from drifting apart.
func TestHelmWebhookEqualsKustomize(t *testing.T) {
	chartSays := mustHelm(t, "template", "entrain", chart, "--namespace", "system")
	inOrder := func(c admissionv1.ValidatingWebhookConfiguration) []admissionv1.ValidatingWebhook {
		for i := range c.Webhooks {
			c.Webhooks[i].ClientConfig.Service.Name = ""
		}
		slices.SortFunc(c.Webhooks, func(a, b admissionv1.ValidatingWebhook) int { return cmp.Compare(a.Name, b.Name) })
		return c.Webhooks
	}
	want := inOrder(rendered[admissionv1.ValidatingWebhookConfiguration](t, readFile(t, "../../config/webhook/manifests.yaml"), "ValidatingWebhookConfiguration", "webhook"))
	got := inOrder(rendered[admissionv1.ValidatingWebhookConfiguration](t, chartSays, "ValidatingWebhookConfiguration", "entrain-webhook"))
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("webhooks of the chart (-config/webhook +chart):\n%s", diff)
	}
	rules := rendered[rbacv1.ClusterRole](t, readFile(t, "../../config/webhook/role.yaml"), "ClusterRole", "webhook-role").Rules
	for i := range rules {
		if rules[i].ResourceNames != nil {
			rules[i].ResourceNames = []string{"entrain-webhook"}
		}
	}
	if diff := gocmp.Diff(rules, rendered[rbacv1.ClusterRole](t, chartSays, "ClusterRole", "entrain-webhook").Rules); diff != "" {
		t.Errorf("rules of the chart (-config/webhook/role.yaml +chart):\n%s", diff)
	}
}

func TestHelmWithoutWebhook(t *testing.T) {
	if out := mustHelm(t, "template", "entrain", chart, "--set", "webhook.enabled=false,networkPolicy.enabled=true"); strings.Contains(out, "webhook") {
		t.Errorf("want nothing of the webhook, got:\n%s", out)
	}
}

// TestHelmWebhookCertificate runs the webhook with no more rights than the chart gives to an operator of one namespace: a
// certificate is made for the address of the Service, kept in the Secret and made known in the webhook configuration.
func TestHelmWebhookCertificate(t *testing.T) {
	c := startCluster(t)
	g := gomega.NewWithT(t)
	for _, ns := range []string{"identity", "system"} {
		if err := c.Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: ns}}); err != nil {
			t.Fatalf("creating a namespace: %v", err)
		}
	}
	c.helm(t, "install", "entrain", chart, "--namespace", "system", "--set", "watchNamespaces={identity}")
	folder, port := t.TempDir(), freePort(t)
	serveAs(t, c.as(t, "system:serviceaccount:system:entrain"), admission.Options{
		Host: "127.0.0.1", Port: port, CertDir: folder,
		Certificates: admission.Certificates{Name: "entrain-webhook", Namespace: "system", Controller: "certificates-" + filepath.Base(folder) + strconv.Itoa(port)},
	})

	var secret corev1.Secret
	g.Eventually(func() (map[string][]byte, error) {
		err := c.Get(t.Context(), types.NamespacedName{Namespace: "system", Name: "entrain-webhook"}, &secret)
		return secret.Data, err
	}).WithTimeout(webhookTimeout).Should(gomega.HaveKey("tls.crt"))
	// There is no kubelet to mount the Secret.
	for _, file := range []string{"tls.key", "tls.crt"} {
		if err := os.WriteFile(filepath.Join(folder, file), secret.Data[file], 0o600); err != nil {
			t.Fatalf("writing the certificate: %v", err)
		}
	}
	g.Eventually(func() error { return c.handshake(t.Context(), "entrain-webhook.system.svc", port) }).WithTimeout(webhookTimeout).Should(gomega.Succeed())

	// An upgrade keeps what the operator wrote.
	c.helm(t, "upgrade", "entrain", chart, "--namespace", "system", "--set", "watchNamespaces={identity},log.level=debug")
	if err := c.handshake(t.Context(), "entrain-webhook.system.svc", port); err != nil {
		t.Errorf("after an upgrade: %v", err)
	}
}

// handshake connects to the webhook as the API server would: it trusts what the webhook configuration says.
func (c cluster) handshake(ctx context.Context, host string, port int) error {
	var hooks admissionv1.ValidatingWebhookConfiguration
	if err := c.Get(ctx, types.NamespacedName{Name: "entrain-webhook"}, &hooks); err != nil {
		return err
	}
	for _, hook := range hooks.Webhooks {
		trusted := x509.NewCertPool()
		if !trusted.AppendCertsFromPEM(hook.ClientConfig.CABundle) {
			return fmt.Errorf("the webhook %s trusts nobody yet", hook.Name)
		}
		dialer := &tls.Dialer{Config: &tls.Config{RootCAs: trusted, ServerName: host}}
		conn, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err != nil {
			return err
		}
		if err := conn.Close(); err != nil {
			return err
		}
	}
	return nil
}

// as returns how to reach the cluster as somebody else.
func (c cluster) as(t *testing.T, user string) *rest.Config {
	t.Helper()
	config, err := clientcmd.BuildConfigFromFlags("", c.kubeconfig)
	if err != nil {
		t.Fatalf("reading the kubeconfig: %v", err)
	}
	namespace := strings.Split(user, ":")[2]
	config.Impersonate = rest.ImpersonationConfig{UserName: user, Groups: []string{"system:serviceaccounts", "system:serviceaccounts:" + namespace, "system:authenticated"}}
	return config
}

// serveAs serves the webhook until the test ends.
func serveAs(t *testing.T, config *rest.Config, o admission.Options) {
	t.Helper()
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, api.AddToScheme} {
		if err := add(scheme); err != nil {
			t.Fatalf("registering the kinds: %v", err)
		}
	}
	mgr, err := ctrl.NewManager(config, ctrl.Options{Scheme: scheme, Metrics: metricsserver.Options{BindAddress: "0"}, HealthProbeBindAddress: "0"})
	if err != nil {
		t.Fatalf("making a manager: %v", err)
	}
	if err := admission.Setup(mgr, o); err != nil {
		t.Fatalf("setting up the webhook: %v", err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- mgr.Start(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("the manager ended with %v", err)
		}
	})
}

func freePort(t *testing.T) int {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("finding a port: %v", err)
	}
	if err := listener.Close(); err != nil {
		t.Fatalf("freeing the port: %v", err)
	}
	return listener.Addr().(*net.TCPAddr).Port
}
