package scope

import (
	"strconv"
	"strings"

	"github.com/entrain-dev/entrain/internal/directory"
)

// Evaluate decides whether an object with these attributes passes the filters.
//
// A clause that cannot be decided leaves its filter undecided unless another clause of it is false, and the verdict
// undecided unless another filter is true.
func (s *Set) Evaluate(a directory.Attributes) Verdict {
	v := Verdict{InScope: len(s.filters) == 0}
	if s.clauses > 0 {
		v.Clauses = make([]ClauseResult, 0, s.clauses)
	}
	for _, f := range s.filters {
		passed, undecided := true, error(nil)
		for _, c := range f.clauses {
			r := c.evaluate(f.title, a)
			v.Clauses = append(v.Clauses, r)
			if r.Err != nil {
				undecided = r.Err
			} else if !r.Result {
				passed = false
			}
		}
		switch {
		case passed && undecided == nil:
			v.InScope = true
		case passed && v.Err == nil:
			v.Err = undecided
		}
	}
	if v.InScope {
		v.Err = nil
	}
	return v
}

// evaluate decides one clause. An attribute that turns out to have several values must pass with each of them, which is
// multivaluedComparisonType All, the default of the synchronization API (reference 3.3).
func (c clause) evaluate(title string, a directory.Attributes) ClauseResult {
	r := ClauseResult{Title: title, Attribute: c.Attribute, Operator: c.Operator, Value: c.Value}
	present := false
	for _, value := range a.Attribute(c.Attribute) {
		if value == "" {
			continue
		}
		if c.test == nil {
			present = true
			break
		}
		if !present {
			present, r.Result = true, true
		}
		ok, err := c.test(value)
		if err != nil {
			r.Result, r.Err = false, err
			return r
		}
		if !ok {
			r.Result = false
			return r
		}
	}
	switch c.Operator {
	case IsNull:
		r.Result = !present
	case IsNotNull:
		r.Result = present
	}
	return r
}

// test returns the comparison of a clause, or nil after a problem and for the operators that need no value to look at.
func (c *compiler) test(path string, in Clause) func(string) (bool, error) {
	want := in.Value
	switch in.Operator {
	case Equals:
		return decided(func(v string) bool { return v == want })
	case NotEquals:
		return decided(func(v string) bool { return v != want })
	case Includes:
		return decided(func(v string) bool { return strings.Contains(v, want) })
	case EndsWith:
		return decided(func(v string) bool { return strings.HasSuffix(v, want) })
	case In:
		return decided(func(v string) bool { return strings.Contains(want, v) })
	case NotIn:
		return decided(func(v string) bool { return !strings.Contains(want, v) })
	case IsTrue:
		return decided(func(v string) bool { return strings.EqualFold(v, "True") })
	case IsFalse:
		return decided(func(v string) bool { return strings.EqualFold(v, "False") })
	case GreaterThan, GreaterThanOrEquals:
		return c.number(path, in)
	case RegexMatch, NotRegexMatch:
		return c.regex(path, in)
	}
	return nil
}

func decided(f func(string) bool) func(string) (bool, error) {
	return func(v string) (bool, error) { return f(v), nil }
}

// number returns the comparison of whole numbers of any length. A value of the source that is no whole number is not
// greater than anything.
func (c *compiler) number(path string, in Clause) func(string) (bool, error) {
	want, ok := wholeNumber(in.Value)
	if !ok {
		c.problem(path, "%s compares whole numbers from 0 and %s is none; write digits only", in.Operator, strconv.Quote(in.Value))
		return nil
	}
	smallest := 1
	if in.Operator == GreaterThanOrEquals {
		smallest = 0
	}
	return decided(func(v string) bool {
		have, ok := wholeNumber(v)
		return ok && compareNumbers(have, want) >= smallest
	})
}

// wholeNumber returns the digits of a number from 0 without leading zeros.
func wholeNumber(s string) (string, bool) {
	if s == "" || strings.Trim(s, "0123456789") != "" {
		return "", false
	}
	return strings.TrimLeft(s, "0"), true
}

// compareNumbers compares digits without leading zeros, which do not overflow as integers would.
func compareNumbers(a, b string) int {
	if len(a) != len(b) {
		return len(a) - len(b)
	}
	return strings.Compare(a, b)
}
