package engine

import (
	"context"
	"encoding/json"
	"maps"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/engine/decide"
	"github.com/entrain-dev/entrain/internal/mapping"
	"github.com/entrain-dev/entrain/internal/scope"
	"github.com/entrain-dev/entrain/internal/state"
)

// evaluate decides about every object that is due, page by page. It sends nothing.
func (c *cycle) evaluate(ctx context.Context) error {
	for _, kind := range []directory.Kind{directory.User, directory.Group} {
		side, ok := c.plan.side(kind)
		total, err := c.Store.CountDue(ctx, c.plan.ID, kind)
		if err != nil {
			return err
		}
		c.observe(func(p *Progress) { p.Total += total })
		err = pages(func(after state.Seq) ([]state.Candidate, error) {
			return c.Store.Due(ctx, c.plan.ID, kind, after, state.PageSize)
		}, func(r state.Candidate) state.Seq { return r.Seq }, func(page []state.Candidate) error {
			if err := c.interrupted(ctx); err != nil {
				return err
			}
			decisions := make([]state.Decision, 0, len(page))
			if !ok {
				// Groups that are not provisioned are read only for who is in them.
				for _, r := range page {
					decisions = append(decisions, state.Decision{Seq: r.Seq})
				}
				return c.Store.Decide(ctx, c.plan.ID, decisions)
			}
			targets, err := c.resolve(ctx, page)
			if err != nil {
				return err
			}
			for _, r := range page {
				if c.unsettled(r) {
					continue // stays due until a list of assignments is believed
				}
				decisions = append(decisions, c.decide(side, r, targets))
			}
			c.count(func(*state.Report) {}, int64(len(page)))
			return c.Store.Decide(ctx, c.plan.ID, decisions)
		})
		if err != nil {
			return err
		}
	}
	c.config.Plan = c.plan.Fingerprint
	return nil
}

// unsettled reports whether it is not known that somebody lost access: they are in the source, and not assigned by a list of
// assignments that is doubted.
func (c *cycle) unsettled(r state.Candidate) bool {
	return c.doubted && c.plan.AssignedOnly && r.Removal == directory.Present && !(r.Assigned && entitles(r))
}

// decide judges one object.
func (c *cycle) decide(side Side, r state.Candidate, targets resolved) state.Decision {
	j := c.judge(side, r, targets)
	v := decide.Decide(j.input)
	d := state.Decision{Seq: r.Seq, Action: v.Action, Reason: string(v.Reason), LeavesScope: v.LeavesScope}
	if v.Action == state.None {
		if j.entitled() {
			c.count(func(rep *state.Report) { rep.Skipped++ }, 0)
		}
		return d
	}
	if c.plan.DryRun {
		d.Log = c.planned(side, r, j, v)
		c.count(func(rep *state.Report) { foresee(rep, v.Action) }, 0)
	}
	return d
}

// foresee counts what a dry run would do. Whoever exists in the target already would be linked instead of created.
func foresee(rep *state.Report, action state.Action) {
	switch action {
	case state.Provision:
		rep.Created++
	case state.Update:
		rep.Updated++
	case state.Disable:
		rep.Disabled++
	case state.Delete:
		rep.Deleted++
	}
}

// judgement is what is known about an object when it is judged.
type judgement struct {
	input   decide.Input
	verdict scope.Verdict
	// desired, ops and modified are what the resource should be and what it lacks; they are empty for removed objects.
	desired  mapping.Desired
	ops      []directory.Operation
	modified []mapping.Modified
	applied  directory.Values
	waits    []state.Wait
	// err is why the mapping could not be applied.
	err error
}

// entitled reports whether an administrator would expect something to have happened to the object.
func (j judgement) entitled() bool {
	return j.input.Removal == directory.Present && j.input.Assigned
}

