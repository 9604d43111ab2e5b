package expr

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Characters are counted as Unicode code points. .NET counts UTF-16 units, which differs only beyond the basic plane and
// would let Left and Mid cut a character in half.

var textFunctions = []Function{
	{
		Name: "Append", Group: GroupText, Result: TypeText,
		Params: []Param{
			{Name: "source", Type: TypeText, Doc: "The text to extend."},
			{Name: "suffix", Type: TypeText, Doc: "What is put at its end.", takesNull: true},
		},
		Doc:   "Returns source with suffix at its end.",
		Notes: []string{"A null source gives null, not the suffix alone; a null suffix adds nothing. Microsoft says nothing about it."},
		Examples: []Example{
			{`userPrincipalName=John.Doe@contoso.com`, `Append([userPrincipalName], ".test")`, `"John.Doe@contoso.com.test"`},
			{`givenName=John surname=Doe`, `Append(Mid([givenName],1,3), Mid([surname],1,5))`, `"JohDoe"`},
		},
		eval: func(m *machine, n *callNode, a []Value) (Value, error) { return textValue(a[0].text + a[1].text), nil },
	},
	{
		Name: "InStr", Group: GroupText, Result: TypeNumber,
		Params: []Param{
			{Name: "value1", Type: TypeText, Doc: "The text to search.", takesNull: true},
			{Name: "value2", Type: TypeText, Doc: "The text to find.", takesNull: true},
			{Name: "start", Type: TypeNumber, Optional: true, Doc: "The character to begin at, from 1.", takesNull: true},
			{Name: "compareType", Type: TypeText, Optional: true, Bare: true, Choices: []string{"vbTextCompare", "vbBinaryCompare"}, Doc: "Whether case is ignored (vbTextCompare) or counts (vbBinaryCompare, the default)."},
		},
		Doc: "Returns the position of the first occurrence of value2 in value1, counted from 1, and 0 if there is none.",
		Notes: []string{
			"Both examples of Microsoft agree with positions counted from 1. Not found is 0 and the comparison is binary by default, as in VBA.",
			"In null nothing is found: the result is 0. An empty value2 is found at start.",
		},
		Examples: []Example{
			{``, `InStr("The quick brown fox","quick")`, `5`},
			{``, `InStr("repEated","e",3,vbBinaryCompare)`, `7`},
			{``, `InStr("repEated","e",3,vbTextCompare)`, `4`},
		},
		eval: evalInStr,
	},
	{
		Name: "Left", Group: GroupText, Result: TypeText,
		Params: []Param{
			{Name: "string", Type: TypeText, Doc: "The text to cut.", takesNull: true},
			{Name: "numChars", Type: TypeNumber, Doc: "How many characters to keep."},
		},
		Doc:   "Returns the first numChars characters of string: the whole text if it is shorter, an empty text for 0.",
		Notes: []string{"A null string gives an empty text, and a negative number the whole text, as documented."},
		Examples: []Example{
			{``, `Left("John Doe", 3)`, `"Joh"`},
			{``, `Left("ab", 5)`, `"ab"`},
			{`mail`, `Left([mail], 3)`, `""`},
		},
		eval: func(m *machine, n *callNode, a []Value) (Value, error) {
			if a[1].number < 0 {
				return textValue(a[0].text), nil
			}
			return textValue(firstRunes(a[0].text, a[1].number)), nil
		},
	},
	{
		Name: "Len", Group: GroupText, Result: TypeNumber,
		Params:   []Param{{Name: "source", Type: TypeText, Doc: "The text to measure.", takesNull: true}},
		Doc:      "Returns the number of characters of source, 0 for null.",
		Notes:    []string{"Not documented for Entra; added because a limit on length cannot be checked without it."},
		Examples: []Example{{`displayName=Zoë`, `Len([displayName])`, `3`}, {`displayName=Zoë`, `IIF(Len([displayName]) > 2, Left([displayName], 2), [displayName])`, `"Zo"`}},
		eval: func(m *machine, n *callNode, a []Value) (Value, error) {
			return numberValue(int64(utf8.RuneCountInString(a[0].text))), nil
		},
	},
	{
		Name: "Mid", Group: GroupText, Result: TypeText,
		Params: []Param{
			{Name: "source", Type: TypeText, Doc: "The text to cut."},
			{Name: "start", Type: TypeNumber, Doc: "The first character, from 1."},
			{Name: "length", Type: TypeNumber, Doc: "How many characters; fewer if the text ends."},
		},
		Doc:      "Returns length characters of source, beginning with character start.",
		Notes:    []string{"A start beyond the end gives an empty text; Microsoft says nothing about it. A null source gives null."},
		Examples: []Example{{`userPrincipalName=john.doe@contoso.com`, `Mid([userPrincipalName], 1, 8)`, `"john.doe"`}, {``, `Mid("Doe",1,5)`, `"Doe"`}, {``, `Mid("Doe",7,2)`, `""`}},
		eval:     evalMid,
	},
	{
		Name: "StripSpaces", Group: GroupText, Result: TypeText,
		Params:   []Param{{Name: "source", Type: TypeText, Doc: "The text to change."}},
		Doc:      "Returns source without its spaces (U+0020). Other white space stays.",
		Examples: []Example{{`givenName="Mary Ann"`, `StripSpaces([givenName])`, `"MaryAnn"`}},
		eval: func(m *machine, n *callNode, a []Value) (Value, error) {
			return textValue(strings.ReplaceAll(a[0].text, " ", "")), nil
		},
	},
	{
		Name: "Word", Group: GroupText, Result: TypeText,
		Params: []Param{
			{Name: "string", Type: TypeText, Doc: "The text to take a word from.", takesNull: true},
			{Name: "wordNumber", Type: TypeNumber, Doc: "Which word, from 1."},
			{Name: "delimiters", Type: TypeText, Doc: "The characters that separate words; each separates on its own.", takesNull: true},
		},
		Doc:   "Returns the word of the given number. The result is an empty text if the number is below 1, the text is null, or there are not that many words.",
		Notes: []string{"Delimiters in a row do not make empty words; Microsoft says nothing about it."},
		Examples: []Example{
			{``, `Word("The quick brown fox",3," ")`, `"brown"`},
			{``, `Word("This,string!has&many separators",3,",!&#")`, `"has"`},
			{``, `Word("a b",5," ")`, `""`},
		},
		eval: evalWord,
	},
	{
		Name: "DefaultDomain", Group: GroupText, Result: TypeText, contextual: true,
		Doc:      "Returns the default verified domain of the tenant.",
		Notes:    []string{"In the function list of the Graph API, but without documentation."},
		Examples: []Example{{`mailNickname=jsmith`, `Join("@", [mailNickname], DefaultDomain())`, `"jsmith@contoso.onmicrosoft.com"`}},
		eval: func(m *machine, n *callNode, a []Value) (Value, error) {
			if m.env.DefaultDomain == "" {
				return Value{}, n.failf("the default domain of the tenant is not known")
			}
			return textValue(m.env.DefaultDomain), nil
		},
	},
}

