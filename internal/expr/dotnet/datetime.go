package dotnet

import (
	"fmt"
	"time"
)

// Ticks are units of 100 nanoseconds, counted from midnight of 1 January of the year 1 in UTC.
const (
	TicksPerSecond = 10_000_000
	TicksPerMinute = 60 * TicksPerSecond
	TicksPerHour   = 60 * TicksPerMinute
	TicksPerDay    = 24 * TicksPerHour
	// MaxTicks is the last tick of the year 9999.
	MaxTicks = 3_155_378_975_999_999_999
	// fileTimeOrigin is 1 January 1601, from which Active Directory counts.
	fileTimeOrigin = 504_911_232_000_000_000
	// unixOrigin is 1 January 1970 in seconds since the year 1.
	unixOrigin = 62_135_596_800
)

// Kind says what is known about the time zone of a DateTime. It matters only for the format specifiers K and z.
type Kind uint8

const (
	// Unspecified is a time that came without a zone.
	Unspecified Kind = iota
	// UTC is a time in UTC.
	UTC
	// Local is a time that was converted to the zone of the machine, which here is UTC.
	Local
)

// DateTime is a point in time between the years 1 and 9999.
type DateTime struct {
	Ticks int64
	Kind  Kind
}

// FromTime converts a Go time; ok is false outside the years 1 to 9999.
func FromTime(t time.Time) (d DateTime, ok bool) {
	seconds := t.Unix() + unixOrigin
	if seconds < 0 || seconds > MaxTicks/TicksPerSecond {
		return DateTime{}, false
	}
	return DateTime{Ticks: seconds*TicksPerSecond + int64(t.Nanosecond())/100, Kind: UTC}, true
}

// Time converts to a Go time in UTC.
func (d DateTime) Time() time.Time {
	return time.Unix(d.Ticks/TicksPerSecond-unixOrigin, d.Ticks%TicksPerSecond*100).UTC()
}

// String returns the form in which the expression language shows a point in time: M/d/yyyy h:mm:ss tt.
func (d DateTime) String() string {
	return string(general.Append(make([]byte, 0, 24), d))
}

// general is the pattern of String.
var general = mustPattern("M/d/yyyy h:mm:ss tt")

// FromFileTime converts an Active Directory FILETIME: 100 nanoseconds since 1 January 1601 in UTC.
func FromFileTime(n int64) (d DateTime, ok bool) {
	if n < 0 || n > MaxTicks-fileTimeOrigin {
		return DateTime{}, false
	}
	return DateTime{Ticks: n + fileTimeOrigin, Kind: UTC}, true
}

// FileTime converts to an Active Directory FILETIME; ok is false before 1601.
func (d DateTime) FileTime() (n int64, ok bool) {
	return d.Ticks - fileTimeOrigin, d.Ticks >= fileTimeOrigin
}

// date assembles a DateTime from its parts. It refuses a date that does not exist, such as 30 February.
func date(year, month, day, hour, minute, second int) (int64, error) {
	if hour > 23 || minute > 59 || second > 59 {
		return 0, fmt.Errorf("there is no time %02d:%02d:%02d", hour, minute, second)
	}
	if year < 1 || year > 9999 || month < 1 || month > 12 || day < 1 || day > daysIn(year, month) {
		return 0, fmt.Errorf("there is no date %04d-%02d-%02d", year, month, day)
	}
	d, _ := FromTime(time.Date(year, time.Month(month), day, hour, minute, second, 0, time.UTC))
	return d.Ticks, nil
}

func daysIn(year, month int) int {
	return time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day()
}
