package engine

import (
	"context"

	"golang.org/x/sync/errgroup"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/fault"
	"github.com/entrain-dev/entrain/internal/state"
)

const (
	// suspiciousGroup is how many members a group must have had for a sudden emptiness to be doubted.
	suspiciousGroup = 5
	// suspiciousShare is the share of all people, in percent, that may be missing from a complete read before it is doubted,
	// and suspiciousMissing the number below which it never is.
	suspiciousShare, suspiciousMissing = 20, 10
)

// importAll reads what changed. Users, groups and assignments are read side by side; each page is committed by itself, since
// a page that is read again changes nothing.
func (c *cycle) importAll(ctx context.Context) error {
	next := state.Watermark{}
	rereading := c.config.RereadGroups
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() (err error) {
		next.Users, err = c.importKind(gctx, directory.User, c.config.Watermark.Users)
		return err
	})
	if c.plan.readsGroups() {
		token := c.config.Watermark.Groups
		if c.config.RereadGroups {
			token = ""
		}
		g.Go(func() (err error) {
			next.Groups, err = c.importKind(gctx, directory.Group, token)
			return err
		})
	}
	var assignments verdict
	if c.plan.AssignedOnly {
		g.Go(func() (err error) {
			assignments, err = c.importAssignments(gctx)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	if c.plan.AssignedOnly {
		if err := c.settleAssignments(ctx, assignments); err != nil {
			return err
		}
		if err := c.readAssigned(ctx); err != nil {
			return err
		}
	}
	short, err := c.settleMissing(ctx, rereading)
	if err != nil {
		return err
	}
	if short {
		// The next cycle reads everybody again: only a second read may say that so many are gone.
		next.Users = ""
	}
	if err := c.nest(ctx); err != nil {
		return err
	}
	c.config.Cycle.Next = next
	c.config.Selection = c.selection()
	if !c.config.Cycle.Initial {
		return nil
	}
	// Until everybody is decided about by this plan, the decisions are of no plan: were the one before to come back now, it would
	// carry out what this one has decided.
	c.config.Plan = ""
	if err := c.Store.MarkAll(ctx, c.plan.ID, directory.User); err != nil {
		return err
	}
	return c.Store.MarkAll(ctx, c.plan.ID, directory.Group)
}

// importKind reads one kind from a token; without one, or when the token or the selection is no longer good, it reads all.
func (c *cycle) importKind(ctx context.Context, kind directory.Kind, token string) (string, error) {
	if c.config.Selection != c.selection() {
		token = ""
	}
	next, err := c.read(ctx, kind, token)
	if token != "" && fault.Is(err, fault.Gone) {
		c.Log.Info("Reading everything again, the delta token is no longer accepted", "config", c.plan.Name, "kind", kind)
		token = ""
		next, err = c.read(ctx, kind, token)
	}
	if err != nil || token != "" {
		return next, err
	}
	_, suspects, err := c.Store.FinishImport(ctx, c.plan.ID, kind, c.number(), suspiciousGroup)
	if err != nil {
		return "", err
	}
	if kind == directory.Group {
		c.mu.Lock()
		c.config.RereadGroups = suspects > 0
		c.mu.Unlock()
		if suspects > 0 {
			c.Log.Warn("Groups that had members read as empty; nobody is removed until the next complete read says the same",
				"config", c.plan.Name, "groups", suspects)
		}
	}
	return next, nil
}

func (c *cycle) read(ctx context.Context, kind directory.Kind, token string) (string, error) {
	full := token == ""
	next, err := c.plan.Source.Changes(ctx, kind, token, c.plan.Selection(kind), func(changes []directory.Change) error {
		if err := c.interrupted(ctx); err != nil {
			return err
		}
		if err := c.Store.Import(ctx, c.plan.ID, c.number(), full, changes); err != nil {
			return err
		}
		c.count(func(*state.Report) {}, int64(len(changes)))
		return nil
	})
	if err != nil && !fault.Is(err, fault.Gone) {
		return "", &connectionError{side: sourceSide, err: err}
	}
	return next, err
}

// verdict says what is to become of a complete list of assignments.
type verdict struct{ inForce, staged int64 }

func (c *cycle) importAssignments(ctx context.Context) (verdict, error) {
	err := c.plan.Source.Assignments(ctx, func(page []directory.Assignment) error {
		return c.Store.StageAssignments(ctx, c.plan.ID, c.number(), page)
	})
	if err != nil {
		return verdict{}, &connectionError{side: sourceSide, err: err}
	}
	inForce, staged, err := c.Store.CountAssignments(ctx, c.plan.ID, c.number())
	return verdict{inForce, staged}, err
}

// settleAssignments puts the list in force, unless it is suddenly empty for the first time.
func (c *cycle) settleAssignments(ctx context.Context, v verdict) error {
	if v.inForce > 0 && v.staged == 0 && c.config.EmptyAssignments == 0 {
		c.config.EmptyAssignments, c.doubted = c.number(), true
		c.Log.Warn("The list of assignments is suddenly empty; nobody is removed until the next read says the same", "config", c.plan.Name)
		return nil
	}
	if v.staged > 0 {
		c.config.EmptyAssignments = 0
	}
	return c.Store.FinishAssignments(ctx, c.plan.ID, c.number())
}

// unreadGroups is how many groups one cycle reads one by one.
const unreadGroups = 100

// readAssigned reads groups that are assigned and that no delta query has shown yet: the list of assignments may be ahead of it by
// minutes. Whoever was moved from an assignment of their own into such a group would lose access until the delta query catches up.
func (c *cycle) readAssigned(ctx context.Context) error {
	groups, err := c.Store.UnreadGroups(ctx, c.plan.ID, unreadGroups)
	if err != nil {
		return err
	}
	for _, id := range groups {
		if err := c.interrupted(ctx); err != nil {
			return err
		}
		change, err := c.plan.Source.Find(ctx, directory.Group, id, c.plan.Selection(directory.Group))
		if err != nil {
			return &connectionError{side: sourceSide, err: err}
		}
		if change.Removal != directory.Present {
			continue // the assignment will go too
		}
		if err := c.Store.Import(ctx, c.plan.ID, c.number(), false, []directory.Change{change}); err != nil {
			return err
		}
	}
	return nil
}

// settleMissing looks up everybody whom a complete read did not show: in the recycle bin means soft-deleted, gone from both
// means hard-deleted. short is true when so many are missing that the read itself is doubted; then nobody is looked up.
func (c *cycle) settleMissing(ctx context.Context, rereading bool) (short bool, err error) {
	again := false
	for _, kind := range []directory.Kind{directory.User, directory.Group} {
		missing, err := c.countMissing(ctx, kind)
		if err != nil {
			return false, err
		}
		known, err := c.Store.Known(ctx, c.plan.ID, kind)
		if err != nil {
			return false, err
		}
		if missing > suspiciousMissing && missing*100 > known*suspiciousShare && c.config.ShortRead == 0 {
			c.config.ShortRead = c.number()
			c.Log.Warn("A complete read missed many; nobody is removed until the next read says the same",
				"config", c.plan.Name, "kind", kind, "missing", missing, "known", known)
			return true, nil
		}
		present, err := c.lookUpMissing(ctx, kind)
		if err != nil {
			return false, err
		}
		again = again || c.incomplete(kind, present, rereading)
	}
	if again {
		c.config.ShortRead = c.number()
		return true, nil
	}
	c.config.ShortRead = 0
	return false, nil
}

// incomplete deals with a read that left out somebody who is there: it has proved itself incomplete, and who else is missing
// from it (new people, members who left) is not known. It is repeated once: groups at once in the next cycle, users when it
// returns true.
func (c *cycle) incomplete(kind directory.Kind, present int, rereading bool) bool {
	if present == 0 {
		return false
	}
	c.Log.Warn("A complete read left out objects that exist; the next cycle reads everything again", "config", c.plan.Name, "kind", kind, "objects", present)
	if kind == directory.Group {
		c.config.RereadGroups = !rereading
		return false
	}
	return c.config.ShortRead == 0
}

func (c *cycle) countMissing(ctx context.Context, kind directory.Kind) (n int64, err error) {
	err = pages(func(after state.Seq) ([]state.Record, error) {
		return c.Store.Missing(ctx, c.plan.ID, kind, after, state.PageSize)
	}, func(r state.Record) state.Seq { return r.Seq }, func(page []state.Record) error {
		for _, r := range page {
			// Nobody in the recycle bin is expected in a read; that they are missing says nothing against it.
			if r.Removal == directory.Present {
				n++
			}
		}
		return nil
	})
	return n, err
}

// lookUpMissing settles everybody who is missing and returns how many of them are there after all.
func (c *cycle) lookUpMissing(ctx context.Context, kind directory.Kind) (present int, err error) {
	err = pages(func(after state.Seq) ([]state.Record, error) {
		return c.Store.Missing(ctx, c.plan.ID, kind, after, state.PageSize)
	}, func(r state.Record) state.Seq { return r.Seq }, func(page []state.Record) error {
		if err := c.interrupted(ctx); err != nil {
			return err
		}
		ids := make([]directory.SourceID, len(page))
		for i, r := range page {
			ids[i] = r.ID
		}
		err := c.plan.Source.FindMany(ctx, kind, ids, c.plan.Selection(kind), func(change directory.Change) error {
			if change.Removal == directory.Present {
				present++
			}
			return c.Store.Import(ctx, c.plan.ID, c.number(), false, []directory.Change{change})
		})
		if err != nil {
			return &connectionError{side: sourceSide, err: err}
		}
		return nil
	})
	return present, err
}

// pages walks through a listing of the store.
func pages[T any](list func(after state.Seq) ([]T, error), seq func(T) state.Seq, each func([]T) error) error {
	var after state.Seq
	for {
		page, err := list(after)
		if err != nil || len(page) == 0 {
			return err
		}
		if err := each(page); err != nil {
			return err
		}
		after = seq(page[len(page)-1])
	}
}
