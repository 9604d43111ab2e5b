package expr

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// plainLetters are the letters of the table in reference 5.6 that no decomposition makes plain.
var plainLetters = map[rune]string{
	'æ': "ae", 'Æ': "AE", 'ø': "oe", 'Ø': "OE", 'œ': "oe", 'Œ': "OE", 'ß': "ss", 'ł': "l", 'Ł': "L", 'ı': "i",
}

// markedLetters are the letters that lose their marks, according to the same table.
const markedLetters = "acdegilnorstuyzACDEGILNORSTUYZ"

// normalizeDiacritics replaces the letters of reference 5.6. It decomposes the text, drops the marks behind a letter of the
// table, and composes what is left, so that other letters and scripts come out as they went in.
func normalizeDiacritics(s string) string {
	if isASCII(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	changed, drop := false, false
	for _, r := range norm.NFD.String(s) {
		if drop && unicode.Is(unicode.Mn, r) {
			changed = true
			continue
		}
		plain, special := plainLetters[r]
		drop = special || r < unicode.MaxASCII && strings.IndexByte(markedLetters, byte(r)) >= 0
		if special {
			changed = true
			b.WriteString(plain)
			continue
		}
		b.WriteRune(r)
	}
	if !changed {
		return s
	}
	return norm.NFC.String(b.String())
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] > unicode.MaxASCII {
			return false
		}
	}
	return true
}
