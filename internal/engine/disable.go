package engine

import (
	"context"
	"maps"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/fault"
	"github.com/entrain-dev/entrain/internal/state"
)

// disable switches the resource off.
func (c *cycle) disable(ctx context.Context, j job) (state.Outcome, error) {
	r := j.record
	if r.Target == "" {
		res, ok, err := c.unheardOf(ctx, j)
		if err != nil {
			return state.Outcome{}, err
		}
		if !ok {
			return state.Outcome{Seq: r.Seq, Done: true, Link: state.Unlinked, Forget: r.Removal == directory.HardDeleted}, nil
		}
		r.Target, r.Applied = res.ID, j.side.Mapping.Current(res.Document)
	}
	jd, err := c.disabling(j.side, r)
	if err != nil {
		return state.Outcome{}, err
	}
	out := c.keep(r)
	out.Link = state.Disabled
	if r.LeavesScope {
		out.Link = state.Released
	}
	out.Forget = r.Removal == directory.HardDeleted
	entry := c.entry(r.Record, logDisable, logSuccess)
	entry.Reason = r.Reason
	if len(jd.ops) > 0 {
		err := c.confirmed(ctx, r, c.plan.Target.Update(ctx, r.Kind, r.Target, jd.ops))
		switch {
		case fault.Is(err, fault.NotFound):
			// Nobody is there who could be disabled.
			out.Link, out.Target, out.Applied = state.Unlinked, "", directory.Values{}
			logStep(entry, "EntryImportObjectNotFound", "export", logSuccess, "The resource no longer exists.")
		case err != nil:
			return state.Outcome{}, err
		default:
			out.Applied = maps.Clone(r.Applied)
			if out.Applied == nil {
				out.Applied = directory.Values{}
			}
			maps.Copy(out.Applied, jd.applied)
			entry.Properties = properties(jd.modified)
			logStep(entry, "EntryExportUpdateSoftDelete", "export", logSuccess, "%s was disabled.", r.Kind)
		}
	}
	out.Log = entry
	c.count(func(rep *state.Report) { rep.Disabled++ }, 0)
	return out, nil
}

// confirmed asks for a resource that a change did not find, before anything is concluded from it: a single 404 may come from
// something on the way, and would leave a leaver active or give somebody a second account. Other errors are passed on.
func (c *cycle) confirmed(ctx context.Context, r state.Candidate, err error) error {
	if !fault.Is(err, fault.NotFound) {
		return err
	}
	if _, gerr := c.plan.Target.Get(ctx, r.Kind, r.Target); gerr != nil {
		return gerr
	}
	return &fault.Error{
		Kind: fault.Transient, Op: "change " + string(r.Kind), Code: fault.CodeOf(err), Err: err,
		Message: "The application said that the resource does not exist, and showed it a moment later; the change is tried again.",
	}
}

// unheardOf looks for the account that a create may have made whose answer was lost; only the target itself knows.
func (c *cycle) unheardOf(ctx context.Context, j job) (res directory.Resource, ok bool, err error) {
	if res, ok, err = c.begun(ctx, j); ok || err != nil {
		return res, ok, err
	}
	desired, err := j.side.Mapping.Apply(c.view(j.record, true), c.env)
	if err != nil {
		return res, false, err
	}
	res, ok, err = c.find(ctx, j.record.Kind, j.side.Mapping.Keys(desired), true)
	if err != nil || !ok {
		return res, false, err
	}
	err = c.claim(ctx, j.record, res.ID)
	if fault.Is(err, fault.Duplicate) {
		// The account is somebody else's, so that the create did not make it.
		return res, false, nil
	}
	return res, err == nil, err
}
