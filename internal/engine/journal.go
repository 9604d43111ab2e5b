package engine

import (
	"errors"
	"fmt"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/engine/decide"
	"github.com/entrain-dev/entrain/internal/fault"
	"github.com/entrain-dev/entrain/internal/mapping"
	"github.com/entrain-dev/entrain/internal/state"
)

// Actions and statuses of the provisioning log, reference part 2 section 10.1.
const (
	logCreate       = "create"
	logUpdate       = "update"
	logDisable      = "disable"
	logDelete       = "delete"
	logStagedDelete = "stageddelete"
	logOther        = "other"

	logSuccess = "success"
	logFailure = "failure"
	logSkipped = "skipped"
	logWarning = "warning"
)

// entry begins a log entry about an object.
func (c *cycle) entry(r state.Record, action, status string) *state.LogEntry {
	e := &state.LogEntry{
		ID: newID(), ChangeID: newID(), CycleID: c.report.ID, Time: c.Clock.Now(), Kind: r.Kind, Source: r.ID, Target: r.Target,
		SourceName: r.Attributes.First(directory.AttrUserPrincipalName), Action: action, Status: status,
	}
	if r.Kind == directory.Group {
		e.SourceName = r.Attributes.First("displayName")
	}
	return e
}

// step appends a step to an entry.
func logStep(e *state.LogEntry, name, kind, status, format string, args ...any) {
	e.Steps = append(e.Steps, state.LogStep{Name: name, Type: kind, Status: status, Description: fmt.Sprintf(format, args...)})
}

// properties turns changed attributes into log properties; redacted values come redacted from the mapping.
func properties(modified []mapping.Modified) []state.LogProperty {
	out := make([]state.LogProperty, len(modified))
	for i, m := range modified {
		out[i] = state.LogProperty{Name: m.Path, Old: m.Old, New: m.New}
		if m.Redacted {
			out[i].Old, out[i].New = "", "[Redact]"
		}
	}
	return out
}

// warn adds the values that the target cannot take.
func warn(e *state.LogEntry, warnings []mapping.Warning) {
	for _, w := range warnings {
		logStep(e, "EntrySynchronizationWarning", "processing", logWarning, "%s was left out: %s", w.Path, w.Message)
		if e.Status == logSuccess {
			e.Status, e.Reason = logWarning, "A value that the target cannot take was left out."
		}
	}
}

// logged adds what failed.
func (c *cycle) logged(e *state.LogEntry, err error) *state.LogEntry {
	e.Status, e.Code, e.Reason = logFailure, codeOf(err), fault.MessageOf(err)
	// What the application itself said may hold values, so that it stands in the log and nowhere else.
	var answer interface{ LogDetail() string }
	switch {
	case errors.As(err, &answer) && answer.LogDetail() != "":
		logStep(e, "EntryExport", "export", logFailure, "The application answered: %s", answer.LogDetail())
	case fault.Is(err, fault.Duplicate):
		logStep(e, "EntryImportByMatchingProperty", "matching", logFailure, "%s", e.Reason)
	default:
		logStep(e, "EntryExport", "export", logFailure, "%s", e.Reason)
	}
	return e
}

// planned is the entry of a dry run: what would be sent.
func (c *cycle) planned(side Side, r state.Candidate, j judgement, v decide.Verdict) *state.LogEntry {
	action := map[state.Action]string{
		state.Provision: logCreate, state.Update: logUpdate, state.Disable: logDisable, state.Delete: logDelete, state.Release: logOther,
	}[v.Action]
	e := c.entry(r.Record, action, logSkipped)
	e.Code, e.Reason = "DryRun", string(v.Reason)
	if v.Action == state.Disable {
		if off, err := c.disabling(side, r); err == nil {
			j = off
		}
	}
	e.Properties = properties(j.modified)
	return e
}

// codeOf returns the error code of reference part 2 section 7.8 for a failure.
func codeOf(err error) string {
	if code := fault.CodeOf(err); code != fault.KindOf(err).String() {
		return code
	}
	switch fault.KindOf(err) {
	case fault.Conflict:
		return "EntryConflict"
	case fault.Duplicate:
		return "DuplicateTargetEntries"
	case fault.NotFound:
		return "InvalidAnchor"
	case fault.Invalid:
		return "UnprocessableEntity"
	case fault.Forbidden:
		return "InsufficientRights"
	case fault.Unauthorized:
		return "Unauthorized"
	case fault.Throttled:
		return "TooManyRequests"
	case fault.NotCompliant:
		return "SystemForCrossDomainIdentityManagementServiceIncompatible"
	case fault.Unreachable:
		return "WebExceptionProtocolError"
	case fault.Transient:
		return "InternalServerError"
	case fault.Stale:
		return "EntryConflict"
	}
	return "InternalError"
}
