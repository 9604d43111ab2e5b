package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
)

// row is one line of the result.
type row struct {
	name string
	// ratio is measured/against in the sense of the goal; whole says that it is a count.
	ratio float64
	whole bool
	// measured and against are the raw numbers with their units.
	measured, against string
	// goal is the bound of ratio, of which most says the direction; none for a line that only informs.
	goal       float64
	most, none bool
}

func atMost(goal float64) row  { return row{goal: goal, most: true} }
func atLeast(goal float64) row { return row{goal: goal} }
func info() row                { return row{none: true} }

// fill completes a row.
func (r row) fill(name string, ratio float64, measured, against string) row {
	r.name, r.ratio, r.measured, r.against = name, ratio, measured, against
	return r
}

func (r row) reached() bool {
	switch {
	case r.none:
		return true
	case r.most:
		return r.ratio <= r.goal
	}
	return r.ratio >= r.goal
}

func (r row) goalText() string {
	switch {
	case r.none:
		return "-"
	case r.whole && r.most:
		return fmt.Sprintf("<= %.0f", r.goal)
	case r.most:
		return "<= " + short(r.goal)
	}
	return ">= " + short(r.goal)
}

func (r row) ratioText() string {
	if r.whole {
		return fmt.Sprintf("%.0f", r.ratio)
	}
	return fmt.Sprintf("%.3f", r.ratio)
}

func (r row) verdict() string {
	switch {
	case r.none:
		return ""
	case r.reached():
		return "reached"
	}
	return "MISSED"
}

// short writes a number with as many digits as it needs.
func short(f float64) string {
	return strings.TrimRight(strings.TrimRight(fmt.Sprintf("%.3f", f), "0"), ".")
}

func header(w io.Writer) *tabwriter.Writer {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "Measure\tRatio\tMeasured\tAgainst\tGoal\t")
	return t
}

func (r row) print(w io.Writer) {
	fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", r.name, r.ratioText(), r.measured, r.against, r.goalText(), r.verdict())
}

// count writes a number with separators.
func count[T ~int | ~int64](n T) string {
	text := fmt.Sprint(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

func perSecond(n int64, d time.Duration) float64 {
	if d <= 0 {
		return 0
	}
	return float64(n) / d.Seconds()
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.2f s", d.Seconds()) }

func mebibytes(n int64) string { return fmt.Sprintf("%.0f MiB", float64(n)/(1<<20)) }

// phases writes where the time of a cycle went, and the processor time in brackets.
func (r result) phases() string {
	var parts []string
	for _, p := range r.Phases {
		if p.Took >= 10*time.Millisecond {
			parts = append(parts, fmt.Sprintf("%s %s (%s)", p.Name, seconds(p.Took), seconds(p.CPU)))
		}
	}
	return strings.Join(parts, ", ")
}
