package mapping_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/fault"
	"github.com/entrain-dev/entrain/internal/mapping"
)

func TestDocumentOfACreate(t *testing.T) {
	ada := func(more directory.Attributes) directory.Attributes {
		a := directory.Attributes{"userPrincipalName": {"ada@contoso.com"}}
		a.Merge(more)
		return a
	}
	type object = map[string]any
	for name, tc := range map[string]struct {
		rows []mapping.Row
		have directory.Attributes
		want directory.Document // without userName and active
	}{
		"text":                        {[]mapping.Row{{Target: "title", Source: "jobTitle"}}, ada(directory.Attributes{"jobTitle": {"Cook"}}), directory.Document{"title": "Cook"}},
		"null is not sent":            {[]mapping.Row{{Target: "title", Source: "jobTitle"}}, ada(nil), directory.Document{}},
		"the empty string is sent":    {[]mapping.Row{{Target: "title", Expression: `Coalesce([jobTitle], "")`}}, ada(nil), directory.Document{"title": ""}},
		"unless the flow is ignored":  {[]mapping.Row{{Target: "title", Expression: `IgnoreFlowIfNullOrEmpty([jobTitle])`, DefaultValue: ptr("Staff")}}, ada(directory.Attributes{"jobTitle": {""}}), directory.Document{}},
		"a constant":                  {[]mapping.Row{{Target: "title", Constant: ptr("Staff")}}, ada(nil), directory.Document{"title": "Staff"}},
		"a default value":             {[]mapping.Row{{Target: "title", Source: "jobTitle", DefaultValue: ptr("Staff")}}, ada(nil), directory.Document{"title": "Staff"}},
		"a default without a source":  {[]mapping.Row{{Target: "title", DefaultValue: ptr("Staff")}}, ada(nil), directory.Document{"title": "Staff"}},
		"a value in place of default": {[]mapping.Row{{Target: "title", Source: "jobTitle", DefaultValue: ptr("Staff")}}, ada(directory.Attributes{"jobTitle": {"Cook"}}), directory.Document{"title": "Cook"}},
		"only on create":              {[]mapping.Row{{Target: "title", Source: "jobTitle", OnCreateOnly: true}}, ada(directory.Attributes{"jobTitle": {"Cook"}}), directory.Document{"title": "Cook"}},
		"listed but unmapped":         {[]mapping.Row{{Target: "title"}}, ada(directory.Attributes{"jobTitle": {"Cook"}}), directory.Document{}},
		"sub-attributes of one object": {
			[]mapping.Row{{Target: "name.givenName", Source: "givenName"}, {Target: "name.familyName", Source: "surname"}},
			ada(directory.Attributes{"givenName": {"Ada"}, "surname": {"Example"}}),
			directory.Document{"name": object{"givenName": "Ada", "familyName": "Example"}},
		},
		"typed values in one list": {
			[]mapping.Row{
				{Target: `phoneNumbers[type eq "work"].value`, Source: "telephoneNumber"},
				{Target: `phoneNumbers[type eq "mobile"].value`, Source: "mobile"},
				{Target: `phoneNumbers[type eq "mobile"].display`, Constant: ptr("Mobile")},
			},
			ada(directory.Attributes{"telephoneNumber": {"+49 30 1"}, "mobile": {"0170 2"}, "usageLocation": {"DE"}}),
			directory.Document{"phoneNumbers": []any{
				object{"type": "work", "value": "+49301"},
				object{"type": "mobile", "value": "+491702", "display": "Mobile"},
			}},
		},
		"an extension": {
			[]mapping.Row{{Target: enterprise + "department", Source: "department"}, {Target: "urn:test:2.0:User:level", Constant: ptr("3")}},
			ada(directory.Attributes{"department": {"Sales"}}),
			directory.Document{
				strings.TrimSuffix(enterprise, ":"): object{"department": "Sales"},
				"urn:test:2.0:User":                 object{"level": 3.0},
			},
		},
		"numbers and dates": {
			[]mapping.Row{{Target: "urn:test:2.0:User:share", Constant: ptr("0.5")}, {Target: "urn:test:2.0:User:hired", Expression: `DateAdd("d", 1, Now())`, OnCreateOnly: true}},
			ada(nil),
			directory.Document{"urn:test:2.0:User": object{"share": 0.5, "hired": "2026-02-01T09:00:00Z"}},
		},
		"several values": {
			[]mapping.Row{{Target: "urn:test:2.0:User:tags", Source: "otherMails"}},
			ada(directory.Attributes{"otherMails": {"a@x", "b@x", "A@X", ""}}),
			directory.Document{"urn:test:2.0:User": object{"tags": []any{"a@x", "b@x"}}},
		},
		"one value for a list": {
			[]mapping.Row{{Target: "urn:test:2.0:User:tags", Source: "mail"}},
			ada(directory.Attributes{"mail": {"a@x"}}),
			directory.Document{"urn:test:2.0:User": object{"tags": []any{"a@x"}}},
		},
		"objects for a complex list": {
			[]mapping.Row{{Target: "urn:test:2.0:User:skills", Source: "otherMails"}},
			ada(directory.Attributes{"otherMails": {`{"name":"Billing","proficiency":3}`, "Sales"}}),
			directory.Document{"urn:test:2.0:User": object{"skills": []any{object{"name": "Billing", "proficiency": 3.0}}}},
		},
		"all roles": {
			[]mapping.Row{{Target: "roles", Expression: complexly}},
			ada(directory.Attributes{"appRoleAssignments": {role("1", "admin", "Administrator"), role("2", "agent", "Agent")}}),
			directory.Document{"roles": []any{
				object{"value": "admin", "display": "Administrator", "type": "WindowsAzureActiveDirectoryRole", "primary": false},
				object{"value": "agent", "display": "Agent", "type": "WindowsAzureActiveDirectoryRole", "primary": false},
			}},
		},
		"one role as a list": {
			[]mapping.Row{{Target: "roles", Expression: single}},
			ada(directory.Attributes{"appRoleAssignments": {role("1", "admin", "Administrator")}}),
			directory.Document{"roles": []any{
				object{"value": "admin", "display": "Administrator", "type": "WindowsAzureActiveDirectoryRole", "primary": true},
			}},
		},
		"one role in parts": {
			[]mapping.Row{
				{Target: `roles[primary eq "True"].value`, Expression: single},
				{Target: `roles[primary eq "True"].display`, Expression: single},
				{Target: `roles[primary eq "True"].type`, Expression: single},
			},
			ada(directory.Attributes{"appRoleAssignments": {role("1", "admin", "Administrator")}}),
			directory.Document{"roles": []any{
				object{"value": "admin", "display": "Administrator", "type": "WindowsAzureActiveDirectoryRole", "primary": true},
			}},
		},
		"no roles": {
			[]mapping.Row{{Target: "roles", Expression: assertive}}, ada(nil), directory.Document{},
		},
		"the manager comes by SetReference": {
			[]mapping.Row{{Target: enterprise + "manager", Source: "manager"}},
			ada(directory.Attributes{"manager": {"boss"}}), directory.Document{},
		},
	} {
		t.Run(name, func(t *testing.T) {
			m := compile(t, mapping.Options{}, base(tc.rows...)...)
			d := apply(t, m, tc.have)
			want := directory.Document{"userName": "ada@contoso.com", "active": true}
			for k, v := range tc.want {
				want[k] = v
			}
			if diff := cmp.Diff(want, m.Document(d)); diff != "" {
				t.Errorf("document (-want +got):\n%s", diff)
			}
			if err := m.CheckCreate(d); err != nil {
				t.Errorf("CheckCreate: %v", err)
			}
		})
	}
}

