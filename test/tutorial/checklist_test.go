package tutorial_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/go-logr/logr"
	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/controller-runtime/pkg/log"
)

func TestMain(m *testing.M) {
	log.SetLogger(logr.Discard())
	os.Exit(m.Run())
}

// item is one numbered step of the tutorial.
type item struct {
	number int
	title  string
	// check shows a C item and returns the result in a few words.
	check func(t *testing.T) string
	// says is what docs/tutorial.md says about an X item.
	says string
}

const last = 73

// checklist is the whole list in its order.
func checklist(t *testing.T) []item {
	return slices.Concat(capabilities, prerequisites, preparation, configuration, userAttributes(t), groupAttributes(t), misprints, monitoring, version2026)
}

// TestChecklist goes through the tutorial and prints what came of every item.
func TestChecklist(t *testing.T) {
	items := checklist(t)
	var numbers, all []int
	for i, it := range items {
		numbers, all = append(numbers, it.number), append(all, i+1)
	}
	equal(t, "numbers of the items", all, numbers)
	equal(t, "number of items", last, len(items))

	results := make([]string, len(items))
	for i, it := range items {
		t.Run(fmt.Sprintf("%02d %s", it.number, it.title), func(t *testing.T) {
			text := paragraph(t, it.number)
			if it.check == nil {
				if it.says == "" || !strings.Contains(text, it.says) {
					t.Errorf("docs/tutorial.md says\n%s\nwant it to contain %q", text, it.says)
				}
				results[i] = it.says
				return
			}
			results[i] = it.check(t)
			if results[i] == "" {
				t.Error("the item has no result")
			}
		})
	}
	for i, it := range items {
		kind := "C"
		if it.check == nil {
			kind = "X"
		}
		result := results[i]
		if result == "" {
			result = "NOT SHOWN"
		}
		fmt.Printf("%2d  %s  %-56s  %s\n", it.number, kind, it.title, result)
	}
}

var anchor = regexp.MustCompile(`<a id="item-(\d+)"></a>`)

// TestThePageHasEveryItemOnce holds the page to the list: each number once, in order.
func TestThePageHasEveryItemOnce(t *testing.T) {
	var got, want []int
	for i := range last {
		want = append(want, i+1)
	}
	for _, m := range anchor.FindAllStringSubmatch(tutorialText(t), -1) {
		n, err := strconv.Atoi(m[1])
		must(t, err)
		got = append(got, n)
	}
	equal(t, "anchors of docs/tutorial.md", want, got)
}

// paragraph returns what the page says between an item's anchor and the next.
func paragraph(t *testing.T, number int) string {
	t.Helper()
	_, rest, ok := strings.Cut(tutorialText(t), fmt.Sprintf(`<a id="item-%d"></a>`, number))
	if !ok {
		t.Fatalf("docs/tutorial.md has no item %d", number)
	}
	rest, _, _ = strings.Cut(rest, `<a id="item-`)
	return strings.Join(strings.Fields(rest), " ")
}

var (
	testName  = regexp.MustCompile(`\bTest[A-Z]\w+`)
	validator = regexp.MustCompile(`(?m)^\| (\d\d) \|`)
)

// TestThePageNamesTestsThatExist: the table of what Microsoft's validator sends names tests; they must be there, and both
// simulators must have each of the 32 cases.
func TestThePageNamesTestsThatExist(t *testing.T) {
	_, section, _ := strings.Cut(tutorialText(t), "## What Microsoft's validator sends")
	sources := map[string]string{}
	for _, dir := range []string{"engine", "scim", "simulator/genesyssim", "simulator/strictscim"} {
		files, err := filepath.Glob(filepath.Join("../../internal", dir, "*_test.go"))
		must(t, err)
		for _, f := range files {
			text, err := os.ReadFile(f)
			must(t, err)
			sources[dir] += string(text)
		}
	}
	everything := sources["engine"] + sources["scim"] + sources["simulator/genesyssim"]
	for _, name := range testName.FindAllString(section, -1) {
		if !strings.Contains(everything, "func "+name+"(") {
			t.Errorf("the page names %s, which does not exist", name)
		}
	}
	cases := validator.FindAllStringSubmatch(section, -1)
	equal(t, "number of cases", 32, len(cases))
	for _, c := range cases {
		for _, simulator := range []string{"simulator/genesyssim", "simulator/strictscim"} {
			if !strings.Contains(sources[simulator], "\t\t\""+c[1]+" ") {
				t.Errorf("%s has no case %s", simulator, c[1])
			}
		}
	}
}

func equal(t *testing.T, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func contains(t *testing.T, what, text, part string) {
	t.Helper()
	if !strings.Contains(text, part) {
		t.Errorf("%s: %q does not contain %q", what, text, part)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
