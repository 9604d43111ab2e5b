package main

import (
	"fmt"
	"os"
	"regexp"
)

// say begins a step of the demo.
func say(format string, args ...any) { fmt.Printf("\n▸ "+format+"\n", args...) }

// done tells how a step went.
func done(format string, args ...any) { fmt.Printf("  ✓ "+format+"\n", args...) }

// tellMore adds to a step.
func tellMore(format string, args ...any) { fmt.Printf("    "+format+"\n", args...) }

// sgr is what switches colours.
var sgr = regexp.MustCompile("\x1b\\[([0-9;]*)m")

// plain takes colours out of a text.
func plain(text string) string { return sgr.ReplaceAllString(text, "") }

// terminal reports whether a file is one.
func terminal(file *os.File) bool {
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
