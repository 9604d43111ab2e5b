package mapping

import (
	"errors"
	"fmt"
	"strings"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/expr"
	"github.com/entrain-dev/entrain/internal/fault"
)

// Compile checks a mapping against what is known of the target and makes it ready. The problems' paths are those of the
// resource: attributes[3].expression, with line and column. The mapping is usable only if Problems.Err is nil.
func Compile(spec Spec, schema directory.TargetSchema, opts Options) (*Mapping, fault.Problems) {
	c := newCompiler(spec, schema)
	m := &Mapping{
		kind: spec.Kind, create: spec.Create, update: spec.Update, remove: spec.Delete,
		clearNull: opts.ClearNullValues, schema: schema.Name,
	}
	for i, in := range spec.Rows {
		if r := c.row(fmt.Sprintf("attributes[%d]", i), in); r != nil && (r.mapped || r.fallback != nil) {
			m.rows = append(m.rows, r)
		}
	}
	m.index()
	c.whole(m)
	for i, e := range spec.Examples {
		c.example(fmt.Sprintf("examples[%d]", i), m, e)
	}
	m.fingerprint = fingerprint(m, spec)
	return m, c.problems
}

type compiler struct {
	kind     directory.Kind
	schema   directory.TargetSchema
	problems fault.Problems
	// targets holds the attributes of the schema by Path.key, paths their spellings in the order of the schema.
	targets map[string]target
	paths   []string
	// sources are the names of the source attributes.
	sources []string
	// seen holds the row that maps a path, by Path.key; wholes and parts the rows that map an attribute as a whole and in
	// parts, which must not overlap.
	seen   map[string]string
	wholes map[string]string
	parts  map[string]string
	// precedence holds the row of a matching precedence.
	precedence map[int]string
}

type target struct {
	path Path
	attr directory.TargetAttribute
}

func newCompiler(spec Spec, schema directory.TargetSchema) *compiler {
	c := &compiler{
		kind: spec.Kind, schema: schema, targets: map[string]target{}, seen: map[string]string{},
		wholes: map[string]string{}, parts: map[string]string{}, precedence: map[int]string{},
	}
	for _, a := range schema.Attributes(spec.Kind) {
		if p, err := ParsePath(a.Path); err == nil {
			c.targets[p.key()] = target{p, a}
		}
		c.paths = append(c.paths, a.Path)
	}
	for _, a := range directory.SourceAttributes(spec.Kind) {
		c.sources = append(c.sources, a.Name)
	}
	if spec.Kind != directory.User && spec.Kind != directory.Group {
		c.problem("objectType", "there is no object type %q; write User or Group", spec.Kind)
	}
	return c
}

func (c *compiler) problem(path, format string, args ...any) {
	c.problems = append(c.problems, fault.Problem{Path: path, Message: fmt.Sprintf(format, args...)})
}

func (c *compiler) warning(path, format string, args ...any) {
	c.problems = append(c.problems, fault.Problem{Path: path, Message: fmt.Sprintf(format, args...), Warning: true})
}

// row checks one row; nil when it is not even clear what it maps to.
func (c *compiler) row(at string, in Row) *row {
	before := len(c.problems)
	r := c.target(at+".target", in.Target)
	if r == nil {
		return nil
	}
	r.matching, r.createOnly = in.MatchingPrecedence, in.OnCreateOnly
	r.exact = r.attr.CaseExact
	if in.CaseExact != nil {
		r.exact = *in.CaseExact
	}
	c.source(at, in, r)
	c.unique(at, r)
	c.match(at, in, r)
	if r.mapped || r.fallback != nil {
		c.writable(at, r)
	}
	if c.problems[before:].Err() != nil {
		r.mapped = r.mapped && r.usable()
	}
	return r
}

// usable reports whether a row with a mistake can take part in the checks of the whole mapping.
func (r *row) usable() bool { return r.program != nil || r.source != "" || r.constant != nil }

// source reads what a row takes its value from.
func (c *compiler) source(at string, in Row, r *row) {
	given := 0
	for _, is := range []bool{in.Source != "", in.Expression != "", in.Constant != nil} {
		if is {
			given++
		}
	}
	r.mapped = given > 0
	switch {
	case given > 1:
		c.problem(at, "the row for %s has more than one of source, expression and constant; keep one", r.name)
	case in.Source != "":
		c.direct(at+".source", in.Source, r)
	case in.Expression != "":
		c.expression(at+".expression", in.Expression, r)
	case in.Constant != nil:
		r.constant = c.fixed(at+".constant", "constant", *in.Constant, r)
	}
	if in.DefaultValue != nil {
		r.fallback = c.fixed(at+".defaultValue", "default value", *in.DefaultValue, r)
	}
}

