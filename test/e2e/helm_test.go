package e2e

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/onsi/gomega"
	appsv1 "k8s.io/api/apps/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"
	"sigs.k8s.io/yaml"
)

const (
	chart       = "../../charts/entrain"
	helmTimeout = 2 * time.Minute
	// rightsTimeout is how long the API server may take to learn of a role.
	rightsTimeout = 20 * time.Second
)

// helmPath returns the helm beside the control plane, or the one that make built.
func helmPath(t *testing.T) string {
	t.Helper()
	assets := os.Getenv("KUBEBUILDER_ASSETS")
	if assets == "" {
		t.Fatal("the Helm tests need helm and an API server: run make test, or set KUBEBUILDER_ASSETS to a folder with etcd, kube-apiserver, kubectl and helm")
	}
	for _, path := range []string{filepath.Join(assets, "helm"), "../../bin/k8s/helm"} {
		if _, err := os.Stat(path); err == nil {
			return path
		}
	}
	t.Fatalf("no helm in %s and in bin/k8s: run hack/controlplane/build.sh helm", assets)
	return ""
}

// helm runs helm with its files in a folder of the test, and returns what it prints and whether it succeeded.
func helm(t *testing.T, args ...string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), helmTimeout)
	defer cancel()
	home := t.TempDir()
	var out bytes.Buffer
	cmd := exec.CommandContext(ctx, helmPath(t), args...)
	cmd.Env = append(os.Environ(), "HELM_CACHE_HOME="+home, "HELM_CONFIG_HOME="+home, "HELM_DATA_HOME="+home)
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	return out.String(), err
}

func mustHelm(t *testing.T, args ...string) string {
	t.Helper()
	out, err := helm(t, args...)
	if err != nil {
		t.Fatalf("helm %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

func TestHelmLint(t *testing.T) {
	mustHelm(t, "lint", "--strict", chart)
}

func TestHelmValuesThatLoseStateAreRefused(t *testing.T) {
	for name, tc := range map[string]struct {
		set  []string
		want string
	}{
		"two writers of one SQLite file": {
			set:  []string{"replicaCount=2"},
			want: "replicaCount above 1 needs store.type postgres: a SQLite file has one writer",
		},
		"two operators without election": {
			set:  []string{"replicaCount=2", "leaderElection=false", "store.type=postgres", "store.postgres.secretName=db"},
			want: "replicaCount above 1 needs leaderElection: two operators would provision the same people",
		},
		"a database without address": {set: []string{"store.type=postgres"}, want: "secretName"},
		"a misspelt value":           {set: []string{"watchNamespace=identity"}, want: "watchNamespace"},
		"a namespace in capitals":    {set: []string{"watchNamespaces={Identity}"}, want: "watchNamespaces"},
	} {
		t.Run(name, func(t *testing.T) {
			out, err := helm(t, "template", "entrain", chart, "--set", strings.Join(tc.set, ","))
			if err == nil || !strings.Contains(out, tc.want) {
				t.Errorf("want a refusal with %q, got (%v):\n%s", tc.want, err, out)
			}
		})
	}
}

// TestHelmRolesEqualKustomize keeps the two ways of installing from drifting apart.
func TestHelmRolesEqualKustomize(t *testing.T) {
	data, err := os.ReadFile("../../config/rbac/role.yaml")
	if err != nil {
		t.Fatalf("reading the role: %v", err)
	}
	want := parse[rbacv1.ClusterRole](t, string(data)).Rules
	for name, tc := range map[string]struct {
		set  string
		kind string
	}{
		"all namespaces":  {set: "rbac.create=true", kind: "ClusterRole"},
		"some namespaces": {set: "watchNamespaces={identity}", kind: "Role"},
	} {
		t.Run(name, func(t *testing.T) {
			for doc := range strings.SplitSeq(mustHelm(t, "template", "entrain", chart, "--set", tc.set), "\n---\n") {
				role := parse[rbacv1.ClusterRole](t, doc)
				if role.Kind == tc.kind && role.Name == "entrain" {
					if diff := cmp.Diff(want, role.Rules); diff != "" {
						t.Errorf("rules of the chart (-config/rbac/role.yaml +chart):\n%s", diff)
					}
					return
				}
			}
			t.Errorf("no %s entrain in the chart", tc.kind)
		})
	}
}

func parse[T any](t *testing.T, document string) T {
	t.Helper()
	var out T
	if err := yaml.Unmarshal([]byte(document), &out); err != nil {
		t.Fatalf("reading %T: %v\n%s", out, err, document)
	}
	return out
}

// cluster is an API server with access for helm.
type cluster struct {
	client.Client
	kubeconfig string
}

func startCluster(t *testing.T) cluster {
	t.Helper()
	helmPath(t)
	server := &envtest.Environment{}
	config, err := server.Start()
	if err != nil {
		t.Fatalf("starting the API server: %v", err)
	}
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Errorf("stopping the API server: %v", err)
		}
	})
	c, err := client.New(config, client.Options{})
	if err != nil {
		t.Fatalf("connecting: %v", err)
	}
	kubeconfig := filepath.Join(t.TempDir(), "kubeconfig")
	if err := os.WriteFile(kubeconfig, server.KubeConfig, 0o600); err != nil {
		t.Fatalf("writing the kubeconfig: %v", err)
	}
	return cluster{Client: c, kubeconfig: kubeconfig}
}

// helm runs helm against the cluster.
func (c cluster) helm(t *testing.T, args ...string) string {
	t.Helper()
	return mustHelm(t, append([]string{"--kubeconfig", c.kubeconfig}, args...)...)
}

