package statetest

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/state"
)

// cutShort is a context that ends by itself after it was looked at so many times: a process that is killed somewhere.
type cutShort struct {
	context.Context
	cancel context.CancelFunc
	left   atomic.Int64
}

func (f *fixture) cutAfter(looks int64) *cutShort {
	c := &cutShort{}
	c.Context, c.cancel = context.WithCancel(f.ctx)
	c.left.Store(looks)
	return c
}

func (c *cutShort) look() {
	if c.left.Add(-1) < 0 {
		c.cancel()
	}
}

func (c *cutShort) Done() <-chan struct{} { c.look(); return c.Context.Done() }
func (c *cutShort) Err() error            { c.look(); return c.Context.Err() }

// nestIsMadeGood cuts Nest short at one point after the other, with people who come and people who go. The next call makes good
// what is missing, and nobody who changed is forgotten. It must have been cut short before and must have got through in the end.
func nestIsMadeGood(f *fixture) {
	cut, whole := 0, false
	for looks := int64(0); looks < 400 && !whole; looks += 6 {
		g := f.in(state.ConfigID(fmt.Sprintf("cut-%d", looks)))
		chain(g)
		g.read(members("g3", leaves("u3")...), object("u4"), members("g2", joins("u4")...), gone("u1", directory.SoftDeleted))
		g.settle()
		ctx := g.cutAfter(looks)
		err := g.Nest(ctx, g.config, state.NestAssigned)
		ctx.cancel()
		if whole = err == nil; !whole {
			cut++
		}
		g.nest()
		g.wantDue("u3", "u4")
		g.wantAssigned("u1", "u2", "u4")
		g.nest()
		g.wantDue("u3", "u4")
	}
	if cut < 5 || !whole {
		f.Errorf("cut short %d times, done in the end: %v", cut, whole)
	}
}
