package engine

import (
	"context"
	"maps"
	"strings"

	"github.com/google/uuid"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/fault"
	"github.com/entrain-dev/entrain/internal/state"
)

// maxConflicts bounds how many objects wait for the second attempt of a cycle; more go into escrow at once.
const maxConflicts = 1000

// postpone keeps an object whose value is taken for a second attempt, after everybody else had their first: whoever holds
// the value may give it up in the same cycle. It reports whether there is one.
func (c *cycle) postpone(r state.Candidate, err error) bool {
	taken := fault.Is(err, fault.Conflict) || fault.CodeOf(err) == codeDuplicateSource
	if !taken || c.alone || r.Action != state.Update && r.Action != state.Provision {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.conflicts) >= maxConflicts {
		return false
	}
	c.conflicts = append(c.conflicts, r.ID)
	return true
}

// resolveConflicts gives the postponed objects their second attempt, one after the other: that nobody else is at work makes
// it safe to move somebody out of the way.
func (c *cycle) resolveConflicts(ctx context.Context) error {
	c.alone = true
	defer func() { c.alone = false }()
	c.mu.Lock()
	waiting := c.conflicts
	c.conflicts = nil
	c.mu.Unlock()
	for _, id := range waiting {
		if err := c.interrupted(ctx); err != nil {
			return err
		}
		r, ok, err := c.Store.Get(ctx, c.plan.ID, id)
		if err != nil {
			return err
		}
		side, provisioned := c.plan.side(r.Kind)
		if !ok || !provisioned || r.Action == state.None || r.Held || r.Escrow != nil {
			continue
		}
		targets, err := c.resolve(ctx, []state.Candidate{r})
		if err != nil {
			return err
		}
		out, err := c.act(ctx, job{side: side, record: r, targets: targets})
		if out != nil {
			if cerr := c.Store.Commit(context.WithoutCancel(ctx), c.plan.ID, []state.Outcome{*out}); cerr != nil {
				return cerr
			}
			c.claims.drop(r.Seq)
			c.count(func(*state.Report) {}, 1)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// makeRoom looks for the person who holds a value that an update needs. When that person is about to get another value, they
// are moved to a free temporary one: two people who swap their names would block each other for ever. It reports whether
// trying again makes sense. Somebody who keeps the value is left alone.
func (c *cycle) makeRoom(ctx context.Context, j job, ops []directory.Operation) (bool, error) {
	if !c.alone {
		return false, nil
	}
	moved := false
	for _, op := range ops {
		value, text := op.Value.(string)
		if !text || !c.matches(j.side, op.Path) {
			continue
		}
		hits, err := c.plan.Target.Find(ctx, j.record.Kind, op.Path, value)
		if err != nil {
			return false, err
		}
		for _, hit := range hits {
			gone, err := c.moveAway(ctx, j, hit.ID, op.Path, value)
			if err != nil {
				return false, err
			}
			moved = moved || gone
		}
	}
	return moved, nil
}

func (c *cycle) matches(side Side, path string) bool {
	for _, p := range side.Mapping.MatchingPaths() {
		if strings.EqualFold(p, path) {
			return true
		}
	}
	return false
}

// moveAway gives the holder of a value a temporary one, if the holder is managed and is to have another value anyway.
func (c *cycle) moveAway(ctx context.Context, j job, holder directory.TargetID, path, value string) (bool, error) {
	other, ok, err := c.Store.ByTarget(ctx, c.plan.ID, j.record.Kind, holder)
	if err != nil || !ok || other.Seq == j.record.Seq {
		return false, err
	}
	r, ok, err := c.Store.Get(ctx, c.plan.ID, other.ID)
	if err != nil || !ok || r.Removal != directory.Present {
		return false, err
	}
	jd := c.judge(j.side, r, nil)
	for _, v := range jd.desired.Values {
		wanted, text := v.Value.(string)
		if v.Path != path || !text || strings.EqualFold(wanted, value) {
			continue
		}
		free := temporary(value)
		err := c.plan.Target.Update(ctx, r.Kind, holder, []directory.Operation{{Kind: directory.Replace, Path: path, Value: free}})
		if err != nil {
			return false, err
		}
		applied := maps.Clone(r.Applied)
		if applied == nil {
			applied = directory.Values{}
		}
		applied[path] = free
		out := state.Outcome{Seq: r.Seq, Link: r.Link, Target: r.Target, Applied: applied, Escrow: r.Escrow}
		if err := c.Store.Commit(ctx, c.plan.ID, []state.Outcome{out}); err != nil {
			return false, err
		}
		// The holder is given their own value in this cycle or, if that fails, in the next.
		return true, c.Store.Mark(ctx, c.plan.ID, []state.Seq{r.Seq})
	}
	return false, nil
}

// temporary returns a value that nobody has, in the form of the one it stands for: with the same domain where there is one.
func temporary(value string) string {
	free := "entrain-" + uuid.NewString()
	if at := strings.LastIndex(value, "@"); at >= 0 {
		free += value[at:]
	}
	return free
}
