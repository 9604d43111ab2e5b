package genesyssim_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/entrain-dev/entrain/internal/simulator/genesyssim"
)

func TestSwitch16PhoneValue(t *testing.T) {
	for name, tc := range map[string]struct {
		kind, value string
		normalise   bool
		want        any // nil: 400 invalidValue
	}{
		"E.164":                          {"work", "+13175550100", false, "+13175550100"},
		"tel URI":                        {"work2", "tel:+13175550100", false, "+13175550100"},
		"tel URI with visual separators": {"work", "tel:+1-317-555-0100", false, "+13175550100"},
		"extension":                      {"work", "tel:+13175550100;ext=1234", false, "tel:+13175550100;ext=1234"},
		"extension after a blank":        {"work", "tel:+13175550100; ext=1234", false, "tel:+13175550100;ext=1234"},
		"extension alone":                {"work", "tel:;ext=1234", false, "tel:;ext=1234"},
		"extension that is no number":    {"work", "tel:+13175550100;ext=x", false, nil},
		"national number":                {"work", "030 1234", false, nil},
		"blanks":                         {"mobile", "+49 30 1234", false, nil},
		"too long":                       {"mobile", "+4930123456789012", false, nil},
		"nothing":                        {"mobile", "", false, nil},
		"blanks, normalised":             {"mobile", "+49 30 (12) 34", true, "+49301234"},
		"national number, normalised":    {"work", "030 1234", true, "0301234"},
		"nothing, normalised":            {"work", "", true, nil},
		"identifier of another system":   {"microsoftteams", "ada@example.com", false, "ada@example.com"},
		"empty identifier":               {"zoomphone", "", false, nil},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.knobs(func(k *genesyssim.Knobs) { k.NormalisePhones = tc.normalise })
			id := w.create("ada@example.com", nil)
			a := w.patch("/users/"+id, op("Add", `phoneNumbers[type eq "`+tc.kind+`"].value`, tc.value))
			if tc.want == nil {
				a.wantSCIM(t, 400, "invalidValue")
				return
			}
			eq(t, "phones", a.want(t, 200).at("phoneNumbers"), []object{{"type": tc.kind, "value": tc.want, "primary": true}})
		})
	}
}

func TestSwitch17UnknownTypes(t *testing.T) {
	w := newWorld(t)
	id := w.create("ada@example.com", nil)
	attempts := []object{
		op("add", `phoneNumbers[type eq "fax"].value`, "+4930123456"),
		op("add", "phoneNumbers", []object{{"type": "pager", "value": "+4930123456"}}),
		op("add", `emails[type eq "home"].value`, "home@example.com"),
	}
	for _, o := range attempts {
		w.patch("/users/"+id, o).wantSCIM(t, 400, "invalidValue")
	}
	w.do("POST", v2+"/users", user("bob@example.com", object{"emails": []object{{"type": "home", "value": "h@example.com"}}})).wantSCIM(t, 400, "invalidValue")
	w.knobs(func(k *genesyssim.Knobs) { k.IgnoreUnknownTypes = true })
	a := w.patch("/users/"+id, attempts...).want(t, 200)
	eq(t, "phones", a.at("phoneNumbers"), nil)
	eq(t, "version", a.str("meta", "version"), "1")
}

func TestSwitch18UnknownNames(t *testing.T) {
	w := newWorld(t)
	id := w.create("ada@example.com", nil)
	for missing, o := range map[string]object{
		"Nonesuch": op("replace", "roles", []object{{"value": "Nonesuch"}}),
		"Juggling": op("add", genURN+":routingSkills", []object{{"name": "Juggling", "proficiency": 1}}),
		"billing":  op("add", genURN+":routingSkills", []object{{"name": "billing"}}),
		"Klingon":  op("add", genURN+":routingLanguages", []object{{"name": "Klingon", "proficiency": 1}}),
		"Moon":     op("replace", entURN+":division", "Moon"),
		"nobody":   op("replace", entURN+":manager", "nobody"),
	} {
		w.knobs(func(k *genesyssim.Knobs) { k.IgnoreUnknownNames = false })
		a := w.patch("/users/"+id, o).wantSCIM(t, 400, "invalidValue")
		if !strings.Contains(a.str("detail"), missing) {
			t.Errorf("the detail %q does not name %q", a.str("detail"), missing)
		}
		w.knobs(func(k *genesyssim.Knobs) { k.IgnoreUnknownNames = true })
		w.patch("/users/"+id, o).want(t, 200)
	}
	u, _ := w.sim.User(id)
	if u.ManagerID != "" || u.Division != "Home" || len(u.Skills)+len(u.Languages) != 0 {
		t.Errorf("unknown names were stored: %+v", u)
	}
	a := w.patch("/users/"+id, op("replace", "roles", []object{{"value": "supervisor"}})).want(t, 200)
	eq(t, "role found in another case", a.at("roles"), []object{{"value": "Supervisor"}})
}

