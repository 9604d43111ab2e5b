package main

import (
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/inspect"
	"github.com/entrain-dev/entrain/internal/state"
)

func explainCommand(c *connection) *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "explain CONFIG USER",
		Short: "Explain why a person is provisioned or not, and what comes next",
		Long: `Explain one person or group: assignment, scoping filters clause by clause, the account in the target, what the next cycle
decides and which values differ, a failure with its next attempt, and the last entries of the log. It is about what the last
cycle read; run kubectl entrain sync for something newer.`,
		Example: `  kubectl entrain explain genesys-cloud ada@contoso.com -n identity
  kubectl entrain explain genesys-cloud 4f0f2a52-6f5c-4b0e-9d0e-0a2f4f1f8a11 -n identity -o json`,
		Args:              cobra.ExactArgs(2),
		ValidArgsFunction: c.completeConfigs,
		RunE: func(cmd *cobra.Command, args []string) error {
			a, err := c.asker()
			if err != nil {
				return err
			}
			var e inspect.Explanation
			if err := a.get(cmd.Context(), args[0], "explain", url.Values{"object": {args[1]}}, &e); err != nil {
				return err
			}
			if output == "json" {
				return printJSON(cmd.OutOrStdout(), e)
			}
			return renderExplanation(cmd.OutOrStdout(), e, time.Now())
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", "", "json prints everything that is known")
	return cmd
}

// reasons say in words what the reasons of decisions mean.
var reasons = map[string]string{
	"EntersScope":            "it is in scope and not linked yet",
	"Changed":                "values differ from what was sent last",
	"Blocked":                "sign-in is blocked in Entra",
	"SoftDeleted":            "it is in the recycle bin of Entra",
	"HardDeleted":            "it is gone from Entra",
	"Unassigned":             "it is no longer assigned to the application",
	"NotInScope":             "no scoping filter lets it in",
	"RedundantExport":        "source and target are equal",
	"NotEffectivelyEntitled": "it is not assigned to the application, or blocked, and was never provisioned",
	"Unmanaged":              "it left scope before and is no longer managed",
	"ScopeUnknown":           "a scoping filter cannot be evaluated, so that nothing is changed",
}

func renderExplanation(out io.Writer, e inspect.Explanation, now time.Time) error {
	var b strings.Builder
	line := func(label, format string, args ...any) {
		fmt.Fprintf(&b, "  %-11s %s\n", label, fmt.Sprintf(format, args...))
	}
	fmt.Fprintf(&b, "%s %s (%s)\n", e.Kind, printable(orElse(e.Name, "without a name")), e.ID)
	if !e.Read {
		line("In Entra", "no cycle has read this object yet; run kubectl entrain sync, or check the id")
	} else {
		explainScope(line, e)
		explainTarget(line, e, now)
	}
	if len(e.Log) > 0 {
		line("Log", "the last %s", entries(len(e.Log)))
		table := &tableLog{out: &b, begun: true}
		for i := len(e.Log) - 1; i >= 0; i-- {
			if err := table.entry(e.Log[i]); err != nil {
				return err
			}
		}
	}
	_, err := io.WriteString(out, b.String())
	return err
}

func explainScope(line func(label, format string, args ...any), e inspect.Explanation) {
	switch e.Removal {
	case directory.Present:
		enabled := "enabled"
		if !e.Enabled {
			enabled = "blocked"
		}
		line("In Entra", "present, %s", enabled)
	case directory.SoftDeleted:
		line("In Entra", "in the recycle bin")
	default:
		line("In Entra", "gone")
	}
	assigned := "no"
	if e.Assigned {
		assigned = "yes"
		var roles []string
		for _, r := range e.Roles {
			roles = append(roles, orElse(r.DisplayName, orElse(r.Value, r.ID)))
		}
		if len(roles) > 0 {
			assigned += ", with the roles " + printable(strings.Join(roles, ", "))
		}
	}
	line("Assigned", "%s", assigned)
	scope := "out"
	if e.InScope {
		scope = "in"
	}
	if len(e.Filters) == 0 {
		scope += " (there are no scoping filters)"
	}
	line("Scope", "%s", scope)
	for _, c := range e.Filters {
		verdict := "false"
		switch {
		case c.Problem != "":
			verdict = "undecided: " + c.Problem
		case c.Result:
			verdict = "true"
		}
		title := ""
		if c.Filter != "" {
			title = c.Filter + ": "
		}
		line("", "%s%s => %s", title, strings.TrimSpace(c.Attribute+" "+c.Operator+" "+c.Value), verdict)
	}
	if e.FilterProblem != "" {
		line("", "%s", e.FilterProblem)
	}
}

func explainTarget(line func(label, format string, args ...any), e inspect.Explanation, now time.Time) {
	switch {
	case e.Link == state.Released:
		line("Account", "%s, released: it is no longer managed", e.Target)
	case e.Target != "":
		line("Account", "%s, %s", e.Target, strings.ToLower(string(e.Link)))
	default:
		line("Account", "none")
	}
	next := strings.ToLower(orElse(string(e.Action), "nothing"))
	line("Next cycle", "%s, because %s", next, orElse(reasons[e.Reason], e.Reason))
	for _, change := range changes(e.Differences) {
		line("", "%s", change)
	}
	for _, w := range e.WaitsFor {
		line("", "%s waits for %s, who has no account yet", w.Path, w.For)
	}
	if e.Held {
		line("Held", "the removal is held by accidental deletion prevention")
	}
	if e.MappingProblem != "" {
		line("Mapping", "%s", e.MappingProblem)
	}
	if f := e.Failure; f != nil {
		at := metav1.NewTime(f.Next)
		line("Failure", "%s: %s", f.Code, f.Message)
		line("", "%s so far, next %s", count(int64(f.Attempts), "attempt"), when(&at, now))
	}
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

func entries(n int) string {
	if n == 1 {
		return "entry"
	}
	return fmt.Sprintf("%d entries", n)
}
