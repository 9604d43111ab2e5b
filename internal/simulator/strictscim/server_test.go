package strictscim_test

import (
	"fmt"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/entrain-dev/entrain/internal/simulator/strictscim"
)

func TestLifeOfAUser(t *testing.T) {
	w := newWorld(t)
	a := w.do("POST", "/Users", user("ada@example.com", object{"externalId": "42", "password": "secret", "shoeSize": 37, "groups": []object{{"value": "x"}},
		"name": object{"givenName": "Ada"}, entURN: object{"department": "D"}})).want(t, 201)
	id := a.str("id")
	location := w.url + base + "/Users/" + id
	eq(t, "headers", []string{a.header.Get("Location"), a.header.Get("ETag")}, []string{location, `W/"1"`})
	eq(t, "created user", a.body, object{"id": id, "schemas": []string{userURN, entURN}, "externalId": "42", "userName": "ada@example.com",
		"displayName": "Some Body", "active": true, "name": object{"givenName": "Ada"}, entURN: object{"department": "D"},
		"meta": object{"resourceType": "User", "location": location, "version": `W/"1"`, "created": "2026-01-02T03:04:05Z", "lastModified": "2026-01-02T03:04:05Z"}})
	w.clock.Advance(time.Minute)
	a = w.patch("/Users/"+id, op("replace", "title", "Agent")).want(t, 200)
	eq(t, "meta", []any{a.at("meta", "version"), a.at("meta", "lastModified"), a.at("meta", "created")},
		[]any{`W/"2"`, "2026-01-02T03:05:05Z", "2026-01-02T03:04:05Z"})
	eq(t, "no change, no version", w.patch("/Users/"+id, op("replace", "title", "Agent")).want(t, 200).at("meta", "version"), `W/"2"`)
	a = w.do("PUT", "/Users/"+id, user("ada@example.com", nil)).want(t, 200)
	eq(t, "PUT clears", []any{a.at("title"), a.at(entURN), a.at("externalId")}, []any{nil, nil, nil})
	eq(t, "external id gone", w.find("Users", `externalId eq "42"`).total(), 0)
}

func TestETags(t *testing.T) {
	w := newWorld(t)
	id := w.create("ada@example.com", nil)
	body := object{"schemas": []string{patchURN}, "Operations": []object{op("replace", "title", "T")}}
	for _, method := range []string{"PATCH", "PUT", "DELETE"} {
		send := body
		if method == "PUT" {
			send = user("ada@example.com", nil)
		}
		w.do(method, "/Users/"+id, send, with("If-Match", `W/"9"`)).wantError(t, 412, "")
	}
	w.do("PATCH", "/Users/"+id, body, with("If-Match", `W/"9", W/"1"`)).want(t, 200)
	w.do("PATCH", "/Users/"+id, body, with("If-Match", "*")).want(t, 200)
	eq(t, "body of 304", w.do("GET", "/Users/"+id, nil, with("If-None-Match", `W/"2"`)).want(t, 304).raw, "")
	w.do("GET", "/Users/"+id, nil, with("If-None-Match", `W/"1"`)).want(t, 200)
}

func TestAccess(t *testing.T) {
	w := newWorld(t)
	w.do("GET", "/Users", nil, with("Authorization", "Bearer wrong")).wantError(t, 401, "")
	w.do("GET", "/Users", nil, with("Authorization", "Basic c2VjcmV0")).wantError(t, 401, "")
	w.do("POST", "/Users", object{}, with("Content-Type", "text/plain")).wantError(t, 415, "")
	w.get("/Nonsense").wantError(t, 404, "")
	w.srv.SetToken("new")
	w.get("/Users").wantError(t, 401, "")
	w.token = "new"
	w.get("/Users").want(t, 200)
	eq(t, "counters", w.srv.Counters(), map[string]int{"GET /Users": 4, "POST /Users": 1, "GET other": 1})
	journal := w.srv.Journal()
	eq(t, "last request", []any{journal[5].Path, journal[5].Status, journal[2].Body}, []any{"/scim/v2/Users", 200, "{}"})
}