func TestSwitch19Proficiencies(t *testing.T) {
	w := newWorld(t)
	var many []object
	for i := range 51 {
		name := "Skill " + strconv.Itoa(i)
		w.sim.AddSkill(name)
		w.sim.AddLanguage(name)
		many = append(many, object{"name": name, "proficiency": 5})
	}
	id := w.create("ada@example.com", nil)
	for _, path := range []string{genURN + ":routingSkills", genURN + ":routingLanguages"} {
		w.patch("/users/"+id, op("replace", path, many)).wantSCIM(t, 400, "invalidValue")
		w.patch("/users/"+id, op("replace", path, many[:50])).want(t, 200)
		w.patch("/users/"+id, op("add", path, many[50:])).wantSCIM(t, 400, "invalidValue")
		for _, grade := range []any{-0.1, 5.1, "3"} {
			w.patch("/users/"+id, op("replace", path, []object{{"name": "Skill 1", "proficiency": grade}})).wantSCIM(t, 400, "invalidValue")
		}
		a := w.patch("/users/"+id, op("replace", path, []object{{"name": "Skill 1", "proficiency": 2.5}})).want(t, 200)
		_, attribute, _ := strings.Cut(path, ":User:")
		eq(t, path, a.at(genURN, attribute), []object{{"name": "Skill 1", "proficiency": 2.5}})
	}
}

func TestSwitch20Put(t *testing.T) {
	w := newWorld(t)
	full := object{"title": "Agent", "externalId": "42", "phoneNumbers": []object{{"type": "work", "value": "+4930123456"}},
		"emails": []object{{"type": "work", "value": "work@example.com"}}, "active": false, entURN: object{"division": "Sales", "department": "D"}}
	id := w.create("ada@example.com", full)
	before, _ := w.sim.User(id)

	w.knobs(func(k *genesyssim.Knobs) { k.PutKeeps = true })
	kept := w.do("PUT", v2+"/users/"+id, object{"title": "Lead"}).want(t, 200)
	eq(t, "kept department", kept.str(entURN, "department"), "D")
	eq(t, "new title", kept.str("title"), "Lead")

	w.knobs(func(k *genesyssim.Knobs) { k.PutKeeps = false })
	w.do("PUT", v2+"/users/"+id, object{"id": "other", "groups": []any{}, "title": "Boss"}).want(t, 200)
	after, _ := w.sim.User(id)
	after.Modified = before.Modified
	eq(t, "user", after, genesyssim.User{ID: id, State: genesyssim.Inactive, Version: before.Version + 2, Modified: before.Modified,
		UserName: "ada@example.com", DisplayName: "Some Body", Title: "Boss", Division: "Home"})
	eq(t, "still has a password", after.HasPassword(), true)
}

func TestSwitch21Delete(t *testing.T) {
	w := newWorld(t)
	first, second := w.create("a@example.com", nil), w.create("b@example.com", nil)
	group := w.sim.AddGroup(genesyssim.GroupSpec{Name: "Sales", Members: []string{first}})
	a := w.do("DELETE", v2+"/users/"+first, nil).want(t, 204)
	eq(t, "body", a.raw, "")
	u, _ := w.sim.User(first)
	eq(t, "state", u.State, genesyssim.Deleted)
	eq(t, "roles", u.Roles, nil)
	eq(t, "groups", u.Groups, nil)
	eq(t, "members", w.sim.Members(group), nil)
	w.do("DELETE", v2+"/users/"+first, nil).wantPlatform(t, 404, "not.found")
	w.knobs(func(k *genesyssim.Knobs) { k.DeleteAnswersObject = true })
	eq(t, "body", w.do("DELETE", v2+"/users/"+second, nil).want(t, 200).raw, "{}\n")
}

