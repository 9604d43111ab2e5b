package genesyssim

import (
	"encoding/json"
	"strings"
)

// term is one comparison of a filter, always eq.
type term struct {
	attr string // lower case, without the prefixes of URNs
	// sub holds the comparisons inside of brackets: externalIds[authority eq "A" and value eq "K"].
	sub   []term
	value string
}

// filterReader reads a filter from left to right.
type filterReader struct {
	text string
	pos  int
	// bare allows values without quotes, as the published examples of list filters have them (7.2).
	bare bool
}

// parseFilter reads the filter of a list: terms joined by and. Everything else is 400 invalidFilter (7.2).
func parseFilter(text string) ([]term, *problem) {
	r := &filterReader{text: text, bare: true}
	terms, p := r.terms(true)
	if p == nil && r.pos < len(r.text) {
		return nil, r.refuse("unexpected %q", r.text[r.pos:])
	}
	return terms, p
}

func (r *filterReader) refuse(format string, args ...any) *problem {
	p := refuse(invalidFilter, format, args...)
	p.detail = "The filter is not valid: " + p.detail
	return p
}

func (r *filterReader) terms(brackets bool) ([]term, *problem) {
	var out []term
	for {
		t, p := r.term(brackets)
		if p != nil {
			return nil, p
		}
		out = append(out, t)
		r.blanks()
		if word := r.peekWord(); !strings.EqualFold(word, "and") {
			return out, nil
		}
		r.pos += len("and")
	}
}

func (r *filterReader) term(brackets bool) (term, *problem) {
	r.blanks()
	start := r.pos
	for r.pos < len(r.text) && !strings.ContainsRune(" []()\"", rune(r.text[r.pos])) {
		r.pos++
	}
	name := r.text[start:r.pos]
	if name == "" {
		return term{}, r.refuse("an attribute name is expected")
	}
	t := term{attr: filterAttribute(name)}
	if brackets && r.pos < len(r.text) && r.text[r.pos] == '[' {
		r.pos++
		bare := r.bare
		r.bare = false
		sub, p := r.terms(false)
		r.bare = bare
		if p != nil {
			return term{}, p
		}
		if r.blanks(); r.pos >= len(r.text) || r.text[r.pos] != ']' {
			return term{}, r.refuse("the bracket is not closed")
		}
		r.pos++
		t.sub = sub
		return t, nil
	}
	r.blanks()
	if op := r.peekWord(); !strings.EqualFold(op, "eq") {
		return term{}, r.refuse("operator %q is not supported", op)
	}
	r.pos += len("eq")
	var p *problem
	t.value, p = r.value()
	return t, p
}

// value reads a quoted value, or a bare one up to the next and or or.
func (r *filterReader) value() (string, *problem) {
	r.blanks()
	rest := r.text[r.pos:]
	if strings.HasPrefix(rest, `"`) {
		end := closingQuote(rest)
		if end < 0 {
			return "", r.refuse("a quoted value is not closed")
		}
		var s string
		if json.Unmarshal([]byte(rest[:end+1]), &s) != nil {
			return "", r.refuse("a quoted value is malformed")
		}
		r.pos += end + 1
		return s, nil
	}
	if !r.bare {
		if word := r.peekWord(); word == "true" || word == "false" || word == "null" {
			r.pos += len(word)
			return word, nil
		}
		return "", r.refuse("a value must be in straight double quotes")
	}
	end := len(rest)
	for i := range rest {
		if hasFoldPrefix(rest[i:], " and ") || hasFoldPrefix(rest[i:], " or ") {
			end = i
			break
		}
	}
	value := strings.TrimSpace(rest[:end])
	if value == "" {
		return "", r.refuse("a value is expected")
	}
	r.pos += end
	return value, nil
}

func hasFoldPrefix(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}

// closingQuote returns where the JSON string at the start of s ends, -1 if it does not.
func closingQuote(s string) int {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i
		}
	}
	return -1
}

func (r *filterReader) blanks() {
	for r.pos < len(r.text) && r.text[r.pos] == ' ' {
		r.pos++
	}
}

func (r *filterReader) peekWord() string {
	end := r.pos
	for end < len(r.text) && !strings.ContainsRune(" []()\"", rune(r.text[end])) {
		end++
	}
	return r.text[r.pos:end]
}

// filterAttribute strips the URN of a filter attribute; names compare without regard to case (7.2).
func filterAttribute(name string) string {
	low := strings.ToLower(name)
	for _, urn := range []string{urnUser, urnGroup, urnEnterprise, urnGenesys} {
		if rest, ok := strings.CutPrefix(low, strings.ToLower(urn)+":"); ok {
			return rest
		}
	}
	return low
}
