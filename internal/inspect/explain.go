package inspect

import (
	"context"
	"strings"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/engine"
	"github.com/entrain-dev/entrain/internal/fault"
	"github.com/entrain-dev/entrain/internal/state"
)

// Explanation is everything that is known of one object, and why the next cycle will do with it what it will do.
type Explanation struct {
	Kind directory.Kind     `json:"objectType"`
	ID   directory.SourceID `json:"sourceId"`
	Name string             `json:"sourceName,omitempty"`
	// Read is false when no cycle has read the object yet; all that follows is then empty.
	Read bool `json:"read"`
	// Removal is SoftDeleted or HardDeleted when the object is gone from Entra.
	Removal directory.Removal `json:"removal,omitempty"`

	Enabled  bool             `json:"enabled"`
	Assigned bool             `json:"assigned"`
	Roles    []directory.Role `json:"roles,omitempty"`
	InScope  bool             `json:"inScope"`
	// Filters are the clauses of the scoping filters with their results; empty without filters.
	Filters []Clause `json:"filters,omitempty"`
	// FilterProblem says why the filters could not be evaluated.
	FilterProblem string `json:"filterProblem,omitempty"`

	// Link is Active, Disabled, Released or empty.
	Link   state.Link         `json:"link,omitempty"`
	Target directory.TargetID `json:"targetId,omitempty"`

	// Action and Reason are what a cycle would decide with what the store knows.
	Action state.Action `json:"action,omitempty"`
	Reason string       `json:"reason"`
	// Differences are the values that Action would change.
	Differences []state.LogProperty `json:"differences,omitempty"`
	// WaitsFor are objects to which the object refers and which have no resource in the target yet.
	WaitsFor []Reference `json:"waitsFor,omitempty"`
	// MappingProblem says why the mapping cannot be applied to the object.
	MappingProblem string `json:"mappingProblem,omitempty"`

	// Held is true when accidental deletion prevention holds the pending removal.
	Held bool `json:"held,omitempty"`
	// Failure is the failure that waits for its next attempt.
	Failure *state.Escrow `json:"failure,omitempty"`
	// Log are the last entries of the provisioning log about the object, newest first.
	Log []state.LogEntry `json:"log,omitempty"`
}

// Clause is a clause of a scoping filter with its result.
type Clause struct {
	Filter    string `json:"filter,omitempty"`
	Attribute string `json:"attribute"`
	Operator  string `json:"operator"`
	Value     string `json:"value,omitempty"`
	Result    bool   `json:"result"`
	Problem   string `json:"problem,omitempty"`
}

// Reference is a reference that waits.
type Reference struct {
	Path string             `json:"path"`
	For  directory.SourceID `json:"sourceId"`
}

// explainedLog is how many entries of the log an explanation shows.
const explainedLog = 5

// Explain explains one object, named by object id or, of a user, by user principal name.
func (i *Inspector) Explain(ctx context.Context, plan *engine.Plan, who string) (Explanation, error) {
	id, err := i.identify(ctx, plan, who)
	if err != nil {
		return Explanation{}, err
	}
	out := Explanation{Kind: directory.User, ID: id}
	if out.Log, err = i.Store.Log(ctx, plan.ID, state.LogQuery{Source: id, Limit: explainedLog}); err != nil {
		return out, err
	}
	r, ok, err := i.Store.Get(ctx, plan.ID, id)
	if err != nil || !ok {
		return out, err
	}
	out.Read, out.Kind, out.Name, out.Removal = true, r.Kind, nameOf(r.Record), r.Removal
	out.Roles, out.Link, out.Target, out.Held, out.Failure = r.Roles, r.Link, r.Target, r.Held, r.Escrow
	j, err := i.engineOn(i.Store).Judge(ctx, plan, r)
	if err != nil {
		return out, err
	}
	out.Enabled, out.Assigned, out.InScope = j.Enabled, j.Assigned, j.InScope
	out.Action, out.Reason, out.Differences = j.Action, string(j.Reason), j.Properties
	for _, c := range j.Scope.Clauses {
		clause := Clause{Filter: c.Title, Attribute: c.Attribute, Operator: string(c.Operator), Value: c.Value, Result: c.Result}
		if c.Err != nil {
			clause.Problem = fault.MessageOf(c.Err)
		}
		out.Filters = append(out.Filters, clause)
	}
	if j.Scope.Err != nil {
		out.FilterProblem = fault.MessageOf(j.Scope.Err)
	}
	if j.Err != nil {
		out.MappingProblem = fault.MessageOf(j.Err)
	}
	for _, w := range j.Waits {
		out.WaitsFor = append(out.WaitsFor, Reference{w.Path, w.For})
	}
	return out, nil
}

// byName is a source that finds users by user principal name.
type byName interface {
	FindUser(ctx context.Context, upn string, attributes []string) (directory.Change, error)
}

// identify finds the object id. A name is looked for in the tenant first, because names are given again, and then in the log,
// which also knows people who are gone or renamed.
func (i *Inspector) identify(ctx context.Context, plan *engine.Plan, who string) (directory.SourceID, error) {
	if !strings.Contains(who, "@") {
		return directory.SourceID(strings.ToLower(who)), nil
	}
	unknown := fault.New(fault.NotFound, "explain", "neither the tenant nor the provisioning log knows a user of this name; name the object id")
	var asked error = unknown
	if source, ok := plan.Source.(byName); ok {
		found, err := source.FindUser(ctx, who, []string{directory.AttrUserPrincipalName})
		if err == nil {
			return found.ID, nil
		}
		if !fault.Is(err, fault.NotFound) {
			asked = err
		}
	}
	entries, err := i.Store.Log(ctx, plan.ID, state.LogQuery{Name: who, Limit: maxLogs})
	if err != nil {
		return "", err
	}
	for _, e := range entries {
		if strings.EqualFold(e.SourceName, who) {
			return e.Source, nil
		}
	}
	return "", asked
}