func TestSwitch22UnknownAttributes(t *testing.T) {
	w := newWorld(t)
	unknown := object{"name": object{"givenName": "Ada"}, "nickName": "A", "urn:example:User": object{"x": 1}}
	id := w.create("ada@example.com", unknown)
	operations := []object{op("Replace", "name.givenName", "B"), op("replace", "", object{"name.familyName": "L", entURN + ":costCenter": "9"}),
		op("Add", "urn:example:2.0:User:x.y", 1)}
	eq(t, "version", w.patch("/users/"+id, operations...).want(t, 200).str("meta", "version"), "1")
	w.knobs(func(k *genesyssim.Knobs) { k.RefuseUnknownAttributes = true })
	for _, o := range operations {
		w.patch("/users/"+id, o).wantSCIM(t, 400, "invalidSyntax")
	}
	w.do("POST", v2+"/users", user("bob@example.com", unknown)).wantSCIM(t, 400, "invalidSyntax")
	w.create("cec@example.com", object{"schemas": []string{"urn:x"}, "meta": object{"resourceType": "User"}})
}

func TestSwitch23RateLimit(t *testing.T) {
	w := newWorld(t)
	headers := func(a answer) []string {
		return []string{a.header.Get("inin-ratelimit-count"), a.header.Get("inin-ratelimit-allowed"), a.header.Get("inin-ratelimit-reset")}
	}
	eq(t, "first request", headers(w.get(v2+"/users")), []string{"1", "300", "60"})
	w.clock.Advance(20500 * time.Millisecond)
	for range 298 {
		w.get(v2+"/serviceproviderconfig").want(t, 200)
	}
	eq(t, "last request", headers(w.get(v2+"/users").want(t, 200)), []string{"300", "300", "40"})
	over := w.get(v2+"/users").wantPlatform(t, 429, "too.many.requests.retry.after")
	eq(t, "Retry-After", over.header.Get("Retry-After"), "40")
	eq(t, "message", over.str("message"), "Rate limit exceeded the maximum. Retry the request in [40] seconds")
	eq(t, "limit", over.at("limit"), object{"key": "client.credentials.token.rate.per.minute", "namespace": "platform.api", "value": 300})

	other := w.sim.IssueToken(genesyssim.TokenSpec{})
	w.get(v2+"/users", with("Authorization", "Bearer "+other)).want(t, 200)

	for form, want := range map[genesyssim.RetryAfterForm]string{genesyssim.RetryAfterDecimal: "39.500", genesyssim.RetryAfterMissing: "",
		genesyssim.RetryAfterDate: "Fri, 02 Jan 2026 03:05:05 GMT"} {
		w.knobs(func(k *genesyssim.Knobs) { k.RetryAfter = form })
		eq(t, "Retry-After as "+string(form), w.get(v2+"/users").want(t, 429).header.Get("Retry-After"), want)
	}
	w.clock.Advance(39500 * time.Millisecond)
	w.knobs(func(k *genesyssim.Knobs) { k.RateAllowed = 200 })
	eq(t, "next window with another allowance", headers(w.get(v2+"/users").want(t, 200)), []string{"1", "200", "60"})
	w.knobs(func(k *genesyssim.Knobs) { k.RateAllowed, k.RateWindow = 1, 6*time.Second })
	w.clock.Advance(6 * time.Second)
	w.get(v2+"/users").want(t, 200)
	eq(t, "scaled window", headers(w.get(v2+"/users").want(t, 429)), []string{"1", "1", "6"})
	w.knobs(func(k *genesyssim.Knobs) { k.RateAllowed = 0 })
	eq(t, "no limit", headers(w.get(v2+"/users").want(t, 200)), []string{"", "", ""})
}

