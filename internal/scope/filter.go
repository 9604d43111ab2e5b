package scope

import "strings"

// Filter is one scoping filter: it is passed when all its clauses are true.
type Filter struct {
	// Title names the filter in logs.
	Title   string
	Clauses []Clause
}

// Clause compares one source attribute.
type Clause struct {
	// Attribute is the name of a source attribute, directory.SourceAttributes.
	Attribute string
	Operator  Operator
	// Value is what to compare with; empty for the operators IS NULL, IS NOT NULL, IS TRUE and IS FALSE.
	Value string
}

// Verdict is the outcome for one object.
type Verdict struct {
	// InScope is true when at least one filter is passed or there are no filters. It means nothing while Err is set.
	InScope bool
	// Clauses holds every clause of every filter in the order in which they were written, for provision on demand and logs.
	Clauses []ClauseResult
	// Err is set when a clause could not be decided and the answer depends on it: a regular expression that ran into its
	// time limit. The object then neither enters nor leaves scope: it keeps the state it had, and the failure is reported.
	// Its kind is fault.Invalid, because the same value will fail again until the expression is corrected.
	Err error
}

// ClauseResult is the outcome of one clause.
type ClauseResult struct {
	// Title is the title of the filter that the clause belongs to.
	Title     string
	Attribute string
	Operator  Operator
	Value     string
	// Result is false when the clause is not true or, with Err, could not be decided.
	Result bool
	// Err says why the clause could not be decided.
	Err error
}

// String returns the text that provision on demand shows: title, attribute, operator and value (reference 3.1).
func (r ClauseResult) String() string {
	parts := make([]string, 0, 4)
	for _, s := range []string{r.Title, r.Attribute, string(r.Operator), r.Value} {
		if s != "" {
			parts = append(parts, s)
		}
	}
	return strings.Join(parts, " ")
}

// Key returns the clause as it is named in the ScopeEvaluationResult of the provisioning log (reference part 2 section 10.2):
// title.attribute OPERATOR 'value'.
func (r ClauseResult) Key() string {
	s := r.Title + "." + r.Attribute + " " + string(r.Operator)
	if r.Value != "" {
		s += " '" + r.Value + "'"
	}
	return s
}
