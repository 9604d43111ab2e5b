package dotnet

import (
	"fmt"
	"strings"
)

// Pattern is a compiled .NET date and time format, standard (one letter) or custom. It is safe for concurrent use.
type Pattern struct {
	elements []element
}

// element is one piece of a pattern: a run of the same specifier letter, or literal text.
type element struct {
	// letter is one of d f F g h H K m M s t y z, 'Z' for a literal Z, or 0 for literal text.
	letter byte
	// count is how often the letter stands in a row.
	count int
	text  string
}

// standard are the formats of one letter in the invariant culture.
var standard = map[string]string{
	"d": "MM/dd/yyyy", "D": "dddd, dd MMMM yyyy", "f": "dddd, dd MMMM yyyy HH:mm", "F": "dddd, dd MMMM yyyy HH:mm:ss",
	"g": "MM/dd/yyyy HH:mm", "G": "MM/dd/yyyy HH:mm:ss", "m": "MMMM dd", "M": "MMMM dd",
	"o": "yyyy'-'MM'-'dd'T'HH':'mm':'ss'.'fffffffK", "O": "yyyy'-'MM'-'dd'T'HH':'mm':'ss'.'fffffffK",
	"r": "ddd, dd MMM yyyy HH':'mm':'ss 'GMT'", "R": "ddd, dd MMM yyyy HH':'mm':'ss 'GMT'", "s": "yyyy'-'MM'-'dd'T'HH':'mm':'ss",
	"t": "HH:mm", "T": "HH:mm:ss", "u": "yyyy'-'MM'-'dd HH':'mm':'ss'Z'", "U": "dddd, dd MMMM yyyy HH:mm:ss", "y": "yyyy MMMM", "Y": "yyyy MMMM",
}

// specifiers are the letters with a meaning in a custom format.
const specifiers = "dfFgHhKmMstyz"

// CompilePattern compiles a .NET format string.
func CompilePattern(format string) (*Pattern, error) {
	switch len(format) {
	case 0:
		return nil, fmt.Errorf("the format is empty")
	case 1:
		long, ok := standard[format]
		if !ok {
			return nil, fmt.Errorf("there is no standard format %q; for a custom format of one letter write %q", format, "%"+format)
		}
		format = long
	}
	p := &Pattern{}
	for i := 0; i < len(format); {
		n, err := p.read(format[i:])
		if err != nil {
			return nil, err
		}
		i += n
	}
	return p, nil
}

// read adds the element that rest begins with and returns its length.
func (p *Pattern) read(rest string) (int, error) {
	switch c := rest[0]; {
	case c == '\'' || c == '"':
		end := strings.IndexByte(rest[1:], c)
		if end < 0 {
			return 0, fmt.Errorf("the quotation mark %c in the format is not closed", c)
		}
		p.literal(rest[1 : 1+end])
		return end + 2, nil
	case c == '\\':
		if len(rest) < 2 {
			return 0, fmt.Errorf("the format ends with a backslash")
		}
		p.literal(rest[1:2])
		return 2, nil
	case c == '%':
		if len(rest) < 2 || rest[1] == '%' {
			return 0, fmt.Errorf("a letter has to follow the %% in the format")
		}
		return 1, nil
	case strings.IndexByte(specifiers, c) >= 0:
		n := len(rest) - len(strings.TrimLeft(rest, string(c)))
		return n, p.specifier(c, n)
	case c == 'Z':
		p.elements = append(p.elements, element{letter: 'Z', text: "Z"})
		return 1, nil
	default:
		p.literal(rest[:1])
		return 1, nil
	}
}

func (p *Pattern) literal(text string) {
	if n := len(p.elements); n > 0 && p.elements[n-1].letter == 0 {
		p.elements[n-1].text += text
		return
	}
	p.elements = append(p.elements, element{text: text})
}

// longest is how often a letter may stand in a row where .NET has a limit that matters.
var longest = map[byte]int{'f': 7, 'F': 7, 'K': 1}

func (p *Pattern) specifier(letter byte, count int) error {
	if limit, ok := longest[letter]; ok && count > limit {
		return fmt.Errorf("%s in the format is too long; %c may stand %d times at most", strings.Repeat(string(letter), min(count, 20)), letter, limit)
	}
	if count > 20 {
		return fmt.Errorf("%c stands %d times in a row in the format", letter, count)
	}
	p.elements = append(p.elements, element{letter: letter, count: count})
	return nil
}

// HasYear reports whether the pattern reads or writes a year. Parsing without one takes it from the clock.
func (p *Pattern) HasYear() bool {
	for _, e := range p.elements {
		if e.letter == 'y' {
			return true
		}
	}
	return false
}

func mustPattern(format string) *Pattern {
	p, err := CompilePattern(format)
	if err != nil {
		panic("dotnet: " + format + ": " + err.Error())
	}
	return p
}