func TestBooleansOfEverySpelling(t *testing.T) {
	for text, want := range map[string]any{"True": true, "true": true, "1": true, "False": false, "FALSE": false, "0": false, "yes": nil, "": nil} {
		t.Run(text, func(t *testing.T) {
			m := compile(t, mapping.Options{}, mapping.Row{Target: "userName", Source: "mail", MatchingPrecedence: 1}, mapping.Row{Target: "active", Source: "extensionAttribute1"})
			d := apply(t, m, directory.Attributes{"mail": {"a"}, "extensionAttribute1": {text}})
			if got := m.Document(d)["active"]; got != want {
				t.Errorf("active = %v, want %v", got, want)
			}
			if wantWarning := text == "yes"; (len(d.Warnings) == 1) != wantWarning {
				t.Errorf("warnings = %v", d.Warnings)
			}
		})
	}
}

func TestValuesThatTheTargetCannotTakeAreLeftOut(t *testing.T) {
	for name, tc := range map[string]struct {
		row  mapping.Row
		have directory.Attributes
		want []mapping.Warning
	}{
		"a phone number without a country": {
			mapping.Row{Target: `phoneNumbers[type eq "work"].value`, Source: "telephoneNumber"}, directory.Attributes{"telephoneNumber": {"030 1"}},
			[]mapping.Warning{{Path: `phoneNumbers[type eq "work"].value`, Message: "The number has no country code."}},
		},
		"the same with the person's country": {
			mapping.Row{Target: `phoneNumbers[type eq "work"].value`, Source: "telephoneNumber"}, directory.Attributes{"telephoneNumber": {"030 1"}, "usageLocation": {"DE"}}, nil,
		},
		"no number at all": {
			mapping.Row{Target: `phoneNumbers[type eq "work"].value`, Expression: `Coalesce([telephoneNumber], "")`}, directory.Attributes{}, nil,
		},
		"text for a number": {
			mapping.Row{Target: "urn:test:2.0:User:level", Source: "employeeId"}, directory.Attributes{"employeeId": {"A12"}},
			[]mapping.Warning{{Path: "urn:test:2.0:User:level", Message: "The value is no whole number."}},
		},
		"a fraction for a whole number": {
			mapping.Row{Target: "urn:test:2.0:User:level", Source: "employeeId"}, directory.Attributes{"employeeId": {"1.5"}},
			[]mapping.Warning{{Path: "urn:test:2.0:User:level", Message: "The value is no whole number."}},
		},
		"not a number": {
			mapping.Row{Target: "urn:test:2.0:User:share", Source: "employeeId"}, directory.Attributes{"employeeId": {"NaN"}},
			[]mapping.Warning{{Path: "urn:test:2.0:User:share", Message: "The value is no number."}},
		},
		"text for bytes": {
			mapping.Row{Target: "urn:test:2.0:User:badge", Source: "employeeId"}, directory.Attributes{"employeeId": {"?"}},
			[]mapping.Warning{{Path: "urn:test:2.0:User:badge", Message: "The value is no base64 text."}},
		},
		"several values where one is taken": {
			mapping.Row{Target: "title", Source: "proxyAddresses"}, directory.Attributes{"proxyAddresses": {"a", "b"}},
			[]mapping.Warning{{Path: "title", Message: "The source has several values and the target attribute takes one; pick one, for example with Item([...], 1)."}},
		},
		"one of a list": {
			mapping.Row{Target: "urn:test:2.0:User:skills", Source: "otherMails"}, directory.Attributes{"otherMails": {`{"name":"x"}`, "x"}},
			[]mapping.Warning{{Path: "urn:test:2.0:User:skills", Message: `The value is no JSON object; the target attribute takes objects such as {"name": "Billing", "proficiency": 3}.`}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			m := compile(t, mapping.Options{}, base(tc.row)...)
			tc.have["userPrincipalName"] = []string{"ada@contoso.com"}
			d := apply(t, m, tc.have)
			if diff := cmp.Diff(tc.want, d.Warnings); diff != "" {
				t.Errorf("warnings (-want +got):\n%s", diff)
			}
			if m.Document(d)["userName"] != "ada@contoso.com" {
				t.Error("the person does not arrive")
			}
		})
	}
}

