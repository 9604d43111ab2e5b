package expr

import (
	"github.com/entrain-dev/entrain/internal/expr/dotnet"
)

const intervalDoc = `yyyy (year), m (month), d (day), ww (week), h (hour), n (minute) or s (second).`

var dateFunctions = []Function{
	{
		Name: "CDate", Group: GroupDate, Result: TypeDateTime,
		Params: []Param{{Name: "expression", Type: TypeAny, Doc: "Text such as 2009-06-15T01:45:30-07:00, 2020-03-16-07:00, 6/15/2009 8:45:30 AM or June 15, 2009."}},
		Doc:    "Returns the point in time that the text says, in UTC. As text it is written M/d/yyyy h:mm:ss tt.",
		Notes: []string{
			"A date with a zone is midnight in that zone. Text without a zone is taken as UTC.",
			"Null and the empty text give null: without a date there is nothing to convert. Microsoft says nothing about it.",
		},
		Examples: []Example{
			{``, `CDate("2020-03-16-07:00")`, `"3/16/2020 7:00:00 AM"`},
			{``, `CDate("2021-06-30+08:00")`, `"6/29/2021 4:00:00 PM"`},
			{``, `CDate("2009-06-15T01:45:30-07:00")`, `"6/15/2009 8:45:30 AM"`},
		},
		eval: func(m *machine, n *callNode, a []Value) (Value, error) { return m.date(n, 0, a[0]) },
	},
	{
		Name: "DateAdd", Group: GroupDate, Result: TypeDateTime,
		Params: []Param{
			{Name: "interval", Type: TypeText, Choices: dotnet.Intervals(), Doc: "The unit: " + intervalDoc},
			{Name: "value", Type: TypeNumber, Doc: "How many; negative for the past."},
			{Name: "dateTime", Type: TypeDateTime, Doc: "The date to start from; wrap text in CDate."},
		},
		Doc:   "Returns the date moved by a number of intervals.",
		Notes: []string{"Months and years keep the day and fall back to the last day of a shorter month, as in VBA."},
		Examples: []Example{
			{`StatusHireDate=2012-03-16-07:00`, `DateAdd("d", 7, CDate([StatusHireDate]))`, `"3/23/2012 7:00:00 AM"`},
			{`StatusHireDate=2012-03-16-07:00`, `DateAdd("m", 10, CDate([StatusHireDate]))`, `"1/16/2013 7:00:00 AM"`},
			{``, `DateAdd("m", 1, CDate("2021-01-31"))`, `"2/28/2021 12:00:00 AM"`},
		},
		eval: func(m *machine, n *callNode, a []Value) (Value, error) {
			if !isInterval(a[0].text) {
				return Value{}, n.failf("interval is none of %s", intervalDoc)
			}
			sum, ok := dotnet.DateTime{Ticks: a[2].number}.Add(dotnet.Interval(a[0].text), a[1].number)
			if !ok {
				return Value{}, n.failf("the result is outside the years 1 to 9999")
			}
			return dateValue(sum.Ticks), nil
		},
	},
	{
		Name: "DateDiff", Group: GroupDate, Result: TypeNumber,
		Params: []Param{
			{Name: "interval", Type: TypeText, Choices: dotnet.Intervals(), Doc: "The unit: " + intervalDoc},
			{Name: "date1", Type: TypeDateTime, Doc: "The first date; wrap text in CDate."},
			{Name: "date2", Type: TypeDateTime, Doc: "The second date."},
		},
		Doc: "Returns how many intervals date2 lies after date1; negative if it lies before.",
		Notes: []string{
			"d, h, n and s are elapsed time, cut towards zero. m and yyyy are the difference of the calendar months and years. ww counts the weeks between the Sundays on or before the two dates. That is Microsoft.VisualBasic.DateAndTime.DateDiff, with which all documented examples agree.",
		},
		Examples: []Example{
			{``, `DateDiff("d", CDate("2021-08-18+08:00"), CDate("2021-08-31+08:00"))`, `13`},
			{``, `DateDiff("ww", CDate("8/25/2021 5:41:18 PM"), CDate("2012-03-16-07:00"))`, `-493`},
			{`StatusHireDate=2021-07-10`, `IIF(DateDiff("d", Now(), CDate([StatusHireDate])) > 5, "False", "True")`, `"False"`},
		},
		eval: func(m *machine, n *callNode, a []Value) (Value, error) {
			diff, ok := dotnet.Diff(dotnet.Interval(a[0].text), dotnet.DateTime{Ticks: a[1].number}, dotnet.DateTime{Ticks: a[2].number})
			if !ok {
				return Value{}, n.failf("interval is none of %s", intervalDoc)
			}
			return numberValue(diff), nil
		},
	},
	{
		Name: "DateFromNum", Group: GroupDate, Result: TypeDateTime,
		Params:   []Param{{Name: "value", Type: TypeNumber, Doc: "A FILETIME: units of 100 nanoseconds since 1 January 1601 in UTC."}},
		Doc:      "Returns the date of a number from Active Directory.",
		Notes:    []string{"The documentation prints a time without a zone; it is UTC."},
		Examples: []Example{{``, `DateFromNum(129699324000000000)`, `"1/1/2012 11:00:00 PM"`}},
		eval: func(m *machine, n *callNode, a []Value) (Value, error) {
			d, ok := dotnet.FromFileTime(a[0].number)
			if !ok {
				return Value{}, n.failf("value is no FILETIME of the years 1601 to 9999")
			}
			return dateValue(d.Ticks), nil
		},
	},
	{
		Name: "NumFromDate", Group: GroupDate, Result: TypeNumber,
		Params:   []Param{{Name: "value", Type: TypeAny, Doc: "A date, or text in the form of ISO 8601."}},
		Doc:      "Returns the date as a FILETIME, as Active Directory stores it.",
		Notes:    []string{"Null and the empty text give null."},
		Examples: []Example{{`ContractEndDate=2020-12-31-08:00`, `NumFromDate(Join("", FormatDateTime([ContractEndDate], ,"yyyy-MM-ddzzz","yyyy-MM-dd")," 23:59:59-08:00"))`, `132539615990000000`}},
		eval: func(m *machine, n *callNode, a []Value) (Value, error) {
			v, err := m.date(n, 0, a[0])
			if err != nil || v.IsNull() {
				return v, err
			}
			number, ok := dotnet.DateTime{Ticks: v.number}.FileTime()
			if !ok {
				return Value{}, n.failf("value is before the year 1601")
			}
			return numberValue(number), nil
		},
	},
	{
		Name: "Now", Group: GroupDate, Result: TypeDateTime, volatile: true,
		Doc:      "Returns the present time in UTC.",
		Examples: []Example{{``, `Now()`, `"7/2/2021 3:33:38 PM"`}},
		eval: func(m *machine, n *callNode, a []Value) (Value, error) {
			d, ok := dotnet.FromTime(m.env.now())
			if !ok {
				return Value{}, n.failf("the clock is outside the years 1 to 9999")
			}
			return dateValue(d.Ticks), nil
		},
	},
}

