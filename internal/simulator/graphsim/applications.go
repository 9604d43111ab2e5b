package graphsim

import (
	"net/http"
	"slices"
	"strings"

	"github.com/entrain-dev/entrain/internal/simulator/graphsim/tenant"
)

// appProperties are the properties of a service principal that are simulated, in the order of 4.1.
var appProperties = []string{
	"id", "appId", "displayName", "accountEnabled", "appRoleAssignmentRequired", "servicePrincipalType", "tags", "appRoles",
	"deletedDateTime", "appDisplayName", "servicePrincipalNames", "appOwnerOrganizationId",
}

func (c *call) appProperty(a tenant.Application, name string) any {
	switch name {
	case "id":
		return a.ID
	case "appId":
		return a.AppID
	case "displayName", "appDisplayName":
		return a.DisplayName
	case "accountEnabled":
		return !a.Disabled
	case "appRoleAssignmentRequired":
		return a.AssignmentRequired
	case "servicePrincipalType":
		return "Application"
	case "tags":
		return append([]string{}, a.Tags...)
	case "appRoles":
		return append([]tenant.AppRole{}, a.Roles...)
	case "servicePrincipalNames":
		return []string{a.AppID}
	case "appOwnerOrganizationId":
		return c.s.tenant.ID()
	default:
		return nil
	}
}

// appSelection reads $select for service principals.
func (c *call) appSelection() (names []string, given bool, failure *graphError) {
	text, ok := c.query.get("select")
	if !ok || text == "" {
		return appProperties, false, nil
	}
	for name := range strings.SplitSeq(text, ",") {
		name = strings.TrimSpace(name)
		if !slices.Contains(appProperties, name) {
			return nil, true, badRequest("Parsing OData Select and Expand failed: Could not find a property named '%s' on type 'microsoft.graph.servicePrincipal'.", name)
		}
		names = append(names, name)
	}
	return names, true, nil
}

// application finds the service principal in the path.
func (c *call) application() (tenant.Application, *graphError) {
	key := c.path[1]
	if !key.byAppID {
		if e := guid(key.name); e != nil {
			return tenant.Application{}, e
		}
	}
	a, ok := c.s.tenant.Application(key.name)
	if !ok || key.byAppID != strings.EqualFold(a.AppID, key.name) {
		return a, notFound(key.name)
	}
	return a, nil
}

// getApplication answers GET /servicePrincipals/{id} and (appId='...') (4.1).
func (c *call) getApplication() (*reply, *graphError) {
	names, given, e := c.appSelection()
	if e != nil {
		return nil, e
	}
	a, e := c.application()
	if e != nil {
		return nil, e
	}
	set := "servicePrincipals"
	if given {
		set += "(" + strings.Join(names, ",") + ")"
	}
	rec := newRecord(nil)
	rec.put("@odata.context", c.metadata(set+"/$entity"))
	for _, n := range names {
		rec.put(n, c.appProperty(a, n))
	}
	if text, ok := c.query.get("expand"); ok {
		if name, _, _ := strings.Cut(text, "("); name != "appRoleAssignedTo" {
			return nil, badRequest("Parsing OData Select and Expand failed: Could not find a property named '%s' on type 'microsoft.graph.servicePrincipal'.", name)
		}
		list, _, _ := c.s.tenant.AssignedTo(a.ID, 0, expandLimit, nil)
		rec.raw("appRoleAssignedTo", inner(c.assignmentEntries(list)))
	}
	return graphReply(rec.end()), nil
}

// listApplications answers GET /servicePrincipals, with $filter=appId eq '...' or displayName eq '...'.
func (c *call) listApplications() (*reply, *graphError) {
	names, given, e := c.appSelection()
	if e != nil {
		return nil, e
	}
	if _, e = c.top(999); e != nil {
		return nil, e
	}
	var f *filter
	if text, ok := c.query.get("filter"); ok {
		var err error
		f, err = parseFilter(text)
		if err != nil || f.op != "eq" || !slices.Contains([]string{"appId", "displayName", "id"}, f.property) {
			return nil, unsupported("Unsupported or invalid query filter clause specified for property of resource 'ServicePrincipal'.")
		}
	}
	var entries [][]byte
	for _, a := range c.s.tenant.Applications() {
		if f != nil && !f.compare(c.appProperty(a, f.property)) {
			continue
		}
		rec := newRecord(nil)
		for _, n := range names {
			rec.put(n, c.appProperty(a, n))
		}
		entries = append(entries, rec.end())
	}
	set := "servicePrincipals"
	if given {
		set += "(" + strings.Join(names, ",") + ")"
	}
	return c.listPage(set, entries, 0, false), nil
}

