package dotnet

import "time"

// Interval is the unit of Add and Diff, spelled as in VBA.
type Interval string

// The intervals of DateAdd and DateDiff.
const (
	Years   Interval = "yyyy"
	Months  Interval = "m"
	Days    Interval = "d"
	Weeks   Interval = "ww"
	Hours   Interval = "h"
	Minutes Interval = "n"
	Seconds Interval = "s"
)

// Intervals are all intervals, longest first.
func Intervals() []string {
	return []string{string(Years), string(Months), string(Days), string(Weeks), string(Hours), string(Minutes), string(Seconds)}
}

// length is the fixed length of an interval in ticks, 0 for months and years.
func (i Interval) length() int64 {
	switch i {
	case Weeks:
		return 7 * TicksPerDay
	case Days:
		return TicksPerDay
	case Hours:
		return TicksPerHour
	case Minutes:
		return TicksPerMinute
	case Seconds:
		return TicksPerSecond
	}
	return 0
}

// Add is Microsoft.VisualBasic.DateAndTime.DateAdd: n intervals later. Months and years keep the day of the month and fall
// back to the last day of a shorter month. ok is false for an unknown interval and outside the years 1 to 9999.
func (d DateTime) Add(interval Interval, n int64) (sum DateTime, ok bool) {
	if length := interval.length(); length != 0 {
		if n > MaxTicks/length || n < -MaxTicks/length {
			return DateTime{}, false
		}
		ticks := d.Ticks + n*length
		return DateTime{Ticks: ticks, Kind: d.Kind}, ticks >= 0 && ticks <= MaxTicks
	}
	if n > 10_000*12 || n < -10_000*12 {
		return DateTime{}, false
	}
	switch interval {
	case Years:
		n *= 12
	case Months:
	default:
		return DateTime{}, false
	}
	t := d.Time()
	months := int64(t.Year())*12 + int64(t.Month()) - 1 + n
	year, month := int(months/12), int(months%12)+1
	if months < 12 || year > 9999 {
		return DateTime{}, false
	}
	ticks, err := date(year, month, min(t.Day(), daysIn(year, month)), 0, 0, 0)
	return DateTime{Ticks: ticks + d.Ticks%TicksPerDay, Kind: d.Kind}, err == nil
}

// Diff is Microsoft.VisualBasic.DateAndTime.DateDiff, to - from: elapsed whole days, hours, minutes and seconds, cut
// towards zero; the difference of calendar months and years; and whole weeks between the Sundays on or before the two
// dates. ok is false for an unknown interval.
func Diff(interval Interval, from, to DateTime) (n int64, ok bool) {
	switch interval {
	case Years, Months:
		a, b := from.Time(), to.Time()
		years := int64(b.Year() - a.Year())
		if interval == Years {
			return years, true
		}
		return years*12 + int64(b.Month()) - int64(a.Month()), true
	case Weeks:
		elapsed := sunday(to) - sunday(from)
		return elapsed / TicksPerDay / 7, true
	}
	length := interval.length()
	if length == 0 {
		return 0, false
	}
	return (to.Ticks - from.Ticks) / length, true
}

// sunday moves a date back to the Sunday on or before it; the time of day stays.
func sunday(d DateTime) int64 {
	return d.Ticks - int64(d.Time().Weekday()-time.Sunday)*TicksPerDay
}