func TestRequiredValues(t *testing.T) {
	upper := func(value, _ string) (string, error) {
		if strings.Contains(value, " ") {
			return "", fault.New(fault.Invalid, "normalise", "It has a blank.")
		}
		return value, nil
	}
	s := schema()
	s.Users[0].Normalize = upper // userName
	m, problems := mapping.Compile(users(base(mapping.Row{Target: "title", Expression: `CDate([jobTitle])`})...), s, mapping.Options{})
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		have         directory.Attributes
		wantErr      string // of Apply: a part of its text, which has the code
		wantCreate   string // of CheckCreate
		wantWarnings int
	}{
		"all there":                             {directory.Attributes{"userPrincipalName": {"ada"}}, "", "", 0},
		"no value":                              {directory.Attributes{}, "", "MandatoryFieldsMissing", 0},
		"an empty value":                        {directory.Attributes{"userPrincipalName": {""}}, "", "MandatoryFieldsMissing", 0},
		"a value it cannot take":                {directory.Attributes{"userPrincipalName": {"a b"}}, "MandatoryFieldsMissing", "", 0},
		"the same of somebody who leaves":       {directory.Attributes{"userPrincipalName": {"a b"}, "IsSoftDeleted": {"True"}}, "", "MandatoryFieldsMissing", 1},
		"an expression that fails":              {directory.Attributes{"userPrincipalName": {"ada"}, "jobTitle": {"no date"}}, "title: CDate", "", 0},
		"the same of somebody who leaves again": {directory.Attributes{"userPrincipalName": {"ada"}, "jobTitle": {"no date"}, "IsSoftDeleted": {"True"}}, "", "", 1},
	} {
		t.Run(name, func(t *testing.T) {
			if _, ok := tc.have["IsSoftDeleted"]; !ok {
				tc.have["IsSoftDeleted"] = []string{"False"}
			}
			d, err := m.Apply(tc.have, env)
			if (err != nil) != (tc.wantErr != "") || err != nil && (!strings.Contains(err.Error(), tc.wantErr) || !fault.Is(err, fault.Invalid)) {
				t.Fatalf("Apply: %v, want an error with %q", err, tc.wantErr)
			}
			if err != nil {
				return
			}
			if len(d.Warnings) != tc.wantWarnings {
				t.Errorf("warnings = %v, want %d", d.Warnings, tc.wantWarnings)
			}
			err = m.CheckCreate(d)
			if (err != nil) != (tc.wantCreate != "") || err != nil && (fault.CodeOf(err) != tc.wantCreate || !fault.Is(err, fault.Invalid)) {
				t.Errorf("CheckCreate: %v, want code %q", err, tc.wantCreate)
			}
			leaves := tc.have.First("IsSoftDeleted") == "True"
			if got := m.Document(d)["active"]; got != !leaves {
				t.Errorf("active = %v, want %v", got, !leaves)
			}
		})
	}
}

