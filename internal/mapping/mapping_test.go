package mapping_test

import (
	"flag"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/mapping"
)

// TestMain fixes the seed of the property tests unless one is given, so that a run can be repeated, and keeps them from
// writing into the source tree.
func TestMain(m *testing.M) {
	flag.Parse()
	for name, value := range map[string]string{"rapid.seed": "1", "rapid.nofailfile": "true"} {
		if f := flag.Lookup(name); f != nil && f.Value.String() == f.DefValue {
			_ = f.Value.Set(value)
		}
	}
	os.Exit(m.Run())
}

func TestKeysInTheOrderOfTheirPrecedence(t *testing.T) {
	m := compile(t, mapping.Options{},
		mapping.Row{Target: "externalId", Source: "employeeId", MatchingPrecedence: 2, DefaultValue: ptr("none")},
		mapping.Row{Target: "userName", Expression: "ToLower([userPrincipalName])", MatchingPrecedence: 1},
		mapping.Row{Target: "active", Expression: active},
	)
	if diff := cmp.Diff([]string{"userName", "externalId"}, m.MatchingPaths()); diff != "" {
		t.Errorf("paths (-want +got):\n%s", diff)
	}
	for name, tc := range map[string]struct {
		have directory.Attributes
		want []mapping.Key
	}{
		"both":              {directory.Attributes{"userPrincipalName": {"ADA"}, "employeeId": {"7"}}, []mapping.Key{{Path: "userName", Value: "ada"}, {Path: "externalId", Value: "7", CaseExact: true}}},
		"not by a default":  {directory.Attributes{"userPrincipalName": {"ADA"}}, []mapping.Key{{Path: "userName", Value: "ada"}}},
		"not by nothing":    {directory.Attributes{}, nil},
		"not by empty text": {directory.Attributes{"userPrincipalName": {""}, "employeeId": {""}}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, m.Keys(apply(t, m, tc.have))); diff != "" {
				t.Errorf("keys (-want +got):\n%s", diff)
			}
		})
	}
}

func TestSourceAttributes(t *testing.T) {
	m := compile(t, mapping.Options{}, base(
		mapping.Row{Target: `phoneNumbers[type eq "work"].value`, Source: "telephoneNumber"},
		mapping.Row{Target: "displayName", Expression: `Join(" ", [surname], [givenName])`},
		mapping.Row{Target: "title"},
	)...)
	want := []string{"IsSoftDeleted", "givenName", "surname", "telephoneNumber", "usageLocation", "userPrincipalName"}
	if diff := cmp.Diff(want, m.SourceAttributes()); diff != "" {
		t.Errorf("attributes (-want +got):\n%s", diff)
	}
	without := compile(t, mapping.Options{}, base(mapping.Row{Target: "displayName", Source: "displayName"})...)
	if diff := cmp.Diff([]string{"IsSoftDeleted", "displayName", "userPrincipalName"}, without.SourceAttributes()); diff != "" {
		t.Errorf("attributes without phone numbers (-want +got):\n%s", diff)
	}
}

func TestDisablesBy(t *testing.T) {
	name := mapping.Row{Target: "userName", Source: "mail", MatchingPrecedence: 1}
	for caseName, tc := range map[string]struct {
		rows []mapping.Row
		want string
	}{
		"active":              {[]mapping.Row{name, {Target: "active", Expression: active}}, "active"},
		"by Not":              {[]mapping.Row{name, {Target: "active", Expression: "Not([IsSoftDeleted])"}}, "active"},
		"another attribute":   {[]mapping.Row{name, {Target: "title", Expression: `IIF([IsSoftDeleted]="True", "left", "here")`}}, "title"},
		"active before it":    {[]mapping.Row{name, {Target: "title", Source: "IsSoftDeleted"}, {Target: "active", Expression: active}}, "active"},
		"only on create":      {[]mapping.Row{name, {Target: "active", Expression: active, OnCreateOnly: true}}, ""},
		"not mapped":          {[]mapping.Row{name}, ""},
		"accountEnabled only": {[]mapping.Row{name, {Target: "active", Source: "accountEnabled"}}, ""},
	} {
		t.Run(caseName, func(t *testing.T) {
			got, ok := compile(t, mapping.Options{}, tc.rows...).DisablesBy()
			if got != tc.want || ok != (tc.want != "") {
				t.Errorf("DisablesBy = %q, %v; want %q", got, ok, tc.want)
			}
		})
	}
}