var principalTypes = map[tenant.Kind]string{tenant.User: "User", tenant.Group: "Group", tenant.ServicePrincipal: "ServicePrincipal"}

func (c *call) assignmentEntries(list []tenant.Assignment) [][]byte {
	out := make([][]byte, 0, len(list))
	for _, a := range list {
		rec := newRecord(make([]byte, 0, 384))
		rec.put("id", a.ID)
		rec.put("deletedDateTime", nil)
		rec.put("appRoleId", a.RoleID)
		rec.put("createdDateTime", a.Created)
		rec.put("principalDisplayName", a.PrincipalDisplayName)
		rec.put("principalId", a.Principal.ID)
		rec.put("principalType", principalTypes[a.Principal.Kind])
		rec.put("resourceDisplayName", a.ResourceDisplayName)
		rec.put("resourceId", a.Resource)
		out = append(out, rec.end())
	}
	return out
}

// assignmentFilter reads $filter of assignments: resourceId, principalId (GUIDs without quotes) and principalDisplayName; not
// appRoleId, not principalType (4.2).
func (c *call) assignmentFilter() (func(tenant.Assignment) bool, *graphError) {
	text, ok := c.query.get("filter")
	if !ok {
		return nil, nil
	}
	f, err := parseFilter(text)
	if err != nil || f.op != "eq" && (f.op != "startsWith" || f.property != "principalDisplayName") {
		return nil, unsupported("Unsupported query.")
	}
	quoted := strings.Contains(text, "'")
	var of func(tenant.Assignment) string
	switch f.property {
	case "resourceId":
		of = func(a tenant.Assignment) string { return a.Resource }
	case "principalId":
		of = func(a tenant.Assignment) string { return a.Principal.ID }
	case "principalDisplayName":
		return func(a tenant.Assignment) bool { return f.compare(a.PrincipalDisplayName) }, nil
	default:
		return nil, unsupported("Unsupported or invalid query filter clause specified for property '%s' of resource 'AppRoleAssignment'.", f.property)
	}
	if quoted {
		return nil, fail(http.StatusBadRequest, "Request_UnsupportedQuery",
			"A binary operator with incompatible types was detected. Found operand types 'Edm.Guid' and 'Edm.String' for operator kind 'Equal'.")
	}
	return func(a tenant.Assignment) bool { return f.compare(of(a)) }, nil
}

// listAssignedTo answers GET /servicePrincipals/{id}/appRoleAssignedTo (4.2).
func (c *call) listAssignedTo() (*reply, *graphError) {
	a, e := c.application()
	if e != nil {
		return nil, e
	}
	want, e := c.assignmentFilter()
	if e != nil {
		return nil, e
	}
	top, e := c.top(999)
	if e != nil {
		return nil, e
	}
	cursor, e := c.start()
	if e != nil {
		return nil, e
	}
	list, next, more := c.s.tenant.AssignedTo(a.ID, cursor, top, want)
	return c.listPage("servicePrincipals('"+a.ID+"')/appRoleAssignedTo", c.assignmentEntries(list), next, more), nil
}

func (c *call) listUserAssignments() (*reply, *graphError) {
	v, e := c.user()
	if e != nil {
		return nil, e
	}
	return c.assignmentsOf("users", v)
}

func (c *call) listGroupAssignments() (*reply, *graphError) {
	v, e := c.group()
	if e != nil {
		return nil, e
	}
	return c.assignmentsOf("groups", v)
}

// assignmentsOf answers /users/{id}/appRoleAssignments, which includes those of the user's groups, and the same of groups.
func (c *call) assignmentsOf(set string, v tenant.View) (*reply, *graphError) {
	want, e := c.assignmentFilter()
	if e != nil {
		return nil, e
	}
	top, e := c.top(999)
	if e != nil {
		return nil, e
	}
	cursor, e := c.start()
	if e != nil {
		return nil, e
	}
	var list []tenant.Assignment
	next, more := cursor, false
	for _, a := range c.s.tenant.AssignmentsOf(v.ID) {
		if a.Seq <= cursor || want != nil && !want(a) {
			continue
		}
		if len(list) == top {
			more = true
			break
		}
		list, next = append(list, a), a.Seq
	}
	return c.listPage(set+"('"+v.ID+"')/appRoleAssignments", c.assignmentEntries(list), next, more), nil
}
