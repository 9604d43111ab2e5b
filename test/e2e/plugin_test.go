package e2e

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/onsi/gomega"
	"github.com/rogpeppe/go-internal/testscript"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"

	"github.com/entrain-dev/entrain/controllers/query/querytest"
	"github.com/entrain-dev/entrain/internal/simulator/genesyssim"
	"github.com/entrain-dev/entrain/internal/simulator/graphsim"
	"github.com/entrain-dev/entrain/internal/simulator/graphsim/tenant"
)

const (
	pluginApp     = "aaaabbbb-0000-1111-2222-333344445555"
	pluginTimeout = 90 * time.Second
	buildTimeout  = 10 * time.Minute
)

// TestPlugin plays testdata/plugin.txtar: the operator and the plugin as they are built, called by kubectl as people call them.
func TestPlugin(t *testing.T) {
	assets, err := filepath.Abs(filepath.Dir(kubectlPath(t)))
	if err != nil {
		t.Fatalf("finding kubectl: %v", err)
	}
	bin := buildPrograms(t)
	resources := startCompany(t)
	kubeconfig := startOperator(t, bin)
	testscript.Run(t, testscript.Params{
		Files: []string{filepath.Join("testdata", "plugin.txtar")},
		Cmds:  map[string]func(*testscript.TestScript, bool, []string){"exits": exits},
		Setup: func(e *testscript.Env) error {
			e.Setenv("KUBECONFIG", kubeconfig)
			e.Setenv("HOME", e.WorkDir)
			e.Setenv("PATH", strings.Join([]string{bin, assets, e.Getenv("PATH")}, string(os.PathListSeparator)))
			return os.WriteFile(filepath.Join(e.WorkDir, "resources.yaml"), []byte(resources), 0o600)
		},
	})
}

// exits runs a command that must end with a certain code: exits 2 kubectl entrain plan …
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits code program [argument...]")
	}
	var ended *exec.ExitError
	err := ts.Exec(args[1], args[2:]...)
	if !errors.As(err, &ended) || strconv.Itoa(ended.ExitCode()) != args[0] {
		ts.Fatalf("%s ended with %v, want exit code %s", strings.Join(args[1:], " "), err, args[0])
	}
}

// buildPrograms builds the operator and the plugin and returns their folder.
func buildPrograms(t *testing.T) string {
	t.Helper()
	bin := t.TempDir()
	ctx, cancel := context.WithTimeout(t.Context(), buildTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, "go", "build", "-o", bin+string(os.PathSeparator), "../../cmd/entrain", "../../cmd/kubectl-entrain")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("building: %v\n%s", err, out)
	}
	return bin
}

// startCompany starts a tenant with Ada, Bob and Cyd and an empty Genesys Cloud, and returns the resources that connect them.
func startCompany(t *testing.T) string {
	t.Helper()
	company := tenant.New(tenant.Config{Seed: 1, Domains: []string{"contoso.com"}})
	if _, err := company.AddApplication(tenant.Application{AppID: pluginApp, DisplayName: "Genesys Cloud"}); err != nil {
		t.Fatalf("adding the application: %v", err)
	}
	for _, name := range []string{"ada", "bob", "cyd"} {
		id, err := company.AddUser(map[string]any{"userPrincipalName": name + "@contoso.com", "displayName": name, "department": "Sales"})
		if err == nil {
			_, err = company.Assign(pluginApp, id, "")
		}
		if err != nil {
			t.Fatalf("hiring: %v", err)
		}
	}
	knobs := genesyssim.DefaultKnobs()
	knobs.RateAllowed = 0
	graph := httptest.NewServer(graphsim.New(graphsim.Config{Tenant: company, Seed: 1}))
	t.Cleanup(graph.Close)
	genesys := httptest.NewServer(genesyssim.New(genesyssim.Config{
		Organisation: genesyssim.EmptyOrganisation(), Knobs: &knobs, Seed: 1, Tokens: []genesyssim.TokenSpec{{Value: "good-token"}},
	}))
	t.Cleanup(genesys.Close)
	template, err := os.ReadFile(filepath.Join("testdata", "plugin.yaml"))
	if err != nil {
		t.Fatalf("reading the resources: %v", err)
	}
	return strings.NewReplacer("GRAPH", graph.URL, "GENESYS", genesys.URL, "TENANT", company.ID(), "APPLICATION", pluginApp,
		"CLIENT", graphsim.DefaultClientID, "SECRET", graphsim.DefaultSecret).Replace(string(template))
}

// startOperator starts an API server with the kinds and the operator beside it, and returns the path of a kubeconfig.
func startOperator(t *testing.T, bin string) string {
	t.Helper()
	folder := t.TempDir()
	server := &envtest.Environment{CRDDirectoryPaths: []string{"../../config/crd/bases"}, ErrorIfCRDPathMissing: true}
	if err := querytest.Aggregate(server, folder); err != nil {
		t.Fatalf("preparing the API server: %v", err)
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
	kubeconfig := filepath.Join(folder, "kubeconfig")
	if err := os.WriteFile(kubeconfig, server.KubeConfig, 0o600); err != nil {
		t.Fatalf("writing the kubeconfig: %v", err)
	}
	address := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: freePort(t)}
	runOperator(t, filepath.Join(bin, "entrain"), kubeconfig,
		"--leader-elect=false", "--health-probe-bind-address=127.0.0.1:0", "--store="+filepath.Join(folder, "state.db"),
		fmt.Sprintf("--query-bind-address=localhost:%d", address.Port))
	direct, err := client.New(config, client.Options{})
	if err != nil {
		t.Fatalf("connecting: %v", err)
	}
	if err := direct.Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "entrain-system"}}); err != nil {
		t.Fatalf("creating a namespace: %v", err)
	}
	if err := querytest.Register(t.Context(), direct, "entrain-system", "entrain-query", address); err != nil {
		t.Fatalf("registering the operator: %v", err)
	}
	gomega.NewWithT(t).Eventually(func() error { return querytest.Available(t.Context(), config) }).WithTimeout(pluginTimeout).Should(gomega.Succeed())
	return kubeconfig
}

// runOperator runs the operator until the test ends; what it said is shown when the test failed.
func runOperator(t *testing.T, program, kubeconfig string, args ...string) {
	t.Helper()
	log, err := os.Create(filepath.Join(t.TempDir(), "entrain.log"))
	if err != nil {
		t.Fatalf("making a log: %v", err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Env = append(os.Environ(), "KUBECONFIG="+kubeconfig)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = pluginTimeout
	if err := cmd.Start(); err != nil {
		t.Fatalf("starting the operator: %v", err)
	}
	t.Cleanup(func() {
		cancel()
		err := cmd.Wait()
		if err != nil && !errors.Is(err, context.Canceled) {
			t.Errorf("the operator ended with %v", err)
		}
		if text, err := os.ReadFile(log.Name()); t.Failed() && err == nil {
			t.Logf("the operator said:\n%s", text)
		}
		if err := log.Close(); err != nil {
			t.Errorf("closing the log: %v", err)
		}
	})
}
