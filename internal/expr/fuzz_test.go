package expr_test

import (
	"bufio"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/entrain-dev/entrain/internal/expr"
	"github.com/entrain-dev/entrain/internal/fault"
)

// seeds adds the expressions of the scripts and those with problems to a fuzz target.
func seeds(f *testing.F) {
	files, err := filepath.Glob("testdata/*.test")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		in, err := os.Open(file)
		if err != nil {
			f.Fatal(err)
		}
		for lines := bufio.NewScanner(in); lines.Scan(); {
			line := lines.Text()
			first, last := strings.Index(line, "|"), strings.LastIndex(line, " | ")
			// The pattern without end is left to the scripts: it takes its full time every time.
			if first < 0 || last <= first || strings.HasPrefix(line, "#") || strings.Contains(line, "aaaaaaaaaa!") {
				continue
			}
			f.Add(strings.TrimSpace(line[first+1:last]), "john@contoso.com")
		}
		if err := in.Close(); err != nil {
			f.Fatal(err)
		}
	}
	raw, err := os.ReadFile("testdata/problems.txt")
	if err != nil {
		f.Fatal(err)
	}
	for _, block := range strings.Split(string(raw), "\nexpression\n")[1:] {
		source, _, _ := strings.Cut(block, "\nsays\n")
		f.Add(source, "")
	}
}

// FuzzCompile checks that any text either compiles or yields problems with a place inside it, and that a program compiles
// again from its own source to the same attributes.
func FuzzCompile(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, source, _ string) {
		p, err := expr.Compile(source, knownOptions())
		if err == nil {
			if len(p.Attributes()) > 0 && !strings.Contains(source, p.Attributes()[0]) {
				t.Errorf("%q reads %q", source, p.Attributes())
			}
			return
		}
		if !fault.Is(err, fault.Invalid) {
			t.Fatalf("%q: kind %v", source, fault.KindOf(err))
		}
		var ps fault.Problems
		if !errors.As(err, &ps) || len(ps) == 0 || len(ps) > 20 {
			t.Fatalf("%q: %d problems", source, len(ps))
		}
		lines := strings.Count(source, "\n") + 1
		for _, p := range ps {
			parts := strings.Split(p.Message, "\n")
			if p.Line < 1 || p.Line > lines || p.Column < 1 || p.Column > utf8.RuneCountInString(source)+1 {
				t.Errorf("%q: no such place %d:%d", source, p.Line, p.Column)
			}
			if len(parts) < 3 || strings.TrimSpace(parts[len(parts)-1]) != "^" {
				t.Errorf("%q: no caret in %q", source, p.Message)
			}
		}
	})
}

// FuzzEval checks that any program ends on any value, with a value of bounded length or a classified error, and that what
// is not volatile gives the same result again.
func FuzzEval(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, source, value string) {
		p, err := expr.Compile(source, expr.Options{})
		if err != nil {
			return
		}
		in := attributes{}
		for i, name := range p.Attributes() {
			// Null, one value and two values, so that each form reaches each function.
			switch i % 3 {
			case 0:
				in[name] = []string{value}
			case 1:
				in[name] = []string{value, source}
			}
		}
		v, err := p.Eval(in, testEnv())
		if err != nil {
			if !fault.Is(err, fault.Invalid) || fault.MessageOf(err) == "" {
				t.Fatalf("%q: unclassified %v", source, err)
			}
			return
		}
		if longest := max(len(value), len(source), 1<<20); len(v.String()) > longest {
			t.Errorf("%q: a result of %d bytes", source, len(v.String()))
		}
		if v.IsNull() != (v.Strings() == nil) {
			t.Errorf("%q: null %v with values %q", source, v.IsNull(), v.Strings())
		}
		again, err := p.Eval(in, testEnv())
		if err != nil || again.String() != v.String() {
			t.Errorf("%q gives %q, then %q, %v", source, v, again, err)
		}
	})
}
