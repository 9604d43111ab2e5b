package graphsim

import (
	"strings"

	"github.com/entrain-dev/entrain/internal/simulator/graphsim/tenant"
)

// checkFilter refuses what directory objects do not support, and what needs advanced parameters when they are missing (3.7).
func (c *call) checkFilter(kind tenant.Kind, f *filter) *graphError {
	switch f.op {
	case "and", "or":
		if e := c.checkFilter(kind, f.left); e != nil {
			return e
		}
		return c.checkFilter(kind, f.right)
	case "not":
		if !c.advanced() {
			return unsupported("Unsupported property filter clause operator 'Not'.")
		}
		return c.checkFilter(kind, f.left)
	}
	name, sub, _ := strings.Cut(f.property, "/")
	if kind == tenant.User && name == "manager" && sub == "id" {
		return nil
	}
	p, ok := c.s.tenant.Property(kind, name)
	if !ok || p.Filter == tenant.FilterNone || p.OtherStore {
		return unsupported("Unsupported or invalid query filter clause specified for property '%s' of resource '%s'.", name, title(kind))
	}
	if c.advanced() {
		return nil
	}
	switch {
	case f.op == "ne":
		return unsupported("Unsupported property filter clause operator 'NotEqualsMatch'.")
	case f.op == "endsWith":
		return unsupported("Operator 'endsWith' is not supported because the required parameters might be missing. Try adding $count=true " +
			"query parameter and ConsistencyLevel:eventual header. Refer to https://aka.ms/graph-docs/advanced-queries for more information")
	case p.Filter == tenant.FilterAdvanced, f.op != "any" && f.values[0] == nil,
		f.op == "startsWith" && p.Extension, (f.op == "ge" || f.op == "le") && p.Type != tenant.Date, f.op == "gt", f.op == "lt":
		return unsupported("Unsupported or invalid query filter clause specified for property '%s' of resource '%s'.", name, title(kind))
	}
	return nil
}

func title(kind tenant.Kind) string { return strings.ToUpper(string(kind[:1])) + string(kind[1:]) }

// matches says whether an object meets the filter. It must not call the tenant, whose lock is held.
func (f *filter) matches(v tenant.View) bool {
	switch f.op {
	case "and":
		return f.left.matches(v) && f.right.matches(v)
	case "or":
		return f.left.matches(v) || f.right.matches(v)
	case "not":
		return !f.left.matches(v)
	case "any":
		return f.matchesAny(propertyValue(v, f.property))
	}
	return f.compare(propertyValue(v, f.property))
}

func propertyValue(v tenant.View, path string) any {
	switch path {
	case "id":
		return v.ID
	case "manager/id":
		if v.Manager.ID == "" {
			return nil
		}
		return v.Manager.ID
	}
	name, sub, _ := strings.Cut(path, "/")
	p, _ := v.Property(name)
	if sub != "" {
		m, _ := p.Value.(map[string]any)
		return m[sub]
	}
	return p.Value
}

func (f *filter) matchesAny(value any) bool {
	switch list := value.(type) {
	case []string:
		for _, s := range list {
			if f.left.compare(s) {
				return true
			}
		}
	case []any:
		for _, item := range list {
			m, _ := item.(map[string]any)
			if f.left.compare(m[f.member]) {
				return true
			}
		}
	}
	return false
}

// compare applies an operator; strings compare without regard to case, as the directory does.
func (f *filter) compare(have any) bool {
	text, isText := have.(string)
	text = strings.ToLower(text)
	want, _ := f.values[0].(string)
	want = strings.ToLower(want)
	switch f.op {
	case "eq":
		return same(have, f.values[0])
	case "ne":
		return !same(have, f.values[0])
	case "in":
		for _, v := range f.values {
			if same(have, v) {
				return true
			}
		}
		return false
	case "startsWith":
		return isText && strings.HasPrefix(text, want)
	case "endsWith":
		return isText && strings.HasSuffix(text, want)
	case "ge":
		return isText && text >= want
	case "le":
		return isText && text <= want
	case "gt":
		return isText && text > want
	case "lt":
		return isText && text < want
	}
	return false
}

func same(a, b any) bool {
	x, ok := a.(string)
	y, ok2 := b.(string)
	if ok && ok2 {
		return strings.EqualFold(x, y)
	}
	p, ok := a.(bool)
	q, ok2 := b.(bool)
	return ok && ok2 && p == q || a == nil && b == nil
}