func TestSwitch24SearchDelay(t *testing.T) {
	w := newWorld(t)
	old := w.create("old@example.com", nil)
	w.knobs(func(k *genesyssim.Knobs) { k.SearchDelay = 2 * time.Second })
	id := w.create("new@example.com", nil)
	w.patch("/users/"+old, op("replace", "displayName", "Changed")).want(t, 200)
	eq(t, "new user by filter", w.find(`userName eq "new@example.com"`).total(), 0)
	eq(t, "list shows the old value", w.get(v2+"/users").want(t, 200).at("Resources", 0, "displayName"), "Some Body")
	eq(t, "read by id", w.get(v2+"/users/"+old).want(t, 200).str("displayName"), "Changed")
	w.do("POST", v2+"/users", user("new@example.com", nil)).wantSCIM(t, 409, "uniqueness")
	w.clock.Advance(2 * time.Second)
	eq(t, "new user after the delay", w.find(`userName eq "new@example.com"`).at("Resources", 0, "id"), id)
	w.do("DELETE", v2+"/users/"+id, nil).want(t, 204)
	eq(t, "deleted user by filter", w.find(`userName eq "new@example.com"`).total(), 1)
	w.clock.Advance(2 * time.Second)
	eq(t, "deleted user after the delay", w.find(`userName eq "new@example.com"`).total(), 0)
}

func TestSwitch26ErrorBodies(t *testing.T) {
	w := newWorld(t)
	w.create("ada@example.com", nil)
	a := w.do("POST", v2+"/users", user("ada@example.com", nil)).wantSCIM(t, 409, "uniqueness")
	eq(t, "status is a string", a.at("status"), "409")
	eq(t, "SCIM media type", a.header.Get("Content-Type"), "application/scim+json")
	w.get(v2+"/users/nobody").wantPlatform(t, 404, "not.found")
	w.knobs(func(k *genesyssim.Knobs) { k.PlatformErrorsOnly = true })
	w.do("POST", v2+"/users", user("ada@example.com", nil)).wantPlatform(t, 409, "request.conflict")
	w.do("POST", v2+"/users", object{"userName": "x"}).wantPlatform(t, 400, "invalid.value")
}

func TestSwitch27Permissions(t *testing.T) {
	w := newWorld(t)
	id := w.create("ada@example.com", nil)
	group := w.sim.AddGroup(genesyssim.GroupSpec{Name: "Sales"})
	patch := func(o object) func() answer { return func() answer { return w.patch("/users/"+id, o) } }
	phone := func(v string) object { return op("add", `phoneNumbers[type eq "work"].value`, v) }
	for name, tc := range map[string]struct {
		permission string
		call       func() answer
	}{
		"create":        {"directory:user:add", func() answer { return w.do("POST", v2+"/users", user("bob@example.com", nil)) }},
		"plain change":  {"directory:user:edit", patch(op("replace", "title", "T"))},
		"password":      {"directory:user:setPassword", patch(op("replace", "password", "correct horse"))},
		"grant a role":  {"authorization:grant:add", patch(op("add", "roles", []object{{"value": "Supervisor"}}))},
		"take a role":   {"authorization:grant:delete", patch(op("remove", "roles", nil))},
		"skills":        {"routing:skill:assign", patch(op("add", genURN+":routingSkills", []object{{"name": "Billing"}}))},
		"languages":     {"routing:language:assign", patch(op("add", genURN+":routingLanguages", []object{{"name": "German"}}))},
		"extension":     {"telephony:extension:assign", patch(phone("tel:+4930123456;ext=7"))},
		"group members": {"directory:group:edit", func() answer { return w.patch("/groups/"+group, op("add", "members", []object{{"value": id}})) }},
		"read groups":   {"directory:group:edit", func() answer { return w.get(v2 + "/groups") }},
		"delete":        {"directory:user:delete", func() answer { return w.do("DELETE", v2+"/users/"+id, nil) }},
	} {
		w.token = w.sim.IssueToken(genesyssim.TokenSpec{Permissions: []string{}})
		w.knobs(func(k *genesyssim.Knobs) { k.AllowEverything = false })
		if tc.permission == "telephony:extension:assign" {
			w.token = w.sim.IssueToken(genesyssim.TokenSpec{Permissions: []string{"directory:user:edit"}})
		}
		a := tc.call().wantPlatform(t, 403, "missing.any.permissions")
		eq(t, name, a.at("messageParams", "permissions"), []string{tc.permission})
		if name == "delete" {
			continue
		}
		permissions := []string{tc.permission}
		if name == "extension" {
			permissions = append(permissions, "directory:user:edit")
		}
		w.token = w.sim.IssueToken(genesyssim.TokenSpec{Permissions: permissions})
		if a := tc.call(); a.status >= 300 {
			t.Errorf("%s with %v: %d %s", name, permissions, a.status, a.raw)
		}
	}
	w.token = w.sim.IssueToken(genesyssim.TokenSpec{Permissions: []string{}})
	w.get(v2+"/users").want(t, 200)
	w.knobs(func(k *genesyssim.Knobs) { k.AllowEverything = true })
	w.do("DELETE", v2+"/users/"+id, nil).want(t, 204)
}

