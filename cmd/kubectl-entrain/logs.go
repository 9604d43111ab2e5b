package main

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"github.com/entrain-dev/entrain/controllers/query"
	"github.com/entrain-dev/entrain/internal/state"
)

// logOptions are the flags of logs.
type logOptions struct {
	user, action, status, since, cycle, output string
	limit                                      int
	follow                                     bool
}

// logActions and logStatuses are what entries can be selected by, reference part 2 section 10.1.
var (
	logActions  = []string{"create", "update", "disable", "delete", "stageddelete", "other"}
	logStatuses = []string{"success", "failure", "skipped", "warning"}
	logOutputs  = []string{"table", "json", "csv"}
)

func logsCommand(c *connection) *cobra.Command {
	var o logOptions
	cmd := &cobra.Command{
		Use:   "logs CONFIG",
		Short: "Show the provisioning log",
		Long: `Show the provisioning log: what was done with whom, with old and new values, oldest first. json shows the whole entries
with their steps, one a line. The log is kept for 30 days.`,
		Example: `  # What happened to one person?
  kubectl entrain logs genesys-cloud -n identity --user ada@contoso.com

  # What failed since this morning?
  kubectl entrain logs genesys-cloud -n identity --status failure --since 8h

  # Everything as it happens; a table for a spreadsheet
  kubectl entrain logs genesys-cloud -n identity -f
  kubectl entrain logs genesys-cloud -n identity --since 720h --limit 100000 -o csv`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: c.completeConfigs,
		RunE: func(cmd *cobra.Command, args []string) error {
			params, err := o.params(time.Now())
			if err != nil {
				return err
			}
			a, err := c.asker()
			if err != nil {
				return err
			}
			printer := newLogPrinter(o.output, cmd.OutOrStdout())
			if o.follow {
				return followLogs(cmd.Context(), a, args[0], params, printer)
			}
			return o.show(cmd.Context(), a, args[0], params, printer)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.user, "user", "", "Only this person or group: an object id, or part of a user principal name or display name")
	f.StringVar(&o.action, "action", "", "Only this action: "+strings.Join(logActions, ", "))
	f.StringVar(&o.status, "status", "", "Only this result: "+strings.Join(logStatuses, ", "))
	f.StringVar(&o.since, "since", "", "Only since then: a duration such as 8h, or a time such as 2026-11-24T10:00:00Z")
	f.StringVar(&o.cycle, "cycle", "", "Only this cycle, by the id that status shows")
	f.IntVar(&o.limit, "limit", 100, "How many entries at the most, the newest of them")
	f.BoolVarP(&o.follow, "follow", "f", false, "Go on with new entries until interrupted")
	f.StringVarP(&o.output, "output", "o", "table", "table, json or csv")
	for name, values := range map[string][]string{"action": logActions, "status": logStatuses, "output": logOutputs} {
		if err := cmd.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)); err != nil {
			panic(err)
		}
	}
	return cmd
}

// params checks the flags and turns them into a question.
func (o *logOptions) params(now time.Time) (url.Values, error) {
	v := url.Values{}
	set := func(name, value string) {
		if value != "" {
			v.Set(name, value)
		}
	}
	for _, check := range []struct {
		flag, value string
		known       []string
	}{{"action", o.action, logActions}, {"status", o.status, logStatuses}, {"output", o.output, logOutputs}} {
		if check.value != "" && !slices.Contains(check.known, check.value) {
			return nil, fmt.Errorf("--%s knows no %q; it is one of %s", check.flag, check.value, strings.Join(check.known, ", "))
		}
	}
	if o.limit < 1 {
		return nil, errors.New("--limit must be at least 1")
	}
	set("action", o.action)
	set("status", o.status)
	set("cycle", o.cycle)
	if _, err := uuid.Parse(o.user); err == nil {
		set("source", strings.ToLower(o.user))
	} else {
		set("name", o.user)
	}
	if o.since == "" {
		return v, nil
	}
	at, err := time.Parse(time.RFC3339, o.since)
	if err != nil {
		d, err := time.ParseDuration(o.since)
		if err != nil {
			return nil, fmt.Errorf("--since is neither a duration such as 8h nor a time such as 2026-11-24T10:00:00Z: %q", o.since)
		}
		at = now.Add(-d)
	}
	set("since", at.UTC().Format(time.RFC3339))
	return v, nil
}

// logPage is how many entries are asked for at once.
const logPage = 1000

