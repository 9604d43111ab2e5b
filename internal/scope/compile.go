package scope

import (
	"fmt"
	"slices"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/fault"
)

// Set is a compiled list of filters; it is safe for concurrent use.
type Set struct {
	filters    []filter
	attributes []string
	clauses    int
}

type filter struct {
	title   string
	clauses []clause
}

// clause is a clause whose spelling was checked and whose comparison is ready.
type clause struct {
	Clause
	// test decides for one value that is not empty; nil for the operators that only ask whether there is a value.
	test func(value string) (bool, error)
}

// Compile checks filters on objects of a kind and makes them ready. Without filters everything is in scope. The problems'
// paths are relative to the list: filters[0].clauses[1].attribute. The set is usable only if Problems.Err is nil.
func Compile(kind directory.Kind, filters []Filter) (*Set, fault.Problems) {
	c := &compiler{kind: kind}
	set := &Set{}
	for i, f := range filters {
		path := fmt.Sprintf("filters[%d]", i)
		if len(f.Clauses) == 0 {
			c.problem(path+".clauses", "a scoping filter without clauses would let everybody in; add a clause or remove the filter")
		}
		out := filter{title: f.Title}
		for j, cl := range f.Clauses {
			out.clauses = append(out.clauses, c.clause(fmt.Sprintf("%s.clauses[%d]", path, j), cl))
			set.attributes = append(set.attributes, cl.Attribute)
			set.clauses++
		}
		set.filters = append(set.filters, out)
	}
	slices.Sort(set.attributes)
	set.attributes = slices.Compact(set.attributes)
	return set, c.problems
}

// Attributes returns the source attributes that the filters read, sorted, each once.
func (s *Set) Attributes() []string { return slices.Clone(s.attributes) }

type compiler struct {
	kind     directory.Kind
	problems fault.Problems
}

func (c *compiler) problem(path, format string, args ...any) {
	c.problems = append(c.problems, fault.Problem{Path: path, Message: fmt.Sprintf(format, args...)})
}

func (c *compiler) warning(path, format string, args ...any) {
	c.problems = append(c.problems, fault.Problem{Path: path, Message: fmt.Sprintf(format, args...), Warning: true})
}

func (c *compiler) clause(path string, in Clause) clause {
	out := clause{Clause: in}
	typ, knownAttribute := c.attribute(path+".attribute", in.Attribute)
	arity, knownOperator := c.operator(path+".operator", in.Operator)
	if !knownOperator || !c.value(path+".value", in, arity) {
		return out
	}
	if knownAttribute {
		c.types(path, in, typ)
	}
	out.test = c.test(path+".value", in)
	return out
}

// attribute returns the type of a source attribute, "" where only the tenant knows it (directory extensions).
func (c *compiler) attribute(path, name string) (directory.AttributeType, bool) {
	listed := slices.ContainsFunc(directory.SourceAttributes(c.kind), func(a directory.SourceAttribute) bool { return a.Name == name })
	a, ok := directory.LookupSource(c.kind, name)
	switch {
	case name == "":
		c.problem(path, "the clause names no attribute; write a source attribute such as department")
	case !ok:
		if near, found := fault.Nearest(name, c.filterable()); found {
			c.problem(path, "%s has no source attribute %q; did you mean %s?", c.kind, name, near)
		} else {
			c.problem(path, "%s has no source attribute %q; use one of the attributes that mappings can read", c.kind, name)
		}
		return "", false
	case a.NoFilter != "":
		c.problem(path, "%s cannot be used in a scoping filter: %s", name, a.NoFilter)
	case !listed:
		return "", true
	default:
		return a.Type, true
	}
	return "", false
}

// filterable returns the names that a filter may use.
func (c *compiler) filterable() []string {
	var names []string
	for _, a := range directory.SourceAttributes(c.kind) {
		if a.NoFilter == "" {
			names = append(names, a.Name)
		}
	}
	return names
}
