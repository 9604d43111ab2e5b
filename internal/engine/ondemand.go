package engine

import (
	"context"
	"time"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/engine/decide"
	"github.com/entrain-dev/entrain/internal/fault"
	"github.com/entrain-dev/entrain/internal/state"
)

// MaxMembersOnDemand is how many members of a group one run on demand takes (reference part 2 section 9.1).
const MaxMembersOnDemand = 5

// Steps of provisioning on demand, in their order (reference part 2 section 9.2).
const (
	StepTestConnection = "TestConnection"
	StepImport         = "Import"
	StepDetermineScope = "DetermineScope"
	StepMatch          = "Match"
	StepPerformAction  = "PerformAction"
)

// Results of a step and of a run on demand.
const (
	OnDemandSuccess = "Success"
	OnDemandSkipped = "Skipped"
	OnDemandFailure = "Failure"
)

// Actions of a run on demand.
const (
	OnDemandCreate  = "Create"
	OnDemandUpdate  = "Update"
	OnDemandDisable = "Disable"
	OnDemandDelete  = "Delete"
	OnDemandNone    = "None"
)

// Subject is whom to provision on demand: exactly one of UserID, UserPrincipalName and GroupID is set.
type Subject struct {
	UserID, UserPrincipalName, GroupID string
	// Members are users whose membership is provisioned with the group, at most MaxMembersOnDemand.
	Members []string
}

// OnDemand is what came of a run on demand.
type OnDemand struct {
	Source directory.SourceID
	Target directory.TargetID
	// Action is what was done in the target, in a dry run what would have been done.
	Action string
	Result string
	// Steps are those that were done; after one that failed there is none.
	Steps []OnDemandStep
	// Properties are the attributes that were sent; redacted values are "[Redact]".
	Properties []state.LogProperty
}

// OnDemandStep is one step. Details hold attribute values of the object.
type OnDemandStep struct {
	Name, Result string
	// Code is the error code of reference part 2 section 7.8 or the skip reason of 10.3, "" where there is none.
	Code, Description string
	Details           map[string]string
	Time              time.Time
}

// OnDemand provisions one object now, through the same judgement and the same requests as a cycle, and tells what each step
// saw. No cycle of the same config may run meanwhile; one that was interrupted is resumed afterwards as if nothing had been.
//
// What is read reaches the store like any other read, so that the next cycle knows it; a failing object is tried at once,
// whatever the time of its next retry. A removal that the deletion guard holds stays held.
//
// A failure of the object or of a connection is in the result. The error is about ourselves: fault.Internal when the store
// failed, fault.Canceled when ctx ended.
func (e *Engine) OnDemand(ctx context.Context, plan *Plan, s Subject) (OnDemand, error) {
	config, err := e.Store.Load(ctx, plan.ID)
	if err != nil {
		return OnDemand{}, fault.Wrap(fault.Internal, "load state", err)
	}
	// The number tells this read of the assignments from that of any cycle.
	config.Cycles++
	if err := e.Store.Save(ctx, config); err != nil {
		return OnDemand{}, fault.Wrap(fault.Internal, "save state", err)
	}
	d := newDemand(e, plan, s, config)
	for _, step := range []func(context.Context) (goOn bool, err error){d.testConnection, d.importObject, d.determineScope, d.matchObject, d.perform} {
		goOn, err := step(ctx)
		if err != nil {
			return d.out, err
		}
		if !goOn {
			break
		}
	}
	return d.out, nil
}

// demand is one run on demand in progress.
type demand struct {
	*cycle
	subject Subject
	kind    directory.Kind
	side    Side
	target  *observedTarget
	out     OnDemand

	// watermark is where the last cycle stopped reading groups, readWith the attributes that it read.
	watermark string
	readWith  string

	record   state.Candidate
	targets  resolved
	decision decide.Verdict
	// secret is what must not be shown.
	secret redaction
	// logSteps are the steps for the provisioning log.
	logSteps []state.LogStep
}

