package expr

import (
	"strings"

	"github.com/entrain-dev/entrain/internal/expr/dotnet"
)

// The places of the arguments of Replace.
const (
	replaceSource = iota
	replaceOld
	replacePattern
	replaceGroup
	replaceValue
	replaceAttribute
	replaceTemplate
)

var replaceFunctions = []Function{{
	Name: "Replace", Group: GroupText, Result: TypeText,
	Params: []Param{
		{Name: "source", Type: TypeText, Doc: "The text to change.", takesNull: true},
		{Name: "oldValue", Type: TypeText, Optional: true, Doc: "The text to find.", takesNull: true},
		{Name: "regexPattern", Type: TypeText, Optional: true, Doc: "A .NET regular expression to find.", takesNull: true},
		{Name: "regexGroupName", Type: TypeText, Optional: true, Doc: "The name of a group of the regular expression.", takesNull: true},
		{Name: "replacementValue", Type: TypeText, Optional: true, Doc: "The text to put in its place.", takesNull: true},
		{Name: "replacementAttributeName", Type: TypeText, Optional: true, Doc: "An attribute to take the value from if source has none.", takesNull: true},
		{Name: "template", Type: TypeText, Optional: true, Doc: "A text into which source is put in place of oldValue.", takesNull: true},
	},
	Doc: "Replaces text, case-sensitively, in one of five ways, chosen by the arguments that are given:\n\n" +
		"- oldValue and replacementValue: every oldValue in source becomes replacementValue.\n" +
		"- oldValue and template: every oldValue in template becomes source; the template is the result.\n" +
		"- regexPattern and replacementValue: every match in source becomes replacementValue, which may use `${group}`.\n" +
		"- regexPattern, regexGroupName and replacementValue: in every match the text of the group becomes replacementValue; the rest of the match stays.\n" +
		"- regexPattern, regexGroupName and replacementAttributeName: source if it has a value; else what the group matches in replacementAttributeName.\n",
	Notes: []string{
		"Other combinations are mistakes and reported as such.",
		"A null source gives null, except in the last way. A null replacement is an empty text. If the last way matches nothing the result is null.",
		"The documented example that strips +1 (999) 888-7777 prints 19998887777; the pattern does not contain the plus sign, so that it stays.",
		"A match may take half a second; a pattern that needs longer is an error.",
	},
	Examples: []Example{
		{`BusinessTitle="Product Developer"`, `Replace([BusinessTitle],"Product Developer", , , "Software Engineer", , )`, `"Software Engineer"`},
		{`UserID=jsmith`, `Replace([UserID],"<username>", , , , , "<username>@contoso.com")`, `"jsmith@contoso.com"`},
		{`telephoneNumber="+91 9998887777"`, `Replace([telephoneNumber], , "\\+(?<isdCode>\\d* )(?<phoneNumber>\\d{10})", , "${phoneNumber}", , )`, `"9998887777"`},
		{`AddressLineData="545 Tremont Street"`, `Replace([AddressLineData], ,"(?<streetNumber>^\\d*)","streetNumber", "888", , )`, `"888 Tremont Street"`},
		{`telephoneNumber mobile="+91 8887779999"`, `Replace([telephoneNumber], , "\\+(?<isdCode>\\d* )(?<phoneNumber>\\d{10})", "phoneNumber" , , [mobile], )`, `"8887779999"`},
	},
	prepare: prepareReplace, eval: evalReplace,
}}

// replaceMode is one of the five ways.
type replaceMode uint8

const (
	replaceText replaceMode = iota + 1
	fillTemplate
	replaceMatches
	replaceInGroup
	extractGroup
)

// replaceModes are the combinations of arguments that have a meaning, as bits of their places.
var replaceModes = map[int]replaceMode{
	1<<replaceOld | 1<<replaceValue:                           replaceText,
	1<<replaceOld | 1<<replaceTemplate:                        fillTemplate,
	1<<replacePattern | 1<<replaceValue:                       replaceMatches,
	1<<replacePattern | 1<<replaceGroup | 1<<replaceValue:     replaceInGroup,
	1<<replacePattern | 1<<replaceGroup | 1<<replaceAttribute: extractGroup,
}

// replacement is a prepared call of Replace. re is nil if the pattern is not constant, with nil if the replacement is not.
type replacement struct {
	mode replaceMode
	re   *dotnet.Regexp
	with dotnet.Substitution
}