func TestFilters(t *testing.T) {
	w := newWorld(t)
	w.create("ada@example.com", object{"externalId": "X", "emails": []object{{"type": "work", "value": "a@w.com", "primary": true}, {"type": "home", "value": "a@h.com"}},
		"name": object{"familyName": "Ada"}, entURN: object{"employeeNumber": "7", "manager": object{"value": "m"}}})
	w.create("bob@example.com", object{"active": false, "title": "Boss"})
	for filter, want := range map[string]int{
		`userName eq "ADA@example.com"`: 1, `userName ne "ada@example.com"`: 1, `userName co "example"`: 2, `userName sw "bob"`: 1, `userName ew ".com"`: 2,
		`externalId eq "X"`: 1, `externalId eq "x"`: 0, `title pr`: 1, `not (title pr)`: 1, `active eq false`: 1, `active eq true or title eq "boss"`: 2,
		`emails[type eq "work" and value eq "A@w.com"]`: 1, `emails[type eq "home" and value eq "a@w.com"]`: 0, `emails.value eq "a@h.com"`: 1, `emails eq "a@h.com"`: 1,
		`emails pr`: 1, `name.familyName eq "ada"`: 1, entURN + `:employeeNumber eq "7"`: 1, entURN + `:manager eq "m"`: 1, userURN + `:userName eq "bob@example.com"`: 1,
		`meta.lastModified ge "2026-01-02T00:00:00Z"`: 2, `meta.lastModified gt "2027-01-01T00:00:00Z"`: 0, `userName lt "b"`: 1, `emails.value ne "a@w.com"`: 1,
		`userName eq "ada@example.com" and (title eq "Boss" or active eq true)`: 1, `userName le "ada@example.com"`: 1,
	} {
		if got := w.find("Users", filter).total(); got != want {
			t.Errorf("%s finds %d, want %d", filter, got, want)
		}
	}
	for _, filter := range []string{`shoeSize eq 37`, `userName eq bob`, `userName eq "a`, `active eq "true"`, `active gt true`, `employeeNumber eq "7"`, `userName.x eq "a"`,
		`name[givenName eq "a"]`, `emails[shoe eq "a"]`, `userName eq 5`, `urn:x:userName eq "a"`, `userName eq null`} {
		w.get("/Users?filter="+url.QueryEscape(filter)).wantError(t, 400, "invalidFilter")
	}
}

func TestPaging(t *testing.T) {
	w := newWorld(t)
	for i := range 5 {
		w.srv.AddUser(object{"userName": fmt.Sprintf("u%d@example.com", i)})
	}
	w.srv.SetKnobs(func(k *strictscim.Knobs) { k.MaxResults = 2 })
	var names []string
	for start := 1; start <= 5; start += 2 {
		a := w.get(fmt.Sprintf("/Users?startIndex=%d&count=50", start)).want(t, 200)
		eq(t, "total", a.total(), 5)
		for _, r := range a.at("Resources").([]any) {
			names = append(names, r.(object)["userName"].(string))
		}
	}
	eq(t, "names", names, []string{"u0@example.com", "u1@example.com", "u2@example.com", "u3@example.com", "u4@example.com"})
	eq(t, "count 0", w.get("/Users?count=0").want(t, 200).at("Resources"), []any{})
	eq(t, "past the end", w.get("/Users?startIndex=9").want(t, 200).at("Resources"), []any{})
	w.get("/Users?count=x").want(t, 400)
}

func TestProjection(t *testing.T) {
	w := newWorld(t)
	id := w.create("ada@example.com", object{"name": object{"givenName": "A"}, entURN: object{"department": "D", "division": "V"}})
	for query, want := range map[string][]any{
		// userName, displayName, name, department, division
		"":                          {"ada@example.com", "Some Body", object{"givenName": "A"}, "D", "V"},
		"attributes=userName":       {"ada@example.com", nil, nil, nil, nil},
		"attributes=name.givenName": {nil, nil, object{"givenName": "A"}, nil, nil},
		"attributes=" + entURN + ":department," + userURN + ":displayName": {nil, "Some Body", nil, "D", nil},
		"attributes=" + entURN:                       {nil, nil, nil, "D", "V"},
		"excludedAttributes=name,DISPLAYNAME":        {"ada@example.com", nil, nil, "D", "V"},
		"excludedAttributes=" + entURN + ":division": {"ada@example.com", "Some Body", object{"givenName": "A"}, "D", nil},
		"excludedAttributes=" + entURN:               {"ada@example.com", "Some Body", object{"givenName": "A"}, nil, nil},
	} {
		a := w.get("/Users/"+id+"?"+query).want(t, 200)
		eq(t, query, []any{a.at("userName"), a.at("displayName"), a.at("name"), a.at(entURN, "department"), a.at(entURN, "division")}, want)
		eq(t, query+" id", a.at("id"), id)
	}
}

