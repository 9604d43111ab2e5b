package mapping_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/mapping"
)

// step is one evaluation in the life of a person.
type step struct {
	have directory.Attributes
	want []directory.Operation
}

func ops(list ...directory.Operation) []directory.Operation { return list }

func op(kind directory.OperationKind, path string, value any) directory.Operation {
	return directory.Operation{Kind: kind, Path: path, Value: value}
}

func set(name string, values ...string) directory.Attributes {
	return directory.Attributes{name: values}
}

// TestLifeOfAPerson creates a person from the first attributes and then compares with what was sent, step by step.
func TestLifeOfAPerson(t *testing.T) {
	const phone = `phoneNumbers[type eq "mobile"].value`
	clearing := mapping.Options{ClearNullValues: true}
	admin, agent := role("1", "admin", "Administrator"), role("2", "agent", "Agent")
	roleJSON := func(value, display string, primary bool) map[string]any {
		return map[string]any{"value": value, "display": display, "type": "WindowsAzureActiveDirectoryRole", "primary": primary}
	}
	for name, tc := range map[string]struct {
		opts   mapping.Options
		rows   []mapping.Row
		create directory.Attributes
		steps  []step
	}{
		"a title changes": {mapping.Options{}, []mapping.Row{{Target: "title", Source: "jobTitle"}}, set("jobTitle", "Cook"), []step{
			{set("jobTitle", "Cook"), nil},
			{set("jobTitle", "Chief"), ops(op(directory.Replace, "title", "Chief"))},
		}},
		"a title comes later": {mapping.Options{}, []mapping.Row{{Target: "title", Source: "jobTitle"}}, nil, []step{
			{set("jobTitle", "Cook"), ops(op(directory.Add, "title", "Cook"))},
		}},
		"a title that is taken away stays": {mapping.Options{}, []mapping.Row{{Target: "title", Source: "jobTitle"}}, set("jobTitle", "Cook"), []step{
			{nil, nil},
			{set("jobTitle", "Cook"), nil},
		}},
		"unless null values are cleared": {clearing, []mapping.Row{{Target: "title", Source: "jobTitle"}}, set("jobTitle", "Cook"), []step{
			{nil, ops(op(directory.Remove, "title", nil))},
			{nil, nil},
			{set("jobTitle", "Cook"), ops(op(directory.Add, "title", "Cook"))},
		}},
		"what was never sent is not cleared": {clearing, []mapping.Row{{Target: "title", Source: "jobTitle"}}, nil, []step{{nil, nil}}},
		"an empty text is sent as it is": {mapping.Options{}, []mapping.Row{{Target: "title", Expression: `Coalesce([jobTitle], "")`}}, set("jobTitle", "Cook"), []step{
			{nil, ops(op(directory.Replace, "title", ""))},
			{nil, nil},
		}},
		"a flow that is ignored changes nothing": {clearing, []mapping.Row{{Target: "title", Expression: `IgnoreFlowIfNullOrEmpty([jobTitle])`}}, set("jobTitle", "Cook"), []step{
			{nil, nil},
		}},
		"case alone is no difference": {mapping.Options{}, []mapping.Row{{Target: "title", Source: "jobTitle"}}, set("jobTitle", "Cook"), []step{
			{set("jobTitle", "COOK"), nil},
		}},
		"unless the row says so": {mapping.Options{}, []mapping.Row{{Target: "title", Source: "jobTitle", CaseExact: ptr(true)}}, set("jobTitle", "Cook"), []step{
			{set("jobTitle", "COOK"), ops(op(directory.Replace, "title", "COOK"))},
		}},
		"or the target does": {mapping.Options{}, []mapping.Row{{Target: "externalId", Source: "jobTitle"}}, set("jobTitle", "a"), []step{
			{set("jobTitle", "A"), ops(op(directory.Replace, "externalId", "A"))},
		}},
		"and the row has the last word": {mapping.Options{}, []mapping.Row{{Target: "externalId", Source: "jobTitle", CaseExact: ptr(false)}}, set("jobTitle", "a"), []step{
			{set("jobTitle", "A"), nil},
		}},
		"only on create means never again": {clearing, []mapping.Row{{Target: "title", Source: "jobTitle", OnCreateOnly: true}}, set("jobTitle", "Cook"), []step{
			{set("jobTitle", "Chief"), nil},
			{nil, nil},
		}},
		"a default is sent on create only": {mapping.Options{}, []mapping.Row{{Target: "title", Source: "jobTitle", DefaultValue: ptr("Staff")}}, set("jobTitle", "Cook"), []step{
			{nil, nil},
		}},
		"a default gives way to a value": {mapping.Options{}, []mapping.Row{{Target: "title", Source: "jobTitle", DefaultValue: ptr("Staff")}}, nil, []step{
			{nil, nil},
			{set("jobTitle", "Cook"), ops(op(directory.Replace, "title", "Cook"))},
		}},
		"clearing takes a value but not the default": {clearing, []mapping.Row{{Target: "title", Source: "jobTitle", DefaultValue: ptr("Staff")}}, nil, []step{
			{nil, nil},
			{set("jobTitle", "Cook"), ops(op(directory.Replace, "title", "Cook"))},
			{nil, ops(op(directory.Remove, "title", nil))},
			{nil, nil},
		}},
		"a phone number in another spelling": {mapping.Options{}, []mapping.Row{{Target: phone, Source: "mobile"}}, set("mobile", "+49 30 1"), []step{
			{set("mobile", "+49-30-1"), nil},
			{set("mobile", "+49-30-2"), ops(op(directory.Replace, phone, "+49302"))},
		}},
		"a phone number the target cannot take keeps the old one": {clearing, []mapping.Row{{Target: phone, Source: "mobile"}}, set("mobile", "+49 30 1"), []step{
			{set("mobile", "ask the desk"), nil},
		}},
		"a phone number that is cleared takes its element with it": {clearing, []mapping.Row{{Target: phone, Source: "mobile"}}, set("mobile", "+49 30 1"), []step{
			{nil, ops(op(directory.Remove, `phoneNumbers[type eq "mobile"]`, nil))},
			{nil, nil},
			{set("mobile", "+49 30 1"), ops(op(directory.Add, phone, "+49301"))},
		}},
		"unless something else is in it": {clearing, []mapping.Row{{Target: phone, Source: "mobile"}, {Target: `phoneNumbers[type eq "mobile"].display`, Constant: ptr("Mobile")}}, set("mobile", "+49 30 1"), []step{
			{nil, ops(op(directory.Remove, phone, nil))},
			{nil, nil},
		}},
		"a whole element is removed only once": {clearing, []mapping.Row{{Target: phone, Source: "mobile"}, {Target: `phoneNumbers[type eq "mobile"].display`, Source: "department"}}, directory.Attributes{"mobile": {"+49 30 1"}, "department": {"Sales"}}, []step{
			{nil, ops(op(directory.Remove, `phoneNumbers[type eq "mobile"]`, nil))},
			{nil, nil},
		}},
		"a required attribute is not cleared": {clearing, []mapping.Row{{Target: "userName", Source: "mail"}}, set("mail", "a@x"), []step{
			{nil, nil},
		}},
		"a date in another spelling": {mapping.Options{}, []mapping.Row{{Target: "urn:test:2.0:User:hired", Source: "employeeHireDate"}}, set("employeeHireDate", "2026-01-31T09:00:00Z"), []step{
			{set("employeeHireDate", "2026-01-31T10:00:00+01:00"), nil},
			{set("employeeHireDate", "2026-02-01"), ops(op(directory.Replace, "urn:test:2.0:User:hired", "2026-02-01T00:00:00Z"))},
		}},
		"a list in another order": {clearing, []mapping.Row{{Target: "urn:test:2.0:User:tags", Source: "otherMails"}}, set("otherMails", "a", "b"), []step{
			{set("otherMails", "B", "a"), nil},
			{set("otherMails", "a"), ops(op(directory.Replace, "urn:test:2.0:User:tags", []any{"a"}))},
			{set("otherMails", "a", "c"), ops(op(directory.Replace, "urn:test:2.0:User:tags", []any{"a", "c"}))},
			{nil, ops(op(directory.Remove, "urn:test:2.0:User:tags", nil))},
		}},
		"roles are only added": {clearing, []mapping.Row{{Target: "roles", Expression: complexly}}, set("appRoleAssignments", admin), []step{
			{set("appRoleAssignments", agent), ops(op(directory.Add, "roles", []any{roleJSON("agent", "Agent", false)}))},
			{set("appRoleAssignments", admin, agent), nil},
			{nil, nil},
		}},
		"roles are replaced": {clearing, []mapping.Row{{Target: "roles", Expression: assertive}}, set("appRoleAssignments", admin, agent), []step{
			{set("appRoleAssignments", agent, admin), nil},
			{set("appRoleAssignments", agent), ops(op(directory.Replace, "roles", []any{roleJSON("agent", "Agent", false)}))},
			{nil, ops(op(directory.Replace, "roles", []any{}))},
			{nil, nil},
			{set("appRoleAssignments", agent), ops(op(directory.Add, "roles", []any{roleJSON("agent", "Agent", false)}))},
		}},
		"no roles at first": {mapping.Options{}, []mapping.Row{{Target: "roles", Expression: assertive}}, nil, []step{{nil, nil}}},
		"another name of a role is no change": {mapping.Options{}, []mapping.Row{{Target: "roles", Expression: assertive}}, set("appRoleAssignments", admin), []step{
			{set("appRoleAssignments", role("1", "admin", "Boss")), nil},
		}},
		"the one role changes": {clearing, []mapping.Row{{Target: `roles[primary eq "True"].value`, Expression: single}}, set("appRoleAssignments", admin), []step{
			{set("appRoleAssignments", agent), ops(op(directory.Replace, `roles[primary eq "True"].value`, "agent"))},
			{nil, nil},
		}},
		"the one role in a list": {clearing, []mapping.Row{{Target: "roles", Expression: single}}, set("appRoleAssignments", admin), []step{
			{set("appRoleAssignments", agent), ops(op(directory.Add, "roles", []any{roleJSON("agent", "Agent", true)}))},
			{nil, nil},
		}},
		"leaving and coming back": {mapping.Options{}, []mapping.Row{{Target: "active", Expression: active}}, nil, []step{
			{set("IsSoftDeleted", "True"), ops(op(directory.Replace, "active", false))},
			{set("IsSoftDeleted", "True"), nil},
			{set("IsSoftDeleted", "False"), ops(op(directory.Replace, "active", true))},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			rows := tc.rows
			for _, r := range base() {
				if rows[0].Target != r.Target {
					rows = append(rows, r)
				}
			}
			if rows[0].Target == "userName" {
				rows[0].MatchingPrecedence = 1
			}
			m := compile(t, tc.opts, rows...)
			person := func(a directory.Attributes) directory.Attributes {
				out := directory.Attributes{"userPrincipalName": {"ada@contoso.com"}, "IsSoftDeleted": {"False"}}
				out.Merge(a)
				return out
			}
			applied := m.Sent(apply(t, m, person(tc.create)))
			for i, s := range tc.steps {
				var got []directory.Operation
				got, _, applied = m.Diff(apply(t, m, person(s.have)), applied)
				if diff := cmp.Diff(s.want, got); diff != "" {
					t.Fatalf("step %d (-want +got):\n%s", i+1, diff)
				}
			}
		})
	}
}

