package graphsim_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/entrain-dev/entrain/internal/simulator/graphsim"
	"github.com/entrain-dev/entrain/internal/simulator/graphsim/tenant"
)

// company is a small tenant with one object of each kind.
type company struct {
	*sim
	ann, bob, guest, group, app string
}

func newCompany(t *testing.T, knobs graphsim.Knobs) company {
	m := newSim(t, knobs)
	c := company{sim: m, ann: m.user("ann", "jobTitle", "Agent", "department", "Sales"), bob: m.user("bob")}
	c.guest = must(m.tenant.AddUser(map[string]any{"userPrincipalName": "eve_fabrikam.com#EXT#@contoso.onmicrosoft.com", "userType": "Guest"}))
	check(t, m.tenant.SetManager(c.bob, c.ann))
	c.group = m.group("all", c.ann, c.bob)
	c.app = must(m.tenant.AddApplication(tenant.Application{AppID: "00001111-aaaa-2222-bbbb-3333cccc4444", DisplayName: "Genesys Cloud"}))
	return c
}

func TestRoutes(t *testing.T) {
	c := newCompany(t, graphsim.Knobs{})
	must(c.tenant.Assign(c.app, c.ann, ""))
	must(c.tenant.AddRole(c.app, tenant.AppRole{DisplayName: "User", IsEnabled: true}))
	c.tenantDeletes()
	for _, path := range []string{
		"/users", "/users/", "/users/delta", "/users/" + c.ann, "/users('" + c.ann + "')", "/users(id='" + c.ann + "')", "/users/ANN@contoso.onmicrosoft.com",
		"/users/eve_fabrikam.com%23EXT%23@contoso.onmicrosoft.com", "/users('ann@contoso.onmicrosoft.com')", "/users/" + c.bob + "/manager",
		"/users/" + c.bob + "/manager/$ref", "/users/" + c.ann + "/directReports", "/users/" + c.ann + "/appRoleAssignments", "/groups", "/groups/delta",
		"/groups/" + c.group, "/groups/" + c.group + "/members", "/groups/" + c.group + "/members/$ref", "/groups/" + c.group + "/members/microsoft.graph.user",
		"/groups/" + c.group + "/transitiveMembers", "/groups/" + c.group + "/appRoleAssignments", "/servicePrincipals", "/servicePrincipals/" + c.app,
		"/servicePrincipals(appId='00001111-aaaa-2222-bbbb-3333cccc4444')", "/servicePrincipals/" + c.app + "/appRoleAssignedTo",
		"/servicePrincipals(appId='00001111-aaaa-2222-bbbb-3333cccc4444')/appRoleAssignedTo", "/directory/deletedItems/microsoft.graph.user",
		"/directory/deletedItems/microsoft.graph.group", "/directory/deletedItems/microsoft.graph.application", "/subscriptions",
	} {
		c.ok("/v1.0" + path)
	}
	for path, segment := range map[string]string{
		"/people": "people", "/users/" + c.ann + "/photo": "photo", "/groups/" + c.group + "/members/microsoft.graph.printer": "microsoft.graph.printer",
		"/directory/deletedItems/microsoft.graph.printer": "microsoft.graph.printer", "/directory/roles": "roles",
	} {
		c.wantError("/v1.0"+path, 400, "BadRequest", "Resource not found for the segment '"+segment+"'.")
	}
	a, _ := c.do(http.MethodPost, "/v1.0/users", `{}`)
	if a.status != 405 || a.code() != "Request_BadRequest" {
		t.Errorf("a write: %d %s", a.status, a.text)
	}
}

func (c company) tenantDeletes() {
	id := c.user("leaver")
	check(c.t, c.tenant.SoftDelete(id))
}

