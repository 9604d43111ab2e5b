package fault

import (
	"fmt"
	"strings"
)

// Problem is one mistake in something an administrator wrote: a mapping, a filter, an expression.
type Problem struct {
	// Path is the field, as in the resource: spec.attributes[3].expression.
	Path string
	// Line and Column are the place inside the field's text, from 1; 0 where the field has no inner places.
	Line, Column int
	// Message is one sentence: what is wrong and what to write instead. For an expression it is followed by the source line
	// and a caret, each on a line of its own.
	Message string
	// Warning marks a problem that does not keep the resource from being used.
	Warning bool
}

// String returns "path:line:column: message"; what is not known is left out.
func (p Problem) String() string {
	place := p.Path
	if p.Line > 0 {
		if place != "" {
			place += ":"
		}
		place += fmt.Sprintf("%d:%d", p.Line, p.Column)
	}
	if place == "" {
		return p.Message
	}
	return place + ": " + p.Message
}

// Problems is a list of problems; as an error it is of kind Invalid.
type Problems []Problem

// Error implements error, one problem a line.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// Err returns the problems that are no warnings as an Invalid error, nil when there are none.
func (ps Problems) Err() error {
	var bad Problems
	for _, p := range ps {
		if !p.Warning {
			bad = append(bad, p)
		}
	}
	if len(bad) == 0 {
		return nil
	}
	return &Error{Kind: Invalid, Err: bad}
}

// Under returns the problems with their paths put below a parent: Under("spec") turns attributes[0] into spec.attributes[0].
func (ps Problems) Under(parent string) Problems {
	out := make(Problems, len(ps))
	for i, p := range ps {
		switch {
		case p.Path == "":
			p.Path = parent
		case strings.HasPrefix(p.Path, "["):
			p.Path = parent + p.Path
		default:
			p.Path = parent + "." + p.Path
		}
		out[i] = p
	}
	return out
}
