package engine

import (
	"context"
	"slices"
	"sync"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/fault"
	"github.com/entrain-dev/entrain/internal/mapping"
	"github.com/entrain-dev/entrain/internal/state"
)

// claims holds who is being linked to what while it is not in the store yet: matching values before anything is asked about
// them, resources as soon as they are known. It is as small as the work in flight: what is committed is dropped.
type claims struct {
	mu    sync.Mutex
	owner map[string]state.Seq
}

func targetClaim(id directory.TargetID) string { return "target\x00" + string(id) }

// take notes the owner of something, unless it has another one.
func (c *claims) take(what string, seq state.Seq) bool {
	if owner, taken := c.owner[what]; taken && owner != seq {
		return false
	}
	if c.owner == nil {
		c.owner = map[string]state.Seq{}
	}
	c.owner[what] = seq
	return true
}

// reserve takes the matching values of an object, all of them or none.
func (c *claims) reserve(keys []mapping.Key, seq state.Seq) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, k := range keys {
		if !c.take("key\x00"+indexKey(k.Path, k.Value), seq) {
			c.release(seq)
			return shared("Another object of the source with the same " + k.Path + " is being linked; give them different values for the matching attribute.")
		}
	}
	return nil
}

// drop forgets what objects claimed: their outcomes are in the store, or they failed.
func (c *claims) drop(seqs ...state.Seq) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.release(seqs...)
}

func (c *claims) release(seqs ...state.Seq) {
	for what, owner := range c.owner {
		if slices.Contains(seqs, owner) {
			delete(c.owner, what)
		}
	}
}

// claim makes sure that nobody else is linked to the resource. Somebody who is no longer in the source gives it up once the new
// link is committed: a person who is hired again takes over the account. Two people who are both there must not share one.
func (c *cycle) claim(ctx context.Context, r state.Candidate, target directory.TargetID) error {
	c.claims.mu.Lock()
	defer c.claims.mu.Unlock()
	if !c.claims.take(targetClaim(target), r.Seq) {
		return shared("Another object of the source is being linked to the matching resource; give them different values for the matching attribute.")
	}
	other, ok, err := c.Store.ByTarget(ctx, c.plan.ID, r.Kind, target)
	if err != nil {
		return err
	}
	if ok && other.Seq != r.Seq && other.Removal == directory.Present && !other.Missing {
		return shared("Another object of the source, " + string(other.ID) + ", is already linked to the matching resource; give them different values for the matching attribute.")
	}
	return nil
}

func shared(message string) error {
	return &fault.Error{Kind: fault.Duplicate, Op: "match", Code: codeDuplicateSource, Message: message}
}
