package mapping_test

import (
	"strings"
	"testing"
	"time"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/expr"
	"github.com/entrain-dev/entrain/internal/fault"
	"github.com/entrain-dev/entrain/internal/mapping"
)

const (
	active    = `Switch([IsSoftDeleted], , "False", "True", "True", "False")`
	single    = `SingleAppRoleAssignment([appRoleAssignments])`
	complexly = `AppRoleAssignmentsComplex([appRoleAssignments])`
	assertive = `AssertiveAppRoleAssignmentsComplex([appRoleAssignments])`
)

// env is a world that stands still.
var env = expr.Env{Now: func() time.Time { return time.Date(2026, 1, 31, 9, 0, 0, 0, time.UTC) }}

// digits is the normalisation of the test schema: it keeps digits and a leading plus sign, and needs a country.
func digits(value, region string) (string, error) {
	out := strings.Map(func(r rune) rune {
		if r == '+' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, value)
	switch {
	case strings.HasPrefix(out, "+"):
		return out, nil
	case region == "DE" && strings.HasPrefix(out, "0"):
		return "+49" + out[1:], nil
	}
	return "", fault.New(fault.Invalid, "normalise", "The number has no country code.")
}

// schema is a target with one attribute of each sort.
func schema() directory.TargetSchema {
	return directory.TargetSchema{
		Name: "Test",
		Users: []directory.TargetAttribute{
			{Path: "userName", Type: directory.String, Required: true, Filterable: true},
			{Path: "active", Type: directory.Boolean},
			{Path: "displayName", Type: directory.String},
			{Path: "title", Type: directory.String},
			{Path: "externalId", Type: directory.String, Filterable: true, CaseExact: true},
			{Path: "name.givenName", Type: directory.String},
			{Path: "name.familyName", Type: directory.String},
			{Path: `emails[type eq "work"].value`, Type: directory.String},
			{Path: `phoneNumbers[type eq "work"].value`, Type: directory.String, Normalize: digits},
			{Path: `phoneNumbers[type eq "mobile"].value`, Type: directory.String, Normalize: digits},
			{Path: `phoneNumbers[type eq "mobile"].display`, Type: directory.String},
			{Path: "roles", Type: directory.String, MultiValued: true},
			{Path: `roles[primary eq "True"].value`, Type: directory.String},
			{Path: `roles[primary eq "True"].display`, Type: directory.String},
			{Path: `roles[primary eq "True"].type`, Type: directory.String},
			{Path: enterprise + "department", Type: directory.String},
			{Path: enterprise + "manager", Type: directory.Reference},
			{Path: "urn:test:2.0:User:level", Type: directory.Integer},
			{Path: "urn:test:2.0:User:share", Type: directory.Decimal},
			{Path: "urn:test:2.0:User:hired", Type: directory.DateTime},
			{Path: "urn:test:2.0:User:badge", Type: directory.Binary},
			{Path: "urn:test:2.0:User:tags", Type: directory.String, MultiValued: true},
			{Path: "urn:test:2.0:User:skills", Type: directory.Complex, MultiValued: true},
			{Path: `emails[type eq "other"].value`, Type: directory.String, ReadOnly: true, Filterable: true},
		},
		Groups: []directory.TargetAttribute{
			{Path: "displayName", Type: directory.String, Required: true, Filterable: true},
			{Path: "externalId", Type: directory.String, CaseExact: true},
			{Path: "members", Type: directory.Reference, MultiValued: true},
		},
	}
}

func ptr[T any](v T) *T { return &v }

// base holds what every mapping of the test target needs.
func base(rows ...mapping.Row) []mapping.Row {
	return append([]mapping.Row{
		{Target: "userName", Source: "userPrincipalName", MatchingPrecedence: 1},
		{Target: "active", Expression: active},
	}, rows...)
}

func users(rows ...mapping.Row) mapping.Spec {
	return mapping.Spec{Kind: directory.User, Create: true, Update: true, Delete: true, Rows: rows}
}

// compile compiles a mapping of users that must have no mistake; warnings are allowed.
func compile(t testing.TB, opts mapping.Options, rows ...mapping.Row) *mapping.Mapping {
	t.Helper()
	m, problems := mapping.Compile(users(rows...), schema(), opts)
	if err := problems.Err(); err != nil {
		t.Fatalf("the mapping does not compile:\n%v", err)
	}
	return m
}

func apply(t testing.TB, m *mapping.Mapping, a directory.Attributes) mapping.Desired {
	t.Helper()
	if _, ok := a["IsSoftDeleted"]; !ok {
		a["IsSoftDeleted"] = []string{"False"}
	}
	d, err := m.Apply(a, env)
	if err != nil {
		t.Fatalf("apply: %v", err)
	}
	return d
}

// role is an element of appRoleAssignments.
func role(id, value, display string) string {
	return `{"id":"` + id + `","value":"` + value + `","displayName":"` + display + `"}`
}

func texts(problems fault.Problems) []string {
	var out []string
	for _, p := range problems {
		s := p.String()
		if p.Warning {
			s = "warning: " + s
		}
		out = append(out, s)
	}
	return out
}
