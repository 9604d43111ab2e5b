package mapping_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/mapping"
	"github.com/entrain-dev/entrain/internal/scim/profile"
)

func TestProblemsOfTargets(t *testing.T) {
	open := schema()
	open.Open = true
	for name, tc := range map[string]struct {
		schema directory.TargetSchema
		rows   []mapping.Row
		want   []string
	}{
		"a correct mapping": {schema(), base(mapping.Row{Target: "title", Source: "jobTitle"}), nil},
		"a letter too many": {schema(), base(mapping.Row{Target: `phoneNumberss[type eq "mobile"].value`, Source: "mobile"}), []string{
			`attributes[2].target: Test has no attribute phoneNumberss[type eq "mobile"].value; did you mean phoneNumbers[type eq "mobile"].value?`,
		}},
		"a letter too many where custom attributes are allowed": {open, base(mapping.Row{Target: `phoneNumberss[type eq "pager"].value`, Source: "mobile"}), []string{
			`attributes[2].target: Test has no attribute phoneNumberss[type eq "pager"].value; did you mean phoneNumbers[type eq "pager"].value?`,
		}},
		"a custom extension where they are allowed":            {open, base(mapping.Row{Target: "urn:ietf:params:scim:schemas:extension:x:2.0:User:cube", Source: "jobTitle"}), nil},
		"an unlisted type where custom attributes are allowed": {open, base(mapping.Row{Target: `phoneNumbers[type eq "pager"].value`, Source: "mobile"}), nil},
		"a type that the target does not know": {schema(), base(mapping.Row{Target: `phoneNumbers[type eq "telefax machine"].value`, Source: "mobile"}), []string{
			`attributes[2].target: Test has no attribute phoneNumbers[type eq "telefax machine"].value; it has phoneNumbers[type eq "work"].value, phoneNumbers[type eq "mobile"].value, phoneNumbers[type eq "mobile"].display`,
		}},
		"an attribute that the target does not know": {schema(), base(mapping.Row{Target: "shoeSizeInCentimetres", Source: "jobTitle"}), []string{
			"attributes[2].target: Test has no attribute shoeSizeInCentimetres; remove the row or choose an attribute of the profile's default mapping",
		}},
		"an attribute of an extension without its URN": {schema(), base(mapping.Row{Target: "Department", Source: "department"}), []string{
			"attributes[2].target: Test has no attribute Department; did you mean that of the extension, " + enterprise + "department?",
		}},
		"no target": {schema(), base(mapping.Row{Source: "jobTitle"}), []string{"attributes[2].target: the path is empty; write a SCIM path such as userName"}},
		"the id": {schema(), base(mapping.Row{Target: "id", Source: "objectId"}), []string{
			"attributes[2].target: id cannot be mapped: the target gives it; map objectId to externalId to keep the id of Entra",
		}},
		"memberships of a person":            {schema(), base(mapping.Row{Target: "members", Source: "manager"}), []string{"attributes[2].target: members belongs to groups; remove the row"}},
		"a read-only attribute":              {schema(), base(mapping.Row{Target: `emails[type eq "other"].value`, Source: "mail"}), []string{`attributes[2].target: emails[type eq "other"].value is kept by Test itself and cannot be written; remove the row`}},
		"a read-only attribute finds people": {schema(), base(mapping.Row{Target: `emails[type eq "other"].value`, Source: "mail", MatchingPrecedence: 2}), nil},
		"a whole element": {open, base(mapping.Row{Target: `emails[type eq "home"]`, Source: "mail"}), []string{
			`attributes[2].target: emails[type eq "home"] addresses a whole element; say which part of it is meant, as in emails[type eq "home"].value`,
		}},
		"a part of no element": {open, base(mapping.Row{Target: "emails.value", Source: "mail"}), []string{
			`attributes[2].target: emails.value does not say which element is meant; write, for example, emails[type eq "work"].value`,
		}},
		"one target twice": {schema(), base(mapping.Row{Target: "USERNAME", Source: "mail"}), []string{"attributes[2].target: userName is mapped twice, here and in attributes[0]; keep one of the rows"}},
		"the whole and a part": {schema(), base(
			mapping.Row{Target: "roles", Expression: assertive}, mapping.Row{Target: `roles[primary eq "True"].value`, Expression: single},
		), []string{`attributes[3].target: roles[primary eq "True"].value is a part of an attribute that attributes[2] maps as a whole; keep one of the rows`}},
		"a part and the whole": {schema(), base(
			mapping.Row{Target: `roles[primary eq true].value`, Expression: single}, mapping.Row{Target: "roles", Expression: assertive},
		), []string{`attributes[3].target: roles is mapped as a whole although attributes[2] maps a part of it; keep one of the rows`}},
		"a required attribute is missing": {schema(), []mapping.Row{{Target: "active", Expression: active}, {Target: "externalId", Source: "objectId", MatchingPrecedence: 1}}, []string{
			"attributes: userName is required by Test and no row gives it a value; add a row with target userName",
		}},
		"a required attribute is listed but unmapped": {schema(), []mapping.Row{{Target: "userName"}, {Target: "active", Expression: active}, {Target: "externalId", Source: "objectId", MatchingPrecedence: 1}}, []string{
			"attributes: userName is required by Test and no row gives it a value; add a row with target userName",
		}},
		"nobody is ever disabled": {schema(), []mapping.Row{{Target: "userName", Source: "userPrincipalName", MatchingPrecedence: 1}}, []string{
			`warning: attributes: no row reads IsSoftDeleted, so that people who leave are not disabled; map Switch([IsSoftDeleted], , "False", "True", "True", "False") to active`,
		}},
	} {
		t.Run(name, func(t *testing.T) {
			_, problems := mapping.Compile(users(tc.rows...), tc.schema, mapping.Options{})
			if diff := cmp.Diff(tc.want, texts(problems)); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}

func TestProblemsOfSources(t *testing.T) {
	for name, tc := range map[string]struct {
		row  mapping.Row
		want []string
	}{
		"a misspelt attribute":    {mapping.Row{Target: "title", Source: "jobTitel"}, []string{`attributes[2].source: User has no source attribute "jobTitel"; did you mean jobTitle?`}},
		"an attribute nobody has": {mapping.Row{Target: "title", Source: "shoeSize"}, []string{`attributes[2].source: User has no source attribute "shoeSize"; use an attribute of Entra, or a constant for a fixed text`}},
		"two sources":             {mapping.Row{Target: "title", Source: "jobTitle", Constant: ptr("x")}, []string{"attributes[2]: the row for title has more than one of source, expression and constant; keep one"}},
		"roles directly": {mapping.Row{Target: "roles", Source: "appRoleAssignments"}, []string{
			"attributes[2].source: appRoleAssignments cannot be mapped directly; use an expression with SingleAppRoleAssignment, AppRoleAssignmentsComplex or AssertiveAppRoleAssignmentsComplex, such as AssertiveAppRoleAssignmentsComplex([appRoleAssignments])",
		}},
		"several values where one is taken": {mapping.Row{Target: "title", Source: "proxyAddresses"}, []string{
			"warning: attributes[2].source: proxyAddresses has several values and title takes one: people with more than one value go without; use an expression that picks one, such as Item([proxyAddresses], 1)",
		}},
		"a reference to text": {mapping.Row{Target: "title", Source: "manager"}, []string{
			"attributes[2].source: manager refers to another object and title takes no reference; map it to a reference such as urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager",
		}},
		"text to a reference":       {mapping.Row{Target: enterprise + "manager", Source: "mail"}, []string{"attributes[2].source: " + enterprise + "manager refers to another resource and mail is no reference; map manager to it"}},
		"a constant to a reference": {mapping.Row{Target: enterprise + "manager", Constant: ptr("x")}, []string{"attributes[2].constant: " + enterprise + "manager refers to another object and cannot have a constant; map a reference such as manager to it"}},
		"an expression without a reference to a reference": {mapping.Row{Target: enterprise + "manager", Expression: `ToLower([mail])`}, []string{
			"attributes[2].expression: " + enterprise + "manager refers to another resource and the expression reads no reference; use manager",
		}},
		"a constant that is no number":            {mapping.Row{Target: "urn:test:2.0:User:level", Constant: ptr("high")}, []string{`attributes[2].constant: the constant "high" does not fit urn:test:2.0:User:level: The value is no whole number.`}},
		"a default that is no date":               {mapping.Row{Target: "urn:test:2.0:User:hired", Source: "employeeHireDate", DefaultValue: ptr("soon")}, []string{`attributes[2].defaultValue: the default value "soon" does not fit urn:test:2.0:User:hired: The value is no date; the target takes dates such as 2026-01-31T09:00:00Z.`}},
		"a constant that the target cannot store": {mapping.Row{Target: `phoneNumbers[type eq "work"].value`, Constant: ptr("1234")}, []string{`attributes[2].constant: the constant "1234" does not fit phoneNumbers[type eq "work"].value: The number has no country code.`}},
		"a clock in every evaluation": {mapping.Row{Target: "title", Expression: "Now()"}, []string{
			"warning: attributes[2].expression: the expression gives another value every time, so that title is sent again in every evaluation; apply it OnlyDuringObjectCreation",
		}},
		"a clock on create": {mapping.Row{Target: "title", Expression: "Now()", OnCreateOnly: true}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			_, problems := mapping.Compile(users(base(tc.row)...), schema(), mapping.Options{})
			if diff := cmp.Diff(tc.want, texts(problems)); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}

func TestExpressionProblemsHaveAPlace(t *testing.T) {
	_, problems := mapping.Compile(users(base(mapping.Row{Target: "title", Expression: "Join(\" \",\n  [givenNam], [surname])"})...), schema(), mapping.Options{})
	if len(problems) != 1 {
		t.Fatalf("problems = %v, want one", problems)
	}
	p := problems[0]
	if p.Path != "attributes[2].expression" || p.Line != 2 || p.Column != 3 || p.Warning {
		t.Errorf("place = %s:%d:%d, warning %v; want attributes[2].expression:2:3", p.Path, p.Line, p.Column, p.Warning)
	}
	if !strings.Contains(p.Message, "givenName") {
		t.Errorf("message does not offer givenName: %s", p.Message)
	}
}

// The expression language refuses roles outside the role functions by itself.
func TestRolesAreReadOnlyByTheRoleFunctions(t *testing.T) {
	for _, text := range []string{"[appRoleAssignments]", `Join(",", [appRoleAssignments])`, "Item([appRoleAssignments], 1)"} {
		_, problems := mapping.Compile(users(base(mapping.Row{Target: "roles", Expression: text})...), schema(), mapping.Options{})
		if problems.Err() == nil || problems[0].Path != "attributes[2].expression" {
			t.Errorf("%s: problems = %v, want one at the expression", text, problems)
		}
	}
}

func TestProblemsOfMatching(t *testing.T) {
	for name, tc := range map[string]struct {
		rows []mapping.Row
		want []string
	}{
		"nothing is matched by": {[]mapping.Row{{Target: "userName", Source: "mail"}, {Target: "active", Expression: active}}, []string{
			"attributes: no row has a matchingPrecedence, so that nobody who exists in the target would be found; give userName, or displayName of a group, the precedence 1",
		}},
		"the same precedence twice": {base(mapping.Row{Target: "externalId", Source: "objectId", MatchingPrecedence: 1}), []string{
			"attributes[2].matchingPrecedence: attributes[0] and attributes[2] have the same precedence 1; number matching attributes 1, 2, 3",
		}},
		"a negative precedence": {base(mapping.Row{Target: "externalId", Source: "objectId", MatchingPrecedence: -1}), []string{
			"attributes[2].matchingPrecedence: the precedence of matching attributes begins with 1; write 1, or remove it",
		}},
		"an attribute that cannot be searched": {base(mapping.Row{Target: "title", Source: "jobTitle", MatchingPrecedence: 2}), []string{
			"attributes[2].matchingPrecedence: Test cannot search by title; match by userName or externalId",
		}},
		"a constant": {base(mapping.Row{Target: "externalId", Constant: ptr("x"), MatchingPrecedence: 2}), []string{
			"attributes[2].matchingPrecedence: a constant is the same for everybody and finds nobody; match by an attribute that differs, such as userPrincipalName",
		}},
		"a row without a source": {base(mapping.Row{Target: "externalId", MatchingPrecedence: 2}), []string{
			"attributes[2].matchingPrecedence: externalId has no source and cannot find anybody; give it a source or remove the precedence",
		}},
		"a reference": {base(mapping.Row{Target: enterprise + "manager", Source: "manager", MatchingPrecedence: 2}), []string{
			"attributes[2].matchingPrecedence: " + enterprise + "manager cannot be matched by, because it holds no single value",
		}},
		"a random value": {base(mapping.Row{Target: "externalId", Expression: "Guid()", OnCreateOnly: true, MatchingPrecedence: 2}), []string{
			"attributes[2].matchingPrecedence: the expression gives another value every time and finds nobody; match by a lasting attribute",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			_, problems := mapping.Compile(users(tc.rows...), schema(), mapping.Options{})
			if diff := cmp.Diff(tc.want, texts(problems)); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}

func TestProblemsOfGroups(t *testing.T) {
	match := mapping.Row{Target: "displayName", Source: "displayName", MatchingPrecedence: 1}
	for name, tc := range map[string]struct {
		kind directory.Kind
		row  mapping.Row
		want []string
	}{
		"members":                   {directory.Group, mapping.Row{Target: "members", Source: "members"}, nil},
		"members by an expression":  {directory.Group, mapping.Row{Target: "members", Expression: "[members]"}, nil},
		"something else as members": {directory.Group, mapping.Row{Target: "members", Source: "displayName"}, []string{"attributes[1].source: members takes the members of the group; its source must be members"}},
		"members as text":           {directory.Group, mapping.Row{Target: "externalId", Source: "members"}, []string{"attributes[1].source: members can only be mapped to the target attribute members"}},
		"a person's attribute":      {directory.Group, mapping.Row{Target: "externalId", Source: "jobTitle"}, []string{`attributes[1].source: Group has no source attribute "jobTitle"; use an attribute of Entra, or a constant for a fixed text`}},
		"an object that nobody knows": {"Device", mapping.Row{}, []string{
			`objectType: there is no object type "Device"; write User or Group`,
			`attributes[0].source: Device has no source attribute "displayName"; did you mean displayName?`,
			"attributes[1].target: the path is empty; write a SCIM path such as userName",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			spec := mapping.Spec{Kind: tc.kind, Update: true, Rows: []mapping.Row{match, tc.row}}
			_, problems := mapping.Compile(spec, schema(), mapping.Options{})
			if tc.kind == "Device" { // what follows from the unknown kind does not matter
				problems = problems[:1]
				tc.want = tc.want[:1]
			}
			if diff := cmp.Diff(tc.want, texts(problems)); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDefaultMappingsOfTheProfilesCompile(t *testing.T) {
	for _, name := range profile.Names() {
		p, err := profile.Lookup(name, profile.Options{})
		if err != nil {
			t.Fatal(err)
		}
		for _, kind := range []directory.Kind{directory.User, directory.Group} {
			t.Run(name+" "+string(kind), func(t *testing.T) {
				spec := mapping.Spec{Kind: kind, Create: kind == directory.User || p.Capabilities.CreateGroups, Update: true, Delete: true}
				for _, r := range p.Rows(kind) {
					spec.Rows = append(spec.Rows, mapping.Row{
						Target: r.Target, Source: r.Source, Expression: r.Expression, Constant: r.Constant, MatchingPrecedence: r.MatchingPrecedence,
					})
				}
				m, problems := mapping.Compile(spec, p.Capabilities.Schema, mapping.Options{})
				if len(problems) > 0 {
					t.Errorf("problems:\n%v", problems)
				}
				if path, ok := m.DisablesBy(); kind == directory.User && (!ok || path != "active") {
					t.Errorf("DisablesBy = %q, %v; want active", path, ok)
				}
				if path, ok := m.Members(); kind == directory.Group && (!ok || path != "members") {
					t.Errorf("Members = %q, %v; want members", path, ok)
				}
			})
		}
	}
}

func TestTypingMistakesOfTheGenesysTutorial(t *testing.T) {
	p, err := profile.Lookup(profile.GenesysCloud, profile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct{ target, want string }{
		"a double s":                 {`phoneNumberss[type eq "work3"].value`, `did you mean phoneNumbers[type eq "work3"].value?`},
		"curly quotes":               {purecloud + "externalIds[authority eq ‘ringcentral’].value", "write " + purecloud + `externalIds[authority eq "ringcentral"].value with straight double quotes`},
		"a quote that is not closed": {purecloud + "externalIds[authority eq ‘zoomphone].value", "write " + purecloud + `externalIds[authority eq "zoomphone"].value with straight double quotes`},
	} {
		t.Run(name, func(t *testing.T) {
			spec := users(
				mapping.Row{Target: "userName", Source: "userPrincipalName", MatchingPrecedence: 1},
				mapping.Row{Target: "active", Expression: active},
				mapping.Row{Target: "displayName", Source: "displayName"},
				mapping.Row{Target: tc.target, Source: "mobile"},
			)
			_, problems := mapping.Compile(spec, p.Capabilities.Schema, mapping.Options{})
			if len(problems) != 1 || problems[0].Path != "attributes[3].target" || !strings.HasSuffix(problems[0].Message, tc.want) {
				t.Errorf("problems = %v, want one that ends with %s", problems, tc.want)
			}
		})
	}
}
