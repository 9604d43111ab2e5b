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
	in Input
	// env is set only for programs that use it.
	env Env
	// stack holds the evaluated arguments of the calls under way.
	stack []Value
	work  int
	// deadline is set by the first regular expression, as time since started.
	deadline time.Duration
}

var machines = sync.Pool{New: func() any { return new(machine) }}

func newMachine(in Input, stack int) *machine {
	m := machines.Get().(*machine)
	if cap(m.stack) < stack {
		m.stack = make([]Value, 0, stack)
	}
	m.in, m.work, m.deadline = in, maxWork, 0
	return m
}

// release gives the machine back; nothing of the object stays in it, because each call clears its part of the stack.
func (m *machine) release() {
	if cap(m.stack) > keptStack {
		return
	}
	m.in = nil
	machines.Put(m)
}

// exhausted is the error of an evaluation that has used up its work.
func (n *callNode) exhausted() error {
	return n.failf("the expression works through more than %d MiB of text; make it or the value shorter", maxWork>>20)
}

// started is the origin of deadlines, which need the monotonic clock only.
var started = time.Now()

// keepGoing is asked by regular expressions between matches.
func (m *machine) keepGoing() error {
	now := time.Since(started)
	if m.deadline == 0 {
		m.deadline = now + maxTime
	}
	if now > m.deadline {
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
	if m.work -= stepCost; m.work < 0 {
		return Value{}, n.exhausted()
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
	slots := m.stack[base : base+len(n.args)]
	for i, arg := range n.args {
		if arg == nil {
			continue
		}
		v, err := arg.eval(m)
		if err != nil {
			return Value{}, err
		}
		slot := &slots[i]
		*slot = v
		p := n.params[i]
		if m.work -= len(v.text); m.work < 0 {
			return Value{}, n.exhausted()
		}
		if v.kind != kindText || p.Type != TypeText && p.Type != TypeList {
			if err := m.convert(n, i, slot); err != nil {
				return Value{}, err
			}
			null = null || slot.kind == kindNull && !p.takesNull
		}
		seen |= slot.flags
	}
	if null {
		return Value{flags: seen}, nil
	}
	v, err := n.fn.eval(m, n, slots)
	if err != nil {
		return Value{}, err
	}
	if len(v.text) > maxText {
		return Value{}, n.failf("%s", reasonTooLong)
	}
	if m.work -= len(v.text); m.work < 0 {
		return Value{}, n.exhausted()
	}
	v.flags |= seen
	return v, nil
}

// reasonTooLong is the reason for a text beyond maxText.
var reasonTooLong = fmt.Sprintf("the result is longer than %d KiB; make the expression or the value shorter", maxText>>10)

// convert brings an argument into the form its parameter takes. Null stays null.
func (m *machine) convert(n *callNode, i int, v *Value) (err error) {
	p := n.params[i]
	switch p.Type {
	case TypeText:
		*v, err = m.toText(n, i, *v)
	case TypeNumber:
		*v, err = m.toNumber(n, i, *v)
	case TypeDateTime:
		if v.kind != kindNull && v.kind != kindDateTime {
			err = n.failf("%s has to be a date; wrap text in CDate(...)", p.Name)
		}
	case TypeList:
		if v.kind != kindList {
			*v, err = m.toText(n, i, *v)
		}
	}
	if err == nil && v.kind == kindList {
		for _, s := range v.several.list {
			m.work -= stepCost + len(s)
		}
		if m.work < 0 {
			return n.exhausted()
		}
	}
	return err
}

// toText turns one value into text.
func (m *machine) toText(n *callNode, i int, v Value) (Value, error) {
	if v.kind == kindText || v.kind == kindNull {
		return v, nil
	}
	if v.count() != 1 {
		return v, n.failf("%s takes one value, but there are %d; choose one with Item(..., 1) or join them with Join", n.params[i].Name, v.count())
	}
	return textValue(v.String()).with(v.flags), nil
}

// toNumber turns one value into a number; the empty string is null.
func (m *machine) toNumber(n *callNode, i int, v Value) (Value, error) {
	if v.kind == kindNumber {
		return v, nil
	}
	text, err := m.toText(n, i, v)
	if err != nil || text.kind == kindNull {
		return text, err
	}
	if text.text == "" {
		return Value{flags: v.flags}, nil
	}
	number, ok := parseNumber(strings.TrimSpace(text.text))
	if !ok {
		return v, n.failf("%s has to be a whole number", n.params[i].Name)
	}
	return numberValue(number).with(v.flags), nil
}
