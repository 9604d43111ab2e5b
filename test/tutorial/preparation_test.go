package tutorial_test

import (
	"os"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	api "github.com/entrain-dev/entrain/api/v1alpha1"
	"github.com/entrain-dev/entrain/internal/simulator/genesyssim"
	"github.com/entrain-dev/entrain/internal/simulator/graphsim"
	"github.com/entrain-dev/entrain/internal/simulator/graphsim/tenant"
)

var capabilities = []item{
	{number: 1, title: "create users", check: func(t *testing.T) string {
		o := open(t)
		o.hire("ada")
		o.hire("bob")
		c := o.run()
		equal(t, "accounts", "ada active, bob active", o.accounts())
		equal(t, "requests", "POST users, POST users", o.written())
		equal(t, "created", int64(2), c.Status.LastCycle.Created)
		return "2 people created, one request each"
	}},
	{number: 2, title: "remove users", check: func(t *testing.T) string {
		o := open(t)
		for _, n := range []string{"ada", "bob", "keeper"} {
			o.hire(n)
		}
		o.run()
		_, err := o.tenant.Unassign(appID, o.people["ada"], "*")
		must(t, err)
		must(t, o.tenant.SoftDelete(o.people["bob"]))
		o.run()
		equal(t, "unassigned and soft-deleted", "ada inactive, bob inactive, keeper active", o.accounts())
		must(t, o.tenant.Purge(o.people["bob"]))
		o.run()
		equal(t, "hard-deleted", "ada inactive, bob deleted, keeper active", o.accounts())
		equal(t, "requests", "DELETE users", o.written())
		return "unassigned and soft-deleted: inactive; hard-deleted: DELETE"
	}},
	{number: 3, title: "keep attributes in sync", check: func(t *testing.T) string {
		o := open(t)
		o.hire("ada", "jobTitle", "Agent")
		o.run()
		o.change("ada", "jobTitle", "Lead")
		o.run()
		equal(t, "title", "Lead", o.account("ada").Title)
		equal(t, "requests", "PATCH users", o.written())
		return "one PATCH with what differs"
	}},
	{number: 4, title: "groups and memberships", check: func(t *testing.T) string {
		o := open(t)
		o.hire("ada")
		o.genesys.AddGroup(genesyssim.GroupSpec{Name: "Sales"})
		o.group("Sales", "ada")
		o.group("Nowhere", "ada")
		o.run()
		equal(t, "members", "ada", o.members("Sales"))
		if strings.Contains(o.written(), "POST groups") {
			t.Errorf("a group was to be created: %s", o.written())
		}
		contains(t, "the failure", o.get().Status.RecentErrors[0].Message, "exactly the same name")
		return "existing group filled, missing group reported, none created"
	}},
	{number: 5, title: "single sign-on", says: "Single sign-on is outside the scope of Entrain: follow the SSO tutorial of Microsoft"},
}

var prerequisites = []item{
	{number: 6, title: "a Microsoft Entra tenant", check: func(t *testing.T) string {
		o := open(t)
		o.hire("ada")
		o.run()
		o.condition(api.SourceConnectedCondition, metav1.ConditionTrue)
		o.edit(func(c *api.ProvisioningConfig) { c.Spec.Source.Entra.TenantID = "nobody.example" })
		contains(t, "SourceConnected", o.condition(api.SourceConnectedCondition, metav1.ConditionFalse), "tenant")
		return "SourceConnected=True; a wrong tenant is named as the cause"
	}},
	{number: 7, title: "an administrator role", check: func(t *testing.T) string {
		o := open(t)
		_, err := o.graph.AddFault(graphsim.Fault{Path: "/servicePrincipals", Status: 403, Code: "Authorization_RequestDenied", Count: -1})
		must(t, err)
		contains(t, "without consent", o.condition(api.SourceConnectedCondition, metav1.ConditionFalse), "Application.Read.All")
		return "missing consent is named: Application.Read.All"
	}},
	{number: 8, title: "a Genesys Cloud organisation", check: func(t *testing.T) string {
		o := open(t)
		o.run()
		o.condition(api.TargetConnectedCondition, metav1.ConditionTrue)
		return "TargetConnected=True"
	}},
	{number: 9, title: "a user who may create an OAuth client", check: func(t *testing.T) string {
		o := open(t)
		o.hire("ada")
		o.genesys.SetClient(genesyssim.Client{ID: "scim-client", Secret: "scim-secret", Roles: []string{"employee"}})
		c := o.run()
		if len(c.Status.RecentErrors) == 0 {
			t.Fatalf("a client without the role provisions: %+v", c.Status.LastCycle)
		}
		contains(t, "the failure", c.Status.RecentErrors[0].Message, "directory:user:add")
		equal(t, "accounts", "", o.accounts())
		return "a client without SCIM Integration: missing directory:user:add"
	}},
	{number: 10, title: "US Government cloud", says: "outside of what these tests reach"},
}

