package engine

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/fault"
	"github.com/entrain-dev/entrain/internal/schedule"
	"github.com/entrain-dev/entrain/internal/state"
)

// defaultMemberBatch is used where a profile names none.
const defaultMemberBatch = 100

// applyMembers makes the memberships of each managed group equal to the source, in requests of at most the batch that the
// target allows. The difference is taken against what was sent before: members that somebody else added stay.
func (c *cycle) applyMembers(ctx context.Context) error {
	if c.plan.Groups == nil {
		return nil
	}
	if _, mapped := c.plan.Groups.Mapping.Members(); !mapped {
		return nil
	}
	return pages(func(after state.Seq) ([]state.Record, error) {
		return c.Store.UnequalGroups(ctx, c.plan.ID, after, commitBatch)
	}, func(r state.Record) state.Seq { return r.Seq }, func(page []state.Record) error {
		c.observe(func(p *Progress) { p.Total += int64(len(page)) })
		if err := c.intendMembers(ctx, page...); err != nil {
			return err
		}
		// Groups side by side, the requests of one group one after the other: each changes the version of the group.
		g, gctx := errgroup.WithContext(ctx)
		g.SetLimit(c.workers())
		for _, group := range page {
			if group.Escrow != nil && !group.Escrow.Next.Before(c.config.Cycle.Started) {
				continue
			}
			g.Go(func() error {
				if err := c.applyGroupMembers(gctx, group); err != nil {
					return err
				}
				c.count(func(*state.Report) {}, 1)
				return nil
			})
		}
		return g.Wait()
	})
}

// intendMembers records for which groups changes of members may be sent from now on.
func (c *cycle) intendMembers(ctx context.Context, groups ...state.Record) error {
	var seqs []state.Seq
	for _, g := range groups {
		if !g.Intent {
			seqs = append(seqs, g.Seq)
		}
	}
	if len(seqs) == 0 {
		return nil
	}
	return c.Store.Intend(ctx, c.plan.ID, seqs)
}

func (c *cycle) applyGroupMembers(ctx context.Context, group state.Record) error {
	batch := c.caps.MemberBatch
	if batch <= 0 {
		batch = defaultMemberBatch
	}
	for {
		if err := c.interrupted(ctx); err != nil {
			return err
		}
		add, remove, err := c.Store.Edges(ctx, c.plan.ID, group.Seq, batch)
		if err != nil {
			return err
		}
		if len(remove) > batch-len(add) {
			remove = remove[:batch-len(add)]
		}
		if len(add)+len(remove) == 0 {
			return nil
		}
		again, err := c.sendMembers(ctx, group, add, remove)
		if err != nil || !again {
			return err
		}
	}
}

// sendMembers sends one batch; again is false when the group must wait.
func (c *cycle) sendMembers(ctx context.Context, group state.Record, add, remove []state.Edge) (again bool, err error) {
	adding, removing := targetsOf(add), targetsOf(remove)
	if len(adding)+len(removing) > 0 {
		err = c.plan.Target.UpdateMembers(ctx, group.Target, adding, removing)
	}
	if fault.Is(err, fault.Invalid, fault.NotFound) && len(add)+len(remove) > 1 {
		// One bad member must not keep the others out.
		return c.sendMembersOneByOne(ctx, group, add, remove)
	}
	if err != nil {
		return false, c.membersFailed(ctx, group, err)
	}
	return true, c.membersSent(ctx, group, add, remove)
}

// membersSent records memberships that the target has taken, and logs those that something was sent for.
func (c *cycle) membersSent(ctx context.Context, group state.Record, add, remove []state.Edge) error {
	adding, removing := len(targetsOf(add)), len(targetsOf(remove))
	if adding+removing == 0 {
		return c.Store.CommitEdges(ctx, c.plan.ID, group.Seq, seqsOf(add), seqsOf(remove), nil)
	}
	c.inARow.Store(0)
	entry := c.entry(group, logUpdate, logSuccess)
	logStep(entry, "EntryExportUpdate", "export", logSuccess, "%d members were added and %d removed.", adding, removing)
	for _, e := range add {
		if e.Target != "" {
			entry.Properties = append(entry.Properties, state.LogProperty{Name: directory.AttrMembers, New: string(e.ID)})
		}
	}
	for _, e := range remove {
		if e.Target != "" {
			entry.Properties = append(entry.Properties, state.LogProperty{Name: directory.AttrMembers, Old: string(e.ID)})
		}
	}
	c.count(func(rep *state.Report) { rep.Updated++ }, 0)
	return c.Store.CommitEdges(ctx, c.plan.ID, group.Seq, seqsOf(add), seqsOf(remove), entry)
}

