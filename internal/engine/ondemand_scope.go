package engine

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/engine/decide"
	"github.com/entrain-dev/entrain/internal/fault"
	"github.com/entrain-dev/entrain/internal/state"
)

// hidden is what is shown of a value that went through Redact (reference 5.3).
const hidden = "[Redact]"

// determineScope shows why the object is in scope or not: the flags and clauses of reference part 2 section 9.2.
func (d *demand) determineScope(ctx context.Context) (bool, error) {
	j := d.judge(d.side, d.record, d.targets)
	details := d.scopeDetails(j)
	if d.unsettled(d.record) {
		return d.fail(ctx, StepDetermineScope, fault.New(fault.Transient, "determine scope",
			"The list of assignments is suddenly empty, so that it is not known whether the %s is assigned; the next cycles settle that.", strings.ToLower(string(d.kind))), details)
	}
	if j.input.ScopeUnknown && d.present() {
		return d.fail(ctx, StepDetermineScope, fault.Wrap(fault.Invalid, "evaluate scoping filters", j.verdict.Err), details)
	}
	result, code, description := OnDemandSuccess, "", string(d.kind)+" is in scope."
	status := logSuccess
	if j.input.SoftDeleted() {
		code, description = outOfScope(j.input)
		result, status = OnDemandSkipped, logSkipped
	}
	d.step(StepDetermineScope, result, code, description, details)
	d.logSteps = append(d.logSteps, state.LogStep{
		Name: "EntrySynchronizationScoping", Type: "scoping", Status: status, Details: details,
		Description: "Determine if " + string(d.kind) + " in scope by evaluating against each scoping filter",
	})
	return true, nil
}

// scopeDetails lists the flags, and each clause with its result.
func (d *demand) scopeDetails(j judgement) map[string]string {
	in := j.input
	details := map[string]string{
		"Active in source system": boolean(in.Removal == directory.Present && in.Enabled),
		"Assigned to application": boolean(d.record.Assigned),
		"Scope sync all":          boolean(!d.plan.AssignedOnly),
	}
	if d.kind == directory.User {
		details["User has required role"] = boolean(in.Assigned)
	}
	for _, c := range j.verdict.Clauses {
		value := boolean(c.Result)
		if c.Err != nil {
			value = fault.MessageOf(c.Err)
		}
		details[c.String()] = value
	}
	return details
}

func boolean(b bool) string {
	if b {
		return "True"
	}
	return "False"
}

// outOfScope says why an object is out of scope, in the order in which decide looks at it.
func outOfScope(in decide.Input) (code, description string) {
	kind := string(in.Kind)
	switch {
	case in.Removal != directory.Present:
		return string(decide.ReasonNotEntitled), kind + " is deleted in Entra."
	case !in.Assigned:
		return string(decide.ReasonNotEntitled), kind + " is not assigned to the application; assign it, or set spec.scope to AllUsersAndGroups."
	case !in.Filtered:
		return string(decide.ReasonFiltered), kind + " does not pass the scoping filters."
	}
	return string(decide.ReasonNotEntitled), kind + " is blocked in Entra: accountEnabled is False."
}

// matchObject reads the linked resource again, so that the object is compared with what is there now. Who is not linked is
// looked up by the action itself; its step is written then.
func (d *demand) matchObject(ctx context.Context) (bool, error) {
	r := &d.record
	if r.Link != state.Active && r.Link != state.Disabled || r.Target == "" {
		return true, nil
	}
	res, err := d.plan.Target.Get(ctx, r.Kind, r.Target)
	if fault.Is(err, fault.NotFound) {
		gone := state.Outcome{Seq: r.Seq, Link: state.Unlinked, Applied: directory.Values{}}
		if err := d.Store.Commit(ctx, d.plan.ID, []state.Outcome{gone}); err != nil {
			return false, err
		}
		d.logSteps = append(d.logSteps, state.LogStep{
			Name: "EntryImportObjectNotFound", Type: "matching", Status: logSuccess, Description: fmt.Sprintf("The linked resource %s no longer exists.", r.Target),
		})
		// Whatever became of it, a create may have happened: the look-up is certain.
		r.Link, r.Target, r.Applied = state.Unlinked, "", nil
		d.out.Target = ""
		return true, nil
	}
	if err != nil {
		return d.fail(ctx, StepMatch, d.connection(err), nil)
	}
	r.Applied = d.side.Mapping.Reread(r.Applied, d.side.Mapping.Current(res.Document))
	d.matched("The linked resource was read.")
	return true, nil
}

// matched writes the step about what was found in the target.
func (d *demand) matched(description string) {
	details := map[string]string{}
	for i, res := range d.target.found {
		prefix := ""
		if len(d.target.found) > 1 {
			prefix = fmt.Sprintf("%d ", i+1)
		}
		details[prefix+"id"] = string(res.ID)
		current := d.side.Mapping.Current(res.Document)
		for _, path := range d.side.Mapping.TargetPaths() {
			if v, ok := current[path]; ok {
				details[prefix+path] = d.secret.target(path, fmt.Sprint(v))
			}
		}
	}
	// The resource may be read again when it changed meanwhile.
	d.out.Steps = slices.DeleteFunc(d.out.Steps, func(s OnDemandStep) bool { return s.Name == StepMatch })
	d.step(StepMatch, OnDemandSuccess, "", description, details)
}

// redaction says which attributes must not be shown because a mapping redacts what it makes of them.
type redaction struct {
	sources, targets map[string]bool
	// all is true when that is not known.
	all bool
}

// redaction finds the attributes of the source that a redacted value depends on: those without which it is another one.
func (d *demand) redaction() redaction {
	attributes := d.view(d.record, !d.present())
	redacted := func(a directory.Attributes) (map[string]string, error) {
		desired, err := d.side.Mapping.Apply(a, d.env)
		out := map[string]string{}
		for _, v := range desired.Values {
			if v.Redacted {
				out[v.Path] = fmt.Sprint(v.Value)
			}
		}
		return out, err
	}
	with, err := redacted(attributes)
	out := redaction{sources: map[string]bool{}, targets: map[string]bool{}, all: err != nil}
	if len(with) == 0 || out.all {
		return out
	}
	for path := range with {
		out.targets[path] = true
	}
	for name, values := range attributes {
		rest := directory.Attributes{}
		for n, v := range attributes {
			if n != name {
				rest[n] = v
			}
		}
		without, err := redacted(rest)
		for path, value := range with {
			if err != nil || without[path] != value || slices.Contains(values, value) {
				out.sources[name] = true
			}
		}
	}
	return out
}

// source returns the attributes of the source as they may be shown; without a mapping that works only those that name the object.
func (s redaction) source(attributes directory.Attributes) map[string]string {
	out := map[string]string{}
	for name, values := range attributes {
		switch {
		case len(values) == 0:
		case s.sources[name]:
			out[name] = hidden
		case s.all && name != directory.AttrObjectID && name != directory.AttrUserPrincipalName && name != directory.AttrAccountEnabled:
		default:
			out[name] = strings.Join(values, ", ")
		}
	}
	return out
}

// target returns a value of the target as it may be shown.
func (s redaction) target(path, value string) string {
	if s.targets[path] || s.all {
		return hidden
	}
	return value
}
