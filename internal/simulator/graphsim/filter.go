package graphsim

import (
	"errors"
	"slices"
	"strings"
)

var errFilter = errors.New("syntax error in $filter")

// filter is a node of a parsed $filter.
type filter struct {
	op       string // and or not eq ne ge le gt lt in startsWith endsWith any
	left     *filter
	right    *filter
	property string
	values   []any // string, bool or nil; a number or date stays a string
	member   string
}

// parseFilter parses the part of the OData filter language that directory objects support.
func parseFilter(text string) (*filter, error) {
	p := &filterParser{tokens: lexFilter(text)}
	f, err := p.or()
	if err != nil {
		return nil, err
	}
	if p.at < len(p.tokens) {
		return nil, errFilter
	}
	return f, nil
}

// lexFilter splits a filter into words, quoted strings and punctuation. A quoted string keeps its opening quote as a mark.
func lexFilter(text string) []string {
	var out []string
	for i := 0; i < len(text); {
		switch ch := text[i]; {
		case ch == ' ':
			i++
		case strings.IndexByte("(),:", ch) >= 0:
			out = append(out, string(ch))
			i++
		case ch == '\'':
			var b strings.Builder
			b.WriteByte('\'')
			for i++; i < len(text); i++ {
				if text[i] == '\'' {
					if i+1 >= len(text) || text[i+1] != '\'' {
						break
					}
					i++
				}
				b.WriteByte(text[i])
			}
			i++
			out = append(out, b.String())
		default:
			j := i
			for j < len(text) && strings.IndexByte(" (),'", text[j]) < 0 && (text[j] != ':' || strings.ContainsAny(text[i:j], "-")) {
				j++
			}
			out = append(out, text[i:j])
			i = j
		}
	}
	return out
}

type filterParser struct {
	tokens []string
	at     int
}

func (p *filterParser) peek() string {
	if p.at < len(p.tokens) {
		return p.tokens[p.at]
	}
	return ""
}

func (p *filterParser) take(word string) bool {
	if p.at < len(p.tokens) && p.tokens[p.at] == word {
		p.at++
		return true
	}
	return false
}

func (p *filterParser) word() string {
	w := p.peek()
	p.at++
	return w
}

func (p *filterParser) or() (*filter, error) { return p.chain("or", p.and) }

func (p *filterParser) and() (*filter, error) { return p.chain("and", p.unary) }

func (p *filterParser) chain(op string, next func() (*filter, error)) (*filter, error) {
	left, err := next()
	for err == nil && p.take(op) {
		var right *filter
		right, err = next()
		left = &filter{op: op, left: left, right: right}
	}
	return left, err
}

func (p *filterParser) unary() (*filter, error) {
	if p.take("not") {
		inner, err := p.unary()
		return &filter{op: "not", left: inner}, err
	}
	if p.take("(") {
		inner, err := p.or()
		if err == nil && !p.take(")") {
			err = errFilter
		}
		return inner, err
	}
	return p.comparison()
}

func (p *filterParser) comparison() (*filter, error) {
	name := p.word()
	if name == "startsWith" || name == "endsWith" || name == "startswith" || name == "endswith" {
		return p.function(strings.Replace(name, "swith", "sWith", 1))
	}
	if name == "" || strings.ContainsAny(name[:1], "'(),:") {
		return nil, errFilter
	}
	if property, ok := strings.CutSuffix(name, "/any"); ok {
		return p.lambda(property)
	}
	op := p.word()
	if op == "in" {
		values, err := p.list()
		return &filter{op: op, property: name, values: values}, err
	}
	if !slices.Contains([]string{"eq", "ne", "ge", "le", "gt", "lt"}, op) {
		return nil, errFilter
	}
	v, err := p.literal()
	return &filter{op: op, property: name, values: []any{v}}, err
}

func (p *filterParser) function(op string) (*filter, error) {
	if !p.take("(") {
		return nil, errFilter
	}
	property := p.word()
	if !p.take(",") {
		return nil, errFilter
	}
	v, err := p.literal()
	if err == nil && !p.take(")") {
		err = errFilter
	}
	return &filter{op: op, property: property, values: []any{v}}, err
}

// lambda parses any(x:x eq 'v') and any(x:x/member eq 'v').
func (p *filterParser) lambda(property string) (*filter, error) {
	if !p.take("(") {
		return nil, errFilter
	}
	variable := p.word()
	if !p.take(":") {
		return nil, errFilter
	}
	inner, err := p.comparison()
	if err == nil && !p.take(")") {
		err = errFilter
	}
	if err != nil {
		return nil, err
	}
	member, found := strings.CutPrefix(inner.property, variable)
	if !found {
		return nil, errFilter
	}
	return &filter{op: "any", property: property, left: inner, member: strings.TrimPrefix(member, "/")}, nil
}

func (p *filterParser) list() ([]any, error) {
	if !p.take("(") {
		return nil, errFilter
	}
	var out []any
	for {
		v, err := p.literal()
		if err != nil {
			return nil, err
		}
		out = append(out, v)
		if p.take(")") {
			return out, nil
		}
		if !p.take(",") {
			return nil, errFilter
		}
	}
}

func (p *filterParser) literal() (any, error) {
	switch w := p.word(); {
	case w == "" || strings.ContainsAny(w[:1], "(),:"):
		return nil, errFilter
	case w == "null":
		return nil, nil
	case w == "true", w == "false":
		return w == "true", nil
	default:
		return strings.TrimPrefix(w, "'"), nil
	}
}

// ids returns the ids of a filter that consists of id eq joined by or.
func (f *filter) ids() ([]string, bool) {
	switch {
	case f.op == "eq" && f.property == "id":
		id, ok := f.values[0].(string)
		return []string{strings.ToLower(id)}, ok
	case f.op == "or":
		left, ok := f.left.ids()
		right, ok2 := f.right.ids()
		return append(left, right...), ok && ok2
	}
	return nil, false
}