// date turns a date or text into a date; null and the empty text are null.
func (m *machine) date(n *callNode, i int, v Value) (Value, error) {
	if v.kind == kindDateTime || v.isEmpty() {
		if v.kind != kindDateTime {
			v = Value{}
		}
		return v, nil
	}
	v, err := m.toText(n, i, v)
	if err != nil {
		return v, err
	}
	d, err := dotnet.Parse(v.text)
	if err != nil {
		return v, n.failf("%s is not a date in a known form; use FormatDateTime to bring it into the form yyyy-MM-ddTHH:mm:ssZ", n.params[i].Name)
	}
	return dateValue(d.Ticks), nil
}

func isInterval(s string) bool {
	_, ok := dotnet.Diff(dotnet.Interval(s), dotnet.DateTime{}, dotnet.DateTime{})
	return ok
}

// formatFunctions are in an own list because FormatDateTime compiles its constant arguments.
var formatFunctions = []Function{{
	Name: "FormatDateTime", Group: GroupDate, Result: TypeText,
	Params: []Param{
		{Name: "source", Type: TypeText, Doc: "The text to read; a date is read in the form M/d/yyyy h:mm:ss tt."},
		{Name: "dateTimeStyles", Type: TypeText, Optional: true, Doc: "How to read it: names of .NET DateTimeStyles separated by commas. The default is RoundtripKind, AllowLeadingWhite, AllowTrailingWhite.", takesNull: true},
		{Name: "inputFormat", Type: TypeText, Doc: "The form of the text, as a .NET format."},
		{Name: "outputFormat", Type: TypeText, Doc: "The form to return, as a .NET format."},
	},
	Doc: "Returns a date in another form. Text that does not have the input form is an error.",
	Notes: []string{
		"Names of months and days are English. The zone of the machine is UTC: text with another zone is converted to UTC, text without a zone stays as it is.",
		"Null and the empty text give null; Microsoft says nothing about it.",
	},
	Examples: []Example{
		{`extensionAttribute1=20150123105347.1Z`, `FormatDateTime([extensionAttribute1], , "yyyyMMddHHmmss.fZ", "yyyy-MM-dd")`, `"2015-01-23"`},
		{`ContractEndDate=2020-12-31-08:00`, `FormatDateTime([ContractEndDate], ,"yyyy-MM-ddzzz", "yyyy-MM-dd")`, `"2020-12-31"`},
		{``, `FormatDateTime(CDate("2021-08-25"), , "M/d/yyyy h:mm:ss tt", "dddd, d MMMM yyyy")`, `"Wednesday, 25 August 2021"`},
	},
	prepare: prepareFormat, eval: evalFormat,
}}

