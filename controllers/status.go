package controllers

import (
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	api "github.com/entrain-dev/entrain/api/v1alpha1"
	"github.com/entrain-dev/entrain/internal/engine"
	"github.com/entrain-dev/entrain/internal/fault"
	"github.com/entrain-dev/entrain/internal/plan"
	"github.com/entrain-dev/entrain/internal/runner"
	"github.com/entrain-dev/entrain/internal/state"
)

const (
	maxMessage      = 1024
	maxShortMessage = 256
)

// observation is everything from which the status of a ProvisioningConfig is computed.
type observation struct {
	config *api.ProvisioningConfig
	// unresolved is why the current spec cannot be turned into a plan, nil when it can.
	unresolved *plan.Unresolved
	// planned is true when some plan, perhaps an older one, is with the runner.
	planned bool
	// token is the life of the target's secret token as far as it is known.
	token plan.TokenLife
	run   runner.Status
	now   time.Time
}

// compute returns the status that follows from an observation.
func compute(o observation) api.ProvisioningConfigStatus {
	s := *o.config.Status.DeepCopy()
	s.ObservedGeneration = o.config.Generation
	s.Code = code(o)
	if o.planned && o.run.Loaded {
		s.Progress = progress(o)
		s.LastCycle = report(o.run.State.Last)
		s.LastSuccessfulCycle = report(o.run.State.LastSuccessful)
		s.NextCycleTime = timestamp(o.run.NextCycle)
		s.SteadyStateFirstAchievedTime = timestamp(o.run.State.SteadyFirst)
		s.SteadyStateLastAchievedTime = timestamp(o.run.State.SteadyLast)
		s.Synchronized = &api.SynchronizedCounts{Users: o.run.Counts.Users, Groups: o.run.Counts.Groups, Memberships: o.run.Counts.Memberships}
		if o.run.Running {
			// The counts are taken at the end of a cycle; until then those who arrived are added.
			s.Synchronized.Users += o.run.Progress.LinkedUsers
			s.Synchronized.Groups += o.run.Progress.LinkedGroups
		}
		s.Quarantine = quarantine(o.run.State.Quarantine)
		s.HeldDeletions = held(o.run.State.Held)
		s.Drift = drift(o)
		s.RecentErrors = recentErrors(o.run.Errors)
		s.LastHandledSync = o.run.Handled.Sync
		s.LastHandledRestart = o.run.Handled.Restart
		s.LastHandledAllowDeletes = o.run.Handled.AllowDeletes
	}
	s.Conditions = conditions(o, s.Conditions)
	return s
}

func code(o observation) api.StatusCode {
	switch {
	case !o.planned:
		return api.StatusNotConfigured
	case o.config.Spec.ProvisioningMode == api.ProvisioningModePaused:
		return api.StatusPaused
	case o.run.State.Quarantine != nil:
		return api.StatusQuarantine
	case o.config.Spec.ProvisioningMode == api.ProvisioningModeDryRun:
		return api.StatusDryRun
	case o.run.State.LastSuccessful == nil:
		return api.StatusNotRun
	}
	return api.StatusActive
}

func progress(o observation) *api.CycleProgress {
	p := o.run.Progress
	out := &api.CycleProgress{Cycle: api.CycleIncremental, Phase: api.CyclePhase(p.Phase), CompletedUnits: p.Done, TotalUnits: p.Total}
	if p.Initial {
		out.Cycle = api.CycleInitial
	}
	if !o.run.Running {
		if o.run.State.Last == nil {
			return nil
		}
		out.Phase, out.CompletedUnits, out.TotalUnits = api.PhaseClose, 0, 0
		out.Percent, out.Summary = 100, "Completed"
		out.Cycle = kindOf(o.run.State.Last.Initial)
		switch {
		case o.run.State.Cycle != nil:
			out.Percent, out.Summary = 0, "Interrupted"
		case o.run.State.Last.Result == engine.Failed:
			out.Percent, out.Summary = 0, "Failed"
		}
		out.ObservedTime = timestamp(o.run.State.Last.Ended)
		return out
	}
	out.ObservedTime = timestamp(o.run.ProgressTime)
	out.Summary = string(out.Phase)
	if p.Total > 0 && p.Done <= p.Total {
		out.Percent = int32(p.Done * 100 / p.Total)
		out.Summary = fmt.Sprintf("%s %d%%", out.Phase, out.Percent)
	} else if p.Done > 0 {
		out.Summary = fmt.Sprintf("%s %d", out.Phase, p.Done)
	}
	return out
}