func TestFingerprint(t *testing.T) {
	title := mapping.Row{Target: "title", Source: "jobTitle"}
	first := compile(t, mapping.Options{}, base(title)...).Fingerprint()
	spec := users(base(title)...)
	for name, tc := range map[string]struct {
		change func(*mapping.Spec, *mapping.Options)
		same   bool
	}{
		"nothing changes":          {func(*mapping.Spec, *mapping.Options) {}, true},
		"the order":                {func(s *mapping.Spec, _ *mapping.Options) { s.Rows[0], s.Rows[2] = s.Rows[2], s.Rows[0] }, true},
		"an example":               {func(s *mapping.Spec, _ *mapping.Options) { s.Examples = []mapping.Example{{Name: "x"}} }, true},
		"a row without a source":   {func(s *mapping.Spec, _ *mapping.Options) { s.Rows = append(s.Rows, mapping.Row{Target: "displayName"}) }, true},
		"the spelling of a target": {func(s *mapping.Spec, _ *mapping.Options) { s.Rows[2].Target = "TITLE" }, true},
		"a source":                 {func(s *mapping.Spec, _ *mapping.Options) { s.Rows[2].Source = "department" }, false},
		"an expression":            {func(s *mapping.Spec, _ *mapping.Options) { s.Rows[1].Expression = "Not([IsSoftDeleted])" }, false},
		"a default":                {func(s *mapping.Spec, _ *mapping.Options) { s.Rows[2].DefaultValue = ptr("x") }, false},
		"case":                     {func(s *mapping.Spec, _ *mapping.Options) { s.Rows[2].CaseExact = ptr(true) }, false},
		"when it is applied":       {func(s *mapping.Spec, _ *mapping.Options) { s.Rows[2].OnCreateOnly = true }, false},
		"an action":                {func(s *mapping.Spec, _ *mapping.Options) { s.Delete = false }, false},
		"null values":              {func(_ *mapping.Spec, o *mapping.Options) { o.ClearNullValues = true }, false},
	} {
		t.Run(name, func(t *testing.T) {
			s, o := spec, mapping.Options{}
			s.Rows = append([]mapping.Row(nil), spec.Rows...)
			tc.change(&s, &o)
			m, problems := mapping.Compile(s, schema(), o)
			if err := problems.Err(); err != nil {
				t.Fatal(err)
			}
			if got := m.Fingerprint(); (got == first) != tc.same {
				t.Errorf("same = %v, want %v", got == first, tc.same)
			}
		})
	}
}

// BenchmarkUnchangedPerson is what a full re-evaluation costs for each person who is as they should be.
func BenchmarkUnchangedPerson(b *testing.B) {
	m := compile(b, mapping.Options{}, base(
		mapping.Row{Target: "displayName", Expression: `Join(" ", [givenName], [surname])`},
		mapping.Row{Target: "title", Source: "jobTitle"},
		mapping.Row{Target: `emails[type eq "work"].value`, Source: "mail"},
		mapping.Row{Target: `phoneNumbers[type eq "mobile"].value`, Source: "mobile"},
		mapping.Row{Target: "roles", Expression: assertive},
		mapping.Row{Target: enterprise + "department", Source: "department"},
	)...)
	a := directory.Attributes{
		"userPrincipalName": {"ada@contoso.com"}, "IsSoftDeleted": {"False"}, "givenName": {"Ada"}, "surname": {"Example"}, "jobTitle": {"Cook"},
		"mail": {"ada@contoso.com"}, "mobile": {"+49301"}, "department": {"Sales"}, "appRoleAssignments": {role("1", "admin", "A")},
	}
	applied := m.Sent(apply(b, m, a))
	b.ReportAllocs()
	for b.Loop() {
		d, err := m.Apply(a, env)
		if err != nil {
			b.Fatal(err)
		}
		if operations, _, _ := m.Diff(d, applied); len(operations) > 0 {
			b.Fatalf("differs: %v", operations)
		}
	}
}
