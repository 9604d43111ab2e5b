package genesyssim_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/entrain-dev/entrain/internal/simulator/genesyssim"
)

// The tests TestQuirkNN check the facts of section 1 of the sheet, "most easily got wrong".

func TestQuirk01GroupsCannotBeCreatedOrDeleted(t *testing.T) {
	w := newWorld(t)
	group := w.sim.AddGroup(genesyssim.GroupSpec{Name: "Sales"})
	w.do("POST", v2+"/groups", object{"displayName": "X"}).want(t, 405)
	w.do("DELETE", v2+"/groups/"+group, nil).want(t, 405)
	id := w.create("ada@example.com", nil)
	a := w.do("PUT", v2+"/groups/"+group, object{"displayName": "Sales", "externalId": "42", "members": []object{{"value": id}}}).want(t, 200)
	eq(t, "what can change", []any{a.at("externalId"), a.at("members", 0)},
		[]any{"42", object{"type": "User", "value": id, "$ref": "/api/v2/scim/v2/users/" + id}})
	a = w.do("PUT", v2+"/groups/"+group, object{"displayName": "Sales"}).want(t, 200)
	eq(t, "PUT replaces", []any{a.at("externalId"), a.at("members")}, []any{nil, nil})
}

func TestQuirk02GroupFilterIsRequiredOnOneRoot(t *testing.T) {
	w := newWorld(t)
	w.knobs(func(k *genesyssim.Knobs) { k.GroupFilterRequired = true })
	w.get(v2+"/groups").want(t, 400)
	w.get(v1+"/groups").want(t, 200)
}

func TestQuirk03UnfilteredListIsActiveOnly(t *testing.T) {
	w := newWorld(t)
	on, off := w.create("on@example.com", nil), w.create("off@example.com", object{"active": false})
	eq(t, "unfiltered", w.get(v2+"/users").at("Resources", 0, "id"), on)
	eq(t, "unfiltered total", w.get(v2+"/users").total(), 1)
	eq(t, "inactive", w.find("active eq false").at("Resources", 0, "id"), off)
	eq(t, "inactive total", w.find("active eq false").total(), 1)
}

func TestQuirk04UserNameIsMirroredInEmails(t *testing.T) {
	w := newWorld(t)
	a := w.do("POST", v2+"/users", user("ada@example.com", object{"emails": []object{{"type": "other", "value": "ada@example.com", "primary": true},
		{"type": "work", "value": "work@example.com", "primary": true}}})).want(t, 201)
	want := []object{{"type": "other", "value": "ada@example.com", "primary": true}, {"type": "work", "value": "work@example.com", "primary": false}}
	eq(t, "emails", a.at("emails"), want)
	path := "/users/" + a.str("id")
	w.patch(path, op("replace", `emails[type eq "other"].value`, "new@example.com")).wantSCIM(t, 400, "mutability")
	w.patch(path, op("remove", `emails[type eq "other"]`, nil)).wantSCIM(t, 400, "mutability")
	w.patch(path, op("replace", `emails[type eq "other"].value`, "ada@example.com")).want(t, 200)
	a = w.patch(path, op("replace", `emails[type eq "other"].value`, "new@example.com"), op("replace", "userName", "new@example.com")).want(t, 200)
	eq(t, "mirror follows", a.str("emails", 0, "value"), "new@example.com")
	a = w.patch(path, op("remove", `emails[type eq "work"]`, nil)).want(t, 200)
	eq(t, "work removed", len(a.at("emails").([]any)), 1)
}

func TestQuirk05ETagIsAQuotedInteger(t *testing.T) {
	w := newWorld(t)
	id := w.create("ada@example.com", nil)
	a := w.get(v2 + "/users/" + id)
	eq(t, "header and meta", []any{a.header.Get("ETag"), a.at("meta", "version")}, []any{`"1"`, "1"})
	unchanged := w.get(v2+"/users/"+id, with("If-None-Match", `"1"`)).want(t, 304)
	eq(t, "body of 304", unchanged.raw, "")
	w.get(v2+"/users/"+id, with("If-None-Match", `W/"1"`)).want(t, 200)
	group := w.sim.AddGroup(genesyssim.GroupSpec{Name: "Sales"})
	w.get(v2+"/groups/"+group, with("If-None-Match", `"1"`)).want(t, 304)
	w.get(v2+"/serviceproviderconfig", with("If-None-Match", `"1"`)).want(t, 304)
}

