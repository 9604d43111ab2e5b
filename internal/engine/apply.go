package engine

import (
	"context"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/fault"
	"github.com/entrain-dev/entrain/internal/state"
)

const (
	defaultWorkers = 32
	// commitBatch is how many outcomes one transaction takes at the most.
	commitBatch = 200
	// commitDelay is how long an outcome waits for others to be committed with.
	commitDelay = 100 * time.Millisecond
	// tooManyInARow is how many transient failures without a success between them end a cycle: the target is down.
	tooManyInARow = 25
)

// applyRemovals disables before anybody is created: in a long initial cycle a leaver must not wait for it. Deletions of
// people who are disabled already can wait (applyDeletions), so that a person who was hired again takes the account over.
func (c *cycle) applyRemovals(ctx context.Context) error {
	return c.apply(ctx, state.PendingQuery{Kind: directory.User, Level: -1, Removals: true}, func(r state.Candidate) bool {
		return r.Action != state.Delete || r.Link == state.Active
	})
}

func (c *cycle) applyDeletions(ctx context.Context) error {
	for _, kind := range []directory.Kind{directory.User, directory.Group} {
		if err := c.apply(ctx, state.PendingQuery{Kind: kind, Level: -1, Removals: true}, nil); err != nil {
			return err
		}
	}
	return nil
}

// applyUsers provisions people, managers before those whom they manage, so that most references go with the create.
func (c *cycle) applyUsers(ctx context.Context) error {
	if err := c.expect(ctx, directory.User); err != nil {
		return err
	}
	levels, err := c.Store.SetLevels(ctx, c.plan.ID)
	if err != nil {
		return err
	}
	for level := 0; level <= levels; level++ {
		if err := c.apply(ctx, state.PendingQuery{Kind: directory.User, Level: level}, nil); err != nil {
			return err
		}
	}
	// What has no level: updates and releases.
	if err := c.apply(ctx, state.PendingQuery{Kind: directory.User, Level: -1}, nil); err != nil {
		return err
	}
	return c.resolveConflicts(ctx)
}

func (c *cycle) applyGroups(ctx context.Context) error {
	if c.plan.Groups == nil {
		return nil
	}
	if err := c.expect(ctx, directory.Group); err != nil {
		return err
	}
	return c.apply(ctx, state.PendingQuery{Kind: directory.Group, Level: -1}, nil)
}

// expect tells how many objects a phase has before it, so that its progress has an end.
func (c *cycle) expect(ctx context.Context, kind directory.Kind) error {
	pending, err := c.Store.Pending(ctx, c.plan.ID)
	if err != nil {
		return err
	}
	var n int64
	for action, count := range pending.Action[kind] {
		if !action.Removes() {
			n += count
		}
	}
	c.observe(func(p *Progress) { p.Total = p.Done + n })
	return nil
}

// retry tries objects again whose failure is due, each alone. Failures of this cycle are not among them.
func (c *cycle) retry(ctx context.Context) error {
	due := c.config.Cycle.Started.Add(-1)
	c.alone = true
	defer func() { c.alone = false }()
	for _, kind := range []directory.Kind{directory.User, directory.Group} {
		if _, ok := c.plan.side(kind); !ok {
			continue
		}
		for _, removals := range []bool{true, false} {
			q := state.PendingQuery{Kind: kind, Level: -1, Removals: removals, DueBy: due}
			if err := c.applyWith(ctx, q, nil, 1); err != nil {
				return err
			}
		}
	}
	// Members wait for whoever arrived only now.
	return c.applyMembers(ctx)
}

// apply applies all pending actions that the query selects and want accepts.
func (c *cycle) apply(ctx context.Context, q state.PendingQuery, want func(state.Candidate) bool) error {
	return c.applyWith(ctx, q, want, c.workers())
}

func (c *cycle) workers() int {
	if c.Workers > 0 {
		return c.Workers
	}
	return defaultWorkers
}

// job is an object together with what is needed to apply its action.
type job struct {
	side    Side
	record  state.Candidate
	targets resolved
	// meet, if not nil, is where the create of the object waits for the others of its batch.
	meet *meeting
}

// applyWith is a pipeline: one goroutine lists pages of the store, workers apply, one goroutine commits outcomes in groups
// that grow by themselves while the store is busy. It returns when all three are done.
func (c *cycle) applyWith(ctx context.Context, q state.PendingQuery, want func(state.Candidate) bool, workers int) error {
	side, ok := c.plan.side(q.Kind)
	if !ok {
		return nil
	}
	// A page of jobs waits while the next one is listed and its intents are written, so that workers do not wait for the store.
	size := c.batchSize()
	if size > 1 && q.Level >= 0 { // people who are to be created and nobody else
		workers = min(workers, bulkWorkers)
	}
	jobs := make(chan []job, max(1, commitBatch/size))
	outcomes := make(chan state.Outcome, commitBatch)
	// Without the store nothing more may be sent: what is done there would be forgotten.
	running, halt := context.WithCancel(ctx)
	defer halt()
	g, gctx := errgroup.WithContext(running)
	g.Go(func() error {
		defer close(jobs)
		err := c.produce(gctx, side, q, want, jobs)
		if fault.Is(err, fault.Canceled) && gctx.Err() == nil {
			// Asked to stop: what was begun is finished, which an error here would cut off.
			return nil
		}
		return err
	})
	work, wctx := errgroup.WithContext(gctx)
	for range workers {
		work.Go(func() error { return c.work(wctx, jobs, outcomes) })
	}
	g.Go(func() error {
		defer close(outcomes)
		return work.Wait()
	})
	// What was done at the target must reach the store also when the cycle is being ended.
	g.Go(func() error { return c.commit(context.WithoutCancel(ctx), outcomes, halt) })
	if err := g.Wait(); err != nil {
		return err
	}
	return c.interrupted(ctx)
}