func prepareReplace(p *preparation) any {
	given := 0
	for i := replaceOld; i <= replaceTemplate; i++ {
		if p.given(i) {
			given |= 1 << i
		}
	}
	mode, ok := replaceModes[given]
	if !ok {
		p.problemf(p.call.at, "Replace cannot be used with %s; give oldValue with replacementValue or template, or regexPattern with replacementValue, with regexGroupName and replacementValue, or with regexGroupName and replacementAttributeName", givenNames(given))
		return nil
	}
	r := &replacement{mode: mode}
	if text, constant := p.constant(replaceOld); constant && text == "" {
		p.refuse(replaceOld, "Replace cannot find an empty oldValue")
	}
	pattern, constant := p.constant(replacePattern)
	if !constant {
		return r
	}
	re, err := dotnet.CompileRegexp(pattern)
	if err != nil {
		p.refuse(replacePattern, "Replace cannot use its regexPattern: %v", err)
		return nil
	}
	r.re = re
	if group, constant := p.constant(replaceGroup); constant && !re.HasGroup(group) {
		p.refuse(replaceGroup, "The regexPattern of Replace has no group %s%s", quote(group), didYouMean(group, re.GroupNames(), `"`))
	}
	if text, constant := p.constant(replaceValue); constant && mode == replaceMatches {
		r.with = re.Substitution(text)
	}
	return r
}

// givenNames lists the parameters of Replace that were given besides source.
func givenNames(given int) string {
	var list []string
	for i := replaceOld; i <= replaceTemplate; i++ {
		if given&(1<<i) != 0 {
			list = append(list, table["Replace"].Params[i].Name)
		}
	}
	if len(list) == 0 {
		return "source alone"
	}
	return strings.Join(list, " and ")
}

func evalReplace(m *machine, n *callNode, a []Value) (Value, error) {
	r := n.prepared.(*replacement)
	switch r.mode {
	case extractGroup:
		if !a[replaceSource].isEmpty() {
			return a[replaceSource], nil
		}
		if a[replaceAttribute].isEmpty() {
			return Value{}, nil
		}
	default:
		if a[replaceSource].kind == kindNull {
			return Value{}, nil
		}
	}
	switch r.mode {
	case replaceText:
		return substitute(n, a[replaceSource].text, a[replaceOld].text, a[replaceValue].text)
	case fillTemplate:
		return substitute(n, a[replaceTemplate].text, a[replaceOld].text, a[replaceSource].text)
	}
	return r.regexp(m, n, a)
}

// substitute is strings.ReplaceAll with a bound; an empty text is found nowhere.
func substitute(n *callNode, text, find, with string) (Value, error) {
	if find == "" {
		return textValue(text), nil
	}
	if growth := len(with) - len(find); growth > 0 {
		if count := strings.Count(text, find); count*growth > maxText-min(len(text), maxText) {
			return Value{}, n.failf("%s", reasonTooLong)
		}
	}
	return textValue(strings.ReplaceAll(text, find, with)), nil
}

func (r *replacement) regexp(m *machine, n *callNode, a []Value) (Value, error) {
	re := r.re
	if re == nil {
		pattern := a[replacePattern].text
		if len(pattern) > MaxLength {
			return Value{}, n.failf("regexPattern is longer than %d bytes", MaxLength)
		}
		var err error
		if re, err = dotnet.CompileRegexp(pattern); err != nil {
			return Value{}, n.failf("regexPattern is not a regular expression")
		}
	}
	err := m.keepGoing()
	if err != nil {
		return Value{}, n.failf("%v", err)
	}
	var text string
	switch r.mode {
	case replaceMatches:
		with := r.with
		if with == nil && a[replaceValue].text != "" {
			with = re.Substitution(a[replaceValue].text)
		}
		text, err = re.Replace(a[replaceSource].text, with, maxText, m.keepGoing)
	case replaceInGroup:
		text, err = re.ReplaceGroup(a[replaceSource].text, a[replaceGroup].text, a[replaceValue].text, maxText, m.keepGoing)
	default:
		var found bool
		if text, found, err = re.Group(a[replaceAttribute].text, a[replaceGroup].text); err == nil && !found {
			return Value{}, nil
		}
	}
	if err != nil {
		return Value{}, n.failf("%v", err)
	}
	return textValue(text), nil
}
