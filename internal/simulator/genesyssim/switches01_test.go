package genesyssim_test

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/entrain-dev/entrain/internal/simulator/genesyssim"
)

// The tests TestSwitchNN check the switches of section 17 of the facts sheet, the default first and then the alternatives.

func TestSwitch01Roots(t *testing.T) {
	w := newWorld(t)
	for _, path := range []string{v2 + "/users", v1 + "/users", v2 + "/Users", v1 + "/USERS", v2 + "/users/"} {
		w.get(path).want(t, 200)
	}
	w.get("/api/v1/scim/users").wantPlatform(t, 404, "not.found")
	w.get(v2+"/Bulk").wantPlatform(t, 404, "not.found")

	w.knobs(func(k *genesyssim.Knobs) { k.Roots = genesyssim.OnlyV2Root })
	w.get(v2+"/users").want(t, 200)
	w.get(v1+"/users").want(t, 404)
	w.knobs(func(k *genesyssim.Knobs) { k.Roots = genesyssim.OnlyV1Root })
	w.get(v2+"/users").want(t, 404)
	w.get(v1+"/users").want(t, 200)
}

func TestSwitch02TokenLifetime(t *testing.T) {
	scim := []string{"SCIM Integration"}
	for name, tc := range map[string]struct {
		client genesyssim.Client
		want   int
	}{
		"default is a day":                     {genesyssim.Client{}, 86_400},
		"as configured":                        {genesyssim.Client{TokenSeconds: 3600}, 3600},
		"at least 300 seconds":                 {genesyssim.Client{TokenSeconds: 1}, 300},
		"at most two days":                     {genesyssim.Client{TokenSeconds: 38_880_000}, 172_800},
		"450 days with the SCIM role":          {genesyssim.Client{TokenSeconds: 38_880_000, Roles: scim}, 38_880_000},
		"no more than 450 days":                {genesyssim.Client{TokenSeconds: 99_999_999, Roles: scim}, 38_880_000},
		"the SCIM role does not change a day":  {genesyssim.Client{Roles: scim}, 86_400},
		"another role does not lengthen it":    {genesyssim.Client{TokenSeconds: 200_000, Roles: []string{"admin"}}, 172_800},
		"the SCIM role keeps the lower limits": {genesyssim.Client{TokenSeconds: 10, Roles: scim}, 300},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			tc.client.ID, tc.client.Secret = "c", "s"
			w.sim.SetClient(tc.client)
			eq(t, "expires_in", w.requestToken("c", "s").want(t, 200).at("expires_in"), tc.want)
		})
	}

	t.Run("an expired token is refused in the middle of a run", func(t *testing.T) {
		w := newWorld(t)
		w.token = w.requestToken("scim-client", "scim-secret").want(t, 200).str("access_token")
		w.get(v2+"/users").want(t, 200)
		w.clock.Advance(86_400 * time.Second)
		w.get(v2+"/users").wantPlatform(t, 401, "bad.credentials")
	})
}

func TestSwitch03Organisation(t *testing.T) {
	states := func(c *genesyssim.Config) { c.Organisation = nil }
	w := newWorld(t, states)
	for _, s := range []genesyssim.State{genesyssim.Active, genesyssim.Inactive, genesyssim.Deleted} {
		if w.sim.UserCount(s) == 0 {
			t.Errorf("the sample organisation has nobody who is %s", s)
		}
	}
	listed := w.get(v2+"/groups").want(t, 200)
	eq(t, "listed groups (official only)", listed.total(), 2)
	eq(t, "all groups", len(w.sim.Groups()), 3)

	w = newWorld(t, func(c *genesyssim.Config) { c.Organisation = genesyssim.EmptyOrganisation() })
	eq(t, "users of an empty organisation", len(w.sim.Users()), 0)
	w.create("first@example.com", object{"roles": []object{{"value": "employee"}}, entURN: object{"division": "Home"}})
}