func TestHeadersOfAnswers(t *testing.T) {
	c := newCompany(t, graphsim.Knobs{})
	h := c.ok("/v1.0/users").header
	if h.Get("request-id") == "" || h.Get("client-request-id") != h.Get("request-id") || !strings.Contains(h.Get("x-ms-ags-diagnostic"), "ServerInfo") ||
		h.Get("OData-Version") != "4.0" || !strings.HasPrefix(h.Get("Content-Type"), "application/json;odata.metadata=minimal") {
		t.Errorf("headers are %v", h)
	}
	c.header.Set("client-request-id", "11111111-2222-3333-4444-555555555555")
	if got := c.get("/v1.0/users/nobody").header.Get("client-request-id"); got != "11111111-2222-3333-4444-555555555555" {
		t.Errorf("client-request-id of an error is %q", got)
	}
	for path, want := range map[string]string{
		"/users": "2", "/users?$select=id": "1", "/users?$select=id&$expand=manager": "2", "/users?$top=5": "1", "/users/" + c.ann: "1",
		"/groups/" + c.group + "/members": "3", "/groups/" + c.group + "/transitiveMembers": "5", "/users/delta?$select=id": "1",
		"/users/" + c.ann + "/appRoleAssignments": "2",
	} {
		if got := c.ok("/v1.0" + path).header.Get("x-ms-resource-unit"); got != want {
			t.Errorf("%s costs %s, want %s", path, got, want)
		}
	}
}

func TestPlainReadsShowUnsetProperties(t *testing.T) {
	c := newCompany(t, graphsim.Knobs{})
	a := c.ok("/v1.0/users/" + c.bob + "?$select=displayName,jobTitle,businessPhones,employeeOrgData")
	delete(a.json, "@odata.context")
	want := object{"displayName": "bob", "jobTitle": nil, "businessPhones": []any{}, "employeeOrgData": nil}
	if diff := cmp.Diff(want, a.json); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if a = c.ok("/v1.0/users/" + c.bob); len(a.json) != 12 || a.json["accountEnabled"] != nil {
		t.Errorf("the default set is %v", a.json)
	}
	if a = c.ok("/v1.0/users/" + c.bob + "?$select=skills"); a.json["skills"] == nil {
		t.Errorf("a single read of another store: %v", a.json)
	}
	c.wantError("/v1.0/users?$select=skills", 501, "NotImplemented", "")
	c.wantError("/v1.0/users?$select=nosuch", 400, "BadRequest", "'nosuch'")
}

func TestUnknownAndDeletedObjects(t *testing.T) {
	c := newCompany(t, graphsim.Knobs{})
	missing := "00000000-aaaa-4bbb-8ccc-000000000000"
	c.wantError("/v1.0/users/"+missing, 404, "Request_ResourceNotFound", "Resource '"+missing+"' does not exist")
	c.wantError("/v1.0/users/"+c.ann+"/manager", 404, "Request_ResourceNotFound", "Resource 'manager' does not exist")
	c.wantError("/v1.0/groups/nonsense", 400, "Request_BadRequest", "Invalid object identifier 'nonsense'.")
	c.wantError("/v1.0/servicePrincipals/"+missing+"/appRoleAssignedTo", 404, "Request_ResourceNotFound", "")
	c.wantError("/v1.0/servicePrincipals(appId='"+missing+"')", 404, "Request_ResourceNotFound", "")
	check(t, c.tenant.SoftDelete(c.ann))
	c.wantError("/v1.0/users/"+c.ann, 404, "Request_ResourceNotFound", "")
	a := c.ok("/v1.0/directory/deletedItems/" + c.ann)
	if a.json["@odata.type"] != "#microsoft.graph.user" {
		t.Errorf("deleted item: %s", a.text)
	}
	c.wantError("/v1.0/directory/deletedItems/"+c.bob, 404, "Request_ResourceNotFound", "")
	a = c.ok("/v1.0/directory/deletedItems/microsoft.graph.user?$select=id,userPrincipalName,deletedDateTime")
	want := []object{{"id": c.ann, "userPrincipalName": strings.ReplaceAll(c.ann, "-", "") + "ann@contoso.onmicrosoft.com", "deletedDateTime": "2026-01-05T08:00:00Z"}}
	if diff := cmp.Diff(want, a.value()); diff != "" {
		t.Errorf("deleted items (-want +got):\n%s", diff)
	}
	c.wantError("/v1.0/directory/deletedItems/microsoft.graph.user?$orderby=deletedDateTime", 400, "Request_UnsupportedQuery", "")
	c.wantError("/v1.0/directory/deletedItems", 400, "BadRequest", "")
	c.clock.Advance(tenant.BinLife)
	if list := c.ok("/v1.0/directory/deletedItems/microsoft.graph.user").value(); len(list) != 0 {
		t.Errorf("after 30 days the recycle bin holds %v", list)
	}
	// The name is free again only now for somebody else to take, or for the same person to come back under another id.
	c.user("ann")
}

