package scope

import (
	"strings"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/fault"
)

// operator finds an operator by its exact spelling.
func (c *compiler) operator(path string, op Operator) (arity, bool) {
	names := make([]string, len(operators))
	for i, known := range operators {
		if known.name == op {
			return known.arity, true
		}
		names[i] = string(known.name)
	}
	if op == "" {
		c.problem(path, "the clause names no operator; write one of %s", strings.Join(names, ", "))
		return 0, false
	}
	bare := strings.NewReplacer(" ", "", "_", "", "-", "").Replace(strings.ToUpper(string(op)))
	for _, known := range operators {
		if bare == strings.NewReplacer(" ", "", "_", "").Replace(strings.ToUpper(string(known.name))) {
			c.problem(path, "the operator is spelled %q, not %q", known.name, op)
			return 0, false
		}
	}
	if instead, ok := missingOperators[bare]; ok {
		c.problem(path, "there is no operator %q; use %s", op, instead)
	} else if near, ok := fault.Nearest(string(op), names); ok {
		c.problem(path, "there is no operator %q; did you mean %q?", op, near)
	} else {
		c.problem(path, "there is no operator %q; write one of %s", op, strings.Join(names, ", "))
	}
	return 0, false
}

// value checks that a clause has a value exactly where its operator takes one.
func (c *compiler) value(path string, in Clause, a arity) bool {
	switch {
	case a == unary && in.Value != "":
		c.problem(path, "%s takes no value; remove it, or use EQUALS to compare with a value", in.Operator)
		return false
	case a == unary || in.Value != "":
		return true
	case a == emptyable:
		c.warning(path, "%s with an empty value is true for everybody who has the attribute; write IS NOT NULL if that is meant", in.Operator)
		return true
	case in.Operator == Equals:
		c.problem(path, "EQUALS needs a value; an attribute without a value is found by IS NULL")
	case in.Operator == NotEquals:
		c.problem(path, "NOT EQUALS needs a value; an attribute that has any value is found by IS NOT NULL")
	default:
		c.problem(path, "%s needs a value to compare with", in.Operator)
	}
	return false
}

// types checks that operator and value fit the attribute's type; "" is a type that only the tenant knows.
func (c *compiler) types(path string, in Clause, typ directory.AttributeType) {
	if typ == "" {
		return
	}
	boolean := typ == directory.Boolean
	switch in.Operator {
	case IsTrue, IsFalse:
		if !boolean {
			c.problem(path+".operator", `%s needs a Boolean attribute and %s is none; use EQUALS with the value that is meant`, in.Operator, in.Attribute)
		}
	case GreaterThan, GreaterThanOrEquals:
		if boolean {
			c.problem(path+".operator", "%s compares numbers and %s is Boolean; use IS TRUE or IS FALSE", in.Operator, in.Attribute)
		}
	case Equals, NotEquals:
		if boolean && in.Value != "True" && in.Value != "False" {
			c.problem(path+".value", `%s is Boolean, its values are "True" and "False"; use IS TRUE or IS FALSE`, in.Attribute)
		}
	}
}
