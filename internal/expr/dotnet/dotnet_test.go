package dotnet_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/entrain-dev/entrain/internal/expr/dotnet"
)

// ticks draws any point in time of the years 1 to 9999.
func ticks(t *rapid.T, label string) dotnet.DateTime {
	return dotnet.DateTime{Ticks: rapid.Int64Range(0, dotnet.MaxTicks).Draw(t, label), Kind: dotnet.UTC}
}

func TestTimeAndTicksAreTheSamePoint(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := ticks(t, "ticks")
		if got, ok := dotnet.FromTime(want.Time()); !ok || got != want {
			t.Errorf("%v becomes %v, %v", want.Ticks, got.Ticks, ok)
		}
	})
	if _, ok := dotnet.FromTime(time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)); ok {
		t.Error("the year 10000 is accepted")
	}
	if _, ok := dotnet.FromTime(time.Date(0, 12, 31, 0, 0, 0, 0, time.UTC)); ok {
		t.Error("the year 0 is accepted")
	}
}

func TestFileTimeThereAndBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.Int64Range(0, dotnet.MaxTicks-504_911_232_000_000_000).Draw(t, "file time")
		d, ok := dotnet.FromFileTime(want)
		if !ok {
			t.Fatalf("%d is refused", want)
		}
		if got, ok := d.FileTime(); !ok || got != want {
			t.Errorf("%d becomes %d, %v", want, got, ok)
		}
	})
}

func TestWhatAFormatWritesItReads(t *testing.T) {
	formats := []string{
		"o", "yyyy-MM-ddTHH:mm:ss.fffffffK", "dddd, dd MMMM yyyy hh:mm:ss.fffffff tt", "ddd d MMM yyyy H:m:s.fffffff", "yyyyMMddHHmmssfffffff",
		"MM/dd/yyyy 'at' HH\\hmm ss.fffffff zzz",
	}
	rapid.Check(t, func(t *rapid.T) {
		format := rapid.SampledFrom(formats).Draw(t, "format")
		p, err := dotnet.CompilePattern(format)
		if err != nil {
			t.Fatal(err)
		}
		want := ticks(t, "ticks")
		text := p.Format(want)
		got, err := p.Parse(text, dotnet.DefaultStyles, time.Now)
		if err != nil || got.Ticks != want.Ticks {
			t.Errorf("%s writes %q and reads %v, %v; want %v", format, text, got.Ticks, err, want.Ticks)
		}
	})
}

func TestWhatStringWritesParseReads(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := ticks(t, "ticks")
		want.Ticks -= want.Ticks % dotnet.TicksPerSecond
		got, err := dotnet.Parse(want.String())
		if err != nil || got.Ticks != want.Ticks {
			t.Errorf("%q is read as %v, %v; want %v", want, got.Ticks, err, want.Ticks)
		}
	})
}

func TestAddAndDiffAgree(t *testing.T) {
	for _, interval := range dotnet.Intervals() {
		rapid.Check(t, func(t *rapid.T) {
			from := ticks(t, "from")
			n := rapid.Int64Range(-5000, 5000).Draw(t, "n")
			to, ok := from.Add(dotnet.Interval(interval), n)
			if !ok {
				return
			}
			if got, ok := dotnet.Diff(dotnet.Interval(interval), from, to); !ok || got != n {
				t.Errorf("%d %s after %v is %v, but the difference is %d", n, interval, from, to, got)
			}
		})
	}
}

func TestParseNeverTakesMoreThanItUnderstands(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[0-9TZ:+\-./ APM]{0,30}`).Draw(t, "text")
		if d, err := dotnet.Parse(text); err == nil && (d.Ticks < 0 || d.Ticks > dotnet.MaxTicks) {
			t.Errorf("%q is read as %d ticks", text, d.Ticks)
		}
	})
}

func TestTitleCase(t *testing.T) {
	for name, tc := range map[string]struct{ text, between, want string }{
		"all upper is lowered first":       {"PABLO", "", "Pablo"},
		"a digit begins no word":           {"3rd", "", "3Rd"},
		"a digit does not end a word":      {"a1b", "", "A1b"},
		"an apostrophe does not end one":   {"o'neil", "", "O'neil"},
		"an apostrophe between words":      {"'tis 'twas", "", "'Tis 'Twas"},
		"a control character ends one":     {"a\x00b", "", "A\x00B"},
		"only the given characters do":     {"a-b c", "-", "A-B c"},
		"titlecase letters exist":          {"ǆon", "", "ǅon"},
		"letters without case are letters": {"日本 語x", "", "日本 語x"},
	} {
		t.Run(name, func(t *testing.T) {
			got := dotnet.TitleCase(tc.text)
			if tc.between != "" {
				got = dotnet.TitleCaseAt(tc.text, tc.between)
			}
			if got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

func TestRegexpStopsWhenAsked(t *testing.T) {
	re, err := dotnet.CompileRegexp("x")
	if err != nil {
		t.Fatal(err)
	}
	stop := errors.New("stop")
	if _, err := re.Replace(strings.Repeat("x", 1000), re.Substitution("y"), 1<<20, func() error { return stop }); !errors.Is(err, stop) {
		t.Errorf("got %v", err)
	}
	if _, err := re.Replace("xxx", re.Substitution("yy"), 4, func() error { return nil }); !errors.Is(err, dotnet.ErrTooLong) {
		t.Errorf("got %v", err)
	}
	slow, err := dotnet.CompileRegexp("^(a+)+$")
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := slow.Group(strings.Repeat("a", 50)+"!", "1"); !errors.Is(err, dotnet.ErrTimeout) {
		t.Errorf("got %v", err)
	}
}
