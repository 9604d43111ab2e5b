package dotnet

import (
	"fmt"
	"strings"
)

// Styles is a set of System.Globalization.DateTimeStyles.
type Styles uint8

// The styles, named as in .NET. AllowWhiteSpaces is the first three together.
const (
	AllowLeadingWhite Styles = 1 << iota
	AllowTrailingWhite
	AllowInnerWhite
	NoCurrentDateDefault
	AdjustToUniversal
	AssumeLocal
	AssumeUniversal
	RoundtripKind
)

// DefaultStyles are those of FormatDateTime when none are given.
const DefaultStyles = RoundtripKind | AllowLeadingWhite | AllowTrailingWhite

// styleNames are the names in the order of their value in .NET.
var styleNames = []struct {
	name  string
	style Styles
}{
	{"None", 0},
	{"AllowLeadingWhite", AllowLeadingWhite},
	{"AllowTrailingWhite", AllowTrailingWhite},
	{"AllowInnerWhite", AllowInnerWhite},
	{"AllowWhiteSpaces", AllowLeadingWhite | AllowTrailingWhite | AllowInnerWhite},
	{"NoCurrentDateDefault", NoCurrentDateDefault},
	{"AdjustToUniversal", AdjustToUniversal},
	{"AssumeLocal", AssumeLocal},
	{"AssumeUniversal", AssumeUniversal},
	{"RoundtripKind", RoundtripKind},
}

// StyleNames returns the names that ParseStyles knows.
func StyleNames() []string {
	out := make([]string, len(styleNames))
	for i, s := range styleNames {
		out[i] = s.name
	}
	return out
}

// ParseStyles reads names separated by commas and refuses combinations that .NET refuses.
func ParseStyles(list string) (Styles, error) {
	var all Styles
	for _, part := range strings.Split(list, ",") {
		style, ok := lookupStyle(strings.TrimSpace(part))
		if !ok {
			return 0, fmt.Errorf("there is no date style %q; the styles are %s", strings.TrimSpace(part), strings.Join(StyleNames(), ", "))
		}
		all |= style
	}
	if all&AssumeLocal != 0 && all&AssumeUniversal != 0 {
		return 0, fmt.Errorf("the date styles AssumeLocal and AssumeUniversal exclude each other")
	}
	if all&RoundtripKind != 0 && all&(AssumeLocal|AssumeUniversal|AdjustToUniversal) != 0 {
		return 0, fmt.Errorf("the date style RoundtripKind excludes AssumeLocal, AssumeUniversal and AdjustToUniversal")
	}
	return all, nil
}

func lookupStyle(name string) (Styles, bool) {
	for _, s := range styleNames {
		if s.name == name {
			return s.style, true
		}
	}
	return 0, false
}