func TestHelmInstall(t *testing.T) {
	c := startCluster(t)
	ctx := t.Context()
	notes := c.helm(t, "install", "entrain", chart, "--namespace", "entrain-system", "--create-namespace")
	if want := "kubectl -n identity get provisioningconfigs --watch"; !strings.Contains(notes, want) {
		t.Errorf("want the next steps with %q, got:\n%s", want, notes)
	}
	key := types.NamespacedName{Namespace: "entrain-system", Name: "entrain"}
	var operator appsv1.Deployment
	if err := c.Get(ctx, key, &operator); err != nil {
		t.Fatalf("reading the deployment: %v", err)
	}
	if operator.Spec.Strategy.Type != appsv1.RecreateDeploymentStrategyType {
		t.Errorf("want the strategy Recreate, because one file has one writer, got %s", operator.Spec.Strategy.Type)
	}
	args := operator.Spec.Template.Spec.Containers[0].Args
	if !slices.Contains(args, "--store=/var/lib/entrain/state.db") {
		t.Errorf("want the state on the volume, got the arguments %q", args)
	}

	c.helm(t, "upgrade", "entrain", chart, "--namespace", "entrain-system", "--set", "log.level=debug")
	c.helm(t, "uninstall", "entrain", "--namespace", "entrain-system")
	var claim corev1.PersistentVolumeClaim
	if err := c.Get(ctx, types.NamespacedName{Namespace: "entrain-system", Name: "entrain-state"}, &claim); err != nil {
		t.Errorf("want the state to outlive the release: %v", err)
	}
}

// right is something that an account may or may not do.
type right struct{ group, resource, subresource, verb, namespace string }

func TestHelmRights(t *testing.T) {
	c := startCluster(t)
	for _, ns := range []string{"identity", "other"} {
		if err := c.Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: ns}}); err != nil {
			t.Fatalf("creating a namespace: %v", err)
		}
	}
	c.helm(t, "install", "all", chart, "--namespace", "all", "--create-namespace", "--set", "fullnameOverride=all")
	c.helm(t, "install", "some", chart, "--namespace", "some", "--create-namespace", "--set", "fullnameOverride=some,watchNamespaces={identity}")

	// The API server learns of roles a moment after they are written; a right that is never given is looked at after this.
	eventually := func(t *testing.T, account string, r right, want bool) {
		t.Helper()
		gomega.NewWithT(t).Eventually(func() bool { return c.may(t, account, r) }).WithTimeout(rightsTimeout).
			Should(gomega.Equal(want), "account %s: %+v", account, r)
	}
	for _, account := range []string{"all", "some"} {
		eventually(t, account, right{"", "secrets", "", "get", "identity"}, true)
		eventually(t, account, right{"coordination.k8s.io", "leases", "", "update", account}, true)
	}

	const group = "provisioning.entrain.dev"
	for name, tc := range map[string]struct {
		right     right
		all, some bool
	}{
		"reads a Secret":                  {right{"", "secrets", "", "get", "identity"}, true, true},
		"keeps a token":                   {right{"", "secrets", "", "create", "identity"}, true, true},
		"reads a Secret elsewhere":        {right{"", "secrets", "", "get", "other"}, true, false},
		"writes an event":                 {right{"", "events", "", "create", "identity"}, true, true},
		"writes a new event":              {right{"events.k8s.io", "events", "", "patch", "identity"}, true, true},
		"watches configurations":          {right{group, "provisioningconfigs", "", "watch", "identity"}, true, true},
		"adds a finalizer":                {right{group, "provisioningconfigs", "", "patch", "identity"}, true, true},
		"blocks the deletion of an owner": {right{group, "provisioningconfigs", "finalizers", "update", "identity"}, true, true},
		"writes status":                   {right{group, "provisioningconfigs", "status", "patch", "identity"}, true, true},
		"writes status of a mapping":      {right{group, "attributemappings", "status", "patch", "identity"}, true, true},
		"writes status of a filter":       {right{group, "scopingfilters", "status", "patch", "identity"}, true, true},
		"writes status of a request":      {right{group, "provisionondemands", "status", "patch", "identity"}, true, true},
		"deletes a finished request":      {right{group, "provisionondemands", "", "delete", "identity"}, true, true},
		"changes a mapping":               {right{group, "attributemappings", "", "update", "identity"}, false, false},
		"deletes a configuration":         {right{group, "provisioningconfigs", "", "delete", "identity"}, false, false},
		"watches configurations anywhere": {right{group, "provisioningconfigs", "", "list", "other"}, true, false},
		"starts a pod":                    {right{"", "pods", "", "create", "identity"}, false, false},
		"takes a lease elsewhere":         {right{"coordination.k8s.io", "leases", "", "update", "identity"}, false, false},
		"asks who a client is":            {right{"authentication.k8s.io", "tokenreviews", "", "create", ""}, true, true},
	} {
		t.Run(name, func(t *testing.T) {
			eventually(t, "all", tc.right, tc.all)
			eventually(t, "some", tc.right, tc.some)
		})
	}
}

// may asks the API server whether the service account of a release may do something.
func (c cluster) may(t *testing.T, account string, r right) bool {
	t.Helper()
	review := &authorizationv1.SubjectAccessReview{Spec: authorizationv1.SubjectAccessReviewSpec{
		User: "system:serviceaccount:" + account + ":" + account,
		ResourceAttributes: &authorizationv1.ResourceAttributes{
			Group: r.group, Resource: r.resource, Subresource: r.subresource, Verb: r.verb, Namespace: r.namespace,
		},
	}}
	if err := c.Create(t.Context(), review); err != nil {
		t.Fatalf("asking for rights: %v", err)
	}
	return review.Status.Allowed
}
