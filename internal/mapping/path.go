package mapping

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	filter "github.com/scim2/filter-parser/v2"

	"github.com/entrain-dev/entrain/internal/fault"
)

// Path is a SCIM path that addresses one attribute: of the core schema or an extension, of an element of a list, or a part
// of an attribute (reference 4.6).
type Path struct {
	// URN is the extension, "" for the core schema.
	URN string
	// Attribute is the name of the attribute.
	Attribute string
	// Conditions select an element of a list; all must hold.
	Conditions []Condition
	// Sub is the sub-attribute, "" for the whole.
	Sub string
}

// Condition is one comparison of a value filter: Attribute eq Value.
type Condition struct {
	Attribute string
	// Value is a string, bool or float64.
	Value any
}

// maxPath bounds a path; the longest of the references has 110 characters.
const maxPath = 1024

// ParsePath reads a path. The error is of kind fault.Invalid and says what to write instead where that can be guessed.
func ParsePath(s string) (Path, error) {
	text := strings.TrimSpace(s)
	switch {
	case text == "":
		return Path{}, invalidPath("the path is empty; write a SCIM path such as userName")
	case len(text) > maxPath:
		return Path{}, invalidPath("the path has more than %d characters", maxPath)
	}
	p, err := parse(text)
	if err == nil {
		return p, nil
	}
	straight, ok := straightQuotes(text)
	if !ok {
		return Path{}, err
	}
	if p, err := parse(straight); err == nil {
		return Path{}, invalidPath("the quotes in %s are not those of SCIM; write %s with straight double quotes", text, p.Canonical())
	}
	return Path{}, invalidPath(`the quotes in %s are not those of SCIM; write straight double quotes, as in emails[type eq "work"].value`, text)
}

func invalidPath(format string, args ...any) error {
	return fault.New(fault.Invalid, "parse path", format, args...)
}

// parse reads a path whose quotes are straight.
func parse(text string) (p Path, err error) {
	raw, err := grammar(text)
	if err != nil {
		return Path{}, invalidPath(`%s is no SCIM path; write one like userName, name.givenName, emails[type eq "work"].value or urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department`, text)
	}
	p = Path{URN: raw.AttributePath.URI(), Attribute: raw.AttributePath.AttributeName, Sub: raw.SubAttributeName()}
	if sub := raw.AttributePath.SubAttributeName(); sub != "" {
		if raw.ValueExpression != nil {
			return Path{}, invalidPath("%s selects an element of a part; the brackets follow the name of the attribute, as in emails[type eq \"work\"].value", text)
		}
		p.Sub = sub
	}
	if err := checkURN(&p, text); err != nil {
		return Path{}, err
	}
	if raw.ValueExpression != nil {
		if p.Conditions, err = conditions(raw.ValueExpression); err != nil {
			return Path{}, err
		}
	}
	return p, nil
}

// grammar calls the parser of the grammar, which is not promised to survive every text.
func grammar(text string) (p filter.Path, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the path cannot be parsed")
		}
	}()
	return filter.ParsePath([]byte(text))
}

// checkURN drops the URN of the core schema and finds an extension that is not followed by an attribute: the grammar reads
// its last part, User, as the attribute.
func checkURN(p *Path, text string) error {
	if p.URN == "" {
		return nil
	}
	if !strings.HasPrefix(strings.ToLower(p.URN), "urn:") {
		return invalidPath("%s has a colon after %s; only the URN of an extension is followed by one", text, p.URN)
	}
	if strings.EqualFold(p.Attribute, "User") || strings.EqualFold(p.Attribute, "Group") {
		if p.Sub != "" {
			return invalidPath("%s separates extension and attribute by a dot; write %s:%s:%s", text, p.URN, p.Attribute, p.Sub)
		}
		return invalidPath("%s names an extension and no attribute of it; add the attribute after a colon, as in %s:department", text, text)
	}
	if strings.HasPrefix(strings.ToLower(p.URN), "urn:ietf:params:scim:schemas:core:2.0:") {
		p.URN = ""
	}
	return nil
}

