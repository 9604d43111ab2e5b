package main

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares with a file of testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got), go test -update writes it anew:\n%s", file, diff)
	}
}

var (
	guids  = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)
	stamps = regexp.MustCompile(`\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?(Z| [A-Z]+)?`)
	spans  = regexp.MustCompile(`(?m)\b\d+(ms|s|m)( ago|:|$)`)
	sets   = regexp.MustCompile(`\bset [0-9a-f]{16}\b`)
)

// anonymous replaces what differs from run to run.
func (c *company) anonymous(text string) string {
	for name, id := range c.people {
		text = strings.ReplaceAll(text, id, "<"+name+">")
	}
	text = strings.ReplaceAll(text, c.ns, "identity")
	text = guids.ReplaceAllString(text, "<id>")
	text = stamps.ReplaceAllString(text, "<time>")
	text = sets.ReplaceAllString(text, "set <set>")
	return spans.ReplaceAllString(text, "<span>$2")
}