func TestListPaging(t *testing.T) {
	m := newSim(t, graphsim.Knobs{})
	want := m.people(250)
	for query, pages := range map[string]int{"": 3, "?$top=999&$select=id": 1, "?$top=50&$select=id,displayName": 5} {
		var got []string
		n := 0
		for next := "/v1.0/users" + query; next != ""; n++ {
			a := m.ok(next)
			got = append(got, ids(a.value())...)
			if next = a.next(); next != "" && !strings.HasPrefix(next, m.url+"/v1.0/users?") {
				t.Fatalf("nextLink is %s", next)
			}
		}
		if !slices.Equal(got, want) || n != pages {
			t.Errorf("%q: %d people on %d pages, want %d pages", query, len(got), n, pages)
		}
	}
	next := m.ok("/v1.0/users?$select=id&$top=50").next()
	if !strings.Contains(next, "$select=id&$top=50&$skiptoken=") {
		t.Errorf("nextLink does not keep its options: %s", next)
	}
	m.wantError("/v1.0/users?$top=1000", 400, "Request_UnsupportedQuery", "Invalid page size specified: '1000'. Must be between 1 and 999 inclusive.")
	m.wantError("/v1.0/users?$top=0", 400, "Request_UnsupportedQuery", "Invalid page size")
	m.clock.Advance(2 * time.Hour)
	m.wantError(next, 400, "Directory_ExpiredPageToken", "")
}