// firstRunes returns the first n characters of s.
func firstRunes(s string, n int64) string {
	if n >= int64(len(s)) {
		return s
	}
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}

func evalMid(m *machine, n *callNode, a []Value) (Value, error) {
	start, length := a[1].number, a[2].number
	if start < 1 {
		return Value{}, n.failf("start has to be 1 or more")
	}
	if length < 0 {
		return Value{}, n.failf("length cannot be negative")
	}
	skipped := firstRunes(a[0].text, start-1)
	return textValue(firstRunes(a[0].text[len(skipped):], length)), nil
}

func evalInStr(m *machine, n *callNode, a []Value) (Value, error) {
	start := int64(1)
	if len(a) > 2 && a[2].kind == kindNumber {
		start = a[2].number
	}
	if start < 1 {
		return Value{}, n.failf("start has to be 1 or more")
	}
	if a[0].kind == kindNull || a[1].kind == kindNull {
		return numberValue(0), nil
	}
	within, find := a[0].text, a[1].text
	if len(a) > 3 && a[3].text == "vbTextCompare" {
		within, find = strings.Map(foldRune, within), strings.Map(foldRune, find)
	} else if len(a) > 3 && a[3].kind == kindText && a[3].text != "vbBinaryCompare" {
		return Value{}, n.failf("compareType is vbTextCompare or vbBinaryCompare")
	}
	skipped := firstRunes(within, start-1)
	if int64(utf8.RuneCountInString(skipped)) < start-1 {
		return numberValue(0), nil
	}
	at := strings.Index(within[len(skipped):], find)
	if at < 0 {
		return numberValue(0), nil
	}
	return numberValue(start + int64(utf8.RuneCountInString(within[len(skipped):len(skipped)+at]))), nil
}

func evalWord(m *machine, n *callNode, a []Value) (Value, error) {
	wanted := a[1].number
	rest, delimiters := a[0].text, a[2].text
	for rest != "" {
		end := strings.IndexAny(rest, delimiters)
		if end < 0 {
			end = len(rest)
		}
		if end > 0 {
			if wanted--; wanted == 0 {
				return textValue(rest[:end]), nil
			}
		}
		rest = rest[end:]
		_, size := utf8.DecodeRuneInString(rest)
		rest = rest[size:]
	}
	return textValue(""), nil
}

// foldRune maps letters that differ only in case to the same letter, and never changes the number of characters.
func foldRune(r rune) rune { return unicode.ToLower(unicode.ToUpper(r)) }
