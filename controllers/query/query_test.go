package query_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/envtest"

	api "github.com/entrain-dev/entrain/api/v1alpha1"
	"github.com/entrain-dev/entrain/controllers/query"
	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/state"
)

// newConfig makes a config with some log in a namespace of its own.
func newConfig(t *testing.T) *api.ProvisioningConfig {
	t.Helper()
	ns := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "identity-"}}
	must(t, admin.Create(t.Context(), ns))
	app, client := api.GUID("aaaabbbb-0000-1111-2222-333344445555"), api.GUID("aaaabbbb-0000-1111-2222-333344445556")
	c := &api.ProvisioningConfig{ObjectMeta: metav1.ObjectMeta{Namespace: ns.Name, Name: "genesys"}, Spec: api.ProvisioningConfigSpec{
		ProvisioningMode: api.ProvisioningModePaused,
		Source: api.Source{Entra: api.EntraSource{
			TenantID: "contoso.com", Application: api.EntraApplication{AppID: &app},
			Credentials: api.EntraCredentials{ClientSecret: &api.EntraClientSecret{ClientID: client, SecretRef: api.SecretKeyReference{Name: "entra", Key: "secret"}}},
		}},
		Target: api.Target{SCIM: api.SCIMTarget{
			Profile: api.SCIMProfileGenesysCloud, TenantURL: "https://api.mypurecloud.de/api/v2/scim/v2",
			Credentials: api.SCIMCredentials{SecretToken: &api.SecretToken{SecretRef: api.SecretKeyReference{Name: "genesys", Key: "token"}}},
		}},
	}}
	must(t, admin.Create(t.Context(), c))
	at := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	id := state.ConfigID(c.UID)
	must(t, store.Import(t.Context(), id, 1, true, []directory.Change{{Kind: directory.User, ID: "u1", Set: directory.Attributes{directory.AttrUserPrincipalName: {"ada@contoso.com"}}}}))
	must(t, store.AppendLog(t.Context(), id, []state.LogEntry{
		{ID: "1", Time: at, Source: "u1", SourceName: "ada@contoso.com", Action: "create", Status: "success"},
		{ID: "2", Time: at.Add(time.Hour), Source: "u2", SourceName: "bob@contoso.com", Action: "create", Status: "failure", Code: "EntryConflict"},
		{ID: "3", Time: at.Add(2 * time.Hour), Source: "u1", SourceName: "ada@contoso.com", Action: "disable", Status: "success"},
	}))
	return c
}

// person is somebody with certain rights in a namespace.
func person(t *testing.T, ns, name string, rules ...rbacv1.PolicyRule) *http.Client {
	t.Helper()
	user, err := environment.AddUser(envtest.User{Name: name}, nil)
	must(t, err)
	if len(rules) > 0 {
		role := metav1.ObjectMeta{Namespace: ns, Name: name}
		must(t, admin.Create(t.Context(), &rbacv1.Role{ObjectMeta: role, Rules: rules}))
		must(t, admin.Create(t.Context(), &rbacv1.RoleBinding{
			ObjectMeta: role, RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: name},
			Subjects: []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: name}},
		}))
	}
	client, err := rest.HTTPClientFor(user.Config())
	must(t, err)
	return client
}

// may is a rule about questions.
func may(verb string, resources ...string) rbacv1.PolicyRule {
	return rbacv1.PolicyRule{APIGroups: []string{query.GroupName}, Resources: resources, Verbs: []string{verb}}
}

func path(c *api.ProvisioningConfig, watch, rest string) string {
	return "/apis/" + query.GroupName + "/" + query.Version + "/" + watch + "namespaces/" + c.Namespace + "/provisioningconfigs/" + c.Name + "/" + rest
}

// ask returns the status and the body of an answer of the API server.
func ask(ctx context.Context, t *testing.T, client *http.Client, method, path string, body io.Reader) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, method, server()+path, body)
	must(t, err)
	resp, err := client.Do(r)
	must(t, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	must(t, err)
	return resp.StatusCode, string(text)
}

