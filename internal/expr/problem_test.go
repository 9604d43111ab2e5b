package expr_test

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/entrain-dev/entrain/internal/expr"
	"github.com/entrain-dev/entrain/internal/fault"
)

// knownNames are the source attributes of the problem tests.
var knownNames = []string{"userPrincipalName", "mail", "mailNickname", "givenName", "surname", "displayName", "country", "proxyAddresses", "appRoleAssignments"}

func knownOptions() expr.Options {
	return expr.Options{
		KnownAttribute: func(name string) bool { return slices.Contains(knownNames, name) },
		AttributeNames: knownNames,
	}
}

// problems returns what Compile found.
func problems(err error) fault.Problems {
	var ps fault.Problems
	errors.As(err, &ps)
	return ps
}

// listing writes problems one below the other: line:column: message, with the source line and the caret.
func listing(ps fault.Problems) string {
	var out []string
	for _, p := range ps {
		out = append(out, fmt.Sprintf("%d:%d: %s", p.Line, p.Column, p.Message))
	}
	return strings.Join(out, "\n")
}

// TestProblems compares what Compile says with testdata/problems.txt, letter by letter: blocks of an expression between
// "expression" and "says" and the text of all problems, ended by "end". The known attributes are knownNames.
func TestProblems(t *testing.T) {
	raw, err := os.ReadFile("testdata/problems.txt")
	if err != nil {
		t.Fatal(err)
	}
	blocks := strings.Split(string(raw), "\nend\n")
	for _, block := range blocks[:len(blocks)-1] {
		name, rest, _ := strings.Cut(strings.TrimLeft(block, "\n"), "\nexpression\n")
		source, want, ok := strings.Cut(rest, "\nsays\n")
		if !ok {
			t.Fatalf("not a block: %s", block)
		}
		t.Run(strings.TrimPrefix(name, "# "), func(t *testing.T) {
			_, err := expr.Compile(source, knownOptions())
			if err == nil {
				t.Fatalf("%s is accepted", source)
			}
			if !fault.Is(err, fault.Invalid) {
				t.Errorf("kind %v, want Invalid", fault.KindOf(err))
			}
			if diff := cmp.Diff(strings.Split(want, "\n"), strings.Split(listing(problems(err)), "\n")); diff != "" {
				t.Errorf("%s (-want +got):\n%s", source, diff)
			}
		})
	}
	t.Logf("%d expressions with problems", len(blocks)-1)
}
