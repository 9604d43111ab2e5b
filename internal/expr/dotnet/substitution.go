package dotnet

import (
	"strconv"
	"strings"

	"github.com/dlclark/regexp2"
)

// Substitution is a compiled replacement text of Regex.Replace: literal text mixed with $1, ${name}, $$, $&, $`, $', $+ and
// $_. What names no group of the pattern is literal text.
type Substitution []piece

// piece is literal text, or a reference to a part of the match or of the text around it.
type piece struct {
	text string
	// what is 0 for literal text, 'g' for a group, or the character after the dollar sign.
	what  byte
	group int
}

// Substitution compiles a replacement text for the regular expression.
func (r *Regexp) Substitution(text string) Substitution {
	var s Substitution
	for text != "" {
		i := strings.IndexByte(text, '$')
		if i < 0 || i+1 == len(text) {
			return append(s, piece{text: text})
		}
		if i > 0 {
			s = append(s, piece{text: text[:i]})
		}
		p, length := r.reference(text[i:])
		s = append(s, p)
		text = text[i+length:]
	}
	return s
}

// reference reads what begins with a dollar sign and returns its length.
func (r *Regexp) reference(text string) (piece, int) {
	switch c := text[1]; {
	case c == '$':
		return piece{text: "$"}, 2
	case strings.IndexByte("&`'_", c) >= 0:
		return piece{what: c}, 2
	case c == '+':
		numbers := r.re.GetGroupNumbers()
		return piece{what: 'g', group: numbers[len(numbers)-1]}, 2
	case c == '{':
		end := strings.IndexByte(text, '}')
		if end < 0 {
			break
		}
		if n := r.re.GroupNumberFromName(text[2:end]); n >= 0 {
			return piece{what: 'g', group: n}, end + 1
		}
	case c >= '0' && c <= '9':
		for end := 1 + len(text[1:]) - len(strings.TrimLeft(text[1:], "0123456789")); end > 1; end-- {
			if n, err := strconv.Atoi(text[1:end]); err == nil && r.re.GroupNumberFromName(text[1:end]) == n {
				return piece{what: 'g', group: n}, end
			}
		}
	}
	return piece{text: "$"}, 1
}

// write appends the replacement for a match; false if that makes the output longer than limit.
func (s Substitution) write(out *strings.Builder, m *regexp2.Match, runes []rune, limit int) bool {
	for _, p := range s {
		switch p.what {
		case 0:
			if out.Len()+len(p.text) > limit {
				return false
			}
			out.WriteString(p.text)
		case 'g':
			if g := m.GroupByNumber(p.group); g != nil && len(g.Captures) > 0 {
				writeRunes(out, runes[g.Index:g.Index+g.Length])
			}
		case '&':
			writeRunes(out, runes[m.Index:m.Index+m.Length])
		case '`':
			writeRunes(out, runes[:m.Index])
		case '\'':
			writeRunes(out, runes[m.Index+m.Length:])
		case '_':
			writeRunes(out, runes)
		}
		if out.Len() > limit {
			return false
		}
	}
	return true
}
