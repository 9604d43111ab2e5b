package main

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/onsi/gomega"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"

	api "github.com/entrain-dev/entrain/api/v1alpha1"
	"github.com/entrain-dev/entrain/controllers/query"
	"github.com/entrain-dev/entrain/internal/inspect"
	"github.com/entrain-dev/entrain/internal/simulator/genesyssim"
)

// TestTheDayOfAnAdministrator is one story: a plan before the first write, the first cycle, what happened, one person explained,
// a held mass removal and its release.
func TestTheDayOfAnAdministrator(t *testing.T) {
	c := newCompany(t)
	for _, name := range []string{"ada", "bob", "cyd"} {
		c.hire(name)
	}
	c.genesys.AddUser(genesyssim.User{UserName: "bob@contoso.com", DisplayName: "Robert"})
	threshold := int32(1)
	c.apply(func(p *api.ProvisioningConfig) {
		p.Spec.AccidentalDeletionPrevention.Threshold = threshold
	})

	golden(t, "plan-initial", c.run("plan", "genesys"))
	if writes := c.writes(); len(writes) > 0 {
		t.Fatalf("the plan wrote to the target: %v", writes)
	}
	if last := c.get().Status.LastCycle; last != nil {
		t.Fatalf("the plan left a cycle behind: %+v", last)
	}

	golden(t, "sync", c.run("sync", "genesys", "--wait"))
	golden(t, "status", c.run("status", "genesys"))
	golden(t, "logs", c.run("logs", "genesys"))
	golden(t, "plan-nothing", c.run("plan", "genesys"))

	c.must(c.tenant.UpdateUser(c.people["ada"], map[string]any{"displayName": "Ada Lovelace"}))
	golden(t, "plan-change", c.run("plan", "genesys"))
	golden(t, "explain-in-scope", c.run("explain", "genesys", "ada@contoso.com"))

	c.must(c.tenant.SoftDelete(c.people["bob"]))
	c.must(c.tenant.SoftDelete(c.people["cyd"]))
	held := c.try("", "plan", "genesys")
	if held.code != exceededCode {
		t.Errorf("exit code = %d, want %d\n%s", held.code, exceededCode, held.errs)
	}
	golden(t, "plan-held", held.out+held.errs)

	c.run("sync", "genesys", "--wait")
	golden(t, "status-held", c.run("status", "genesys"))
	golden(t, "explain-held", c.run("explain", "genesys", c.people["bob"]))
	if r := c.try("n\n", "allow-deletes", "genesys"); r.code != 1 || !strings.Contains(r.errs, "nothing was released") {
		t.Errorf("a no = %+v", r)
	}
	golden(t, "allow-deletes", c.run("allow-deletes", "genesys", "--yes", "--wait"))
	golden(t, "logs-csv", c.run("logs", "genesys", "-o", "csv", "--action", "disable"))
	if r := c.try("", "allow-deletes", "genesys"); r.code != 1 || !strings.Contains(r.errs, "no removal of identity/genesys is held") {
		t.Errorf("a second release = %+v", r)
	}
	golden(t, "restart", c.run("restart", "genesys", "--scope", "Watermark,Escrows", "--wait"))
}

// writes lists what was sent to the target to change something.
func (c *company) writes() []string {
	var out []string
	for _, r := range c.genesys.Journal() {
		if r.Method != http.MethodGet {
			out = append(out, r.Method+" "+r.Path)
		}
	}
	return out
}

