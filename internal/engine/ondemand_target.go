package engine

import (
	"context"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/state"
)

// observedTarget notes what a run on demand finds in the target, and keeps a dry run from writing there.
type observedTarget struct {
	Target
	dry bool
	// tried are the paths that were looked up; found are the resources that came of it, and of reading linked ones.
	tried []string
	found []directory.Resource
	// failed is the last error; looking is true when it came of a look-up.
	failed  error
	looking bool
}

func (t *observedTarget) note(err error, looking bool) {
	if err != nil {
		t.failed, t.looking = err, looking
	}
}

// Find implements Target.
func (t *observedTarget) Find(ctx context.Context, kind directory.Kind, path, value string) ([]directory.Resource, error) {
	hits, err := t.Target.Find(ctx, kind, path, value)
	t.note(err, true)
	t.tried, t.found = append(t.tried, path), append(t.found, hits...)
	return hits, err
}

// Get implements Target.
func (t *observedTarget) Get(ctx context.Context, kind directory.Kind, id directory.TargetID) (directory.Resource, error) {
	res, err := t.Target.Get(ctx, kind, id)
	t.note(err, true)
	if err == nil {
		t.found = append(t.found, res)
	}
	return res, err
}

// Create implements Target.
func (t *observedTarget) Create(ctx context.Context, kind directory.Kind, doc directory.Document) (res directory.Resource, err error) {
	if !t.dry {
		res, err = t.Target.Create(ctx, kind, doc)
		t.note(err, false)
	}
	return res, err
}

// Update implements Target.
func (t *observedTarget) Update(ctx context.Context, kind directory.Kind, id directory.TargetID, ops []directory.Operation) (err error) {
	if !t.dry {
		err = t.Target.Update(ctx, kind, id, ops)
		t.note(err, false)
	}
	return err
}

// UpdateMembers implements Target.
func (t *observedTarget) UpdateMembers(ctx context.Context, group directory.TargetID, add, remove []directory.TargetID) (err error) {
	if !t.dry {
		err = t.Target.UpdateMembers(ctx, group, add, remove)
		t.note(err, false)
	}
	return err
}

// Delete implements Target.
func (t *observedTarget) Delete(ctx context.Context, kind directory.Kind, id directory.TargetID) (err error) {
	if !t.dry {
		err = t.Target.Delete(ctx, kind, id)
		t.note(err, false)
	}
	return err
}

// codeDryRun marks what was only decided.
const codeDryRun = "DryRun"

// dryStore takes what is read, as the cycles of a dry run do, and of what is done only the log: nothing was done.
type dryStore struct{ state.Store }

// Decide implements state.Decider.
func (dryStore) Decide(context.Context, state.ConfigID, []state.Decision) error { return nil }

// Mark implements state.Decider.
func (dryStore) Mark(context.Context, state.ConfigID, []state.Seq) error { return nil }

// Intend implements state.Applier.
func (dryStore) Intend(context.Context, state.ConfigID, []state.Seq) error { return nil }

// Commit implements state.Applier.
func (s dryStore) Commit(ctx context.Context, id state.ConfigID, outcomes []state.Outcome) error {
	for _, o := range outcomes {
		if err := s.log(ctx, id, o.Log); err != nil {
			return err
		}
	}
	return nil
}

// CommitEdges implements state.Applier.
func (s dryStore) CommitEdges(ctx context.Context, id state.ConfigID, _ state.Seq, _, _ []state.Seq, entry *state.LogEntry) error {
	return s.log(ctx, id, entry)
}

func (s dryStore) log(ctx context.Context, id state.ConfigID, entry *state.LogEntry) error {
	if entry == nil {
		return nil
	}
	if entry.Status == logSuccess || entry.Status == logWarning {
		entry.Status, entry.Code = logSkipped, codeDryRun
	}
	return s.AppendLog(ctx, id, []state.LogEntry{*entry})
}
