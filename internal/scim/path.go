package scim

import (
	"encoding/json"
	"strings"

	filter "github.com/scim2/filter-parser/v2"

	"github.com/entrain-dev/entrain/internal/directory"
)

// path is a SCIM path of the forms that mappings use: attribute, attribute.sub, attribute[sub eq "v"], attribute[..].sub, each
// with or without the URN of an extension.
type path struct {
	urn, attribute, sub string
	// where, if filtered, is the condition on an element: where.sub eq where.value
	filtered bool
	where    condition
}

type condition struct{ sub, value string }

// parsePath reads a path; ok is false for a form that this package need not understand.
func parsePath(text string) (p path, ok bool) {
	parsed, err := filter.ParsePath([]byte(text))
	if err != nil {
		return path{}, false
	}
	p = path{urn: parsed.AttributePath.URI(), attribute: parsed.AttributePath.AttributeName, sub: parsed.AttributePath.SubAttributeName()}
	if p.urn != "" && strings.Contains(strings.ToLower(p.urn), ":schemas:core:") {
		p.urn = "" // core attributes stand at the top of a resource, RFC 7643 section 3.3
	}
	if parsed.ValueExpression == nil {
		return p, true
	}
	eq, isEq := parsed.ValueExpression.(*filter.AttributeExpression)
	if !isEq || eq.Operator != filter.EQ {
		return path{}, false
	}
	p.filtered = true
	p.sub = parsed.SubAttributeName()
	p.where.sub = eq.AttributePath.AttributeName
	switch v := eq.CompareValue.(type) {
	case string:
		if json.Unmarshal([]byte(`"`+v+`"`), &p.where.value) != nil {
			p.where.value = v
		}
	case bool:
		p.where.value = display(v)
	default:
		return path{}, false
	}
	return p, true
}

// member returns the member of an object whose name differs at most in case (RFC 7643 section 2.1).
func member(m map[string]any, name string) (key string, v any, ok bool) {
	if v, ok := m[name]; ok {
		return name, v, true
	}
	for k, v := range m {
		if strings.EqualFold(k, name) {
			return k, v, true
		}
	}
	return name, nil, false
}

// matches reports whether an element of a multi-valued attribute meets the condition.
func (c condition) matches(element any) bool {
	m, ok := element.(map[string]any)
	if !ok {
		return strings.EqualFold(c.sub, "value") && strings.EqualFold(display(element), c.value)
	}
	_, v, ok := member(m, c.sub)
	return ok && strings.EqualFold(display(v), c.value)
}

// valuesAt returns the values of a path in a resource as text; nil when it has none.
func valuesAt(doc directory.Document, text string) []string {
	p, ok := parsePath(text)
	if !ok {
		return nil
	}
	holder := map[string]any(doc)
	if p.urn != "" {
		_, ext, _ := member(holder, p.urn)
		if holder, ok = ext.(map[string]any); !ok {
			return nil
		}
	}
	_, v, ok := member(holder, p.attribute)
	if !ok || v == nil {
		return nil
	}
	elements, list := v.([]any)
	if !list {
		elements = []any{v}
	}
	var out []string
	for _, e := range elements {
		if p.filtered && !p.where.matches(e) {
			continue
		}
		if m, ok := e.(map[string]any); ok {
			name := p.sub
			if name == "" {
				name = "value"
			}
			_, e, ok = member(m, name)
			if !ok || e == nil {
				continue
			}
		}
		out = append(out, display(e))
	}
	return out
}

// display returns a simple value as text.
func display(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case directory.TargetID:
		return string(v)
	case bool:
		if v {
			return "True"
		}
		return "False"
	}
	text, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return string(text)
}