func TestPatchRules(t *testing.T) {
	emails := []object{{"type": "work", "value": "w@example.com", "primary": true}, {"type": "home", "value": "h@example.com"}}
	for name, tc := range map[string]struct {
		op       object
		scimType string // "": success
		at       []any
		want     any
	}{
		"add appends":                             {op("add", "emails", []object{{"type": "other", "value": "o@example.com"}}), "", []any{"emails", 2, "type"}, "other"},
		"add of the same value changes nothing":   {op("add", "emails", emails[1:]), "", []any{"emails", 2}, nil},
		"a new primary takes it from the old one": {op("add", "emails", []object{{"type": "other", "value": "o", "primary": true}}), "", []any{"emails", 0, "primary"}, false},
		"replace replaces all values":             {op("replace", "emails", []object{{"type": "x", "value": "y"}}), "", []any{"emails"}, []object{{"type": "x", "value": "y"}}},
		"remove by filter":                        {op("remove", `emails[type eq "work"]`, nil), "", []any{"emails"}, emails[1:]},
		"remove by a filter without match":        {op("remove", `emails[type eq "fax"]`, nil), "", []any{"emails", 1, "type"}, "home"},
		"remove of a sub-attribute":               {op("remove", `emails[type eq "work"].primary`, nil), "", []any{"emails", 0, "primary"}, nil},
		"remove of all":                           {op("remove", "emails", nil), "", []any{"emails"}, nil},
		"replace of one sub-attribute everywhere": {op("replace", "emails.display", "D"), "", []any{"emails", 1, "display"}, "D"},
		"replace of an element by an object":      {op("replace", `emails[type eq "home"]`, object{"value": "n"}), "", []any{"emails", 1}, object{"type": "home", "value": "n"}},
		"sub-attributes that are not named stay":  {op("replace", "name", object{"familyName": "F"}), "", []any{"name"}, object{"givenName": "G", "familyName": "F"}},
		"remove of a sub-attribute of a single":   {op("remove", "name.givenName", nil), "", []any{"name"}, nil},
		"remove of a required attribute":          {op("remove", "userName", nil), "mutability", nil, nil},
		"empty required attribute":                {op("replace", "userName", " "), "invalidValue", nil, nil},
		"remove without path":                     {op("remove", "", nil), "noTarget", nil, nil},
		"replace of sub-attributes of nothing":    {op("replace", "phoneNumbers.value", "1"), "noTarget", nil, nil},
		"read-only attribute":                     {op("add", "groups", []object{{"value": "g"}}), "mutability", nil, nil},
		"unknown attribute":                       {op("add", "shoeSize", "37"), "invalidPath", nil, nil},
		"curly quotes":                            {op("replace", "emails[type eq ‘work’].value", "x"), "invalidPath", nil, nil},
		"number as title":                         {op("replace", "title", 5), "invalidValue", nil, nil},
		"unknown operation":                       {op("move", "title", "T"), "invalidValue", nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			id := w.create("ada@example.com", object{"emails": emails, "name": object{"givenName": "G"}})
			a := w.patch("/Users/"+id, tc.op)
			if tc.scimType != "" {
				a.wantError(t, 400, tc.scimType)
				u, _ := w.srv.User(id)
				eq(t, "version", u.Version, 1)
				return
			}
			eq(t, "value", a.want(t, 200).at(tc.at...), tc.want)
		})
	}
}

func TestDiscovery(t *testing.T) {
	w := newWorld(t)
	c := w.get("/ServiceProviderConfig").want(t, 200)
	eq(t, "config", []any{c.at("patch", "supported"), c.at("etag", "supported"), c.at("filter", "maxResults")}, []any{true, true, 100})
	eq(t, "resource types", w.get("/ResourceTypes").want(t, 200).total(), 2)
	eq(t, "schemas", w.get("/Schemas").want(t, 200).total(), 6)
}

// TestManyClientsAtOnce is for the race detector.
func TestManyClientsAtOnce(t *testing.T) {
	w := newWorld(t)
	sales := w.srv.AddGroup(object{"displayName": "Sales"})
	var wait sync.WaitGroup
	for c := range 4 {
		wait.Go(func() {
			for i := range 20 {
				id := w.srv.AddUser(object{"userName": fmt.Sprintf("u%d.%d@example.com", c, i), "emails": []any{object{"type": "work", "value": "x"}}})
				for _, a := range []answer{w.patch("/Groups/"+sales, op("add", "members", []object{{"value": id}})), w.get("/Groups/" + sales),
					w.patch("/Users/"+id, op("replace", `emails[type eq "work"].value`, "y")),
					w.get("/Users?filter=" + url.QueryEscape(`emails.value eq "y"`))} {
					if a.status >= 300 {
						t.Errorf("%d %s", a.status, a.raw)
					}
				}
			}
		})
	}
	wait.Wait()
	eq(t, "members", len(w.srv.Members(sales)), 80)
}
