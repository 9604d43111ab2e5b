package scope_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/fault"
	"github.com/entrain-dev/entrain/internal/scope"
)

// compile compiles filters on users that must have no mistake; warnings are allowed.
func compile(t *testing.T, filters ...scope.Filter) *scope.Set {
	t.Helper()
	set, problems := scope.Compile(directory.User, filters)
	if err := problems.Err(); err != nil {
		t.Fatalf("filters do not compile: %v", err)
	}
	return set
}

func clause(attribute string, op scope.Operator, value string) scope.Clause {
	return scope.Clause{Attribute: attribute, Operator: op, Value: value}
}

func TestOperators(t *testing.T) {
	const ext = "extension_0123456789abcdef0123456789abcdef_x" // a directory extension may have any type
	var (
		null   = directory.Attributes{}
		having = func(values ...string) directory.Attributes {
			return directory.Attributes{"department": values, "accountEnabled": values, "employeeId": values, ext: values}
		}
	)
	type row struct {
		clause scope.Clause
		have   directory.Attributes
		want   bool
	}
	for name, tc := range map[string]row{
		"EQUALS the same":                         {clause("department", scope.Equals, "Sales"), having("Sales"), true},
		"EQUALS in another case":                  {clause("department", scope.Equals, "Sales"), having("sales"), false},
		"EQUALS is ordinal":                       {clause("department", scope.Equals, "é"), having("e\u0301"), false},
		"EQUALS null":                             {clause("department", scope.Equals, "Sales"), null, false},
		"EQUALS empty":                            {clause("department", scope.Equals, "Sales"), having(""), false},
		"EQUALS all of several":                   {clause("department", scope.Equals, "Sales"), having("Sales", "Sales"), true},
		"EQUALS one of several":                   {clause("department", scope.Equals, "Sales"), having("Sales", "IT"), false},
		"EQUALS keeps blanks":                     {clause("department", scope.Equals, "Sales"), having("Sales "), false},
		"EQUALS a Boolean":                        {clause("accountEnabled", scope.Equals, "True"), having("True"), true},
		"NOT EQUALS another":                      {clause("department", scope.NotEquals, "Sales"), having("IT"), true},
		"NOT EQUALS the same":                     {clause("department", scope.NotEquals, "Sales"), having("Sales"), false},
		"NOT EQUALS in another case":              {clause("department", scope.NotEquals, "Sales"), having("SALES"), true},
		"NOT EQUALS null":                         {clause("department", scope.NotEquals, "Sales"), null, false},
		"NOT EQUALS empty":                        {clause("department", scope.NotEquals, "Sales"), having(""), false},
		"NOT EQUALS one of several":               {clause("department", scope.NotEquals, "Sales"), having("IT", "Sales"), false},
		"Includes a part":                         {clause("department", scope.Includes, "ale"), having("Sales"), true},
		"Includes in another case":                {clause("department", scope.Includes, "ALE"), having("Sales"), false},
		"Includes nothing is in every value":      {clause("department", scope.Includes, ""), having("Sales"), true},
		"Includes nothing is not in null":         {clause("department", scope.Includes, ""), null, false},
		"Includes null":                           {clause("department", scope.Includes, "ale"), null, false},
		"Includes empty":                          {clause("department", scope.Includes, "ale"), having(""), false},
		"Includes one of several":                 {clause("department", scope.Includes, "ale"), having("Sales", "IT"), false},
		"ENDS_WITH the end":                       {clause("department", scope.EndsWith, "les"), having("Sales"), true},
		"ENDS_WITH the beginning":                 {clause("department", scope.EndsWith, "Sal"), having("Sales"), false},
		"ENDS_WITH in another case":               {clause("department", scope.EndsWith, "LES"), having("Sales"), false},
		"ENDS_WITH null":                          {clause("department", scope.EndsWith, "les"), null, false},
		"ENDS_WITH empty":                         {clause("department", scope.EndsWith, "les"), having(""), false},
		"REGEX MATCH documented example":          {clause("department", scope.RegexMatch, `.*\@domain.com`), having("ada@domain.com"), true},
		"REGEX MATCH whole value only":            {clause("department", scope.RegexMatch, `([1-9][0-9])`), having("123"), false},
		"REGEX MATCH whole value":                 {clause("department", scope.RegexMatch, `([1-9][0-9])`), having("99"), true},
		"REGEX MATCH tries every alternative":     {clause("department", scope.RegexMatch, `a|ab`), having("ab"), true},
		"REGEX MATCH in another case":             {clause("department", scope.RegexMatch, `sales`), having("Sales"), false},
		"REGEX MATCH with the option for case":    {clause("department", scope.RegexMatch, `(?i)sales`), having("Sales"), true},
		"REGEX MATCH with look-around":            {clause("department", scope.RegexMatch, `(?!IT)[A-Z].*`), having("Sales"), true},
		"REGEX MATCH with a back reference":       {clause("department", scope.RegexMatch, `(.)\1`), having("aa"), true},
		"REGEX MATCH with a comment at its end":   {clause("department", scope.RegexMatch, `(?x)Sales # the department`), having("Sales"), true},
		"REGEX MATCH ends before a line break":    {clause("department", scope.RegexMatch, `Sales`), having("Sales\n"), false},
		"REGEX MATCH null":                        {clause("department", scope.RegexMatch, `.*`), null, false},
		"REGEX MATCH empty":                       {clause("department", scope.RegexMatch, `.*`), having(""), false},
		"REGEX MATCH one of several":              {clause("department", scope.RegexMatch, `S.*`), having("Sales", "IT"), false},
		"NOT REGEX MATCH another":                 {clause("department", scope.NotRegexMatch, `S.*`), having("IT"), true},
		"NOT REGEX MATCH the same":                {clause("department", scope.NotRegexMatch, `S.*`), having("Sales"), false},
		"NOT REGEX MATCH in another case":         {clause("department", scope.NotRegexMatch, `S.*`), having("sales"), true},
		"NOT REGEX MATCH null":                    {clause("department", scope.NotRegexMatch, `S.*`), null, false},
		"NOT REGEX MATCH empty":                   {clause("department", scope.NotRegexMatch, `S.*`), having(""), false},
		"Greater_Than greater":                    {clause("employeeId", scope.GreaterThan, "99"), having("100"), true},
		"Greater_Than equal":                      {clause("employeeId", scope.GreaterThan, "99"), having("99"), false},
		"Greater_Than with leading zeros":         {clause("employeeId", scope.GreaterThan, "0099"), having("00100"), true},
		"Greater_Than longer than an integer":     {clause("employeeId", scope.GreaterThan, "99999999999999999998"), having("99999999999999999999"), true},
		"Greater_Than no number":                  {clause("employeeId", scope.GreaterThan, "0"), having("A12"), false},
		"Greater_Than a negative number":          {clause("employeeId", scope.GreaterThan, "0"), having("-12"), false},
		"Greater_Than null":                       {clause("employeeId", scope.GreaterThan, "0"), null, false},
		"Greater_Than empty":                      {clause("employeeId", scope.GreaterThan, "0"), having(""), false},
		"Greater_Than_OR_EQUALS equal":            {clause("employeeId", scope.GreaterThanOrEquals, "99"), having("99"), true},
		"Greater_Than_OR_EQUALS equal with zeros": {clause("employeeId", scope.GreaterThanOrEquals, "0"), having("000"), true},
		"Greater_Than_OR_EQUALS smaller":          {clause("employeeId", scope.GreaterThanOrEquals, "99"), having("98"), false},
		"Greater_Than_OR_EQUALS null":             {clause("employeeId", scope.GreaterThanOrEquals, "0"), null, false},
		"IS NULL null":                            {clause("department", scope.IsNull, ""), null, true},
		"IS NULL empty":                           {clause("department", scope.IsNull, ""), having(""), true},
		"IS NULL only empty values":               {clause("department", scope.IsNull, ""), having("", ""), true},
		"IS NULL a value":                         {clause("department", scope.IsNull, ""), having("Sales"), false},
		"IS NOT NULL null":                        {clause("department", scope.IsNotNull, ""), null, false},
		"IS NOT NULL empty":                       {clause("department", scope.IsNotNull, ""), having(""), false},
		"IS NOT NULL a value":                     {clause("department", scope.IsNotNull, ""), having("Sales"), true},
		"IS NOT NULL a value after an empty one":  {clause("department", scope.IsNotNull, ""), having("", "Sales"), true},
		"IS TRUE true":                            {clause("accountEnabled", scope.IsTrue, ""), having("True"), true},
		"IS TRUE false":                           {clause("accountEnabled", scope.IsTrue, ""), having("False"), false},
		"IS TRUE null":                            {clause("accountEnabled", scope.IsTrue, ""), null, false},
		"IS TRUE of a directory extension":        {clause(ext, scope.IsTrue, ""), having("true"), true},
		"IS TRUE of an extension that is text":    {clause(ext, scope.IsTrue, ""), having("yes"), false},
		"IS FALSE false":                          {clause("accountEnabled", scope.IsFalse, ""), having("False"), true},
		"IS FALSE true":                           {clause("accountEnabled", scope.IsFalse, ""), having("True"), false},
		"IS FALSE null":                           {clause("accountEnabled", scope.IsFalse, ""), null, false},
		"IS FALSE of an extension that is text":   {clause(ext, scope.IsFalse, ""), having("no"), false},
		"& in the list":                           {clause("department", scope.In, "Sales,IT"), having("IT"), true},
		"& not in the list":                       {clause("department", scope.In, "Sales,IT"), having("HR"), false},
		"& in another case":                       {clause("department", scope.In, "Sales,IT"), having("it"), false},
		"& null":                                  {clause("department", scope.In, "Sales,IT"), null, false},
		"& empty":                                 {clause("department", scope.In, "Sales,IT"), having(""), false},
		"& one of several":                        {clause("department", scope.In, "Sales,IT"), having("IT", "HR"), false},
		"!& not in the list":                      {clause("department", scope.NotIn, "Sales,IT"), having("HR"), true},
		"!& in the list":                          {clause("department", scope.NotIn, "Sales,IT"), having("IT"), false},
		"!& in another case":                      {clause("department", scope.NotIn, "Sales,IT"), having("it"), true},
		"!& null":                                 {clause("department", scope.NotIn, "Sales,IT"), null, false},
		"!& empty":                                {clause("department", scope.NotIn, "Sales,IT"), having(""), false},
	} {
		t.Run(name, func(t *testing.T) {
			set := compile(t, scope.Filter{Title: "f", Clauses: []scope.Clause{tc.clause}})
			got := set.Evaluate(tc.have)
			if got.InScope != tc.want || got.Err != nil {
				t.Errorf("InScope = %v, Err = %v; want %v", got.InScope, got.Err, tc.want)
			}
			if len(got.Clauses) != 1 || got.Clauses[0].Result != tc.want {
				t.Errorf("clauses = %+v, want one with result %v", got.Clauses, tc.want)
			}
		})
	}
}

