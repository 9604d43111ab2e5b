package dotnet

import (
	"errors"
	"strings"
	"time"
)

// freeForms are the forms that Parse accepts, tried in this order. Each may be followed by a zone.
var freeForms = func() []*Pattern {
	dates := []string{"yyyy-M-d", "yyyy/M/d", "M/d/yyyy", "M-d-yyyy", "MMMM d, yyyy", "MMM d, yyyy",
		"d MMMM yyyy", "d MMM yyyy", "dddd, d MMMM yyyy", "ddd, d MMM yyyy", "dddd, MMMM d, yyyy"}
	times := []string{"", " H:m", " H:m:s", " H:m:s.FFFFFFF", " h:m tt", " h:m:s tt", " h tt"}
	var out []*Pattern
	for _, d := range dates {
		for _, t := range times {
			out = append(out, mustPattern(d+t+"K"))
		}
	}
	return out
}()

// Parse reads a date and time in one of the usual forms, as DateTime.Parse does with the invariant culture: ISO 8601, the
// form of DateTime.String, and English forms with the name of the month. The result is in UTC; a text without a zone is
// taken as UTC. A date with a zone is midnight in that zone.
func Parse(text string) (DateTime, error) {
	text = strings.TrimSpace(text)
	if d, ok := parseISO(text); ok {
		return d, nil
	}
	text = strings.Join(strings.Fields(text), " ")
	for _, form := range freeForms {
		if d, err := form.Parse(text, AdjustToUniversal|AssumeUniversal|AllowInnerWhite|NoCurrentDateDefault, time.Now); err == nil {
			return d, nil
		}
	}
	return DateTime{}, errors.New("the text is not a date")
}

// parseISO is the fast way for yyyy-MM-dd, optionally with T or a space, HH:mm, :ss, a fraction, and a zone.
func parseISO(text string) (DateTime, bool) {
	s := scanner{rest: text}
	r := noParts()
	ok := true
	field := func(part *int, width int) {
		n, good := s.number(width, width)
		*part = n
		ok = ok && good
	}
	field(&r.year, 4)
	ok = ok && s.literal("-")
	field(&r.month, 2)
	ok = ok && s.literal("-")
	field(&r.day, 2)
	if !ok {
		return DateTime{}, false
	}
	if strings.HasPrefix(s.rest, "T") || len(s.rest) > 1 && s.rest[0] == ' ' && s.rest[1] >= '0' && s.rest[1] <= '9' {
		s.rest = s.rest[1:]
		field(&r.hour, 2)
		ok = ok && s.literal(":")
		field(&r.minute, 2)
		if ok && s.literal(":") {
			field(&r.second, 2)
			if strings.HasPrefix(s.rest, ".") {
				s.rest = s.rest[1:]
				ok = ok && isoFraction(&s, &r)
			}
		}
	}
	s.rest = strings.TrimPrefix(s.rest, " ")
	if !ok || !(element{letter: 'K', count: 1}).zone(&s, &r) || s.rest != "" {
		return DateTime{}, false
	}
	d, err := r.resolve(AdjustToUniversal|AssumeUniversal, time.Now)
	return d, err == nil
}

// isoFraction reads any number of digits and keeps the seven that fit into a tick.
func isoFraction(s *scanner, r *parts) bool {
	n := len(s.rest) - len(strings.TrimLeft(s.rest, "0123456789"))
	if n == 0 {
		return false
	}
	kept := scanner{rest: s.rest[:min(n, 7)]}
	s.rest = s.rest[n:]
	return element{letter: 'F', count: 7}.readFraction(&kept, r)
}
