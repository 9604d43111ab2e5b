package engine

import (
	"context"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/fault"
	"github.com/entrain-dev/entrain/internal/mapping"
	"github.com/entrain-dev/entrain/internal/state"
)

// begun looks for the resource that an earlier create of an object may have made, by what the object was like then: somebody who
// was renamed since would be created a second time, and the first account would belong to nobody. What is found by what the object
// is like now is not looked for here.
func (c *cycle) begun(ctx context.Context, j job) (res directory.Resource, ok bool, err error) {
	keys, err := c.begunKeys(ctx, j)
	if err != nil || len(keys) == 0 {
		return res, false, err
	}
	if res, ok, err = c.find(ctx, j.record.Kind, keys, true); err != nil {
		return res, false, err
	}
	if ok {
		err = c.claim(ctx, j.record, res.ID)
		if !fault.Is(err, fault.Duplicate) {
			return res, err == nil, err
		}
		// It is somebody else's, so that the create did not make it.
	}
	// The next attempt is under what the object is like now.
	return res, false, c.Store.Intend(ctx, c.plan.ID, []state.Seq{j.record.Seq})
}

func (c *cycle) begunKeys(ctx context.Context, j job) ([]mapping.Key, error) {
	if !j.record.Intent || j.record.Target != "" {
		return nil, nil
	}
	attributes, ok, err := c.Store.Intended(ctx, c.plan.ID, j.record.Seq)
	if err != nil || !ok {
		return nil, err
	}
	past := j.record
	past.Attributes = attributes
	desired, err := j.side.Mapping.Apply(c.view(past, false), c.env)
	if err != nil {
		return nil, nil //nolint:nilerr // nothing was sent for what cannot be mapped
	}
	return j.side.Mapping.Keys(desired), nil
}
