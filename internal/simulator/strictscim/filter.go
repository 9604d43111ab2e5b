package strictscim

import (
	"slices"
	"strings"

	"github.com/elimity-com/scim"
	"github.com/elimity-com/scim/errors"
	"github.com/elimity-com/scim/schema"
	"github.com/scim2/filter-parser/v2"
)

// query evaluates filters over the documents of one resource type. The library's own evaluation does not see extensions and
// complex multi-valued attributes.
type query struct {
	core       schema.Schema
	extensions []schema.Schema
}

func newQuery(t scim.ResourceType) query {
	core := t.Schema
	core.Attributes = append(append(schema.Attributes{}, t.Schema.Attributes...), schema.CommonAttributes()...)
	q := query{core: core}
	for _, e := range t.SchemaExtensions {
		q.extensions = append(q.extensions, e.Schema)
	}
	return q
}

// parse reads a filter and checks that every attribute exists and can be compared that way (RFC 7644 section 3.4.2.2).
func (q query) parse(text string) (filter.Expression, error) {
	e, err := filter.ParseFilter([]byte(text))
	if err != nil || !q.valid(e, nil) {
		return nil, errors.ScimErrorInvalidFilter
	}
	return e, nil
}

// attribute finds what a path names; inside of brackets names are sub-attributes of parent. The container is the member of
// the document that holds it, "" for the document itself.
func (q query) attribute(p filter.AttributePath, parent *schema.CoreAttribute) (container string, attr, sub schema.CoreAttribute, ok bool) {
	switch uri := p.URI(); {
	case parent != nil && uri == "":
		attr, ok = parent.SubAttributes().ContainsAttribute(p.AttributeName)
	case parent != nil:
	case uri == "" || strings.EqualFold(uri, q.core.ID):
		attr, ok = q.core.Attributes.ContainsAttribute(p.AttributeName)
	default:
		for _, e := range q.extensions {
			if strings.EqualFold(uri, e.ID) {
				container = e.ID
				attr, ok = e.Attributes.ContainsAttribute(p.AttributeName)
			}
		}
	}
	if !ok {
		return "", attr, sub, false
	}
	if name := p.SubAttributeName(); name != "" {
		if !attr.HasSubAttributes() {
			return "", attr, sub, false
		}
		sub, ok = attr.SubAttributes().ContainsAttribute(name)
		return container, attr, sub, ok
	}
	// A complex attribute alone stands for its value (RFC 7644 section 3.4.2.2).
	if attr.HasSubAttributes() {
		sub, _ = attr.SubAttributes().ContainsAttribute("value")
	}
	return container, attr, sub, true
}

// valid checks an expression.
func (q query) valid(e filter.Expression, parent *schema.CoreAttribute) bool {
	switch e := e.(type) {
	case *filter.LogicalExpression:
		return q.valid(e.Left, parent) && q.valid(e.Right, parent)
	case *filter.NotExpression:
		return q.valid(e.Expression, parent)
	case *filter.ValuePath:
		_, attr, _, ok := q.attribute(e.AttributePath, parent)
		return ok && attr.MultiValued() && attr.HasSubAttributes() && q.valid(e.ValueFilter, &attr)
	case *filter.AttributeExpression:
		_, attr, sub, ok := q.attribute(e.AttributePath, parent)
		if !ok {
			return false
		}
		if e.Operator == filter.PR {
			return true
		}
		if attr.HasSubAttributes() {
			attr = sub
		}
		return canCompare(attr.AttributeType(), e)
	}
	return false
}

// canCompare reports whether an attribute of a type can be compared with a value.
func canCompare(kind string, e *filter.AttributeExpression) bool {
	switch e.CompareValue.(type) {
	case bool:
		return kind == "boolean" && (e.Operator == filter.EQ || e.Operator == filter.NE)
	case string:
		return kind == "string" || kind == "reference" || kind == "dateTime"
	case int, float64:
		return kind == "integer" || kind == "decimal"
	}
	return false
}

// matches evaluates an expression on a document.
func (q query) matches(e filter.Expression, doc map[string]any, parent *schema.CoreAttribute) bool {
	switch e := e.(type) {
	case *filter.LogicalExpression:
		if e.Operator == filter.OR {
			return q.matches(e.Left, doc, parent) || q.matches(e.Right, doc, parent)
		}
		return q.matches(e.Left, doc, parent) && q.matches(e.Right, doc, parent)
	case *filter.NotExpression:
		return !q.matches(e.Expression, doc, parent)
	case *filter.ValuePath:
		container, attr, _, ok := q.attribute(e.AttributePath, parent)
		if !ok {
			return false
		}
		for _, v := range list(within(doc, container)[attr.Name()]) {
			if object, isObject := v.(map[string]any); isObject && q.matches(e.ValueFilter, object, &attr) {
				return true
			}
		}
	case *filter.AttributeExpression:
		container, attr, sub, ok := q.attribute(e.AttributePath, parent)
		return ok && compareAny(e, attr, sub, within(doc, container)[attr.Name()])
	}
	return false
}

// within returns the part of a document that holds the attributes of an extension.
func within(doc map[string]any, container string) map[string]any {
	if container == "" {
		return doc
	}
	part, _ := doc[container].(map[string]any)
	return part
}

// compareAny compares every value of an attribute; ne holds where eq does not.
func compareAny(e *filter.AttributeExpression, attr, sub schema.CoreAttribute, value any) bool {
	values := []any{value}
	if attr.MultiValued() {
		values = slices.Clone(list(value))
	}
	exact := attr.CaseExact()
	if attr.HasSubAttributes() {
		exact = sub.CaseExact()
		for i, v := range values {
			if object, ok := v.(map[string]any); ok && (e.Operator != filter.PR || e.AttributePath.SubAttribute != nil) {
				values[i] = object[sub.Name()]
			}
		}
	}
	op := e.Operator
	if op == filter.NE {
		op = filter.EQ
	}
	found := false
	for _, v := range values {
		found = found || compare(op, v, e.CompareValue, exact)
	}
	return found != (e.Operator == filter.NE)
}

func compare(op filter.CompareOperator, have, want any, exact bool) bool {
	if op == filter.PR {
		return have != nil && have != ""
	}
	h, isText := have.(string)
	if !isText {
		return have != nil && have == want
	}
	w, _ := want.(string)
	if !exact {
		h, w = strings.ToLower(h), strings.ToLower(w)
	}
	switch op {
	case filter.EQ:
		return h == w
	case filter.CO:
		return strings.Contains(h, w)
	case filter.SW:
		return strings.HasPrefix(h, w)
	case filter.EW:
		return strings.HasSuffix(h, w)
	case filter.GT:
		return h > w
	case filter.GE:
		return h >= w
	case filter.LT:
		return h < w
	case filter.LE:
		return h <= w
	}
	return false
}

// equalities collects the terms "attribute eq text" that every match must satisfy, for a look-up through an index.
func equalities(e filter.Expression, into map[string]string) {
	switch e := e.(type) {
	case *filter.LogicalExpression:
		if e.Operator == filter.AND {
			equalities(e.Left, into)
			equalities(e.Right, into)
		}
	case *filter.AttributeExpression:
		if value, ok := e.CompareValue.(string); ok && e.Operator == filter.EQ && e.AttributePath.SubAttribute == nil {
			into[strings.ToLower(e.AttributePath.AttributeName)] = value
		}
	}
}
