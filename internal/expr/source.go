package expr

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/width"

	"github.com/entrain-dev/entrain/internal/fault"
)

const (
	// maxProblems is how many problems of one expression are told; the rest usually follows from them.
	maxProblems = 20
	// windowWidth is how much of a long source line is shown around a problem, in characters.
	windowWidth = 100
	// indent stands before the shown source line and before the caret.
	indent = "  "
)

// source is the text of an expression together with the problems found in it.
type source struct {
	text     string
	problems fault.Problems
	warnings fault.Problems
}

func newSource(text string) *source { return &source{text: text} }

// place converts a byte offset to a line and a column, both from 1; columns count characters.
func (s *source) place(offset int) (line, column int) {
	before := s.text[:min(offset, len(s.text))]
	line = strings.Count(before, "\n") + 1
	start := strings.LastIndexByte(before, '\n') + 1
	return line, utf8.RuneCountInString(before[start:]) + 1
}

// problemf records a mistake at a byte offset.
func (s *source) problemf(offset int, format string, args ...any) {
	s.problems = append(s.problems, s.at(offset, fmt.Sprintf(format, args...)))
}

// warnf records something that is allowed but probably not meant.
func (s *source) warnf(offset int, format string, args ...any) {
	p := s.at(offset, fmt.Sprintf(format, args...))
	p.Warning = true
	s.warnings = append(s.warnings, p)
}

func (s *source) at(offset int, message string) fault.Problem {
	line, column := s.place(offset)
	return fault.Problem{Line: line, Column: column, Message: message + "\n" + s.excerpt(offset)}
}

// excerpt returns the source line at an offset and a caret below the character meant.
func (s *source) excerpt(offset int) string {
	offset = min(offset, len(s.text))
	start := strings.LastIndexByte(s.text[:offset], '\n') + 1
	end := len(s.text)
	if i := strings.IndexByte(s.text[offset:], '\n'); i >= 0 {
		end = offset + i
	}
	line := []rune(strings.Map(visible, strings.ToValidUTF8(s.text[start:end], "\uFFFD")))
	caret := utf8.RuneCountInString(s.text[start:offset])
	from, to := 0, len(line)
	if len(line) > windowWidth {
		from = max(0, min(caret-windowWidth/2, len(line)-windowWidth))
		to = min(len(line), from+windowWidth)
	}
	shown, skipped := string(line[from:to]), columns(line[from:caret])
	if from > 0 {
		shown, skipped = "…"+shown, skipped+1
	}
	if to < len(line) {
		shown += "…"
	}
	return indent + strings.TrimRight(shown, " ") + "\n" + indent + strings.Repeat(" ", skipped) + "^"
}

// columns is how many columns of a terminal the text takes: two for each wide character of East Asia.
func columns(text []rune) int {
	n := len(text)
	for _, r := range text {
		switch width.LookupRune(r).Kind() {
		case width.EastAsianWide, width.EastAsianFullwidth:
			n++
		}
	}
	return n
}

// visible replaces characters that would move the caret.
func visible(r rune) rune {
	if r < ' ' || r == 0x7F {
		return ' '
	}
	return r
}

// err returns the problems found, in the order of the text, as an error of kind Invalid.
func (s *source) err() error {
	slices.SortStableFunc(s.problems, func(a, b fault.Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	s.problems = slices.CompactFunc(s.problems, func(a, b fault.Problem) bool { return a == b })
	if len(s.problems) > maxProblems {
		s.problems = s.problems[:maxProblems]
	}
	return s.problems.Err()
}
