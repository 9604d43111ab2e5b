package tutorial_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	api "github.com/entrain-dev/entrain/api/v1alpha1"
	"github.com/entrain-dev/entrain/internal/credentials"
	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/scim/profile"
)

var monitoring = []item{
	{number: 62, title: "provisioning logs", check: func(t *testing.T) string {
		o := open(t)
		o.hire("ada")
		o.hire("bob", "onPremisesExtensionAttributes", map[string]any{"extensionAttribute7": "Atlantis"}) // no division
		o.run()
		equal(t, "log of Ada", "create success", o.logged("ada@contoso.com"))
		contains(t, "log of Bob", o.logged("bob@contoso.com"), "create failure")
		recent := o.get().Status.RecentErrors
		if len(recent) != 1 || recent[0].SourceID != o.people["bob"] {
			t.Errorf("recent errors = %+v", recent)
		}
		return "who succeeded and who failed, with code"
	}},
	{number: 63, title: "progress bar", check: progress},
	{number: 64, title: "quarantine", check: func(t *testing.T) string {
		o := open(t, secretToken)
		o.genesys.RevokeToken(longLived)
		c := o.settle("quarantine", func(c *api.ProvisioningConfig) bool { return c.Status.Code == api.StatusQuarantine })
		q := c.Status.Quarantine
		if q == nil || q.Reason != api.QuarantineException || q.NextAttempt == nil || !q.NextAttempt.After(q.CurrentBegan.Time) {
			t.Fatalf("quarantine = %+v", q)
		}
		o.condition(api.QuarantinedCondition, metav1.ConditionTrue)
		return "status Quarantine with reason and next attempt"
	}},
	{number: 65, title: "change log", check: func(t *testing.T) string {
		p, err := profile.Lookup(profile.GenesysCloud, profile.Options{})
		must(t, err)
		have := map[string]bool{}
		for _, r := range p.Rows(directory.User) {
			have[r.Target] = true
		}
		phones := func(kinds ...string) (out []string) {
			for _, k := range kinds {
				out = append(out, `phoneNumbers[type eq "`+k+`"].value`)
			}
			return out
		}
		for version, attributes := range map[string][]string{
			"2020-02":    append(phones("mobile", "work"), "userName", "active", "displayName", `emails[type eq "work"].value`, "title", enterprise+"department", enterprise+"manager"),
			"2020-09-10": {enterprise + "employeeNumber"},
			"2021-05-18": append(phones("work2", "work3", "work4", "home", "microsoftteams"), "roles",
				purecloud+`externalIds[authority eq "microsoftteams"].value`, purecloud+`externalIds[authority eq "ringcentral"].value`, purecloud+`externalIds[authority eq "zoomphone"].value`),
			"not dated": {enterprise + "division"},
		} {
			for _, a := range attributes {
				if !have[a] {
					t.Errorf("%s of %s is missing", a, version)
				}
				delete(have, a)
			}
		}
		equal(t, "attributes that no version has", 0, len(have))
		return "all attributes of 2020-02, 2020-09-10 and 2021-05-18"
	}},
	{number: 66, title: "further reading", says: "is outside the scope of Entrain; its own is in"},
}

// progress holds the creation of the first person and looks at the status meanwhile.
func progress(t *testing.T) string {
	o := open(t)
	const people = "ada bob cleo dan eve fay gus hal"
	for _, n := range strings.Fields(people) {
		o.hire(n)
	}
	release := make(chan struct{})
	hold := func(r *http.Request) {
		if r.Method == http.MethodPost && strings.Contains(r.URL.Path, "/scim/") {
			<-release
		}
	}
	o.gate.Store(&hold)
	let := sync.OnceFunc(func() { close(release) })
	t.Cleanup(let)
	c := o.settle("the phase Users", func(c *api.ProvisioningConfig) bool {
		return c.Status.Progress != nil && c.Status.Progress.Phase == api.PhaseUsers && c.Status.Progress.TotalUnits > 0
	})
	equal(t, "kind", api.CycleInitial, c.Status.Progress.Cycle)
	equal(t, "total", int64(len(strings.Fields(people))), c.Status.Progress.TotalUnits)
	equal(t, "summary", "Users 0%", c.Status.Progress.Summary)
	let()
	c = o.run()
	equal(t, "summary afterwards", "Completed", c.Status.Progress.Summary)
	equal(t, "percent afterwards", int32(100), c.Status.Progress.Percent)
	return "Users 0% of 8 while it runs, Completed 100% afterwards"
}

