package strictscim

import (
	"maps"
	"slices"
	"strings"

	"github.com/elimity-com/scim"
	"github.com/elimity-com/scim/errors"
	"github.com/elimity-com/scim/schema"
	"github.com/scim2/filter-parser/v2"
)

// patcher applies the operations of one PATCH to a copy of a resource (RFC 7644 section 3.5.2). All or nothing: the caller
// stores the copy only when every operation succeeded.
type patcher struct {
	query
	knobs Knobs
	doc   map[string]any
}

// apply does one operation; the library has checked path and value against the schema.
func (p *patcher) apply(o scim.PatchOperation) error {
	if o.Path != nil {
		return p.at(o.Op, *o.Path, o.Value)
	}
	values, ok := o.Value.(map[string]any)
	if !ok {
		return errors.ScimErrorInvalidValue
	}
	for _, key := range slices.Sorted(maps.Keys(values)) {
		if extension, ok := values[key].(map[string]any); ok && p.isExtension(key) {
			for _, name := range slices.Sorted(maps.Keys(extension)) {
				uri := key
				if err := p.at(o.Op, filter.Path{AttributePath: filter.AttributePath{URIPrefix: &uri, AttributeName: name}}, extension[name]); err != nil {
					return err
				}
			}
			continue
		}
		path, err := filter.ParsePath([]byte(key))
		if err != nil {
			return errors.ScimErrorInvalidPath
		}
		if err := p.at(o.Op, path, values[key]); err != nil {
			return err
		}
	}
	return nil
}

func (p *patcher) isExtension(uri string) bool {
	return slices.ContainsFunc(p.extensions, func(e schema.Schema) bool { return e.ID == uri })
}

// at applies an operation at a path.
func (p *patcher) at(op string, path filter.Path, value any) error {
	plain := path.AttributePath
	subName := plain.SubAttributeName()
	if path.SubAttribute != nil {
		subName = *path.SubAttribute
	}
	plain.SubAttribute = nil
	container, attr, _, ok := p.attribute(plain, nil)
	if !ok {
		return errors.ScimErrorInvalidPath
	}
	if attr.Mutability() == "readOnly" {
		return errors.ScimErrorMutability
	}
	holder := p.holder(container)
	defer p.prune(container)
	sub, hasSub := attr.SubAttributes().ContainsAttribute(subName)
	switch {
	case path.ValueExpression != nil:
		return p.selected(op, holder, attr, path.ValueExpression, sub, hasSub, value)
	case hasSub && attr.MultiValued():
		return p.everySub(op, holder, attr, sub, value)
	case hasSub:
		object, _ := holder[attr.Name()].(map[string]any)
		if object == nil {
			object = map[string]any{}
		}
		setOrRemove(op, object, sub.Name(), value)
		holder[attr.Name()] = object
		return nil
	case attr.MultiValued():
		p.whole(op, holder, attr, value)
		return nil
	}
	if op == scim.PatchOperationRemove {
		if attr.Required() {
			return errors.ScimErrorMutability
		}
		delete(holder, attr.Name())
		return nil
	}
	if merged, ok := value.(map[string]any); ok {
		// Sub-attributes that are not named stay as they are (3.5.2.3).
		if object, _ := holder[attr.Name()].(map[string]any); object != nil {
			maps.Copy(object, merged)
			return nil
		}
	}
	holder[attr.Name()] = clone(value)
	return nil
}

// holder returns the object that holds the attributes of an extension, and prune drops it when it is empty.
func (p *patcher) holder(container string) map[string]any {
	if container == "" {
		return p.doc
	}
	part, _ := p.doc[container].(map[string]any)
	if part == nil {
		part = map[string]any{}
		p.doc[container] = part
	}
	return part
}

func (p *patcher) prune(container string) {
	part := p.holder(container)
	for name, v := range part {
		if object, ok := v.(map[string]any); ok && len(object) == 0 {
			delete(part, name)
		}
	}
	if container != "" && len(part) == 0 {
		delete(p.doc, container)
	}
}

