package engine

import (
	"context"
	"errors"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/engine/decide"
	"github.com/entrain-dev/entrain/internal/fault"
	"github.com/entrain-dev/entrain/internal/scope"
	"github.com/entrain-dev/entrain/internal/state"
)

// Judgement is what a cycle would decide about one object, and what led to it.
type Judgement struct {
	// Scope is what the scoping filters say, clause by clause.
	Scope scope.Verdict
	// Assigned is true when the object is assigned, or when everybody is in scope. Enabled is accountEnabled.
	Assigned, Enabled bool
	// InScope is true when the object should have an enabled resource in the target.
	InScope bool
	Action  state.Action
	Reason  decide.Reason
	// LeavesScope is true when Action takes the object out of management.
	LeavesScope bool
	// Properties are the values that the action would change; redacted values are "[Redact]". For an object that is not linked
	// they are what would be sent on create.
	Properties []state.LogProperty
	// Waits are references to objects that have no resource in the target yet.
	Waits []state.Wait
	// Err is why the mapping cannot be applied, nil when it can.
	Err error
}

// Judge says what a cycle would decide about an object as it is in the store. It reads the store and changes nothing; no
// request is sent.
func (e *Engine) Judge(ctx context.Context, plan *Plan, r state.Candidate) (Judgement, error) {
	side, ok := plan.side(r.Kind)
	if !ok {
		return Judgement{}, fault.New(fault.Invalid, "judge", "groups are not provisioned by %s", plan.Name)
	}
	c := newCycle(e, plan, Request{}, state.Config{ID: plan.ID})
	c.caps = plan.Target.Capabilities()
	targets, err := c.resolve(ctx, []state.Candidate{r})
	if err != nil {
		return Judgement{}, err
	}
	j := c.judge(side, r, targets)
	v := decide.Decide(j.input)
	out := Judgement{
		Scope: j.verdict, Assigned: j.input.Assigned, Enabled: j.input.Enabled, InScope: !j.input.SoftDeleted() && j.verdict.Err == nil,
		Action: v.Action, Reason: v.Reason, LeavesScope: v.LeavesScope, Waits: j.waits, Err: j.err,
	}
	switch v.Action {
	case state.Provision:
		if j.err == nil {
			out.Properties = properties(side.Mapping.Created(j.desired))
		}
	case state.Update:
		out.Properties = properties(j.modified)
	case state.Disable:
		off, err := c.disabling(side, r)
		out.Err = errors.Join(out.Err, err)
		out.Properties = properties(off.modified)
	}
	return out, nil
}

// Preview runs a whole cycle, and yet writes nothing to the target: requests that read are sent, those that write are answered
// here. e.Store must be a copy of the real state, because the cycle is recorded in it; what would happen is the log of the cycle
// that is returned. Everybody is decided and applied by the same code as in a real cycle, so that a preview can differ from it
// only where the target would have refused a request or where somebody changes something meanwhile.
func (e *Engine) Preview(ctx context.Context, plan *Plan, observe func(Progress)) (state.Config, error) {
	config, err := e.Store.Load(ctx, plan.ID)
	if err != nil {
		return config, fault.Wrap(fault.Internal, "load state", err)
	}
	preview := *plan
	preview.DryRun = false
	preview.Target = newReadOnly(plan.Target)
	// A cycle in progress is not gone on with, so that what is pending is counted by the cycle of the preview.
	c := newCycle(e, &preview, Request{Observe: observe}, config)
	c.adoptRead()
	// A set that is held already is written down again, because the log of the preview is new.
	c.config.Held = nil
	if err := e.Store.Save(ctx, c.config); err != nil {
		return c.config, fault.Wrap(fault.Internal, "save state", err)
	}
	return e.Run(ctx, &preview, Request{Observe: observe})
}

// PlannedID begins the ids of resources that a preview would create.
const PlannedID = "planned-"

// readOnly is a target that is only read; what is written comes back as if it had been done.
type readOnly struct {
	Target
}

func newReadOnly(t Target) Target { return readOnly{t} }

// Create gives the resource an id that no target gives.
func (r readOnly) Create(_ context.Context, _ directory.Kind, doc directory.Document) (directory.Resource, error) {
	return directory.Resource{ID: directory.TargetID(PlannedID + newID()), Document: doc}, nil
}

func (r readOnly) Update(context.Context, directory.Kind, directory.TargetID, []directory.Operation) error {
	return nil
}

func (r readOnly) UpdateMembers(context.Context, directory.TargetID, []directory.TargetID, []directory.TargetID) error {
	return nil
}

func (r readOnly) Delete(context.Context, directory.Kind, directory.TargetID) error { return nil }
