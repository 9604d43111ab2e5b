package plan

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	api "github.com/entrain-dev/entrain/api/v1alpha1"
	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/expr"
	"github.com/entrain-dev/entrain/internal/fault"
	"github.com/entrain-dev/entrain/internal/mapping"
	"github.com/entrain-dev/entrain/internal/scim/profile"
	"github.com/entrain-dev/entrain/internal/scope"
)

// anyTarget is the schema for a mapping that nobody uses yet: only what holds for every application is checked.
var anyTarget = directory.TargetSchema{Name: "any application", Open: true}

// mappingSpec turns a resource into what package mapping compiles.
func mappingSpec(m *api.AttributeMapping) mapping.Spec {
	spec := mapping.Spec{Kind: directory.Kind(m.Spec.ObjectType)}
	spec.Create = slices.Contains(m.Spec.TargetObjectActions, api.ActionCreate)
	spec.Update = slices.Contains(m.Spec.TargetObjectActions, api.ActionUpdate)
	spec.Delete = slices.Contains(m.Spec.TargetObjectActions, api.ActionDelete)
	for _, r := range m.Spec.Attributes {
		row := mapping.Row{
			Target: r.Target, Source: string(r.Source), Expression: r.Expression, Constant: (*string)(r.Constant),
			OnCreateOnly: r.Apply == api.ApplyOnlyDuringObjectCreation, DefaultValue: (*string)(r.DefaultValue), CaseExact: r.CaseExact,
		}
		if r.MatchingPrecedence != nil {
			row.MatchingPrecedence = int(*r.MatchingPrecedence)
		}
		spec.Rows = append(spec.Rows, row)
	}
	for i := range m.Spec.Examples {
		e := &m.Spec.Examples[i]
		example := mapping.Example{Name: e.Name, Source: ExampleAttributes(e), Expect: map[string]string{}}
		for path, v := range e.Expect {
			example.Expect[path] = string(v)
		}
		spec.Examples = append(spec.Examples, example)
	}
	return spec
}

// ExampleAttributes returns the attributes of an example's object.
func ExampleAttributes(e *api.MappingExample) directory.Attributes {
	out := directory.Attributes{}
	for name, v := range e.Source {
		out[name] = []string{string(v)}
	}
	for name, list := range e.SourceLists {
		for _, v := range list {
			out[name] = append(out[name], string(v))
		}
	}
	return out
}

// defaultMapping is the mapping of a profile, used where a config names none.
func defaultMapping(p profile.Profile, kind directory.Kind) mapping.Spec {
	spec := mapping.Spec{Kind: kind, Create: true, Update: true, Delete: true}
	for _, r := range p.Rows(kind) {
		spec.Rows = append(spec.Rows, mapping.Row{
			Target: r.Target, Source: r.Source, Expression: r.Expression, Constant: r.Constant, MatchingPrecedence: r.MatchingPrecedence,
		})
	}
	return spec
}

// CheckMapping compiles a mapping and runs its examples. profiles are those of the configs that use it; with none, only what
// holds for every application is checked. Paths begin with spec.
func CheckMapping(m *api.AttributeMapping, profiles ...api.SCIMProfile) (problems, examples fault.Problems) {
	spec := mappingSpec(m)
	schemas := []directory.TargetSchema{anyTarget}
	if len(profiles) > 0 {
		schemas = nil
		for _, name := range profiles {
			if p, err := profile.Lookup(string(name), profile.Options{}); err == nil {
				schemas = append(schemas, p.Capabilities.Schema)
			}
		}
	}
	for _, schema := range schemas {
		compiled, found := mapping.Compile(spec, schema, mapping.Options{})
		problems = appendNew(problems, found.Under("spec"))
		if found.Err() == nil {
			examples = appendNew(examples, mapping.RunExamples(compiled, spec.Examples, expr.Env{}).Under("spec"))
		}
	}
	return problems, examples
}

// CheckFilter compiles a filter. Paths begin with spec.
func CheckFilter(f *api.ScopingFilter) fault.Problems {
	_, problems := scope.Compile(directory.Kind(f.Spec.ObjectType), filters(f))
	return problems.Under("spec")
}

func filters(f *api.ScopingFilter) []scope.Filter {
	out := make([]scope.Filter, len(f.Spec.Filters))
	for i, in := range f.Spec.Filters {
		out[i].Title = in.Title
		for _, c := range in.Clauses {
			clause := scope.Clause{Attribute: string(c.Attribute), Operator: scope.Operator(c.Operator)}
			if c.Value != nil {
				clause.Value = *c.Value
			}
			out[i].Clauses = append(out[i].Clauses, clause)
		}
	}
	return out
}

func appendNew(have, more fault.Problems) fault.Problems {
	for _, p := range more {
		if !slices.Contains(have, p) {
			have = append(have, p)
		}
	}
	return have
}

// hashable returns a stable text of a value for fingerprints.
func hashable(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// Trial is what a mapping does with one object.
type Trial struct {
	// Values are what would be sent on create, in the order of the mapping; LeftOut are values that the target cannot take.
	Values  []TrialValue
	LeftOut []mapping.Warning
}

// TrialValue is the value of one target attribute, as text.
type TrialValue struct{ Path, Value string }

// TryMapping applies a mapping to the attributes of one object, as for a create in an application. The error is of kind
// fault.Invalid: problems of the mapping, or why it fails for this object.
func TryMapping(m *api.AttributeMapping, application api.SCIMProfile, attributes directory.Attributes) (Trial, error) {
	p, err := profile.Lookup(string(application), profile.Options{})
	if err != nil {
		return Trial{}, err
	}
	compiled, problems := mapping.Compile(mappingSpec(m), p.Capabilities.Schema, mapping.Options{})
	if err := problems.Under("spec").Err(); err != nil {
		return Trial{}, err
	}
	attributes = maps.Clone(attributes)
	if attributes[directory.AttrIsSoftDeleted] == nil {
		attributes[directory.AttrIsSoftDeleted] = []string{"False"}
	}
	desired, err := compiled.Apply(attributes, expr.Env{})
	if err != nil {
		return Trial{}, err
	}
	t := Trial{LeftOut: desired.Warnings}
	for _, v := range compiled.Created(desired) {
		t.Values = append(t.Values, TrialValue{v.Path, v.New})
	}
	for _, ref := range desired.References {
		if ref.Source != "" {
			t.Values = append(t.Values, TrialValue{ref.Path, "(the resource of " + string(ref.Source) + ")"})
		}
	}
	return t, nil
}

// DefaultMapping returns the default mapping of an application as a resource, to begin one's own with.
func DefaultMapping(application api.SCIMProfile, kind api.ObjectType) (*api.AttributeMapping, error) {
	p, err := profile.Lookup(string(application), profile.Options{})
	if err != nil {
		return nil, err
	}
	m := &api.AttributeMapping{}
	m.APIVersion, m.Kind = api.GroupVersion.String(), "AttributeMapping"
	m.Name = strings.ToLower(string(application) + "-" + string(kind) + "s")
	m.Spec.ObjectType = kind
	for _, r := range p.Rows(directory.Kind(kind)) {
		row := api.AttributeRow{Target: r.Target, Source: api.AttributeName(r.Source), Expression: r.Expression, Constant: (*api.AttributeValue)(r.Constant)}
		if r.MatchingPrecedence > 0 {
			row.MatchingPrecedence = new(int32(r.MatchingPrecedence))
		}
		m.Spec.Attributes = append(m.Spec.Attributes, row)
	}
	return m, nil
}