// TestFirstContact compares with a resource that exists already and was not made by us.
func TestFirstContact(t *testing.T) {
	const phone = `phoneNumbers[type eq "mobile"].value`
	type object = map[string]any
	for name, tc := range map[string]struct {
		opts mapping.Options
		rows []mapping.Row
		have directory.Attributes
		doc  directory.Document
		want []directory.Operation
		// next is sent when the source is null in the next cycle.
		next []directory.Operation
	}{
		"everything is as it should be": {
			mapping.Options{}, []mapping.Row{{Target: "title", Source: "jobTitle"}}, set("jobTitle", "Cook"), directory.Document{"TITLE": "cook"}, nil, nil,
		},
		"active as text": {mapping.Options{}, nil, nil, directory.Document{"active": "True"}, nil, nil},
		"active is off":  {mapping.Options{}, nil, nil, directory.Document{"active": false}, ops(op(directory.Replace, "active", true)), nil},
		"a number of another form": {
			mapping.Options{}, []mapping.Row{{Target: phone, Source: "mobile"}}, set("mobile", "+49 30 1"),
			directory.Document{"phoneNumbers": []any{object{"type": "work", "value": "+491"}, object{"type": "Mobile", "value": "+49 (30) 1"}}}, nil, nil,
		},
		"a whole number as text": {
			mapping.Options{}, []mapping.Row{{Target: "urn:test:2.0:User:level", Source: "employeeId"}}, set("employeeId", "3"),
			directory.Document{"urn:test:2.0:User": object{"level": "3"}}, nil, nil,
		},
		"an extension in the flat form": {
			mapping.Options{}, []mapping.Row{{Target: enterprise + "department", Source: "department"}}, set("department", "Sales"),
			directory.Document{enterprise + "department": "Sales"}, nil, nil,
		},
		"an attribute that is left out when empty": {
			mapping.Options{}, []mapping.Row{{Target: "title", Expression: `Coalesce([jobTitle], "")`}}, nil, directory.Document{}, nil, nil,
		},
		"somebody else's title is not cleared": {
			mapping.Options{ClearNullValues: true}, []mapping.Row{{Target: "title", Source: "jobTitle"}}, nil, directory.Document{"title": "Cook"}, nil, nil,
		},
		"an equal title is ours from now on": {
			mapping.Options{ClearNullValues: true}, []mapping.Row{{Target: "title", Source: "jobTitle"}}, set("jobTitle", "Cook"), directory.Document{"title": "Cook"},
			nil, ops(op(directory.Remove, "title", nil)),
		},
		"somebody else's roles are not removed": {
			mapping.Options{}, []mapping.Row{{Target: "roles", Expression: assertive}}, nil, directory.Document{"roles": []any{object{"value": "employee"}}}, nil, nil,
		},
		"roles that are equal are ours from now on": {
			mapping.Options{}, []mapping.Row{{Target: "roles", Expression: assertive}}, set("appRoleAssignments", role("1", "employee", "E")),
			directory.Document{"roles": []any{object{"value": "Employee", "primary": true}}}, nil, ops(op(directory.Replace, "roles", []any{})),
		},
		"roles that exist are not added": {
			mapping.Options{}, []mapping.Row{{Target: "roles", Expression: complexly}}, set("appRoleAssignments", role("1", "employee", "E")),
			directory.Document{"roles": []any{object{"value": "admin"}, object{"value": "employee"}}}, nil, nil,
		},
		"the primary role": {
			mapping.Options{}, []mapping.Row{{Target: `roles[primary eq "True"].value`, Expression: single}}, set("appRoleAssignments", role("1", "admin", "A")),
			directory.Document{"roles": []any{object{"value": "other", "primary": false}, object{"value": "admin", "primary": true}}}, nil, nil,
		},
		"plain values in a list": {
			mapping.Options{}, []mapping.Row{{Target: "urn:test:2.0:User:tags", Source: "otherMails"}}, set("otherMails", "a", "b"),
			directory.Document{"urn:TEST:2.0:user": object{"Tags": []any{"b", object{"value": "a"}}}}, nil, nil,
		},
		"objects in a list": {
			mapping.Options{}, []mapping.Row{{Target: "urn:test:2.0:User:skills", Source: "otherMails"}}, set("otherMails", `{"proficiency": 3, "name": "Billing"}`),
			directory.Document{"urn:test:2.0:User": object{"skills": []any{object{"name": "Billing", "proficiency": 3.0}}}}, nil, nil,
		},
		"the manager is not part of the difference": {
			mapping.Options{}, []mapping.Row{{Target: enterprise + "manager", Source: "manager"}}, set("manager", "boss"), directory.Document{}, nil, nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			m := compile(t, tc.opts, base(tc.rows...)...)
			person := func(a directory.Attributes) directory.Attributes {
				out := directory.Attributes{"userPrincipalName": {"ada@contoso.com"}, "IsSoftDeleted": {"False"}}
				out.Merge(a)
				return out
			}
			doc := directory.Document{"id": "7", "userName": "ADA@contoso.com", "active": true}
			for k, v := range tc.doc {
				doc[k] = v
			}
			got, _, applied := m.Diff(apply(t, m, person(tc.have)), m.Current(doc))
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("operations (-want +got):\n%s", diff)
			}
			again, _, applied := m.Diff(apply(t, m, person(tc.have)), applied)
			if len(again) > 0 {
				t.Errorf("the same again sends %v", again)
			}
			next, _, _ := m.Diff(apply(t, m, person(nil)), applied)
			if diff := cmp.Diff(tc.next, next); diff != "" && len(tc.have) > 0 {
				t.Errorf("operations when the source is null (-want +got):\n%s", diff)
			}
		})
	}
}

