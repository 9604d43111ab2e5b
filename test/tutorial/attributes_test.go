package tutorial_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	api "github.com/entrain-dev/entrain/api/v1alpha1"
	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/plan"
	"github.com/entrain-dev/entrain/internal/scim/profile"
	"github.com/entrain-dev/entrain/internal/simulator/genesyssim"
	"github.com/entrain-dev/entrain/internal/simulator/graphsim/tenant"
)

const (
	enterprise = profile.EnterpriseUser + ":"
	purecloud  = profile.GenesysUser + ":"
)

// attribute is a row of the tables of the tutorial, with what Ada must have in Genesys Cloud.
type attribute struct {
	path, want           string
	filterable, required bool
	got                  func(o *office, u genesyssim.User) string
}

func phone(kind string) func(*office, genesyssim.User) string {
	return func(_ *office, u genesyssim.User) string {
		for _, p := range u.Phones {
			if p.Type == kind {
				return p.Number
			}
		}
		return ""
	}
}

func identity(authority string) func(*office, genesyssim.User) string {
	return func(_ *office, u genesyssim.User) string {
		for _, e := range u.ExternalIDs {
			if e.Authority == authority {
				return e.Value
			}
		}
		return ""
	}
}

// userTable is 18.5 in its order.
var userTable = []attribute{
	{"userName", "ada@contoso.com", true, true, func(_ *office, u genesyssim.User) string { return u.UserName }},
	{"active", "active", false, true, func(_ *office, u genesyssim.User) string { return string(u.State) }},
	{"displayName", "Ada", false, true, func(_ *office, u genesyssim.User) string { return u.DisplayName }},
	{`emails[type eq "work"].value`, "ada.work@contoso.com", false, false, func(_ *office, u genesyssim.User) string { return u.WorkEmail }},
	{"title", "Agent", false, false, func(_ *office, u genesyssim.User) string { return u.Title }},
	{`phoneNumbers[type eq "mobile"].value`, "+491701234567", false, false, phone("mobile")},
	{`phoneNumbers[type eq "work"].value`, "+49301234567", false, false, phone("work")},
	{`phoneNumbers[type eq "work2"].value`, "+49301234502", false, false, phone("work2")},
	{`phoneNumbers[type eq "work3"].value`, "+49301234503", false, false, phone("work3")},
	{`phoneNumbers[type eq "work4"].value`, "+49301234504", false, false, phone("work4")},
	{`phoneNumbers[type eq "home"].value`, "+49301234505", false, false, phone("home")},
	{`phoneNumbers[type eq "microsoftteams"].value`, "+49301234506", false, false, phone("microsoftteams")},
	{"roles", "Supervisor", false, false, func(_ *office, u genesyssim.User) string { return strings.Join(u.Roles, " ") }},
	{enterprise + "department", "Contact Centre", false, false, func(_ *office, u genesyssim.User) string { return u.Department }},
	{enterprise + "manager", "boss", false, false, func(o *office, u genesyssim.User) string {
		m, _ := o.genesys.User(u.ManagerID)
		name, _, _ := strings.Cut(m.UserName, "@")
		return name
	}},
	{enterprise + "employeeNumber", "1007", false, false, func(_ *office, u genesyssim.User) string { return u.EmployeeNumber }},
	{enterprise + "division", "Berlin", false, false, func(_ *office, u genesyssim.User) string { return u.Division }},
	{purecloud + `externalIds[authority eq "microsoftteams"].value`, "teams-1", false, false, identity("microsoftteams")},
	{purecloud + `externalIds[authority eq "ringcentral"].value`, "ring-1", false, false, identity("ringcentral")},
	{purecloud + `externalIds[authority eq "zoomphone"].value`, "zoom-1", false, false, identity("zoomphone")},
}

// userAttributes provisions Ada once with every attribute of the table; each item then looks at its own.
func userAttributes(t *testing.T) []item {
	t.Helper()
	o := open(t)
	o.hire("boss")
	value := "Supervisor"
	role, err := o.tenant.AddRole(appID, tenant.AppRole{DisplayName: value, Value: &value, IsEnabled: true})
	must(t, err)
	o.add("ada", "mail", "ada.work@contoso.com", "jobTitle", "Agent", "mobilePhone", "0170 1234567", "businessPhones", []string{"030 1234567"},
		"department", "Contact Centre", "employeeId", "1007", "onPremisesExtensionAttributes", map[string]any{
			"extensionAttribute2": "030 1234502", "extensionAttribute3": "030 1234503", "extensionAttribute4": "030 1234504", "extensionAttribute5": "030 1234505",
			"extensionAttribute6": "+49301234506", "extensionAttribute7": "Berlin", "extensionAttribute8": "teams-1", "extensionAttribute9": "ring-1", "extensionAttribute10": "zoom-1",
		})
	_, err = o.tenant.Assign(appID, o.people["ada"], role)
	must(t, err)
	must(t, o.tenant.SetManager(o.people["ada"], o.people["boss"]))
	o.run()
	ada := o.account("ada")

	var out []item
	for i, a := range userTable {
		out = append(out, item{number: 34 + i, title: short(a.path), check: func(t *testing.T) string {
			inProfile(t, directory.User, i, a)
			got := a.got(o, ada)
			equal(t, "value in Genesys Cloud", a.want, got)
			return fmt.Sprintf("arrived as %q%s", got, a.marks())
		}})
	}
	return out
}

