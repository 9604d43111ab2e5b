package main

import (
	"fmt"
	"strings"
)

// table is what kubectl get prints for one object: a line of headings and a line of values below them.
type table struct{ heads, values []string }

// widths are the columns of the demo, so that lines of different calls stand below each other.
var widths = map[string]int{"NAME": 14, "STATUS": 11, "READY": 8, "PROGRESS": 13, "USERS": 6, "GROUPS": 7, "FAILED": 7, "LAST CYCLE": 11, "NEXT": 21, "AGE": 4}

// parseTable cuts the lines where the headings begin; an empty value is an empty column.
func parseTable(text string) table {
	head, row, _ := strings.Cut(strings.TrimRight(text, "\n"), "\n")
	var t table
	for len(head) > 0 {
		end := strings.Index(head, "  ")
		name, width := head, len(head)
		if end >= 0 {
			name = head[:end]
			width = len(head) - len(strings.TrimLeft(head[end:], " "))
		}
		t.heads = append(t.heads, name)
		cut := min(width, len(row))
		if end < 0 {
			cut = len(row)
		}
		t.values = append(t.values, strings.TrimSpace(row[:cut]))
		head, row = head[width:], row[cut:]
	}
	return t
}

// key is what must differ for a line to be worth showing: ages change all the time.
func (t table) key() string {
	var out []string
	for i, h := range t.heads {
		if h != "AGE" && h != "LAST CYCLE" {
			out = append(out, t.values[i])
		}
	}
	return strings.Join(out, "|")
}

func (t table) print(withHeads bool) {
	if withHeads {
		tellMore("%s", t.line(t.heads))
	}
	tellMore("%s", t.line(t.values))
}

func (t table) line(cells []string) string {
	var b strings.Builder
	for i, h := range t.heads {
		fmt.Fprintf(&b, "%-*s", max(widths[h], len(h)+1), cells[i])
	}
	return strings.TrimRight(b.String(), " ")
}