// sendMembersOneByOne isolates members that the target refuses. The group goes into escrow as a reference failure, since
// the refused memberships are still missing.
func (c *cycle) sendMembersOneByOne(ctx context.Context, group state.Record, add, remove []state.Edge) (bool, error) {
	var refused error
	single := func(e state.Edge, adding bool) error {
		var a, r []state.Edge
		if adding {
			a = []state.Edge{e}
		} else {
			r = []state.Edge{e}
		}
		if e.Target == "" {
			return c.membersSent(ctx, group, a, r)
		}
		err := c.plan.Target.UpdateMembers(ctx, group.Target, targetsOf(a), targetsOf(r))
		if fault.Is(err, fault.Invalid, fault.NotFound) {
			refused = &fault.Error{
				Kind: fault.KindOf(err), Op: "update members", Code: "UnableToResolveReferenceAttributeValue",
				Message: fmt.Sprintf("The target refused the membership of %s: %s", e.ID, fault.MessageOf(err)), Err: err,
			}
			return nil
		}
		if err != nil {
			return err
		}
		return c.membersSent(ctx, group, a, r)
	}
	for _, e := range add {
		if err := single(e, true); err != nil {
			return false, c.membersFailed(ctx, group, err)
		}
	}
	for _, e := range remove {
		if err := single(e, false); err != nil {
			return false, c.membersFailed(ctx, group, err)
		}
	}
	if refused != nil {
		return false, c.membersFailed(ctx, group, refused)
	}
	return true, nil
}

// membersFailed puts the group into escrow as a reference failure; a group that is gone loses its link and is matched again
// in the next cycle.
func (c *cycle) membersFailed(ctx context.Context, group state.Record, err error) error {
	if fault.Is(err, fault.Canceled, fault.Unauthorized, fault.NotCompliant, fault.Internal) {
		return c.connection(err)
	}
	now := c.Clock.Now()
	e := state.Escrow{First: now, Code: codeOf(err), Message: fault.MessageOf(err), Reference: true}
	if group.Escrow != nil {
		e.First, e.Attempts = group.Escrow.First, group.Escrow.Attempts
	}
	e.Attempts++
	e.Next, _ = schedule.Escrow(e.First, now, e.Attempts)
	out := state.Outcome{Seq: group.Seq, Link: group.Link, Target: group.Target, Escrow: &e, Log: c.logged(c.entry(group, logUpdate, logFailure), err)}
	if fault.Is(err, fault.NotFound) && fault.CodeOf(err) != "UnableToResolveReferenceAttributeValue" &&
		fault.Is(c.confirmed(ctx, state.Candidate{Record: group}, err), fault.NotFound) {
		out.Link, out.Target, out.Applied = state.Unlinked, "", directory.Values{}
	}
	if cerr := c.Store.Commit(ctx, c.plan.ID, []state.Outcome{out}); cerr != nil {
		return cerr
	}
	if out.Link == state.Unlinked {
		if merr := c.Store.Mark(ctx, c.plan.ID, []state.Seq{group.Seq}); merr != nil {
			return merr
		}
	}
	c.references.Add(1)
	c.count(func(rep *state.Report) { rep.Failed++ }, 0)
	if c.fatal(err) {
		return c.connection(err)
	}
	return nil
}

func targetsOf(edges []state.Edge) []directory.TargetID {
	var out []directory.TargetID
	for _, e := range edges {
		if e.Target != "" {
			out = append(out, e.Target)
		}
	}
	return out
}

func seqsOf(edges []state.Edge) []state.Seq {
	out := make([]state.Seq, len(edges))
	for i, e := range edges {
		out[i] = e.Member
	}
	return out
}
