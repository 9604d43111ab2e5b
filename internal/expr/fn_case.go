package expr

import (
	"strings"
	"sync"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/language"

	"github.com/entrain-dev/entrain/internal/expr/dotnet"
)

const cultureDoc = `The rules of a language by its RFC 4646 name, such as "tr-TR". Without it the invariant rules are used, which change each character alone.`

var caseFunctions = []Function{
	{
		Name: "ToLower", Group: GroupText, Result: TypeText,
		Params: []Param{
			{Name: "source", Type: TypeText, Doc: "The text to change."},
			{Name: "culture", Type: TypeText, Optional: true, Doc: cultureDoc, takesNull: true},
		},
		Doc:   "Returns source in lower case.",
		Notes: []string{"A difference in case alone is no change for the target unless its attribute is marked caseExact."},
		Examples: []Example{
			{``, `ToLower("John")`, `"john"`},
			{``, `ToLower("TITLE", "tr-TR")`, `"tıtle"`},
			{`PreferredFirstName=John PreferredLastName=Smith`, `ToLower(Join("@", NormalizeDiacritics(StripSpaces(Join(".", [PreferredFirstName], [PreferredLastName]))), "contoso.com"))`, `"john.smith@contoso.com"`},
		},
		prepare: func(p *preparation) any { return p.culture(cases.Lower) },
		eval: func(m *machine, n *callNode, a []Value) (Value, error) {
			return changeCase(n, a, unicode.ToLower, cases.Lower)
		},
	},
	{
		Name: "ToUpper", Group: GroupText, Result: TypeText,
		Params: []Param{
			{Name: "source", Type: TypeText, Doc: "The text to change."},
			{Name: "culture", Type: TypeText, Optional: true, Doc: cultureDoc, takesNull: true},
		},
		Doc:      "Returns source in upper case.",
		Notes:    []string{"With a culture the full rules of Unicode apply, so that ß becomes SS; without one it stays ß, as in .NET."},
		Examples: []Example{{`country=us`, `ToUpper([country])`, `"US"`}, {``, `ToUpper("title", "tr-TR")`, `"TİTLE"`}},
		prepare:  func(p *preparation) any { return p.culture(cases.Upper) },
		eval: func(m *machine, n *callNode, a []Value) (Value, error) {
			return changeCase(n, a, unicode.ToUpper, cases.Upper)
		},
	},
	{
		Name: "PCase", Group: GroupText, Result: TypeText,
		Params: []Param{
			{Name: "source", Type: TypeText, Doc: "The text to change."},
			{Name: "wordSeparators", Type: TypeText, Optional: true, Doc: "The characters that separate words; then no others do.", takesNull: true},
		},
		Doc: "Returns source with the first letter of each word in upper case and all others in lower case. Without wordSeparators, words end at spaces, line breaks, punctuation and symbols.",
		Notes: []string{
			"Without wordSeparators it is .NET TextInfo.ToTitleCase of the lower-cased text. Like that, an apostrophe inside a word does not end it: O'NEIL becomes O'neil. Give wordSeparators to change that.",
		},
		Examples: []Example{
			{``, `PCase("PABLO GONSALVES (SECOND)")`, `"Pablo Gonsalves (Second)"`},
			{``, `PCase("PINTO-DE'SILVA"," '-")`, `"Pinto-De'Silva"`},
			{`firstName=GREGORY lastName=JAMES`, `PCase(Join(" ",[firstName],[lastName]))`, `"Gregory James"`},
		},
		eval: func(m *machine, n *callNode, a []Value) (Value, error) {
			if len(a) > 1 && !a[1].isEmpty() {
				return textValue(dotnet.TitleCaseAt(a[0].text, a[1].text)), nil
			}
			return textValue(dotnet.TitleCase(a[0].text)), nil
		},
	},
	{
		Name: "NormalizeDiacritics", Group: GroupText, Result: TypeText,
		Params: []Param{{Name: "source", Type: TypeText, Doc: "The text to change."}},
		Doc:    "Returns source with accented Latin letters replaced by plain ones: ä by a, é by e, ø by oe, ß by ss.",
		Notes: []string{
			"The letters of Microsoft's table lose every mark, also marks the table does not list with them. Other letters, and other scripts, stay as they are.",
			"ä, ö and ü become a, o and u, not ae, oe and ue; ø and œ become oe.",
		},
		Examples: []Example{{``, `NormalizeDiacritics("Zoë")`, `"Zoe"`}, {``, `NormalizeDiacritics("Straße")`, `"Strasse"`}, {``, `NormalizeDiacritics("Øl")`, `"OEl"`}, {``, `NormalizeDiacritics("Łódź")`, `"Lodz"`}},
		eval: func(m *machine, n *callNode, a []Value) (Value, error) {
			return textValue(normalizeDiacritics(a[0].text)), nil
		},
	},
}

// caserOf is cases.Lower or cases.Upper.
type caserOf func(language.Tag, ...cases.Option) cases.Caser

// culture prepares a constant culture: a pool of casers, because a caser must not be shared between goroutines.
func (p *preparation) culture(of caserOf) any {
	name, ok := p.constant(1)
	if !ok || name == "" {
		return nil
	}
	tag, err := language.Parse(name)
	if err != nil {
		p.refuse(1, `There is no culture %s; write a name such as "tr-TR"`, quote(name))
		return nil
	}
	return &sync.Pool{New: func() any {
		caser := of(tag)
		return &caser
	}}
}

func changeCase(n *callNode, a []Value, invariant func(rune) rune, of caserOf) (Value, error) {
	if len(a) < 2 || a[1].isEmpty() {
		return textValue(strings.Map(invariant, a[0].text)), nil
	}
	if pool, ok := n.prepared.(*sync.Pool); ok {
		caser := pool.Get().(*cases.Caser)
		defer pool.Put(caser)
		return textValue(caser.String(a[0].text)), nil
	}
	tag, err := language.Parse(a[1].text)
	if err != nil {
		return Value{}, n.failf(`culture has to be the name of a culture such as "tr-TR"`)
	}
	return textValue(of(tag).String(a[0].text)), nil
}
