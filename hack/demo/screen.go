package main

import "fmt"

// say begins a step of the demo.
func say(format string, args ...any) { fmt.Printf("\n▸ "+format+"\n", args...) }

// done tells how a step went.
func done(format string, args ...any) { fmt.Printf("  ✓ "+format+"\n", args...) }

// tellMore adds to a step.
func tellMore(format string, args ...any) { fmt.Printf("    "+format+"\n", args...) }
