package expr

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/entrain-dev/entrain/internal/expr/dotnet"
	"github.com/entrain-dev/entrain/internal/fault"
)

// Bounds of one evaluation.
const (
	// maxText is how long one text may become, in bytes.
	maxText = 1 << 20
	// maxWork is how much text one evaluation may read and write in all, in bytes; each step counts as stepCost.
	maxWork  = 16 << 20
	stepCost = 16
	// maxTime is how long regular expressions may take in one evaluation.
	maxTime = 2 * time.Second
	// keptStack is the largest stack that goes back into the pool, in values.
	keptStack = 256
)

// machine is one evaluation: its input, the arguments of the functions that are being computed, and what is left of its
// bounds.
type machine struct {
	in  Input
	env Env
	// stack holds the evaluated arguments of the calls under way.
	stack []Value
	work  int
	// deadline is set by the first regular expression.
	deadline time.Time
}

var machines = sync.Pool{New: func() any { return new(machine) }}

func newMachine(in Input, env Env, stack int) *machine {
	m := machines.Get().(*machine)
	if cap(m.stack) < stack {
		m.stack = make([]Value, 0, stack)
	}
	m.in, m.env, m.work, m.deadline = in, env, maxWork, time.Time{}
	return m
}

// release gives the machine back; nothing of the object stays in it.
func (m *machine) release() {
	if cap(m.stack) > keptStack {
		return
	}
	clear(m.stack)
	m.in, m.env, m.stack = nil, Env{}, m.stack[:0]
	machines.Put(m)
}

// spend takes n bytes from the bound of the evaluation.
func (m *machine) spend(n *callNode, bytes int) error {
	if m.work -= bytes; m.work < 0 {
		return n.failf("the expression works through more than %d MiB of text; make it or the value shorter", maxWork>>20)
	}
	return nil
}

// keepGoing is asked by regular expressions between matches.
func (m *machine) keepGoing() error {
	now := time.Now()
	if m.deadline.IsZero() {
		m.deadline = now.Add(maxTime)
	}
	if now.After(m.deadline) {
		return dotnet.ErrTimeout
	}
	return nil
}

// evalError is a failed evaluation: what failed, where, and why. Its text holds no value.
type evalError struct {
	what         string
	line, column int
	reason       string
}

func (e *evalError) Error() string {
	return fmt.Sprintf("%s at line %d, column %d: %s", e.what, e.line, e.column, e.reason)
}

func (n *callNode) failf(format string, args ...any) error {
	return &evalError{n.fn.Name, n.line, n.column, fmt.Sprintf(format, args...)}
}

// classify makes the error of a package border.
func classify(err error) error {
	return &fault.Error{Kind: fault.Invalid, Op: "evaluate expression", Message: err.Error()}
}

// node is a part of a program that can be evaluated.
type node interface {
	eval(m *machine) (Value, error)
	// stackSize is how many values evaluation keeps on the stack at most.
	stackSize() int
}

type (
	// constantNode is a literal, or a call that could be computed beforehand.
	constantNode struct{ value Value }
	// attributeNode reads an attribute.
	attributeNode struct{ name string }
	// compareNode compares two operands.
	compareNode struct {
		op           comparator
		left, right  node
		line, column int
	}
	// callNode calls a function. args has nil for omitted arguments, params the parameter of each argument.
	callNode struct {
		fn           *Function
		args         []node
		params       []*Param
		prepared     any
		line, column int
	}
)

func (n *constantNode) eval(*machine) (Value, error) { return n.value, nil }
func (n *constantNode) stackSize() int               { return 0 }

func (n *attributeNode) eval(m *machine) (Value, error) {
	if m.in == nil {
		return Value{}, nil
	}
	return attributeValue(m.in.Attribute(n.name)), nil
}
func (n *attributeNode) stackSize() int { return 0 }

func (n *callNode) stackSize() int {
	deepest := 0
	for _, a := range n.args {
		if a != nil {
			deepest = max(deepest, a.stackSize())
		}
	}
	if n.fn.lazy != nil {
		return deepest
	}
	return len(n.args) + deepest
}

func (n *callNode) eval(m *machine) (Value, error) {
	if err := m.spend(n, stepCost); err != nil {
		return Value{}, err
	}
	if n.fn.lazy != nil {
		return n.fn.lazy(m, n)
	}
	base := len(m.stack)
	m.stack = m.stack[:base+len(n.args)]
	v, err := n.apply(m, base)
	clear(m.stack[base:])
	m.stack = m.stack[:base]
	return v, err
}

// apply evaluates the arguments, converts them to what the parameters take, and calls the function.
func (n *callNode) apply(m *machine, base int) (Value, error) {
	var seen flags
	null := false
	for i, arg := range n.args {
		if arg == nil {
			continue
		}
		v, err := arg.eval(m)
		if err != nil {
			return Value{}, err
		}
		seen |= v.flags
		if v, err = m.convert(n, i, v); err != nil {
			return Value{}, err
		}
		if v.kind == kindNull && !n.params[i].takesNull {
			null = true
		}
		m.stack[base+i] = v
	}
	if null {
		return Value{flags: seen}, nil
	}
	v, err := n.fn.eval(m, n, m.stack[base:base+len(n.args)])
	if err != nil {
		return Value{}, err
	}
	if len(v.text) > maxText {
		return Value{}, n.failf("%s", reasonTooLong)
	}
	v.flags |= seen
	return v, m.spend(n, len(v.text))
}

// reasonTooLong is the reason for a text beyond maxText.
var reasonTooLong = fmt.Sprintf("the result is longer than %d KiB; make the expression or the value shorter", maxText>>10)

// convert brings an argument into the form its parameter takes. Null stays null.
func (m *machine) convert(n *callNode, i int, v Value) (Value, error) {
	switch n.params[i].Type {
	case TypeText:
		return m.toText(n, i, v)
	case TypeNumber:
		return m.toNumber(n, i, v)
	case TypeDateTime:
		if v.kind != kindNull && v.kind != kindDateTime {
			return v, n.failf("%s has to be a date; wrap text in CDate(...)", n.params[i].Name)
		}
	case TypeList:
		if v.kind != kindList {
			return m.toText(n, i, v)
		}
		size := 0
		for _, s := range v.list {
			size += stepCost + len(s)
		}
		return v, m.spend(n, size)
	}
	return v, m.spend(n, len(v.text))
}

// toText turns one value into text.
func (m *machine) toText(n *callNode, i int, v Value) (Value, error) {
	if v.kind == kindText {
		return v, m.spend(n, len(v.text))
	}
	if v.kind == kindNull {
		return v, nil
	}
	if v.count() != 1 {
		return v, n.failf("%s takes one value, but there are %d; choose one with Item(..., 1) or join them with Join", n.params[i].Name, v.count())
	}
	return textValue(v.String()).with(v.flags), m.spend(n, len(v.text))
}

// toNumber turns one value into a number; the empty string is null.
func (m *machine) toNumber(n *callNode, i int, v Value) (Value, error) {
	if v.kind == kindNumber {
		return v, nil
	}
	v, err := m.toText(n, i, v)
	if err != nil || v.kind == kindNull {
		return v, err
	}
	if v.text == "" {
		return Value{}, nil
	}
	number, ok := parseNumber(strings.TrimSpace(v.text))
	if !ok {
		return v, n.failf("%s has to be a whole number", n.params[i].Name)
	}
	return numberValue(number), nil
}
