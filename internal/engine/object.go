package engine

import (
	"context"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/engine/decide"
	"github.com/entrain-dev/entrain/internal/fault"
	"github.com/entrain-dev/entrain/internal/mapping"
	"github.com/entrain-dev/entrain/internal/schedule"
	"github.com/entrain-dev/entrain/internal/state"
)

// act applies the action of one object and returns what is to be committed. The error, if any, ends the cycle; a failure of
// the object alone is in the outcome.
func (c *cycle) act(ctx context.Context, j job) (*state.Outcome, error) {
	began := c.Clock.Now()
	var out state.Outcome
	var err error
	switch j.record.Action {
	case state.Provision:
		out, err = c.provision(ctx, j)
	case state.Update:
		out, err = c.update(ctx, j)
	case state.Disable:
		out, err = c.disable(ctx, j)
	case state.Delete:
		out, err = c.remove(ctx, j)
	default:
		out = c.release(j)
	}
	if err != nil {
		c.claims.drop(j.record.Seq)
		return c.failed(j, err)
	}
	c.inARow.Store(0)
	if out.Log != nil {
		out.Log.Duration = c.Clock.Since(began)
	}
	return &out, nil
}

// codeDuplicateSource is the code for two objects of the source with one matching value (reference part 2 section 7.8).
const codeDuplicateSource = "DuplicateSourceEntries"

// failed turns an error into an escrow, or ends the cycle.
func (c *cycle) failed(j job, err error) (*state.Outcome, error) {
	r := j.record
	if fault.Is(err, fault.Canceled, fault.Unauthorized, fault.NotCompliant, fault.Internal) {
		// Nothing is known against the object: it stays pending as it is.
		return nil, c.connection(err)
	}
	if c.postpone(r, err) {
		return nil, nil
	}
	now := c.Clock.Now()
	out := c.keep(r)
	out.Done = false
	e := state.Escrow{First: now, Code: codeOf(err), Message: fault.MessageOf(err)}
	if r.Escrow != nil {
		e.First, e.Attempts = r.Escrow.First, r.Escrow.Attempts
	}
	e.Attempts++
	next, again := schedule.Escrow(e.First, now, e.Attempts)
	e.Next = next
	out.Escrow = &e
	out.Log = c.logged(c.entry(r.Record, actionName(r), logFailure), err)
	if !again {
		out.Done, out.Escrow = true, nil
		out.Log.Reason += " It failed for 28 days and is not tried again until it changes."
	}
	c.failures.Add(1)
	c.count(func(rep *state.Report) { rep.Failed++ }, 0)
	if c.fatal(err) {
		return &out, c.connection(err)
	}
	return &out, nil
}

func (c *cycle) connection(err error) error {
	if fault.Is(err, fault.Canceled, fault.Internal) {
		return err
	}
	return &connectionError{side: targetSide, err: err}
}

func actionName(r state.Candidate) string {
	switch r.Action {
	case state.Provision:
		return logCreate
	case state.Disable:
		return logDisable
	case state.Delete:
		return logDelete
	}
	return logUpdate
}

// keep begins an outcome that changes nothing.
func (c *cycle) keep(r state.Candidate) state.Outcome {
	return state.Outcome{Seq: r.Seq, Done: true, Link: r.Link, Target: r.Target}
}

// provision finds the resource of an object that is not linked, or creates it.
func (c *cycle) provision(ctx context.Context, j job) (state.Outcome, error) {
	r := j.record
	jd := c.judge(j.side, r, j.targets)
	if jd.err != nil {
		return state.Outcome{}, jd.err
	}
	entry := c.entry(r.Record, logCreate, logSuccess)
	if r.Link == state.Released && r.Target != "" {
		// The person comes back to the account that was left.
		res, err := c.plan.Target.Get(ctx, r.Kind, r.Target)
		if err == nil {
			// Unless somebody who was hired under its name has taken it over: then this person is matched like a new one.
			out, err := c.adopt(ctx, j, jd, res, entry)
			if !fault.Is(err, fault.Duplicate) {
				return out, err
			}
			c.claims.drop(r.Seq)
			entry = c.entry(r.Record, logCreate, logSuccess)
		}
		if err != nil && !fault.Is(err, fault.NotFound) {
			return state.Outcome{}, err
		}
		logStep(entry, "EntryImportObjectNotFound", "matching", logSuccess, "The linked resource %s no longer exists or is somebody else's.", r.Target)
		if err := c.Store.Intend(ctx, c.plan.ID, []state.Seq{r.Seq}); err != nil {
			return state.Outcome{}, err
		}
		r.Intent = true
	}
	j.record = r
	res, ok, err := c.begun(ctx, j)
	if err != nil {
		return state.Outcome{}, err
	}
	if ok {
		return c.adopt(ctx, j, jd, res, entry)
	}
	keys := j.side.Mapping.Keys(jd.desired)
	if len(keys) == 0 {
		return c.unmatched(r, entry), nil
	}
	if err := c.claims.reserve(keys, r.Seq); err != nil {
		return state.Outcome{}, err
	}
	if res, ok, err = c.find(ctx, r.Kind, keys, r.Intent); err != nil {
		return state.Outcome{}, err
	}
	if ok {
		return c.adopt(ctx, j, jd, res, entry)
	}
	return c.create(ctx, j, jd, keys, entry)
}