// whole applies an operation to all values of a multi-valued attribute.
func (p *patcher) whole(op string, holder map[string]any, attr schema.CoreAttribute, value any) {
	have := list(holder[attr.Name()])
	switch op {
	case scim.PatchOperationRemove:
		if doomed := list(value); p.knobs.LegacyRemove && len(doomed) > 0 {
			have = slices.DeleteFunc(have, func(v any) bool {
				return slices.ContainsFunc(doomed, func(d any) bool { return equal(v, d) || memberID(v) != "" && memberID(v) == memberID(d) })
			})
		} else {
			have = nil
		}
	case scim.PatchOperationReplace:
		have = list(clone(value))
	default:
		if p.knobs.AddReplacesMembers && attr.Name() == "members" {
			have = nil
		}
		for _, v := range list(clone(value)) {
			at := slices.IndexFunc(have, func(h any) bool { return equal(h, v) || attr.Name() == "members" && memberID(h) == memberID(v) })
			if at < 0 {
				have = onePrimary(append(have, v), len(have))
			}
		}
	}
	setValues(holder, attr, have)
}

// setValues stores what is left of a multi-valued attribute.
func setValues(holder map[string]any, attr schema.CoreAttribute, values []any) {
	if holder[attr.Name()] = values; len(values) == 0 {
		delete(holder, attr.Name())
	}
}

// onePrimary takes primary from the other values when the one at index has it (3.5.2).
func onePrimary(values []any, index int) []any {
	object, _ := values[index].(map[string]any)
	if object["primary"] != true {
		return values
	}
	for i, v := range values {
		if other, ok := v.(map[string]any); ok && i != index && other["primary"] == true {
			other["primary"] = false
		}
	}
	return values
}

// everySub sets a sub-attribute of every value.
func (p *patcher) everySub(op string, holder map[string]any, attr, sub schema.CoreAttribute, value any) error {
	have := list(holder[attr.Name()])
	if len(have) == 0 && op == scim.PatchOperationReplace {
		return errors.ScimErrorNoTarget
	}
	for _, v := range have {
		if object, ok := v.(map[string]any); ok {
			setOrRemove(op, object, sub.Name(), value)
		}
	}
	return nil
}

// selected applies an operation to the values that a filter selects.
func (p *patcher) selected(op string, holder map[string]any, attr schema.CoreAttribute, e filter.Expression, sub schema.CoreAttribute, hasSub bool, value any) error {
	if !p.valid(e, &attr) {
		return errors.ScimErrorInvalidFilter
	}
	have, hit := list(holder[attr.Name()]), -1
	var rest []any
	for i, v := range have {
		object, ok := v.(map[string]any)
		if !ok || !p.matches(e, object, &attr) {
			rest = append(rest, v)
			continue
		}
		hit = i
		switch {
		case hasSub:
			setOrRemove(op, object, sub.Name(), value)
		case op != scim.PatchOperationRemove:
			update, ok := value.(map[string]any)
			if !ok {
				return errors.ScimErrorInvalidValue
			}
			maps.Copy(object, update)
		}
		onePrimary(have, i)
	}
	switch {
	case op == scim.PatchOperationRemove && !hasSub:
		setValues(holder, attr, rest)
		return nil
	case hit >= 0 || op == scim.PatchOperationRemove:
		return nil
	case op == scim.PatchOperationReplace || !p.knobs.AddCreatesElement:
		return errors.ScimErrorNoTarget
	}
	element := map[string]any{}
	terms := map[string]string{}
	equalities(e, terms)
	for name, v := range terms {
		if a, ok := attr.SubAttributes().ContainsAttribute(name); ok {
			element[a.Name()] = v
		}
	}
	if update, ok := value.(map[string]any); ok {
		maps.Copy(element, update)
	} else {
		element[sub.Name()] = value
	}
	setValues(holder, attr, onePrimary(append(have, element), len(have)))
	return nil
}

func setOrRemove(op string, object map[string]any, name string, value any) {
	if op == scim.PatchOperationRemove {
		delete(object, name)
		return
	}
	object[name] = clone(value)
}

// schemaPrefix strips the URN of an attribute name in attributes and excludedAttributes.
func schemaPrefix(name, uri string) (string, bool) {
	if len(name) > len(uri) && strings.EqualFold(name[:len(uri)], uri) && name[len(uri)] == ':' {
		return name[len(uri)+1:], true
	}
	return name, false
}