func TestClausesAreAndedAndFiltersOred(t *testing.T) {
	sales := scope.Filter{Title: "Sales in Germany", Clauses: []scope.Clause{
		clause("department", scope.Equals, "Sales"), clause("country", scope.IsNotNull, ""),
	}}
	chiefs := scope.Filter{Title: "Chiefs", Clauses: []scope.Clause{clause("jobTitle", scope.Includes, "Chief")}}
	for name, tc := range map[string]struct {
		have        directory.Attributes
		filters     []scope.Filter
		want        bool
		wantClauses []string
	}{
		"no filters let everybody in": {directory.Attributes{}, nil, true, nil},
		"all clauses of one filter": {
			directory.Attributes{"department": {"Sales"}, "country": {"Germany"}}, []scope.Filter{sales, chiefs}, true,
			[]string{"Sales in Germany department EQUALS Sales: true", "Sales in Germany country IS NOT NULL: true", "Chiefs jobTitle Includes Chief: false"},
		},
		"one clause of each is not enough": {
			directory.Attributes{"department": {"Sales"}}, []scope.Filter{sales, chiefs}, false,
			[]string{"Sales in Germany department EQUALS Sales: true", "Sales in Germany country IS NOT NULL: false", "Chiefs jobTitle Includes Chief: false"},
		},
		"the second filter alone": {
			directory.Attributes{"jobTitle": {"Chief Cook"}}, []scope.Filter{sales, chiefs}, true,
			[]string{"Sales in Germany department EQUALS Sales: false", "Sales in Germany country IS NOT NULL: false", "Chiefs jobTitle Includes Chief: true"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			set := compile(t, tc.filters...)
			got := set.Evaluate(tc.have)
			if got.InScope != tc.want {
				t.Errorf("InScope = %v, want %v", got.InScope, tc.want)
			}
			var texts []string
			for _, r := range got.Clauses {
				texts = append(texts, r.String()+": "+map[bool]string{true: "true", false: "false"}[r.Result])
			}
			if diff := cmp.Diff(tc.wantClauses, texts); diff != "" {
				t.Errorf("clauses (-want +got):\n%s", diff)
			}
		})
	}
}