// unmatched: an object without any matching value is skipped, nothing says whether it exists (reference 4.4).
func (c *cycle) unmatched(r state.Candidate, entry *state.LogEntry) state.Outcome {
	out := c.keep(r)
	entry.Action, entry.Status, entry.Code = logOther, logSkipped, "ImportSkipped"
	entry.Reason = "No matching attribute has a value."
	entry.Advice = "Give the object a value for a matching attribute, or map another attribute for matching."
	out.Log = entry
	c.count(func(rep *state.Report) { rep.Skipped++ }, 0)
	return out
}

// create posts the resource. A conflict means that it exists although it was not found: it is looked up and adopted.
func (c *cycle) create(ctx context.Context, j job, jd judgement, keys []mapping.Key, entry *state.LogEntry) (state.Outcome, error) {
	r, m := j.record, j.side.Mapping
	if r.Kind == directory.Group && !c.caps.CreateGroups {
		return state.Outcome{}, &fault.Error{
			Kind: fault.Forbidden, Op: "create group", Code: "MethodNotAllowed",
			Message: "The target does not allow creating groups. Create a group of exactly the same name there; it is linked at the next attempt.",
		}
	}
	if !jd.input.Create {
		out := c.keep(r)
		entry.Action, entry.Status, entry.Code = logOther, logSkipped, "EntrySynchronizationSkipped"
		entry.Reason = "Nothing in the target matches, and the mapping does not allow creating."
		out.Log = entry
		c.count(func(rep *state.Report) { rep.Skipped++ }, 0)
		return out, nil
	}
	if err := m.CheckCreate(jd.desired); err != nil {
		return state.Outcome{}, err
	}
	doc := m.Document(jd.desired)
	applied := m.Sent(jd.desired)
	waits := jd.waits
	written := properties(m.Created(jd.desired))
	for _, ref := range jd.desired.References {
		target, ok := j.targets[ref.Source]
		switch {
		case ref.Source == "" || !ok:
		case !c.caps.ReferencesInCreate:
			waits = append(waits, state.Wait{Path: ref.Path, For: ref.Source})
		default:
			if err := m.SetReference(doc, ref.Path, target); err != nil {
				return state.Outcome{}, err
			}
			applied[ref.Path] = string(target)
			written = append(written, state.LogProperty{Name: ref.Path, New: string(target)})
		}
	}
	res, err := c.post(ctx, j, doc)
	if fault.Is(err, fault.Conflict) {
		res, ok, ferr := c.find(ctx, r.Kind, keys, true)
		if ferr != nil {
			return state.Outcome{}, ferr
		}
		if !ok {
			return state.Outcome{}, err
		}
		logStep(entry, "EntryImportByMatchingProperty", "matching", logSuccess, "The target already has a matching resource.")
		return c.adopt(ctx, j, jd, res, entry)
	}
	if err != nil {
		return state.Outcome{}, err
	}
	entry.Target = res.ID
	entry.Properties = written
	logStep(entry, "EntryExportAdd", "export", logSuccess, "%s was created.", r.Kind)
	warn(entry, jd.desired.Warnings)
	c.linked(r.Kind)
	c.count(func(rep *state.Report) { rep.Created++ }, 0)
	return state.Outcome{Seq: r.Seq, Done: true, Link: state.Active, Target: res.ID, Applied: applied, Waits: orEmpty(waits), Log: entry}, nil
}

// adopt links a resource that exists already and sends what differs.
func (c *cycle) adopt(ctx context.Context, j job, jd judgement, res directory.Resource, entry *state.LogEntry) (state.Outcome, error) {
	r := j.record
	if err := c.claim(ctx, r, res.ID); err != nil {
		return state.Outcome{}, err
	}
	jd.compare(j.side.Mapping, j.side.Mapping.Current(res.Document), j.targets)
	entry.Action, entry.Target = logUpdate, res.ID
	logStep(entry, "EntryImport", "matching", logSuccess, "A matching resource was found in the target.")
	if len(jd.ops) > 0 && jd.input.Update {
		if err := c.plan.Target.Update(ctx, r.Kind, res.ID, jd.ops); err != nil {
			return state.Outcome{}, err
		}
		entry.Properties = properties(jd.modified)
		logStep(entry, "EntryExportUpdate", "export", logSuccess, "%s was updated.", r.Kind)
		c.count(func(rep *state.Report) { rep.Updated++ }, 0)
	} else {
		entry.Status, entry.Code = logSkipped, string(decide.ReasonEqual)
		c.count(func(rep *state.Report) { rep.Skipped++ }, 0)
	}
	warn(entry, jd.desired.Warnings)
	c.linked(r.Kind)
	return state.Outcome{Seq: r.Seq, Done: true, Link: state.Active, Target: res.ID, Applied: jd.applied, Waits: orEmpty(jd.waits), Log: entry}, nil
}

