package expr

import (
	"strings"
	"unicode/utf8"
)

// maxDepth is how deep functions may be nested.
const maxDepth = 50

// parser is a recursive descent over the tokens. After a mistake it continues at the next comma or parenthesis, so that one
// run finds all mistakes of a text.
type parser struct {
	*source
	tokens []token
	next   int
	depth  int
	// ended is set once the end of the text was blamed on something.
	ended bool
}

// parse returns the tree of an expression. Mistakes are recorded in the source; the tree is then only good for finding more.
func parse(s *source) expression {
	if n := utf8.RuneCountInString(s.text); n > MaxLength {
		s.problemf(0, "The expression has %d characters; at most %d are allowed", n, MaxLength)
		return &bad{}
	}
	if !utf8.ValidString(s.text) {
		s.problemf(0, "The expression is not valid UTF-8 text")
		return &bad{}
	}
	p := &parser{source: s, tokens: lex(s)}
	if p.peek().kind == tokenEOF {
		s.problemf(0, `The expression is empty; write a function, an attribute as [name], or a constant as "text"`)
		return &bad{}
	}
	tree := p.argument()
	if t := p.peek(); t.kind != tokenEOF && t.kind != tokenBad && len(s.problems) == 0 {
		s.problemf(t.offset, "Unexpected %s after the end of the expression", t.describe())
	}
	return tree
}

func (p *parser) peek() token { return p.tokens[p.next] }

func (p *parser) take() token {
	t := p.tokens[p.next]
	if t.kind != tokenEOF {
		p.next++
	}
	return t
}

// argument reads an operand, or a comparison of two.
func (p *parser) argument() expression {
	left := p.operand()
	if p.peek().kind != tokenOperator {
		return left
	}
	op := p.take()
	right := p.operand()
	if t := p.peek(); t.kind == tokenOperator {
		p.problemf(t.offset, "Two comparisons in a row are not possible; nest IIF instead")
		p.skip()
		return &bad{left.offset()}
	}
	return &comparison{at: op.offset, operator: op.text, left: left, right: right}
}

// operand reads a function, an attribute, a string, a number or a bare word.
func (p *parser) operand() expression {
	switch t := p.peek(); t.kind {
	case tokenString, tokenNumber:
		p.take()
		return &literal{at: t.offset, text: t.text, number: t.kind == tokenNumber}
	case tokenAttribute:
		p.take()
		return &attribute{at: t.offset, name: t.text}
	case tokenName:
		p.take()
		if p.peek().kind == tokenOpen {
			return p.call(t)
		}
		return &word{at: t.offset, name: t.text}
	case tokenBad:
		p.take()
		return &bad{t.offset}
	default:
		p.problemf(t.offset, `Unexpected %s; a function, an attribute as [name], a string as "text" or a number is expected here`, t.describe())
		if t.kind == tokenOpen {
			p.take()
			p.skip()
			if p.peek().kind == tokenClose {
				p.take()
			}
		}
		return &bad{t.offset}
	}
}

// call reads the arguments of a function; the next token is the opening parenthesis.
func (p *parser) call(name token) expression {
	open := p.take()
	if p.depth++; p.depth > maxDepth {
		p.problemf(name.offset, "Functions are nested more than %d deep; split the expression", maxDepth)
		p.next, p.ended = len(p.tokens)-1, true
	}
	c := &call{at: name.offset, name: name.text}
	for {
		c.args = append(c.args, p.argumentOrEmpty())
		t := p.peek()
		if t.kind != tokenComma && t.kind != tokenClose && t.kind != tokenEOF {
			switch {
			case t.isLogical():
				p.problemf(t.offset, "There is no operator %s; nest IIF instead", t.text)
			case t.kind != tokenBad:
				p.problemf(t.offset, "Unexpected %s; a comma or a closing parenthesis is expected here", t.describe())
			}
			p.skip()
			c.args[len(c.args)-1] = &bad{t.offset}
			t = p.peek()
		}
		p.take()
		if t.kind == tokenComma {
			continue
		}
		p.depth--
		c.end = t.offset
		if t.kind == tokenEOF {
			p.unclosed(name, open)
			c.args = append(c.args, &bad{t.offset})
		}
		if len(c.args) == 1 && isOmitted(c.args[0]) {
			c.args = nil
		}
		return c
	}
}

// unclosed reports a call that the end of the text cut off, unless the text ended because of a mistake already told: a
// string without end, functions nested too deep, or a call inside this one that is not closed either.
func (p *parser) unclosed(name, open token) {
	if !p.ended && p.tokens[len(p.tokens)-2].kind != tokenBad {
		p.problemf(open.offset, "The parenthesis of %s that opens here is not closed", name.text)
	}
	p.ended = true
}

func (p *parser) argumentOrEmpty() expression {
	if t := p.peek(); t.kind == tokenComma || t.kind == tokenClose {
		return &omitted{t.offset}
	}
	if p.peek().kind == tokenEOF {
		return &bad{p.peek().offset}
	}
	return p.argument()
}

// skip moves to the comma or the closing parenthesis that ends the argument at hand.
func (p *parser) skip() {
	for depth := 0; ; p.take() {
		switch p.peek().kind {
		case tokenEOF:
			return
		case tokenOpen:
			depth++
		case tokenComma:
			if depth == 0 {
				return
			}
		case tokenClose:
			if depth == 0 {
				return
			}
			depth--
		}
	}
}

func isOmitted(e expression) bool {
	_, ok := e.(*omitted)
	return ok
}

// isLogical reports an AND or OR, which many expect between conditions.
func (t token) isLogical() bool {
	return t.kind == tokenName && (strings.EqualFold(t.text, "and") || strings.EqualFold(t.text, "or"))
}

// describe names a token in a message.
func (t token) describe() string {
	switch t.kind {
	case tokenEOF:
		return "end of the expression"
	case tokenName:
		return t.text
	case tokenAttribute:
		return "attribute [" + t.text + "]"
	case tokenString:
		return "string"
	case tokenNumber:
		return "number " + t.text
	case tokenOperator:
		return "operator " + t.text
	}
	return t.text
}
