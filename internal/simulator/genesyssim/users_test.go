package genesyssim_test

import (
	"testing"
)

func TestLifeOfAUser(t *testing.T) {
	w := newWorld(t)
	a := w.do("POST", v2+"/Users", user("ada@example.com", object{"externalId": "42", "title": "Agent",
		"phoneNumbers": []object{{"type": "work", "value": "+4930123456"}},
		"emails":       []object{{"type": "work", "value": "ada.work@example.com", "primary": true}},
		entURN:         object{"department": "Support", "employeeNumber": "1007"}})).want(t, 201)
	id := a.str("id")
	eq(t, "ETag", a.header.Get("ETag"), `"1"`)
	eq(t, "Location", a.header.Get("Location"), "/api/v2/scim/v2/users/"+id)
	delete(a.body, "id")
	eq(t, "created user", a.body, object{
		"schemas":    []string{"urn:ietf:params:scim:schemas:core:2.0:User", entURN, genURN},
		"externalId": "42", "active": true, "userName": "ada@example.com", "displayName": "Some Body", "title": "Agent",
		"phoneNumbers": []object{{"type": "work", "value": "+4930123456", "primary": true}},
		"emails":       []object{{"type": "other", "value": "ada@example.com", "primary": true}, {"type": "work", "value": "ada.work@example.com", "primary": false}},
		"roles":        []object{{"value": "employee"}},
		entURN:         object{"division": "Home", "department": "Support", "employeeNumber": "1007"},
		genURN:         object{"externalIds": []object{{"authority": "x-pc:scimv2:v1", "value": "42"}}},
		"meta": object{"resourceType": "User", "lastModified": "2026-01-02T03:04:05.000Z", "version": "1",
			"location": "/api/v2/scim/v2/users/" + id},
	})

	w.patch("/users/"+id, op("Replace", "active", "False")).want(t, 200)
	eq(t, "found while inactive", w.find(`userName eq "ADA@example.com"`).total(), 1)
	eq(t, "listed while inactive", w.get(v2+"/users").total(), 0)
	w.do("DELETE", v2+"/users/"+id, nil).want(t, 204)
	w.get(v2+"/users/"+id).wantPlatform(t, 404, "not.found")
	eq(t, "found when deleted", w.find(`userName eq "ada@example.com"`).total(), 0)
}
