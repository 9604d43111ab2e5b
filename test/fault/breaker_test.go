package fault

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/state"
)

// breaker is a store whose calls From to From+Times-1 fail, before they do anything or after they are committed. Calls are
// counted from when it was armed.
type breaker struct {
	state.Store
	armed atomic.Pointer[breakage]
	calls atomic.Int64
}

type breakage struct {
	from, times int64
	after       bool
	err         error
}

func (b *breaker) arm(x *breakage) {
	b.calls.Store(0)
	b.armed.Store(x)
}

// call does one call, or not.
func (b *breaker) call(do func() error) error {
	n, x := b.calls.Add(1), b.armed.Load()
	if x == nil || n < x.from || n >= x.from+x.times {
		return do()
	}
	if x.after {
		if err := do(); err != nil {
			return err
		}
	}
	return x.err
}

func (b *breaker) Load(ctx context.Context, id state.ConfigID) (r0 state.Config, err error) {
	err = b.call(func() (err error) {
		r0, err = b.Store.Load(ctx, id)
		return err
	})
	return r0, err
}

func (b *breaker) Save(ctx context.Context, c state.Config) error {
	return b.call(func() error { return b.Store.Save(ctx, c) })
}

func (b *breaker) Drop(ctx context.Context, id state.ConfigID) error {
	return b.call(func() error { return b.Store.Drop(ctx, id) })
}

func (b *breaker) Reset(ctx context.Context, id state.ConfigID, what state.Reset) error {
	return b.call(func() error { return b.Store.Reset(ctx, id, what) })
}

func (b *breaker) Import(ctx context.Context, id state.ConfigID, cycle int64, full bool, changes []directory.Change) error {
	return b.call(func() error { return b.Store.Import(ctx, id, cycle, full, changes) })
}

func (b *breaker) FinishImport(ctx context.Context, id state.ConfigID, kind directory.Kind, cycle int64, suspicious int) (r0 int64, r1 int64, err error) {
	err = b.call(func() (err error) {
		r0, r1, err = b.Store.FinishImport(ctx, id, kind, cycle, suspicious)
		return err
	})
	return r0, r1, err
}

func (b *breaker) Missing(ctx context.Context, id state.ConfigID, kind directory.Kind, after state.Seq, limit int) (r0 []state.Record, err error) {
	err = b.call(func() (err error) {
		r0, err = b.Store.Missing(ctx, id, kind, after, limit)
		return err
	})
	return r0, err
}

func (b *breaker) Known(ctx context.Context, id state.ConfigID, kind directory.Kind) (r0 int64, err error) {
	err = b.call(func() (err error) {
		r0, err = b.Store.Known(ctx, id, kind)
		return err
	})
	return r0, err
}

func (b *breaker) StageAssignments(ctx context.Context, id state.ConfigID, cycle int64, assignments []directory.Assignment) error {
	return b.call(func() error { return b.Store.StageAssignments(ctx, id, cycle, assignments) })
}

func (b *breaker) CountAssignments(ctx context.Context, id state.ConfigID, cycle int64) (r0 int64, r1 int64, err error) {
	err = b.call(func() (err error) {
		r0, r1, err = b.Store.CountAssignments(ctx, id, cycle)
		return err
	})
	return r0, r1, err
}

func (b *breaker) FinishAssignments(ctx context.Context, id state.ConfigID, cycle int64) error {
	return b.call(func() error { return b.Store.FinishAssignments(ctx, id, cycle) })
}

func (b *breaker) MarkAll(ctx context.Context, id state.ConfigID, kind directory.Kind) error {
	return b.call(func() error { return b.Store.MarkAll(ctx, id, kind) })
}

func (b *breaker) Mark(ctx context.Context, id state.ConfigID, seqs []state.Seq) error {
	return b.call(func() error { return b.Store.Mark(ctx, id, seqs) })
}

func (b *breaker) Due(ctx context.Context, id state.ConfigID, kind directory.Kind, after state.Seq, limit int) (r0 []state.Candidate, err error) {
	err = b.call(func() (err error) {
		r0, err = b.Store.Due(ctx, id, kind, after, limit)
		return err
	})
	return r0, err
}

func (b *breaker) CountDue(ctx context.Context, id state.ConfigID, kind directory.Kind) (r0 int64, err error) {
	err = b.call(func() (err error) {
		r0, err = b.Store.CountDue(ctx, id, kind)
		return err
	})
	return r0, err
}

func (b *breaker) Decide(ctx context.Context, id state.ConfigID, decisions []state.Decision) error {
	return b.call(func() error { return b.Store.Decide(ctx, id, decisions) })
}

func (b *breaker) SetLevels(ctx context.Context, id state.ConfigID) (r0 int, err error) {
	err = b.call(func() (err error) {
		r0, err = b.Store.SetLevels(ctx, id)
		return err
	})
	return r0, err
}

func (b *breaker) Pending(ctx context.Context, id state.ConfigID) (r0 state.Pending, err error) {
	err = b.call(func() (err error) {
		r0, err = b.Store.Pending(ctx, id)
		return err
	})
	return r0, err
}

func (b *breaker) Removals(ctx context.Context, id state.ConfigID, after state.Seq, limit int) (r0 []state.Record, err error) {
	err = b.call(func() (err error) {
		r0, err = b.Store.Removals(ctx, id, after, limit)
		return err
	})
	return r0, err
}

