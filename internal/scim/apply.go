package scim

import (
	"encoding/json"
	"strings"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/fault"
)

// literal returns the value of a condition in the form in which an element holds it.
func (c condition) literal() any {
	switch {
	case !strings.EqualFold(c.sub, "primary"):
		return c.value
	case strings.EqualFold(c.value, "true"):
		return true
	case strings.EqualFold(c.value, "false"):
		return false
	}
	return c.value
}

// elementExists reports whether a resource has the element that a filtered path selects.
func elementExists(doc directory.Document, p path) bool {
	holder, ok := holderOf(doc, p, false)
	if !ok {
		return false
	}
	_, v, _ := member(holder, p.attribute)
	list, _ := v.([]any)
	for _, e := range list {
		if p.where.matches(e) {
			return true
		}
	}
	return false
}

// holderOf returns the object in which the attribute of a path stands: the resource or the extension.
func holderOf(doc directory.Document, p path, create bool) (map[string]any, bool) {
	if p.urn == "" {
		return doc, true
	}
	key, v, _ := member(doc, p.urn)
	holder, ok := v.(map[string]any)
	if !ok && create {
		holder, ok = map[string]any{}, true
		doc[key] = holder
	}
	return holder, ok
}

// apply returns a resource changed by operations, RFC 7644 section 3.5.2, for applications that only know PUT.
func apply(have directory.Document, ops []directory.Operation) (directory.Document, error) {
	doc, err := clone(have)
	if err != nil {
		return nil, err
	}
	for _, op := range ops {
		p, ok := parsePath(op.Path)
		if !ok {
			return nil, &fault.Error{Kind: fault.Invalid, Op: "replace resource", Code: codeAttribute,
				Message: "the path " + op.Path + " cannot be written to an application that has no PATCH; use a simpler path"}
		}
		holder, ok := holderOf(doc, p, op.Kind != directory.Remove)
		if !ok {
			continue
		}
		applyOne(holder, p, op)
	}
	return doc, nil
}

func applyOne(holder map[string]any, p path, op directory.Operation) {
	key, v, _ := member(holder, p.attribute)
	switch {
	case p.filtered:
		list, _ := v.([]any)
		if list = applyElement(list, p, op); len(list) > 0 {
			holder[key] = list
		} else {
			delete(holder, key)
		}
	case p.sub != "":
		inner, ok := v.(map[string]any)
		if !ok {
			inner = map[string]any{}
		}
		set(inner, p.sub, op)
		holder[key] = inner
	case strings.EqualFold(p.attribute, directory.AttrMembers):
		list, _ := v.([]any)
		holder[key] = applyMembers(list, op)
	default:
		set(holder, p.attribute, op)
	}
}

func set(m map[string]any, name string, op directory.Operation) {
	key, old, _ := member(m, name)
	list, isList := old.([]any)
	more, addsList := op.Value.([]any)
	switch {
	case op.Kind == directory.Remove:
		delete(m, key)
	case op.Kind == directory.Add && isList && addsList:
		for _, e := range more {
			if !containsValue(list, e) {
				list = append(list, e)
			}
		}
		m[key] = list
	default:
		m[key] = op.Value
	}
}

// applyElement changes the selected elements of a multi-valued attribute; one that is missing is created.
func applyElement(list []any, p path, op directory.Operation) []any {
	var out []any
	found := false
	for _, e := range list {
		m, isObject := e.(map[string]any)
		if !p.where.matches(e) {
			out = append(out, e)
			continue
		}
		found = true
		if p.sub == "" && op.Kind == directory.Remove {
			continue
		}
		if isObject && p.sub != "" {
			set(m, p.sub, op)
			if _, _, has := member(m, "value"); !has && strings.EqualFold(p.sub, "value") {
				continue // an element without its value says nothing
			}
		}
		out = append(out, e)
	}
	if !found && op.Kind != directory.Remove && p.sub != "" {
		out = append(out, map[string]any{p.where.sub: p.where.literal(), p.sub: op.Value})
	}
	return out
}

func applyMembers(list []any, op directory.Operation) []any {
	changed, isList := op.Value.([]any)
	if !isList && op.Value != nil {
		changed = []any{op.Value}
	}
	switch {
	case op.Kind == directory.Replace:
		return changed
	case op.Kind == directory.Remove && op.Value == nil:
		return nil
	}
	out := make([]any, 0, len(list)+len(changed))
	for _, e := range list {
		if op.Kind != directory.Remove || !containsValue(changed, e) {
			out = append(out, e)
		}
	}
	if op.Kind == directory.Add {
		for _, e := range changed {
			if !containsValue(out, e) {
				out = append(out, e)
			}
		}
	}
	return out
}

// containsValue reports whether a list holds an element with the same value.
func containsValue(list []any, element any) bool {
	want := valueOf(element)
	for _, e := range list {
		if valueOf(e) == want {
			return true
		}
	}
	return false
}

func valueOf(element any) string {
	if m, ok := element.(map[string]any); ok {
		if _, v, has := member(m, "value"); has {
			return display(v)
		}
	}
	return display(element)
}

// clone copies a document, so that a failed write leaves the one that was read as it is.
func clone(doc directory.Document) (directory.Document, error) {
	text, err := json.Marshal(doc)
	if err != nil {
		return nil, fault.Wrap(fault.Internal, "copy resource", err)
	}
	var out directory.Document
	if err := json.Unmarshal(text, &out); err != nil {
		return nil, fault.Wrap(fault.Internal, "copy resource", err)
	}
	return out, nil
}
