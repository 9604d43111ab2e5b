package v1alpha1_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	jsonpatch "github.com/evanphx/json-patch/v5"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"
	"sigs.k8s.io/yaml"

	"github.com/entrain-dev/entrain/api/v1alpha1"
)

const requestTimeout = 30 * time.Second

var crdFolder = filepath.Join("..", "..", "config", "crd", "bases")

var (
	// api talks to the API server that TestMain starts with the CRDs as they are generated.
	api client.Client
	// server says how to reach it.
	server *rest.Config
)

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	if os.Getenv("KUBEBUILDER_ASSETS") == "" {
		fmt.Fprintln(os.Stderr, "api/v1alpha1 tests need an API server: run make test, or set KUBEBUILDER_ASSETS to a folder with etcd, kube-apiserver and kubectl")
		return 1
	}
	environment := &envtest.Environment{
		CRDDirectoryPaths:     []string{crdFolder},
		ErrorIfCRDPathMissing: true,
	}
	var err error
	server, err = environment.Start()
	if err != nil {
		fmt.Fprintln(os.Stderr, "starting the API server:", err)
		return 1
	}
	defer func() {
		if err := environment.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, "stopping the API server:", err)
		}
	}()
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		fmt.Fprintln(os.Stderr, "registering the kinds:", err)
		return 1
	}
	if api, err = client.New(server, client.Options{Scheme: scheme}); err != nil {
		fmt.Fprintln(os.Stderr, "connecting to the API server:", err)
		return 1
	}
	return m.Run()
}

// row is one change to a valid object and what the API server says to it.
type row struct {
	// patch is a merge patch in YAML: null removes a field, a list replaces a list.
	patch string
	// refused are the errors the API server must give, as "field: message"; none means that it accepts the object.
	refused []string
}

// checkRows sends the valid object with each patch to the API server, which stores nothing.
func checkRows(t *testing.T, valid string, rows map[string]row) {
	t.Helper()
	for name, tc := range rows {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), requestTimeout)
			defer cancel()
			err := api.Create(ctx, object(t, valid, tc.patch), client.DryRunAll)
			if diff := cmp.Diff(tc.refused, causes(t, err)); diff != "" {
				t.Errorf("what the API server refuses (-want +got):\n%s", diff)
			}
		})
	}
}

// object returns the YAML document with the merge patch applied.
func object(t *testing.T, document, patch string) *unstructured.Unstructured {
	t.Helper()
	merged := toJSON(t, document)
	if patch != "" {
		var err error
		if merged, err = jsonpatch.MergePatch(merged, toJSON(t, patch)); err != nil {
			t.Fatalf("applying the patch: %v", err)
		}
	}
	u := &unstructured.Unstructured{}
	if err := u.UnmarshalJSON(merged); err != nil {
		t.Fatalf("reading the patched object: %v", err)
	}
	return u
}

func toJSON(t *testing.T, document string) []byte {
	t.Helper()
	out, err := yaml.YAMLToJSONStrict([]byte(document))
	if err != nil {
		t.Fatalf("reading YAML: %v\n%s", err, document)
	}
	return out
}

// causes returns what an Invalid answer complains about, nil for no error.
func causes(t *testing.T, err error) []string {
	t.Helper()
	if err == nil {
		return nil
	}
	var status apierrors.APIStatus
	if !errors.As(err, &status) || status.Status().Reason != metav1.StatusReasonInvalid {
		t.Fatalf("want an object that is accepted or invalid, got: %v", err)
	}
	var out []string
	for _, c := range status.Status().Details.Causes {
		if c.Field == "<nil>" { // "some validation rules were not checked", which says nothing about the object
			continue
		}
		out = append(out, c.Field+": "+c.Message)
	}
	return out
}

// mustParse reads a YAML document into a typed object.
func mustParse[T any](t *testing.T, document string) T {
	t.Helper()
	var out T
	if err := yaml.UnmarshalStrict([]byte(document), &out); err != nil {
		t.Fatalf("reading %T: %v", out, err)
	}
	return out
}

// list returns n copies of the YAML flow item, whose %d is replaced by 1 to n.
func list(n int, item string) string {
	items := make([]string, n)
	for i := range items {
		items[i] = strings.ReplaceAll(item, "%d", strconv.Itoa(i+1))
	}
	return strings.Join(items, ", ")
}

// dryRun sends an object to the API server and returns it as it would be stored.
func dryRun(t *testing.T, u *unstructured.Unstructured) *unstructured.Unstructured {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), requestTimeout)
	defer cancel()
	if err := api.Create(ctx, u, client.DryRunAll); err != nil {
		t.Fatalf("sending the object: %v", err)
	}
	return u
}

// typed is a pointer to a resource that knows its defaults.
type typed[T any] interface {
	*T
	SetDefaults()
}

// checkDefaults compares what the test wants with the defaults of the API server and with those of SetDefaults.
func checkDefaults[T any, P typed[T]](t *testing.T, document string, want T) {
	t.Helper()
	var stored T
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(dryRun(t, object(t, document, "")).Object, &stored); err != nil {
		t.Fatalf("reading the answer: %v", err)
	}
	ignore := cmpopts.IgnoreTypes(metav1.ObjectMeta{})
	if diff := cmp.Diff(want, stored, ignore); diff != "" {
		t.Errorf("defaults of the API server (-want +got):\n%s", diff)
	}
	local := mustParse[T](t, document)
	P(&local).SetDefaults()
	if diff := cmp.Diff(want, local, ignore); diff != "" {
		t.Errorf("defaults of SetDefaults (-want +got):\n%s", diff)
	}
}
