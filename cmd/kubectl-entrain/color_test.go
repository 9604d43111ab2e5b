package main

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

func TestLinesAreColouredByWhatTheySay(t *testing.T) {
	for name, tc := range map[string]struct{ line, want string }{
		"a create of a plan":   {"+ create User ada", "\x1b[32m+ create User ada\x1b[0m"},
		"a removal of a plan":  {"- disable User ada", "\x1b[31m- disable User ada\x1b[0m"},
		"a value is left":      {`      displayName: "+ create"`, `      displayName: "+ create"`},
		"a step that went on":  {"  ✓ Import  read", "  \x1b[32m✓\x1b[0m Import  read"},
		"a clause that holds":  {"  x EQUALS y => true", "  x EQUALS y => \x1b[32mtrue\x1b[0m"},
		"an active config":     {"identity/genesys: Active", "identity/genesys: \x1b[32mActive\x1b[0m"},
		"a quarantine":         {"identity/genesys: Quarantine", "identity/genesys: \x1b[31mQuarantine\x1b[0m"},
		"a paused config":      {"identity/genesys: Paused", "identity/genesys: \x1b[33mPaused\x1b[0m"},
		"a bar":                {"  Running     Users [##---] 40%", "  Running     Users [\x1b[36m##\x1b[0m---] 40%"},
		"an entry of the log":  {"2026-03-01 12:00:00  create        failure  User", "2026-03-01 12:00:00  create        \x1b[31mfailure\x1b[0m  User"},
		"a line of no meaning": {"nothing", "nothing"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := paint(tc.line); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

func TestAQuestionIsSeenBeforeItsAnswer(t *testing.T) {
	var out bytes.Buffer
	p := &painter{out: &out}
	fmt.Fprint(p, "+ one\nRelease them? ")
	if got, want := out.String(), "\x1b[32m+ one\x1b[0m\nRelease them? "; got != want {
		t.Fatalf("got %q, want %q", got, want)
	}
	fmt.Fprint(p, "+ no\n+ two\n")
	if got, want := out.String(), "\x1b[32m+ one\x1b[0m\nRelease them? + no\n\x1b[32m+ two\x1b[0m\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestColoursAreForPeople: not into files or pipes, and not into JSON or CSV.
func TestColoursAreForPeople(t *testing.T) {
	for name, tc := range map[string]struct {
		args []string
		want bool
	}{
		"to something that is no terminal": {nil, false},
		"when asked for":                   {[]string{"--color=always"}, true},
		"never":                            {[]string{"--color=never"}, false},
		"not into JSON":                    {[]string{"--color=always", "-o", "json"}, false},
		"into a table":                     {[]string{"--color=always", "-o", "table"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			cmd := &cobra.Command{Use: "root"}
			bindColour(cmd)
			child := &cobra.Command{Use: "child", Run: func(cmd *cobra.Command, _ []string) { fmt.Fprintln(cmd.OutOrStdout(), "+ create") }}
			child.Flags().StringP("output", "o", "", "")
			cmd.AddCommand(child)
			var out bytes.Buffer
			cmd.SetOut(&out)
			cmd.SetErr(&out)
			cmd.SetArgs(append([]string{"child"}, tc.args...))
			if err := cmd.Execute(); err != nil {
				t.Fatal(err)
			}
			if got := strings.Contains(out.String(), "\x1b["); got != tc.want {
				t.Errorf("coloured = %t, want %t: %q", got, tc.want, out.String())
			}
		})
	}
	cmd := root()
	cmd.SetArgs([]string{"eval", "-e", "1", "--color", "blue"})
	if err := cmd.Execute(); err == nil || !strings.Contains(err.Error(), `--color knows no "blue"`) {
		t.Errorf("an unknown choice gives %v", err)
	}
}
