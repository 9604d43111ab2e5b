package expr

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// tokenKind is the kind of a token.
type tokenKind uint8

const (
	tokenEOF tokenKind = iota
	tokenName
	tokenAttribute
	tokenString
	tokenNumber
	tokenOperator
	tokenOpen
	tokenClose
	tokenComma
	// tokenBad stands for text that was already reported; the parser stays silent about it.
	tokenBad
)

// token is one word of an expression.
type token struct {
	kind   tokenKind
	offset int
	// text is the name, the attribute's name, the string without quotes and escapes, the number or the operator.
	text string
}

// lexer splits an expression into tokens. It is a chain of state functions, each of which reads one thing and returns what
// comes next.
type lexer struct {
	*source
	pos    int
	tokens []token
}

type state func(*lexer) state

// lex returns the tokens of an expression, the last of them tokenEOF. Mistakes are recorded in the source.
func lex(s *source) []token {
	l := &lexer{source: s, tokens: make([]token, 0, 16)}
	for next := state(lexAny); next != nil; {
		next = next(l)
	}
	return l.tokens
}

func (l *lexer) emit(kind tokenKind, offset int, text string) state {
	l.tokens = append(l.tokens, token{kind, offset, text})
	return lexAny
}

// lexAny skips white space and decides by one character what follows.
func lexAny(l *lexer) state {
	rest := strings.TrimLeftFunc(l.text[l.pos:], unicode.IsSpace)
	l.pos = len(l.text) - len(rest)
	if rest == "" {
		l.emit(tokenEOF, l.pos, "")
		return nil
	}
	switch c := rest[0]; {
	case c == '"':
		return lexString
	case c == '[':
		return lexAttribute
	case c == '(':
		l.pos++
		return l.emit(tokenOpen, l.pos-1, "(")
	case c == ')':
		l.pos++
		return l.emit(tokenClose, l.pos-1, ")")
	case c == ',':
		l.pos++
		return l.emit(tokenComma, l.pos-1, ",")
	case c == '=' || c == '<' || c == '>' || c == '!':
		return lexOperator
	case isDigit(c), c == '-' && len(rest) > 1 && isDigit(rest[1]), c == '&' && len(rest) > 1 && (rest[1] == 'H' || rest[1] == 'h'):
		return lexNumber
	case isNameByte(c):
		return lexName
	}
	return lexUnexpected
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isNameByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || isDigit(c)
}

// lexString reads a string; a backslash escapes a backslash or a double quote, and nothing else (reference 5.1).
func lexString(l *lexer) state {
	start := l.pos
	var b strings.Builder
	for i := start + 1; i < len(l.text); i++ {
		switch c := l.text[i]; c {
		case '"':
			l.pos = i + 1
			return l.emit(tokenString, start, b.String())
		case '\\':
			if i+1 < len(l.text) && (l.text[i+1] == '\\' || l.text[i+1] == '"') {
				i++
				b.WriteByte(l.text[i])
				continue
			}
			l.problemf(i, `A backslash inside a string escapes a double quote or a backslash; write \\ for one backslash`)
		default:
			b.WriteByte(c)
		}
	}
	l.problemf(start, `The string that begins here is not closed; add a double quote at its end, or write \" for a double quote inside it`)
	l.pos = len(l.text)
	return l.emit(tokenBad, start, "")
}

// lexAttribute reads an attribute name in square brackets.
func lexAttribute(l *lexer) state {
	start := l.pos
	end := strings.IndexAny(l.text[start+1:], "[]\"\n")
	if end < 0 || l.text[start+1+end] != ']' {
		l.problemf(start, "The attribute that begins here is not closed; write it as [name]")
		l.pos++
		for l.pos < len(l.text) && isNameByte(l.text[l.pos]) {
			l.pos++
		}
		return l.emit(tokenBad, start, "")
	}
	l.pos = start + 1 + end + 1
	name := strings.TrimSpace(l.text[start+1 : l.pos-1])
	if name == "" {
		l.problemf(start, "There is no attribute name between the square brackets; write it as [name]")
		return l.emit(tokenBad, start, "")
	}
	return l.emit(tokenAttribute, start, name)
}

// lexNumber reads a whole number, decimal or hexadecimal (&H).
func lexNumber(l *lexer) state {
	start := l.pos
	l.pos++
	for l.pos < len(l.text) && (isNameByte(l.text[l.pos]) || l.text[l.pos] == '.') {
		l.pos++
	}
	text := l.text[start:l.pos]
	if _, ok := parseNumber(text); !ok {
		l.problemf(start, "%s is not a number of the language: write a whole number of at most 18 digits, &H and hexadecimal digits, or a string in double quotes", text)
		return l.emit(tokenBad, start, "")
	}
	return l.emit(tokenNumber, start, text)
}

func lexName(l *lexer) state {
	start := l.pos
	for l.pos < len(l.text) && isNameByte(l.text[l.pos]) {
		l.pos++
	}
	return l.emit(tokenName, start, l.text[start:l.pos])
}

// otherOperators are spellings of other languages.
var otherOperators = map[string]string{"==": "=", "!=": "<>", "!": "Not(...)", "=<": "<=", "=>": ">=", "===": "=", "!==": "<>"}

func lexOperator(l *lexer) state {
	start := l.pos
	for l.pos < len(l.text) && strings.IndexByte("=<>!", l.text[l.pos]) >= 0 {
		l.pos++
	}
	op := l.text[start:l.pos]
	switch op {
	case "=", "<>", ">", ">=", "<", "<=":
		return l.emit(tokenOperator, start, op)
	}
	if right, ok := otherOperators[op]; ok {
		l.problemf(start, "%s is not an operator of the language; write %s", op, right)
	} else {
		l.problemf(start, "%s is not an operator of the language; there are = <> > >= < and <=", op)
	}
	if op == "!" {
		return lexAny
	}
	return l.emit(tokenOperator, start, "=")
}

// lexUnexpected reports a character that begins nothing, with what was probably meant.
func lexUnexpected(l *lexer) state {
	r, size := utf8.DecodeRuneInString(l.text[l.pos:])
	start := l.pos
	l.pos += size
	switch r {
	case '“', '”', '„', '‟', '«', '»':
		l.problemf(start, `%c is a typographic quotation mark; write strings in straight double quotes, as "text"`, r)
		return lexTypographic
	case '\'', '`', '‘', '’':
		l.problemf(start, `Strings are written in double quotes, as "text"`)
		return lexTypographic
	case '+', '&':
		l.problemf(start, `There is no operator %c; join text with Join("", ..., ...) or Append(..., ...)`, r)
	case '-', '*', '/', '|', '^', '%':
		l.problemf(start, "There is no operator %c; the language has functions only", r)
	case ';':
		l.problemf(start, "Arguments are separated by commas, not by semicolons")
		return l.emit(tokenComma, start, ",")
	case ']', '{', '}':
		l.problemf(start, "%c is unexpected here; attributes are written as [name]", r)
	default:
		l.problemf(start, "The character %q is unexpected here", r)
	}
	return l.emit(tokenBad, start, "")
}

// lexTypographic skips a string in wrong quotation marks up to the next such mark.
func lexTypographic(l *lexer) state {
	start := l.pos
	const marks = "“”„‟«»'`‘’"
	i := strings.IndexAny(l.text[l.pos:], marks+",()\"")
	if i >= 0 {
		r, size := utf8.DecodeRuneInString(l.text[l.pos+i:])
		l.pos += i
		if strings.ContainsRune(marks, r) {
			l.pos += size
		}
	} else {
		l.pos = len(l.text)
	}
	return l.emit(tokenBad, start, "")
}
