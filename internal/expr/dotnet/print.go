package dotnet

import (
	"strconv"
	"strings"
	"time"
)

// Append appends d in the form of the pattern, as DateTime.ToString does with the invariant culture.
func (p *Pattern) Append(b []byte, d DateTime) []byte {
	t := d.Time()
	for _, e := range p.elements {
		b = e.append(b, d, t)
	}
	return b
}

// Format returns d in the form of the pattern.
func (p *Pattern) Format(d DateTime) string { return string(p.Append(make([]byte, 0, 40), d)) }

func (e element) append(b []byte, d DateTime, t time.Time) []byte {
	switch e.letter {
	case 'd':
		if e.count >= 3 {
			return append(b, name(t.Weekday().String(), e.count)...)
		}
		return digits(b, t.Day(), e.count)
	case 'M':
		if e.count >= 3 {
			return append(b, name(t.Month().String(), e.count)...)
		}
		return digits(b, int(t.Month()), e.count)
	case 'y':
		if e.count <= 2 {
			return digits(b, t.Year()%100, e.count)
		}
		return digits(b, t.Year(), e.count)
	case 'h':
		return digits(b, (t.Hour()+11)%12+1, min(e.count, 2))
	case 'H':
		return digits(b, t.Hour(), min(e.count, 2))
	case 'm':
		return digits(b, t.Minute(), min(e.count, 2))
	case 's':
		return digits(b, t.Second(), min(e.count, 2))
	case 'f', 'F':
		return e.fraction(b, d)
	case 't':
		half := "AM"
		if t.Hour() >= 12 {
			half = "PM"
		}
		return append(b, half[:min(e.count, 2)]...)
	case 'g':
		return append(b, "A.D."...)
	case 'K':
		return append(b, [...]string{Unspecified: "", UTC: "Z", Local: "+00:00"}[d.Kind]...)
	case 'z':
		return append(b, [...]string{1: "+0", 2: "+00", 3: "+00:00"}[min(e.count, 3)]...)
	}
	return append(b, e.text...)
}

// fraction appends the first digits of the fraction of a second. F drops zeros at the end, and the point before it when
// nothing is left.
func (e element) fraction(b []byte, d DateTime) []byte {
	all := strconv.FormatInt(d.Ticks%TicksPerSecond+TicksPerSecond, 10)[1:]
	shown := all[:e.count]
	if e.letter == 'F' {
		shown = strings.TrimRight(shown, "0")
		if shown == "" && len(b) > 0 && b[len(b)-1] == '.' {
			return b[:len(b)-1]
		}
	}
	return append(b, shown...)
}

// name cuts a name of a day or month to three letters unless the specifier is longer.
func name(full string, count int) string {
	if count == 3 {
		return full[:3]
	}
	return full
}

// digits appends n with at least width digits.
func digits(b []byte, n, width int) []byte {
	start := len(b)
	b = strconv.AppendInt(b, int64(n), 10)
	for missing := width - (len(b) - start); missing > 0; missing-- {
		b = append(b, 0)
		copy(b[start+1:], b[start:])
		b[start] = '0'
	}
	return b
}