func (a attribute) marks() string {
	out := ""
	if a.filterable {
		out += ", filterable"
	}
	if a.required {
		out += ", required"
	}
	return out
}

// short leaves the URN of an extension out of a title.
func short(path string) string {
	path = strings.Replace(path, enterprise, "enterprise:", 1)
	return strings.Replace(path, purecloud, "genesys:", 1)
}

// inProfile checks that the profile lists the attribute at its place in the table, required and filterable as there. Beyond
// the table the API can filter by employeeNumber and the external ids.
func inProfile(t *testing.T, kind directory.Kind, index int, a attribute) {
	t.Helper()
	p, err := profile.Lookup(profile.GenesysCloud, profile.Options{})
	must(t, err)
	equal(t, "default mapping", a.path, p.Rows(kind)[index].Target)
	schema := p.Capabilities.Schema.Attributes(kind)
	equal(t, "schema", a.path, schema[index].Path)
	equal(t, "required", a.required, schema[index].Required)
	if a.filterable && !schema[index].Filterable {
		t.Errorf("%s cannot be filtered by", a.path)
	}
	mapped := mappingOf(t, map[directory.Kind]string{directory.User: "genesys-users", directory.Group: "genesys-groups"}[kind]).Spec.Attributes
	equal(t, "mapping of the page", a.path, mapped[index].Target)
}

// groupAttributes is 18.6.
func groupAttributes(t *testing.T) []item {
	t.Helper()
	o := open(t)
	o.hire("ada")
	o.genesys.AddGroup(genesyssim.GroupSpec{Name: "Sales"})
	o.group("Sales", "ada")
	o.run()
	group, _ := o.genesys.GroupByName("Sales")
	return []item{
		{number: 54, title: "group displayName", check: func(t *testing.T) string {
			inProfile(t, directory.Group, 0, attribute{path: "displayName", filterable: true, required: true})
			looked := slices.ContainsFunc(o.genesys.Journal(), func(r genesyssim.Request) bool { return strings.Contains(r.Query, "displayName") })
			equal(t, "looked for by name", true, looked)
			return "found by name, never written"
		}},
		{number: 55, title: "group externalId", check: func(t *testing.T) string {
			inProfile(t, directory.Group, 1, attribute{path: "externalId"})
			equal(t, "externalId", o.people["Sales"], group.ExternalID)
			return "object id of the Entra group"
		}},
		{number: 56, title: "group members", check: func(t *testing.T) string {
			inProfile(t, directory.Group, 2, attribute{path: "members"})
			equal(t, "members", "ada", o.members("Sales"))
			return "ada is a member"
		}},
	}
}

// refusal adds a row with a target to the mapping of the page and returns what is said about it.
func refusal(t *testing.T, target string) string {
	t.Helper()
	m := mappingOf(t, "genesys-users")
	m.Spec.Attributes = append(slices.DeleteFunc(m.Spec.Attributes, func(r api.AttributeRow) bool {
		return strings.Contains(r.Target, "work3") || strings.Contains(r.Target, "externalIds")
	}), api.AttributeRow{Target: target, Source: "extensionAttribute1", Apply: api.ApplyAlways})
	problems, _ := plan.CheckMapping(m, api.SCIMProfileGenesysCloud)
	if len(problems) != 1 {
		t.Fatalf("problems of %s: %v", target, problems)
	}
	return problems[0].Message
}

var misprints = []item{
	{number: 57, title: `phoneNumberss[type eq "work3"]`, check: func(t *testing.T) string {
		contains(t, "the problem", refusal(t, `phoneNumberss[type eq "work3"].value`), `did you mean phoneNumbers[type eq "work3"].value?`)
		return `refused: did you mean phoneNumbers[type eq "work3"].value?`
	}},
	{number: 58, title: "curly quotes", check: func(t *testing.T) string {
		for _, authority := range []string{"microsoftteams", "ringcentral"} {
			contains(t, "the problem", refusal(t, purecloud+"externalIds[authority eq ‘"+authority+"’].value"),
				"write "+purecloud+`externalIds[authority eq "`+authority+`"].value with straight double quotes`)
		}
		return "refused: the path with straight double quotes is given"
	}},
	{number: 59, title: "the closing quote is missing", check: func(t *testing.T) string {
		contains(t, "the problem", refusal(t, purecloud+"externalIds[authority eq ‘zoomphone].value"), "straight double quotes")
		return "refused: write straight double quotes"
	}},
	{number: 60, title: "the numbering restarts", says: "this is for readers and outside of what a program can check"},
	{number: 61, title: "mixed names", says: "this is for readers and outside of what a program can check. The profile is called `GenesysCloud`"},
}