func (b *breaker) Hold(ctx context.Context, id state.ConfigID, held bool) (r0 int64, err error) {
	err = b.call(func() (err error) {
		r0, err = b.Store.Hold(ctx, id, held)
		return err
	})
	return r0, err
}

func (b *breaker) Apply(ctx context.Context, id state.ConfigID, q state.PendingQuery, after state.Seq, limit int) (r0 []state.Candidate, err error) {
	err = b.call(func() (err error) {
		r0, err = b.Store.Apply(ctx, id, q, after, limit)
		return err
	})
	return r0, err
}

func (b *breaker) Intend(ctx context.Context, id state.ConfigID, seqs []state.Seq) error {
	return b.call(func() error { return b.Store.Intend(ctx, id, seqs) })
}

func (b *breaker) Intended(ctx context.Context, id state.ConfigID, seq state.Seq) (r0 directory.Attributes, ok bool, err error) {
	err = b.call(func() (err error) {
		r0, ok, err = b.Store.Intended(ctx, id, seq)
		return err
	})
	return r0, ok, err
}

func (b *breaker) Commit(ctx context.Context, id state.ConfigID, outcomes []state.Outcome) error {
	return b.call(func() error { return b.Store.Commit(ctx, id, outcomes) })
}

func (b *breaker) Targets(ctx context.Context, id state.ConfigID, ids []directory.SourceID) (r0 map[directory.SourceID]directory.TargetID, err error) {
	err = b.call(func() (err error) {
		r0, err = b.Store.Targets(ctx, id, ids)
		return err
	})
	return r0, err
}

func (b *breaker) ByTarget(ctx context.Context, id state.ConfigID, kind directory.Kind, target directory.TargetID) (r0 state.Record, r1 bool, err error) {
	err = b.call(func() (err error) {
		r0, r1, err = b.Store.ByTarget(ctx, id, kind, target)
		return err
	})
	return r0, r1, err
}

func (b *breaker) Waiting(ctx context.Context, id state.ConfigID, after state.Seq, limit int) (r0 []state.Waiting, err error) {
	err = b.call(func() (err error) {
		r0, err = b.Store.Waiting(ctx, id, after, limit)
		return err
	})
	return r0, err
}

func (b *breaker) UnequalGroups(ctx context.Context, id state.ConfigID, after state.Seq, limit int) (r0 []state.Record, err error) {
	err = b.call(func() (err error) {
		r0, err = b.Store.UnequalGroups(ctx, id, after, limit)
		return err
	})
	return r0, err
}

func (b *breaker) Edges(ctx context.Context, id state.ConfigID, group state.Seq, limit int) (r0 []state.Edge, r1 []state.Edge, err error) {
	err = b.call(func() (err error) {
		r0, r1, err = b.Store.Edges(ctx, id, group, limit)
		return err
	})
	return r0, r1, err
}

func (b *breaker) CommitEdges(ctx context.Context, id state.ConfigID, group state.Seq, added []state.Seq, removed []state.Seq, entry *state.LogEntry) error {
	return b.call(func() error { return b.Store.CommitEdges(ctx, id, group, added, removed, entry) })
}

func (b *breaker) ResetIndex(ctx context.Context, id state.ConfigID, kind directory.Kind) error {
	return b.call(func() error { return b.Store.ResetIndex(ctx, id, kind) })
}

func (b *breaker) AddIndex(ctx context.Context, id state.ConfigID, kind directory.Kind, entries []state.IndexEntry) error {
	return b.call(func() error { return b.Store.AddIndex(ctx, id, kind, entries) })
}

func (b *breaker) FindIndex(ctx context.Context, id state.ConfigID, kind directory.Kind, key string) (r0 []directory.Resource, err error) {
	err = b.call(func() (err error) {
		r0, err = b.Store.FindIndex(ctx, id, kind, key)
		return err
	})
	return r0, err
}

func (b *breaker) Counts(ctx context.Context, id state.ConfigID) (r0 state.Counts, err error) {
	err = b.call(func() (err error) {
		r0, err = b.Store.Counts(ctx, id)
		return err
	})
	return r0, err
}

func (b *breaker) Get(ctx context.Context, id state.ConfigID, source directory.SourceID) (r0 state.Candidate, r1 bool, err error) {
	err = b.call(func() (err error) {
		r0, r1, err = b.Store.Get(ctx, id, source)
		return err
	})
	return r0, r1, err
}

func (b *breaker) Escrows(ctx context.Context, id state.ConfigID, limit int) (r0 []state.Record, err error) {
	err = b.call(func() (err error) {
		r0, err = b.Store.Escrows(ctx, id, limit)
		return err
	})
	return r0, err
}

func (b *breaker) Log(ctx context.Context, id state.ConfigID, q state.LogQuery) (r0 []state.LogEntry, err error) {
	err = b.call(func() (err error) {
		r0, err = b.Store.Log(ctx, id, q)
		return err
	})
	return r0, err
}

func (b *breaker) AppendLog(ctx context.Context, id state.ConfigID, entries []state.LogEntry) error {
	return b.call(func() error { return b.Store.AppendLog(ctx, id, entries) })
}

func (b *breaker) PruneLog(ctx context.Context, id state.ConfigID, before time.Time, limit int) (r0 int64, err error) {
	err = b.call(func() (err error) {
		r0, err = b.Store.PruneLog(ctx, id, before, limit)
		return err
	})
	return r0, err
}
