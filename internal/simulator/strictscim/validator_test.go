package strictscim_test

import (
	"net/url"
	"testing"

	"github.com/entrain-dev/entrain/internal/simulator/strictscim"
)

// TestValidatorRequests is section B of failure-classes.md, what Microsoft's validator sends. Where note is set, a strict
// server rightly refuses or reads the request otherwise than its sender means it.
func TestValidatorRequests(t *testing.T) {
	type env struct {
		*world
		ada, bob, sales string
	}
	manager := func(w *env) any { return w.get("/Users/"+w.ada).at(entURN, "manager", "value") }
	rename := func(w *env) answer { return w.patch("/Groups/"+w.sales, op("Replace", "displayName", "Verkauf")) }

	for name, tc := range map[string]struct {
		note string
		run  func(t *testing.T, w *env)
	}{
		"01 create, then found by filter": {"", func(t *testing.T, w *env) {
			id := w.create("new@example.com", nil)
			eq(t, "found", w.find("Users", `userName eq "new@example.com"`).at("Resources", 0, "id"), id)
		}},
		"02 duplicate 409": {"", func(t *testing.T, w *env) {
			w.do("POST", "/Users", user("ADA@example.com", nil)).wantError(t, 409, "uniqueness")
		}},
		"03 filter existing": {"", func(t *testing.T, w *env) {
			eq(t, "total", w.find("Users", `userName eq "ada@example.com"`).total(), 1)
		}},
		"04 filter absent": {"", func(t *testing.T, w *env) {
			a := w.find("Users", `userName eq "7f4bc1a3-285e-48ae-8202-5accb43efb0e"`)
			eq(t, "answer", []any{a.total(), a.at("Resources")}, []any{0, []any{}})
		}},
		"05 filter in different case": {"", func(t *testing.T, w *env) {
			eq(t, "total", w.find("Users", `USERNAME eq "ADA@EXAMPLE.COM"`).total(), 1)
		}},
		"06 PATCH replace, verbose values": {"a work address must exist before it is replaced", func(t *testing.T, w *env) {
			w.patch("/Users/"+w.ada, op("Replace", `emails[type eq "work"].value`, "new@example.com")).wantError(t, 400, "noTarget")
			w.patch("/Users/"+w.ada, op("Add", "emails", []object{{"type": "work", "value": "old@example.com", "primary": true}})).want(t, 200)
			a := w.patch("/Users/"+w.ada, op("Replace", "displayName", "Pvlo"), op("Replace", `emails[type eq "work"].value`, "new@example.com"),
				op("Replace", "name.givenName", "Gtfd"), op("Replace", entURN+":employeeNumber", "Eqpj")).want(t, 200)
			eq(t, "values", []any{a.at("displayName"), a.at("emails"), a.at("name", "givenName"), a.at(entURN, "employeeNumber")},
				[]any{"Pvlo", []object{{"type": "work", "value": "new@example.com", "primary": true}}, "Gtfd", "Eqpj"})
		}},
		"07 PATCH userName without path": {"", func(t *testing.T, w *env) {
			w.patch("/Users/"+w.ada, op("Replace", "", object{"userName": "ada.new@example.com"})).want(t, 200)
			eq(t, "new name", w.find("Users", `userName eq "ada.new@example.com"`).total(), 1)
			eq(t, "old name", w.find("Users", `userName eq "ada@example.com"`).total(), 0)
			w.patch("/Users/"+w.ada, op("Replace", "", object{"userName": "bob@example.com"})).wantError(t, 409, "uniqueness")
		}},
		"08 PATCH disable": {"active as a string is refused", func(t *testing.T, w *env) {
			w.patch("/Users/"+w.ada, op("Replace", "active", "False")).wantError(t, 400, "invalidValue")
			eq(t, "active", w.patch("/Users/"+w.ada, op("Replace", "active", false)).want(t, 200).at("active"), false)
			eq(t, "still found", w.find("Users", `userName eq "ada@example.com" and active eq false`).total(), 1)
		}},
		"09 PATCH add": {"add on a filter that selects nothing is refused", func(t *testing.T, w *env) {
			mobile := op("Add", `phoneNumbers[type eq "mobile"].value`, "+4915112345678")
			w.patch("/Users/"+w.ada, op("Add", "title", "Agent"), mobile).wantError(t, 400, "noTarget")
			eq(t, "all or nothing", w.get("/Users/"+w.ada).at("title"), nil)
			w.srv.SetKnobs(func(k *strictscim.Knobs) { k.AddCreatesElement = true })
			a := w.patch("/Users/"+w.ada, op("Add", "title", "Agent"), mobile).want(t, 200)
			eq(t, "values", []any{a.at("title"), a.at("phoneNumbers")}, []any{"Agent", []object{{"type": "mobile", "value": "+4915112345678"}}})
		}},
		"10 PATCH add manager": {"a plain id and a name without URN are refused", func(t *testing.T, w *env) {
			w.patch("/Users/"+w.ada, op("Add", entURN+":manager", w.bob)).wantError(t, 400, "invalidValue")
			w.patch("/Users/"+w.ada, op("Add", "manager", []object{{"value": w.bob}})).wantError(t, 400, "invalidValue")
			w.patch("/Users/"+w.ada, op("Add", entURN+":manager", object{"value": w.bob})).want(t, 200)
			eq(t, "manager", manager(w), w.bob)
		}},
		"11 PATCH replace manager": {"a filter needs the URN of the extension", func(t *testing.T, w *env) {
			w.patch("/Users/"+w.ada, op("Add", entURN+":manager", object{"value": w.bob})).want(t, 200)
			w.patch("/Users/"+w.ada, op("Replace", entURN+":manager.value", w.ada)).want(t, 200)
			eq(t, "manager", manager(w), w.ada)
			w.get("/Users?filter="+url.QueryEscape(`id eq "`+w.ada+`" and manager eq "`+w.ada+`"`)).wantError(t, 400, "invalidFilter")
			eq(t, "checked by filter", w.find("Users", `id eq "`+w.ada+`" and `+entURN+`:manager eq "`+w.ada+`"`).total(), 1)
			eq(t, "another manager", w.find("Users", `id eq "`+w.ada+`" and `+entURN+`:manager.value eq "`+w.bob+`"`).total(), 0)
		}},
		"12 PATCH remove manager by an empty string": {"an empty string is no manager; remove is the way", func(t *testing.T, w *env) {
			w.patch("/Users/"+w.ada, op("Add", entURN+":manager", object{"value": w.bob})).want(t, 200)
			w.patch("/Users/"+w.ada, op("Replace", entURN+":manager", "")).wantError(t, 400, "invalidValue")
			w.patch("/Users/"+w.ada, op("Remove", entURN+":manager", nil)).want(t, 200)
			eq(t, "manager", manager(w), nil)
		}},
		"13 DELETE, then 404": {"", func(t *testing.T, w *env) {
			w.do("DELETE", "/Users/"+w.ada, nil).want(t, 204)
			w.get("/Users/"+w.ada).wantError(t, 404, "")
		}},
		"14 create of a group": {"", func(t *testing.T, w *env) {
			id := w.do("POST", "/Groups", group("New", w.bob)).want(t, 201).str("id")
			eq(t, "members", w.get("/Groups/"+id).at("members", 0, "value"), w.bob)
			w.do("POST", "/Groups", object{"displayName": "No schemas"}).wantError(t, 400, "invalidSyntax")
		}},
		"15 duplicate group 409": {"the RFC allows two groups of one name; the validator does not", func(t *testing.T, w *env) {
			w.do("POST", "/Groups", group("SALES")).wantError(t, 409, "uniqueness")
			w.srv.SetKnobs(func(k *strictscim.Knobs) { k.DuplicateGroups = true })
			w.do("POST", "/Groups", group("SALES")).want(t, 201)
		}},
		"16 GET with excludedAttributes=members": {"", func(t *testing.T, w *env) {
			a := w.get("/Groups/"+w.sales+"?excludedAttributes=members").want(t, 200)
			eq(t, "name and members", []any{a.at("displayName"), a.at("members")}, []any{"Sales", nil})
		}},
		"17 filter with excludedAttributes=members": {"", func(t *testing.T, w *env) {
			a := w.get("/Groups?excludedAttributes=members&filter="+url.QueryEscape(`displayName eq "Sales"`)).want(t, 200)
			eq(t, "id and members", []any{a.at("Resources", 0, "id"), a.at("Resources", 0, "members")}, []any{w.sales, nil})
		}},
		"18 filter with members": {"", func(t *testing.T, w *env) {
			eq(t, "member", w.find("Groups", `displayName eq "Sales"`).at("Resources", 0, "members", 0, "value"), w.ada)
			eq(t, "is a member", w.find("Groups", `id eq "`+w.sales+`" and members eq "`+w.ada+`"`).total(), 1)
			eq(t, "is no member", w.find("Groups", `members eq "`+w.bob+`" and id eq "`+w.sales+`"`).total(), 0)
			eq(t, "in brackets", w.find("Groups", `members[value eq "`+w.ada+`"]`).total(), 1)
		}},
		"19 filter absent group": {"", func(t *testing.T, w *env) {
			eq(t, "total", w.find("Groups", `displayName eq "Nonesuch"`).total(), 0)
		}},
		"20 group in different case": {"", func(t *testing.T, w *env) {
			eq(t, "total", w.find("Groups", `displayname eq "SALES"`).total(), 1)
		}},
		"21 PATCH displayName of a group": {"", func(t *testing.T, w *env) {
			eq(t, "body", rename(w).want(t, 204).raw, "")
			eq(t, "name", w.get("/Groups/"+w.sales).at("displayName"), "Verkauf")
			w.srv.SetKnobs(func(k *strictscim.Knobs) { k.GroupPatchAnswersGroup = true })
			eq(t, "name in the answer", rename(w).want(t, 200).at("displayName"), "Verkauf")
		}},
		"22 PATCH externalId of a group": {"", func(t *testing.T, w *env) {
			w.patch("/Groups/"+w.sales, op("Replace", "externalId", "8aa1a0c0")).want(t, 204)
			eq(t, "found", w.find("Groups", `externalId eq "8aa1a0c0"`).at("Resources", 0, "id"), w.sales)
		}},
		"23 PATCH add member": {"", func(t *testing.T, w *env) {
			w.patch("/Groups/"+w.sales, op("Add", "members", []object{{"$ref": nil, "value": w.bob}})).want(t, 204)
			w.patch("/Groups/"+w.sales, op("Add", "members", []object{{"value": w.bob}})).want(t, 204)
			eq(t, "members", w.srv.Members(w.sales), []string{w.ada, w.bob})
			w.patch("/Groups/"+w.sales, op("Add", "members", []object{{"value": "nobody"}})).wantError(t, 400, "invalidValue")
		}},
		"24 PATCH remove member": {"the legacy form with a list removes everybody", func(t *testing.T, w *env) {
			add := op("Add", "members", []object{{"value": w.bob}, {"value": w.ada}})
			legacy := op("Remove", "members", []object{{"$ref": nil, "value": w.bob}})
			w.patch("/Groups/"+w.sales, add).want(t, 204)
			w.patch("/Groups/"+w.sales, legacy).want(t, 204)
			eq(t, "after the legacy form", w.srv.Members(w.sales), nil)
			w.srv.SetKnobs(func(k *strictscim.Knobs) { k.LegacyRemove = true })
			w.patch("/Groups/"+w.sales, add).want(t, 204)
			w.patch("/Groups/"+w.sales, legacy).want(t, 204)
			eq(t, "after the legacy form, as meant", w.srv.Members(w.sales), []string{w.ada})
			w.patch("/Groups/"+w.sales, op("remove", `members[value eq "`+w.ada+`"]`, nil)).want(t, 204)
			eq(t, "after the filtered path", w.srv.Members(w.sales), nil)
		}},
		"25 DELETE of a group, then 404": {"", func(t *testing.T, w *env) {
			w.do("DELETE", "/Groups/"+w.sales, nil).want(t, 204)
			w.get("/Groups/"+w.sales).wantError(t, 404, "")
		}},
		"26 several operations on different attributes": {"", func(t *testing.T, w *env) {
			a := w.patch("/Users/"+w.ada, op("replace", "", object{"displayName": "Bjfe", "name.givenName": "Kkom", entURN + ":employeeNumber": "Aklq",
				entURN: object{"department": "D"}}), op("replace", "active", false)).want(t, 200)
			eq(t, "values", []any{a.at("displayName"), a.at("name", "givenName"), a.at(entURN), a.at("active")},
				[]any{"Bjfe", "Kkom", object{"employeeNumber": "Aklq", "department": "D"}, false})
		}},
		"27 several operations on the same attribute": {"", func(t *testing.T, w *env) {
			a := w.patch("/Users/"+w.ada, op("Remove", "title", nil), op("Add", "title", "One"), op("Replace", "title", "Two")).want(t, 200)
			eq(t, "title", a.at("title"), "Two")
		}},
		"28 DELETE of an unknown user": {"", func(t *testing.T, w *env) {
			w.do("DELETE", "/Users/7f4bc1a3-285e-48ae-8202-5accb43efb0e", nil).wantError(t, 404, "")
		}},
		"29 DELETE twice": {"", func(t *testing.T, w *env) {
			w.do("DELETE", "/Users/"+w.ada, nil).want(t, 204)
			w.do("DELETE", "/Users/"+w.ada, nil).wantError(t, 404, "")
			eq(t, "members", w.srv.Members(w.sales), nil)
		}},
		"30 group PATCH with several operations on one attribute": {"", func(t *testing.T, w *env) {
			w.patch("/Groups/"+w.sales, op("Add", "members", []object{{"value": w.bob}}), op("Remove", `members[value eq "`+w.ada+`"]`, nil)).want(t, 204)
			eq(t, "members", w.srv.Members(w.sales), []string{w.bob})
		}},
		"31 DELETE of an unknown group": {"", func(t *testing.T, w *env) {
			w.do("DELETE", "/Groups/7f4bc1a3-285e-48ae-8202-5accb43efb0e", nil).wantError(t, 404, "")
		}},
		"32 DELETE of a group twice": {"", func(t *testing.T, w *env) {
			w.do("DELETE", "/Groups/"+w.sales, nil).want(t, 204)
			w.do("DELETE", "/Groups/"+w.sales, nil).wantError(t, 404, "")
		}},
	} {
		t.Run(name, func(t *testing.T) {
			if tc.note != "" {
				t.Log(tc.note)
			}
			w := &env{world: newWorld(t)}
			w.ada, w.bob = w.create("ada@example.com", nil), w.create("bob@example.com", nil)
			w.sales = w.do("POST", "/Groups", group("Sales", w.ada)).want(t, 201).str("id")
			tc.run(t, w)
		})
	}
}
