package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// recording says what is kept and shown of a command.
type recording struct {
	// name is the name of the recording, "" for none.
	name string
	// lines and last are how many lines are shown of the beginning and of the end; 0 lines mean all.
	lines, last int
}

// entrain runs kubectl entrain and shows what it prints.
func (d *demo) entrain(ctx context.Context, r recording, args ...string) error {
	_, err := d.plugin(ctx, r, args...)
	return err
}

// plugin is entrain that also returns the text.
func (d *demo) plugin(ctx context.Context, r recording, args ...string) (string, error) {
	if err := d.alive(); err != nil {
		return "", err
	}
	line := "kubectl entrain " + strings.Join(args, " ")
	tellMore("$ %s", line)
	text, err := d.kubectl(ctx, append([]string{"entrain", "--color=always"}, args...)...)
	if err != nil {
		return "", err
	}
	shown := r.cut(text)
	for l := range strings.Lines(shown) {
		tellMore("%s", strings.TrimRight(d.paint(l), "\n"))
	}
	if r.name == "" || d.recordings == "" {
		return plain(text), nil
	}
	drawn := drawTerminal("$ "+line+"\n"+shown, "kubectl entrain "+args[0])
	return plain(text), os.WriteFile(filepath.Join(d.recordings, r.name+".svg"), []byte(drawn), 0o644) //nolint:gosec // documentation
}

// paint leaves colours to terminals.
func (d *demo) paint(text string) string {
	if d.colours {
		return text
	}
	return plain(text)
}

// cut leaves out the middle of a long text.
func (r recording) cut(text string) string {
	lines := slices.Collect(strings.Lines(text))
	if r.lines == 0 || len(lines) <= r.lines+r.last+1 {
		return text
	}
	left := len(lines) - r.lines - r.last
	return strings.Join(lines[:r.lines], "") + fmt.Sprintf("… %d more lines\n", left) + strings.Join(lines[len(lines)-r.last:], "")
}
