package main

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/onsi/gomega"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"

	api "github.com/entrain-dev/entrain/api/v1alpha1"
	"github.com/entrain-dev/entrain/internal/simulator/genesyssim"
)

// demands lists the requests that are left.
func (c *company) demands() []api.ProvisionOnDemand {
	c.Helper()
	var list api.ProvisionOnDemandList
	c.must(admin.List(c.Context(), &list, client.InNamespace(c.ns)))
	return list.Items
}

// TestSomebodyIsProvisionedNow: each of the five steps is shown with what it saw, and nothing with values of people is left.
func TestSomebodyIsProvisionedNow(t *testing.T) {
	c := newCompany(t)
	sales := "Sales"
	filter := &api.ScopingFilter{ObjectMeta: metav1.ObjectMeta{Namespace: c.ns, Name: "people"}, Spec: api.ScopingFilterSpec{
		ObjectType: api.ObjectTypeUser,
		Filters:    []api.Filter{{Title: "the sales people", Clauses: []api.Clause{{Attribute: "department", Operator: "EQUALS", Value: &sales}}}},
	}}
	c.must(admin.Create(t.Context(), filter))
	for _, name := range []string{"ada", "bob", "cyd"} {
		c.hire(name)
		c.must(c.tenant.UpdateUser(c.people[name], map[string]any{"department": map[bool]string{true: "Support", false: sales}[name == "cyd"]}))
	}
	c.genesys.AddUser(genesyssim.User{UserName: "bob@contoso.com", DisplayName: "Robert"})
	c.apply(func(p *api.ProvisioningConfig) {
		p.Spec.Users.ScopingFilterRefs = []api.ObjectReference{{Name: "people"}}
	})

	golden(t, "provision-create", c.run("provision", "genesys", "ada@contoso.com"))
	golden(t, "provision-match", c.run("provision", "genesys", c.people["bob"]))
	golden(t, "provision-out-of-scope", c.run("provision", "genesys", "cyd@contoso.com"))
	golden(t, "provision-nothing", c.run("provision", "genesys", "ada@contoso.com"))
	if _, exists := c.genesys.UserByName("ada@contoso.com"); !exists {
		t.Error("Ada has no account")
	}
	if left := c.demands(); len(left) > 0 {
		t.Errorf("%d requests are left", len(left))
	}

	var s struct {
		Result string
		Steps  []struct{ Name string }
	}
	r := c.try("", "provision", "genesys", "ada@contoso.com", "-o", "json", "--keep")
	if err := json.Unmarshal([]byte(r.out), &s); err != nil || r.code != 0 {
		t.Fatalf("got %+v: %v", r, err)
	}
	left := c.demands()
	if len(s.Steps) != 5 || s.Result != "Skipped" || len(left) != 1 || !strings.Contains(r.errs, left[0].Name) {
		t.Errorf("status = %+v, %d requests are left, said %q", s, len(left), r.errs)
	}

	unknown := c.try("", "provision", "genesys", "nobody@contoso.com")
	if unknown.code != 1 {
		t.Errorf("exit code = %d, want 1", unknown.code)
	}
	golden(t, "provision-unknown", unknown.out+unknown.errs)

	c.edit(func(p *api.ProvisioningConfig) { p.Spec.ProvisioningMode = api.ProvisioningModePaused })
	c.g.Eventually(func() api.StatusCode { return c.get().Status.Code }).Should(gomega.Equal(api.StatusPaused))
	if r := c.try("", "provision", "genesys", "ada@contoso.com"); r.code != 1 || !strings.Contains(r.errs, "aused") {
		t.Errorf("while paused: %+v", r)
	}
}

func TestAGroupIsProvisionedNowWithSomeMembers(t *testing.T) {
	c := newCompany(t)
	c.hire("ada")
	group, err := c.tenant.AddGroup(map[string]any{"displayName": "Sales"})
	c.must(err)
	c.people["Sales"] = group
	_, err = c.tenant.Assign(appID, group, "")
	c.must(err)
	c.must(c.tenant.AddMembers(group, c.people["ada"]))
	c.genesys.AddGroup(genesyssim.GroupSpec{Name: "Sales"})
	c.apply()
	c.run("provision", "genesys", "ada@contoso.com")
	golden(t, "provision-group", c.run("provision", "genesys", "--group", group, "--members", c.people["ada"]))
}