var preparation = []item{
	{number: 11, title: "decide scope and data", check: func(t *testing.T) string {
		o := open(t, func(_ *office, c *api.ProvisioningConfig) { c.Spec.ProvisioningMode = api.ProvisioningModeDryRun })
		o.hire("ada")
		o.hire("bob")
		c := o.run()
		equal(t, "written", "", o.written())
		equal(t, "status", api.StatusDryRun, c.Status.Code)
		for _, n := range []string{"ada", "bob"} {
			equal(t, "log of "+n, "create skipped DryRun", o.logged(n+"@contoso.com"))
		}
		return "a dry run logs who would be created and writes nothing"
	}},
	{number: 12, title: "create an OAuth client", check: func(t *testing.T) string {
		o := open(t)
		o.hire("ada")
		o.run()
		equal(t, "accounts", "ada active", o.accounts())
		var secrets corev1.SecretList
		must(t, o.client.List(t.Context(), &secrets, client.InNamespace(namespace)))
		owned := 0
		for _, s := range secrets.Items {
			if metav1.IsControlledBy(&s, o.get()) {
				owned++
			}
		}
		equal(t, "Secrets that hold the obtained token", 1, owned)
		return "token obtained with client credentials, kept in an owned Secret"
	}},
	{number: 13, title: "generate a token", check: func(t *testing.T) string {
		o := open(t, secretToken)
		o.hire("ada")
		o.run()
		equal(t, "accounts", "ada active", o.accounts())
		for _, r := range o.genesys.Journal() {
			if strings.HasSuffix(r.Path, "/oauth/token") {
				t.Error("a token was asked for although one is given")
			}
		}
		return "a pasted long-lived token works"
	}},
	{number: 14, title: "groups with identical names beforehand", check: func(t *testing.T) string {
		o := open(t)
		o.hire("ada")
		o.genesys.AddGroup(genesyssim.GroupSpec{Name: "Sales EMEA"})
		o.group("Sales", "ada")
		equal(t, "failed with another name", int64(1), o.run().Status.LastCycle.Failed)
		o.genesys.AddGroup(genesyssim.GroupSpec{Name: "Sales"})
		equal(t, "failed with the same name", int64(0), o.run().Status.LastCycle.Failed)
		equal(t, "members", "ada", o.members("Sales"))
		return "another name is a failure, the same name is linked in the next cycle"
	}},
	{number: 15, title: "the gallery application", check: func(t *testing.T) string {
		o := open(t)
		const other = "bbbbcccc-1111-2222-3333-444455556666"
		_, err := o.tenant.AddApplication(tenant.Application{AppID: other, DisplayName: "Genesys Cloud for Azure (test)"})
		must(t, err)
		o.hire("ada")
		o.add("bob")
		_, err = o.tenant.Assign(other, o.people["bob"], "")
		must(t, err)
		o.run()
		equal(t, "accounts", "ada active", o.accounts())
		return "assignments of another application do not count"
	}},
	{number: 16, title: "scope by assignment and attributes", check: func(t *testing.T) string {
		o := open(t, withFilter)
		o.hire("ada", "department", "Contact Centre")
		o.hire("bob", "department", "Sales")
		o.add("cleo", "department", "Contact Centre")
		o.run()
		equal(t, "accounts", "ada active", o.accounts())
		return "only who is assigned and passes the filter"
	}},
	{number: 17, title: "start small", check: func(t *testing.T) string {
		o := open(t)
		for _, n := range []string{"bob", "cleo", "dan"} {
			o.add(n)
		}
		o.hire("ada")
		o.run()
		equal(t, "accounts", "ada active", o.accounts())
		o.assign("bob")
		o.run()
		equal(t, "accounts", "ada active, bob active", o.accounts())
		equal(t, "requests", "POST users", o.written())
		return "one of four people first, then the second"
	}},
	{number: 18, title: "control by assignment or by filter", check: func(t *testing.T) string {
		people := func(o *office) {
			o.hire("ada", "department", "Sales")
			o.add("bob", "department", "Contact Centre")
			o.run()
		}
		assigned, all := open(t), open(t, withFilter, func(_ *office, c *api.ProvisioningConfig) { c.Spec.Scope = api.ProvisioningScopeAll })
		people(assigned)
		people(all)
		equal(t, "assigned", "ada active", assigned.accounts())
		equal(t, "all, filtered", "bob active", all.accounts())
		return "assigned: the assignment decides; all: the filter decides"
	}},
	{number: 19, title: "app roles in the manifest", check: func(t *testing.T) string {
		o := open(t)
		value := "Supervisor"
		role, err := o.tenant.AddRole(appID, tenant.AppRole{DisplayName: "Supervisor", Value: &value, IsEnabled: true})
		must(t, err)
		o.add("ada")
		_, err = o.tenant.Assign(appID, o.people["ada"], role)
		must(t, err)
		o.run()
		contains(t, "roles", strings.Join(o.account("ada").Roles, " "), "Supervisor")
		contains(t, "the page", paragraph(t, 19), "AppRoleAssignmentsComplex([appRoleAssignments])")
		return "app role Supervisor became the role Supervisor"
	}},
	{number: 20, title: "sign in", check: func(t *testing.T) string {
		text, err := os.ReadFile("../../config/rbac/provisioningconfig_editor_role.yaml")
		must(t, err)
		var role rbacv1.ClusterRole
		must(t, yaml.UnmarshalStrict(text, &role))
		equal(t, "part of edit", "true", role.Labels["rbac.authorization.k8s.io/aggregate-to-edit"])
		for _, rule := range role.Rules {
			equal(t, "groups of a rule", []string{"provisioning.entrain.dev"}, rule.APIGroups)
		}
		return "provisioningconfig-editor-role, part of edit, without Secrets"
	}},
}

// withFilter names the scoping filter of the page.
func withFilter(_ *office, c *api.ProvisioningConfig) {
	c.Spec.Users.ScopingFilterRefs = []api.ObjectReference{{Name: "contact-centre"}}
}
