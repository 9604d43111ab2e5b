package engine

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/engine/decide"
	"github.com/entrain-dev/entrain/internal/fault"
	"github.com/entrain-dev/entrain/internal/state"
)

// actionOf translates actions of the provisioning log.
var actionOf = map[string]string{
	logCreate: OnDemandCreate, logUpdate: OnDemandUpdate, logDisable: OnDemandDisable, logDelete: OnDemandDelete,
}

// perform decides and applies the decision, as evaluate and the apply phases of a cycle do for each object.
func (d *demand) perform(ctx context.Context) (bool, error) {
	j := d.judge(d.side, d.record, d.targets)
	d.decision = decide.Decide(j.input)
	v := d.decision
	err := d.Store.Decide(ctx, d.plan.ID, []state.Decision{{Seq: d.record.Seq, Action: v.Action, Reason: string(v.Reason), LeavesScope: v.LeavesScope}})
	if err != nil {
		return false, err
	}
	held := v.Action == d.record.Action && d.record.Held
	d.record.Action, d.record.Reason, d.record.LeavesScope = v.Action, string(v.Reason), v.LeavesScope
	switch {
	case v.Action == state.None:
		return d.nothing(ctx, string(v.Reason), skipText(d.kind, v.Reason))
	case v.Action.Removes() && (held || d.plan.Guard.Enabled && d.plan.Guard.Threshold < 1):
		return d.nothing(ctx, "StagedDelete", "The removal is held by accidental deletion prevention; release it with the allow-deletes annotation.")
	}
	return d.apply(ctx)
}

// nothing ends a run in which nothing is to be sent for the object itself.
func (d *demand) nothing(ctx context.Context, code, description string) (bool, error) {
	d.matchedNothing()
	entry := d.newEntry(logOther, logSkipped)
	entry.Code, entry.Reason, entry.Target = code, description, d.out.Target
	logStep(entry, "EntrySynchronizationSkip", "export", logSkipped, "%s", description)
	if err := d.appendLog(ctx, entry); err != nil {
		return false, err
	}
	return d.conclude(ctx, OnDemandSkipped, code, description)
}

// skipText says why nothing is done.
func skipText(kind directory.Kind, reason decide.Reason) string {
	switch reason {
	case decide.ReasonEqual:
		return "The state of the " + strings.ToLower(string(kind)) + " in both the source and target systems already match."
	case decide.ReasonUnmanaged:
		return "The object had left scope before; its resource is no longer managed."
	}
	return "The object is not in scope and nothing in the target is managed for it."
}

// matchedNothing writes the step of matching where no look-up was needed.
func (d *demand) matchedNothing() {
	for _, s := range d.out.Steps {
		if s.Name == StepMatch {
			return
		}
	}
	d.step(StepMatch, OnDemandSkipped, "", "Nothing was looked up, because nothing is to be provisioned.", nil)
}

// apply sends what was decided and commits what came of it.
func (d *demand) apply(ctx context.Context) (bool, error) {
	if err := d.intend(ctx, []state.Candidate{d.record}); err != nil {
		return false, err
	}
	d.target.failed = nil
	looked := len(d.target.tried) + len(d.target.found)
	outcome, err := d.act(ctx, job{side: d.side, record: d.record, targets: d.targets})
	if outcome != nil {
		if outcome.Log != nil {
			outcome.Log.Steps = append(append([]state.LogStep(nil), d.logSteps...), outcome.Log.Steps...)
		}
		// What was done at the target must reach the store also when the run is being ended.
		if cerr := d.Store.Commit(context.WithoutCancel(ctx), d.plan.ID, []state.Outcome{*outcome}); cerr != nil {
			return false, cerr
		}
	}
	failure := d.failure(outcome, err)
	if ours(failure) {
		return false, failure
	}
	if len(d.target.tried)+len(d.target.found) > looked {
		if failure != nil && d.failedMatching(failure) {
			d.step(StepMatch, OnDemandFailure, codeOf(failure), fault.MessageOf(failure), nil)
			return false, d.logUncommitted(ctx, outcome, failure)
		}
		d.matched(d.lookupText())
	}
	if failure != nil {
		d.matchedNothing()
		d.step(StepPerformAction, OnDemandFailure, codeOf(failure), fault.MessageOf(failure), nil)
		return false, d.logUncommitted(ctx, outcome, failure)
	}
	return d.done(ctx, *outcome)
}

// failure returns what went wrong: what ends a cycle, or what put the object into escrow.
func (d *demand) failure(outcome *state.Outcome, err error) error {
	switch {
	case err != nil:
		return err
	case outcome == nil && d.target.failed != nil:
		// Postponed: another object holds the value and may give it up. The next cycle, which sees both, tries again.
		return d.target.failed
	case outcome == nil:
		return &fault.Error{
			Kind: fault.Duplicate, Op: "match", Code: codeDuplicateSource,
			Message: "Another object of the source has the same matching value; give them different values for the matching attribute.",
		}
	case outcome.Escrow != nil:
		return &fault.Error{Kind: fault.KindOf(d.target.failed), Op: "provision on demand", Code: outcome.Escrow.Code, Message: outcome.Escrow.Message}
	case outcome.Log != nil && outcome.Log.Status == logFailure:
		return &fault.Error{Kind: fault.Invalid, Op: "provision on demand", Code: outcome.Log.Code, Message: outcome.Log.Reason}
	}
	return nil
}

