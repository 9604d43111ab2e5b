package dotnet

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/dlclark/regexp2"
)

// MatchTimeout is how long one match may take. A pattern that backtracks without end is stopped by it.
const MatchTimeout = 500 * time.Millisecond

// Reasons why a regular expression gave no result. They do not show the text.
var (
	ErrTimeout = errors.New("the regular expression takes too long on this value; make the pattern simpler")
	ErrTooLong = errors.New("the result is too long")
)

// Regexp is a regular expression in the syntax of .NET. It is safe for concurrent use.
type Regexp struct {
	re *regexp2.Regexp
}

// CompileRegexp compiles a pattern with the default options of .NET: case-sensitive, single line.
func CompileRegexp(pattern string) (*Regexp, error) {
	re, err := regexp2.Compile(pattern, regexp2.None)
	if err != nil {
		return nil, err
	}
	re.MatchTimeout = MatchTimeout
	return &Regexp{re}, nil
}

// GroupNames returns the names of the groups; a group without a name is called by its number, the whole match is 0.
func (r *Regexp) GroupNames() []string { return r.re.GetGroupNames() }

// HasGroup reports whether the pattern has a group of the name.
func (r *Regexp) HasGroup(name string) bool { return slices.Contains(r.re.GetGroupNames(), name) }

// Group returns the text that a group captured in the first match; ok is false if there is no match or the group took no
// part in it.
func (r *Regexp) Group(text, group string) (captured string, ok bool, err error) {
	m, err := r.re.FindStringMatch(text)
	if err != nil {
		return "", false, ErrTimeout
	}
	if m == nil {
		return "", false, nil
	}
	g := m.GroupByName(group)
	if g == nil || len(g.Captures) == 0 {
		return "", false, nil
	}
	return g.String(), true, nil
}

// Replace replaces every match in text. limit bounds the length of the result in bytes; keepGoing is asked now and then and
// ends the work with its error.
func (r *Regexp) Replace(text string, with Substitution, limit int, keepGoing func() error) (string, error) {
	w := newRewriter(text, limit)
	err := r.each(w.runes, keepGoing, func(m *regexp2.Match) error {
		return w.replace(m.Index, m.Length, with, m)
	})
	return w.finish(err)
}

// ReplaceGroup replaces what a group captured in every match and keeps the rest of the match.
func (r *Regexp) ReplaceGroup(text, group, with string, limit int, keepGoing func() error) (string, error) {
	w := newRewriter(text, limit)
	fixed := Substitution{{text: with}}
	err := r.each(w.runes, keepGoing, func(m *regexp2.Match) error {
		g := m.GroupByName(group)
		if g == nil {
			return nil
		}
		for _, c := range g.Captures {
			if err := w.replace(c.Index, c.Length, fixed, m); err != nil {
				return err
			}
		}
		return nil
	})
	return w.finish(err)
}

// askEvery is after how many matches keepGoing is asked.
const askEvery = 64

// each calls do for every match.
func (r *Regexp) each(runes []rune, keepGoing func() error, do func(*regexp2.Match) error) error {
	m, err := r.re.FindRunesMatch(runes)
	for n := 1; m != nil && err == nil; n++ {
		if err := do(m); err != nil {
			return err
		}
		if n%askEvery == 0 {
			if err := keepGoing(); err != nil {
				return err
			}
		}
		m, err = r.re.FindNextMatch(m)
	}
	if err != nil {
		return ErrTimeout
	}
	return nil
}

// rewriter copies a text and puts other text in place of some of it. Places are counted in runes, as regexp2 does.
type rewriter struct {
	text  string
	runes []rune
	out   strings.Builder
	// done is up to where the text was copied or replaced.
	done  int
	limit int
}

func newRewriter(text string, limit int) *rewriter {
	return &rewriter{text: text, runes: []rune(text), limit: limit}
}

// replace puts with in place of length runes at index. A place before what is done already is skipped.
func (w *rewriter) replace(index, length int, with Substitution, m *regexp2.Match) error {
	if index < w.done {
		return nil
	}
	if w.done == 0 && w.out.Len() == 0 {
		w.out.Grow(len(w.text))
	}
	writeRunes(&w.out, w.runes[w.done:index])
	if !with.write(&w.out, m, w.runes, w.limit) {
		return ErrTooLong
	}
	w.done = index + length
	return nil
}

// finish copies the rest.
func (w *rewriter) finish(err error) (string, error) {
	if err != nil {
		return "", err
	}
	if w.done == 0 && w.out.Len() == 0 {
		return w.text, nil
	}
	writeRunes(&w.out, w.runes[w.done:])
	if w.out.Len() > w.limit {
		return "", ErrTooLong
	}
	return w.out.String(), nil
}

func writeRunes(out *strings.Builder, runes []rune) {
	for _, r := range runes {
		out.WriteRune(r)
	}
}
