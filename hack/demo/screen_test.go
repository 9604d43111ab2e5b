package main

import (
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// lines returns the texts of a picture with their colours; it fails when the picture is no XML.
func linesOf(t *testing.T, svg string) []string {
	t.Helper()
	var out []string
	decoder := xml.NewDecoder(strings.NewReader(svg))
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatalf("the picture is no XML: %v\n%s", err, svg)
		}
		switch e := token.(type) {
		case xml.StartElement:
			switch e.Name.Local {
			case "text":
				out = append(out, "")
			case "tspan":
				out[len(out)-1] += "<" + e.Attr[0].Value + ">"
			}
		case xml.CharData:
			if text := strings.Trim(string(e), "\n"); text != "" {
				out[len(out)-1] += text
			}
		}
	}
}

func TestATerminalIsDrawn(t *testing.T) {
	for name, tc := range map[string]struct {
		text string
		want []string
	}{
		"plain lines":           {"$ kubectl\n  indented\n", []string{"$ kubectl", "  indented"}},
		"a colour":              {"  \x1b[32m✓\x1b[0m Import\n", []string{"  <#7ee787>✓ Import"}},
		"bold":                  {"\x1b[1mPlan\x1b[0m\n", []string{"<bold>Plan"}},
		"what XML would take":   {`emails[type eq "work"].value: "a" -> "b" <&>` + "\n", []string{`emails[type eq "work"].value: "a" -> "b" <&>`}},
		"a colour of no number": {"\x1b[38;5;9mred\x1b[0m\n", []string{"red"}},
		"empty lines take room": {"one\n\nthree\n", []string{"one", "three"}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, linesOf(t, drawTerminal(tc.text, "a & b"))); diff != "" {
				t.Errorf("lines (-want +got):\n%s", diff)
			}
		})
	}
}

func TestLongLinesAreFolded(t *testing.T) {
	word := strings.Repeat("ä", 50)
	got := fold("\x1b[31m" + strings.Repeat(word+" ", 6) + "\x1b[0m")
	if want := []string{word + " " + word, "        " + word + " " + word, "        " + word + " " + word + " "}; !slices.Equal(got, want) {
		t.Errorf("folded as %q, want %q", got, want)
	}
	for _, line := range fold(strings.Repeat("x", 400)) {
		if n := utf8.RuneCountInString(line); n > maxColumns {
			t.Errorf("a line has %d characters", n)
		}
	}
	if got := fold("short"); !slices.Equal(got, []string{"short"}) {
		t.Errorf("a short line is folded as %q", got)
	}
}

func TestTheMiddleOfALongTextIsLeftOut(t *testing.T) {
	text := "1\n2\n3\n4\n5\n6\n"
	for name, tc := range map[string]struct {
		r    recording
		want string
	}{
		"everything":            {recording{}, text},
		"beginning and end":     {recording{lines: 2, last: 1}, "1\n2\n… 3 more lines\n6\n"},
		"the beginning":         {recording{lines: 2}, "1\n2\n… 4 more lines\n"},
		"one line is not worth": {recording{lines: 4, last: 1}, text},
	} {
		t.Run(name, func(t *testing.T) {
			if got := tc.r.cut(text); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

func TestARowOfKubectlGetIsParsed(t *testing.T) {
	got := parseTable("NAME            STATUS   PROGRESS   LAST CYCLE   AGE\ngenesys-cloud   NotRun   Users 3%                1s\n")
	want := table{heads: []string{"NAME", "STATUS", "PROGRESS", "LAST CYCLE", "AGE"}, values: []string{"genesys-cloud", "NotRun", "Users 3%", "", "1s"}}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(table{})); diff != "" {
		t.Errorf("table (-want +got):\n%s", diff)
	}
	if later := parseTable("NAME            STATUS   PROGRESS   LAST CYCLE   AGE\ngenesys-cloud   NotRun   Users 3%                9s\n"); later.key() != got.key() {
		t.Error("a row is new because it is older")
	}
}
