package expr

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/entrain-dev/entrain/internal/fault"
)

// TestTreeWritesItselfBack parses what a tree writes and compares: nothing may be lost or moved on the way.
func TestTreeWritesItselfBack(t *testing.T) {
	files, err := filepath.Glob("testdata/*.test")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(raw)) {
			first, last := strings.Index(line, "|"), strings.LastIndex(line, " | ")
			if first < 0 || last <= first || strings.HasPrefix(line, "#") {
				continue
			}
			text := newSource(line[first+1 : last])
			tree := parse(text)
			if len(text.problems) > 0 {
				continue
			}
			again := newSource(tree.String())
			if got := parse(again).String(); len(again.problems) > 0 || got != tree.String() {
				t.Errorf("%s\nis written %s\n and again %s", text.text, tree, got)
			}
		}
	}
}

func TestNearest(t *testing.T) {
	for name, tc := range map[string]struct {
		word string
		want string
	}{
		"case alone":              {"TOLOWER", "ToLower"},
		"one letter too many":     {"Joinn", "Join"},
		"one letter missing":      {"Cunt", "Count"},
		"two letters swapped":     {"Swithc", "Switch"},
		"three letters wrong":     {"NormaliceDiacritix", "NormalizeDiacritics"},
		"a short word is strict":  {"Xyz", ""},
		"nothing like a function": {"Frobnicate", ""},
		"empty":                   {"", ""},
	} {
		t.Run(name, func(t *testing.T) {
			if got, _ := fault.Nearest(tc.word, names); got != tc.want {
				t.Errorf("Nearest(%q) = %q, want %q", tc.word, got, tc.want)
			}
		})
	}
}

func TestMachineKeepsNothingOfTheObject(t *testing.T) {
	p, err := Compile(`Join("", [a], ToLower([b]), CDate([c]))`, Options{})
	if err != nil {
		t.Fatal(err)
	}
	m := newMachine(object{"a": {"x"}, "b": {"y"}, "c": {"no date"}}, p.stack)
	if _, err := p.root.eval(m); err == nil {
		t.Fatal("no error")
	}
	stack := m.stack[:cap(m.stack)]
	m.release()
	if m.in != nil || m.env.Now != nil {
		t.Error("the input is kept")
	}
	for i, v := range stack {
		if v != (Value{}) {
			t.Errorf("value %d is kept: %v", i, v)
		}
	}
}

type object map[string][]string

func (o object) Attribute(name string) []string { return o[name] }
