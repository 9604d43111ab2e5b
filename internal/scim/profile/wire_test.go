package profile_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/scim/profile"
)

var (
	rfc    = profile.Options{}
	flag   = profile.Options{AADOptSCIM062020: true}
	set    = directory.Replace
	add    = directory.Add
	remove = directory.Remove
)

const patchHead = `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":`

func TestPatchBytes(t *testing.T) {
	manager := profile.EnterpriseUser + ":manager"
	roles := []any{map[string]any{"value": "25", "display": "Role1234", "type": "WindowsAzureActiveDirectoryRole", "primary": false}}
	for name, tc := range map[string]struct {
		profile string
		opts    profile.Options
		ops     []directory.Operation
		want    string // after patchHead
	}{
		"RFC: simple values": {
			profile.Generic, rfc, []directory.Operation{{Kind: set, Path: "displayName", Value: "A & B <c>"}, {Kind: set, Path: "active", Value: false}, {Kind: remove, Path: "title"}},
			`[{"op":"replace","path":"displayName","value":"A & B <c>"},{"op":"replace","path":"active","value":false},{"op":"remove","path":"title"}]}`,
		},
		"RFC: the manager is an object": {
			profile.Generic, rfc, []directory.Operation{{Kind: add, Path: manager, Value: directory.TargetID("m-1")}},
			`[{"op":"add","path":"` + manager + `","value":{"value":"m-1"}}]}`,
		},
		"RFC: the manager's value is text": {
			profile.Generic, rfc, []directory.Operation{{Kind: set, Path: manager + ".value", Value: directory.TargetID("m-1")}},
			`[{"op":"replace","path":"` + manager + `.value","value":"m-1"}]}`,
		},
		"RFC: removal of listed members never becomes the removal of all": {
			profile.Generic, rfc, []directory.Operation{{Kind: remove, Path: "members", Value: []any{directory.TargetID("u1"), map[string]any{"value": `a"b`}}}},
			`[{"op":"remove","path":"members[value eq \"u1\"]"},{"op":"remove","path":"members[value eq \"a\\\"b\"]"}]}`,
		},
		"RFC: an empty list and an empty text are values": {
			profile.Generic, rfc, []directory.Operation{{Kind: set, Path: "roles", Value: []any{}}, {Kind: set, Path: "title", Value: ""}},
			`[{"op":"replace","path":"roles","value":[]},{"op":"replace","path":"title","value":""}]}`,
		},
		"Entra: capitals, one operation an attribute, Booleans as text": {
			profile.EntraCompatible, rfc, []directory.Operation{{Kind: set, Path: "displayName", Value: "Pvlo"}, {Kind: add, Path: "nickName", Value: "Babs"}, {Kind: set, Path: "active", Value: false}},
			`[{"op":"Replace","path":"displayName","value":"Pvlo"},{"op":"Add","path":"nickName","value":"Babs"},{"op":"Replace","path":"active","value":"False"}]}`,
		},
		"Entra: the manager is text": {
			profile.EntraCompatible, rfc, []directory.Operation{{Kind: add, Path: manager, Value: directory.TargetID("m-1")}},
			`[{"op":"Add","path":"` + manager + `","value":"m-1"}]}`,
		},
		"Entra: removal of members by value": {
			profile.EntraCompatible, rfc, []directory.Operation{{Kind: remove, Path: "members", Value: []any{directory.TargetID("u1091")}}},
			`[{"op":"Remove","path":"members","value":[{"value":"u1091"}]}]}`,
		},
		"Entra: added roles are JSON in text": {
			profile.EntraCompatible, rfc, []directory.Operation{{Kind: add, Path: "roles", Value: roles}},
			`[{"op":"Add","path":"roles","value":[{"value":"{\"value\":\"25\",\"displayName\":\"Role1234\"}"}]}]}`,
		},
		"Entra: replaced roles are objects": {
			profile.EntraCompatible, rfc, []directory.Operation{{Kind: set, Path: "roles", Value: roles}},
			`[{"op":"Replace","path":"roles","value":[{"display":"Role1234","primary":false,"type":"WindowsAzureActiveDirectoryRole","value":"25"}]}]}`,
		},
		"Entra with the flag: replacements without a value filter share one operation": {
			profile.EntraCompatible, flag, []directory.Operation{
				{Kind: set, Path: "displayName", Value: "Bjfe"}, {Kind: set, Path: `emails[type eq "work"].value`, Value: "new@contoso.com"},
				{Kind: set, Path: "name.givenName", Value: "Kkom"}, {Kind: add, Path: "nickName", Value: "Babs"},
				{Kind: set, Path: profile.EnterpriseUser + ":employeeNumber", Value: "Aklq"},
			},
			`[{"op":"replace","value":{"displayName":"Bjfe","name.givenName":"Kkom","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber":"Aklq"}},` +
				`{"op":"replace","path":"emails[type eq \"work\"].value","value":"new@contoso.com"},{"op":"add","path":"nickName","value":"Babs"}]}`,
		},
		"Entra with the flag: one replacement keeps its path": {
			profile.EntraCompatible, flag, []directory.Operation{{Kind: set, Path: "active", Value: false}},
			`[{"op":"replace","path":"active","value":false}]}`,
		},
		"Entra with the flag: filtered removal of members": {
			profile.EntraCompatible, flag, []directory.Operation{{Kind: remove, Path: "members", Value: []any{directory.TargetID("7f4b")}}},
			`[{"op":"remove","path":"members[value eq \"7f4b\"]"}]}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := lookup(t, tc.profile, tc.opts).Wire.Patch(tc.ops)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(patchHead+tc.want, string(got)); diff != "" {
				t.Errorf("body (-want +got):\n%s", diff)
			}
		})
	}
}

func TestCreateBytes(t *testing.T) {
	user := directory.Document{
		"userName": "user@contoso.com", "active": true, "externalId": "0a21",
		"emails": []any{map[string]any{"type": "work", "value": "user@contoso.com"}},
		profile.EnterpriseUser: map[string]any{
			"department": "Sales", "manager": directory.TargetID("m-1"),
		},
	}
	group := directory.Document{"displayName": "Sales", "externalId": "8aa1"}
	for name, tc := range map[string]struct {
		profile string
		kind    directory.Kind
		doc     directory.Document
		want    string
	}{
		"RFC: schemas name the extensions that are used": {
			profile.Generic, directory.User, user,
			`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"active":true,"emails":[{"type":"work","value":"user@contoso.com"}],"externalId":"0a21",` +
				`"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"Sales","manager":{"value":"m-1"}},"userName":"user@contoso.com"}`,
		},
		"RFC: only the core schema where nothing else is used": {
			profile.Generic, directory.Group, group,
			`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"Sales","externalId":"8aa1"}`,
		},
		"Entra: fixed schemas, resource type, primary mail, empty roles": {
			profile.EntraCompatible, directory.User, user,
			`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"active":true,"emails":[{"primary":true,"type":"work","value":"user@contoso.com"}],"externalId":"0a21",` +
				`"meta":{"resourceType":"User"},"roles":[],"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"Sales","manager":"m-1"},"userName":"user@contoso.com"}`,
		},
		"Entra: a group": {
			profile.EntraCompatible, directory.Group, group,
			`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group","http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"],"displayName":"Sales","externalId":"8aa1","meta":{"resourceType":"Group"}}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := lookup(t, tc.profile, profile.Options{}).Wire.Create(tc.kind, tc.doc)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, string(got)); diff != "" {
				t.Errorf("body (-want +got):\n%s", diff)
			}
		})
	}
	if _, has := user["emails"].([]any)[0].(map[string]any)["primary"]; has {
		t.Error("encoding changed the document")
	}
}

func TestMembersBytes(t *testing.T) {
	ids := func(s ...directory.TargetID) []directory.TargetID { return s }
	for name, tc := range map[string]struct {
		profile     string
		add, remove []directory.TargetID
		want        string
	}{
		"nothing to do sends nothing": {profile.GenesysCloud, nil, nil, ""},
		"RFC": {profile.GenesysCloud, ids("a", "b"), ids("c", "d"),
			patchHead + `[{"op":"add","path":"members","value":[{"value":"a"},{"value":"b"}]},{"op":"remove","path":"members[value eq \"c\"]"},{"op":"remove","path":"members[value eq \"d\"]"}]}`},
		"Entra": {profile.EntraCompatible, ids("a"), ids("c", "d"),
			patchHead + `[{"op":"Add","path":"members","value":[{"value":"a"}]},{"op":"Remove","path":"members","value":[{"value":"c"},{"value":"d"}]}]}`},
		"Entra without removals": {profile.EntraCompatible, ids("a"), nil, patchHead + `[{"op":"Add","path":"members","value":[{"value":"a"}]}]}`},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := lookup(t, tc.profile, profile.Options{}).Wire.Members(tc.add, tc.remove)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, string(got)); diff != "" {
				t.Errorf("body (-want +got):\n%s", diff)
			}
		})
	}
}