// fixed checks a value that stands in the mapping itself. It may be shown: it is nobody's.
func (c *compiler) fixed(path, what, value string, r *row) any {
	if r.shape == reference || r.shape == members {
		c.problem(path, "%s refers to another object and cannot have a %s; map a reference such as manager to it", r.name, what)
		return nil
	}
	if value == "" && what != "constant" {
		return nil
	}
	v, err := r.wire(result{strings: []string{value}}, "")
	if err != nil {
		c.problem(path, "the %s %q does not fit %s: %s", what, value, r.name, fault.MessageOf(err))
		return nil
	}
	return v
}

// direct checks a row that copies one source attribute.
func (c *compiler) direct(path, name string, r *row) {
	a, ok := directory.LookupSource(c.kind, name)
	if !ok {
		if near, found := fault.Nearest(name, c.sources); found {
			c.problem(path, "%s has no source attribute %q; did you mean %s?", c.kind, name, near)
		} else {
			c.problem(path, "%s has no source attribute %q; use an attribute of Entra, or a constant for a fixed text", c.kind, name)
		}
		return
	}
	r.source, r.sourceMulti = name, a.MultiValued
	r.leaving, r.roles = name == directory.AttrIsSoftDeleted, name == directory.AttrAppRoles
	switch {
	case r.roles:
		c.problem(path, "appRoleAssignments cannot be mapped directly; use an expression with SingleAppRoleAssignment, AppRoleAssignmentsComplex or AssertiveAppRoleAssignmentsComplex, such as AssertiveAppRoleAssignmentsComplex([appRoleAssignments])")
	case a.Type == directory.Reference || r.shape == reference || r.shape == members:
		c.reference(path, a, r)
	case a.MultiValued && r.shape == single && !r.open:
		c.warning(path, "%s has several values and %s takes one: people with more than one value go without; use an expression that picks one, such as Item([%s], 1)", name, r.name, name)
	}
}

// reference checks that references go to references.
func (c *compiler) reference(path string, a directory.SourceAttribute, r *row) {
	switch {
	case a.Type != directory.Reference && r.shape == members:
		c.problem(path, "%s takes the members of the group; its source must be members", r.name)
	case a.Type != directory.Reference:
		c.problem(path, "%s refers to another resource and %s is no reference; map manager to it", r.name, a.Name)
	case a.Name == directory.AttrMembers && r.shape != members:
		c.problem(path, "members can only be mapped to the target attribute members")
	case a.Name != directory.AttrMembers && r.shape == members:
		c.problem(path, "%s takes the members of the group; its source must be members", r.name)
	case r.shape != reference && r.shape != members:
		c.problem(path, "%s refers to another object and %s takes no reference; map it to a reference such as urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager", a.Name, r.name)
	}
}

// expression compiles an expression and checks what only the target tells.
func (c *compiler) expression(path, text string, r *row) {
	program, err := expr.Compile(text, expr.Options{
		KnownAttribute: func(name string) bool { _, ok := directory.LookupSource(c.kind, name); return ok },
		AttributeNames: c.sources,
	})
	if err != nil {
		c.inner(path, err)
		return
	}
	r.program = program
	for _, w := range program.Warnings() {
		w.Path, w.Warning = path, true
		c.problems = append(c.problems, w)
	}
	references := false
	for _, name := range program.Attributes() {
		r.leaving = r.leaving || name == directory.AttrIsSoftDeleted
		r.roles = r.roles || name == directory.AttrAppRoles
		if a, _ := directory.LookupSource(c.kind, name); a.Type == directory.Reference {
			references = true
		}
	}
	// An expression that is nothing but an attribute is judged like a direct mapping.
	if name, ok := onlyAttribute(text); ok {
		r.program = nil
		c.direct(path, name, r)
		return
	}
	switch {
	case r.shape == members:
		c.problem(path, "%s takes the members of the group as they are; write source: members", r.name)
	case r.shape == reference && !references:
		c.problem(path, "%s refers to another resource and the expression reads no reference; use manager", r.name)
	}
	if program.Volatile() && !r.createOnly {
		c.warning(path, "the expression gives another value every time, so that %s is sent again in every evaluation; apply it OnlyDuringObjectCreation", r.name)
	}
}

// inner adds the problems of an expression.
func (c *compiler) inner(path string, err error) {
	var problems fault.Problems
	if !errors.As(err, &problems) {
		c.problem(path, "%s", fault.MessageOf(err))
		return
	}
	for _, p := range problems {
		p.Path = path
		c.problems = append(c.problems, p)
	}
}

// onlyAttribute recognises [name].
func onlyAttribute(text string) (string, bool) {
	text = strings.TrimSpace(text)
	if len(text) < 2 || text[0] != '[' || text[len(text)-1] != ']' || strings.ContainsAny(text[1:len(text)-1], "[]") {
		return "", false
	}
	return strings.TrimSpace(text[1 : len(text)-1]), true
}