func TestPlanOfAChangedMappingOrFilter(t *testing.T) {
	c := newCompany(t)
	c.hire("ada")
	c.hire("bob")
	c.must(c.tenant.UpdateUser(c.people["ada"], map[string]any{"department": "Sales"}))
	filter := &api.ScopingFilter{ObjectMeta: metav1.ObjectMeta{Namespace: c.ns, Name: "people"}, Spec: api.ScopingFilterSpec{
		ObjectType: api.ObjectTypeUser,
		Filters:    []api.Filter{{Title: "everybody with a name", Clauses: []api.Clause{{Attribute: "userPrincipalName", Operator: "IS NOT NULL"}}}},
	}}
	c.must(admin.Create(t.Context(), filter))
	c.apply(func(p *api.ProvisioningConfig) {
		p.Spec.Users.ScopingFilterRefs = []api.ObjectReference{{Name: "people"}}
	})
	c.run("sync", "genesys", "--wait")
	golden(t, "explain-filter", c.run("explain", "genesys", "ada@contoso.com"))
	before := len(c.writes())

	golden(t, "plan-with-mapping", c.run("plan", "genesys", "--with", "testdata/mapping.yaml"))
	golden(t, "plan-with-filter", c.run("plan", "genesys", "--with", "testdata/filter.yaml"))
	var whole struct {
		Items   []inspect.Item
		Summary inspect.Summary
	}
	if err := json.Unmarshal([]byte(c.run("plan", "genesys", "--with", "testdata/filter.yaml", "-o", "json")), &whole); err != nil {
		t.Fatal(err)
	}
	if len(whole.Items) != 1 || whole.Items[0].Verb != inspect.Disable || whole.Items[0].Name != "bob@contoso.com" || whole.Summary.Removals != 1 || whole.Summary.Exceeded {
		t.Errorf("plan = %+v", whole)
	}
	if after := len(c.writes()); after != before {
		t.Errorf("plans sent %d requests that write", after-before)
	}
	for name, tc := range map[string]struct{ content, want string }{
		"a mistake in the mapping":       {"kind: AttributeMapping\nmetadata: {name: m}\nspec: {objectType: User, attributes: [{target: userName, source: nonsense, matchingPrecedence: 1}]}\n", "nonsense"},
		"a filter that nobody refers to": {"kind: ScopingFilter\nmetadata: {name: other}\nspec: {objectType: User, filters: []}\n", `does not refer to the ScopingFilter "other"`},
		"a config":                       {"kind: ProvisioningConfig\nmetadata: {name: genesys}\n", "only an AttributeMapping or a ScopingFilter can be tried"},
		"no YAML":                        {"a: b: c:\n", "no YAML"},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "changed.yaml")
			c.must(os.WriteFile(file, []byte(tc.content), 0o600))
			if r := c.try("", "plan", "genesys", "--with", file); r.code != 1 || !strings.Contains(r.errs, tc.want) {
				t.Errorf("got %d %q, want 1 and %q", r.code, r.errs, tc.want)
			}
		})
	}
}

// TestAPersonWithoutRightsIsRefused: with the right to read configs one sees the status, and nothing about people.
func TestAPersonWithoutRightsIsRefused(t *testing.T) {
	c := newCompany(t)
	c.hire("ada")
	c.apply()
	c.run("sync", "genesys", "--wait")
	user, err := environment.AddUser(envtest.User{Name: "visitor"}, nil)
	c.must(err)
	content, err := user.KubeConfig()
	c.must(err)
	everything := c.kubeconfig
	c.kubeconfig = c.kubeconfigOf(content)
	meta := metav1.ObjectMeta{Namespace: c.ns, Name: "visitor"}
	role := &rbacv1.Role{ObjectMeta: meta, Rules: []rbacv1.PolicyRule{{APIGroups: []string{api.GroupVersion.Group}, Resources: []string{"provisioningconfigs"}, Verbs: []string{"get", "list", "watch"}}}}
	c.must(admin.Create(t.Context(), role))
	c.must(admin.Create(t.Context(), &rbacv1.RoleBinding{
		ObjectMeta: meta, RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: meta.Name},
		Subjects: []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: "visitor"}},
	}))
	c.g.Eventually(func() string { return c.try("", "status", "genesys").out }).Should(gomega.ContainSubstring("In sync     1 user"))
	for _, args := range [][]string{
		{"logs", "genesys"}, {"logs", "genesys", "-f"}, {"explain", "genesys", "ada@contoso.com"}, {"plan", "genesys"}, {"state", "export", "genesys"},
		{"sync", "genesys"}, {"restart", "genesys"}, {"provision", "genesys", "ada@contoso.com"}, {"state", "import", "genesys", "-f", "testdata/mapping.yaml"},
	} {
		t.Run(strings.Join(args, " "), func(t *testing.T) {
			if r := c.try("", args...); r.code != 1 || !strings.Contains(r.errs, "forbidden") || strings.Contains(r.out, "ada@") {
				t.Errorf("got %+v, want a refusal", r)
			}
		})
	}

	// The same question with the right to ask it.
	role.Rules = append(role.Rules, rbacv1.PolicyRule{APIGroups: []string{query.GroupName}, Resources: []string{query.Logs}, Verbs: []string{"get"}})
	c.must(admin.Update(t.Context(), role, &client.UpdateOptions{}))
	c.g.Eventually(func() string { return c.try("", "logs", "genesys").out }).Should(gomega.ContainSubstring("ada@contoso.com"))
	c.kubeconfig = everything
}