func TestSwitch04States(t *testing.T) {
	w := newWorld(t)
	id := w.create("ada@example.com", nil)
	state := func() genesyssim.State { u, _ := w.sim.User(id); return u.State }
	eq(t, "after create", state(), genesyssim.Active)
	w.patch("/users/"+id, op("replace", "active", false)).want(t, 200)
	eq(t, "after active false", state(), genesyssim.Inactive)
	w.patch("/users/"+id, op("replace", "active", true)).want(t, 200)
	eq(t, "after active true", state(), genesyssim.Active)
	w.do("DELETE", v2+"/users/"+id, nil).want(t, 204)
	eq(t, "after DELETE", state(), genesyssim.Deleted)
	w.patch("/users/"+id, op("replace", "active", true)).wantPlatform(t, 404, "not.found")
}

func TestSwitch05ExistingAddress(t *testing.T) {
	w := newWorld(t)
	first := w.create("ada@example.com", object{"roles": []object{{"value": "Supervisor"}}, "title": "Agent", "externalId": "42"})
	group := w.sim.AddGroup(genesyssim.GroupSpec{Name: "Sales", Members: []string{first}})
	w.do("POST", v2+"/users", user("ADA@example.com", nil)).wantSCIM(t, 409, "uniqueness")
	w.patch("/users/"+first, op("replace", "active", false)).want(t, 200)
	w.do("POST", v2+"/users", user("ada@example.com", nil)).wantSCIM(t, 409, "uniqueness")
	w.do("DELETE", v2+"/users/"+first, nil).want(t, 204)

	before, _ := w.sim.User(first)
	revived := w.do("POST", v2+"/users", user("ada@example.com", object{"displayName": "Back Again"})).want(t, 201)
	eq(t, "id of the revived user", revived.str("id"), first)
	eq(t, "version", revived.at("meta", "version"), strconv.Itoa(before.Version+1))
	eq(t, "roles", revived.at("roles"), nil)
	eq(t, "groups", revived.at("groups"), nil)
	eq(t, "active", revived.at("active"), true)
	eq(t, "displayName of the request", revived.str("displayName"), "Back Again")
	eq(t, "group members", w.sim.Members(group), nil)

	w.do("DELETE", v2+"/users/"+first, nil).want(t, 204)
	w.knobs(func(k *genesyssim.Knobs) { k.ReviveNewID = true })
	if second := w.create("ada@example.com", nil); second == first {
		t.Errorf("with ReviveNewID the old id came back")
	}
}

func TestSwitch06NewUser(t *testing.T) {
	w := newWorld(t)
	a := w.do("POST", v2+"/users", user("ada@example.com", object{"roles": []any{}})).want(t, 201)
	u, _ := w.sim.User(a.str("id"))
	eq(t, "has a password", u.HasPassword(), true)
	eq(t, "roles", u.Roles, []string{"employee"})
	eq(t, "division", u.Division, "Home")
	eq(t, "version", u.Version, 1)
	eq(t, "password in the answer", a.at("password"), nil)
}

func TestSwitch07Version(t *testing.T) {
	w := newWorld(t)
	id := w.create("ada@example.com", nil)
	change := func(title string) string {
		a := w.patch("/users/"+id, op("replace", "title", title), op("replace", entURN+":department", title)).want(t, 200)
		eq(t, "ETag", a.header.Get("ETag"), `"`+a.str("meta", "version")+`"`)
		return a.str("meta", "version")
	}
	eq(t, "after one change", change("A"), "2")
	eq(t, "after no change", change("A"), "2")
	w.knobs(func(k *genesyssim.Knobs) { k.VersionStep = 3 })
	eq(t, "several steps", change("B"), "5")
}

