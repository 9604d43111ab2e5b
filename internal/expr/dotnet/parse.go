package dotnet

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
)

// errMismatch is the reason most texts are refused. It does not show the text, which may be personal.
var errMismatch = errors.New("the text does not have the form of the format")

// parts are what was read from a text; -1 where nothing was.
type parts struct {
	year, month, day, hour, hour12, minute, second int
	weekday                                        int
	// afternoon is 0 for AM, 1 for PM.
	afternoon int
	fraction  int64
	// offset is the distance of the zone from UTC in minutes; zoned and utc tell what was written.
	offset     int
	zoned, utc bool
}

func noParts() parts {
	return parts{year: -1, month: -1, day: -1, hour: -1, hour12: -1, minute: -1, second: -1, weekday: -1, afternoon: -1}
}

// Parse reads a text as DateTime.ParseExact does with the invariant culture. A text without year, month or day takes what is
// missing from now, as .NET does.
func (p *Pattern) Parse(text string, styles Styles, now func() time.Time) (DateTime, error) {
	if styles&AllowLeadingWhite != 0 {
		text = strings.TrimLeftFunc(text, unicode.IsSpace)
	}
	if styles&AllowTrailingWhite != 0 {
		text = strings.TrimRightFunc(text, unicode.IsSpace)
	}
	read := noParts()
	s := scanner{rest: text, innerWhite: styles&AllowInnerWhite != 0}
	for i, e := range p.elements {
		if !e.parse(&s, &read, i+1 < len(p.elements) && p.elements[i+1].letter == 'F') {
			return DateTime{}, errMismatch
		}
	}
	if s.skipWhite(); s.rest != "" {
		return DateTime{}, errMismatch
	}
	return read.resolve(styles, now)
}

// resolve makes a point in time of the parts.
func (r *parts) resolve(styles Styles, now func() time.Time) (DateTime, error) {
	if err := r.clock(); err != nil {
		return DateTime{}, err
	}
	r.defaults(styles, now)
	ticks, err := date(r.year, r.month, r.day, r.hour, r.minute, r.second)
	if err != nil {
		return DateTime{}, err
	}
	d := DateTime{Ticks: ticks + r.fraction}
	if r.weekday >= 0 && int(d.Time().Weekday()) != r.weekday {
		return DateTime{}, errors.New("the day of the week does not belong to the date")
	}
	switch {
	case r.zoned:
		d.Ticks -= int64(r.offset) * TicksPerMinute
		d.Kind = Local
		if styles&AdjustToUniversal != 0 || r.utc && styles&RoundtripKind != 0 {
			d.Kind = UTC
		}
	case styles&(AssumeLocal|AssumeUniversal) != 0:
		d.Kind = Local
		if styles&AdjustToUniversal != 0 {
			d.Kind = UTC
		}
	}
	if d.Ticks < 0 || d.Ticks > MaxTicks {
		return DateTime{}, errors.New("the date is outside the years 1 to 9999")
	}
	return d, nil
}

// clock settles the time of day from 12-hour and 24-hour parts.
func (r *parts) clock() error {
	if r.hour12 >= 0 {
		h := r.hour12
		if h > 12 || h == 0 && r.afternoon >= 0 {
			return fmt.Errorf("there is no hour %d on a clock of 12 hours", h)
		}
		if r.afternoon >= 0 {
			h = h%12 + 12*r.afternoon
		}
		if r.hour >= 0 && r.hour != h {
			return errors.New("the two hours of the text differ")
		}
		r.hour = h
	}
	r.hour, r.minute, r.second = max(r.hour, 0), max(r.minute, 0), max(r.second, 0)
	return nil
}

// defaults fills in what the text left open (CheckDefaultDateTime of .NET).
func (r *parts) defaults(styles Styles, now func() time.Time) {
	if r.year >= 0 && r.month >= 0 && r.day >= 0 {
		return
	}
	if r.year < 0 && r.month < 0 && r.day < 0 {
		r.year, r.month, r.day = 1, 1, 1
		if styles&NoCurrentDateDefault == 0 {
			year, month, day := now().UTC().Date()
			r.year, r.month, r.day = year, int(month), day
		}
		return
	}
	if r.year < 0 {
		r.year = now().UTC().Year()
	}
	if r.month < 0 {
		r.month = 1
	}
	if r.day < 0 {
		r.day = 1
	}
}