func kindOf(initial bool) api.CycleKind {
	if initial {
		return api.CycleInitial
	}
	return api.CycleIncremental
}

func report(r *state.Report) *api.CycleReport {
	if r == nil {
		return nil
	}
	return &api.CycleReport{
		ID: r.ID, Kind: kindOf(r.Initial), Result: api.CycleResult(r.Result), Message: clip(r.Message, maxMessage), DryRun: r.DryRun,
		StartTime: timestamp(r.Started), CompletionTime: timestamp(r.Ended),
		Created: r.Created, Updated: r.Updated, Disabled: r.Disabled, Deleted: r.Deleted, Skipped: r.Skipped, Failed: r.Failed, Escrowed: r.Escrowed,
	}
}

func quarantine(q *state.Quarantine) *api.QuarantineStatus {
	if q == nil {
		return nil
	}
	out := &api.QuarantineStatus{
		Reason: api.QuarantineReason(q.Reason), SeriesBegan: timestamp(q.SeriesBegan), CurrentBegan: timestamp(q.CurrentBegan),
		NextAttempt: timestamp(q.NextAttempt), SeriesCount: q.SeriesCount,
	}
	if q.Code != "" || q.Message != "" {
		out.Error = &api.StatusError{Code: clip(q.Code, 128), Message: clip(q.Message, maxMessage)}
	}
	return out
}

// drift is what the last look found while looking is wanted.
func drift(o observation) *api.DriftStatus {
	d := o.run.State.Drift
	if d == nil || d.Ended.IsZero() || o.config.Spec.Extensions.DriftCorrection == api.DriftCorrectionNone {
		return nil
	}
	return &api.DriftStatus{CheckedTime: timestamp(d.Ended), Found: d.Found}
}

func held(h *state.Held) *api.HeldDeletions {
	if h == nil {
		return nil
	}
	return &api.HeldDeletions{ID: h.ID, Users: h.Users, Groups: h.Groups, Since: timestamp(h.Since)}
}

func recentErrors(records []state.Record) []api.ObjectError {
	var out []api.ObjectError
	for _, r := range records {
		if r.Escrow == nil || len(out) == api.MaxRecentErrors {
			continue
		}
		out = append(out, api.ObjectError{
			ObjectType: api.ObjectType(r.Kind), SourceID: string(r.ID), Code: clip(r.Escrow.Code, 128), Message: clip(r.Escrow.Message, maxShortMessage),
			NextRetry: timestamp(r.Escrow.Next),
		})
	}
	return out
}

// timestamp returns nil for the zero time; seconds are what the API server keeps.
func timestamp(t time.Time) *metav1.Time {
	if t.IsZero() {
		return nil
	}
	out := metav1.NewTime(t.UTC().Truncate(time.Second))
	return &out
}

// clip shortens a sentence to what a field may hold.
func clip(s string, limit int) string {
	r := []rune(s)
	if len(r) <= limit {
		return s
	}
	return string(r[:limit-1]) + "…"
}

// connectionReason names a connection failure as a condition reason.
func connectionReason(err error) string {
	switch fault.KindOf(err) {
	case fault.Unauthorized:
		return api.UnauthorizedReason
	case fault.Forbidden:
		return api.ForbiddenReason
	case fault.NotFound:
		return api.NotFoundReason
	case fault.NotCompliant, fault.Invalid:
		return api.NotCompliantReason
	}
	return api.UnreachableReason
}