func TestWhoMayAskWhat(t *testing.T) {
	available(t)
	c := newConfig(t)
	for name, tc := range map[string]struct {
		rules     []rbacv1.PolicyRule
		path      string
		want      int
		wantInner string
	}{
		"somebody without rights": {path: path(c, "", "logs"), want: http.StatusForbidden, wantInner: "forbidden"},
		"somebody who may read configs only": {
			rules: []rbacv1.PolicyRule{{APIGroups: []string{api.GroupVersion.Group}, Resources: []string{"provisioningconfigs"}, Verbs: []string{"get", "list"}}},
			path:  path(c, "", "logs"), want: http.StatusForbidden,
		},
		"somebody who may read logs":                    {rules: []rbacv1.PolicyRule{may("get", query.Logs)}, path: path(c, "", "logs"), want: http.StatusOK, wantInner: "ada@contoso.com"},
		"explain for somebody who may read logs":        {rules: []rbacv1.PolicyRule{may("get", query.Logs)}, path: path(c, "", "explain?object=u1"), want: http.StatusForbidden},
		"a plan for somebody who may get but not watch": {rules: []rbacv1.PolicyRule{may("get", query.Plan)}, path: path(c, "watch/", "plan"), want: http.StatusForbidden},
		"the state for somebody who may read logs":      {rules: []rbacv1.PolicyRule{may("get", query.Logs), may("watch", query.Logs)}, path: path(c, "watch/", "state"), want: http.StatusForbidden},
	} {
		t.Run(name, func(t *testing.T) {
			client := person(t, c.Namespace, strings.ReplaceAll(name, " ", "-"), tc.rules...)
			g := gomega.NewWithT(t)
			var body string
			// The API server learns of a role a moment after it is made.
			g.Eventually(func() int {
				var code int
				code, body = ask(t.Context(), t, client, http.MethodGet, tc.path, nil)
				return code
			}).WithTimeout(20 * time.Second).Should(gomega.Equal(tc.want))
			if !strings.Contains(body, tc.wantInner) {
				t.Errorf("want %q in %s", tc.wantInner, body)
			}
			if tc.want != http.StatusOK && strings.Contains(body, "contoso") {
				t.Errorf("a refusal names people: %s", body)
			}
		})
	}
	t.Run("the logs of another namespace", func(t *testing.T) {
		client := person(t, c.Namespace, "reader-of-one-namespace", may("get", query.Logs))
		other := newConfig(t)
		g := gomega.NewWithT(t)
		g.Eventually(func() int {
			code, _ := ask(t.Context(), t, client, http.MethodGet, path(c, "", "logs"), nil)
			return code
		}).WithTimeout(20 * time.Second).Should(gomega.Equal(http.StatusOK))
		if code, _ := ask(t.Context(), t, client, http.MethodGet, path(other, "", "logs"), nil); code != http.StatusForbidden {
			t.Errorf("status = %d, want 403", code)
		}
	})
}

// TestNobodyComesPastTheAPIServer: whoever reaches the operator directly and names himself is refused.
func TestNobodyComesPastTheAPIServer(t *testing.T) {
	available(t)
	c := newConfig(t)
	user, err := environment.AddUser(envtest.User{Name: "direct", Groups: []string{"system:masters"}}, nil)
	must(t, err)
	theirs, err := tls.X509KeyPair(user.Config().CertData, user.Config().KeyData)
	must(t, err)
	for name, certificates := range map[string][]tls.Certificate{"without a certificate": nil, "with a certificate of the cluster": {theirs}} {
		t.Run(name, func(t *testing.T) {
			client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true, Certificates: certificates}}} //nolint:gosec // the test is about the client's certificate
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://"+address.String()+path(c, "", "logs"), nil)
			must(t, err)
			r.Header.Set("X-Remote-User", "admin")
			r.Header.Set("X-Remote-Group", "system:masters")
			resp, err := client.Do(r)
			must(t, err)
			defer resp.Body.Close()
			if resp.StatusCode != http.StatusUnauthorized {
				t.Errorf("status = %d, want 401", resp.StatusCode)
			}
		})
	}
}

func administrator(t *testing.T) *http.Client {
	t.Helper()
	client, err := rest.HTTPClientFor(environment.Config)
	must(t, err)
	return client
}

func TestLogs(t *testing.T) {
	available(t)
	c, client := newConfig(t), administrator(t)
	for name, tc := range map[string]struct {
		query string
		want  []string
	}{
		"everything, newest first": {"", []string{"3", "2", "1"}},
		"one person by id":         {"?source=u1", []string{"3", "1"}},
		"one person by name":       {"?name=BOB", []string{"2"}},
		"failures":                 {"?status=failure", []string{"2"}},
		"an action since a time":   {"?action=create&since=2026-03-01T08:30:00Z", []string{"2"}},
		"the newest one":           {"?limit=1", []string{"3"}},
	} {
		t.Run(name, func(t *testing.T) {
			code, body := ask(t.Context(), t, client, http.MethodGet, path(c, "", "logs")+tc.query, nil)
			var page query.LogPage
			must(t, json.Unmarshal([]byte(body), &page))
			var got []string
			for _, e := range page.Items {
				got = append(got, e.ID)
			}
			if diff := cmp.Diff(tc.want, got); code != http.StatusOK || diff != "" {
				t.Errorf("status %d (-want +got):\n%s", code, diff)
			}
		})
	}
}

