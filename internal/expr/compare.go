package expr

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/entrain-dev/entrain/internal/expr/dotnet"
)

// comparator is an operator of a comparison.
type comparator uint8

const (
	opEqual comparator = iota
	opUnequal
	opGreater
	opGreaterEqual
	opLess
	opLessEqual
)

var comparators = map[string]comparator{
	"=": opEqual, "<>": opUnequal, ">": opGreater, ">=": opGreaterEqual, "<": opLess, "<=": opLessEqual,
}

func (n *compareNode) stackSize() int { return max(n.left.stackSize(), n.right.stackSize()) }

// eval compares two operands.
//
// The original fails where an attribute in the condition is null or empty (reference 5.2, listed as unsupported). Here null
// and the empty string are equal to each other, and neither is greater or less than a number or a date.
func (n *compareNode) eval(m *machine) (Value, error) {
	a, err := n.left.eval(m)
	if err != nil {
		return Value{}, err
	}
	b, err := n.right.eval(m)
	if err != nil {
		return Value{}, err
	}
	if a.kind == kindText && b.kind == kindText && n.op <= opUnequal {
		m.work -= len(a.text)
		return boolValue((a.text == b.text) == (n.op == opEqual)).with(a.flags | b.flags), nil
	}
	return n.compare(m, a, b)
}

// compare is the general case of eval.
func (n *compareNode) compare(m *machine, a, b Value) (Value, error) {
	if a.count() > 1 || b.count() > 1 {
		return Value{}, &evalError{"The comparison", n.line, n.column, "one side has several values; choose one with Item(..., 1) or count them with Count"}
	}
	m.work -= len(a.text) + len(b.text)
	return boolValue(n.op.compare(a, b)).with(a.flags | b.flags), nil
}

// isNode is the commonest comparison, of an attribute with constant text for equality. It gives what compareNode would give,
// without making values of the two sides.
type isNode struct {
	*compareNode
	name, text string
}

// shortcut returns an isNode for a comparison that is one.
func (n *compareNode) shortcut() node {
	a, ok := n.left.(*attributeNode)
	k, constant := n.right.(*constantNode)
	if !ok || !constant || n.op > opUnequal || k.value.kind != kindText || k.value.flags != 0 {
		return n
	}
	return &isNode{n, a.name, k.value.text}
}

func (n *isNode) eval(m *machine) (Value, error) {
	if m.in == nil {
		return n.compareNode.eval(m)
	}
	values := m.in.Attribute(n.name)
	text := ""
	switch len(values) {
	case 0:
	case 1:
		text = values[0]
	default:
		return n.compareNode.eval(m)
	}
	m.work -= len(text)
	return boolValue((text == n.text) == (n.op == opEqual)), nil
}

func (op comparator) compare(a, b Value) bool {
	if op <= opUnequal {
		return equal(a, b) == (op == opEqual)
	}
	order, comparable := compare(a, b)
	if !comparable {
		return false
	}
	switch op {
	case opGreater:
		return order > 0
	case opGreaterEqual:
		return order >= 0
	case opLess:
		return order < 0
	}
	return order <= 0
}

// equal compares case-sensitively, as the whole language does. A number equals text that is the same number, a Boolean
// equals its name in any case, a date equals text that is the same point in time.
func equal(a, b Value) bool {
	if a.kind == kindText && b.kind == kindText {
		return a.text == b.text
	}
	if a.isEmpty() || b.isEmpty() {
		return a.isEmpty() && b.isEmpty()
	}
	if a.kind == kindBoolean || b.kind == kindBoolean {
		return strings.EqualFold(a.String(), b.String())
	}
	if order, comparable := compare(a, b); comparable && (a.kind != kindText || b.kind != kindText) {
		return order == 0
	}
	return a.String() == b.String()
}

// compare orders two values: dates by time, numbers and text that is a number by size, other text by code points. It reports
// false where there is no order, as between a date and text that is no date.
func compare(a, b Value) (order int, comparable bool) {
	if a.kind == kindDateTime || b.kind == kindDateTime {
		x, ok := a.ticks()
		y, ok2 := b.ticks()
		return cmp.Compare(x, y), ok && ok2
	}
	if a.kind == kindNumber && b.kind == kindNumber {
		return cmp.Compare(a.number, b.number), true
	}
	x, ok := a.float()
	y, ok2 := b.float()
	if ok && ok2 {
		return cmp.Compare(x, y), true
	}
	if a.kind == kindNumber && b.isEmpty() || b.kind == kindNumber && a.isEmpty() {
		return 0, false
	}
	return strings.Compare(a.String(), b.String()), true
}

// ticks returns a date, or text that is one, as ticks.
func (v Value) ticks() (int64, bool) {
	switch v.kind {
	case kindDateTime:
		return v.number, true
	case kindText:
		d, err := dotnet.Parse(v.text)
		return d.Ticks, err == nil
	}
	return 0, false
}

// float returns a number, or text that is one, as a floating-point number.
func (v Value) float() (float64, bool) {
	switch v.kind {
	case kindNumber:
		return float64(v.number), true
	case kindText:
		return parseDecimal(v.text)
	}
	return 0, false
}

// parseDecimal reads digits with an optional sign and decimal point; not the other forms that Go knows.
func parseDecimal(s string) (float64, bool) {
	if s == "" || strings.Trim(s, "0123456789.-") != "" {
		return 0, false
	}
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil
}

// truth decides a condition: a Boolean, True or False as text in any case, or a number that is not zero. Null and the empty
// string are false.
func truth(v Value) (is, ok bool) {
	switch v.kind {
	case kindNull:
		return false, true
	case kindBoolean, kindNumber:
		return v.number != 0, true
	case kindText:
		switch {
		case v.text == "":
			return false, true
		case strings.EqualFold(v.text, "true"):
			return true, true
		case strings.EqualFold(v.text, "false"):
			return false, true
		}
		f, ok := parseDecimal(v.text)
		return f != 0, ok
	}
	return false, false
}