func TestCurrentReadsReferencesInEveryForm(t *testing.T) {
	m := compile(t, mapping.Options{}, base(mapping.Row{Target: enterprise + "manager", Source: "manager"})...)
	urn := "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	for name, tc := range map[string]struct {
		manager any
		want    any
	}{
		"an object":           {map[string]any{"value": "7", "$ref": "/users/7"}, "7"},
		"text":                {"7", "7"},
		"an object in a list": {[]any{map[string]any{"value": "7"}}, "7"},
		"none":                {nil, nil},
		"an empty object":     {map[string]any{}, nil},
		"an empty text":       {"", nil},
		"an empty list":       {[]any{}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			current := m.Current(directory.Document{urn: map[string]any{"manager": tc.manager}})
			if got := current[enterprise+"manager"]; got != tc.want {
				t.Errorf("manager = %v, want %v", got, tc.want)
			}
			_, _, applied := m.Diff(mapping.Desired{}, current)
			if got := applied[enterprise+"manager"]; got != tc.want {
				t.Errorf("manager after Diff = %v, want it passed on", got)
			}
		})
	}
}

func TestRereadKeepsWhatIsOurs(t *testing.T) {
	m := compile(t, mapping.Options{ClearNullValues: true}, base(
		mapping.Row{Target: "title", Source: "jobTitle"}, mapping.Row{Target: "displayName", Source: "displayName"}, mapping.Row{Target: "roles", Expression: assertive},
	)...)
	applied := directory.Values{"userName": "ada", "active": true, "title": "Cook", "roles": []any{"admin"}}
	current := m.Current(directory.Document{
		"userName": "ada", "active": false, "title": "Changed by hand", "displayName": "Set by hand", "roles": []any{map[string]any{"value": "admin"}},
	})
	got, _, _ := m.Diff(apply(t, m, directory.Attributes{"userPrincipalName": {"ada"}}), m.Reread(applied, current))
	want := ops(op(directory.Replace, "active", true), op(directory.Replace, "roles", []any{}), op(directory.Remove, "title", nil))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("operations (-want +got):\n%s", diff)
	}
}

