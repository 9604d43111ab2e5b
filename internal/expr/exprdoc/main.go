package main

import (
	_ "embed"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/entrain-dev/entrain/internal/expr"
)

// intro is everything that is not about a single function.
//
//go:embed intro.md
var intro string

func main() {
	if _, err := io.WriteString(os.Stdout, page()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// page returns the whole page.
func page() string {
	var b strings.Builder
	b.WriteString("<!-- Made by: go run ./internal/expr/exprdoc. Do not edit; change internal/expr and make it again. -->\n\n")
	b.WriteString(intro)
	functions := expr.Functions()
	b.WriteString("\n## Functions\n\n| Chapter | Functions |\n|---|---|\n")
	for _, g := range expr.Groups() {
		var links []string
		for _, f := range functions {
			if f.Group == g {
				links = append(links, fmt.Sprintf("[%s](#%s)", f.Name, strings.ToLower(f.Name)))
			}
		}
		fmt.Fprintf(&b, "| %s | %s |\n", g, strings.Join(links, ", "))
	}
	for _, g := range expr.Groups() {
		fmt.Fprintf(&b, "\n## %s\n", g)
		for _, f := range functions {
			if f.Group == g {
				function(&b, f)
			}
		}
	}
	return b.String()
}

// function writes the section of one function.
func function(b *strings.Builder, f expr.Function) {
	fmt.Fprintf(b, "\n### %s\n\n`%s` returns %s.\n\n%s\n", f.Name, f.Signature(), result(f.Result), strings.TrimSpace(f.Doc))
	if f.Refused != "" {
		fmt.Fprintf(b, "\n**Not supported.** %s.\n", f.Refused)
	}
	if len(f.Params) > 0 {
		b.WriteString("\n| Parameter | Takes | |\n|---|---|---|\n")
	}
	for _, p := range f.Params {
		takes := p.Type.String()
		if p.Optional {
			takes += ", optional"
		}
		fmt.Fprintf(b, "| %s | %s | %s |\n", p.Name, takes, cell(p.Doc))
	}
	if len(f.Notes) > 0 {
		b.WriteString("\n")
	}
	for _, n := range f.Notes {
		fmt.Fprintf(b, "- %s\n", n)
	}
	if len(f.Examples) > 0 {
		b.WriteString("\n| Attributes | Expression | Result |\n|---|---|---|\n")
	}
	for _, e := range f.Examples {
		fmt.Fprintf(b, "| %s | %s | %s |\n", code(e.Given), code(e.Expression), code(e.Result))
	}
}

// result names what a function returns.
func result(t expr.Type) string {
	switch t {
	case expr.TypeAny:
		return "the value it chooses"
	case expr.TypeText, expr.TypeRoles:
		return t.String()
	}
	return "a " + t.String()
}

// code puts text in a table cell as code.
func code(s string) string {
	if s == "" {
		return ""
	}
	fence := "`"
	if strings.Contains(s, "`") {
		fence = "``"
	}
	return fence + cell(s) + fence
}

// cell keeps text from ending a table cell.
func cell(s string) string { return strings.ReplaceAll(s, "|", `\|`) }
