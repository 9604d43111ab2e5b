package genesyssim_test

import (
	"net/url"
	"testing"

	"github.com/entrain-dev/entrain/internal/simulator/genesyssim"
)

// TestValidatorRequests is section B of failure-classes.md, what Microsoft's validator sends. Genesys has no create, delete
// or rename of groups; those rows check the refusal that it documents instead.
func TestValidatorRequests(t *testing.T) {
	const groupID = "0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef"
	type env struct {
		*world
		ada, bob string
	}
	users := func(w *env, filter string) answer { return w.find(filter) }
	groups := func(w *env, query string) answer { return w.get(v2+"/Groups?"+query).want(w.t, 200) }
	filter := func(text string) string { return "filter=" + url.QueryEscape(text) }
	manager := func(w *env, id string) any { return w.get(v2+"/Users/"+id).at(entURN, "manager", "value") }

	for name, run := range map[string]func(t *testing.T, w *env){
		"01 create, then found by filter": func(t *testing.T, w *env) {
			id := w.create("new@example.com", nil)
			eq(t, "found", users(w, `userName eq "new@example.com"`).at("Resources", 0, "id"), id)
		},
		"02 duplicate 409": func(t *testing.T, w *env) {
			w.do("POST", v2+"/Users", user("ada@example.com", nil)).wantSCIM(t, 409, "uniqueness")
		},
		"03 filter existing": func(t *testing.T, w *env) {
			eq(t, "total", users(w, `userName eq "ada@example.com"`).total(), 1)
		},
		"04 filter absent": func(t *testing.T, w *env) {
			a := users(w, `userName eq "7f4bc1a3-285e-48ae-8202-5accb43efb0e"`)
			eq(t, "answer", []any{a.total(), a.at("Resources")}, []any{0, []any{}})
		},
		"05 filter in different case": func(t *testing.T, w *env) {
			eq(t, "total", users(w, `USERNAME eq "ADA@EXAMPLE.COM"`).total(), 1)
		},
		"06 PATCH replace, verbose values": func(t *testing.T, w *env) {
			a := w.patch("/Users/"+w.ada, op("Replace", "displayName", "Pvlo"), op("Replace", `emails[type eq "work"].value`, "new@example.com"),
				op("Replace", "roles", []object{{"primary": false, "type": "WindowsAzureActiveDirectoryRole", "display": "Supervisor", "value": "Supervisor"}}),
				op("Replace", entURN+":employeeNumber", "Eqpj")).want(t, 200)
			eq(t, "values", []any{a.at("displayName"), a.at("emails", 1), a.at("roles"), a.at(entURN, "employeeNumber")},
				[]any{"Pvlo", object{"type": "work", "value": "new@example.com", "primary": false}, []object{{"value": "Supervisor"}}, "Eqpj"})
		},
		"07 PATCH userName without path": func(t *testing.T, w *env) {
			a := w.patch("/Users/"+w.ada, op("Replace", "", object{"userName": "ada.new@example.com"})).want(t, 200)
			eq(t, "userName and mirror", []string{a.str("userName"), a.str("emails", 0, "value")}, []string{"ada.new@example.com", "ada.new@example.com"})
			eq(t, "old name", users(w, `userName eq "ada@example.com"`).total(), 0)
		},
		"08 PATCH disable": func(t *testing.T, w *env) {
			eq(t, "active", w.patch("/Users/"+w.ada, op("Replace", "active", "False")).want(t, 200).at("active"), false)
			eq(t, "still found", users(w, `userName eq "ada@example.com"`).total(), 1)
		},
		"09 PATCH add": func(t *testing.T, w *env) {
			a := w.patch("/Users/"+w.ada, op("Add", "title", "Agent"), op("Add", `phoneNumbers[type eq "mobile"].value`, "+4915112345678")).want(t, 200)
			eq(t, "values", []any{a.at("title"), a.at("phoneNumbers", 0, "value")}, []any{"Agent", "+4915112345678"})
		},
		"10 PATCH add manager": func(t *testing.T, w *env) {
			for _, shape := range []any{w.bob, object{"value": w.bob}, []object{{"value": w.bob, "$ref": "http://x/scim/Users/" + w.bob}}} {
				w.patch("/Users/"+w.ada, op("Add", entURN+":manager", shape)).want(t, 200)
				eq(t, "manager", manager(w, w.ada), w.bob)
				w.patch("/Users/"+w.ada, op("Remove", entURN+":manager", nil)).want(t, 200)
				eq(t, "manager after remove", manager(w, w.ada), nil)
			}
			w.patch("/Users/"+w.ada, op("Add", "manager", []object{{"value": w.bob}})).want(t, 200)
			eq(t, "manager without URN", manager(w, w.ada), w.bob)
		},
		"11 PATCH replace manager": func(t *testing.T, w *env) {
			boss := w.create("boss@example.com", nil)
			w.patch("/Users/"+w.ada, op("Add", entURN+":manager", w.bob)).want(t, 200)
			w.patch("/Users/"+w.ada, op("Replace", entURN+":manager.value", boss)).want(t, 200)
			eq(t, "manager", manager(w, w.ada), boss)
			eq(t, "checked by filter", users(w, `id eq "`+w.ada+`" and manager eq "`+boss+`"`).total(), 1)
			eq(t, "checked the other way", users(w, `manager eq "`+w.bob+`" and id eq "`+w.ada+`"`).total(), 0)
		},
		"12 PATCH remove manager by an empty string": func(t *testing.T, w *env) {
			w.patch("/Users/"+w.ada, op("Add", entURN+":manager", w.bob)).want(t, 200)
			w.patch("/Users/"+w.ada, op("Replace", entURN+":manager", "")).want(t, 200)
			eq(t, "manager", manager(w, w.ada), nil)
		},
		"13 DELETE, then 404": func(t *testing.T, w *env) {
			w.do("DELETE", v2+"/Users/"+w.ada, nil).want(t, 204)
			w.get(v2+"/Users/"+w.ada).want(t, 404)
		},
		"14 create of a group is refused": func(t *testing.T, w *env) {
			w.do("POST", v2+"/Groups", object{"displayName": "New"}).wantPlatform(t, 405, "method.not.allowed")
		},
		"15 create of an existing group is refused": func(t *testing.T, w *env) {
			w.do("POST", v2+"/Groups", object{"displayName": "Sales"}).wantPlatform(t, 405, "method.not.allowed")
		},
		"16 GET with excludedAttributes=members": func(t *testing.T, w *env) {
			a := w.get(v2+"/Groups/"+groupID+"?excludedAttributes=members").want(t, 200)
			eq(t, "name and members", []any{a.at("displayName"), a.at("members")}, []any{"Sales", nil})
		},
		"17 filter with excludedAttributes=members": func(t *testing.T, w *env) {
			a := groups(w, "excludedAttributes=members&"+filter(`displayName eq "Sales"`))
			eq(t, "id and members", []any{a.at("Resources", 0, "id"), a.at("Resources", 0, "members")}, []any{groupID, nil})
		},
		"18 filter with members": func(t *testing.T, w *env) {
			eq(t, "member", groups(w, filter(`displayName eq "Sales"`)).at("Resources", 0, "members", 0, "value"), w.ada)
			eq(t, "is a member", groups(w, "attributes=id&"+filter(`id eq "`+groupID+`" and members eq "`+w.ada+`"`)).total(), 1)
			eq(t, "is no member", groups(w, "attributes=id&"+filter(`members eq "`+w.bob+`" and id eq "`+groupID+`"`)).total(), 0)
		},
		"19 filter absent group": func(t *testing.T, w *env) {
			eq(t, "total", groups(w, filter(`displayName eq "Nonesuch"`)).total(), 0)
		},
		"20 group in different case": func(t *testing.T, w *env) {
			eq(t, "total", groups(w, filter(`displayname eq "SALES"`)).total(), 1)
		},
		"21 PATCH displayName of a group is refused": func(t *testing.T, w *env) {
			w.patch("/Groups/"+groupID, op("Replace", "displayName", "New")).wantSCIM(t, 400, "mutability")
		},
		"22 PATCH externalId of a group": func(t *testing.T, w *env) {
			a := w.patch("/Groups/"+groupID, op("Replace", "externalId", "8aa1a0c0")).want(t, 200)
			eq(t, "externalId", a.at("externalId"), "8aa1a0c0")
			eq(t, "found", groups(w, filter(`externalId eq "8aa1a0c0"`)).total(), 1)
		},
		"23 PATCH add member": func(t *testing.T, w *env) {
			w.patch("/Groups/"+groupID, op("Add", "members", []object{{"$ref": nil, "value": w.bob}})).want(t, 200)
			eq(t, "members", len(w.sim.Members(groupID)), 2)
		},
		"24 PATCH remove member": func(t *testing.T, w *env) {
			w.patch("/Groups/"+groupID, op("Add", "members", []object{{"value": w.bob}})).want(t, 200)
			w.patch("/Groups/"+groupID, op("Remove", "members", []object{{"$ref": nil, "value": w.bob}})).want(t, 200)
			eq(t, "after the legacy form", w.sim.Members(groupID), []string{w.ada})
			w.patch("/Groups/"+groupID, op("remove", `members[value eq "`+w.ada+`"]`, nil)).want(t, 200)
			eq(t, "after the filtered path", w.sim.Members(groupID), nil)
		},
		"25 DELETE of a group is refused": func(t *testing.T, w *env) {
			w.do("DELETE", v2+"/Groups/"+groupID, nil).wantPlatform(t, 405, "method.not.allowed")
			w.get(v2+"/Groups/"+groupID).want(t, 200)
		},
		"26 several operations on different attributes": func(t *testing.T, w *env) {
			a := w.patch("/Users/"+w.ada, op("replace", "", object{"displayName": "Bjfe", "name.givenName": "Kkom", entURN + ":employeeNumber": "Aklq"}),
				op("replace", `emails[type eq "work"].value`, "w@example.com"), op("replace", "active", false)).want(t, 200)
			eq(t, "values", []any{a.at("displayName"), a.at(entURN, "employeeNumber"), a.at("emails", 1, "value"), a.at("active")},
				[]any{"Bjfe", "Aklq", "w@example.com", false})
		},
		"27 several operations on the same attribute": func(t *testing.T, w *env) {
			a := w.patch("/Users/"+w.ada, op("Add", "title", "One"), op("Replace", "title", "Two")).want(t, 200)
			eq(t, "title", a.at("title"), "Two")
			a = w.patch("/Users/"+w.ada, op("Replace", "title", "Three"), op("Remove", "title", nil)).want(t, 200)
			eq(t, "title", a.at("title"), nil)
		},
		"28 DELETE of an unknown user": func(t *testing.T, w *env) {
			w.do("DELETE", v2+"/Users/7f4bc1a3-285e-48ae-8202-5accb43efb0e", nil).wantPlatform(t, 404, "not.found")
		},
		"29 DELETE twice": func(t *testing.T, w *env) {
			w.do("DELETE", v2+"/Users/"+w.ada, nil).want(t, 204)
			w.do("DELETE", v2+"/Users/"+w.ada, nil).wantPlatform(t, 404, "not.found")
		},
		"30 group PATCH with several operations on one attribute": func(t *testing.T, w *env) {
			w.patch("/Groups/"+groupID, op("Add", "members", []object{{"value": w.bob}}), op("Remove", "members", []object{{"value": w.ada}})).want(t, 200)
			eq(t, "members", w.sim.Members(groupID), []string{w.bob})
		},
		"31 DELETE of an unknown group is refused": func(t *testing.T, w *env) {
			w.do("DELETE", v2+"/Groups/7f4bc1a3-285e-48ae-8202-5accb43efb0e", nil).wantPlatform(t, 405, "method.not.allowed")
		},
		"32 DELETE of a group twice is refused": func(t *testing.T, w *env) {
			w.do("DELETE", v2+"/Groups/"+groupID, nil).want(t, 405)
			w.do("DELETE", v2+"/Groups/"+groupID, nil).want(t, 405)
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := &env{world: newWorld(t)}
			w.ada, w.bob = w.create("ada@example.com", nil), w.create("bob@example.com", nil)
			w.sim.AddGroup(genesyssim.GroupSpec{ID: groupID, Name: "Sales", Members: []string{w.ada}})
			run(t, w)
		})
	}
}
