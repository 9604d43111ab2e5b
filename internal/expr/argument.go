package expr

import (
	"slices"
	"strings"
)

// argument checks one argument against its parameter and returns its node, nil for one that was left empty. p is nil for an
// argument beyond the last parameter, which was reported already.
func (c *checker) argument(fn *Function, p *Param, a expression) node {
	switch a := a.(type) {
	case *omitted:
		if p != nil && !p.Optional {
			c.problemf(a.at, `%s needs its argument %s; it cannot be left empty (write "" for an empty text)`, fn.Name, p.Name)
		}
		return nil
	case *comparison:
		if p != nil && p.Type == TypeCondition {
			return c.comparison(a)
		}
	case *word:
		if p != nil && p.Bare {
			return c.choice(fn, p, a, a.name)
		}
	case *attribute:
		if a.name == rolesAttribute && p != nil && (p.Type == TypeRoles || p.countsOnly) {
			return c.attribute(a).node
		}
	}
	part := c.expression(a)
	if p == nil || part.typ == typeBad {
		return part.node
	}
	if reason := refusal(p, part, a); reason != "" {
		c.problemf(a.offset(), "%s %s", fn.Name, reason)
		return part.node
	}
	if text, ok := constantText(part.node); ok && len(p.Choices) > 0 {
		return c.choice(fn, p, a, text)
	}
	return part.node
}

// comparison checks the two sides of a comparison.
func (c *checker) comparison(e *comparison) node {
	left, right := c.expression(e.left), c.expression(e.right)
	for _, side := range []struct {
		checked
		tree expression
	}{{left, e.left}, {right, e.right}} {
		if side.typ == TypeList || side.typ == TypeRoles {
			c.problemf(side.tree.offset(), "A comparison needs one value on each side, but %s gives several; choose one with Item or count them with Count", describe(side.tree))
		}
	}
	line, column := c.place(e.left.offset())
	n := &compareNode{op: comparators[e.operator], left: left.node, right: right.node, line: line, column: column}
	return n.shortcut()
}

// choice checks a constant that has to be one of a few words.
func (c *checker) choice(fn *Function, p *Param, at expression, text string) node {
	if !slices.Contains(p.Choices, text) {
		quoted := slices.Clone(p.Choices)
		for i := range quoted {
			if !p.Bare {
				quoted[i] = quote(quoted[i])
			}
		}
		c.problemf(at.offset(), "%s does not know the %s %s; it is one of %s", fn.Name, p.Name, quote(text), strings.Join(quoted, ", "))
	}
	return &constantNode{textValue(text)}
}

// refusal says why an argument does not fit its parameter, "" if it fits or may fit.
func refusal(p *Param, part checked, a expression) string {
	gives := describe(a)
	switch p.Type {
	case TypeText, TypeNumber:
		if part.typ == TypeList || part.typ == TypeRoles {
			return "takes one value as " + p.Name + ", but " + gives + " gives several; choose one with Item or join them with Join"
		}
		if p.Type == TypeText {
			return ""
		}
		text, constant := constantText(part.node)
		_, isNumber := parseNumber(text)
		if part.typ == TypeDateTime || part.typ == TypeBoolean || constant && !isNumber {
			return "takes a whole number as " + p.Name + ", but " + gives + " is none"
		}
	case TypeDateTime:
		if part.typ != TypeDateTime && part.typ != TypeAny {
			return "takes a date as " + p.Name + ", but " + gives + " is text or a number; wrap it in CDate(...), or a FILETIME number in DateFromNum(...)"
		}
	case TypeList:
		if part.typ == TypeRoles {
			return "cannot take roles as " + p.Name
		}
	case TypeRoles:
		return "takes exactly [appRoleAssignments]"
	case TypeCondition:
		text, constant := constantText(part.node)
		_, decidable := truth(textValue(text))
		if part.typ == TypeList || part.typ == TypeRoles || part.typ == TypeDateTime || constant && !decidable {
			return "takes a condition as " + p.Name + ", but " + gives + " is neither true nor false; write a comparison such as [name] = \"text\""
		}
	}
	return ""
}

// constantText returns the value of a constant that is text or a number.
func constantText(n node) (string, bool) {
	if k, ok := n.(*constantNode); ok && (k.value.kind == kindText || k.value.kind == kindNumber) {
		return k.value.String(), true
	}
	return "", false
}

// describe names a part of an expression in a message.
func describe(e expression) string {
	switch e := e.(type) {
	case *call:
		return e.name + "(...)"
	case *literal:
		if len(e.text) > 30 {
			return "this text"
		}
	}
	return e.String()
}

// preparation is what the prepare function of a Function sees of a call.
type preparation struct {
	*checker
	call *call
	args []node
	// volatile is set by a function that found that it needs the clock.
	volatile bool
}

// given reports whether an argument was written.
func (p *preparation) given(i int) bool { return i < len(p.args) && p.args[i] != nil }

// constant returns the text of a constant argument.
func (p *preparation) constant(i int) (string, bool) {
	if !p.given(i) {
		return "", false
	}
	return constantText(p.args[i])
}

// refuse reports an argument, or the whole call when the argument is missing.
func (p *preparation) refuse(i int, format string, args ...any) {
	at := p.call.at
	if p.given(i) {
		at = p.call.args[i].offset()
	}
	p.problemf(at, format, args...)
}

func (p *preparation) allConstant() bool {
	for _, a := range p.args {
		if a == nil {
			continue
		}
		if _, ok := a.(*constantNode); !ok {
			return false
		}
	}
	return true
}
