package expr

import (
	"crypto/rand"
	"io"
	"slices"
	"time"

	"github.com/entrain-dev/entrain/internal/fault"
)

// Input gives the values of the source attributes of one object. Nil and an empty slice both mean null.
// directory.Attributes satisfies it.
type Input interface{ Attribute(name string) []string }

// Options say what an expression may refer to.
type Options struct {
	// KnownAttribute tells whether a source attribute exists; nil accepts every name.
	KnownAttribute func(name string) bool
	// AttributeNames are offered for a name that does not exist.
	AttributeNames []string
}

// Env is the world outside the object. The zero value uses the system clock and the system's source of random bytes.
type Env struct {
	// Now is the clock of Now and of dates without a year; nil is time.Now.
	Now func() time.Time
	// Random feeds Guid and RandomString; nil is crypto/rand.
	Random io.Reader
	// DefaultDomain is the default verified domain of the tenant; DefaultDomain() fails while it is "".
	DefaultDomain string
}

func (e Env) now() time.Time {
	if e.Now != nil {
		return e.Now()
	}
	return time.Now()
}

func (e Env) random() io.Reader {
	if e.Random != nil {
		return e.Random
	}
	return rand.Reader
}

// Program is a compiled expression. It is safe for concurrent use.
type Program struct {
	source     string
	root       node
	attributes []string
	volatile   bool
	needsEnv   bool
	warnings   fault.Problems
	// stack is how many values one evaluation keeps at most.
	stack int
}

// MaxLength is how many characters an expression may have (reference part 1 section 4.1).
const MaxLength = 10_000

// Compile checks an expression and makes it ready to be evaluated. The error is a *fault.Error of kind Invalid that wraps
// fault.Problems: every mistake of the text, with an empty Path, its Line and Column, and a Message that is followed by the
// source line and a caret.
func Compile(source string, opts Options) (*Program, error) {
	text := newSource(source)
	c := checker{source: text, opts: opts}
	root := c.root(parse(text))
	if len(text.problems) > 0 {
		return nil, text.err()
	}
	slices.Sort(c.attributes)
	return &Program{
		source: source, root: root, attributes: slices.Compact(c.attributes), volatile: c.volatile,
		needsEnv: c.volatile || c.contextual, warnings: text.warnings, stack: root.stackSize(),
	}, nil
}

// Source returns the text the program was compiled from.
func (p *Program) Source() string { return p.source }

// Attributes returns the source attributes the program may read, sorted and without duplicates.
func (p *Program) Attributes() []string { return slices.Clone(p.attributes) }

// Volatile reports whether two evaluations on the same object may differ, because the program uses the clock or random
// bytes.
func (p *Program) Volatile() bool { return p.volatile }

// Warnings returns what is probably not meant, such as a key of Switch that is written twice. It keeps nothing from working.
func (p *Program) Warnings() fault.Problems { return slices.Clone(p.warnings) }

// Eval computes the value for one object. The error is a *fault.Error of kind Invalid: a value has the wrong form (no date
// for CDate, several values where one is needed), or a bound was met. It names function and place, never the value.
func (p *Program) Eval(in Input, env Env) (Value, error) {
	m := newMachine(in, p.stack)
	if p.needsEnv {
		m.env = env
	}
	v, err := p.root.eval(m)
	if p.needsEnv {
		m.env = Env{}
	}
	m.release()
	if err != nil {
		return Value{}, classify(err)
	}
	return v, nil
}
