package scenario

import "fmt"

// The notations in which administrators write telephone numbers. The last ones cannot be understood, or not without a region.
const (
	phoneE164 = iota
	phoneBrackets
	phoneNational
	phoneExtension
	phoneExtensionX
	phoneDoubleZero
	phoneInvalid
	phoneShort
	phoneNone
	phoneNotations
)

// phone writes the n-th number of a place in a notation; "" is none.
func (c culture) phone(n, notation int) string {
	local := fmt.Sprintf("%03d%04d", 200+n%700, (n*7919)%10000)
	switch notation {
	case phoneBrackets:
		return fmt.Sprintf("+%s (%s) %s-%s", c.dial, c.area, local[:4], local[4:])
	case phoneNational:
		return c.trunk + c.area + " " + local
	case phoneExtension:
		return fmt.Sprintf("+%s %s %s %s ext. %d", c.dial, c.area, local[:3], local[3:], 10+n%90)
	case phoneExtensionX:
		return fmt.Sprintf("+%s-%s-%sx%d", c.dial, c.area, local, 100+n%900)
	case phoneDoubleZero:
		return "00" + c.dial + " " + c.area + " " + local
	case phoneInvalid:
		return "ask reception"
	case phoneShort:
		return "4711"
	case phoneNone:
		return ""
	default:
		return "+" + c.dial + c.area + local
	}
}
