package dotnet

import (
	"strings"
	"unicode"
)

// separators are the categories between words for TextInfo.ToTitleCase.
var separators = []*unicode.RangeTable{
	unicode.Zs, unicode.Zl, unicode.Zp, unicode.Cc, unicode.Cf, unicode.Pc, unicode.Pd, unicode.Ps, unicode.Pe, unicode.Pi,
	unicode.Pf, unicode.Po, unicode.Sm, unicode.Sc, unicode.Sk, unicode.So,
}

// TitleCase is TextInfo.ToTitleCase of the lower-cased text: the first letter of each word upper, all others lower. An
// apostrophe inside a word does not end it (O'neil), though its category is among the separators: that is what .NET does.
func TitleCase(text string) string {
	inWord := false
	return strings.Map(func(r rune) rune {
		switch {
		case inWord:
			if r != '\'' && unicode.In(r, separators...) {
				inWord = false
			}
			return unicode.ToLower(r)
		case unicode.IsLetter(r):
			inWord = true
			return unicode.ToTitle(r)
		}
		return r
	}, text)
}

// TitleCaseAt makes the first character of each word upper and all others lower, where only the given characters separate
// words.
func TitleCaseAt(text, between string) string {
	first := true
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(between, r) {
			first = true
			return r
		}
		if first {
			first = false
			return unicode.ToTitle(r)
		}
		return unicode.ToLower(r)
	}, text)
}
