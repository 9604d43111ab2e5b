package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/duration"

	api "github.com/entrain-dev/entrain/api/v1alpha1"
)

const barWidth = 30

// countingWriter is a text in memory that knows its lines.
type countingWriter struct{ strings.Builder }

func (w *countingWriter) lines() int { return strings.Count(w.String(), "\n") }

// renderStatus prints the status of a config as people read it. Lines that would say nothing are left out.
func renderStatus(out io.Writer, config *api.ProvisioningConfig, p *pace, now time.Time) error {
	var b strings.Builder
	s := config.Status
	line := func(label, format string, args ...any) {
		fmt.Fprintf(&b, "  %-11s %s\n", label, fmt.Sprintf(format, args...))
	}
	code := string(s.Code)
	if code == "" {
		code = "not looked at yet; is the operator running?"
	}
	fmt.Fprintf(&b, "%s/%s: %s\n", config.Namespace, config.Name, code)
	if ready := meta.FindStatusCondition(s.Conditions, api.ReadyCondition); ready != nil {
		line("Ready", "%s, %s: %s", ready.Status, ready.Reason, ready.Message)
	}
	if running(config) {
		line("Running", "%s", runningLine(s.Progress, p, now))
	}
	if c := s.Synchronized; c != nil {
		line("In sync", "%s, %s, %s", count(c.Users, "user"), count(c.Groups, "group"), count(c.Memberships, "membership"))
	}
	if l := s.LastCycle; l != nil {
		line("Last cycle", "%s", cycleLine(l, now))
		if l.Message != "" {
			line("", "%s", l.Message)
		}
	}
	if ok := s.LastSuccessfulCycle; ok != nil && s.LastCycle != nil && ok.ID != s.LastCycle.ID {
		line("Last good", "ended %s", ago(ok.CompletionTime, now))
	}
	if d := s.Drift; d != nil {
		line("Drift", "%s had been changed in the target, looked at %s", count(d.Found, "resource"), ago(d.CheckedTime, now))
	}
	if s.NextCycleTime != nil {
		line("Next cycle", "%s", when(s.NextCycleTime, now))
	}
	if q := s.Quarantine; q != nil {
		line("Quarantine", "%s since %s", q.Reason, ago(q.SeriesBegan, now))
		if q.Error != nil {
			line("", "%s", strings.TrimSpace(q.Error.Code+" "+q.Error.Message))
		}
		if q.NextAttempt != nil {
			line("", "next attempt %s", when(q.NextAttempt, now))
		}
	}
	if h := s.HeldDeletions; h != nil {
		line("Held", "removal of %s and %s since %s (set %s)", count(h.Users, "user"), count(h.Groups, "group"), ago(h.Since, now), h.ID)
		line("", "undo the cause, or release them: kubectl entrain allow-deletes %s -n %s", config.Name, config.Namespace)
	}
	if n := len(s.RecentErrors); n > 0 {
		line("Errors", "%d recent", n)
		for _, e := range s.RecentErrors {
			retry := ""
			if e.NextRetry != nil {
				retry = ", tried again " + when(e.NextRetry, now)
			}
			fmt.Fprintf(&b, "    %s %s  %s: %s%s\n", e.ObjectType, e.SourceID, e.Code, strings.TrimSuffix(e.Message, "."), retry)
		}
	}
	_, err := io.WriteString(out, b.String())
	return err
}

// runningLine is the phase with a bar, the count and the expected end.
func runningLine(progress *api.CycleProgress, p *pace, now time.Time) string {
	text := fmt.Sprintf("%s cycle, %s ", progress.Cycle, progress.Phase)
	if progress.TotalUnits <= 0 {
		if progress.CompletedUnits > 0 {
			text += fmt.Sprintf("%d so far", progress.CompletedUnits)
		}
		return strings.TrimSpace(text)
	}
	full := min(barWidth, int(progress.CompletedUnits*barWidth/progress.TotalUnits))
	text += fmt.Sprintf("[%s%s] %d%%, %d of %d", strings.Repeat("#", full), strings.Repeat("-", barWidth-full), progress.Percent,
		progress.CompletedUnits, progress.TotalUnits)
	if end, ok := p.end(progress.TotalUnits); ok {
		text += fmt.Sprintf(", phase ends in about %s (%s)", duration.HumanDuration(max(0, end.Sub(now))), end.UTC().Format("15:04:05 MST"))
	}
	return text
}

func cycleLine(l *api.CycleReport, now time.Time) string {
	text := fmt.Sprintf("%s, %s", l.Kind, l.Result)
	if l.DryRun {
		text += " (dry run)"
	}
	if l.CompletionTime != nil {
		text += ", ended " + ago(l.CompletionTime, now)
		if l.StartTime != nil {
			text += " after " + duration.HumanDuration(l.CompletionTime.Sub(l.StartTime.Time))
		}
	}
	return text + fmt.Sprintf(": %d created, %d updated, %d disabled, %d deleted, %d skipped, %d failed, %d waiting for a retry",
		l.Created, l.Updated, l.Disabled, l.Deleted, l.Skipped, l.Failed, l.Escrowed)
}

func ago(t *metav1.Time, now time.Time) string {
	if t == nil {
		return "an unknown time"
	}
	return fmt.Sprintf("%s ago (%s)", duration.HumanDuration(max(0, now.Sub(t.Time))), stamp(t.Time))
}

func when(t *metav1.Time, now time.Time) string {
	if !t.After(now) {
		return "now"
	}
	return fmt.Sprintf("in %s (%s)", duration.HumanDuration(t.Sub(now)), stamp(t.Time))
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 MST") }

func count(n int64, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
