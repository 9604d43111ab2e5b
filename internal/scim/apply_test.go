package scim

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/fault"
)

func document(t *testing.T, text string) directory.Document {
	t.Helper()
	var doc directory.Document
	if err := json.Unmarshal([]byte(text), &doc); err != nil {
		t.Fatal(err)
	}
	return doc
}

func TestApplyChangesAResourceAsAPATCHWould(t *testing.T) {
	const (
		person = `{"userName":"ada","Title":"Agent","name":{"givenName":"Ada"},"emails":[{"type":"work","value":"a@x"},{"type":"home","value":"h@x"}],"roles":[{"value":"A"}]}`
		group  = `{"displayName":"Sales","members":[{"value":"u-1","type":"User"},{"value":"u-2"}]}`
		ent    = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	)
	id := func(s ...directory.TargetID) []any { return anyList(s) }
	for name, tc := range map[string]struct {
		have string
		op   directory.Operation
		want string
	}{
		"a value, whatever the case of its name": {person, directory.Operation{Kind: directory.Replace, Path: "title", Value: "Lead"},
			`{"userName":"ada","Title":"Lead","name":{"givenName":"Ada"},"emails":[{"type":"work","value":"a@x"},{"type":"home","value":"h@x"}],"roles":[{"value":"A"}]}`},
		"a part of a value": {`{}`, directory.Operation{Kind: directory.Add, Path: "name.familyName", Value: "L"}, `{"name":{"familyName":"L"}}`},
		"a core attribute with its URN": {`{}`, directory.Operation{Kind: directory.Add, Path: "urn:ietf:params:scim:schemas:core:2.0:User:title", Value: "L"},
			`{"title":"L"}`},
		"an extension that is new":     {`{}`, directory.Operation{Kind: directory.Add, Path: ent + ":department", Value: "D"}, `{"` + ent + `":{"department":"D"}}`},
		"an extension that is not":     {`{}`, directory.Operation{Kind: directory.Remove, Path: ent + ":department"}, `{}`},
		"an element":                   {`{"emails":[{"type":"Work","value":"a@x"}]}`, directory.Operation{Kind: directory.Replace, Path: `emails[type eq "work"].value`, Value: "b@x"}, `{"emails":[{"type":"Work","value":"b@x"}]}`},
		"an element that is new":       {`{}`, directory.Operation{Kind: directory.Add, Path: `emails[type eq "work"].value`, Value: "b@x"}, `{"emails":[{"type":"work","value":"b@x"}]}`},
		"the only element goes":        {`{"emails":[{"type":"work","value":"a@x"}]}`, directory.Operation{Kind: directory.Remove, Path: `emails[type eq "work"]`}, `{}`},
		"its value goes and it too":    {`{"emails":[{"type":"work","value":"a@x"}]}`, directory.Operation{Kind: directory.Remove, Path: `emails[type eq "work"].value`}, `{}`},
		"a role by primary":            {`{}`, directory.Operation{Kind: directory.Add, Path: `roles[primary eq "True"].value`, Value: "A"}, `{"roles":[{"primary":true,"value":"A"}]}`},
		"values are added":             {`{"roles":[{"value":"A"}]}`, directory.Operation{Kind: directory.Add, Path: "roles", Value: []any{map[string]any{"value": "A"}, map[string]any{"value": "B"}}}, `{"roles":[{"value":"A"},{"value":"B"}]}`},
		"values are replaced":          {`{"roles":[{"value":"A"}]}`, directory.Operation{Kind: directory.Replace, Path: "roles", Value: []any{}}, `{"roles":[]}`},
		"members join":                 {group, directory.Operation{Kind: directory.Add, Path: "members", Value: id("u-2", "u-3")}, `{"displayName":"Sales","members":[{"value":"u-1","type":"User"},{"value":"u-2"},"u-3"]}`},
		"members leave":                {group, directory.Operation{Kind: directory.Remove, Path: "members", Value: id("u-1", "u-9")}, `{"displayName":"Sales","members":[{"value":"u-2"}]}`},
		"a member leaves by filter":    {group, directory.Operation{Kind: directory.Remove, Path: `members[value eq "u-1"]`}, `{"displayName":"Sales","members":[{"value":"u-2"}]}`},
		"removing what is not there":   {group, directory.Operation{Kind: directory.Remove, Path: "externalId"}, group},
		"a value that is no list":      {`{"emails":"a@x"}`, directory.Operation{Kind: directory.Add, Path: `emails[type eq "work"].value`, Value: "b@x"}, `{"emails":[{"type":"work","value":"b@x"}]}`},
		"a part of what is no object":  {`{"name":"Ada"}`, directory.Operation{Kind: directory.Add, Path: "name.givenName", Value: "A"}, `{"name":{"givenName":"A"}}`},
		"a quoted value in the filter": {`{"x":[{"k":"a\"b","value":"1"}]}`, directory.Operation{Kind: directory.Replace, Path: `x[k eq "a\"b"].value`, Value: "2"}, `{"x":[{"k":"a\"b","value":"2"}]}`},
	} {
		t.Run(name, func(t *testing.T) {
			have := document(t, tc.have)
			got, err := apply(have, []directory.Operation{tc.op})
			if err != nil {
				t.Fatal(err)
			}
			text, err := json.Marshal(got)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(document(t, tc.want), document(t, string(text))); diff != "" {
				t.Errorf("changed (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(document(t, tc.have), have); diff != "" {
				t.Errorf("the resource that was read changed (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAPathThatCannotBeAppliedIsRefused(t *testing.T) {
	_, err := apply(directory.Document{}, []directory.Operation{{Kind: directory.Replace, Path: `emails[type eq "work" or primary eq true].value`, Value: "x"}})
	if !fault.Is(err, fault.Invalid) || fault.CodeOf(err) != "SchemaAttributeNotFound" {
		t.Errorf("err = %v", err)
	}
}

func TestValuesAt(t *testing.T) {
	doc := document(t, `{"userName":"ada","active":true,"level":3,"name":{"givenName":"Ada"},"emails":[{"type":"work","value":"a@x"},{"type":"home","value":"h@x"}],
		"members":[{"value":"u-1"},{"value":"u-2"}],"nothing":null,
		"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"D","manager":{"value":"m-1","displayName":"M"}}}`)
	for path, want := range map[string][]string{
		"USERNAME":                     {"ada"},
		"active":                       {"True"},
		"level":                        {"3"},
		"name.givenName":               {"Ada"},
		`emails[type eq "work"].value`: {"a@x"},
		"emails":                       {"a@x", "h@x"},
		"members":                      {"u-1", "u-2"},
		"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department":    {"D"},
		"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager":       {"m-1"},
		"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value": {"m-1"},
		"nothing":              nil,
		"absent":               nil,
		"name.absent":          nil,
		"urn:example:x:absent": nil,
		"no path at all":       nil,
	} {
		if diff := cmp.Diff(want, valuesAt(doc, path)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", path, diff)
		}
	}
}

func TestRecentValuesAreBounded(t *testing.T) {
	var r recent
	for i := range 3 * maxRecent {
		r.add(directory.User, string(rune(0x4e00+i)))
		r.add(directory.User, string(rune(0x4e00+i)))
	}
	if len(r.set) != maxRecent || len(r.ring) != maxRecent {
		t.Errorf("%d values in %d places", len(r.set), len(r.ring))
	}
	if last := string(rune(0x4e00 + 3*maxRecent - 1)); !r.has(directory.User, last) || r.has(directory.Group, last) || r.has(directory.User, "\u4e00") {
		t.Error("the wrong values are remembered")
	}
}