// judge evaluates assignment, scoping filters and the mapping for one object; it is pure.
func (c *cycle) judge(side Side, r state.Candidate, targets resolved) judgement {
	var j judgement
	j.verdict = side.Scope.Evaluate(r.Attributes)
	create, update, remove := side.Mapping.Allows()
	_, disables := side.Mapping.DisablesBy()
	j.input = decide.Input{
		Kind: r.Kind, Removal: r.Removal, Link: r.Link, Intent: r.Intent,
		Enabled:      r.Kind == directory.Group || r.Attributes.First(directory.AttrAccountEnabled) != "False",
		Assigned:     !c.plan.AssignedOnly || r.Assigned && entitles(r),
		Filtered:     j.verdict.InScope,
		ScopeUnknown: j.verdict.Err != nil || c.unsettled(r),
		Create:       create, Update: update, Delete: remove, Disables: disables,
		SkipOutOfScope: c.plan.SkipOutOfScopeDeletions,
	}
	if r.Intent && r.Link == state.Disabled {
		// A change that may have happened may have enabled it.
		j.input.Link = state.Active
	}
	if r.Kind == directory.Group {
		j.input.CanDelete = c.caps.DeleteGroups
	} else {
		j.input.CanDelete = c.caps.DeleteUsers
	}
	if r.Removal != directory.Present {
		return j
	}
	j.desired, j.err = side.Mapping.Apply(c.view(r, j.input.SoftDeleted()), c.env)
	if j.err != nil {
		// The attempt to apply it reports the error and puts the object in escrow.
		j.input.Changed = true
		return j
	}
	j.compare(side.Mapping, r.Applied, targets)
	// A reference that has to wait is a difference too: it is written down when the update is applied.
	// So is a change that may have happened: only the resource itself can tell that there is no difference.
	j.input.Changed = len(j.ops) > 0 || len(j.waits) > 0 || uncertain(r)
	return j
}

// uncertain reports whether the resource of an object may be another than what was noted: a change was sent, or about to be, and
// nothing is known of what came of it.
func uncertain(r state.Candidate) bool { return r.Intent && r.Target != "" }

// entitles reports whether an assignment of the object counts: that of a group only while it is security-enabled (reference 1.7).
func entitles(r state.Candidate) bool {
	return r.Kind == directory.User || r.Attributes.First(directory.AttrSecurityEnabled) != "False"
}

// compare computes what has to be sent to a resource that has the values have.
func (j *judgement) compare(m *mapping.Mapping, have directory.Values, targets resolved) {
	j.ops, j.modified, j.applied = m.Diff(j.desired, have)
	j.waits = nil
	for _, ref := range j.desired.References {
		old, had := have[ref.Path].(string)
		target, ok := targets[ref.Source]
		switch {
		case ref.OnCreateOnly:
		case ref.Source == "":
			if ref.Clear && had {
				j.ops = append(j.ops, directory.Operation{Kind: directory.Remove, Path: ref.Path})
				j.modified = append(j.modified, mapping.Modified{Path: ref.Path, Old: old})
				delete(j.applied, ref.Path)
			}
		case !ok:
			j.waits = append(j.waits, state.Wait{Path: ref.Path, For: ref.Source})
		case old != string(target):
			kind := directory.Add
			if had {
				kind = directory.Replace
			}
			j.ops = append(j.ops, directory.Operation{Kind: kind, Path: ref.Path, Value: target})
			j.modified = append(j.modified, mapping.Modified{Path: ref.Path, Old: old, New: string(target)})
			j.applied[ref.Path] = string(target)
		}
	}
}

// view returns the attributes as mappings see them: those that were read, and the computed ones.
func (c *cycle) view(r state.Candidate, softDeleted bool) directory.Attributes {
	a := maps.Clone(r.Attributes)
	if a == nil {
		a = directory.Attributes{}
	}
	a[directory.AttrIsSoftDeleted] = []string{"False"}
	if softDeleted {
		a[directory.AttrIsSoftDeleted] = []string{"True"}
	}
	a[directory.AttrObjectID] = []string{string(r.ID)}
	delete(a, directory.AttrAppRoles)
	for _, role := range r.Roles {
		text, err := json.Marshal(role)
		if err == nil {
			a[directory.AttrAppRoles] = append(a[directory.AttrAppRoles], string(text))
		}
	}
	return a
}

// disabling returns the operations that switch a linked resource off: exactly those that follow from IsSoftDeleted, so that
// whatever else is known about a person who leaves does not matter.
func (c *cycle) disabling(side Side, r state.Candidate) (judgement, error) {
	off, err := side.Mapping.ApplyLeaving(c.view(r, true), c.env)
	if err != nil {
		return judgement{}, err
	}
	j := judgement{desired: off}
	have := r.Applied
	if uncertain(r) {
		have = nil
	}
	j.ops, j.modified, j.applied = side.Mapping.Diff(off, have)
	return j, nil
}

// resolved holds the resources of referenced objects.
type resolved map[directory.SourceID]directory.TargetID

// resolve looks up what the objects of a page refer to.
func (c *cycle) resolve(ctx context.Context, page []state.Candidate) (resolved, error) {
	ids := map[directory.SourceID]bool{}
	for _, r := range page {
		for _, id := range r.Attributes[directory.AttrManager] {
			ids[directory.SourceID(id)] = true
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	list := make([]directory.SourceID, 0, len(ids))
	for id := range ids {
		list = append(list, id)
	}
	return c.Store.Targets(ctx, c.plan.ID, list)
}
