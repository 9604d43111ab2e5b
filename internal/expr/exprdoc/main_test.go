package main

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/entrain-dev/entrain/internal/expr"
)

func TestPageInDocsIsUpToDate(t *testing.T) {
	have, err := os.ReadFile("../../../docs/expressions.md")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(page(), "\n"), strings.Split(string(have), "\n")); diff != "" {
		t.Errorf("run go run ./internal/expr/exprdoc > docs/expressions.md (-want +have):\n%s", diff)
	}
}

func TestEveryFunctionHasASectionWithAllItsParameters(t *testing.T) {
	text := page()
	for _, f := range expr.Functions() {
		_, section, ok := strings.Cut(text, "\n### "+f.Name+"\n")
		if !ok {
			t.Errorf("%s has no section", f.Name)
			continue
		}
		section, _, _ = strings.Cut(section, "\n### ")
		if f.Doc == "" || !strings.Contains(section, f.Doc[:20]) {
			t.Errorf("%s is not explained", f.Name)
		}
		for _, p := range f.Params {
			if p.Doc == "" || !strings.Contains(section, "\n| "+p.Name+" | ") {
				t.Errorf("%s: parameter %s is not explained", f.Name, p.Name)
			}
		}
	}
}
