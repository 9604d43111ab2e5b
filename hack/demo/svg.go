package main

import (
	"fmt"
	"html"
	"strings"
	"unicode/utf8"
)

// Sizes of the picture in pixels. The width of a character is that of the fonts named below at this size.
const (
	charWidth, lineHeight, fontSize = 8.4, 19.0, 14
	margin, titleHeight             = 16.0, 34.0
	maxColumns                      = 132
)

// colours of a terminal with a dark background, by SGR number.
var svgColours = map[string]string{"31": "#ff7b72", "32": "#7ee787", "33": "#e3b341", "34": "#79c0ff", "36": "#76e3ea", "90": "#8b949e"}

// drawTerminal draws a text with SGR colours as an SVG picture of a terminal window. Lines that are too long are folded.
func drawTerminal(text, title string) string {
	var lines []string
	for line := range strings.Lines(text) {
		lines = append(lines, fold(strings.TrimRight(line, "\n"))...)
	}
	columns := 60
	for _, line := range lines {
		columns = max(columns, utf8.RuneCountInString(plain(line)))
	}
	width, height := 2*margin+float64(columns)*charWidth, titleHeight+2*margin+float64(len(lines))*lineHeight
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%.0f" height="%.0f" viewBox="0 0 %.0f %.0f" role="img" aria-label="%s">`+"\n",
		width, height, width, height, html.EscapeString(title))
	fmt.Fprintf(&b, `<rect width="%.0f" height="%.0f" rx="8" fill="#0d1117"/>`+"\n", width, height)
	for i, colour := range []string{"#ff5f56", "#ffbd2e", "#27c93f"} {
		fmt.Fprintf(&b, `<circle cx="%d" cy="17" r="6" fill="%s"/>`, 20+20*i, colour)
	}
	fmt.Fprintf(&b, "\n"+`<g font-family="ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace" font-size="%d" fill="#e6edf3">`+"\n", fontSize)
	for i, line := range lines {
		if body := spans(line); body != "" {
			fmt.Fprintf(&b, `<text x="%.0f" y="%.0f" xml:space="preserve" style="white-space:pre" textLength="%.1f" lengthAdjust="spacingAndGlyphs">%s</text>`+"\n",
				margin, titleHeight+margin+float64(i)*lineHeight+float64(fontSize), float64(utf8.RuneCountInString(plain(line)))*charWidth, body)
		}
	}
	b.WriteString("</g>\n</svg>\n")
	return b.String()
}

// fold breaks a line that is too long; colours do not go on in the rest, which is indented.
func fold(line string) []string {
	if utf8.RuneCountInString(plain(line)) <= maxColumns {
		return []string{line}
	}
	var out []string
	rest := plain(line)
	for indent := ""; utf8.RuneCountInString(rest) > maxColumns; indent = "        " {
		cut := strings.LastIndex(string([]rune(rest)[:maxColumns]), " ")
		if cut <= len(indent) {
			cut = len(string([]rune(rest)[:maxColumns]))
		}
		out = append(out, rest[:cut])
		rest = "        " + strings.TrimLeft(rest[cut:], " ")
	}
	return append(out, rest)
}

// spans turns SGR colours into tspans.
func spans(line string) string {
	var b strings.Builder
	style := ""
	write := func(text string) {
		switch text = html.EscapeString(text); {
		case text == "":
		case style == "":
			b.WriteString(text)
		default:
			fmt.Fprintf(&b, "<tspan%s>%s</tspan>", style, text)
		}
	}
	at := 0
	for _, m := range sgr.FindAllStringSubmatchIndex(line, -1) {
		write(line[at:m[0]])
		at, style = m[1], ""
		for code := range strings.SplitSeq(line[m[2]:m[3]], ";") {
			if colour, known := svgColours[code]; known {
				style += ` fill="` + colour + `"`
			} else if code == "1" {
				style += ` font-weight="bold"`
			}
		}
	}
	write(line[at:])
	return b.String()
}
