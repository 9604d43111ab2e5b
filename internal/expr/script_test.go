package expr_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/entrain-dev/entrain/internal/expr"
	"github.com/entrain-dev/entrain/internal/fault"
)

// attributes is the source object of a test.
type attributes map[string][]string

func (a attributes) Attribute(name string) []string { return a[name] }

// moment is the time that Now returns in tests: the one the reference prints.
var moment = time.Date(2021, 7, 2, 15, 33, 38, 0, time.UTC)

// testEnv is the world of a test: a fixed clock, and random bytes from a fixed seed.
func testEnv() expr.Env {
	return expr.Env{
		Now: func() time.Time { return moment }, Random: rand.New(rand.NewSource(1)), DefaultDomain: "contoso.onmicrosoft.com",
	}
}

// TestScripts runs testdata/*.test. Each line is one row of three fields separated by " | ":
//
//	attributes | expression | result
//
// Attributes are written name=value, separated by spaces; a value with spaces is written in double quotes, several values as
// [a,b] or as a JSON list, null as the bare name. The result is one of
//
//	"text"  7            the value as text
//	["a","b"]            several values
//	null                 no value
//	skip                 IgnoreFlowIfNullOrEmpty keeps the attribute from being sent
//	redacted RESULT      the same, marked by Redact
//	matches "pattern"    text that fits a regular expression
//	error "text"         evaluation fails with this text
//	invalid "1:5: text"  compilation fails; the first problem begins like this
//
// Lines that are empty or begin with # are skipped.
func TestScripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.test")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	rows := 0
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(bytes.NewReader(raw))
		for number := 1; lines.Scan(); number++ {
			line := strings.TrimSpace(lines.Text())
			if line == "" || strings.HasPrefix(line, "#") {
				continue
			}
			rows++
			t.Run(fmt.Sprintf("%s:%d", filepath.Base(file), number), func(t *testing.T) { runRow(t, line) })
		}
	}
	t.Logf("%d rows in %d files", rows, len(files))
}

// TestDocumentedExamples runs the examples that stand in the declarations and with that in docs/expressions.md.
func TestDocumentedExamples(t *testing.T) {
	for _, f := range expr.Functions() {
		if len(f.Examples) == 0 && f.Refused == "" {
			t.Errorf("%s has no example", f.Name)
		}
		for _, e := range f.Examples {
			t.Run(f.Name, func(t *testing.T) { runRow(t, e.Given+" | "+e.Expression+" | "+e.Result) })
		}
	}
}

func runRow(t *testing.T, line string) {
	t.Helper()
	first, last := strings.Index(line, "|"), strings.LastIndex(line, " | ")
	if first < 0 || last <= first {
		t.Fatalf("not a row: %s", line)
	}
	source, want := strings.TrimSpace(line[first+1:last]), strings.TrimSpace(line[last+3:])
	given, err := parseGiven(line[:first])
	if err != nil {
		t.Fatalf("%v in %s", err, line)
	}
	program, err := expr.Compile(source, expr.Options{})
	if text, ok := strings.CutPrefix(want, "invalid "); ok {
		if err == nil {
			t.Fatalf("%s is accepted", source)
		}
		if got := firstProblem(err); !strings.HasPrefix(got, unquote(t, text)) {
			t.Errorf("%s\n got problem %s\nwant problem %s", source, got, unquote(t, text))
		}
		return
	}
	if err != nil {
		t.Fatalf("%s is not accepted: %v", source, err)
	}
	v, err := program.Eval(given, testEnv())
	if text, ok := strings.CutPrefix(want, "error "); ok {
		if !fault.Is(err, fault.Invalid) || fault.MessageOf(err) != unquote(t, text) {
			t.Errorf("%s\n got error %v\nwant error %s", source, err, unquote(t, text))
		}
		return
	}
	if err != nil {
		t.Fatalf("%s fails: %v", source, err)
	}
	checkResult(t, source, v, want)
}

func checkResult(t *testing.T, source string, v expr.Value, want string) {
	t.Helper()
	want, redacted := cutWord(want, "redacted ")
	if v.Redacted() != redacted {
		t.Errorf("%s: Redacted() = %v", source, v.Redacted())
	}
	if v.Skip() != (want == "skip") {
		t.Errorf("%s: Skip() = %v", source, v.Skip())
	}
	pattern, isPattern := cutWord(want, "matches ")
	switch {
	case want == "null" || want == "skip":
		if !v.IsNull() || v.Strings() != nil || v.String() != "" {
			t.Errorf("%s = %q, want null", source, v.Strings())
		}
	case isPattern:
		if !regexp.MustCompile(unquote(t, pattern)).MatchString(v.String()) {
			t.Errorf("%s = %q, want a match of %s", source, v.String(), pattern)
		}
	case strings.HasPrefix(want, "["):
		var list []string
		if err := json.Unmarshal([]byte(want), &list); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(list, v.Strings()); diff != "" || !v.IsList() {
			t.Errorf("%s: IsList() = %v, values (-want +got):\n%s", source, v.IsList(), diff)
		}
	default:
		if strings.HasPrefix(want, `"`) {
			want = unquote(t, want)
		}
		if v.IsNull() || v.IsList() || v.String() != want || len(v.Strings()) != 1 || v.Strings()[0] != want {
			t.Errorf("%s = %q (null %v, list %v), want %q", source, v.Strings(), v.IsNull(), v.IsList(), want)
		}
	}
}

func cutWord(s, word string) (string, bool) { return strings.CutPrefix(s, word) }

func unquote(t *testing.T, s string) string {
	t.Helper()
	var out string
	if err := json.Unmarshal([]byte(s), &out); err != nil {
		t.Fatalf("%s is not a JSON string: %v", s, err)
	}
	return out
}

// firstProblem returns the first problem as line:column: message, without the source line.
func firstProblem(err error) string {
	ps := problems(err)
	if len(ps) == 0 {
		return err.Error()
	}
	message, _, _ := strings.Cut(ps[0].Message, "\n")
	return fmt.Sprintf("%d:%d: %s", ps[0].Line, ps[0].Column, message)
}

var givenWord = regexp.MustCompile(`^\s*([^\s=]+)(=(\[[^"\]]*\]|\["(?:[^"\\]|\\.)*"(?:,"(?:[^"\\]|\\.)*")*\]|"(?:[^"\\]|\\.)*"|[^\s"]*))?`)

// parseGiven reads the attributes of a row.
func parseGiven(s string) (attributes, error) {
	out := attributes{}
	for s = strings.TrimSpace(s); s != ""; s = strings.TrimSpace(s) {
		m := givenWord.FindStringSubmatch(s)
		if m == nil {
			return nil, fmt.Errorf("attributes not understood at %q", s)
		}
		if s = s[len(m[0]):]; s != "" && s[0] != ' ' {
			return nil, fmt.Errorf("attributes not understood at %q", s)
		}
		switch value := m[3]; {
		case m[2] == "":
			out[m[1]] = nil
		case strings.HasPrefix(value, `["`):
			var list []string
			if err := json.Unmarshal([]byte(value), &list); err != nil {
				return nil, err
			}
			out[m[1]] = list
		case strings.HasPrefix(value, "["):
			out[m[1]] = strings.Split(strings.Trim(value, "[]"), ",")
		case strings.HasPrefix(value, `"`):
			var text string
			if err := json.Unmarshal([]byte(value), &text); err != nil {
				return nil, err
			}
			out[m[1]] = []string{text}
		default:
			out[m[1]] = []string{value}
		}
	}
	return out, nil
}