func TestSwitch08StaleIfMatch(t *testing.T) {
	w := newWorld(t)
	id := w.create("ada@example.com", nil)
	group := w.sim.AddGroup(genesyssim.GroupSpec{Name: "Sales"})
	body := object{"schemas": []string{patchURN}, "Operations": []object{op("replace", "title", "T")}}
	for _, method := range []string{"PATCH", "PUT", "DELETE"} {
		w.do(method, v2+"/users/"+id, body, with("If-Match", `"9"`)).wantSCIM(t, 400, "invalidVers")
	}
	w.do("PUT", v2+"/groups/"+group, object{}, with("If-Match", `"9"`)).wantSCIM(t, 400, "invalidVers")
	w.do("PATCH", v2+"/users/"+id, body, with("If-Match", "1")).wantSCIM(t, 400, "invalidVers")
	w.do("PATCH", v2+"/users/"+id, body, with("If-Match", `"1"`)).want(t, 200)
	for _, status := range []int{409, 412} {
		w.knobs(func(k *genesyssim.Knobs) { k.StaleStatus = status })
		w.do("PATCH", v2+"/users/"+id, body, with("If-Match", `"1"`)).wantSCIM(t, status, "")
	}
}

func TestSwitch09List(t *testing.T) {
	w := newWorld(t)
	for i := range 30 {
		w.sim.AddUser(genesyssim.User{UserName: "u" + strconv.Itoa(i) + "@example.com", DisplayName: "U"})
	}
	w.sim.AddUser(genesyssim.User{UserName: "off@example.com", DisplayName: "Off", State: genesyssim.Inactive})
	page := w.get(v2+"/users").want(t, 200)
	eq(t, "active users only", page.total(), 30)
	eq(t, "default count", page.at("itemsPerPage"), 25)
	rest := w.get(v2+"/users?startIndex=26").want(t, 200)
	eq(t, "rest", rest.at("itemsPerPage"), 5)
	var ids []string
	for _, r := range append(page.resources(), rest.resources()...) {
		ids = append(ids, r.(object)["id"].(string))
	}
	if !slices.IsSorted(ids) || len(ids) != 30 {
		t.Errorf("ids are not sorted or not complete: %v", ids)
	}
	eq(t, "past the end", w.get(v2+"/users?startIndex=99").want(t, 200).raw,
		`{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":30,"startIndex":99,"itemsPerPage":0,"Resources":[]}`+"\n")
	eq(t, "count 0", w.get(v2+"/users?count=0").want(t, 200).at("Resources"), []any{})
	eq(t, "start below 1", w.get(v2+"/users?startIndex=-5&count=1").want(t, 200).at("startIndex"), 1)
	w.get(v2+"/users?count=x").wantPlatform(t, 400, "invalid.query.param.value")

	statuses := func(query string) (out []int) {
		for range 6 {
			out = append(out, w.get(v2+"/users?count=26"+query).status)
		}
		return out
	}
	cheap := "&excludedAttributes=externalId,roles&excludedAttributes=" + genURN
	eq(t, "every third expensive page", statuses(""), []int{200, 200, 429, 200, 200, 429})
	eq(t, "cheap pages", statuses(cheap), []int{200, 200, 200, 200, 200, 200})
	eq(t, "cheap pages by attributes", statuses("&attributes=id,active"), []int{200, 200, 200, 200, 200, 200})
	w.knobs(func(k *genesyssim.Knobs) { k.ExpensivePageEvery = 0 })
	eq(t, "never", statuses(""), []int{200, 200, 200, 200, 200, 200})
}