func TestQuirk06StaleIsNot412(t *testing.T) {
	w := newWorld(t)
	id := w.create("ada@example.com", nil)
	w.do("DELETE", v2+"/users/"+id, nil, with("If-Match", `"2"`)).wantSCIM(t, 400, "invalidVers")
}

func TestQuirk07MetaHasNoCreated(t *testing.T) {
	w := newWorld(t)
	id := w.create("ada@example.com", nil)
	w.clock.Advance(1500 * time.Millisecond)
	a := w.patch("/users/"+id, op("replace", "title", "T")).want(t, 200)
	eq(t, "meta", a.at("meta"), object{"resourceType": "User", "lastModified": "2026-01-02T03:04:06.500Z", "version": "2",
		"location": "/api/v2/scim/v2/users/" + id})
}

func TestQuirk08TwoErrorBodies(t *testing.T) {
	w := newWorld(t)
	w.do("POST", v2+"/users", object{"displayName": "no name"}).wantSCIM(t, 400, "invalidValue")
	w.get(v2+"/users/x").wantPlatform(t, 404, "not.found")
	w.get(v2+"/users", with("Authorization", "")).wantPlatform(t, 401, "authentication.required")
	w.get(v2+"/users", with("Authorization", "Bearer wrong")).wantPlatform(t, 401, "bad.credentials")
	w.get(v2+"/schemas?filter=x").wantPlatform(t, 403, "not.authorized")
	w.do("POST", v2+"/users", "{}", with("Content-Type", "text/plain")).wantPlatform(t, 415, "unsupported.media.type")
	w.do("POST", v2+"/users", "{", with("Content-Type", "application/json")).wantSCIM(t, 400, "invalidSyntax")
	w.do("POST", v2+"/users", strings.Repeat(" ", 5<<20)).wantPlatform(t, 413, "request.entity.too.large")
}

func TestQuirk09LargePagesOfExpensiveAttributes(t *testing.T) {
	w := newWorld(t)
	w.knobs(func(k *genesyssim.Knobs) { k.ExpensivePageEvery = 1 })
	a := w.get(v2+"/users?count=100").wantPlatform(t, 429, "too.many.requests")
	eq(t, "Retry-After", a.header.Get("Retry-After"), "")
	eq(t, "the rate is not exhausted", a.header.Get("inin-ratelimit-count"), "1")
	w.get(v2+"/users?count=25").want(t, 200)
	w.get(v2+"/users?count=100&attributes=id,userName").want(t, 200)
	w.get(v2+"/users?count=100&excludedAttributes=externalId,roles,"+url.QueryEscape(genURN)).want(t, 200)
}

func TestQuirk10ADeletedUserDoesNotConflict(t *testing.T) {
	w := newWorld(t)
	id := w.create("ada@example.com", nil)
	w.patch("/users/"+id, op("replace", "active", false)).want(t, 200)
	w.do("POST", v2+"/users", user("ada@example.com", nil)).want(t, 409)
	w.do("DELETE", v2+"/users/"+id, nil).want(t, 204)
	eq(t, "revived id", w.create("ada@example.com", nil), id)
}

func TestQuirk11RolesAreNames(t *testing.T) {
	w := newWorld(t)
	id := w.create("ada@example.com", object{"roles": []object{{"value": "Supervisor", "type": "x", "primary": false}}})
	roles := func() any { return w.get(v2 + "/users/" + id).at("roles") }
	eq(t, "roles of the request", roles(), []object{{"value": "Supervisor"}})
	w.patch("/users/"+id, op("Add", "roles", []object{{"value": `{"id":"1","value":"employee","displayName":"Employee"}`}})).want(t, 200)
	eq(t, "added in Entra's legacy form", roles(), []object{{"value": "Supervisor"}, {"value": "employee"}})
	w.patch("/users/"+id, op("remove", `roles[value eq "Supervisor"]`, nil)).want(t, 200)
	eq(t, "removed", roles(), []object{{"value": "employee"}})
	w.patch("/users/"+id, op("replace", `roles[primary eq "True"].value`, "Supervisor"), op("replace", `roles[primary eq "True"].type`, "x")).want(t, 200)
	eq(t, "replaced by a single role", roles(), []object{{"value": "Supervisor"}})
	w.patch("/users/"+id, op("replace", "roles", []any{})).want(t, 200)
	eq(t, "replaced by nothing", roles(), nil)
}