func TestStateMovesToANewConfig(t *testing.T) {
	c := newCompany(t)
	c.hire("ada")
	c.apply()
	c.run("sync", "genesys", "--wait")
	file := filepath.Join(t.TempDir(), "state.ndjson")
	c.run("state", "export", "genesys", "--log", "-f", file)
	c.must(admin.Delete(t.Context(), c.get()))
	c.g.Eventually(func() bool {
		var list api.ProvisioningConfigList
		c.must(admin.List(t.Context(), &list, client.InNamespace(c.ns)))
		return len(list.Items) == 0
	}).Should(gomega.BeTrue())
	c.genesys.ResetJournal()
	c.apply(func(p *api.ProvisioningConfig) { p.Spec.ProvisioningMode = api.ProvisioningModePaused })
	if out := c.run("state", "import", "genesys", "-f", file); !strings.HasPrefix(out, "Imported ") {
		t.Errorf("import = %q", out)
	}
	if out := c.run("logs", "genesys"); !strings.Contains(out, "ada@contoso.com") {
		t.Errorf("the log did not move:\n%s", out)
	}
	c.edit(func(p *api.ProvisioningConfig) { p.Spec.ProvisioningMode = api.ProvisioningModeManual })
	c.run("sync", "genesys", "--wait")
	if out := c.run("status", "genesys"); !strings.Contains(out, "0 created") || !strings.Contains(out, "1 user,") {
		t.Errorf("status =\n%s", out)
	}
}

func TestMistakesOfWhoeverAsks(t *testing.T) {
	c := newCompany(t)
	c.apply(func(p *api.ProvisioningConfig) { p.Spec.ProvisioningMode = api.ProvisioningModePaused })
	for name, tc := range map[string]struct {
		args []string
		want string
	}{
		"a config that does not exist":      {[]string{"status", "absent"}, `there is no ProvisioningConfig "absent" in the namespace "identity"`},
		"logs of one that does not exist":   {[]string{"logs", "absent"}, "There is no ProvisioningConfig of this name"},
		"an unknown action":                 {[]string{"logs", "genesys", "--action", "create,update"}, "--action knows no"},
		"a time that is none":               {[]string{"logs", "genesys", "--since", "yesterday"}, "--since is neither a duration"},
		"an unknown scope":                  {[]string{"restart", "genesys", "--scope", "Everything"}, `--scope knows no "Everything"`},
		"a file that does not exist":        {[]string{"plan", "genesys", "--with", "absent.yaml"}, "absent.yaml"},
		"waiting while paused":              {[]string{"sync", "genesys", "--wait"}, "provisioning is paused"},
		"somebody whom nobody knows":        {[]string{"explain", "genesys", "nobody@contoso.com"}, "neither the tenant nor the provisioning log knows"},
		"an import of something else":       {[]string{"state", "import", "genesys", "-f", "testdata/mapping.yaml"}, "incomplete or damaged"},
		"watching without a name":           {[]string{"status", "-w"}, "name the ProvisioningConfig"},
		"releasing although nothing's held": {[]string{"allow-deletes", "genesys"}, "is held"},
	} {
		t.Run(name, func(t *testing.T) {
			if r := c.try("", tc.args...); r.code != 1 || !strings.Contains(r.errs, tc.want) {
				t.Errorf("got %d %q, want 1 and %q", r.code, r.errs, tc.want)
			}
		})
	}
}
