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

// Replace replaces every match in text. limit bounds the length of the result in bytes; keepGoing is asked after each match
// and ends the work with its error.
func (r *Regexp) Replace(text string, with Substitution, limit int, keepGoing func() error) (string, error) {
	return r.rewrite(text, limit, keepGoing, func(m *regexp2.Match) []span {
		return []span{{m.Index, m.Length, with}}
	})
}

// ReplaceGroup replaces what a group captured in every match and keeps the rest of the match.
func (r *Regexp) ReplaceGroup(text, group, with string, limit int, keepGoing func() error) (string, error) {
	fixed := Substitution{{text: with}}
	return r.rewrite(text, limit, keepGoing, func(m *regexp2.Match) []span {
		g := m.GroupByName(group)
		if g == nil {
			return nil
		}
		spans := make([]span, 0, len(g.Captures))
		for _, c := range g.Captures {
			spans = append(spans, span{c.Index, c.Length, fixed})
		}
		return spans
	})
}

// span is a piece of the text, in runes, and what to put in its place.
type span struct {
	index, length int
	with          Substitution
}

type spansOf func(m *regexp2.Match) []span

func (r *Regexp) rewrite(text string, limit int, keepGoing func() error, spans spansOf) (string, error) {
	m, err := r.re.FindStringMatch(text)
	if err != nil {
		return "", ErrTimeout
	}
	if m == nil {
		return text, nil
	}
	runes := []rune(text)
	var out strings.Builder
	out.Grow(len(text))
	done := 0
	for m != nil {
		for _, s := range spans(m) {
			if s.index < done {
				continue
			}
			writeRunes(&out, runes[done:s.index])
			if !s.with.write(&out, m, runes, limit) {
				return "", ErrTooLong
			}
			done = s.index + s.length
		}
		if err := keepGoing(); err != nil {
			return "", err
		}
		if m, err = r.re.FindNextMatch(m); err != nil {
			return "", ErrTimeout
		}
	}
	writeRunes(&out, runes[done:])
	if out.Len() > limit {
		return "", ErrTooLong
	}
	return out.String(), nil
}

func writeRunes(out *strings.Builder, runes []rune) {
	for _, r := range runes {
		out.WriteRune(r)
	}
}