// show prints the newest entries, oldest first. They come page by page from the newest.
func (o *logOptions) show(ctx context.Context, a *asker, config string, params url.Values, printer logPrinter) error {
	var all []state.LogEntry
	for len(all) < o.limit {
		want := min(logPage, o.limit-len(all))
		params.Set("limit", strconv.Itoa(want))
		var page query.LogPage
		if err := a.get(ctx, config, "logs", params, &page); err != nil {
			return err
		}
		all = append(all, page.Items...)
		if len(page.Items) < want {
			break
		}
		params.Set("before", strconv.FormatInt(all[len(all)-1].Number, 10))
	}
	slices.Reverse(all)
	for _, e := range all {
		if err := printer.entry(e); err != nil {
			return err
		}
	}
	return printer.end()
}

// followedAtFirst is how many entries are shown before those that are new.
const followedAtFirst = 10

func followLogs(ctx context.Context, a *asker, config string, params url.Values, printer logPrinter) error {
	params.Set("limit", strconv.Itoa(followedAtFirst))
	err := a.stream(ctx, config, "logs", params, nil, func(e query.Event) (bool, error) {
		if e.Entry == nil {
			return false, nil
		}
		return false, errors.Join(printer.entry(*e.Entry), printer.end())
	})
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// logPrinter prints entries of the log; end makes sure that they are out.
type logPrinter interface {
	entry(e state.LogEntry) error
	end() error
}

func newLogPrinter(output string, out io.Writer) logPrinter {
	switch output {
	case "json":
		e := json.NewEncoder(out)
		e.SetEscapeHTML(false)
		return jsonLog{e}
	case "csv":
		return &csvLog{Writer: csv.NewWriter(out)}
	}
	return &tableLog{out: out}
}

type jsonLog struct{ *json.Encoder }

func (p jsonLog) entry(e state.LogEntry) error { return p.Encode(e) }
func (p jsonLog) end() error                   { return nil }

// csvLog has one line for each entry; changed values are in one column.
type csvLog struct {
	*csv.Writer
	begun bool
}

func (p *csvLog) entry(e state.LogEntry) error {
	if !p.begun {
		p.begun = true
		if err := p.Write([]string{"time", "action", "status", "objectType", "sourceId", "sourceName", "targetId", "cycleId", "errorCode", "reason", "changes"}); err != nil {
			return err
		}
	}
	row := []string{
		e.Time.UTC().Format(time.RFC3339), e.Action, e.Status, string(e.Kind), string(e.Source), e.SourceName, string(e.Target), e.CycleID, e.Code, e.Reason,
		strings.Join(changes(e.Properties), "; "),
	}
	for i, cell := range row {
		// A spreadsheet must not take a value for a formula.
		if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
			row[i] = "'" + cell
		}
	}
	return p.Write(row)
}

func (p *csvLog) end() error {
	p.Flush()
	return p.Error()
}

// tableLog has a line for each entry and one for each changed value. Widths are fixed, so that it can be followed.
type tableLog struct {
	out   io.Writer
	begun bool
}

const logLine = "%-19s  %-12s  %-7s  %-5s  %-36s  %s\n"

func (p *tableLog) entry(e state.LogEntry) error {
	var b strings.Builder
	if !p.begun {
		p.begun = true
		fmt.Fprintf(&b, logLine, "TIME (UTC)", "ACTION", "STATUS", "TYPE", "OBJECT", "REASON")
	}
	name := e.SourceName
	if name == "" {
		name = string(e.Source)
	}
	text := strings.TrimRight(fmt.Sprintf(logLine, e.Time.UTC().Format("2006-01-02 15:04:05"), e.Action, e.Status, e.Kind, printable(name),
		strings.TrimSpace(e.Code+" "+printable(e.Reason))), " \n")
	b.WriteString(text + "\n")
	for _, c := range changes(e.Properties) {
		fmt.Fprintf(&b, "%21s%s\n", "", c)
	}
	_, err := io.WriteString(p.out, b.String())
	return err
}

func (p *tableLog) end() error { return nil }

// changes says old and new values, one change each.
func changes(properties []state.LogProperty) []string {
	out := make([]string, len(properties))
	for i, p := range properties {
		out[i] = changed(p.Name, p.Old, p.New)
	}
	return out
}

// changed says the old and the new value of an attribute; Go's quotes keep both from steering the terminal.
func changed(name, before, after string) string {
	switch {
	case before == "":
		return fmt.Sprintf("%s: %q", name, after)
	case after == "":
		return fmt.Sprintf("%s: %q -> removed", name, before)
	}
	return fmt.Sprintf("%s: %q -> %q", name, before, after)
}

// printable keeps what comes from a directory from steering the terminal.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 {
			return '\uFFFD'
		}
		return r
	}, s)
}
