package dotnet

import (
	"strings"
	"time"
	"unicode"
)

// scanner walks through a text that is read with a pattern.
type scanner struct {
	rest       string
	innerWhite bool
}

func (s *scanner) skipWhite() {
	if s.innerWhite {
		s.rest = strings.TrimLeftFunc(s.rest, unicode.IsSpace)
	}
}

// number reads between least and most digits.
func (s *scanner) number(least, most int) (int, bool) {
	n, i := 0, 0
	for i < len(s.rest) && i < most && s.rest[i] >= '0' && s.rest[i] <= '9' {
		n = n*10 + int(s.rest[i]-'0')
		i++
	}
	s.rest = s.rest[i:]
	return n, i >= least
}

// literal reads exactly the text; inner white space that is allowed may differ.
func (s *scanner) literal(text string) bool {
	if s.innerWhite {
		for _, word := range strings.Fields(text) {
			s.skipWhite()
			rest, ok := strings.CutPrefix(s.rest, word)
			if !ok {
				return false
			}
			s.rest = rest
		}
		return true
	}
	rest, ok := strings.CutPrefix(s.rest, text)
	s.rest = rest
	return ok
}

// name reads one of count names, in any case, and returns its index.
func (s *scanner) name(count int, nameOf func(int) string) (int, bool) {
	for i := range count {
		full := nameOf(i)
		if len(s.rest) >= len(full) && strings.EqualFold(s.rest[:len(full)], full) {
			s.rest = s.rest[len(full):]
			return i, true
		}
	}
	return 0, false
}

// sign reads + or -.
func (s *scanner) sign() (int, bool) {
	if s.rest == "" || s.rest[0] != '+' && s.rest[0] != '-' {
		return 0, false
	}
	sign := 1
	if s.rest[0] == '-' {
		sign = -1
	}
	s.rest = s.rest[1:]
	return sign, true
}

// set stores a part; a part that is written twice has to be the same both times.
func set(part *int, n int, ok bool) bool {
	if !ok || *part >= 0 && *part != n {
		return false
	}
	*part = n
	return true
}

// parse reads what the element describes. fractionNext says that an F follows, which makes the point before it optional.
func (e element) parse(s *scanner, r *parts, fractionNext bool) bool {
	s.skipWhite()
	least := min(e.count, 2)
	switch e.letter {
	case 'd':
		if e.count >= 3 {
			n, ok := s.name(7, func(i int) string { return name(time.Weekday(i).String(), e.count) })
			return set(&r.weekday, n, ok)
		}
		n, ok := s.number(least, 2)
		return set(&r.day, n, ok)
	case 'M':
		if e.count >= 3 {
			n, ok := s.name(12, func(i int) string { return name(time.Month(i+1).String(), e.count) })
			return set(&r.month, n+1, ok)
		}
		n, ok := s.number(least, 2)
		return set(&r.month, n, ok)
	case 'y':
		return e.year(s, r)
	case 'h':
		n, ok := s.number(least, 2)
		return set(&r.hour12, n, ok)
	case 'H':
		n, ok := s.number(least, 2)
		return set(&r.hour, n, ok)
	case 'm':
		n, ok := s.number(least, 2)
		return set(&r.minute, n, ok)
	case 's':
		n, ok := s.number(least, 2)
		return set(&r.second, n, ok)
	case 'f', 'F':
		return e.readFraction(s, r)
	case 't':
		n, ok := s.name(2, func(i int) string { return [2]string{"AM", "PM"}[i][:least] })
		return set(&r.afternoon, n, ok)
	case 'g':
		return s.literal("A.D.")
	case 'K', 'z', 'Z':
		return e.zone(s, r)
	}
	if fractionNext && strings.HasSuffix(e.text, ".") && !strings.HasPrefix(s.rest, e.text) {
		return s.literal(strings.TrimSuffix(e.text, "."))
	}
	return s.literal(e.text)
}

// year reads a year; one of two digits lies between 1950 and 2049, as in .NET since version 8.
func (e element) year(s *scanner, r *parts) bool {
	if e.count > 2 {
		n, ok := s.number(e.count, max(e.count, 4))
		return set(&r.year, n, ok)
	}
	n, ok := s.number(e.count, 2)
	if n += 2000; n > 2049 {
		n -= 100
	}
	return set(&r.year, n, ok)
}

func (e element) readFraction(s *scanner, r *parts) bool {
	before := len(s.rest)
	n, ok := s.number(0, e.count)
	read := before - len(s.rest)
	if e.letter == 'f' && read != e.count || !ok {
		return false
	}
	r.fraction = int64(n)
	for ; read < 7; read++ {
		r.fraction *= 10
	}
	return true
}

// zone reads Z, GMT or a distance from UTC. K also accepts nothing.
func (e element) zone(s *scanner, r *parts) bool {
	if e.letter != 'z' {
		for _, utc := range []string{"Z", "GMT"} {
			if rest, ok := strings.CutPrefix(s.rest, utc); ok {
				s.rest, r.zoned, r.utc = rest, true, true
				return true
			}
		}
		if e.letter == 'Z' {
			return false
		}
	}
	sign, ok := s.sign()
	if !ok {
		return e.letter == 'K'
	}
	least, minutes := 1, e.letter == 'K' || e.count >= 3
	if minutes || e.count == 2 {
		least = 2
	}
	hours, ok := s.number(least, 2)
	if !ok || hours > 14 {
		return false
	}
	r.offset, r.zoned = hours*60, true
	if minutes {
		s.rest = strings.TrimPrefix(s.rest, ":")
		n, ok := s.number(2, 2)
		if !ok || n > 59 || r.offset+n > 14*60 {
			return false
		}
		r.offset += n
	}
	r.offset *= sign
	return true
}