func TestQuirk12MirrorOfExternalID(t *testing.T) {
	w := newWorld(t)
	id := w.create("ada@example.com", nil)
	a := w.patch("/users/"+id, op("replace", genURN+":externalIds", []object{{"authority": "A", "value": "K"}})).want(t, 200)
	eq(t, "own entry first", a.at(genURN, "externalIds", 0), object{"authority": "A", "value": "K"})
	a = w.patch("/users/"+id, op("Replace", "externalId", "42")).want(t, 200)
	eq(t, "mirror", a.at(genURN, "externalIds", 1), object{"authority": "x-pc:scimv2:v1", "value": "42"})
	a = w.patch("/users/"+id, op("Remove", "externalId", nil)).want(t, 200)
	eq(t, "mirror gone", a.at(genURN, "externalIds", 1), nil)
}

func TestQuirk13DisplayNameOnly(t *testing.T) {
	w := newWorld(t)
	w.do("POST", v2+"/users", object{"userName": "ada@example.com"}).wantSCIM(t, 400, "invalidValue")
	a := w.do("POST", v2+"/users", user("ada@example.com", object{"name": object{"givenName": "Ada", "familyName": "E"}})).want(t, 201)
	eq(t, "name", a.at("name"), nil)
	w.patch("/users/"+a.str("id"), op("remove", "displayName", nil)).wantSCIM(t, 400, "invalidValue")
	w.patch("/users/"+a.str("id"), op("replace", "displayName", "")).wantSCIM(t, 400, "invalidValue")
	w.patch("/users/"+a.str("id"), op("replace", "userName", "no address")).wantSCIM(t, 400, "invalidValue")
}

func TestQuirk14TokenOf450Days(t *testing.T) {
	w := newWorld(t)
	w.sim.SetClient(genesyssim.Client{ID: "c", Secret: "s", TokenSeconds: 38_880_000, Roles: []string{"SCIM Integration"}})
	w.token = w.requestToken("c", "s").want(t, 200).str("access_token")
	w.clock.Advance(449 * 24 * time.Hour)
	w.get(v2+"/users").want(t, 200)
	w.clock.Advance(24 * time.Hour)
	w.get(v2+"/users").wantPlatform(t, 401, "bad.credentials")
}

func TestPatchPaths(t *testing.T) {
	w := newWorld(t)
	id := w.create("ada@example.com", nil)
	for name, tc := range map[string]struct {
		op       object
		scimType string
	}{
		"curly quotes":             {op("replace", genURN+":externalIds[authority eq ‘microsoftteams’].value", "M"), "invalidFilter"},
		"quote that is not closed": {op("replace", genURN+`:externalIds[authority eq "zoomphone].value`, "M"), "invalidFilter"},
		"remove without path":      {op("remove", "", nil), "noTarget"},
		"phone without type":       {op("replace", "phoneNumbers.value", "+4930123456"), "invalidPath"},
		"filter on another member": {op("replace", `phoneNumbers[primary eq true].value`, "+4930123456"), "invalidFilter"},
		"bracket that stays open":  {op("replace", `emails[type eq "work"`, "a@example.com"), "invalidFilter"},
		"text after the bracket":   {op("replace", `emails[type eq "work"]value`, "a@example.com"), "invalidPath"},
		"groups of a user":         {op("add", "groups", []object{{"value": "g"}}), "mutability"},
		"id":                       {op("replace", "id", "other"), "mutability"},
		"number as title":          {op("replace", "title", 5), "invalidValue"},
		"unknown operation":        {op("move", "title", "T"), "invalidSyntax"},
		"add without value":        {op("add", "title", nil), "invalidValue"},
		"list without path":        {op("replace", "", []any{}), "invalidValue"},
	} {
		t.Run(name, func(t *testing.T) { w.patch("/users/"+id, tc.op).wantSCIM(t, 400, tc.scimType) })
	}
	w.do("PATCH", v2+"/users/"+id, object{"Operations": []object{op("replace", "title", "T")}}).wantSCIM(t, 400, "invalidSyntax")
	w.do("PATCH", v2+"/users/"+id, object{"schemas": []string{patchURN}}).wantSCIM(t, 400, "invalidSyntax")

	a := w.patch("/users/"+id, op("ADD", "URN:ietf:params:scim:schemas:core:2.0:User:TITLE", "T"), op("add", entURN, object{"department": "D"}),
		op("add", `phoneNumbers[type eq "work4"]`, object{"value": "+4930123456"}), op("add", `phoneNumbers[type eq "home" and primary eq true].value`, "+4930123457"),
		op("add", genURN+":routingSkills", []object{{"name": "Billing", "proficiency": 1}}),
		op("replace", genURN+`:routingSkills[name eq "Billing"].proficiency`, 4)).want(t, 200)
	eq(t, "values", []any{a.at("title"), a.at(entURN, "department"), a.at("phoneNumbers", 0, "primary"), a.at(genURN, "routingSkills", 0, "proficiency")},
		[]any{"T", "D", true, 4})
}