func TestSwitch28Locations(t *testing.T) {
	w := newWorld(t)
	boss := w.create("boss@example.com", nil)
	id := w.create("ada@example.com", object{entURN: object{"manager": boss}})
	a := w.get(v1+"/Users/"+id).want(t, 200)
	eq(t, "location", a.str("meta", "location"), "/api/v2/scim/v2/users/"+id)
	eq(t, "$ref", a.str(entURN, "manager", "$ref"), "/api/v2/scim/v2/users/"+boss)
	w.knobs(func(k *genesyssim.Knobs) { k.AbsoluteLocations = true })
	eq(t, "location", w.get(v2+"/users/"+id).str("meta", "location"), w.url+"/api/v2/scim/v2/users/"+id)
}

func TestSwitch29ExternalIDs(t *testing.T) {
	w := newWorld(t)
	path := genURN + ":externalIds"
	one := func(authority, value string) object { return object{"authority": authority, "value": value} }
	ada := w.create("ada@example.com", object{"externalId": "42", genURN: object{"externalIds": []object{one("zoomphone", "Z")}}})
	mirror := one("x-pc:scimv2:v1", "42")
	a := w.get(v2 + "/users/" + ada)
	eq(t, "mirror last", a.at(genURN, "externalIds"), []object{one("zoomphone", "Z"), mirror})

	w.do("POST", v2+"/users", user("bob@example.com", object{"externalId": "42"})).wantSCIM(t, 409, "uniqueness")
	bob := w.create("bob@example.com", nil)
	w.patch("/users/"+bob, op("add", path, []object{one("zoomphone", "Z")})).wantSCIM(t, 409, "uniqueness")
	w.patch("/users/"+bob, op("add", path, []object{one("zoomphone", "z"), one("ringcentral", "Z")})).want(t, 200)

	a = w.patch("/users/"+ada, op("replace", path, []object{one("ringcentral", "R")})).want(t, 200)
	eq(t, "replace keeps the mirror", a.at(genURN, "externalIds"), []object{one("ringcentral", "R"), mirror})
	w.patch("/users/"+ada, op("add", path, []object{mirror})).want(t, 200)
	w.patch("/users/"+ada, op("add", path, []object{one("x-pc:scimv2:v1", "43")})).wantSCIM(t, 400, "mutability")
	w.patch("/users/"+ada, op("remove", path+`[authority eq "x-pc:scimv2:v1"]`, nil)).wantSCIM(t, 400, "mutability")
	a = w.patch("/users/"+ada, op("Replace", path+`[authority eq "microsoftteams"].value`, "M"), op("Remove", path+`[authority eq "ringcentral"]`, nil),
		op("replace", "externalId", "43")).want(t, 200)
	eq(t, "by authority", a.at(genURN, "externalIds"), []object{one("microsoftteams", "M"), one("x-pc:scimv2:v1", "43")})

	var many []object
	for i := range 101 {
		many = append(many, one("a"+strconv.Itoa(i), "v"))
	}
	w.patch("/users/"+ada, op("replace", path, many)).wantSCIM(t, 400, "invalidValue")
	w.patch("/users/"+ada, op("replace", path, many[:100])).want(t, 200)
}

func TestSwitch30DateHire(t *testing.T) {
	w := newWorld(t)
	id := w.create("ada@example.com", nil)
	for in, want := range map[string]string{"2024-12-01": "2024-12-01", "2024-12-01T23:30:00Z": "2024-12-01", "2024-12-01T23:30:00.123+05:00": "2024-12-01",
		"2024-12-01T08:00": "2024-12-01", "20241201": "2024-12-01", "20241201T080000Z": "2024-12-01", "2024-336": "2024-12-01"} {
		eq(t, in, w.patch("/users/"+id, op("replace", entURN+":dateHire", in)).want(t, 200).str(entURN, "dateHire"), want)
	}
	for _, in := range []any{"1.12.2024", "yesterday", 20241201} {
		w.patch("/users/"+id, op("replace", entURN+":dateHire", in)).wantSCIM(t, 400, "invalidValue")
	}
}
