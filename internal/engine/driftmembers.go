package engine

import (
	"context"
	"fmt"
	"slices"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/fault"
	"github.com/entrain-dev/entrain/internal/state"
)

// memberReader is a Target that tells the members of a group.
type memberReader interface {
	Members(ctx context.Context, group directory.TargetID) ([]directory.TargetID, error)
}

// strangers are the members that a group has in the target and was not given, and those it lacks.
type strangers struct {
	// ours are managed people, foreign ones are unknown.
	ours    []state.Seq
	foreign []directory.TargetID
	lost    []state.Edge
	// all are the ids in the target of ours and foreign.
	all []directory.TargetID
}

// membersOf compares the members of a group with those that it was given.
func (p *driftPass) membersOf(ctx context.Context, side Side, r state.Candidate) error {
	target, ok := p.plan.Target.(memberReader)
	if _, mapped := side.Mapping.Members(); !mapped || !ok || r.Kind != directory.Group || r.Link != state.Active {
		return nil
	}
	have, err := target.Members(ctx, r.Target)
	if fault.Is(err, fault.NotFound) {
		return p.gone(ctx, r)
	}
	if err != nil {
		return p.failed(ctx, r, err)
	}
	p.inARow.Store(0)
	found, given, err := p.strangers(ctx, r, have)
	switch {
	case err != nil:
		return err
	case len(have) == 0 && given >= suspiciousGroup:
		p.Log.Warn("A group of the target that was given members shows none; nothing is concluded from it", "config", p.plan.Name, "group", r.ID, "given", given)
		return nil
	case len(found.all)+len(found.lost) == 0:
		return nil
	}
	p.count(func(rep *state.Report) { rep.Drifted++ }, 0)
	entry := p.membersDrifted(r, found)
	if p.plan.Drift == DriftCorrected {
		if err := p.restrain(ctx, r, &found, entry); err != nil {
			return err
		}
	}
	if err := p.Store.AppendLog(context.WithoutCancel(ctx), p.plan.ID, []state.LogEntry{*entry}); err != nil || p.plan.Drift != DriftCorrected {
		return err
	}
	return p.restoreMembers(ctx, r, found)
}

// strangers compares the members that a group has with those that it was given.
func (p *driftPass) strangers(ctx context.Context, r state.Candidate, have []directory.TargetID) (out strangers, given int, err error) {
	there := make(map[directory.TargetID]bool, len(have))
	for _, id := range have {
		there[id] = true
	}
	err = pages(func(after state.Seq) ([]state.Membership, error) {
		return p.Store.TargetEdges(ctx, p.plan.ID, r.Seq, after, state.PageSize)
	}, func(e state.Membership) state.Seq { return e.Member }, func(page []state.Membership) error {
		given += len(page)
		for _, e := range page {
			// Whether somebody who was released is a member is no longer our business.
			if (e.Link == state.Active || e.Link == state.Disabled) && !there[e.Target] {
				out.lost = append(out.lost, e.Edge)
			}
			delete(there, e.Target)
		}
		return nil
	})
	if err != nil {
		return out, given, err
	}
	for id := range there {
		out.all = append(out.all, id)
	}
	slices.Sort(out.all)
	for chunk := range slices.Chunk(out.all, state.PageSize) {
		known, err := p.Store.Linked(ctx, p.plan.ID, directory.User, chunk)
		if err != nil {
			return out, given, err
		}
		for _, id := range chunk {
			if c, ok := known[id]; ok {
				out.ours = append(out.ours, c.Seq)
			} else {
				out.foreign = append(out.foreign, id)
			}
		}
	}
	return out, given, nil
}

// restrain takes back who must not be removed: members whom nobody knows while one of them may be somebody who is about to be
// linked, and everybody when they are more than accidental deletion prevention allows.
func (p *driftPass) restrain(ctx context.Context, r state.Candidate, found *strangers, entry *state.LogEntry) error {
	awaited, err := p.Store.Awaited(ctx, p.plan.ID, r.Seq)
	if err != nil {
		return err
	}
	if awaited > 0 {
		found.foreign = nil
	}
	removing := int64(len(found.ours) + len(found.foreign))
	if g := p.plan.Guard; g.Enabled && p.config.Drift.Removed+removing > g.Threshold {
		entry.Advice = fmt.Sprintf("Nobody was removed: that would be more than the %d removals that accidental deletion prevention allows. "+
			"Take them out by hand, add them in Entra, or raise the threshold.", g.Threshold)
		found.ours, found.foreign, removing = nil, nil, 0
	}
	p.config.Drift.Removed += removing
	return p.save(ctx)
}

// restoreMembers tells the store what the group has and lets it be made equal. Members whom nobody knows are taken out by
// themselves.
func (p *driftPass) restoreMembers(ctx context.Context, r state.Candidate, found strangers) error {
	if err := p.Store.CommitEdges(context.WithoutCancel(ctx), p.plan.ID, r.Seq, found.ours, seqsOf(found.lost), nil); err != nil {
		return err
	}
	if err := p.intendMembers(ctx, r.Record); err != nil {
		return err
	}
	if err := p.applyGroupMembers(ctx, r.Record); err != nil {
		return err
	}
	return p.removeForeign(ctx, r, found.foreign)
}

// removeForeign takes members out of a group whom nobody knows.
func (p *driftPass) removeForeign(ctx context.Context, r state.Candidate, foreign []directory.TargetID) error {
	batch := p.caps.MemberBatch
	if batch <= 0 {
		batch = defaultMemberBatch
	}
	for chunk := range slices.Chunk(foreign, batch) {
		if p.stopping() {
			return errStopped
		}
		if err := p.plan.Target.UpdateMembers(ctx, r.Target, nil, chunk); err != nil {
			return p.failed(ctx, r, err)
		}
		p.inARow.Store(0)
		p.count(func(rep *state.Report) { rep.Updated++ }, 0)
		entry := p.drifted(r.Record)
		entry.Reason = fmt.Sprintf("%d members whom nobody manages were taken out.", len(chunk))
		for _, id := range chunk {
			entry.Properties = append(entry.Properties, state.LogProperty{Name: directory.AttrMembers, Old: string(id)})
		}
		if err := p.Store.AppendLog(context.WithoutCancel(ctx), p.plan.ID, []state.LogEntry{*entry}); err != nil {
			return err
		}
	}
	return nil
}

// membersDrifted is the entry about members that somebody added or took out. What is done about it is logged when it is done.
func (p *driftPass) membersDrifted(r state.Candidate, found strangers) *state.LogEntry {
	entry := p.entry(r.Record, logOther, logWarning)
	entry.Code = codeDriftDetected
	if p.plan.Drift != DriftCorrected {
		entry.Advice = adviceOnDrift
	}
	entry.Reason = fmt.Sprintf("In the target %d members were added and %d taken out.", len(found.all), len(found.lost))
	for _, id := range found.all {
		entry.Properties = append(entry.Properties, state.LogProperty{Name: directory.AttrMembers, Old: string(id)})
	}
	for _, e := range found.lost {
		entry.Properties = append(entry.Properties, state.LogProperty{Name: directory.AttrMembers, New: string(e.ID)})
	}
	return entry
}