func TestSwitch10Filter(t *testing.T) {
	w := newWorld(t)
	boss := w.create("boss@example.com", nil)
	id := w.create("ada@example.com", object{"externalId": "X 1", "emails": []object{{"type": "work", "value": "work@example.com"}},
		entURN: object{"manager": object{"value": boss}, "employeeNumber": "7", "division": "Sales"},
		genURN: object{"externalIds": []object{{"authority": "zoomphone", "value": "Z"}}}})
	pair := genURN + `:externalIds[authority eq "zoomphone" and value eq "Z"]`
	for filter, want := range map[string]int{
		"id eq " + id: 1, `id eq "` + id + `"`: 1, `userName eq "ADA@example.com"`: 1, "username eq ada@example.com": 1,
		`email eq "work@example.com"`: 1, `email eq "ada@example.com"`: 1, `email eq "nobody@example.com"`: 0,
		"manager eq " + boss: 1, "division eq Sales": 1, `division eq "Sales"`: 1, `division eq "Support"`: 0, "externalId eq X 1": 1,
		`externalId eq "x 1"`: 0, "employeeNumber eq 7": 1, "active eq true": 2, "active eq false": 0, pair: 1,
		`externalIds[authority eq "zoomphone" and value eq "z"]`:                  0,
		genURN + `:externalIds[authority eq "x-pc:scimv2:v1" and value eq "X 1"]`: 1,
		`id eq "` + id + `" and manager eq "` + boss + `"`:                        1,
		`manager eq "` + boss + `" and id eq "` + boss + `"`:                      0,
		`division eq "Sales" and manager eq "` + boss + `"`:                       1,
		`userName EQ "ada@example.com" AND active eq "True"`:                      1,
		entURN + `:employeeNumber eq "7"`:                                         1,
	} {
		if got := w.find(filter).total(); got != want {
			t.Errorf("%s finds %d, want %d", filter, got, want)
		}
	}
	refused := func(filter string) {
		t.Helper()
		w.get(v2+"/users?filter="+url.QueryEscape(filter)).wantSCIM(t, 400, "invalidFilter")
	}
	for _, filter := range []string{`userName ne "a"`, `userName sw "a"`, `userName pr`, `title eq "x"`, `not (active eq true)`, `emails[type eq "work"].value eq "x"`,
		`userName eq "a" or userName eq "b"`, `userName eq "a`, `userName`, `userName eq`, `active eq maybe`,
		`externalIds[authority eq ‘zoomphone’ and value eq "Z"]`, `externalIds[authority eq "zoomphone"]`, `userName eq "a" userName eq "b"`} {
		refused(filter)
	}
	w.knobs(func(k *genesyssim.Knobs) { k.StrictFilter = true })
	refused(`id eq "` + id + `" and manager eq "` + boss + `"`)
	eq(t, "externalIds in strict mode", w.find(pair).total(), 1)
}

func TestSwitch11LookupsFindInactive(t *testing.T) {
	w := newWorld(t)
	id := w.create("ada@example.com", object{"externalId": "42", "active": false})
	filters := []string{`userName eq "ada@example.com"`, `id eq "` + id + `"`, `externalId eq "42"`}
	for _, f := range filters {
		eq(t, f, w.find(f).total(), 1)
	}
	w.knobs(func(k *genesyssim.Knobs) { k.LookupActiveOnly = true })
	for _, f := range filters {
		eq(t, f+" among the active", w.find(f).total(), 0)
		eq(t, f+" among the inactive", w.find(f+" and active eq false").total(), 1)
	}
}

func TestSwitch12GroupFilter(t *testing.T) {
	w := newWorld(t)
	w.sim.AddGroup(genesyssim.GroupSpec{Name: "Sales"})
	eq(t, "all groups", w.get(v2+"/groups").want(t, 200).total(), 1)
	w.knobs(func(k *genesyssim.Knobs) { k.GroupFilterRequired = true })
	w.get(v2+"/groups").wantSCIM(t, 400, "invalidFilter")
	eq(t, "other root", w.get(v1+"/groups").want(t, 200).total(), 1)
	eq(t, "filtered", w.get(v2+"/groups?filter=displayname+eq+Sales").want(t, 200).total(), 1)
}