func newDemand(e *Engine, plan *Plan, s Subject, config state.Config) *demand {
	own := *plan
	target := &observedTarget{Target: plan.Target, dry: plan.DryRun}
	own.Target = target
	engine := *e
	if plan.DryRun {
		engine.Store = dryStore{e.Store}
	}
	d := &demand{subject: s, kind: directory.User, target: target, readWith: config.Selection, watermark: groupsRead(config)}
	if s.GroupID != "" {
		d.kind = directory.Group
	}
	now := e.Clock.Now()
	config.Cycle = &state.Cycle{Number: config.Cycles, ID: newID(), Started: now, Plan: plan.Fingerprint}
	d.cycle = newCycle(&engine, &own, Request{}, config)
	d.report = state.Report{ID: config.Cycle.ID, DryRun: plan.DryRun, Started: now}
	d.caps = target.Capabilities()
	d.out = OnDemand{Action: OnDemandNone, Source: directory.SourceID(s.UserID + s.GroupID)}
	return d
}

// groupsRead returns the delta token from which changed memberships can be read, "" if there is none.
func groupsRead(config state.Config) string {
	switch {
	case config.RereadGroups:
		return ""
	case config.Cycle != nil && config.Cycle.Next.Groups != "":
		return config.Cycle.Next.Groups
	}
	return config.Watermark.Groups
}

// step adds a step that went well or was skipped; the run goes on.
func (d *demand) step(name, result, code, description string, details map[string]string) {
	d.out.Steps = append(d.out.Steps, OnDemandStep{
		Name: name, Result: result, Code: code, Description: description, Details: details, Time: d.Clock.Now(),
	})
	d.out.Result = result
}

// fail ends the run with a step that failed, unless it is our own failure that there is nothing to say about.
func (d *demand) fail(ctx context.Context, name string, err error, details map[string]string) (bool, error) {
	if ours(err) {
		return false, err
	}
	d.step(name, OnDemandFailure, codeOf(err), fault.MessageOf(err), details)
	if d.out.Source == "" {
		return false, nil
	}
	entry := d.logged(d.newEntry(logOther, logFailure), err)
	return false, d.appendLog(ctx, entry)
}

// ours reports whether a failure is neither the object's nor that of a connection.
func ours(err error) bool { return fault.Is(err, fault.Canceled, fault.Internal) }

func (d *demand) newEntry(action, status string) *state.LogEntry {
	record := d.record.Record
	record.Kind, record.ID = d.kind, d.out.Source
	entry := d.entry(record, action, status)
	entry.Steps = append(entry.Steps, d.logSteps...)
	return entry
}

func (d *demand) appendLog(ctx context.Context, entry *state.LogEntry) error {
	return d.Store.AppendLog(context.WithoutCancel(ctx), d.plan.ID, []state.LogEntry{*entry})
}

// testConnection asks both sides as a cycle does before it begins.
func (d *demand) testConnection(ctx context.Context) (bool, error) {
	side, ok := d.plan.side(d.kind)
	if !ok {
		return d.fail(ctx, StepTestConnection, fault.New(fault.Invalid, "provision on demand",
			"Groups are not provisioned by this configuration; set spec.groups.enabled or name a user."), nil)
	}
	if len(d.subject.Members) > MaxMembersOnDemand {
		return d.fail(ctx, StepTestConnection, fault.New(fault.Invalid, "provision on demand",
			"At most %d members of a group can be provisioned at once; %d were named.", MaxMembersOnDemand, len(d.subject.Members)), nil)
	}
	d.side = side
	if err := d.plan.Source.Check(ctx); err != nil {
		return d.fail(ctx, StepTestConnection, err, map[string]string{"Source": "False"})
	}
	path := d.matchingPath()
	if err := d.plan.Target.Check(ctx, path); err != nil {
		return d.fail(ctx, StepTestConnection, err, map[string]string{"Source": "True", "Target": "False"})
	}
	d.step(StepTestConnection, OnDemandSuccess, "", "Source and target answer.", map[string]string{"Source": "True", "Target": "True"})
	return true, nil
}
