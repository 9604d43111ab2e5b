package fault

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// The numbers of reference 1.3, of section A and of section B of the failure classes.
const (
	eventsOfSource, failureClasses, validatorCases = 12, 22, 32
)

var (
	declared  = regexp.MustCompile(`(?m)^func (Test\w+)\(\w+ \*testing\.T\)`)
	named     = regexp.MustCompile(`\bTest[A-Z]\w*`)
	operation = regexp.MustCompile("operations? (`\\w+`(?:, `\\w+`)*)")
	word      = regexp.MustCompile("`(\\w+)`")
)

// functions are the tests of the tree by name, with the folders that have one of that name.
func functions(t *testing.T) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	root := filepath.Join("..", "..")
	for _, top := range []string{"api", "cmd", "controllers", "hack", "internal", "test"} {
		must(t, filepath.WalkDir(filepath.Join(root, top), func(path string, d os.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, "_test.go") {
				return err
			}
			text, err := os.ReadFile(path) //nolint:gosec // a file of this tree
			if err != nil {
				return err
			}
			for _, m := range declared.FindAllStringSubmatch(string(text), -1) {
				folder := filepath.ToSlash(strings.TrimPrefix(filepath.Dir(path), root+string(filepath.Separator)))
				out[m[1]] = append(out[m[1]], folder)
			}
			return nil
		}))
	}
	return out
}

func page(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", name)) //nolint:gosec // a file of this tree
	must(t, err)
	return string(text)
}

// TestNamedTestsExist keeps the tables of docs/failures.md and docs/simulators.md honest: every test they name exists, and every
// operation of the model.
func TestNamedTestsExist(t *testing.T) {
	have := functions(t)
	for _, name := range []string{"failures.md", "simulators.md"} {
		text := page(t, name)
		tests := named.FindAllString(text, -1)
		if len(tests) < 20 {
			t.Errorf("%s names only %d tests", name, len(tests))
		}
		for _, test := range tests {
			if len(have[test]) == 0 {
				t.Errorf("%s names %s, which does not exist", name, test)
			}
		}
	}
	history, err := os.ReadFile(filepath.Join("..", "model", "operation.go"))
	must(t, err)
	for _, m := range operation.FindAllStringSubmatch(page(t, "failures.md"), -1) {
		for _, o := range word.FindAllStringSubmatch(m[1], -1) {
			if !strings.Contains(string(history), `"`+o[1]+`"`) {
				t.Errorf("failures.md names the operation %s of the model, which does not exist", o[1])
			}
		}
	}
}

// TestEveryRowNamesATest checks that no event and no failure class is left out of docs/failures.md, and that each row names a
// test or an abbreviation that the page explains.
func TestEveryRowNamesATest(t *testing.T) {
	text := page(t, "failures.md")
	short := regexp.MustCompile("`(\\w+)` is `Test")
	var abbreviations []string
	for _, m := range short.FindAllStringSubmatch(text, -1) {
		abbreviations = append(abbreviations, m[1])
	}
	for title, want := range map[string]int{"## What an event": eventsOfSource, "## Failures seen": failureClasses, "## Requests of": validatorCases} {
		covered := 0
		for _, row := range rows(t, text, title) {
			covered += numbers(row[0])
			last := row[len(row)-1]
			if !named.MatchString(last) && !slices.ContainsFunc(abbreviations, func(a string) bool { return strings.Contains(last, a) }) {
				t.Errorf("%s: the row %q names no test", title, row[0])
			}
		}
		if covered != want {
			t.Errorf("%s: %d rows, want %d", title, covered, want)
		}
	}
}

// rows are those of the table under a title, without its head.
func rows(t *testing.T, text, title string) [][]string {
	t.Helper()
	_, section, ok := strings.Cut(text, "\n"+title)
	if !ok {
		t.Fatalf("failures.md has no section %q", title)
	}
	section, _, _ = strings.Cut(section, "\n## ")
	var out [][]string
	for line := range strings.Lines(section) {
		if cells, isRow := strings.CutPrefix(strings.TrimSpace(line), "| "); isRow {
			out = append(out, strings.Split(strings.TrimSuffix(cells, " |"), " | "))
		}
	}
	if len(out) < 2 {
		t.Fatalf("%q has no table", title)
	}
	return out[1:]
}

// numbers is how many cases the first cell of a row stands for: 1 for "7", 2 for "31, 32", 0 for what has no number.
func numbers(cell string) int {
	n := 0
	for part := range strings.SplitSeq(cell, ",") {
		if _, err := strconv.Atoi(strings.TrimSpace(part)); err == nil {
			n++
		}
	}
	return n
}