// conditions reads a value filter. Only comparisons for equality tell which element is to be written.
func conditions(e filter.Expression) ([]Condition, error) {
	switch e := e.(type) {
	case *filter.LogicalExpression:
		if e.Operator != filter.AND {
			break
		}
		left, err := conditions(e.Left)
		if err != nil {
			return nil, err
		}
		right, err := conditions(e.Right)
		return append(left, right...), err
	case *filter.AttributeExpression:
		if e.Operator != filter.EQ || e.AttributePath.URIPrefix != nil || e.AttributePath.SubAttribute != nil {
			break
		}
		value, ok := literal(e.CompareValue)
		if !ok {
			break
		}
		return []Condition{{Attribute: e.AttributePath.AttributeName, Value: value}}, nil
	}
	return nil, invalidPath(`the brackets must say which element is meant by eq, as in [type eq "work"]; other comparisons do not name one element`)
}

// literal returns a compared value. The parser leaves the escapes of a JSON string in place.
func literal(v any) (any, bool) {
	switch v := v.(type) {
	case string:
		var s string
		if err := json.Unmarshal([]byte(`"`+v+`"`), &s); err != nil {
			return nil, false
		}
		return s, true
	case bool:
		return v, true
	case int:
		return float64(v), true
	case float64:
		return v, true
	}
	return nil, false
}

// Canonical returns the path in its one spelling: straight double quotes, one blank around eq, extension URN in full, core
// URN left out. It parses to the same path.
func (p Path) Canonical() string {
	s := p.element()
	if p.Sub != "" {
		s += "." + p.Sub
	}
	return s
}

// element returns the path without the sub-attribute.
func (p Path) element() string {
	var b strings.Builder
	if p.URN != "" {
		b.WriteString(p.URN)
		b.WriteByte(':')
	}
	b.WriteString(p.Attribute)
	for i, c := range p.Conditions {
		b.WriteString(map[bool]string{true: "[", false: " and "}[i == 0])
		b.WriteString(c.Attribute)
		b.WriteString(" eq ")
		b.WriteString(encode(c.Value))
	}
	if len(p.Conditions) > 0 {
		b.WriteByte(']')
	}
	return b.String()
}

// root returns the path of the whole attribute.
func (p Path) root() string { return Path{URN: p.URN, Attribute: p.Attribute}.Canonical() }

// key returns what is equal for paths that mean the same: names compare without regard to case (RFC 7643 section 2.1), and
// primary eq "True" is what Entra writes for primary eq true.
func (p Path) key() string {
	conditions := make([]Condition, len(p.Conditions))
	for i, c := range p.Conditions {
		if b, ok := c.Value.(bool); ok {
			c.Value = boolText(b)
		}
		conditions[i] = c
	}
	p.Conditions = conditions
	return strings.ToLower(p.Canonical())
}

// encode is JSON without the escapes that only HTML needs.
func encode(v any) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return "null" // strings, Booleans and decoded JSON always have a JSON form
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// quotes are the characters that word processors and tutorials put in place of the straight double quote.
var quotes = strings.NewReplacer("‘", `"`, "’", `"`, "‚", `"`, "‛", `"`, "“", `"`, "”", `"`, "„", `"`, "‟", `"`, "′", `"`, "″", `"`,
	"«", `"`, "»", `"`, "`", `"`, "'", `"`, "´", `"`)

// straightQuotes returns the text with straight double quotes and whether that changed anything. A missing closing quote,
// as in the tutorial's [authority eq ‘zoomphone] (genesys-scim.md 18.7), is added.
func straightQuotes(text string) (string, bool) {
	straight := quotes.Replace(text)
	if straight == text {
		return text, false
	}
	if strings.Count(straight, `"`)%2 == 1 {
		straight = strings.Replace(straight, "]", `"]`, 1)
	}
	return straight, true
}