// produce lists pending objects and hands them to the workers.
func (c *cycle) produce(ctx context.Context, side Side, q state.PendingQuery, want func(state.Candidate) bool, jobs chan<- []job) error {
	return pages(func(after state.Seq) ([]state.Candidate, error) {
		return c.Store.Apply(ctx, c.plan.ID, q, after, commitBatch)
	}, func(r state.Candidate) state.Seq { return r.Seq }, func(listed []state.Candidate) error {
		if err := c.interrupted(ctx); err != nil {
			return err
		}
		page := make([]state.Candidate, 0, len(listed))
		for _, r := range listed {
			if want == nil || want(r) {
				page = append(page, r)
			}
		}
		targets, err := c.resolve(ctx, page)
		if err != nil {
			return err
		}
		if err := c.intend(ctx, page); err != nil {
			return err
		}
		c.observe(func(p *Progress) { p.Total = max(p.Total, p.Done) })
		all := make([]job, len(page))
		for i, r := range page {
			all[i] = job{side: side, record: r, targets: targets}
		}
		for _, batch := range c.batches(all) {
			select {
			case jobs <- batch:
			case <-c.req.Stop:
				return c.interrupted(ctx)
			case <-ctx.Done():
				return c.interrupted(ctx)
			}
		}
		return nil
	})
}

// intend records which objects of a page may be created or changed from now on: when the outcome stays unknown, because of a crash or
// because the answer is lost, these are looked up in the target before anything else is concluded about them.
func (c *cycle) intend(ctx context.Context, page []state.Candidate) error {
	var seqs []state.Seq
	for _, r := range page {
		creates := r.Action == state.Provision && r.Target == ""
		changes := r.Target != "" && (r.Action == state.Update || r.Action == state.Disable || r.Action == state.Delete)
		if (creates || changes) && !r.Intent {
			seqs = append(seqs, r.Seq)
		}
	}
	if len(seqs) == 0 {
		return nil
	}
	return c.Store.Intend(ctx, c.plan.ID, seqs)
}

// stopping reports whether the cycle was asked to end at the next object border.
func (c *cycle) stopping() bool {
	select {
	case <-c.req.Stop:
		return true
	default:
		return false
	}
}

func (c *cycle) work(ctx context.Context, jobs <-chan []job, outcomes chan<- state.Outcome) error {
	for batch := range jobs {
		if ctx.Err() != nil {
			return c.interrupted(ctx)
		}
		if c.stopping() {
			continue
		}
		if err := c.actMany(ctx, batch, outcomes); err != nil {
			return err
		}
	}
	return nil
}

// commit writes outcomes until there are no more. After an error it halts the workers and goes on reading, so that none blocks.
func (c *cycle) commit(ctx context.Context, outcomes <-chan state.Outcome, halt func()) error {
	var failed error
	for first := range outcomes {
		batch := c.gather(first, outcomes)
		if failed != nil {
			continue
		}
		if failed = c.Store.Commit(ctx, c.plan.ID, batch); failed != nil {
			halt()
			continue
		}
		done := make([]state.Seq, len(batch))
		for i, o := range batch {
			done[i] = o.Seq
		}
		c.claims.drop(done...)
		c.count(func(*state.Report) {}, int64(len(batch)))
	}
	return failed
}

// gather collects what is committed together: until the batch is full, no more come, or commitDelay has passed. Each commit
// waits for the disk.
func (c *cycle) gather(first state.Outcome, outcomes <-chan state.Outcome) []state.Outcome {
	batch := append(make([]state.Outcome, 0, commitBatch), first)
	timer := time.NewTimer(commitDelay)
	defer timer.Stop()
	for len(batch) < commitBatch {
		select {
		case o, ok := <-outcomes:
			if !ok {
				return batch
			}
			batch = append(batch, o)
		case <-timer.C:
			return batch
		}
	}
	return batch
}

// fatal reports whether a failure at one object concerns all of them and ends the cycle.
func (c *cycle) fatal(err error) bool {
	switch fault.KindOf(err) {
	case fault.Unauthorized, fault.NotCompliant, fault.Canceled, fault.Internal:
		return true
	case fault.Transient, fault.Unreachable, fault.Throttled:
		if c.counted(err) {
			return c.inARow.Load() >= tooManyInARow
		}
		return c.inARow.Add(1) >= tooManyInARow
	}
	c.inARow.Store(0)
	return false
}
