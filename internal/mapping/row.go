package mapping

import (
	"encoding/json"
	"strings"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/expr"
)

// shape says what a row puts at its path.
type shape uint8

const (
	single    shape = iota // one value
	plainList              // values
	valueList              // objects with a value, as roles and emails are
	jsonList               // objects that the source writes as JSON, such as routing skills with a proficiency
	reference              // the id of another resource
	members                // the members of a group, which the engine sends by itself
)

// row is a checked row.
type row struct {
	path  Path
	name  string // canonical path
	attr  directory.TargetAttribute
	shape shape
	// open rows have a target that the schema does not list: they take one value or several, as the source has them.
	open bool

	source      string
	sourceMulti bool
	program     *expr.Program
	constant    any // wire form, nil for none
	fallback    any // default value in wire form, nil for none
	// mapped is false for a row that is listed but has no source.
	mapped bool

	matching   int
	createOnly bool
	exact      bool
	// matchOnly rows find a resource by an attribute that cannot be written.
	matchOnly bool
	// roles rows read app roles; they are never cleared.
	roles bool
	// leaving rows read IsSoftDeleted.
	leaving bool
}

// result is what the source gives for a row.
type result struct {
	strings  []string
	list     bool
	roles    []expr.Role
	mode     expr.RoleMode
	isRoles  bool
	redacted bool
	skip     bool
}

// eval evaluates source or expression.
func (r *row) eval(a directory.Attributes, env expr.Env) (result, error) {
	if r.program == nil {
		return result{strings: a.Attribute(r.source), list: r.sourceMulti}, nil
	}
	v, err := r.program.Eval(a, env)
	if err != nil {
		return result{}, err
	}
	out := result{strings: v.Strings(), list: v.IsList(), redacted: v.Redacted(), skip: v.Skip()}
	out.roles, out.mode, out.isRoles = v.Roles()
	return out, nil
}

// null reports whether there is nothing to send. The empty string is sent as it is (reference 5.2) to attributes that take
// any text; for all others it is no value.
func (r *row) null(res result) bool {
	if res.isRoles {
		return len(res.roles) == 0
	}
	if len(res.strings) == 0 {
		return true
	}
	text := r.attr.Type == directory.String && r.attr.Normalize == nil && !r.attr.Required && r.matching == 0
	return len(res.strings) == 1 && res.strings[0] == "" && (!text || r.isList(res))
}

// isList reports whether the row's value is a list in this case.
func (r *row) isList(res result) bool {
	switch r.shape {
	case plainList, valueList, jsonList:
		return true
	}
	return r.open && res.list && r.path.Sub == ""
}

// wire returns the JSON value of a result that is not null. The error says why the target cannot take it, or a part of it;
// with a value it is a warning.
func (r *row) wire(res result, region string) (any, error) {
	if res.isRoles {
		return r.wireRoles(res), nil
	}
	if !r.isList(res) {
		if len(res.strings) > 1 {
			return nil, refuse("The source has several values and the target attribute takes one; pick one, for example with Item([...], 1).")
		}
		return scalar(r.attr, res.strings[0], region)
	}
	var out []any
	var bad error
	for _, s := range res.strings {
		v, err := r.item(s, region)
		switch {
		case err != nil:
			bad = err
		case v != nil && !r.contains(out, v):
			out = append(out, v)
		}
	}
	if len(out) == 0 {
		return nil, bad
	}
	return out, bad
}

// item returns one element of a list, nil for an empty one.
func (r *row) item(s, region string) (any, error) {
	if s == "" {
		return nil, nil
	}
	if r.shape == jsonList {
		var m map[string]any
		if err := json.Unmarshal([]byte(s), &m); err != nil || len(m) == 0 {
			return nil, refuse(`The value is no JSON object; the target attribute takes objects such as {"name": "Billing", "proficiency": 3}.`)
		}
		return m, nil
	}
	v, err := scalar(r.attr, s, region)
	if err != nil || r.shape != valueList {
		return v, err
	}
	return map[string]any{"value": v}, nil
}

// roleType is the type that roles carry, reference 4.9.
const roleType = "WindowsAzureActiveDirectoryRole"

// wireRoles returns roles in the form of reference 4.9, or the part of the one role that the path addresses.
func (r *row) wireRoles(res result) any {
	if !r.isList(res) {
		role := res.roles[0]
		switch strings.ToLower(r.path.Sub) {
		case "display":
			return role.DisplayName
		case "type":
			return roleType
		}
		return roleValue(role)
	}
	out := []any{}
	for _, role := range res.roles {
		var v any = roleValue(role)
		if v == "" {
			continue
		}
		if r.shape == valueList {
			m := map[string]any{"value": v, "type": roleType, "primary": res.mode == expr.RoleSingle}
			if role.DisplayName != "" {
				m["display"] = role.DisplayName
			}
			v = m
		}
		if !r.contains(out, v) {
			out = append(out, v)
		}
	}
	return out
}

// roleValue is the value of an app role, or its display name where the role has none, as in package expr.
func roleValue(role expr.Role) string {
	if role.Value != "" {
		return role.Value
	}
	return role.DisplayName
}

// contains reports whether a list has an equal element.
func (r *row) contains(list []any, v any) bool {
	for _, e := range list {
		if r.sameScalar(reduce(e), reduce(v)) {
			return true
		}
	}
	return false
}
