package mapping_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/entrain-dev/entrain/internal/mapping"
)

func TestExamples(t *testing.T) {
	rows := base(
		mapping.Row{Target: `phoneNumbers[type eq "mobile"].value`, Source: "mobile"},
		mapping.Row{Target: "roles", Expression: assertive},
		mapping.Row{Target: enterprise + "manager", Source: "manager"},
		mapping.Row{Target: "displayName", Expression: `Join(" ", [givenName], [surname])`},
	)
	for name, tc := range map[string]struct {
		example     mapping.Example
		wantCompile []string
		wantRun     []string
	}{
		"all as expected": {mapping.Example{
			Source: map[string][]string{
				"userPrincipalName": {"ada@contoso.com"}, "mobile": {"+49 30 1"}, "manager": {"boss"},
				"appRoleAssignments": {role("1", "admin", "A"), role("2", "agent", "B")},
			},
			Expect: map[string]string{
				"userName": "ada@contoso.com", "active": "true", `phoneNumbers[TYPE eq "mobile"].value`: "+49301", "roles": "admin, agent",
				enterprise + "manager": "boss", "displayName": "",
			},
		}, nil, nil},
		"somebody who leaves": {mapping.Example{
			Source: map[string][]string{"IsSoftDeleted": {"True"}}, Expect: map[string]string{"active": "False"},
		}, nil, nil},
		"another value": {mapping.Example{
			Name: "joiner", Source: map[string][]string{"userPrincipalName": {"ada@contoso.com"}}, Expect: map[string]string{"userName": "ADA@contoso.com"},
		}, nil, []string{`examples[0].expect[userName]: the example "joiner" expects "ADA@contoso.com" and the mapping gives "ada@contoso.com"`}},
		"a value that was not expected": {mapping.Example{
			Name: "joiner", Source: map[string][]string{"manager": {"boss"}}, Expect: map[string]string{enterprise + "manager": ""},
		}, nil, []string{`examples[0].expect[` + enterprise + `manager]: the example "joiner" expects no value and the mapping gives "boss"`}},
		"a value that is left out": {mapping.Example{
			Name: "joiner", Source: map[string][]string{"mobile": {"030 1"}}, Expect: map[string]string{`phoneNumbers[type eq "mobile"].value`: "+49301"},
		}, nil, []string{`examples[0].expect[phoneNumbers[type eq "mobile"].value]: the example "joiner" expects "+49301" and the mapping gives no value: The number has no country code.`}},
		"names that do not exist": {mapping.Example{
			Source: map[string][]string{"userPrincipleName": {"x"}, "shoeSize": {"43"}}, Expect: map[string]string{"userNam": "x", "title": "y"},
		}, []string{
			`examples[0].source[shoeSize]: User has no source attribute "shoeSize"`,
			`examples[0].source[userPrincipleName]: User has no source attribute "userPrincipleName"; did you mean userPrincipalName?`,
			"examples[0].expect[title]: the mapping has no row with a value for title",
			"examples[0].expect[userNam]: the mapping has no row for userNam; did you mean userName?",
		}, []string{
			"examples[0].expect[title]: the mapping has no row with a value for title",
			"examples[0].expect[userNam]: the mapping has no row for userNam; did you mean userName?",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			spec := users(rows...)
			spec.Examples = []mapping.Example{tc.example}
			m, problems := mapping.Compile(spec, schema(), mapping.Options{})
			if diff := cmp.Diff(tc.wantCompile, texts(problems)); diff != "" {
				t.Errorf("problems of Compile (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tc.wantRun, texts(mapping.RunExamples(m, spec.Examples, env))); diff != "" {
				t.Errorf("problems of RunExamples (-want +got):\n%s", diff)
			}
		})
	}
}

func TestExampleThatFails(t *testing.T) {
	m := compile(t, mapping.Options{}, base(mapping.Row{Target: "title", Expression: "CDate([jobTitle])"})...)
	problems := mapping.RunExamples(m, []mapping.Example{{Name: "ok"}, {Name: "joiner", Source: map[string][]string{"jobTitle": {"no date"}}}}, env)
	if len(problems) != 1 || problems[0].Path != "examples[1]" || problems[0].Warning {
		t.Errorf("problems = %v, want one at examples[1]", problems)
	}
}