// failedMatching reports whether the look-up failed, or found what cannot be taken.
func (d *demand) failedMatching(failure error) bool {
	switch fault.CodeOf(failure) {
	case "DuplicateTargetEntries", codeDuplicateSource:
		return true
	}
	return d.target.failed != nil && d.target.looking
}

// logUncommitted writes the entry of a failure that ended the run without an outcome.
func (d *demand) logUncommitted(ctx context.Context, outcome *state.Outcome, failure error) error {
	if outcome != nil {
		return nil
	}
	return d.appendLog(ctx, d.logged(d.newEntry(actionName(d.record), logFailure), failure))
}

func (d *demand) lookupText() string {
	switch {
	case len(d.target.found) > 0:
		return "A matching resource was found."
	case len(d.target.tried) > 0:
		return "No resource matches by " + strings.Join(d.target.tried, ", ") + "."
	}
	return "The linked resource no longer exists."
}

// done tells what was done.
func (d *demand) done(ctx context.Context, outcome state.Outcome) (bool, error) {
	d.matchedNothing()
	if outcome.Target != "" {
		d.out.Target = outcome.Target
	}
	d.record.Link, d.record.Target = outcome.Link, outcome.Target
	code, description := string(decide.ReasonEqual), skipText(d.kind, decide.ReasonEqual)
	result := OnDemandSkipped
	if entry := outcome.Log; entry != nil {
		code, description = cmp.Or(entry.Code, entry.Reason), exported(entry)
		if action, ok := actionOf[entry.Action]; ok && (entry.Status != logSkipped || entry.Code == codeDryRun) {
			d.out.Action, result, code = action, OnDemandSuccess, ""
		}
		d.out.Properties = entry.Properties
	}
	if d.plan.DryRun && result == OnDemandSuccess {
		result, code, description = OnDemandSkipped, codeDryRun, "Nothing was written because this is a dry run: "+description
	}
	if err := d.sendReferences(ctx); ours(err) {
		return false, err
	} else if err != nil {
		d.step(StepPerformAction, OnDemandFailure, codeOf(err), fault.MessageOf(err), nil)
		return false, nil
	}
	return d.conclude(ctx, result, code, description)
}

// exported returns what an entry says of what was sent, or why nothing was.
func exported(entry *state.LogEntry) string {
	text := entry.Reason
	for _, s := range entry.Steps {
		if s.Type == "export" {
			text = s.Description
		}
	}
	return text
}

// sendReferences sends references of the object that could not go with the create.
func (d *demand) sendReferences(ctx context.Context) error {
	waiting, err := d.Store.Waiting(ctx, d.plan.ID, d.record.Seq-1, state.PageSize)
	if err != nil || d.plan.DryRun {
		return err
	}
	waiting = slices.DeleteFunc(waiting, func(w state.Waiting) bool { return w.Seq != d.record.Seq })
	if len(waiting) == 0 {
		return nil
	}
	out, err := d.refer(ctx, waiting)
	if err != nil {
		return err
	}
	if err := d.Store.Commit(context.WithoutCancel(ctx), d.plan.ID, []state.Outcome{out}); err != nil {
		return err
	}
	if e := out.Escrow; e != nil {
		return &fault.Error{Kind: fault.Invalid, Op: "send reference", Code: e.Code, Message: e.Message}
	}
	if out.Log != nil {
		d.out.Properties = append(d.out.Properties, out.Log.Properties...)
	}
	return nil
}

// conclude adds the memberships of a group and writes the last step.
func (d *demand) conclude(ctx context.Context, result, code, description string) (bool, error) {
	details := map[string]string{}
	for _, p := range d.out.Properties {
		details[p.Name] = p.New
	}
	if d.kind == directory.Group && len(d.subject.Members) > 0 {
		before := d.references.Load()
		changed, err := d.provisionMembers(ctx, details)
		if d.references.Load() > before {
			// The entry of the failure is in the log already.
			d.step(StepPerformAction, OnDemandFailure, codeOf(err), fault.MessageOf(err), details)
			return false, nil
		}
		if err != nil {
			return d.fail(ctx, StepPerformAction, err, details)
		}
		if changed && d.out.Action == OnDemandNone {
			d.out.Action = OnDemandUpdate
			result, code, description = OnDemandSuccess, "", "Memberships were updated."
			if d.plan.DryRun {
				result, code, description = OnDemandSkipped, codeDryRun, "Nothing was written because this is a dry run: memberships differ."
			}
		}
	}
	d.step(StepPerformAction, result, code, description, details)
	return true, nil
}
