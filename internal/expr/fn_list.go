package expr

import (
	"strings"
)

var listFunctions = []Function{
	{
		Name: "Count", Group: GroupList, Result: TypeNumber,
		Params:   []Param{{Name: "attribute", Type: TypeAny, Doc: "The values to count.", takesNull: true, countsOnly: true}},
		Doc:      "Returns the number of values.",
		Notes:    []string{"Null counts as 0; Microsoft says nothing about it."},
		Examples: []Example{{`proxyAddresses=[a,b,c]`, `Count([proxyAddresses])`, `3`}, {`proxyAddresses`, `Count([proxyAddresses])`, `0`}},
		eval:     func(m *machine, n *callNode, a []Value) (Value, error) { return numberValue(int64(a[0].count())), nil },
	},
	{
		Name: "Item", Group: GroupList, Result: TypeAny,
		Params: []Param{
			{Name: "attribute", Type: TypeList, Doc: "The values to choose from."},
			{Name: "index", Type: TypeNumber, Doc: "Which one, from 1."},
		},
		Doc:      "Returns the value at the given place.",
		Notes:    []string{"A place beyond the last value gives null; Microsoft says nothing about it. Places below 1 are an error, as Microsoft says not to use 0."},
		Examples: []Example{{`proxyAddresses=[SMTP:a@contoso.com,smtp:b@contoso.com]`, `Item([proxyAddresses], 1)`, `"SMTP:a@contoso.com"`}, {`extensionAttribute1=a.b.c`, `Item(Split([extensionAttribute1], "."), 2)`, `"b"`}, {`extensionAttribute1=a.b.c`, `Item(Split([extensionAttribute1], "."), 4)`, `null`}},
		eval: func(m *machine, n *callNode, a []Value) (Value, error) {
			index := a[1].number
			if index < 1 {
				return Value{}, n.failf("index has to be 1 or more")
			}
			if index > int64(a[0].count()) {
				return Value{}, nil
			}
			if a[0].kind == kindList {
				return textValue(a[0].several.list[index-1]), nil
			}
			return a[0], nil
		},
	},
	{
		Name: "Join", Group: GroupList, Result: TypeText, Repeat: 1,
		Params: []Param{
			{Name: "separator", Type: TypeText, Doc: "What stands between two values; it may be empty.", takesNull: true},
			{Name: "source", Type: TypeList, Doc: "A value, or several.", takesNull: true},
		},
		Doc: "Returns all values joined into one text. A source with several values contributes each of them.",
		Notes: []string{
			"Null and empty sources are left out and add no separator, as the example with an empty source shows.",
			"If every source is null the result is null, so that nothing is sent; Microsoft says nothing about it.",
		},
		Examples: []Example{
			{`mailNickname=jsmith`, `Join("@", [mailNickname], "contoso.com")`, `"jsmith@contoso.com"`},
			{`givenName=John surname=Doe`, `Join(", ", "", [surname], [givenName])`, `"Doe, John"`},
			{`proxyAddresses=[a,b]`, `Join(",", [proxyAddresses])`, `"a,b"`},
		},
		eval: evalJoin,
	},
	{
		Name: "RemoveDuplicates", Group: GroupList, Result: TypeList,
		Params:   []Param{{Name: "attribute", Type: TypeList, Doc: "The values."}},
		Doc:      "Returns the values without those that were there before. The order stays.",
		Notes:    []string{"Values that differ only in case are different; Microsoft says nothing about it."},
		Examples: []Example{{`proxyAddresses=[a,b,a]`, `RemoveDuplicates([proxyAddresses])`, `["a","b"]`}},
		eval:     evalRemoveDuplicates,
	},
	{
		Name: "Split", Group: GroupList, Result: TypeList,
		Params: []Param{
			{Name: "source", Type: TypeText, Doc: "The text to split."},
			{Name: "delimiter", Type: TypeText, Doc: "What stands between two values, as a whole.", takesNull: true},
		},
		Doc: "Returns the parts of source between the delimiters, as several values, each without white space at its ends.",
		Notes: []string{
			"Microsoft shows the parts trimmed. Empty parts are kept, so that Item can count on places.",
			"With an empty delimiter the whole text is the only value.",
		},
		Examples: []Example{
			{`extensionAttribute5="PermissionSetOne, PermissionSetTwo"`, `Split([extensionAttribute5], ",")`, `["PermissionSetOne","PermissionSetTwo"]`},
			{``, `Split("a;b",";")`, `["a","b"]`},
		},
		eval: evalSplit,
	},
}

// maxItems is how many values a list may have.
const maxItems = 10_000

func evalJoin(m *machine, n *callNode, a []Value) (Value, error) {
	separator, sources := a[0].text, a[1:]
	size, null := 0, true
	for i := range sources {
		switch v := &sources[i]; v.kind {
		case kindText:
			null = false
			size += len(v.text) + len(separator)
		case kindList:
			null = false
			for _, s := range v.several.list {
				size += len(s) + len(separator)
			}
		}
	}
	if null {
		return Value{}, nil
	}
	if size > maxText+len(separator) {
		return Value{}, n.failf("%s", reasonTooLong)
	}
	var out strings.Builder
	out.Grow(size)
	for i := range sources {
		switch v := &sources[i]; v.kind {
		case kindText:
			writePart(&out, separator, v.text)
		case kindList:
			for _, s := range v.several.list {
				writePart(&out, separator, s)
			}
		}
	}
	return textValue(out.String()), nil
}

// writePart adds a part that is not empty.
func writePart(out *strings.Builder, separator, part string) {
	if part == "" {
		return
	}
	if out.Len() > 0 {
		out.WriteString(separator)
	}
	out.WriteString(part)
}

func evalRemoveDuplicates(m *machine, n *callNode, a []Value) (Value, error) {
	if a[0].kind != kindList {
		return listValue([]string{a[0].text}), nil
	}
	seen := make(map[string]bool, len(a[0].several.list))
	out := make([]string, 0, len(a[0].several.list))
	for _, s := range a[0].several.list {
		if !seen[s] {
			seen[s] = true
			out = append(out, s)
		}
	}
	return listValue(out), nil
}

func evalSplit(m *machine, n *callNode, a []Value) (Value, error) {
	source, delimiter := a[0].text, a[1].text
	parts := []string{source}
	if delimiter != "" {
		if count := strings.Count(source, delimiter) + 1; count > maxItems {
			return Value{}, n.failf("the result has more than %d values", maxItems)
		}
		parts = strings.Split(source, delimiter)
	}
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	return listValue(parts), nil
}
