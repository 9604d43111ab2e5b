package tutorial_test

import (
	"os"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	api "github.com/entrain-dev/entrain/api/v1alpha1"
	"github.com/entrain-dev/entrain/internal/plan"
	"github.com/entrain-dev/entrain/internal/scim/profile"
	"github.com/entrain-dev/entrain/internal/simulator/genesyssim"
)

var configuration = []item{
	{number: 21, title: "the Provisioning tab", check: func(t *testing.T) string {
		text, err := os.ReadFile("../../config/crd/bases/provisioning.entrain.dev_provisioningconfigs.yaml")
		must(t, err)
		for _, column := range []string{"Status", "Ready", "Progress", "Users", "Groups", "Failed"} {
			contains(t, "columns of kubectl get", string(text), "name: "+column+"\n")
		}
		return "kubectl get shows status, readiness, progress and counts"
	}},
	{number: 22, title: "Provisioning Mode = Automatic", check: func(t *testing.T) string {
		o := open(t)
		equal(t, "mode", api.ProvisioningModeAutomatic, o.get().Spec.ProvisioningMode)
		o.hire("ada")
		c := o.run()
		equal(t, "status", api.StatusActive, c.Status.Code)
		return "provisioningMode: Automatic, status Active"
	}},
	{number: 23, title: "Tenant URL and Secret Token", check: tenantURLs},
	{number: 24, title: "Test Connection", check: func(t *testing.T) string {
		o := open(t, secretToken)
		o.hire("ada")
		o.secret("genesys-token", "token", "mistyped")
		contains(t, "TargetConnected", o.condition(api.TargetConnectedCondition, metav1.ConditionFalse), "token")
		equal(t, "written", "", o.written())
		o.secret("genesys-token", "token", longLived)
		o.condition(api.TargetConnectedCondition, metav1.ConditionTrue)
		o.settle("ada is provisioned", func(*api.ProvisioningConfig) bool { return o.accounts() == "ada active" })
		contains(t, "the first request", o.genesys.Journal()[0].Query, "filter=userName")
		return "a wrong token is named; correcting the Secret is enough"
	}},
	{number: 25, title: "notification e-mail", check: notified},
	{number: 26, title: "Save", check: func(t *testing.T) string {
		o := open(t)
		o.hire("ada")
		o.run()
		o.edit(func(c *api.ProvisioningConfig) { c.Spec.Users.AttributeMappingRef.Name = "misspelt" })
		contains(t, "Ready", o.condition(api.ReadyCondition, metav1.ConditionFalse), "previous configuration stays in force")
		equal(t, "accounts", "ada active", o.accounts())
		o.edit(func(c *api.ProvisioningConfig) { c.Spec.Users.AttributeMappingRef.Name = "genesys-users" })
		o.condition(api.ReadyCondition, metav1.ConditionTrue)
		return "kubectl apply; a save that cannot work leaves the old one in force"
	}},
	{number: 27, title: "mappings of users", check: func(t *testing.T) string {
		m := mappingOf(t, "genesys-users")
		problems, examples := plan.CheckMapping(m, api.SCIMProfileGenesysCloud)
		equal(t, "problems", 0, len(problems)+len(examples))
		match := func(target string) string {
			m := mappingOf(t, "genesys-users")
			for i := range m.Spec.Attributes {
				m.Spec.Attributes[i].MatchingPrecedence = nil
				if m.Spec.Attributes[i].Target == target {
					m.Spec.Attributes[i].MatchingPrecedence = new(int32(1))
				}
			}
			problems, _ := plan.CheckMapping(m, api.SCIMProfileGenesysCloud)
			if problems.Err() == nil {
				return ""
			}
			return problems.Err().Error()
		}
		equal(t, "matching by employeeNumber", "", match(profile.EnterpriseUser+":employeeNumber"))
		contains(t, "matching by displayName", match("displayName"), "cannot search by displayName")
		return "the page's mapping compiles; matching by displayName is refused"
	}},
	{number: 28, title: "mappings of groups", check: func(t *testing.T) string {
		m := mappingOf(t, "genesys-groups")
		equal(t, "actions", []api.TargetObjectAction{api.ActionUpdate}, m.Spec.TargetObjectActions)
		problems, _ := plan.CheckMapping(m, api.SCIMProfileGenesysCloud)
		equal(t, "problems", 0, len(problems))
		o := open(t)
		o.hire("ada")
		o.genesys.AddGroup(genesyssim.GroupSpec{Name: "Sales"})
		o.group("Sales", "ada")
		o.run()
		must(t, o.tenant.DeleteGroup(o.people["Sales"]))
		o.run()
		equal(t, "requests of the deletion", "", o.written())
		equal(t, "members afterwards", "ada", o.members("Sales"))
		return "only Update; a group deleted in Entra is left as it is"
	}},
	{number: 29, title: "scoping filters", check: func(t *testing.T) string {
		f, ok := manifests(t)["ScopingFilter contact-centre"].(*api.ScopingFilter)
		if !ok {
			t.Fatal("the page has no scoping filter")
		}
		equal(t, "problems", 0, len(plan.CheckFilter(f)))
		o := open(t, withFilter)
		o.hire("ada", "department", "Contact Centre")
		o.hire("bob", "department", "Contact Centre")
		o.run()
		o.change("ada", "department", "Sales")
		o.run()
		equal(t, "accounts", "ada inactive, bob active", o.accounts())
		return "who leaves the filter is disabled"
	}},
	{number: 30, title: "Provisioning Status = On", check: func(t *testing.T) string {
		o := open(t, func(_ *office, c *api.ProvisioningConfig) { c.Spec.ProvisioningMode = api.ProvisioningModePaused })
		o.hire("ada")
		o.settle("paused", func(c *api.ProvisioningConfig) bool { return c.Status.Code == api.StatusPaused })
		equal(t, "requests while paused", 0, len(o.genesys.Journal()))
		o.edit(func(c *api.ProvisioningConfig) { c.Spec.ProvisioningMode = api.ProvisioningModeAutomatic })
		o.settle("active", func(c *api.ProvisioningConfig) bool { return c.Status.Code == api.StatusActive })
		equal(t, "accounts", "ada active", o.accounts())
		return "Paused sends nothing, Automatic runs"
	}},
	{number: 31, title: "Scope setting", check: func(t *testing.T) string {
		o := open(t)
		o.hire("ada")
		o.add("bob")
		o.run()
		equal(t, "assigned", "ada active", o.accounts())
		o.edit(func(c *api.ProvisioningConfig) { c.Spec.Scope = api.ProvisioningScopeAll })
		o.settle("everybody", func(*api.ProvisioningConfig) bool { return o.accounts() == "ada active, bob active" })
		return "both scopes; changing it looks at everybody again"
	}},
	{number: 32, title: "Save starts the initial cycle", check: func(t *testing.T) string {
		o := open(t)
		for _, n := range strings.Fields("ada bob cleo dan eve fay") {
			o.hire(n)
		}
		c := o.run()
		equal(t, "kind", api.CycleInitial, c.Status.LastCycle.Kind)
		equal(t, "in sync", int64(6), c.Status.Synchronized.Users)
		return "the initial cycle covers everything in scope"
	}},
	{number: 33, title: "later cycles every 40 minutes", check: func(t *testing.T) string {
		o := open(t)
		o.hire("ada")
		o.run()
		c := o.run()
		equal(t, "kind", api.CycleIncremental, c.Status.LastCycle.Kind)
		equal(t, "requests to Genesys Cloud when nothing changed", 1, len(o.genesys.Journal()))
		c = o.settle("the next cycle is planned", func(c *api.ProvisioningConfig) bool { return c.Status.NextCycleTime != nil })
		pause := c.Status.NextCycleTime.Sub(c.Status.LastCycle.StartTime.Time)
		if pause < 30*time.Minute || pause > 50*time.Minute {
			t.Errorf("the next cycle is planned %s after the last", pause)
		}
		return "next cycle planned after about 40 min; 1 request when nothing changed"
	}},
}

// tenantURLs: the tenant URL of every region is accepted and its login host known; the usual mistakes are answered with the
// address to write.
func tenantURLs(t *testing.T) string {
	p, err := profile.Lookup(profile.GenesysCloud, profile.Options{})
	must(t, err)
	for _, r := range profile.GenesysRegions() {
		url := "https://api." + r.Domain + "/api/v2/scim/v2"
		equal(t, url, "", p.CheckTenantURL(url))
		equal(t, "token URL of "+url, "https://login."+r.Domain+"/oauth/token", p.TokenURL(url))
	}
	for _, wrong := range []string{
		"https://login.mypurecloud.de/api/v2/scim/v2", "https://api.mypurecloud.de", "https://api.mypurecloud.de/api/v2/scim/v2/Users", "https://apps.mypurecloud.de/api/v2/scim/v2",
	} {
		contains(t, wrong, p.CheckTenantURL(wrong), "https://api.mypurecloud.de/api/v2/scim/v2")
	}
	return "18 regions accepted, 4 usual mistakes answered with the right address"
}
