// Package config_test checks the manifests of this folder and of the chart.
package config_test

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/envtest"
	"sigs.k8s.io/yaml"

	api "github.com/entrain-dev/entrain/api/v1alpha1"
	"github.com/entrain-dev/entrain/internal/fault"
	"github.com/entrain-dev/entrain/internal/plan"
)

const commandTimeout = 60 * time.Second

// kubectl runs the kubectl of the test control plane and returns what it prints.
func kubectl(t *testing.T, args ...string) string {
	t.Helper()
	assets := os.Getenv("KUBEBUILDER_ASSETS")
	if assets == "" {
		t.Fatal("config tests need kubectl and an API server: run make test, or set KUBEBUILDER_ASSETS to a folder with etcd, kube-apiserver and kubectl")
	}
	ctx, cancel := context.WithTimeout(t.Context(), commandTimeout)
	defer cancel()
	var out, errs bytes.Buffer
	cmd := exec.CommandContext(ctx, filepath.Join(assets, "kubectl"), args...)
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("kubectl %s: %v\n%s", strings.Join(args, " "), err, errs.String())
	}
	return out.String()
}

func TestEveryFolderBuilds(t *testing.T) {
	for _, folder := range []string{"crd", "default", "demo", "manager", "network-policy", "prometheus", "query", "rbac", "samples"} {
		t.Run(folder, func(t *testing.T) {
			if kubectl(t, "kustomize", folder) == "" {
				t.Error("the kustomization is empty")
			}
		})
	}
}

func TestManifestsAreAccepted(t *testing.T) {
	if os.Getenv("KUBEBUILDER_ASSETS") == "" {
		t.Fatal("config tests need kubectl and an API server: run make test, or set KUBEBUILDER_ASSETS to a folder with etcd, kube-apiserver and kubectl")
	}
	server := &envtest.Environment{}
	if _, err := server.Start(); err != nil {
		t.Fatalf("starting the API server: %v", err)
	}
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Errorf("stopping the API server: %v", err)
		}
	})
	kubeconfig := filepath.Join(t.TempDir(), "kubeconfig")
	if err := os.WriteFile(kubeconfig, server.KubeConfig, 0o600); err != nil {
		t.Fatalf("writing the kubeconfig: %v", err)
	}
	on := func(t *testing.T, args ...string) string {
		t.Helper()
		return kubectl(t, append([]string{"--kubeconfig", kubeconfig}, args...)...)
	}
	// The definitions go first: kubectl cannot know the kinds before it has sent them.
	on(t, "apply", "--server-side", "-k", "crd")
	on(t, "wait", "--for=condition=Established", "--timeout=30s", "crd", "--all")

	on(t, "create", "namespace", "identity")

	for name, args := range map[string][]string{
		"the operator":          {"apply", "--server-side", "-k", "default"},
		"the tutorial":          {"apply", "--server-side", "-k", "samples"},
		"the demo":              {"apply", "--server-side", "-k", "demo"},
		"the on-demand request": {"create", "-f", "samples/provisioning_v1alpha1_provisionondemand.yaml"},
	} {
		t.Run(name, func(t *testing.T) { on(t, args...) })
	}
	for page, examples := range documentation(t) {
		t.Run("examples of "+page, func(t *testing.T) {
			for i, example := range examples {
				file := filepath.Join(t.TempDir(), strconv.Itoa(i)+".yaml")
				if err := os.WriteFile(file, []byte(example), 0o600); err != nil {
					t.Fatalf("writing the example: %v", err)
				}
				on(t, "create", "--dry-run=server", "-f", file)
			}
		})
	}
	t.Run("explain shows the field comments", func(t *testing.T) {
		got := on(t, "explain", "provisioningconfig.spec.schedule.interval")
		if want := "Default: 40m"; !strings.Contains(got, want) {
			t.Errorf("want %q in the explanation, got:\n%s", want, got)
		}
	})
}

// documentation returns the YAML blocks of the pages in docs/spec.
func documentation(t *testing.T) map[string][]string {
	t.Helper()
	pages, err := filepath.Glob("../docs/spec/*s.md")
	if err != nil || len(pages) != 4 {
		t.Fatalf("want the pages of four kinds, got %v (%v)", pages, err)
	}
	out := map[string][]string{}
	for _, page := range pages {
		data, err := os.ReadFile(page)
		if err != nil {
			t.Fatalf("reading: %v", err)
		}
		parts := strings.Split(string(data), "```")
		for i := 1; i < len(parts); i += 2 {
			if block, isYAML := strings.CutPrefix(parts[i], "yaml\n"); isYAML {
				out[filepath.Base(page)] = append(out[filepath.Base(page)], block)
			}
		}
		if len(out[filepath.Base(page)]) == 0 {
			t.Errorf("%s has no example", page)
		}
	}
	return out
}

// TestMappingsAndFiltersCompile uses the samples and the examples of the documentation as the operator would.
func TestMappingsAndFiltersCompile(t *testing.T) {
	documents := documentation(t)
	for _, pattern := range []string{"samples/*.yaml", "samples/mappings/*.yaml"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatalf("listing the samples: %v", err)
		}
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatalf("reading: %v", err)
			}
			documents[file] = []string{string(data)}
		}
	}
	checked := 0
	for name, texts := range documents {
		for _, text := range texts {
			var problems, examples fault.Problems
			switch kindOf(t, text) {
			case api.AttributeMappingKind:
				mapping := &api.AttributeMapping{}
				parse(t, text, mapping)
				mapping.SetDefaults()
				problems, examples = plan.CheckMapping(mapping, api.SCIMProfileGenesysCloud)
			case api.ScopingFilterKind:
				filter := &api.ScopingFilter{}
				parse(t, text, filter)
				problems = plan.CheckFilter(filter)
			default:
				continue
			}
			checked++
			for _, p := range slices.Concat(problems, examples) {
				t.Errorf("%s: %s: %s", name, p.Path, p.Message)
			}
		}
	}
	if checked < 5 {
		t.Errorf("want the mappings and filters of the samples and of the documentation, got %d", checked)
	}
}

func kindOf(t *testing.T, text string) string {
	t.Helper()
	var meta metav1.TypeMeta
	if err := yaml.Unmarshal([]byte(text), &meta); err != nil {
		t.Fatalf("reading YAML: %v\n%s", err, text)
	}
	return meta.Kind
}

func parse(t *testing.T, text string, into any) {
	t.Helper()
	if err := yaml.UnmarshalStrict([]byte(text), into); err != nil {
		t.Fatalf("reading %T: %v\n%s", into, err, text)
	}
}

func TestChartHasTheSameCRDs(t *testing.T) {
	want, got := read(t, "crd/bases"), read(t, "../charts/entrain/crds")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("charts/entrain/crds differs from config/crd/bases, run make generate (-want +got):\n%s", diff)
	}
}

// read returns the content of the YAML files of a folder by name.
func read(t *testing.T, folder string) map[string]string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("want YAML files in %s, got %v (%v)", folder, files, err)
	}
	out := map[string]string{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatalf("reading: %v", err)
		}
		out[filepath.Base(file)] = string(data)
	}
	return out
}
