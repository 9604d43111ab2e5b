package engine

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/fault"
	"github.com/entrain-dev/entrain/internal/mapping"
	"github.com/entrain-dev/entrain/internal/state"
)

// Drift says what a cycle does about changes that somebody made in the target. The original never looks.
type Drift string

const (
	// DriftIgnored does not look.
	DriftIgnored Drift = ""
	// DriftDetected looks and writes what it finds into the provisioning log.
	DriftDetected Drift = "Detect"
	// DriftCorrected makes the target again what it was given.
	DriftCorrected Drift = "Correct"
)

// driftInterval is how long after a pass the next one begins. A pass costs a list of the target: one request for each page.
const driftInterval = 24 * time.Hour

// errStopped ends a list because something more important waits.
var errStopped = errors.New("stopped")

// drift compares everything that is under management with what the target has, when nothing else is left to do. It is
// not worth an interruption: a pass that is stopped begins anew in the next cycle.
func (c *cycle) drift(ctx context.Context) error {
	now := c.Clock.Now()
	switch last := c.config.Drift; {
	case c.plan.Drift == DriftIgnored:
		return nil
	case last == nil && c.config.Cycle.Initial:
		// Everybody was matched or created a moment ago.
		c.config.Drift = &state.Drift{Began: now, Ended: now}
		return nil
	case last != nil && now.Sub(last.Ended) < driftInterval:
		return nil
	case last == nil:
		c.config.Drift = &state.Drift{Began: now}
	case last.Ended.Before(last.Began):
		last.Began = now // a pass that was stopped goes on counting whom it removed
	default:
		last.Began, last.Removed = now, 0
	}
	counts, err := c.Store.Counts(ctx, c.plan.ID)
	if err != nil {
		return err
	}
	c.observe(func(p *Progress) { p.Total += counts.Users + counts.Groups })
	p := &driftPass{cycle: c}
	for _, kind := range []directory.Kind{directory.User, directory.Group} {
		side, ok := c.plan.side(kind)
		if !ok {
			continue
		}
		err := p.kind(ctx, kind, side)
		switch {
		case errors.Is(err, errStopped):
			return nil
		case fault.Is(err, fault.Transient, fault.Throttled, fault.Unreachable):
			// All work of the cycle is done; that looking did not succeed takes nothing away from it.
			c.Log.Warn("Looking for drift did not succeed; the next cycle tries again", "config", c.plan.Name, "kind", kind, "reason", fault.MessageOf(err))
			return nil
		case err != nil:
			return err
		}
	}
	c.mu.Lock()
	c.config.Drift.Found = c.report.Drifted
	c.mu.Unlock()
	c.config.Drift.Ended = c.Clock.Now()
	return nil
}

// driftPass is one look at everything.
type driftPass struct {
	*cycle
	// matched is how many managed resources the list of the kind has shown so far.
	matched int64
}

// kind lists the target and compares what is linked, then asks for what the list did not show.
func (p *driftPass) kind(ctx context.Context, kind directory.Kind, side Side) error {
	if err := p.Store.ResetIndex(ctx, p.plan.ID, kind); err != nil {
		return err
	}
	p.matched = 0
	err := p.plan.Target.List(ctx, kind, listedPaths(side.Mapping), func(page []directory.Resource) error {
		for chunk := range slices.Chunk(page, state.PageSize) {
			if err := p.page(ctx, kind, side, chunk); err != nil {
				return err
			}
		}
		return nil
	})
	var ended *connectionError
	switch {
	case errors.Is(err, errStopped), errors.As(err, &ended), fault.Is(err, fault.Canceled, fault.Internal):
		return err
	case err != nil && p.unlisted(err, kind):
		return nil
	case err != nil:
		return &connectionError{side: targetSide, err: err}
	}
	return p.absent(ctx, kind, side)
}

// listedPaths are the attributes to be compared; members are many and read group by group.
func listedPaths(m *mapping.Mapping) []string {
	members, _ := m.Members()
	return slices.DeleteFunc(m.TargetPaths(), func(path string) bool { return path == members })
}

// page compares a page of the list.
func (p *driftPass) page(ctx context.Context, kind directory.Kind, side Side, page []directory.Resource) error {
	ids := make([]directory.TargetID, len(page))
	for i, res := range page {
		ids[i] = res.ID
	}
	linked, err := p.Store.Linked(ctx, p.plan.ID, kind, ids)
	if err != nil {
		return err
	}
	var records []state.Candidate
	var entries []state.IndexEntry
	for _, res := range page {
		if r, ok := linked[res.ID]; ok {
			records = append(records, r)
			entries = append(entries, state.IndexEntry{Resource: directory.Resource{ID: res.ID}})
		}
	}
	p.matched += int64(len(records))
	if err := p.Store.AddIndex(ctx, p.plan.ID, kind, entries); err != nil {
		return err
	}
	targets, err := p.resolve(ctx, records)
	if err != nil {
		return err
	}
	for _, res := range page {
		if r, ok := linked[res.ID]; ok {
			if err := p.one(ctx, side, r, res, targets); err != nil {
				return err
			}
		}
	}
	return nil
}

// absent asks for each resource that the list did not show. A list that lacks many, or shows nobody, is not believed.
func (p *driftPass) absent(ctx context.Context, kind directory.Kind, side Side) error {
	list := func(page func([]state.Candidate) error) error {
		return pages(func(after state.Seq) ([]state.Candidate, error) {
			return p.Store.Unlisted(ctx, p.plan.ID, kind, after, state.PageSize)
		}, func(r state.Candidate) state.Seq { return r.Seq }, page)
	}
	absent, doubted := int64(0), false
	err := list(func(page []state.Candidate) error {
		absent += int64(len(page))
		if doubted = p.matched == 0 || absent > suspiciousMissing && absent*100 > (absent+p.matched)*suspiciousShare; doubted {
			return errStopped
		}
		return nil
	})
	if err != nil && !errors.Is(err, errStopped) {
		return err
	}
	if doubted {
		p.Log.Warn("The list of the target lacks many who are under management; nothing is concluded from it", "config", p.plan.Name, "kind", kind,
			"absent", absent, "listed", p.matched)
		return nil
	}
	return list(func(page []state.Candidate) error {
		targets, err := p.resolve(ctx, page)
		if err != nil {
			return err
		}
		for _, r := range page {
			if !settled(r) {
				continue
			}
			if err := p.fresh(ctx, side, r, targets); err != nil {
				return err
			}
		}
		return nil
	})
}

// settled reports whether nothing is pending for an object: then the target should have what it was given.
func settled(r state.Candidate) bool {
	return r.Action == state.None && r.Escrow == nil && !r.Intent && !r.Missing
}
