package statetest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"

	"github.com/google/go-cmp/cmp"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/fault"
	"github.com/entrain-dev/entrain/internal/state"
)

func (f *fixture) wantKind(err error, want fault.Kind) {
	f.Helper()
	var e *fault.Error
	if !errors.As(err, &e) {
		f.Fatalf("error %v is no *fault.Error", err)
	}
	if fault.KindOf(err) != want || fault.MessageOf(err) == "" {
		f.Errorf("error %q is of kind %v, want %v and a sentence", err, fault.KindOf(err), want)
	}
}

func (f *fixture) wantInternal(err error) { f.Helper(); f.wantKind(err, fault.Internal) }

// expiring is a context that ends when it has been asked for the nth time whether it has. So a transaction is cut at each
// of its places, one after the other, without a clock.
type expiring struct {
	context.Context
	mu   sync.Mutex
	left int
	done chan struct{}
}

func expiringAfter(n int) *expiring {
	return &expiring{Context: context.Background(), left: n, done: make(chan struct{})}
}

func (e *expiring) tick() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.left--
	if e.left == 0 {
		close(e.done)
	}
	return e.left <= 0
}

func (e *expiring) Done() <-chan struct{} { e.tick(); return e.done }

func (e *expiring) Err() error {
	if e.tick() {
		return context.Canceled
	}
	return nil
}

func safetyCases() map[string]func(f *fixture) {
	cases := interruptionCases()
	for name, call := range writes() {
		cases[name+" cut anywhere happens entirely or not at all"] = func(f *fixture) { f.cut(call) }
	}
	return cases
}

// cut interrupts a method at each of its places and compares what it left with what it leaves when it is not interrupted.
func (f *fixture) cut(call write) {
	f.Helper()
	whole := f.fresh()
	whole.crowded()
	whole.must(call(whole.ctx, whole))
	after := whole.whole()
	f.crowded()
	before := f.whole()
	if cmp.Equal(before, after) {
		f.Fatalf("the method changes nothing that can be seen, so this case cannot fail")
	}
	for n := 1; ; n += 1 + n/10 { // every place at first, then every few: a place is where the context is asked
		err := call(expiringAfter(n), f)
		if err == nil {
			break // it was through before its end came
		}
		f.wantKind(err, fault.Canceled)
		// A server may still be at it; the next transaction of the config waits for it.
		f.must(f.Mark(f.ctx, f.config, nil))
		// The end may come between the commit and its confirmation; then all of it must be there.
		if got := f.whole(); cmp.Equal(got, after) {
			return
		} else if diff := cmp.Diff(before, got); diff != "" {
			f.Fatalf("cut at place %d (-before +after):\n%s", n, diff)
		}
		if n > 1000 {
			f.Fatalf("not through at place %d", n)
		}
	}
	f.equal("the method when it got through", f.whole(), after)
}

// crowded fills a store so that each method has something to change.
func (f *fixture) crowded() {
	f.Helper()
	f.fill()
	f.decide("u1", state.Provision)
	f.decide("u2", state.Provision)
	f.decide("g1", state.Disable)
}

func interruptionCases() map[string]func(f *fixture) {
	return map[string]func(f *fixture){
		"a context that has ended is noticed by every method": func(f *fixture) {
			f.crowded()
			before := f.whole()
			ended, cancel := context.WithCancel(f.ctx)
			cancel()
			for _, call := range writes() {
				f.wantKind(call(ended, f), fault.Canceled)
			}
			_, err := f.Load(ended, f.config)
			f.wantKind(err, fault.Canceled)
			_, err = f.Due(ended, f.config, directory.User, 0, 10)
			f.wantKind(err, fault.Canceled)
			f.equal("store", f.whole(), before)
		},
		"a transaction that fails in the middle changes nothing": func(f *fixture) {
			f.fill()
			before := f.whole()
			f.wantInternal(f.Commit(f.ctx, f.config, []state.Outcome{
				{Seq: f.seq("u2"), Forget: true},
				{Seq: f.seq("u1"), Done: true, Applied: directory.Values{"x": math.Inf(1)}, Log: &state.LogEntry{ID: "l2"}},
			}))
			f.equal("store", f.whole(), before)
		},
		"readers and writers of several configs do not disturb each other": func(f *fixture) {
			var wg sync.WaitGroup
			errs := make(chan error, 64)
			for i := range 4 {
				own := f.in(state.ConfigID(fmt.Sprintf("config-%d", i)))
				wg.Go(func() { errs <- own.work() })
				wg.Go(func() {
					for range 20 {
						if _, err := own.Due(own.ctx, own.config, directory.User, 0, 10); err != nil {
							errs <- err
							return
						}
					}
				})
			}
			wg.Wait()
			close(errs)
			for err := range errs {
				f.must(err)
			}
			for i := range 4 {
				own := f.in(state.ConfigID(fmt.Sprintf("config-%d", i)))
				n, err := own.Known(own.ctx, own.config, directory.User)
				f.must(err)
				f.equal("users", n, int64(20))
			}
		},
	}
}

