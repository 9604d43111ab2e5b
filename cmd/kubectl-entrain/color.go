package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// Colours, as SGR numbers.
const (
	bold, red, green, yellow, cyan, grey = "1", "31", "32", "33", "36", "90"
)

// paints say what is coloured in which lines: the first group of an expression, or all that it matches. Colour only repeats what
// the text says.
var paints = []struct {
	what   *regexp.Regexp
	colour string
}{
	// plan
	{regexp.MustCompile(`^\+ .*`), green},
	{regexp.MustCompile(`^= .*`), cyan},
	{regexp.MustCompile(`^~ .*`), yellow},
	{regexp.MustCompile(`^[-!] .*`), red},
	{regexp.MustCompile(`^o .*`), grey},
	{regexp.MustCompile(`^Plan for .*`), bold},
	// provision
	{regexp.MustCompile(`^  (✓) `), green},
	{regexp.MustCompile(`^  (✗ .*)`), red},
	{regexp.MustCompile(`^  (- .*)`), yellow},
	{regexp.MustCompile(`^Success: .*`), green},
	{regexp.MustCompile(`^Skipped: .*`), yellow},
	{regexp.MustCompile(`^Failure: .*`), red},
	// status, explain
	{regexp.MustCompile(`^\S+/\S+: ((?:Active|DryRun)$)`), green},
	{regexp.MustCompile(`^\S+/\S+: ((?:Quarantine|NotConfigured)$)`), red},
	{regexp.MustCompile(`^\S+/\S+: (\w.*)`), yellow},
	{regexp.MustCompile(`^  ((?:Quarantine|Held|Failure|Errors|Mapping|Drift) .*)`), red},
	{regexp.MustCompile(`^  Ready +(False, .*)`), red},
	{regexp.MustCompile(`\[(#+)-*\]`), cyan},
	{regexp.MustCompile(` => (true)$`), green},
	{regexp.MustCompile(` => (false)$`), yellow},
	// logs
	{regexp.MustCompile(`^TIME \(UTC\) .*`), bold},
	{regexp.MustCompile(`^[-0-9]+ [0-9:]+  \w+ +(success) `), green},
	{regexp.MustCompile(`^[-0-9]+ [0-9:]+  \w+ +(failure) `), red},
	{regexp.MustCompile(`^[-0-9]+ [0-9:]+  \w+ +(skipped|warning) `), yellow},
}

// painter colours whole lines. What is written without the end of its line, such as a question, goes out at once as it is.
type painter struct {
	out    io.Writer
	within bool
}

func (p *painter) Write(text []byte) (int, error) {
	var b bytes.Buffer
	for line := range bytes.Lines(text) {
		whole := bytes.HasSuffix(line, []byte("\n"))
		if whole && !p.within {
			b.WriteString(paint(strings.TrimSuffix(string(line), "\n")) + "\n")
		} else {
			b.Write(line)
		}
		p.within = !whole
	}
	if _, err := p.out.Write(b.Bytes()); err != nil {
		return 0, err
	}
	return len(text), nil
}

// paint colours a line by the first rule that fits.
func paint(line string) string {
	for _, p := range paints {
		at := p.what.FindStringSubmatchIndex(line)
		if at == nil {
			continue
		}
		from, to := at[0], at[1]
		if len(at) > 2 {
			from, to = at[2], at[3]
		}
		return line[:from] + "\x1b[" + p.colour + "m" + line[from:to] + "\x1b[0m" + line[to:]
	}
	return line
}

// colourChoices are the values of --color.
var colourChoices = []string{"auto", "always", "never"}

// bindColour adds the flag --color to a command whose children print text.
func bindColour(cmd *cobra.Command) {
	var choice string
	cmd.PersistentFlags().StringVar(&choice, "color", "auto", "Colours: auto (on a terminal, unless NO_COLOR is set), always or never")
	if err := cmd.RegisterFlagCompletionFunc("color", cobra.FixedCompletions(colourChoices, cobra.ShellCompDirectiveNoFileComp)); err != nil {
		panic(err)
	}
	cmd.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error {
		if !slices.Contains(colourChoices, choice) {
			return fmt.Errorf("--color knows no %q; it is one of %s", choice, strings.Join(colourChoices, ", "))
		}
		out := cmd.OutOrStdout()
		on := choice == "always" || choice == "auto" && os.Getenv("NO_COLOR") == "" && isTerminal(out)
		if f := cmd.Flags().Lookup("output"); on && f != nil && (f.Value.String() == "" || f.Value.String() == "table") {
			cmd.SetOut(&painter{out: out})
		}
		return nil
	}
}

// isTerminal reports whether somebody looks at what is written.
func isTerminal(out io.Writer) bool {
	file, ok := out.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