func TestAttributes(t *testing.T) {
	w := newWorld(t)
	id := w.create("ada@example.com", object{"title": "T", "externalId": "42", entURN: object{"department": "D"}})
	keys := func(query string) []string {
		t.Helper()
		var out []string
		for k := range w.get(v2+"/users/"+id+"?"+query).want(t, 200).body {
			out = append(out, strings.TrimPrefix(k, "urn:ietf:params:scim:schemas:extension:"))
		}
		slices.Sort(out)
		return out
	}
	always := []string{"active", "id", "meta", "schemas", "userName"}
	eq(t, "one", keys("attributes=title"), []string{"active", "id", "meta", "schemas", "title", "userName"})
	eq(t, "repeated", keys("attributes=id&attributes=active"), always)
	eq(t, "with URN", keys("attributes=urn:ietf:params:scim:schemas:core:2.0:User:id,"+entURN+":department"),
		[]string{"active", "enterprise:2.0:User", "id", "meta", "schemas", "userName"})
	eq(t, "excluded", keys("excludedAttributes=title,displayName,emails,roles,externalId,userName,"+entURN+","+genURN), always)
	w.get(v2+"/users/"+id+"?attributes=shoeSize").wantPlatform(t, 400, "invalid.query.param.value")
	w.get(v2+"/groups?attributes=userName").wantPlatform(t, 400, "invalid.query.param.value")
}

func TestGroupsWithRules(t *testing.T) {
	w := newWorld(t)
	byRule, byHand := w.create("rule@example.com", nil), w.create("hand@example.com", nil)
	inner := w.sim.AddGroup(genesyssim.GroupSpec{Name: "Inner"})
	group := w.sim.AddGroup(genesyssim.GroupSpec{Name: "Rules", RuleMembers: []string{byRule}})
	a := w.patch("/groups/"+group, op("remove", `members[value eq "`+byRule+`"]`, nil), op("add", "members", []object{{"value": byHand}, {"value": inner}})).want(t, 200)
	eq(t, "members", len(a.at("members").([]any)), 3)
	eq(t, "groups of the rule member", w.get(v2+"/users/"+byRule).at("groups", 0), object{"type": "Group", "value": group, "$ref": v2 + "/groups/" + group})
	a = w.patch("/groups/"+group, op("remove", "members", nil)).want(t, 200)
	eq(t, "only the rule member is left", a.at("members"), []object{{"type": "User", "value": byRule, "$ref": v2 + "/users/" + byRule}})
}

func TestDiscovery(t *testing.T) {
	w := newWorld(t)
	config := w.get(v2+"/ServiceProviderConfig").want(t, 200)
	eq(t, "config", []any{config.at("patch", "supported"), config.at("filter"), config.at("bulk", "supported"), config.at("etag", "supported")},
		[]any{true, object{"supported": true, "maxResults": 100}, false, true})
	types := w.get(v2+"/ResourceTypes").want(t, 200)
	eq(t, "resource types", types.total(), 5)
	eq(t, "user type", w.get(v2+"/resourcetypes/User").want(t, 200).at("schemaExtensions", 1, "schema"), genURN)
	schemas := w.get(v2+"/Schemas").want(t, 200)
	eq(t, "schemas", schemas.total(), 7)
	eq(t, "schema by id", w.get(v2+"/schemas/"+genURN).want(t, 200).at("attributes", 0, "name"), "routingSkills")
	w.get(v2+"/schemas/urn:x").want(t, 404)
	w.do("POST", v2+"/schemas", object{}).wantPlatform(t, 405, "method.not.allowed")
}
