package engine

import (
	"context"
	"errors"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/fault"
	"github.com/entrain-dev/entrain/internal/state"
)

// bulkWorkers is how many batches of creates are on their way at the same time: each keeps the target busy with many.
const bulkWorkers = 2

// bulkTarget is a Target that creates many resources in one request (Capabilities().BulkOperations).
type bulkTarget interface {
	// CreateMany tells each, exactly once for every document, what Create would have returned for it.
	CreateMany(ctx context.Context, kind directory.Kind, docs []directory.Document, each func(i int, res directory.Resource, err error))
}

// batchSize is how many creates a worker takes at once, 1 where the target has no bulk or somebody must be alone.
func (c *cycle) batchSize() int {
	if _, ok := c.plan.Target.(bulkTarget); !ok || c.alone {
		return 1
	}
	return max(1, c.caps.BulkOperations)
}

// batches puts the objects of a page together that are to be created, batchSize at a time; everybody else stays alone. The
// objects of one query do not refer to each other: they are of one level.
func (c *cycle) batches(page []job) [][]job {
	size := c.batchSize()
	var out [][]job
	var creates []job
	for _, j := range page {
		if size < 2 || j.record.Action != state.Provision || j.record.Target != "" {
			out = append(out, []job{j})
			continue
		}
		if creates = append(creates, j); len(creates) == size {
			out, creates = append(out, creates), nil
		}
	}
	if len(creates) > 0 {
		out = append(out, creates)
	}
	return out
}

// actMany applies the actions of a batch side by side, so that those who are to be created meet in one request. All of them
// end before it returns: what was done at the target must reach the store.
func (c *cycle) actMany(ctx context.Context, batch []job, outcomes chan<- state.Outcome) error {
	act := func(j job) error {
		out, err := c.act(ctx, j)
		if out != nil {
			outcomes <- *out
		}
		return err
	}
	target, ok := c.plan.Target.(bulkTarget)
	if len(batch) == 1 || !ok {
		return act(batch[0])
	}
	meet := &meeting{target: target, open: len(batch)}
	var g errgroup.Group
	for _, j := range batch {
		j.meet = meet
		g.Go(func() error {
			defer meet.leave(ctx)
			return act(j)
		})
	}
	return g.Wait()
}

// post creates the resource of a job, together with those of the others of its batch.
func (c *cycle) post(ctx context.Context, j job, doc directory.Document) (directory.Resource, error) {
	if j.meet == nil {
		return c.plan.Target.Create(ctx, j.record.Kind, doc)
	}
	return j.meet.create(ctx, j.record.Kind, doc)
}

// meeting is where the creates of a batch wait for each other: as soon as everybody who still is at work waits here, they go
// together. Nobody waits for a clock.
type meeting struct {
	target bulkTarget

	mu      sync.Mutex
	open    int // objects that are at work or wait
	waiting []posting
}

type posting struct {
	kind directory.Kind
	doc  directory.Document
	done chan posted
}

type posted struct {
	res directory.Resource
	err error
}

func (m *meeting) create(ctx context.Context, kind directory.Kind, doc directory.Document) (directory.Resource, error) {
	p := posting{kind, doc, make(chan posted, 1)}
	m.mu.Lock()
	m.waiting = append(m.waiting, p)
	all := m.complete()
	m.mu.Unlock()
	m.send(ctx, all)
	out := <-p.done // always comes: CreateMany ends with its context and tells everybody
	return out.res, out.err
}

// leave is called by everybody at the end.
func (m *meeting) leave(ctx context.Context) {
	m.mu.Lock()
	m.open--
	all := m.complete()
	m.mu.Unlock()
	m.send(ctx, all)
}

// complete takes those who wait when nobody else is at work.
func (m *meeting) complete() []posting {
	if len(m.waiting) < m.open {
		return nil
	}
	all := m.waiting
	m.waiting = nil
	return all
}

func (m *meeting) send(ctx context.Context, all []posting) {
	if len(all) == 0 {
		return
	}
	docs := make([]directory.Document, len(all))
	for i, p := range all {
		docs[i] = p.doc
	}
	m.target.CreateMany(ctx, all[0].kind, docs, func(i int, res directory.Resource, err error) { all[i].done <- posted{res, err} })
}

// counted reports whether a failure is one that was counted already: all who were in a request that failed share its error.
func (c *cycle) counted(err error) bool {
	var e *fault.Error
	if !errors.As(err, &e) {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.inARow.Load() == 0 || c.known == nil {
		c.known = map[*fault.Error]bool{}
	}
	seen := c.known[e]
	c.known[e] = true
	return seen
}
