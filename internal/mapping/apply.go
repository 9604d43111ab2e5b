package mapping

import (
	"fmt"
	"strings"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/expr"
	"github.com/entrain-dev/entrain/internal/fault"
)

// missingFields is the code of an object that lacks a required value, reference part 2 section 7.8.
const missingFields = "MandatoryFieldsMissing"

// Apply evaluates every row for one object. The attributes include the computed ones: IsSoftDeleted as True or False, and
// appRoleAssignments as one JSON text a role.
//
// The error, of kind fault.Invalid, is about the object: an expression that fails on its values, or a value that a required
// attribute cannot take (code MandatoryFieldsMissing). For somebody who leaves (IsSoftDeleted is True) such a row is left
// out with a warning, unless it is the one that disables. That a required attribute has no value at all matters only on
// create: CheckCreate.
func (m *Mapping) Apply(a directory.Attributes, env expr.Env) (Desired, error) {
	return m.apply(a, env, func(*row) bool { return true })
}

// ApplyLeaving evaluates only the rows that read IsSoftDeleted, so that nothing else that is wrong about somebody keeps them
// from being disabled.
func (m *Mapping) ApplyLeaving(a directory.Attributes, env expr.Env) (Desired, error) {
	return m.apply(a, env, func(r *row) bool { return r.leaving })
}

func (m *Mapping) apply(a directory.Attributes, env expr.Env, want func(*row) bool) (Desired, error) {
	d := Desired{Values: make([]Value, 0, len(m.rows))}
	leaves := a.First(directory.AttrIsSoftDeleted) == "True"
	region := a.First(directory.AttrUsageLocation)
	for _, r := range m.rows {
		if r.shape == members || !want(r) {
			continue
		}
		err := m.applyRow(&d, r, a, env, region)
		switch {
		case err == nil:
		case leaves && !r.leaving:
			d.warn(r, err)
		default:
			return Desired{}, err
		}
	}
	return d, nil
}

func (d *Desired) warn(r *row, err error) {
	d.Warnings = append(d.Warnings, Warning{Path: r.name, Message: fault.MessageOf(err)})
}

// applyRow adds what a row gives.
func (m *Mapping) applyRow(d *Desired, r *row, a directory.Attributes, env expr.Env, region string) error {
	v := Value{Path: r.name, OnCreateOnly: r.createOnly}
	if r.constant != nil {
		v.Value = r.constant
		d.Values = append(d.Values, v)
		return nil
	}
	res, err := r.eval(a, env)
	if err != nil {
		return &fault.Error{Kind: fault.Invalid, Op: "apply mapping", Message: r.name + ": " + fault.MessageOf(err), Err: err}
	}
	if res.skip {
		return nil
	}
	if r.shape == reference {
		m.applyReference(d, r, res)
		return nil
	}
	v.Redacted = res.redacted
	if r.null(res) {
		if m.ofNull(r, res, &v) {
			d.Values = append(d.Values, v)
		}
		return nil
	}
	v.AddOnly = res.isRoles && res.mode != expr.RoleAssert && r.isList(res)
	v.Value, err = r.wire(res, region)
	if err != nil && v.Value == nil && r.attr.Required {
		return &fault.Error{
			Kind: fault.Invalid, Op: "apply mapping", Code: missingFields,
			Message: fmt.Sprintf("%s is required by %s and cannot have this object's value: %s", r.name, m.schema, fault.MessageOf(err)),
		}
	}
	if err != nil {
		d.warn(r, err)
	}
	if v.Value == nil || res.isRoles && emptyRoles(v) {
		return nil
	}
	d.Values = append(d.Values, v)
	return nil
}

// emptyRoles reports whether nothing is left of roles that have no name. Only an authoritative list may be sent empty.
func emptyRoles(v Value) bool {
	list, ok := v.Value.([]any)
	return v.Value == "" || ok && v.AddOnly && len(list) == 0
}

// ofNull fills the value of a row whose source is null and reports whether there is anything to say: an empty list of roles
// that is authoritative, a default for a create, or the removal of what was sent.
func (m *Mapping) ofNull(r *row, res result, v *Value) bool {
	if res.isRoles && res.mode == expr.RoleAssert && r.isList(res) {
		v.Value = []any{}
		return true
	}
	if r.fallback != nil {
		v.Value, v.DefaultOnly = r.fallback, true
	}
	v.Clear = m.clearNull && r.mapped && !r.roles && !r.attr.Required && r.matching == 0 && !r.createOnly
	return v.DefaultOnly || v.Clear
}

func (m *Mapping) applyReference(d *Desired, r *row, res result) {
	ref := Reference{Path: r.name, OnCreateOnly: r.createOnly}
	switch {
	case len(res.strings) > 1:
		d.warn(r, refuse("The source has several values and the target attribute takes one reference."))
		return
	case len(res.strings) == 1 && res.strings[0] != "":
		ref.Source = directory.SourceID(res.strings[0])
	default:
		ref.Clear = m.clearNull && !r.createOnly
	}
	d.References = append(d.References, ref)
}

// CheckCreate reports an object that cannot be created because a required attribute has no value: kind fault.Invalid, code
// MandatoryFieldsMissing.
func (m *Mapping) CheckCreate(d Desired) error {
	var missing []string
	for _, r := range m.required {
		if v, ok := d.value(r.name); !ok || v.Value == nil || v.Value == "" {
			missing = append(missing, r.name)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return &fault.Error{
		Kind: fault.Invalid, Op: "create", Code: missingFields,
		Message: fmt.Sprintf("%s requires %s, and the object has no value for it; give it one in Entra or set a default value in the mapping.", m.schema, strings.Join(missing, " and ")),
	}
}

func (d Desired) value(path string) (Value, bool) {
	for _, v := range d.Values {
		if v.Path == path {
			return v, true
		}
	}
	return Value{}, false
}

// Keys returns the matching attributes that have a value, in the order in which they are to be tried. Default values are
// no keys: they would find somebody else.
func (m *Mapping) Keys(d Desired) []Key {
	var out []Key
	for _, r := range m.matching {
		v, ok := d.value(r.name)
		if !ok || v.DefaultOnly || v.Value == nil {
			continue
		}
		if _, list := v.Value.([]any); list {
			continue
		}
		if text := render(v.Value); text != "" {
			out = append(out, Key{Path: r.name, Value: text, CaseExact: r.exact})
		}
	}
	return out
}

// Document returns the body of a create, without references.
func (m *Mapping) Document(d Desired) directory.Document {
	doc := directory.Document{}
	m.created(d, func(r *row, v Value) { r.path.set(doc, v.Value) })
	return doc
}

// Sent returns what a create sends in the form in which it is stored as applied.
func (m *Mapping) Sent(d Desired) directory.Values {
	out := directory.Values{}
	m.created(d, func(r *row, v Value) { out[r.name] = r.comparable(v.Value) })
	return out
}

// Created returns what a create sends as the provisioning log shows it.
func (m *Mapping) Created(d Desired) []Modified {
	var out []Modified
	m.created(d, func(r *row, v Value) { out = append(out, r.modified(nil, v)) })
	return out
}

// created visits the values of a create.
func (m *Mapping) created(d Desired, visit func(*row, Value)) {
	for _, v := range d.Values {
		r, ok := m.byPath[v.Path]
		if !ok || r.matchOnly || v.Value == nil {
			continue
		}
		if list, ok := v.Value.([]any); ok && len(list) == 0 {
			continue
		}
		visit(r, v)
	}
}
