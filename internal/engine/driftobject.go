package engine

import (
	"context"
	"maps"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/fault"
	"github.com/entrain-dev/entrain/internal/state"
)

// Codes of the provisioning log for what somebody changed in the target.
const (
	codeDriftDetected  = "DriftDetected"
	codeDriftCorrected = "DriftCorrected"

	adviceOnDrift = "Undo the change in the target, make it in Entra, or set spec.extensions.driftCorrection to Correct."
)

// one compares an object with its resource as the list shows it. A list may be behind, so that a difference is only a reason
// to read the resource itself.
func (p *driftPass) one(ctx context.Context, side Side, r state.Candidate, res directory.Resource, targets resolved) error {
	p.count(func(*state.Report) {}, 1)
	if p.stopping() {
		return errStopped
	}
	if !settled(r) {
		return nil
	}
	if _, differs := p.differs(side, r, res, targets); differs {
		return p.fresh(ctx, side, r, targets)
	}
	return p.membersOf(ctx, side, r)
}

// fresh reads the resource of an object and deals with what differs.
func (p *driftPass) fresh(ctx context.Context, side Side, r state.Candidate, targets resolved) error {
	if p.stopping() {
		return errStopped
	}
	res, err := p.plan.Target.Get(ctx, r.Kind, r.Target)
	if fault.Is(err, fault.NotFound) {
		return p.gone(ctx, r)
	}
	if err != nil {
		return p.failed(ctx, r, err)
	}
	p.inARow.Store(0)
	if j, differs := p.differs(side, r, res, targets); differs {
		if err := p.restore(ctx, r, j); err != nil {
			return err
		}
	}
	return p.membersOf(ctx, side, r)
}

// differs returns what has to be sent so that a resource has what it was given. What was never sent is somebody else's.
func (p *driftPass) differs(side Side, r state.Candidate, res directory.Resource, targets resolved) (judgement, bool) {
	have := side.Mapping.Reread(r.Applied, side.Mapping.Current(res.Document))
	j := p.judge(side, r, targets)
	switch {
	case !j.input.Update || j.input.ScopeUnknown || j.err != nil:
		return j, false
	case r.Removal == directory.SoftDeleted && r.Link == state.Disabled:
		there := r
		there.Applied = have
		off, err := p.disabling(side, there)
		if err != nil {
			return off, false
		}
		applied := maps.Clone(r.Applied)
		maps.Copy(applied, off.applied)
		off.applied = applied
		return off, len(off.ops) > 0
	case r.Removal != directory.Present, (r.Link == state.Disabled) != j.input.SoftDeleted(), len(j.ops) > 0:
		// What the next evaluation will decide, or what this mapping cannot carry to the target, is no drift.
		return j, false
	}
	j.compare(side.Mapping, have, targets)
	return j, len(j.ops) > 0
}

// restore writes down what differs and, where that is wanted, sends it.
func (p *driftPass) restore(ctx context.Context, r state.Candidate, j judgement) error {
	p.count(func(rep *state.Report) { rep.Drifted++ }, 0)
	entry := p.drifted(r.Record)
	entry.Properties = properties(j.modified)
	out := p.keep(r)
	if p.plan.Drift == DriftCorrected {
		if err := p.plan.Target.Update(ctx, r.Kind, r.Target, j.ops); err != nil {
			return p.failed(ctx, r, err)
		}
		p.inARow.Store(0)
		p.count(func(rep *state.Report) {
			if r.Link == state.Disabled {
				rep.Disabled++
			} else {
				rep.Updated++
			}
		}, 0)
		out.Applied = j.applied
		logStep(entry, "EntryExportUpdate", "export", logSuccess, "%s had been changed in the target and was updated.", r.Kind)
	} else {
		logStep(entry, "EntryImport", "matching", logWarning, "%s was changed in the target.", r.Kind)
	}
	out.Log = entry
	return p.Store.Commit(context.WithoutCancel(ctx), p.plan.ID, []state.Outcome{out})
}

// gone deals with a resource that somebody deleted. The next cycle decides about the object as about one that was never linked.
func (p *driftPass) gone(ctx context.Context, r state.Candidate) error {
	p.count(func(rep *state.Report) { rep.Drifted++ }, 0)
	entry := p.drifted(r.Record)
	entry.Reason = "The resource was deleted in the target."
	logStep(entry, "EntryImportObjectNotFound", "matching", entry.Status, "The resource %s no longer exists.", r.Target)
	if p.plan.Drift != DriftCorrected {
		return p.Store.AppendLog(context.WithoutCancel(ctx), p.plan.ID, []state.LogEntry{*entry})
	}
	ctx = context.WithoutCancel(ctx)
	// First due, then unlinked: the other way round a kill between the two would leave somebody about whom nobody decides.
	if err := p.Store.Mark(ctx, p.plan.ID, []state.Seq{r.Seq}); err != nil {
		return err
	}
	out := state.Outcome{Seq: r.Seq, Done: true, Link: state.Unlinked, Applied: directory.Values{}, Waits: []state.Wait{}, Log: entry}
	return p.Store.Commit(ctx, p.plan.ID, []state.Outcome{out})
}

// drifted begins the log entry about a change that somebody made. Old values are those that were found, new ones those that
// the resource was given.
func (p *driftPass) drifted(r state.Record) *state.LogEntry {
	if p.plan.Drift == DriftCorrected {
		entry := p.entry(r, logUpdate, logSuccess)
		entry.Code, entry.Reason = codeDriftCorrected, "Somebody had changed the resource in the target."
		return entry
	}
	entry := p.entry(r, logOther, logWarning)
	entry.Code, entry.Reason = codeDriftDetected, "Somebody changed the resource in the target."
	entry.Advice = adviceOnDrift
	return entry
}

// failed writes down that an object could not be looked at; the next pass tries again. Nothing is owed, so that it does not
// go into escrow.
func (p *driftPass) failed(ctx context.Context, r state.Candidate, err error) error {
	if fault.Is(err, fault.Canceled, fault.Unauthorized, fault.NotCompliant, fault.Internal) {
		return p.connection(err)
	}
	entry := p.logged(p.entry(r.Record, logUpdate, logFailure), err)
	if lerr := p.Store.AppendLog(context.WithoutCancel(ctx), p.plan.ID, []state.LogEntry{*entry}); lerr != nil {
		return lerr
	}
	if p.fatal(err) {
		return p.connection(err)
	}
	return nil
}