func TestRereadConcludesNothingFromAttributesThatMayNeverBeReturned(t *testing.T) {
	open := schema()
	open.Open = true
	const cost = "urn:example:2.0:User:costCenter"
	m, problems := mapping.Compile(users(base(
		mapping.Row{Target: "password", Source: "employeeId"}, mapping.Row{Target: cost, Source: "department"}, mapping.Row{Target: "title", Source: "jobTitle"},
	)...), open, mapping.Options{})
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	d := apply(t, m, directory.Attributes{"userPrincipalName": {"ada"}, "employeeId": {"s3cret"}, "department": {"17"}, "jobTitle": {"Cook"}})
	applied := directory.Values{"userName": "ada", "active": true, "password": "s3cret", cost: "17", "title": "Cook"}
	current := m.Current(directory.Document{"userName": "ada", "active": true})
	got, _, _ := m.Diff(d, m.Reread(applied, current))
	if diff := cmp.Diff(ops(op(directory.Add, "title", "Cook")), got); diff != "" {
		t.Errorf("operations (-want +got):\n%s", diff)
	}
	applied["password"], applied[cost] = "old", "16"
	if got, _, _ := m.Diff(d, m.Reread(applied, current)); len(got) != 3 {
		t.Errorf("operations for other values = %v, want three", got)
	}
}