func TestAdvancedQueriesNeedTheirParameters(t *testing.T) {
	c := newCompany(t, graphsim.Knobs{})
	type want struct {
		status  int
		message string
		names   []string
	}
	for name, tc := range map[string]struct {
		query    string
		eventual bool
		want     want
	}{
		"equality works by default":       {"$filter=displayName eq 'ann'", false, want{200, "", []string{"ann"}}},
		"quotes are doubled":              {"$filter=displayName eq 'o''brien'", false, want{200, "", nil}},
		"by userPrincipalName":            {"$filter=userPrincipalName eq 'ANN@contoso.onmicrosoft.com'", false, want{200, "", []string{"ann"}}},
		"startsWith by default":           {"$filter=startsWith(displayName,'b')", false, want{200, "", []string{"bob"}}},
		"in and or":                       {"$filter=displayName in ('ann','x') or (department eq 'x' or displayName eq 'bob')", false, want{200, "", []string{"ann", "bob"}}},
		"Boolean":                         {"$filter=accountEnabled eq true and userType eq 'Guest'", false, want{200, "", []string{"eve_fabrikam.com#EXT#@contoso.onmicrosoft.com"}}},
		"manager":                         {"$filter=manager/id eq '" + c.ann + "'", false, want{200, "", []string{"bob"}}},
		"not equal without parameters":    {"$filter=displayName ne 'ann'", false, want{400, "'NotEqualsMatch'", nil}},
		"not equal with the header alone": {"$filter=displayName ne 'ann'", true, want{400, "'NotEqualsMatch'", nil}},
		"not equal with both":             {"$filter=displayName ne 'ann'&$count=true", true, want{200, "", []string{"bob", "eve_fabrikam.com#EXT#@contoso.onmicrosoft.com"}}},
		"endsWith without parameters":     {"$filter=endsWith(userPrincipalName,'.com')", false, want{400, "Operator 'endsWith' is not supported", nil}},
		"null without parameters":         {"$filter=department eq null", false, want{400, "", nil}},
		"null with both":                  {"$filter=department eq null and displayName eq 'bob'&$count=true", true, want{200, "", []string{"bob"}}},
		"not without parameters":          {"$filter=not(displayName eq 'ann')", false, want{400, "", nil}},
		"an A-property":                   {"$filter=companyName eq 'x'", false, want{400, "", nil}},
		"unknown property":                {"$filter=shoeSize eq '9'", true, want{400, "for property 'shoeSize' of resource 'User'", nil}},
		"search without the header":       {`$search="displayName:an"`, false, want{400, "special request header: 'ConsistencyLevel: eventual'", nil}},
		"search with the header":          {`$search="displayName:AN"`, true, want{200, "", []string{"ann"}}},
		"sorting by name":                 {"$orderby=displayName desc&$top=1", false, want{200, "", []string{"eve_fabrikam.com#EXT#@contoso.onmicrosoft.com"}}},
		"sorting and filter":              {"$orderby=displayName&$filter=userType eq 'Member'", false, want{400, "", nil}},
		"sorting by another property":     {"$orderby=department", false, want{400, "", nil}},
		"broken filter":                   {"$filter=displayName eq", false, want{400, "Invalid filter", nil}},
	} {
		t.Run(name, func(t *testing.T) {
			c.header = http.Header{}
			if tc.eventual {
				c.header.Set("ConsistencyLevel", "eventual")
			}
			parts := strings.Split(tc.query, "&")
			for i, p := range parts {
				k, v, _ := strings.Cut(p, "=")
				parts[i] = k + "=" + url.QueryEscape(v)
			}
			a := c.get("/v1.0/users?" + strings.Join(parts, "&"))
			if a.status != tc.want.status || !strings.Contains(a.message(), tc.want.message) {
				t.Fatalf("%d %s", a.status, a.text)
			}
			var names []string
			for _, v := range a.value() {
				names = append(names, v["displayName"].(string))
			}
			if diff := cmp.Diff(tc.want.names, names); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestCountIsIgnoredOrRefusedWithoutTheHeader(t *testing.T) {
	c := newCompany(t, graphsim.Knobs{})
	if a := c.ok("/v1.0/users?$count=true"); a.json["@odata.count"] != nil {
		t.Error("$count=true without ConsistencyLevel has an effect")
	}
	c.wantError("/v1.0/users/$count", 400, "Request_BadRequest", "$count is not currently supported.")
	c.header.Set("ConsistencyLevel", "eventual")
	a := c.ok("/v1.0/users?$count=true&$top=1")
	if a.json["@odata.count"] != 3.0 {
		t.Errorf("count is %v", a.json["@odata.count"])
	}
	if a = c.ok(a.next()); a.json["@odata.count"] != nil {
		t.Error("the second page counts too")
	}
	for path, want := range map[string]string{"/users/$count": "3", "/groups/$count": "1", "/groups/" + c.group + "/members/$count": "2"} {
		if a = c.ok("/v1.0" + path); a.text != want || a.header.Get("Content-Type") != "text/plain" {
			t.Errorf("%s is %q, %s", path, a.text, a.header.Get("Content-Type"))
		}
	}
}

func TestExpandManager(t *testing.T) {
	c := newCompany(t, graphsim.Knobs{})
	list := c.ok("/v1.0/users?$expand=manager($levels=1;$select=id)&$select=id,displayName").value()
	want := object{"id": c.bob, "displayName": "bob", "manager": object{"@odata.type": "#microsoft.graph.user", "id": c.ann}}
	if diff := cmp.Diff(want, byID(list, c.bob)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if _, has := byID(list, c.ann)["manager"]; has {
		t.Error("somebody without manager has the key")
	}
	c.wantError("/v1.0/users?$expand=photo", 400, "ExpandNotSupported", "")
	c.wantError("/v1.0/users?$expand=nosuch", 400, "BadRequest", "'nosuch'")
}

func TestGroupMembers(t *testing.T) {
	c := newCompany(t, graphsim.Knobs{})
	inner := c.group2("inner", c.guest)
	check(t, c.tenant.AddMembers(c.group, inner, must(c.tenant.AddOther(tenant.ServicePrincipal, "daemon"))))
	members := c.ok("/v1.0/groups/" + c.group + "/members?$select=id&$top=999").value()
	want := []object{mgr(c.ann), mgr(c.bob), {"@odata.type": "#microsoft.graph.group", "id": inner}}
	if diff := cmp.Diff(want, members); diff != "" {
		t.Errorf("members (-want +got):\n%s", diff)
	}
	if a := c.ok("/v1.0/groups/" + c.group + "/members/microsoft.graph.user?$select=displayName"); len(a.value()) != 2 ||
		!strings.HasSuffix(a.json["@odata.context"].(string), "#users(displayName)") {
		t.Errorf("cast: %s", a.text)
	}
	if got := ids(c.ok("/v1.0/groups/" + c.group + "/transitiveMembers?$select=id").value()); len(got) != 4 || !slices.Contains(got, c.guest) {
		t.Errorf("transitive members: %v", got)
	}
	c.wantError("/v1.0/groups/"+c.group+"/transitiveMembers/microsoft.graph.user", 400, "Request_UnsupportedQuery", "")
	expanded := c.ok("/v1.0/groups/" + c.group + "?$expand=members").json["members"].([]any)
	if len(expanded) != 4 {
		t.Errorf("expand shows %d members; the service principal belongs there", len(expanded))
	}
	check(t, c.tenant.AddMembers(c.group, c.people(30)...))
	if expanded = c.ok("/v1.0/groups/" + c.group + "?$expand=members").json["members"].([]any); len(expanded) != 20 {
		t.Errorf("expand shows %d members, want 20", len(expanded))
	}
}

// group2 is group; the embedded method is hidden by the field.
func (c company) group2(name string, members ...string) string { return c.sim.group(name, members...) }

func TestHiddenMembershipNeedsItsPermission(t *testing.T) {
	c := newCompany(t, graphsim.Knobs{})
	check(t, c.tenant.UpdateGroup(c.group, object{"visibility": "HiddenMembership"}))
	if list := c.ok("/v1.0/groups/" + c.group + "/members").value(); len(list) != 0 {
		t.Errorf("hidden members are shown: %v", list)
	}
	c.token = c.Token(graphsim.DefaultClientID, "GroupMember.Read.All", "Member.Read.Hidden", "User.Read.All")
	if list := c.ok("/v1.0/groups/" + c.group + "/members").value(); len(list) != 2 {
		t.Errorf("members: %v", list)
	}
}

func TestMembersOfUnreadableTypesHaveOnlyAnID(t *testing.T) {
	c := newCompany(t, graphsim.Knobs{})
	c.token = c.Token(graphsim.DefaultClientID, "GroupMember.Read.All")
	list := c.ok("/v1.0/groups/" + c.group + "/members?$select=displayName").value()
	if diff := cmp.Diff(object{"@odata.type": "#microsoft.graph.user", "id": c.ann, "displayName": nil}, list[0]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestAssignments(t *testing.T) {
	c := newCompany(t, graphsim.Knobs{})
	agent := "Agent"
	role := must(c.tenant.AddRole(c.app, tenant.AppRole{DisplayName: "Agent", Value: &agent, IsEnabled: true}))
	other := must(c.tenant.AddRole(c.app, tenant.AppRole{DisplayName: "Other", IsEnabled: true}))
	id := must(c.tenant.Assign(c.app, c.ann, "Agent"))
	must(c.tenant.Assign(c.app, c.ann, other))
	must(c.tenant.Assign(c.app, c.group, role))
	if _, err := c.tenant.Assign(c.app, c.ann, role); err == nil {
		t.Error("the same role was assigned twice")
	}
	path := "/v1.0/servicePrincipals/" + c.app + "/appRoleAssignedTo"
	a := c.ok(path + "?$top=999")
	want := object{
		"id": id, "deletedDateTime": nil, "appRoleId": role, "createdDateTime": "2026-01-05T08:00:00.0000000Z", "principalDisplayName": "ann", "principalId": c.ann,
		"principalType": "User", "resourceDisplayName": "Genesys Cloud", "resourceId": c.app,
	}
	if diff := cmp.Diff(want, a.value()[0]); diff != "" || len(a.value()) != 3 || a.value()[2]["principalType"] != "Group" {
		t.Errorf("assignment (-want +got):\n%s\nof %d", diff, len(a.value()))
	}
	raw, err := base64.RawURLEncoding.DecodeString(id)
	if err != nil || len(id) != 43 || fmt.Sprintf("%02x%02x%02x%02x", raw[3], raw[2], raw[1], raw[0]) != c.ann[:8] {
		t.Errorf("id %s does not begin with the principal %s", id, c.ann)
	}
	if got := c.ok(path + "?$filter=principalId eq " + c.group).value(); len(got) != 1 {
		t.Errorf("filter by principal: %v", got)
	}
	c.wantError(path+"?$filter=appRoleId eq "+role, 400, "Request_UnsupportedQuery", "")
	c.wantError(path+"?$filter=principalType eq 'User'", 400, "Request_UnsupportedQuery", "")
	inherited := c.ok("/v1.0/users/" + c.bob + "/appRoleAssignments?$filter=resourceId eq " + c.app).value()
	if len(inherited) != 1 || inherited[0]["principalType"] != "Group" || inherited[0]["principalId"] != c.group {
		t.Errorf("bob has %v", inherited)
	}
	check(t, c.tenant.SoftDelete(c.ann))
	if got := c.ok(path).value(); len(got) != 1 {
		t.Errorf("assignments of a deleted user are shown: %v", got)
	}
	check(t, c.tenant.Restore(c.ann))
	if got := c.ok(path).value(); len(got) != 3 {
		t.Errorf("after the restore: %v", got)
	}
	page := c.ok(path + "?$top=2")
	if rest := c.ok(page.next()).value(); len(page.value()) != 2 || len(rest) != 1 {
		t.Errorf("pages of %d and %d", len(page.value()), len(rest))
	}
}

func TestServicePrincipalShapes(t *testing.T) {
	c := newCompany(t, graphsim.Knobs{})
	must(c.tenant.AddRole(c.app, tenant.AppRole{ID: "18d14569-c3bd-439b-9a66-3a2aee01d14f", DisplayName: "User", IsEnabled: true}))
	list := c.ok("/v1.0/servicePrincipals?$filter=appId eq '00001111-aaaa-2222-bbbb-3333cccc4444'&$select=id,appRoles").value()
	want := []object{{"id": c.app, "appRoles": []any{object{
		"allowedMemberTypes": []any{"User"}, "description": "User", "displayName": "User", "id": "18d14569-c3bd-439b-9a66-3a2aee01d14f", "isEnabled": true,
		"origin": "Application", "value": nil,
	}}}}
	if diff := cmp.Diff(want, list); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	c.wantError("/v1.0/servicePrincipals/"+c.app+"?$select=appRoleAssignedTo", 400, "BadRequest", "'appRoleAssignedTo'")
}

func TestGetByIDs(t *testing.T) {
	c := newCompany(t, graphsim.Knobs{})
	body := fmt.Sprintf(`{"ids":[%q,%q,"00000000-aaaa-4bbb-8ccc-000000000000"],"types":["user"]}`, c.ann, c.group)
	a, _ := c.do(http.MethodPost, "/v1.0/directoryObjects/getByIds?$select=id,displayName", body)
	if diff := cmp.Diff([]object{{"@odata.type": "#microsoft.graph.user", "id": c.ann, "displayName": "ann"}}, a.value()); diff != "" {
		t.Errorf("(-want +got):\n%s\n%s", diff, a.text)
	}
}