// work reads and links 20 users.
func (f *fixture) work() error {
	for i := range 20 {
		id := fmt.Sprintf("u%d", i)
		if err := f.Import(f.ctx, f.config, 1, true, []directory.Change{object(id)}); err != nil {
			return err
		}
		c, _, err := f.Get(f.ctx, f.config, directory.SourceID(id))
		if err != nil {
			return err
		}
		if err := f.Commit(f.ctx, f.config, []state.Outcome{{Seq: c.Seq, Done: true, Link: state.Active, Target: targetOf(id)}}); err != nil {
			return err
		}
	}
	return nil
}

// whole is everything that can be seen of a config.
func (f *fixture) whole() map[string]any {
	f.Helper()
	out := f.inventory()
	for _, id := range []string{"u1", "u2", "u3", "u5", "g1"} {
		c, ok, err := f.Get(f.ctx, f.config, directory.SourceID(id))
		f.must(err)
		if !ok {
			continue
		}
		if id != "u5" { // the number of a new record may depend on attempts that failed
			out[id] = c
		}
		add, remove, err := f.Edges(f.ctx, f.config, c.Seq, 10)
		f.must(err)
		out["known "+id], out["edges "+id] = true, [][]state.Edge{add, remove}
	}
	return out
}

// write calls a method that writes, with something to write.
type write func(ctx context.Context, f *fixture) error

func writes() map[string]write {
	e := &state.LogEntry{ID: "l9", Time: at(9)}
	return map[string]write{
		"Save": func(ctx context.Context, f *fixture) error {
			return f.Save(ctx, state.Config{ID: f.config, Cycles: 99})
		},
		"Drop": func(ctx context.Context, f *fixture) error { return f.Drop(ctx, f.config) },
		"Reset": func(ctx context.Context, f *fixture) error {
			return f.Reset(ctx, f.config, state.Reset{Watermark: true, Escrows: true, Links: true})
		},
		"Import": func(ctx context.Context, f *fixture) error {
			return f.Import(ctx, f.config, 3, true, []directory.Change{object("u1", "mail", "new"), object("u5"), group("g1", "u3", "u5")})
		},
		"FinishImport": func(ctx context.Context, f *fixture) error {
			_, _, err := f.FinishImport(ctx, f.config, directory.Group, 3, 1)
			return err
		},
		"StageAssignments": func(ctx context.Context, f *fixture) error {
			return f.StageAssignments(ctx, f.config, 2, []directory.Assignment{assignment("u2", directory.Role{ID: "r1"})})
		},
		"FinishAssignments": func(ctx context.Context, f *fixture) error { return f.FinishAssignments(ctx, f.config, 2) },
		"MarkAll":           func(ctx context.Context, f *fixture) error { return f.MarkAll(ctx, f.config, directory.User) },
		"Mark":              func(ctx context.Context, f *fixture) error { return f.Mark(ctx, f.config, f.seqs("u1")) },
		"Decide": func(ctx context.Context, f *fixture) error {
			return f.Decide(ctx, f.config, []state.Decision{{Seq: f.seq("u1"), Action: state.Disable, Log: e}, {Seq: f.seq("u3"), Log: e}})
		},
		"SetLevels": func(ctx context.Context, f *fixture) error { _, err := f.SetLevels(ctx, f.config); return err },
		"Hold":      func(ctx context.Context, f *fixture) error { _, err := f.Hold(ctx, f.config, true); return err },
		"Intend":    func(ctx context.Context, f *fixture) error { return f.Intend(ctx, f.config, f.seqs("u3")) },
		"Commit": func(ctx context.Context, f *fixture) error {
			return f.Commit(ctx, f.config, []state.Outcome{
				{Seq: f.seq("u2"), Forget: true},
				{Seq: f.seq("u1"), Done: true, Link: state.Active, Target: "T9", Applied: directory.Values{"a": "b"}, Waits: []state.Wait{}, Log: e},
				{Seq: f.seq("u3"), Escrow: failure(1, 99, 9)},
			})
		},
		"CommitEdges": func(ctx context.Context, f *fixture) error {
			return f.CommitEdges(ctx, f.config, f.seq("g1"), f.seqs("u2"), f.seqs("u1"), e)
		},
		"ResetIndex": func(ctx context.Context, f *fixture) error { return f.ResetIndex(ctx, f.config, directory.User) },
		"AddIndex": func(ctx context.Context, f *fixture) error {
			return f.AddIndex(ctx, f.config, directory.User, []state.IndexEntry{entry("T7", "v", "k")})
		},
		"AppendLog": func(ctx context.Context, f *fixture) error { return f.AppendLog(ctx, f.config, []state.LogEntry{*e}) },
		"PruneLog": func(ctx context.Context, f *fixture) error {
			_, err := f.PruneLog(ctx, f.config, at(9), 10)
			return err
		},
	}
}
