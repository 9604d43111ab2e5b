package strictscim_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/entrain-dev/entrain/internal/simulator/strictscim"
)

const bulkURN = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"

func newBulkWorld(t *testing.T, operations, payload int) *world {
	w := newWorld(t)
	w.srv.SetKnobs(func(k *strictscim.Knobs) { k.BulkOperations, k.BulkPayload = operations, payload })
	return w
}

func (w *world) bulk(ops ...object) answer {
	w.t.Helper()
	return w.do("POST", "/Bulk", object{"schemas": []string{bulkURN}, "Operations": ops})
}

func post(id, path string, data object) object {
	return object{"method": "POST", "path": path, "bulkId": id, "data": data}
}

// RFC 7644 sections 3.7.1 to 3.7.3.
func TestBulk(t *testing.T) {
	w := newBulkWorld(t, 10, 0)
	taken := w.create("ada@example.com", nil)
	a := w.bulk(
		post("1", "/Users", user("bob@example.com", nil)),
		post("2", "/Users", user("ada@example.com", nil)),
		post("3", "/Groups", group("Team", "bulkId:1", taken)),
		post("4", "/Groups", group("Others", "bulkId:9")),
		object{"method": "PATCH", "path": "/Users/bulkId:1", "data": object{"schemas": []string{patchURN}, "Operations": []object{op("replace", "title", "T")}}},
		object{"method": "DELETE", "path": "/Users/" + taken, "version": `W/"7"`},
		object{"method": "DELETE", "path": "/Users/nobody"},
	).want(t, 200)
	eq(t, "schemas", a.at("schemas"), []string{"urn:ietf:params:scim:api:messages:2.0:BulkResponse"})
	for i, want := range []string{"201", "409", "201", "409", "200", "412", "404"} {
		eq(t, fmt.Sprintf("status of operation %d", i), a.at("Operations", i, "status"), want)
	}
	bob, _ := w.srv.UserByName("bob@example.com")
	eq(t, "location", a.at("Operations", 0), object{"bulkId": "1", "method": "POST", "status": "201", "version": `W/"1"`, "location": w.url + base + "/Users/" + bob.ID})
	eq(t, "refusal", a.at("Operations", 1, "response", "scimType"), "uniqueness")
	eq(t, "no location of what was refused", a.at("Operations", 1, "location"), nil)
	eq(t, "title", bob.Attributes["title"], "T")
	eq(t, "members", w.srv.Members(w.srv.Groups()[0].ID), []string{bob.ID, taken})
	eq(t, "counters", w.srv.Counters(), map[string]int{"POST /Users": 1, "POST /Bulk": 1})
}

func TestBulkStopsWhereTheClientSaysSo(t *testing.T) {
	w := newBulkWorld(t, 10, 0)
	a := w.do("POST", "/Bulk", object{"schemas": []string{bulkURN}, "failOnErrors": 1, "Operations": []object{
		post("1", "/Users", user("", nil)), post("2", "/Users", user("bob@example.com", nil)),
	}}).want(t, 200)
	eq(t, "operations", len(a.at("Operations").([]any)), 1)
	eq(t, "users", len(w.srv.Users()), 0)
}

func TestBulkLimits(t *testing.T) {
	bob := user("bob@example.com", nil)
	for name, tc := range map[string]struct {
		operations, payload int
		send                []object
		want                int
		wantType            string
	}{
		"not offered":                  {0, 0, []object{post("1", "/Users", bob)}, 404, ""},
		"as many as are allowed":       {1, 0, []object{post("1", "/Users", bob)}, 200, ""},
		"one too many":                 {1, 0, []object{post("1", "/Users", bob), post("2", "/Users", bob)}, 413, ""},
		"too large":                    {9, 100, []object{post("1", "/Users", bob)}, 413, ""},
		"nothing":                      {9, 0, nil, 400, "invalidSyntax"},
		"a create without a bulkId":    {9, 0, []object{post("", "/Users", bob)}, 400, "invalidSyntax"},
		"the same bulkId twice":        {9, 0, []object{post("1", "/Users", bob), post("1", "/Users", bob)}, 400, "invalidSyntax"},
		"a read":                       {9, 0, []object{{"method": "GET", "path": "/Users/1"}}, 400, "invalidSyntax"},
		"a method in lower case":       {9, 0, []object{{"method": "delete", "path": "/Users/1"}}, 400, "invalidSyntax"},
		"a path that is no resource's": {9, 0, []object{{"method": "DELETE", "path": "/Users"}}, 400, "invalidSyntax"},
		"a whole address as path":      {9, 0, []object{post("1", base+"/Users", bob)}, 400, "invalidSyntax"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newBulkWorld(t, tc.operations, tc.payload)
			a := w.bulk(tc.send...)
			if a.status != tc.want || tc.wantType != "" && a.str("scimType") != tc.wantType {
				t.Errorf("%d %s, want %d %s", a.status, a.raw, tc.want, tc.wantType)
			}
			if tc.want != 200 && len(w.srv.Users()) > 0 {
				t.Error("a request that was refused was carried out")
			}
			offered := fmt.Sprintf(`"supported":%v`, tc.operations > 0)
			if config := w.get("/ServiceProviderConfig"); !strings.Contains(config.raw, `"maxOperations":`+fmt.Sprint(tc.operations)) || !strings.Contains(config.raw, offered) {
				t.Errorf("ServiceProviderConfig: %s", config.raw)
			}
		})
	}
	w := newBulkWorld(t, 9, 0)
	w.do("POST", "/Bulk", object{"Operations": []object{post("1", "/Users", bob)}}).wantError(t, 400, "invalidSyntax")
	w.token = "wrong"
	w.bulk(post("1", "/Users", bob)).wantError(t, 401, "")
}
