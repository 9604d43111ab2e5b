package expr

import (
	"errors"
	"strings"

	"github.com/entrain-dev/entrain/internal/fault"
)

// checker turns the tree into nodes that can be evaluated and records what is wrong with it.
type checker struct {
	*source
	opts       Options
	attributes []string
	volatile   bool
	contextual bool
}

// checked is the result of checking a part of the tree.
type checked struct {
	node node
	typ  Type
}

var badPart = checked{&constantNode{}, typeBad}

// rolesAttribute must never be mapped as it is (reference 4.9).
const rolesAttribute = "appRoleAssignments"

// root checks the whole expression. At the top there may be a function, an attribute or a constant.
func (c *checker) root(e expression) node {
	switch e := e.(type) {
	case *comparison:
		c.problemf(e.at, "A comparison can stand only in the condition of IIF and in CBool; write IIF(..., \"True\", \"False\")")
	case *word:
		c.stray(e)
	default:
		return c.expression(e).node
	}
	return badPart.node
}

// expression checks a part that yields a value.
func (c *checker) expression(e expression) checked {
	switch e := e.(type) {
	case *literal:
		return c.literal(e)
	case *attribute:
		if e.name == rolesAttribute {
			c.problemf(e.at, "[appRoleAssignments] cannot be used as it is; write SingleAppRoleAssignment([appRoleAssignments]), AppRoleAssignmentsComplex([appRoleAssignments]) or AssertiveAppRoleAssignmentsComplex([appRoleAssignments])")
		}
		return c.attribute(e)
	case *call:
		return c.call(e)
	case *word:
		c.stray(e)
	case *comparison:
		c.problemf(e.at, "A comparison can stand only in the condition of IIF and in CBool")
		c.expression(e.left)
		c.expression(e.right)
	}
	return badPart
}

func (c *checker) literal(e *literal) checked {
	if !e.number {
		return checked{&constantNode{textValue(e.text)}, TypeText}
	}
	n, _ := parseNumber(e.text)
	v := numberValue(n)
	if e.text[0] != '&' && e.text != v.String() {
		v.text = e.text
	}
	return checked{&constantNode{v}, TypeNumber}
}

func (c *checker) attribute(e *attribute) checked {
	if c.opts.KnownAttribute != nil && !c.opts.KnownAttribute(e.name) {
		c.problemf(e.at, "There is no source attribute [%s]%s", e.name, didYouMean(e.name, c.opts.AttributeNames, "["))
		return badPart
	}
	c.attributes = append(c.attributes, e.name)
	return checked{&attributeNode{e.name}, typeAttribute}
}

// stray reports a bare word, with what was probably meant.
func (c *checker) stray(e *word) {
	switch lower := strings.ToLower(e.name); {
	case lower == "and" || lower == "or":
		c.problemf(e.at, "There is no operator %s; nest IIF instead", e.name)
	case lower == "true" || lower == "false":
		c.problemf(e.at, `%s has to be written in double quotes, as "%s"`, e.name, strings.ToUpper(lower[:1])+lower[1:])
	case lower == "null" || lower == "nothing":
		c.problemf(e.at, "There is no word %s; leave the argument empty for null", e.name)
	case table[e.name] != nil:
		c.problemf(e.at, "%s is a function; write %s", e.name, table[e.name].Signature())
	case c.opts.KnownAttribute != nil && c.opts.KnownAttribute(e.name):
		c.problemf(e.at, "%s is an attribute; write [%s]", e.name, e.name)
	default:
		c.problemf(e.at, `%s is neither a function nor a constant; write [%s] for an attribute or "%s" for text`, e.name, e.name, e.name)
	}
}

// call checks a function call and computes it at once if all its arguments are constants.
func (c *checker) call(e *call) checked {
	fn := c.lookup(e)
	if fn == nil {
		for _, a := range e.args {
			if _, isComparison := a.(*comparison); !isComparison {
				c.expression(a)
			}
		}
		return badPart
	}
	before := len(c.problems)
	n := &callNode{fn: fn, args: make([]node, len(e.args)), params: make([]*Param, len(e.args))}
	n.line, n.column = c.place(e.at)
	c.arity(fn, e)
	for i, a := range e.args {
		p := fn.param(i)
		n.params[i] = p
		n.args[i] = c.argument(fn, p, a)
	}
	if len(c.problems) > before || c.isBad(e) {
		return badPart
	}
	c.volatile = c.volatile || fn.volatile
	c.contextual = c.contextual || fn.contextual
	prep := &preparation{checker: c, call: e, args: n.args}
	if fn.prepare != nil {
		n.prepared = fn.prepare(prep)
	}
	c.volatile = c.volatile || prep.volatile
	if len(c.problems) > before {
		return badPart
	}
	if fn.volatile || fn.contextual || prep.volatile || !prep.allConstant() {
		return checked{n, fn.Result}
	}
	return c.fold(e, n)
}

// isBad reports that an argument was refused by the parser already.
func (c *checker) isBad(e *call) bool {
	for _, a := range e.args {
		if _, is := a.(*bad); is {
			return true
		}
	}
	return false
}

// fold computes a call with constant arguments. A failure that would occur on every object is reported now.
func (c *checker) fold(e *call, n *callNode) checked {
	m := newMachine(nil, n.stackSize())
	v, err := n.eval(m)
	m.release()
	if err != nil {
		reason := err.Error()
		var failed *evalError
		if errors.As(err, &failed) {
			reason = failed.reason
		}
		c.problemf(e.at, "%s: %s", n.fn.Name, reason)
		return badPart
	}
	return checked{&constantNode{v}, n.fn.Result}
}

// lookup finds the function of a call, or reports that there is none.
func (c *checker) lookup(e *call) *Function {
	fn := table[e.name]
	switch {
	case fn == nil:
		hint, known := foreign[strings.ToLower(e.name)]
		near, ok := fault.Nearest(e.name, names)
		if ok && (!known || strings.EqualFold(near, e.name)) {
			hint = didYouMean(e.name, names, "")
		} else if known {
			hint = "; " + hint
		}
		c.problemf(e.at, "There is no function %s%s", e.name, hint)
	case fn.Refused != "":
		c.problemf(e.at, "%s", fn.Refused)
		return nil
	}
	return fn
}

// foreign are functions of other languages, and what to write instead.
var foreign = map[string]string{
	"ucase": "write ToUpper(...)", "lcase": "write ToLower(...)", "upper": "write ToUpper(...)", "lower": "write ToLower(...)",
	"if": "write IIF(condition, valueIfTrue, valueIfFalse)", "concat": `write Join("", ..., ...)`, "concatenate": `write Join("", ..., ...)`,
	"right": "use Replace with a regular expression, or Mid together with Len", "trim": `use Replace(..., , "^\\s+|\\s+$", , "", , )`,
	"contains": "use InStr(...) > 0 in the condition of IIF", "startswith": "compare Left(...) in the condition of IIF",
	"and": "nest IIF instead", "or": "nest IIF instead", "length": "write Len(...)", "substring": "write Mid(source, start, length)",
	"isblank": "write IsNullOrEmpty(...)", "removediacritics": "write NormalizeDiacritics(...)", "replacediacritics": "write NormalizeDiacritics(...)",
}

func (c *checker) arity(fn *Function, e *call) {
	if ok, takes := fn.arity(len(e.args)); !ok && !c.isBad(e) {
		are := "are"
		if len(e.args) == 1 {
			are = "is"
		}
		c.problemf(e.at, "%s takes %s, but %d %s given", fn.Name, takes, len(e.args), are)
	}
}
