package expr

import "strings"

// expression is a node of the tree that the parser makes. String gives it back in canonical spelling.
type expression interface {
	// offset is where the node begins, in bytes.
	offset() int
	String() string
}

type (
	// literal is a string or a number.
	literal struct {
		at     int
		text   string
		number bool
	}
	// attribute is [name].
	attribute struct {
		at   int
		name string
	}
	// word is a name without parentheses; only a few parameters take one (vbTextCompare).
	word struct {
		at   int
		name string
	}
	// call is Name(arguments). An argument that was left empty is an omitted.
	call struct {
		at   int
		name string
		args []expression
		// end is where the closing parenthesis stands.
		end int
	}
	// comparison is left operator right.
	comparison struct {
		at          int
		operator    string
		left, right expression
	}
	// omitted is an argument of which only the comma was written.
	omitted struct{ at int }
	// bad is a place that was already reported.
	bad struct{ at int }
)

func (e *literal) offset() int    { return e.at }
func (e *attribute) offset() int  { return e.at }
func (e *word) offset() int       { return e.at }
func (e *call) offset() int       { return e.at }
func (e *comparison) offset() int { return e.left.offset() }
func (e *omitted) offset() int    { return e.at }
func (e *bad) offset() int        { return e.at }

func (e *literal) String() string {
	if e.number {
		return e.text
	}
	return quote(e.text)
}

func (e *attribute) String() string { return "[" + e.name + "]" }
func (e *word) String() string      { return e.name }
func (e *omitted) String() string   { return "" }
func (e *bad) String() string       { return "?" }

func (e *comparison) String() string {
	return e.left.String() + " " + e.operator + " " + e.right.String()
}

func (e *call) String() string {
	args := make([]string, len(e.args))
	for i, a := range e.args {
		args[i] = a.String()
	}
	return e.name + "(" + strings.Join(args, ", ") + ")"
}

// quote writes a string as the language does.
func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}
