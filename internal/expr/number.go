package expr

import (
	"strconv"
	"strings"
)

// parseNumber reads a whole number as it is written in an expression or held by an attribute: decimal with an optional
// minus sign, or &H and hexadecimal digits as in VBA.
func parseNumber(s string) (int64, bool) {
	if len(s) > 2 && s[0] == '&' && (s[1] == 'H' || s[1] == 'h') {
		n, err := strconv.ParseUint(s[2:], 16, 64)
		return int64(n), err == nil && n>>63 == 0
	}
	if s == "" || s[0] == '+' || strings.Contains(s, "_") {
		return 0, false
	}
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil
}