func TestSwitch13GroupVerbs(t *testing.T) {
	w := newWorld(t)
	seeded := w.sim.AddGroup(genesyssim.GroupSpec{Name: "Sales"})
	body := object{"displayName": "New", "members": []object{}}
	w.do("POST", v2+"/groups", body).wantPlatform(t, 405, "method.not.allowed")
	w.do("DELETE", v2+"/groups/"+seeded, nil).wantPlatform(t, 405, "method.not.allowed")
	w.knobs(func(k *genesyssim.Knobs) { k.GroupVerbs = genesyssim.GroupVerbs404 })
	w.do("POST", v2+"/groups", body).want(t, 404)
	w.do("DELETE", v2+"/groups/"+seeded, nil).want(t, 404)
	w.knobs(func(k *genesyssim.Knobs) { k.GroupVerbs = genesyssim.GroupVerbsLegacy })
	made := w.do("POST", v2+"/groups", body).want(t, 201)
	if made.str("externalId") == "" {
		t.Error("legacy create made no externalId")
	}
	w.do("POST", v2+"/groups", body).wantSCIM(t, 409, "uniqueness")
	w.do("DELETE", v2+"/groups/"+seeded, nil).wantPlatform(t, 403, "not.authorized")
	w.do("DELETE", v2+"/groups/"+made.str("id"), nil).want(t, 204)
	w.do("DELETE", v2+"/groups/"+made.str("id"), nil).want(t, 404)
}

func TestSwitch14GroupName(t *testing.T) {
	w := newWorld(t)
	group := w.sim.AddGroup(genesyssim.GroupSpec{Name: "Sales"})
	w.patch("/groups/"+group, op("Replace", "displayName", "Sales")).want(t, 200)
	w.patch("/groups/"+group, op("Replace", "displayName", "Verkauf")).wantSCIM(t, 400, "mutability")
	w.do("PUT", v2+"/groups/"+group, object{"displayName": "Verkauf"}).wantSCIM(t, 400, "mutability")
	w.knobs(func(k *genesyssim.Knobs) { k.IgnoreGroupRename = true })
	a := w.patch("/groups/"+group, op("Replace", "displayName", "Verkauf")).want(t, 200)
	eq(t, "name", a.str("displayName"), "Sales")
}

func TestSwitch15Members(t *testing.T) {
	w := newWorld(t)
	a, b, c := w.create("a@example.com", nil), w.create("b@example.com", object{"active": false}), w.create("c@example.com", nil)
	group := w.sim.AddGroup(genesyssim.GroupSpec{Name: "Sales"})
	add := func(ids ...string) answer {
		var members []object
		for _, id := range ids {
			members = append(members, object{"value": id, "$ref": nil})
		}
		return w.patch("/groups/"+group, op("Add", "members", members))
	}
	eq(t, "version", add(a).want(t, 200).str("meta", "version"), "2")
	eq(t, "version after the same again", add(a).want(t, 200).str("meta", "version"), "2")
	w.patch("/groups/"+group, op("remove", `members[value eq "`+c+`"]`, nil)).want(t, 200)
	add(b, "00000000-0000-4000-8000-000000000000").wantSCIM(t, 400, "invalidValue")
	eq(t, "nothing applied", w.sim.Members(group), []string{a})
	w.do("DELETE", v2+"/users/"+c, nil).want(t, 204)
	add(c).wantSCIM(t, 400, "invalidValue")

	w.knobs(func(k *genesyssim.Knobs) { k.MemberCap = 1 })
	add(a, b).wantSCIM(t, 400, "invalidValue")
	w.knobs(func(k *genesyssim.Knobs) { k.MemberCapMode = genesyssim.CapRefuse413 })
	add(a, b).wantPlatform(t, 413, "request.entity.too.large")
	w.knobs(func(k *genesyssim.Knobs) { k.MemberCapMode = genesyssim.CapDrop })
	add(a, b).want(t, 200)
	eq(t, "the second was dropped", w.sim.Members(group), []string{a})
	w.knobs(func(k *genesyssim.Knobs) { k.MemberCap, k.AddReplacesMembers = 0, true })
	add(b).want(t, 200)
	eq(t, "adding replaced the rest", w.sim.Members(group), []string{b})
}

func (w *world) requestToken(id, secret string) answer {
	w.t.Helper()
	return w.do("POST", "/oauth/token", "grant_type=client_credentials", with("Content-Type", "application/x-www-form-urlencoded"),
		func(h http.Header) {
			r := &http.Request{Header: h}
			r.SetBasicAuth(url.QueryEscape(id), url.QueryEscape(secret))
		})
}