func TestApplyLeavingReadsOnlyWhatDisables(t *testing.T) {
	m := compile(t, mapping.Options{}, base(mapping.Row{Target: "title", Expression: `CDate([jobTitle])`})...)
	d, err := m.ApplyLeaving(directory.Attributes{"jobTitle": {"no date"}, "IsSoftDeleted": {"False"}}, env)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(mapping.Desired{Values: []mapping.Value{{Path: "active", Value: true}}}, d); diff != "" {
		t.Errorf("desired (-want +got):\n%s", diff)
	}
}

func TestReferences(t *testing.T) {
	for name, tc := range map[string]struct {
		row  mapping.Row
		opts mapping.Options
		have []string
		want []mapping.Reference
	}{
		"a manager":               {mapping.Row{Source: "manager"}, mapping.Options{}, []string{"boss"}, []mapping.Reference{{Source: "boss"}}},
		"no manager":              {mapping.Row{Source: "manager"}, mapping.Options{}, nil, []mapping.Reference{{}}},
		"no manager any more":     {mapping.Row{Source: "manager"}, mapping.Options{ClearNullValues: true}, nil, []mapping.Reference{{Clear: true}}},
		"through an attribute":    {mapping.Row{Expression: "[manager]"}, mapping.Options{}, []string{"boss"}, []mapping.Reference{{Source: "boss"}}},
		"through an expression":   {mapping.Row{Expression: `IIF([department]="Board", "", [manager])`}, mapping.Options{}, []string{"boss"}, []mapping.Reference{{Source: "boss"}}},
		"left alone when missing": {mapping.Row{Expression: "IgnoreFlowIfNullOrEmpty([manager])"}, mapping.Options{ClearNullValues: true}, nil, nil},
		"only on create":          {mapping.Row{Source: "manager", OnCreateOnly: true}, mapping.Options{ClearNullValues: true}, nil, []mapping.Reference{{OnCreateOnly: true}}},
	} {
		t.Run(name, func(t *testing.T) {
			tc.row.Target = enterprise + "manager"
			m := compile(t, tc.opts, base(tc.row)...)
			d := apply(t, m, directory.Attributes{"userPrincipalName": {"ada"}, "department": {"Sales"}, "manager": tc.have})
			for i := range tc.want {
				tc.want[i].Path = enterprise + "manager"
			}
			if diff := cmp.Diff(tc.want, d.References); diff != "" {
				t.Errorf("references (-want +got):\n%s", diff)
			}
		})
	}
}

func TestSetReference(t *testing.T) {
	urn := strings.TrimSuffix(enterprise, ":")
	for name, tc := range map[string]struct {
		path    string
		doc     directory.Document
		want    directory.Document
		wantErr bool
	}{
		"into a new extension":    {enterprise + "manager", directory.Document{}, directory.Document{urn: map[string]any{"manager": directory.TargetID("7")}}, false},
		"beside other attributes": {enterprise + "manager", directory.Document{urn: map[string]any{"department": "Sales"}}, directory.Document{urn: map[string]any{"department": "Sales", "manager": directory.TargetID("7")}}, false},
		"by the path of the id":   {enterprise + "manager.value", directory.Document{}, directory.Document{urn: map[string]any{"manager": directory.TargetID("7")}}, false},
		"not into a list":         {`members[type eq "User"].value`, directory.Document{}, directory.Document{}, true},
		"not a path":              {"a b", directory.Document{}, directory.Document{}, true},
	} {
		t.Run(name, func(t *testing.T) {
			err := mapping.SetReference(tc.doc, tc.path, "7")
			if (err != nil) != tc.wantErr || err != nil && !fault.Is(err, fault.Invalid) {
				t.Errorf("error = %v, want one: %v", err, tc.wantErr)
			}
			if diff := cmp.Diff(tc.want, tc.doc); diff != "" {
				t.Errorf("document (-want +got):\n%s", diff)
			}
		})
	}
}
