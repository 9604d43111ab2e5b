package mapping

import (
	"maps"
	"slices"
	"strings"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/fault"
)

// set puts a value into a resource, making the extension, the list element or the enclosing attribute where it is missing.
func (p Path) set(doc map[string]any, value any) {
	at := doc
	if p.URN != "" {
		at = child(doc, p.URN)
	}
	switch {
	case len(p.Conditions) > 0:
		p.setElement(at, value)
	case p.Sub != "":
		child(at, p.Attribute)[p.Sub] = value
	default:
		at[p.Attribute] = value
	}
}

func (p Path) setElement(at map[string]any, value any) {
	list, _ := at[p.Attribute].([]any)
	for _, e := range list {
		if m, ok := e.(map[string]any); ok && p.selects(m) {
			m[p.Sub] = value
			return
		}
	}
	element := map[string]any{}
	for _, c := range p.Conditions {
		element[c.Attribute] = c.json()
	}
	element[p.Sub] = value
	at[p.Attribute] = append(list, element)
}

func child(m map[string]any, name string) map[string]any {
	if c, ok := m[name].(map[string]any); ok {
		return c
	}
	c := map[string]any{}
	m[name] = c
	return c
}

// json returns the value an element gets so that the condition holds. RFC 7643 section 2.4 has primary as a Boolean, Entra
// writes it as text.
func (c Condition) json() any {
	if s, ok := c.Value.(string); ok && strings.EqualFold(c.Attribute, "primary") {
		if b, ok := parseBool(s); ok {
			return b
		}
	}
	return c.Value
}

// selects reports whether an element fulfils all conditions.
func (p Path) selects(element map[string]any) bool {
	return !slices.ContainsFunc(p.Conditions, func(c Condition) bool {
		have, ok := lookup(element, c.Attribute)
		return !ok || !strings.EqualFold(render(have), render(c.Value))
	})
}

// get reads the value at the path out of a resource, nil when there is none. Names compare without regard to case.
func (p Path) get(doc map[string]any) any {
	at := doc
	if p.URN != "" {
		if flat, ok := lookup(doc, p.root()); ok && flat != nil {
			at = map[string]any{p.Attribute: flat}
		} else if v, _ := lookup(doc, p.URN); v != nil {
			at, _ = v.(map[string]any)
		} else {
			return nil
		}
	}
	v, _ := lookup(at, p.Attribute)
	if len(p.Conditions) > 0 {
		v = p.getElement(v)
	}
	if p.Sub == "" || v == nil {
		return v
	}
	m, _ := v.(map[string]any)
	v, _ = lookup(m, p.Sub)
	return v
}

func (p Path) getElement(v any) any {
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	for _, e := range list {
		if m, ok := e.(map[string]any); ok && p.selects(m) {
			return m
		}
	}
	return nil
}

// lookup finds a member by name without regard to case; of several, an exact one wins, then the first in order of spelling.
func lookup(m map[string]any, name string) (any, bool) {
	if v, ok := m[name]; ok {
		return v, true
	}
	var found []string
	for k := range m {
		if strings.EqualFold(k, name) {
			found = append(found, k)
		}
	}
	if len(found) == 0 {
		return nil, false
	}
	return m[slices.Min(found)], true
}

// SetReference puts a reference, such as the manager, into the document of a create. The client writes it in the shape that
// the target wants.
func SetReference(doc directory.Document, path string, id directory.TargetID) error {
	p, err := ParsePath(path)
	if err != nil {
		return fault.Wrap(fault.Invalid, "set reference", err)
	}
	return setReference(doc, p, id)
}

// SetReference is the function of the same name for a path of this mapping, whose grammar was read when it was compiled.
func (m *Mapping) SetReference(doc directory.Document, path string, id directory.TargetID) error {
	if r, ok := m.byPath[path]; ok {
		return setReference(doc, r.path, id)
	}
	return SetReference(doc, path, id)
}

func setReference(doc directory.Document, p Path, id directory.TargetID) error {
	if len(p.Conditions) > 0 {
		return fault.New(fault.Invalid, "set reference", "%s addresses an element of a list; a reference is a whole attribute", p)
	}
	if strings.EqualFold(p.Sub, "value") {
		p.Sub = ""
	}
	p.set(doc, id)
	return nil
}

// sortedKeys returns the keys of a map in order, so that messages come in the same order every time.
func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