// update sends the differences to the linked resource, computed from what was last sent.
func (c *cycle) update(ctx context.Context, j job) (state.Outcome, error) {
	r := j.record
	if r.Target == "" {
		// The resource was found gone, and the cycle ended before there was another one.
		return c.provision(ctx, j)
	}
	jd := c.judge(j.side, r, j.targets)
	if jd.err != nil {
		return state.Outcome{}, jd.err
	}
	if uncertain(r) {
		err := c.reread(ctx, j, &jd)
		if fault.Is(err, fault.NotFound) {
			return c.again(ctx, j)
		}
		if err != nil {
			return state.Outcome{}, err
		}
	}
	link := state.Active
	if jd.input.SoftDeleted() {
		link = state.Disabled
	}
	out := state.Outcome{Seq: r.Seq, Done: true, Link: link, Target: r.Target, Applied: jd.applied, Waits: orEmpty(jd.waits)}
	if len(jd.ops) == 0 {
		return out, nil
	}
	err := c.plan.Target.Update(ctx, r.Kind, r.Target, jd.ops)
	if fault.Is(err, fault.Stale) {
		if err = c.refresh(ctx, j, &jd); err == nil {
			out.Applied = jd.applied
		}
	}
	if fault.Is(err, fault.Conflict) {
		room, rerr := c.makeRoom(ctx, j, jd.ops)
		if rerr != nil {
			return state.Outcome{}, rerr
		}
		if room {
			err = c.plan.Target.Update(ctx, r.Kind, r.Target, jd.ops)
		}
	}
	if err = c.confirmed(ctx, r, err); fault.Is(err, fault.NotFound) {
		return c.again(ctx, j)
	}
	if err != nil {
		return state.Outcome{}, err
	}
	entry := c.entry(r.Record, logUpdate, logSuccess)
	entry.Properties = properties(jd.modified)
	logStep(entry, "EntryExportUpdate", "export", logSuccess, "%s was updated.", r.Kind)
	warn(entry, jd.desired.Warnings)
	out.Log = entry
	c.count(func(rep *state.Report) { rep.Updated++ }, 0)
	return out, nil
}

// reread compares what is wanted with what the resource is now.
func (c *cycle) reread(ctx context.Context, j job, jd *judgement) error {
	res, err := c.plan.Target.Get(ctx, j.record.Kind, j.record.Target)
	if err != nil {
		return err
	}
	jd.compare(j.side.Mapping, j.side.Mapping.Reread(j.record.Applied, j.side.Mapping.Current(res.Document)), j.targets)
	return nil
}

// refresh reads the resource again and sends what differs from what it is now.
func (c *cycle) refresh(ctx context.Context, j job, jd *judgement) error {
	if err := c.reread(ctx, j, jd); err != nil || len(jd.ops) == 0 {
		return err
	}
	return c.plan.Target.Update(ctx, j.record.Kind, j.record.Target, jd.ops)
}

// again drops a link whose resource is gone and provisions the object anew.
func (c *cycle) again(ctx context.Context, j job) (state.Outcome, error) {
	out := state.Outcome{Seq: j.record.Seq, Link: state.Unlinked, Applied: directory.Values{}}
	if err := c.Store.Commit(ctx, c.plan.ID, []state.Outcome{out}); err != nil {
		return out, err
	}
	if err := c.Store.Intend(ctx, c.plan.ID, []state.Seq{j.record.Seq}); err != nil {
		return out, err
	}
	j.record.Link, j.record.Target, j.record.Applied, j.record.Intent = state.Unlinked, "", nil, true
	return c.provision(ctx, j)
}

// remove deletes the resource; one that is gone already counts as deleted.
func (c *cycle) remove(ctx context.Context, j job) (state.Outcome, error) {
	r := j.record
	if r.Target != "" {
		if err := c.plan.Target.Delete(ctx, r.Kind, r.Target); err != nil && !fault.Is(err, fault.NotFound) {
			return state.Outcome{}, err
		}
	}
	entry := c.entry(r.Record, logDelete, logSuccess)
	entry.Reason = r.Reason
	logStep(entry, "EntryExportDelete", "export", logSuccess, "%s was deleted.", r.Kind)
	c.count(func(rep *state.Report) { rep.Deleted++ }, 0)
	out := state.Outcome{Seq: r.Seq, Done: true, Link: state.Unlinked, Applied: directory.Values{}, Log: entry}
	out.Forget = r.Removal == directory.HardDeleted
	return out, nil
}

// release stops managing an object without sending anything.
func (c *cycle) release(j job) state.Outcome {
	r := j.record
	out := c.keep(r)
	if r.Removal == directory.HardDeleted {
		out.Forget = true
	}
	if r.Link == state.Unlinked {
		return out
	}
	out.Link = state.Released
	entry := c.entry(r.Record, logOther, logSkipped)
	entry.Reason = r.Reason
	logStep(entry, "EntrySynchronizationSkip", "export", logSkipped, "The %s left scope; nothing was sent.", r.Kind)
	out.Log = entry
	return out
}

func orEmpty(waits []state.Wait) []state.Wait {
	if waits == nil {
		return []state.Wait{}
	}
	return waits
}
