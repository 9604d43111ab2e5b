package expr

import (
	"strconv"

	"github.com/entrain-dev/entrain/internal/expr/dotnet"
)

// kind is the shape of a Value.
type kind uint8

const (
	kindNull kind = iota
	kindText
	kindNumber
	kindBoolean
	kindDateTime
	kindList
	kindRoles
)

// flags travel with a value through every function that used it.
type flags uint8

const (
	// flagRedacted marks a value that Redact touched, or that was computed from one.
	flagRedacted flags = 1 << iota
	// flagSkip marks a value that IgnoreFlowIfNullOrEmpty found null or empty.
	flagSkip
)

// Value is the result of an expression: null, text, a whole number, a Boolean, a point in time, several texts, or roles.
// The zero Value is null.
type Value struct {
	kind  kind
	flags flags
	// number holds a number, a Boolean (0 or 1), or the ticks of a point in time.
	number int64
	// text holds text, or the spelling of a number that was written with leading zeros.
	text string
	// several holds what has a place for more than one value. It is behind a pointer so that a Value fits into registers.
	several *several
}

// several is a list of texts, or the roles of a role function.
type several struct {
	list  []string
	roles []Role
	mode  RoleMode
}

func textValue(s string) Value { return Value{kind: kindText, text: s} }

func numberValue(n int64) Value { return Value{kind: kindNumber, number: n} }

func boolValue(b bool) Value {
	v := Value{kind: kindBoolean}
	if b {
		v.number = 1
	}
	return v
}

func dateValue(ticks int64) Value { return Value{kind: kindDateTime, number: ticks} }

func listValue(items []string) Value {
	if len(items) == 0 {
		return Value{}
	}
	return Value{kind: kindList, several: &several{list: items}}
}

// attributeValue reads the values of a source attribute: none is null, one is text, more are a list.
func attributeValue(values []string) Value {
	switch len(values) {
	case 0:
		return Value{}
	case 1:
		return Value{kind: kindText, text: values[0]}
	}
	return Value{kind: kindList, several: &several{list: values}}
}

// IsNull reports whether there is no value. The empty string is a value.
func (v Value) IsNull() bool { return v.kind == kindNull }

// IsList reports whether the value has a place for several values: more than one value of an attribute, or the result of a
// function that makes lists (even of one element), or the roles of the two "Complex" functions.
func (v Value) IsList() bool {
	return v.kind == kindList || v.kind == kindRoles && v.several.mode != RoleSingle
}

// Redacted reports whether the value, or anything it was computed from, went through Redact: logs show [Redact] instead.
func (v Value) Redacted() bool { return v.flags&flagRedacted != 0 }

// Skip reports that IgnoreFlowIfNullOrEmpty decided that the target attribute is left alone: nothing is sent, no default
// value is used and nothing is cleared.
func (v Value) Skip() bool { return v.flags&flagSkip != 0 && v.isEmpty() }

// Roles returns the roles and how they are written, and whether the value is the result of a role function at all. With
// RoleAssert the list may be empty, which means that the target's roles are to be removed.
func (v Value) Roles() ([]Role, RoleMode, bool) {
	if v.kind != kindRoles {
		return nil, 0, false
	}
	return v.several.roles, v.several.mode, true
}

// Strings returns all values as text, nil for null. The caller must not change the slice, which for several values may be
// the attribute's own.
func (v Value) Strings() []string {
	switch v.kind {
	case kindNull:
		return nil
	case kindList:
		return v.several.list
	case kindRoles:
		return roleNames(v.several.roles)
	}
	return []string{v.String()}
}

// String returns the value as text: a Boolean as True or False, a point in time as M/d/yyyy h:mm:ss tt in UTC, a number in
// decimal, the first element of a list, "" for null.
func (v Value) String() string {
	switch v.kind {
	case kindText:
		return v.text
	case kindNumber:
		if v.text != "" {
			return v.text
		}
		return strconv.FormatInt(v.number, 10)
	case kindBoolean:
		if v.number != 0 {
			return "True"
		}
		return "False"
	case kindDateTime:
		return dotnet.DateTime{Ticks: v.number}.String()
	case kindList:
		return v.several.list[0]
	case kindRoles:
		if roles := v.several.roles; len(roles) > 0 {
			return roles[0].name()
		}
	}
	return ""
}

// isEmpty reports null or the empty string.
func (v Value) isEmpty() bool {
	return v.kind == kindNull || v.kind == kindText && v.text == ""
}

// count returns how many values there are.
func (v Value) count() int {
	switch v.kind {
	case kindNull:
		return 0
	case kindList:
		return len(v.several.list)
	case kindRoles:
		return len(v.several.roles)
	}
	return 1
}

// with returns the value carrying the given flags too.
func (v Value) with(f flags) Value {
	v.flags |= f
	return v
}