// dateFormat is what FormatDateTime needs besides the source; a pattern is nil where its argument is not constant.
type dateFormat struct {
	styles   dotnet.Styles
	in, out  *dotnet.Pattern
	constant bool
}

func prepareFormat(p *preparation) any {
	f := dateFormat{styles: dotnet.DefaultStyles, constant: true}
	for i, compile := range []func(string) error{1: f.setStyles, 2: f.setInput, 3: f.setOutput} {
		text, ok := p.constant(i)
		if i == 0 || !p.given(i) {
			continue
		}
		if !ok {
			f.constant = false
			p.volatile = p.volatile || i == 2
			continue
		}
		if err := compile(text); err != nil {
			p.refuse(i, "FormatDateTime cannot use its %s: %v", p.fnParam(i), err)
		}
	}
	if f.in != nil && !f.in.HasYear() {
		p.volatile = true
	}
	return &f
}

func (p *preparation) fnParam(i int) string { return table[p.call.name].param(i).Name }

func (f *dateFormat) setStyles(s string) (err error) {
	if s != "" {
		f.styles, err = dotnet.ParseStyles(s)
	}
	return err
}

func (f *dateFormat) setInput(s string) (err error) {
	f.in, err = dotnet.CompilePattern(s)
	return err
}

func (f *dateFormat) setOutput(s string) (err error) {
	f.out, err = dotnet.CompilePattern(s)
	return err
}

func evalFormat(m *machine, n *callNode, a []Value) (Value, error) {
	if a[0].isEmpty() {
		return Value{}, nil
	}
	f, ok := n.prepared.(*dateFormat)
	if !ok || !f.constant {
		f = &dateFormat{styles: dotnet.DefaultStyles}
		for i, compile := range []func(string) error{1: f.setStyles, 2: f.setInput, 3: f.setOutput} {
			if i == 0 {
				continue
			}
			if err := compile(a[i].text); err != nil {
				return Value{}, n.failf("%s cannot be used: it is not what .NET accepts there", n.params[i].Name)
			}
		}
	}
	d, err := f.in.Parse(a[0].text, f.styles, m.env.now)
	if err != nil {
		return Value{}, n.failf("source does not fit inputFormat: %v", err)
	}
	return textValue(f.out.Format(d)), nil
}