var version2026 = []item{
	{number: 67, title: "long-lived bearer token; clouds", check: func(t *testing.T) string {
		o := open(t, secretToken)
		o.hire("ada")
		o.run()
		equal(t, "accounts", "ada active", o.accounts())
		for cloud, want := range map[credentials.Cloud]string{
			credentials.Public: "https://graph.microsoft.com", credentials.USGovernment: "https://graph.microsoft.us", credentials.China: "https://microsoftgraph.chinacloudapi.cn",
		} {
			e, err := credentials.NewEntra(credentials.EntraConfig{TenantID: "contoso.com", Cloud: cloud, ClientID: appID, ClientSecret: "x"})
			must(t, err)
			equal(t, "Graph of "+string(cloud), want, e.GraphURL)
		}
		return "secretToken works; Public, USGovernment and China are known"
	}},
	{number: 68, title: "New configuration", check: func(t *testing.T) string {
		o := open(t, secretToken, func(_ *office, c *api.ProvisioningConfig) { c.Spec.ProvisioningMode = api.ProvisioningModeDryRun })
		o.hire("ada")
		o.run()
		o.condition(api.SourceConnectedCondition, metav1.ConditionTrue)
		o.condition(api.TargetConnectedCondition, metav1.ConditionTrue)
		equal(t, "written", "", o.written())
		return "DryRun: both connections tested, nothing written"
	}},
	{number: 69, title: "accidental deletions prevention", check: func(t *testing.T) string {
		o := open(t, func(_ *office, c *api.ProvisioningConfig) { c.Spec.AccidentalDeletionPrevention.Threshold = 1 })
		for _, n := range strings.Fields("ada bob cleo") {
			o.hire(n)
		}
		o.run()
		for _, n := range strings.Fields("ada bob") {
			_, err := o.tenant.Unassign(appID, o.people[n], "*")
			must(t, err)
		}
		c := o.run()
		equal(t, "accounts", "ada active, bob active, cleo active", o.accounts())
		held := c.Status.HeldDeletions
		if held == nil || held.Users != 2 {
			t.Fatalf("held = %+v", held)
		}
		contains(t, "DeletionsHeld", o.condition(api.DeletionsHeldCondition, metav1.ConditionTrue), held.ID)
		o.edit(func(c *api.ProvisioningConfig) {
			metav1.SetMetaDataAnnotation(&c.ObjectMeta, api.AllowDeletesAnnotation, held.ID)
		})
		o.condition(api.DeletionsHeldCondition, metav1.ConditionFalse)
		equal(t, "accounts once released", "ada inactive, bob inactive, cleo active", o.accounts())
		return "2 removals above a threshold of 1 held, then released by id"
	}},
	{number: 70, title: "Attribute Mapping in the panel", check: func(t *testing.T) string {
		o := open(t)
		for kind, name := range map[api.ObjectType]string{api.ObjectTypeUser: "genesys-users", api.ObjectTypeGroup: "genesys-groups"} {
			equal(t, "kind of "+name, kind, mappingOf(t, name).Spec.ObjectType)
		}
		equal(t, "rows", []int{20, 3}, []int{len(mappingOf(t, "genesys-users").Spec.Attributes), len(mappingOf(t, "genesys-groups").Spec.Attributes)})
		o.run()
		o.condition(api.ReferencesResolvedCondition, metav1.ConditionTrue)
		return "two AttributeMappings with 20 and 3 rows"
	}},
	{number: 71, title: "on-demand provisioning", check: onDemand},
	{number: 72, title: "Start Provisioning", check: func(t *testing.T) string {
		o := open(t, func(_ *office, c *api.ProvisioningConfig) { c.Spec.ProvisioningMode = api.ProvisioningModeManual })
		o.hire("ada")
		o.settle("waiting", func(c *api.ProvisioningConfig) bool { return len(c.Status.Conditions) > 0 })
		equal(t, "requests before the start", 0, len(o.genesys.Journal()))
		o.edit(func(c *api.ProvisioningConfig) {
			metav1.SetMetaDataAnnotation(&c.ObjectMeta, api.SyncAnnotation, "start")
		})
		o.settle("the cycle", func(c *api.ProvisioningConfig) bool {
			return c.Status.LastCycle != nil && c.Status.LastHandledSync == "start"
		})
		equal(t, "accounts", "ada active", o.accounts())
		return "Manual waits, the annotation sync starts one cycle"
	}},
	{number: 73, title: "unchanged", says: "what is said above for 4, 6 to 9, 28 and 62 to 65 holds for both versions"},
}
