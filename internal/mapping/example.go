package mapping

import (
	"fmt"
	"strings"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/expr"
	"github.com/entrain-dev/entrain/internal/fault"
)

// example checks that an example names attributes that exist.
func (c *compiler) example(at string, m *Mapping, e Example) {
	for _, name := range sortedKeys(e.Source) {
		if _, ok := directory.LookupSource(c.kind, name); ok {
			continue
		}
		path := at + ".source[" + name + "]"
		if near, ok := fault.Nearest(name, c.sources); ok {
			c.problem(path, "%s has no source attribute %q; did you mean %s?", c.kind, name, near)
		} else {
			c.problem(path, "%s has no source attribute %q", c.kind, name)
		}
	}
	for _, name := range sortedKeys(e.Expect) {
		if _, err := m.expected(name); err != nil {
			c.problem(at+".expect["+name+"]", "%s", fault.MessageOf(err))
		}
	}
}

// expected finds the row of a path in an example.
func (m *Mapping) expected(path string) (*row, error) {
	p, err := ParsePath(path)
	if err != nil {
		return nil, err
	}
	if r, ok := m.byKey[p.key()]; ok && r.shape != members {
		return r, nil
	}
	if near, ok := fault.Nearest(p.Canonical(), m.TargetPaths()); ok {
		return nil, invalidPath("the mapping has no row for %s; did you mean %s?", path, near)
	}
	return nil, invalidPath("the mapping has no row with a value for %s", path)
}

// RunExamples evaluates examples and reports each expected value that comes out differently. The values are the
// administrator's own and are shown.
func RunExamples(m *Mapping, examples []Example, env expr.Env) fault.Problems {
	var problems fault.Problems
	for i, e := range examples {
		at := fmt.Sprintf("examples[%d]", i)
		problems = append(problems, m.runExample(e, env).Under(at)...)
	}
	return problems
}

func (m *Mapping) runExample(e Example, env expr.Env) fault.Problems {
	a := directory.Attributes{directory.AttrIsSoftDeleted: {"False"}}
	for name, values := range e.Source {
		a[name] = values
	}
	d, err := m.Apply(a, env)
	if err != nil {
		return fault.Problems{{Message: fmt.Sprintf("the example %q cannot be evaluated: %s", e.Name, fault.MessageOf(err))}}
	}
	var problems fault.Problems
	for _, path := range sortedKeys(e.Expect) {
		r, err := m.expected(path)
		if err != nil {
			problems = append(problems, fault.Problem{Path: "expect[" + path + "]", Message: fault.MessageOf(err)})
			continue
		}
		want, got := e.Expect[path], d.text(r)
		if want == got || r.attr.Type == directory.Boolean && strings.EqualFold(want, got) {
			continue
		}
		problems = append(problems, fault.Problem{
			Path:    "expect[" + path + "]",
			Message: fmt.Sprintf("the example %q expects %s and the mapping gives %s%s", e.Name, quoted(want), quoted(got), d.because(r)),
		})
	}
	return problems
}

// text returns what a row gives on create as text.
func (d Desired) text(r *row) string {
	for _, ref := range d.References {
		if ref.Path == r.name {
			return string(ref.Source)
		}
	}
	v, _ := d.value(r.name)
	return render(v.Value)
}

func (d Desired) because(r *row) string {
	for _, w := range d.Warnings {
		if w.Path == r.name {
			return ": " + w.Message
		}
	}
	return ""
}

func quoted(s string) string {
	if s == "" {
		return "no value"
	}
	return encode(s)
}
