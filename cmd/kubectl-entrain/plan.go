package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/entrain-dev/entrain/controllers/query"
	"github.com/entrain-dev/entrain/internal/inspect"
)

// exceededCode is the exit code of a plan whose removals exceed the threshold.
const exceededCode = 2

func planCommand(c *connection) *cobra.Command {
	var output string
	var with []string
	cmd := &cobra.Command{
		Use:   "plan CONFIG",
		Short: "Show what the next cycle would do, without doing it",
		Long: `Read what changed in the tenant, rehearse the next cycle on a copy of the operator's state, and show object by object what it
would do. Nothing is written to the target or to the state. --with tries a changed AttributeMapping or ScopingFilter against
the live tenant before it is applied.

The exit code is 2 when more people and groups would be disabled or deleted than accidental deletion prevention allows, 1 when
there is no plan, and otherwise 0, so that a pull request check can use it.`,
		Example: `  kubectl entrain plan genesys-cloud -n identity
  kubectl entrain plan genesys-cloud -n identity --with mapping.yaml --with filter.yaml
  kubectl entrain plan genesys-cloud -n identity -o json | jq .summary`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: c.completeConfigs,
		RunE: func(cmd *cobra.Command, args []string) error {
			body, err := readAll(with)
			if err != nil {
				return err
			}
			a, err := c.asker()
			if err != nil {
				return err
			}
			var p planPrinter = &diffPlan{out: cmd.OutOrStdout()}
			if output == "json" {
				p = &jsonPlan{out: cmd.OutOrStdout()}
			} else if output != "" {
				return fmt.Errorf("--output knows no %q; it is json", output)
			}
			return showPlan(cmd.Context(), a, args[0], body, p, cmd.ErrOrStderr())
		},
	}
	cmd.Flags().StringArrayVar(&with, "with", nil, "File with a changed AttributeMapping or ScopingFilter to try; can be repeated")
	cmd.Flags().StringVarP(&output, "output", "o", "", "json prints items and summary as JSON")
	return cmd
}

// readAll joins YAML files.
func readAll(files []string) ([]byte, error) {
	var out bytes.Buffer
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		out.WriteString("---\n")
		out.Write(text)
		out.WriteString("\n")
	}
	return out.Bytes(), nil
}

// planPrinter prints a plan while it comes.
type planPrinter interface {
	item(i inspect.Item) error
	end(s inspect.Summary) error
}

func showPlan(ctx context.Context, a *asker, config string, body []byte, p planPrinter, progress io.Writer) error {
	tell := newTeller(progress)
	var summary *inspect.Summary
	err := a.stream(ctx, config, "plan", nil, bytes.NewReader(body), func(e query.Event) (bool, error) {
		switch {
		case e.Progress != nil:
			tell.progress(*e.Progress)
		case e.Item != nil:
			tell.clear()
			return false, p.item(*e.Item)
		case e.Summary != nil:
			tell.clear()
			summary = e.Summary
			return true, p.end(*e.Summary)
		}
		return false, nil
	})
	tell.clear()
	if err != nil {
		return err
	}
	if summary.Exceeded {
		return &exitError{exceededCode, fmt.Sprintf("%d removals exceed the threshold of %d.", summary.Removals, summary.Threshold)}
	}
	return nil
}

// teller shows progress on a terminal and nothing elsewhere.
type teller struct {
	out   io.Writer
	shown bool
}

func newTeller(out io.Writer) *teller {
	if !isTerminal(out) {
		return &teller{}
	}
	return &teller{out: out}
}

func (t *teller) progress(p query.Progress) {
	text := fmt.Sprintf("%s: %d", p.Phase, p.Done)
	if p.Total > 0 {
		text += fmt.Sprintf(" of %d", p.Total)
	}
	t.say(text)
}

// say shows a text in place of the last one.
func (t *teller) say(text string) {
	if t.out == nil {
		return
	}
	t.shown = true
	fmt.Fprintf(t.out, "\r\x1b[K%s", text)
}

func (t *teller) clear() {
	if t.shown {
		fmt.Fprint(t.out, "\r\x1b[K")
		t.shown = false
	}
}

// signs stand before items, so that a plan can be searched as a diff can.
var signs = map[inspect.Verb]string{
	inspect.Create: "+", inspect.Link: "=", inspect.Update: "~", inspect.Disable: "-", inspect.Delete: "-", inspect.Release: "o",
	inspect.Hold: "-", inspect.Fail: "!", inspect.Skip: " ",
}

// diffPlan is the plan as people read it.
type diffPlan struct {
	out   io.Writer
	items int
}

func (p *diffPlan) item(i inspect.Item) error {
	p.items++
	var b strings.Builder
	what := string(i.Verb)
	if i.Verb == inspect.Hold {
		what = "held removal"
	}
	why := i.Reason
	if words, known := reasons[why]; known {
		why = words
	}
	fmt.Fprintf(&b, "%s %s %s %s", orElse(signs[i.Verb], "?"), what, i.Kind, printable(orElse(i.Name, string(i.ID))))
	if detail := strings.TrimSpace(i.Code + " " + printable(why)); detail != "" {
		fmt.Fprintf(&b, ": %s", detail)
	}
	b.WriteString("\n")
	for _, c := range changes(i.Changes) {
		fmt.Fprintf(&b, "      %s\n", c)
	}
	for _, w := range i.Warnings {
		fmt.Fprintf(&b, "      warning: %s\n", printable(w))
	}
	_, err := io.WriteString(p.out, b.String())
	return err
}

// verbs are in the order in which the totals are said.
var verbs = []inspect.Verb{
	inspect.Create, inspect.Link, inspect.Update, inspect.Disable, inspect.Delete, inspect.Release, inspect.Hold, inspect.Fail, inspect.Skip,
}

func (p *diffPlan) end(s inspect.Summary) error {
	var parts []string
	for _, v := range verbs {
		if n := s.Totals[v]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d to %s", n, v))
		}
	}
	text := "nothing to do"
	if len(parts) > 0 {
		text = strings.Join(parts, ", ")
	}
	kind := "an incremental"
	if s.Initial {
		kind = "an initial"
	}
	if p.items > 0 {
		fmt.Fprintln(p.out)
	}
	_, err := fmt.Fprintf(p.out, "Plan for %s cycle: %s. %s of at most %d.\n", kind, text, count(s.Removals, "removal"), s.Threshold)
	return err
}

// jsonPlan is one JSON object, written while it comes.
type jsonPlan struct {
	out   io.Writer
	items int
}

func (p *jsonPlan) item(i inspect.Item) error {
	begin := ",\n    "
	if p.items == 0 {
		begin = "{\n  \"items\": [\n    "
	}
	p.items++
	text, err := json.Marshal(i)
	if err != nil {
		return err
	}
	_, err = io.WriteString(p.out, begin+string(text))
	return err
}

func (p *jsonPlan) end(s inspect.Summary) error {
	begin := "\n  ],\n"
	if p.items == 0 {
		begin = "{\n  \"items\": [],\n"
	}
	text, err := json.Marshal(s)
	return errors.Join(err, write(p.out, begin+"  \"summary\": "+string(text)+"\n}\n"))
}

func write(out io.Writer, text string) error {
	_, err := io.WriteString(out, text)
	return err
}