func TestModified(t *testing.T) {
	m := compile(t, mapping.Options{ClearNullValues: true}, base(
		mapping.Row{Target: "title", Expression: "Redact([jobTitle])"},
		mapping.Row{Target: "displayName", Source: "displayName"},
		mapping.Row{Target: "roles", Expression: assertive},
	)...)
	first := apply(t, m, directory.Attributes{"userPrincipalName": {"ada"}, "jobTitle": {"Spy"}, "appRoleAssignments": {role("1", "admin", "A")}})
	want := []mapping.Modified{
		{Path: "userName", New: "ada"}, {Path: "active", New: "True"},
		{Path: "title", New: "[Redact]", Redacted: true}, {Path: "roles", New: "admin"},
	}
	if diff := cmp.Diff(want, m.Created(first)); diff != "" {
		t.Errorf("created (-want +got):\n%s", diff)
	}
	second := apply(t, m, directory.Attributes{
		"userPrincipalName": {"ada"}, "jobTitle": {"Chief spy"}, "displayName": {"Ada"}, "IsSoftDeleted": {"True"},
		"appRoleAssignments": {role("1", "admin", "A"), role("2", "agent", "B")},
	})
	_, got, applied := m.Diff(second, m.Sent(first))
	want = []mapping.Modified{
		{Path: "active", Old: "True", New: "False"},
		{Path: "title", Old: "[Redact]", New: "[Redact]", Redacted: true},
		{Path: "displayName", New: "Ada"},
		{Path: "roles", Old: "admin", New: "admin, agent"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("modified (-want +got):\n%s", diff)
	}
	_, got, _ = m.Diff(apply(t, m, directory.Attributes{"userPrincipalName": {"ada"}, "displayName": {"Ada"}, "IsSoftDeleted": {"True"}}), applied)
	want = []mapping.Modified{
		{Path: "title", Old: "[Redact]", Redacted: true},
		{Path: "roles", Old: "admin, agent"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("modified when cleared (-want +got):\n%s", diff)
	}
}