func TestMistakesOfWhoeverProvisions(t *testing.T) {
	c := newCompany(t)
	c.apply()
	id := "4f0f2a52-6f5c-4b0e-9d0e-0a2f4f1f8a11"
	for name, tc := range map[string]struct {
		args []string
		want string
	}{
		"a config that does not exist":  {[]string{"absent", "ada@contoso.com"}, `there is no ProvisioningConfig "absent" in the namespace "identity"`},
		"a name that is none":           {[]string{"genesys", "ada"}, `"ada" is neither an object id nor a user principal name`},
		"nobody":                        {[]string{"genesys"}, "name either a person or --group"},
		"a person and a group":          {[]string{"genesys", "ada@contoso.com", "--group", id}, "name either a person or --group"},
		"a group by its name":           {[]string{"genesys", "--group", "Sales"}, `"Sales" is no object id`},
		"members without a group":       {[]string{"genesys", "ada@contoso.com", "--members", id}, "--members needs --group"},
		"too many members":              {[]string{"genesys", "--group", id, "--members", strings.Repeat(id+",", 5) + id}, "at most 5 people, not 6"},
		"an output that does not exist": {[]string{"genesys", "ada@contoso.com", "-o", "yaml"}, `--output knows no "yaml"`},
		"an operator that does not answer in time": {[]string{"genesys", "ada@contoso.com", "--timeout", "1ns"},
			"the operator has not carried the request out in 1ns"},
	} {
		t.Run(name, func(t *testing.T) {
			if r := c.try("", append([]string{"provision"}, tc.args...)...); r.code != 1 || !strings.Contains(r.errs, tc.want) || strings.Count(r.errs, "\n") != 1 {
				t.Errorf("got %d %q, want 1 and one line with %q", r.code, r.errs, tc.want)
			}
		})
	}
	if left := c.demands(); len(left) > 0 {
		t.Errorf("%d requests are left", len(left))
	}
}

// TestARequestIsRemovedAlsoWhenItIsInterrupted: values of a person must not stay because somebody pressed Ctrl-C.
func TestARequestIsRemovedAlsoWhenItIsInterrupted(t *testing.T) {
	c := newCompany(t)
	c.apply()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	demand := &api.ProvisionOnDemand{ObjectMeta: metav1.ObjectMeta{Namespace: c.ns, GenerateName: "one-"}}
	demand.Spec.ProvisioningConfigRef.Name = "genesys"
	name := "ada@contoso.com"
	demand.Spec.User = &api.OnDemandUser{UserPrincipalName: &name}
	c.must(admin.Create(t.Context(), demand))
	c.must(remove(ctx, admin, demand))
	c.must(remove(ctx, admin, demand))
	if left := c.demands(); len(left) > 0 {
		t.Errorf("%d requests are left", len(left))
	}
}

// TestProvisioningNeedsTheRight: each missing right is one clear sentence.
func TestProvisioningNeedsTheRight(t *testing.T) {
	c := newCompany(t)
	c.hire("ada")
	c.apply()
	user, err := environment.AddUser(envtest.User{Name: "helper"}, nil)
	c.must(err)
	content, err := user.KubeConfig()
	c.must(err)
	c.kubeconfig = c.kubeconfigOf(content)
	meta := metav1.ObjectMeta{Namespace: c.ns, Name: "helper"}
	role := &rbacv1.Role{ObjectMeta: meta}
	c.must(admin.Create(t.Context(), role))
	c.must(admin.Create(t.Context(), &rbacv1.RoleBinding{
		ObjectMeta: meta, RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: meta.Name},
		Subjects: []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: "helper"}},
	}))
	provision := func() string {
		r := c.try("", "provision", "genesys", "ada@contoso.com")
		return strings.TrimSpace(r.errs)
	}
	refusal := func(verb, resource string) string {
		return "error: forbidden: you may not " + verb + " " + resource + `.provisioning.entrain.dev in the namespace "identity"; ask for a role with this right`
	}
	if got, want := provision(), refusal("get", "provisioningconfigs"); got != want {
		t.Errorf("without any right: %q, want %q", got, want)
	}
	role.Rules = []rbacv1.PolicyRule{{APIGroups: []string{api.GroupVersion.Group}, Resources: []string{"provisioningconfigs"}, Verbs: []string{"get"}}}
	c.must(admin.Update(t.Context(), role))
	c.g.Eventually(provision).Should(gomega.Equal(refusal("create", "provisionondemands")))
	if _, exists := c.genesys.UserByName("ada@contoso.com"); exists {
		t.Error("Ada was provisioned for somebody without the right")
	}
	role.Rules = append(role.Rules, rbacv1.PolicyRule{
		APIGroups: []string{api.GroupVersion.Group}, Resources: []string{"provisionondemands"}, Verbs: []string{"create", "get", "list", "watch", "delete"},
	})
	c.must(admin.Update(t.Context(), role))
	c.g.Eventually(provision).Should(gomega.BeEmpty())
}