func TestClauseKeyIsThatOfTheProvisioningLog(t *testing.T) {
	for name, tc := range map[string]struct {
		result scope.ClauseResult
		want   string
	}{
		"with a value":    {scope.ClauseResult{Title: "Sales", Attribute: "department", Operator: scope.Equals, Value: "Sales"}, "Sales.department EQUALS 'Sales'"},
		"without a value": {scope.ClauseResult{Title: "Sales", Attribute: "country", Operator: scope.IsNotNull}, "Sales.country IS NOT NULL"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := tc.result.Key(); got != tc.want {
				t.Errorf("Key() = %q, want %q", got, tc.want)
			}
		})
	}
}

// TestTimeOutDecidesNothing shows that an expression which runs into its time limit neither lets anybody in nor out.
func TestTimeOutDecidesNothing(t *testing.T) {
	slow := clause("department", scope.RegexMatch, `(x+x+)+y`)
	have := directory.Attributes{"department": {strings.Repeat("x", 64)}, "country": {"Germany"}}
	german, french := clause("country", scope.Equals, "Germany"), clause("country", scope.Equals, "France")
	for name, tc := range map[string]struct {
		filters []scope.Filter
		want    bool
		wantErr bool
	}{
		"alone":                         {[]scope.Filter{{Clauses: []scope.Clause{slow}}}, false, true},
		"beside a true clause":          {[]scope.Filter{{Clauses: []scope.Clause{slow, german}}}, false, true},
		"beside a false clause":         {[]scope.Filter{{Clauses: []scope.Clause{slow, french}}}, false, false},
		"before a filter that is true":  {[]scope.Filter{{Clauses: []scope.Clause{slow}}, {Clauses: []scope.Clause{german}}}, true, false},
		"after a filter that is true":   {[]scope.Filter{{Clauses: []scope.Clause{german}}, {Clauses: []scope.Clause{slow}}}, true, false},
		"beside a filter that is false": {[]scope.Filter{{Clauses: []scope.Clause{slow}}, {Clauses: []scope.Clause{french}}}, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			got := compile(t, tc.filters...).Evaluate(have)
			if got.InScope != tc.want || (got.Err != nil) != tc.wantErr {
				t.Fatalf("InScope = %v, Err = %v; want %v, error %v", got.InScope, got.Err, tc.want, tc.wantErr)
			}
			if tc.wantErr && !fault.Is(got.Err, fault.Invalid) {
				t.Errorf("kind = %v, want Invalid", fault.KindOf(got.Err))
			}
			if tc.wantErr && strings.Contains(got.Err.Error(), "xxx") {
				t.Errorf("the error shows the person's value: %v", got.Err)
			}
		})
	}
}
