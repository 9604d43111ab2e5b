package scope_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/scope"
)

func TestProblems(t *testing.T) {
	one := func(attribute string, op scope.Operator, value string) []scope.Filter {
		return []scope.Filter{{Clauses: []scope.Clause{clause(attribute, op, value)}}}
	}
	for name, tc := range map[string]struct {
		kind    directory.Kind
		filters []scope.Filter
		want    []string
	}{
		"a correct filter": {directory.User, one("department", scope.Equals, "Sales"), nil},
		"a filter without clauses": {directory.User, []scope.Filter{{Title: "all"}},
			[]string{"filters[0].clauses: a scoping filter without clauses would let everybody in; add a clause or remove the filter"}},
		"an operator in another case": {directory.User, one("department", "equals", "Sales"),
			[]string{`filters[0].clauses[0].operator: the operator is spelled "EQUALS", not "equals"`}},
		"an operator with underscores": {directory.User, one("department", "IS_NOT_NULL", ""),
			[]string{`filters[0].clauses[0].operator: the operator is spelled "IS NOT NULL", not "IS_NOT_NULL"`}},
		"an operator with a typing mistake": {directory.User, one("department", "REGEX MACTH", "a"),
			[]string{`filters[0].clauses[0].operator: there is no operator "REGEX MACTH"; did you mean "REGEX MATCH"?`}},
		"an operator that others have": {directory.User, one("department", "STARTS_WITH", "a"),
			[]string{`filters[0].clauses[0].operator: there is no operator "STARTS_WITH"; use REGEX MATCH with a value such as "abc.*"`}},
		"an operator that nobody has": {directory.User, one("department", "sounds like", "a"),
			[]string{`filters[0].clauses[0].operator: there is no operator "sounds like"; write one of EQUALS, NOT EQUALS, Includes, ENDS_WITH, REGEX MATCH, NOT REGEX MATCH, Greater_Than, Greater_Than_OR_EQUALS, IS NULL, IS NOT NULL, IS TRUE, IS FALSE, &, !&`}},
		"a unary operator with a value": {directory.User, one("department", scope.IsNull, "Sales"),
			[]string{"filters[0].clauses[0].value: IS NULL takes no value; remove it, or use EQUALS to compare with a value"}},
		"EQUALS without a value": {directory.User, one("department", scope.Equals, ""),
			[]string{"filters[0].clauses[0].value: EQUALS needs a value; an attribute without a value is found by IS NULL"}},
		"NOT EQUALS without a value": {directory.User, one("department", scope.NotEquals, ""),
			[]string{"filters[0].clauses[0].value: NOT EQUALS needs a value; an attribute that has any value is found by IS NOT NULL"}},
		"REGEX MATCH without a value": {directory.User, one("department", scope.RegexMatch, ""),
			[]string{"filters[0].clauses[0].value: REGEX MATCH needs a value to compare with"}},
		"Includes with an empty value is legal but odd": {directory.User, one("department", scope.Includes, ""),
			[]string{"warning: filters[0].clauses[0].value: Includes with an empty value is true for everybody who has the attribute; write IS NOT NULL if that is meant"}},
		"an unknown attribute": {directory.User, one("departmnet", scope.Equals, "Sales"),
			[]string{`filters[0].clauses[0].attribute: User has no source attribute "departmnet"; did you mean department?`}},
		"an attribute in another case": {directory.User, one("Department", scope.Equals, "Sales"),
			[]string{`filters[0].clauses[0].attribute: User has no source attribute "Department"; did you mean department?`}},
		"an attribute of the other kind": {directory.Group, one("jobTitle", scope.Equals, "Sales"),
			[]string{`filters[0].clauses[0].attribute: Group has no source attribute "jobTitle"; use one of the attributes that mappings can read`}},
		"no attribute": {directory.User, one("", scope.Equals, "Sales"),
			[]string{"filters[0].clauses[0].attribute: the clause names no attribute; write a source attribute such as department"}},
		"a reference": {directory.User, one("manager", scope.IsNotNull, ""),
			[]string{"filters[0].clauses[0].attribute: manager cannot be used in a scoping filter: references cannot be compared in scoping filters"}},
		"the members of a group": {directory.Group, one("members", scope.IsNotNull, ""),
			[]string{"filters[0].clauses[0].attribute: members cannot be used in a scoping filter: references cannot be compared in scoping filters"}},
		"several values": {directory.User, one("proxyAddresses", scope.Includes, "x"),
			[]string{"filters[0].clauses[0].attribute: proxyAddresses cannot be used in a scoping filter: it has several values"}},
		"a date": {directory.User, one("employeeHireDate", scope.GreaterThan, "2020"),
			[]string{"filters[0].clauses[0].attribute: employeeHireDate cannot be used in a scoping filter: dates cannot be compared in scoping filters"}},
		"roles": {directory.User, one("appRoleAssignments", scope.Equals, "Admin"),
			[]string{"filters[0].clauses[0].attribute: appRoleAssignments cannot be used in a scoping filter: roles decide assignment, not scoping filters"}},
		"IS TRUE of text": {directory.User, one("department", scope.IsTrue, ""),
			[]string{"filters[0].clauses[0].operator: IS TRUE needs a Boolean attribute and department is none; use EQUALS with the value that is meant"}},
		"numbers of a Boolean": {directory.User, one("accountEnabled", scope.GreaterThan, "0"),
			[]string{"filters[0].clauses[0].operator: Greater_Than compares numbers and accountEnabled is Boolean; use IS TRUE or IS FALSE"}},
		"a Boolean never equals true in lower case": {directory.User, one("accountEnabled", scope.Equals, "true"),
			[]string{`filters[0].clauses[0].value: accountEnabled is Boolean, its values are "True" and "False"; use IS TRUE or IS FALSE`}},
		"Greater_Than with a fraction": {directory.User, one("employeeId", scope.GreaterThan, "1.5"),
			[]string{`filters[0].clauses[0].value: Greater_Than compares whole numbers from 0 and "1.5" is none; write digits only`}},
		"Greater_Than with a negative number": {directory.User, one("employeeId", scope.GreaterThanOrEquals, "-1"),
			[]string{`filters[0].clauses[0].value: Greater_Than_OR_EQUALS compares whole numbers from 0 and "-1" is none; write digits only`}},
		"a regular expression that is none": {directory.User, one("department", scope.RegexMatch, "(a"),
			[]string{"filters[0].clauses[0].value: the regular expression is not valid: missing closing ) in `(a`"}},
		"parentheses that only the whole-value match would close": {directory.User, one("department", scope.RegexMatch, "a)|(b"),
			[]string{"filters[0].clauses[0].value: the regular expression is not valid: unexpected ) in `a)|(b`"}},
		"a pattern meant for the beginning": {directory.User, one("department", scope.RegexMatch, "^abc"),
			[]string{`warning: filters[0].clauses[0].value: REGEX MATCH compares the whole value; to find values that only begin like this write "^abc.*"`}},
		"a pattern meant for the end": {directory.User, one("department", scope.RegexMatch, "abc$"),
			[]string{`warning: filters[0].clauses[0].value: REGEX MATCH compares the whole value; to find values that only end like this write ".*abc$"`}},
		"a pattern anchored on both sides": {directory.User, one("department", scope.RegexMatch, "^abc$"), nil},
		"every mistake is told at once": {directory.User, []scope.Filter{
			{Clauses: []scope.Clause{clause("department", scope.Equals, "a"), clause("nothing", "LIKES", "")}},
			{Clauses: []scope.Clause{clause("manager", scope.IsNull, "x")}},
		}, []string{
			`filters[0].clauses[1].attribute: User has no source attribute "nothing"; use one of the attributes that mappings can read`,
			`filters[0].clauses[1].operator: there is no operator "LIKES"; write one of EQUALS, NOT EQUALS, Includes, ENDS_WITH, REGEX MATCH, NOT REGEX MATCH, Greater_Than, Greater_Than_OR_EQUALS, IS NULL, IS NOT NULL, IS TRUE, IS FALSE, &, !&`,
			"filters[1].clauses[0].attribute: manager cannot be used in a scoping filter: references cannot be compared in scoping filters",
			"filters[1].clauses[0].value: IS NULL takes no value; remove it, or use EQUALS to compare with a value",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			_, problems := scope.Compile(tc.kind, tc.filters)
			var got []string
			for _, p := range problems {
				text := p.String()
				if p.Warning {
					text = "warning: " + text
				}
				got = append(got, text)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAttributesAreSortedAndUnique(t *testing.T) {
	set := compile(t,
		scope.Filter{Clauses: []scope.Clause{clause("department", scope.Equals, "a"), clause("country", scope.IsNull, "")}},
		scope.Filter{Clauses: []scope.Clause{clause("department", scope.Equals, "b")}},
	)
	if diff := cmp.Diff([]string{"country", "department"}, set.Attributes()); diff != "" {
		t.Errorf("attributes (-want +got):\n%s", diff)
	}
}

// FuzzEvaluate shows that no pattern, value or operator makes the package panic, and that a filter and its negation are
// never both true.
func FuzzEvaluate(f *testing.F) {
	f.Add("(a+)+b", "aaaa")
	f.Add(`(?x)a # (`, "a")
	f.Add("1", "2")
	f.Add("", "")
	opposites := map[scope.Operator]scope.Operator{
		scope.Equals: scope.NotEquals, scope.RegexMatch: scope.NotRegexMatch, scope.In: scope.NotIn,
	}
	f.Fuzz(func(t *testing.T, pattern, value string) {
		if len(pattern) > 64 || len(value) > 64 {
			return
		}
		for op, opposite := range opposites {
			a, problems := scope.Compile(directory.User, []scope.Filter{{Clauses: []scope.Clause{clause("department", op, pattern)}}})
			if problems.Err() != nil {
				continue
			}
			b, problems := scope.Compile(directory.User, []scope.Filter{{Clauses: []scope.Clause{clause("department", opposite, pattern)}}})
			if problems.Err() != nil {
				t.Fatalf("%s compiles %q and %s does not", op, pattern, opposite)
			}
			have := directory.Attributes{"department": {value}}
			va, vb := a.Evaluate(have), b.Evaluate(have)
			if va.Err != nil || vb.Err != nil {
				continue
			}
			if want := value != ""; (va.InScope != vb.InScope) != want {
				t.Errorf("%q %s %q is %v and its opposite %v", value, op, pattern, va.InScope, vb.InScope)
			}
		}
	})
}