func TestBadQuestions(t *testing.T) {
	available(t)
	c, client := newConfig(t), administrator(t)
	absent := c.DeepCopy()
	absent.Name = "absent"
	for name, tc := range map[string]struct {
		method, path string
		want         int
		wantMessage  string
	}{
		"a limit that is no number":             {http.MethodGet, path(c, "", "logs?limit=many"), http.StatusBadRequest, "limit must be a number"},
		"a config that does not exist":          {http.MethodGet, path(absent, "", "logs"), http.StatusNotFound, "no ProvisioningConfig"},
		"a question that does not exist":        {http.MethodGet, path(c, "", "nonsense"), http.StatusMethodNotAllowed, "no question"},
		"explain without saying whom":           {http.MethodGet, path(c, "", "explain"), http.StatusBadRequest, "object must be"},
		"explain while nothing can be compiled": {http.MethodGet, path(c, "", "explain?object=u1"), http.StatusConflict, "The Secret does not exist."},
		"a plan of another kind":                {http.MethodPost, path(c, "watch/", "plan"), http.StatusBadRequest, "only an AttributeMapping or a ScopingFilter"},
		"an import over existing state":         {http.MethodPut, path(c, "", "state"), http.StatusConflict, "has state already"},
	} {
		t.Run(name, func(t *testing.T) {
			code, body := ask(t.Context(), t, client, tc.method, tc.path, strings.NewReader("kind: Secret\n"))
			var status metav1.Status
			must(t, json.Unmarshal([]byte(body), &status))
			if code != tc.want || !strings.Contains(status.Message, tc.wantMessage) {
				t.Errorf("got %d %q, want %d %q", code, status.Message, tc.want, tc.wantMessage)
			}
		})
	}
}

func TestFollowSeesWhatComesLater(t *testing.T) {
	available(t)
	c, client := newConfig(t), administrator(t)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server()+path(c, "watch/", "logs?limit=1"), nil)
	must(t, err)
	resp, err := client.Do(r)
	must(t, err)
	defer resp.Body.Close()
	lines := json.NewDecoder(resp.Body)
	next := func() string {
		var e query.Event
		must(t, lines.Decode(&e))
		if e.Entry == nil {
			t.Fatalf("event = %+v", e)
		}
		return e.Entry.ID
	}
	if got := next(); got != "3" {
		t.Fatalf("first entry = %s, want the newest", got)
	}
	must(t, store.AppendLog(t.Context(), state.ConfigID(c.UID), []state.LogEntry{{ID: "4", Time: time.Now()}, {ID: "5", Time: time.Now()}}))
	if got := []string{next(), next()}; !cmp.Equal(got, []string{"4", "5"}) {
		t.Errorf("later entries = %v", got)
	}
}

func TestStateGoesOutAndIn(t *testing.T) {
	available(t)
	from, to, client := newConfig(t), newConfig(t), administrator(t)
	must(t, store.Drop(t.Context(), state.ConfigID(to.UID)))
	code, export := ask(t.Context(), t, client, http.MethodGet, path(from, "watch/", "state?log=true"), nil)
	if code != http.StatusOK || !strings.HasSuffix(export, "{\"done\":true}\n") {
		t.Fatalf("export = %d %s", code, export)
	}
	cut := export[:len(export)-len("{\"done\":true}\n")]
	if code, body := ask(t.Context(), t, client, http.MethodPut, path(to, "", "state"), strings.NewReader(cut)); code != http.StatusBadRequest || !strings.Contains(body, "incomplete") {
		t.Errorf("an import of half an export = %d %s", code, body)
	}
	if code, body := ask(t.Context(), t, client, http.MethodPut, path(to, "", "state"), bytes.NewReader([]byte(export))); code != http.StatusOK {
		t.Fatalf("import = %d %s", code, body)
	}
	_, again := ask(t.Context(), t, client, http.MethodGet, path(to, "watch/", "state?log=true"), nil)
	if diff := cmp.Diff(export, again); diff != "" {
		t.Errorf("what was imported differs (-want +got):\n%s", diff)
	}
}

// server is the address of the API server without a slash at its end.
func server() string { return strings.TrimSuffix(environment.Config.Host, "/") }
