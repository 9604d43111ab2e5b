package engine

import (
	"context"
	"slices"
	"strings"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/fault"
	"github.com/entrain-dev/entrain/internal/mapping"
	"github.com/entrain-dev/entrain/internal/state"
)

// fewMatches is the number of people for whom asking one by one is always good enough.
const fewMatches = 4

// match chooses the cheapest way to find out who exists in the target already: a filter query a person, or listing the
// target once into an index. A count decides, which costs one request itself.
func (c *cycle) match(ctx context.Context) error {
	for _, kind := range []directory.Kind{directory.User, directory.Group} {
		side, ok := c.plan.side(kind)
		done := c.indexed(kind)
		if !ok || *done {
			continue
		}
		if err := c.Store.ResetIndex(ctx, c.plan.ID, kind); err != nil {
			return err
		}
		pending, err := c.Store.Pending(ctx, c.plan.ID)
		if err != nil {
			return err
		}
		queries := pending.Action[kind][state.Provision]
		if queries <= fewMatches || c.caps.PageSize <= 0 {
			continue
		}
		total, err := c.plan.Target.Count(ctx, kind)
		if c.unlisted(err, kind) {
			continue
		}
		if err != nil {
			return &connectionError{side: targetSide, err: err}
		}
		lists := max(1, c.caps.ListRequests)
		if int64(total/c.caps.PageSize+lists) >= queries {
			continue
		}
		err = c.list(ctx, kind, side.Mapping)
		if c.unlisted(err, kind) {
			if err := c.Store.ResetIndex(ctx, c.plan.ID, kind); err != nil {
				return err
			}
			continue
		}
		if err != nil {
			return err
		}
		*done = true
	}
	return c.save(ctx)
}

// unlisted reports whether the target does not let itself be listed. The index is only a saving: everybody is then looked up
// alone, which is all that the Entra service ever asks of an application.
func (c *cycle) unlisted(err error, kind directory.Kind) bool {
	if !fault.Is(err, fault.NotCompliant, fault.Invalid, fault.NotFound, fault.Forbidden) {
		return false
	}
	c.Log.Info("The target cannot be listed; everybody is looked up alone", "config", c.plan.Name, "kind", kind, "reason", fault.MessageOf(err))
	return true
}

func (c *cycle) indexed(kind directory.Kind) *bool {
	if kind == directory.Group {
		return &c.config.Cycle.IndexedGroups
	}
	return &c.config.Cycle.IndexedUsers
}

// list reads the target once into the index of the store.
func (c *cycle) list(ctx context.Context, kind directory.Kind, m *mapping.Mapping) error {
	listed := 0
	err := c.plan.Target.List(ctx, kind, listedPaths(m), func(page []directory.Resource) error {
		if err := c.interrupted(ctx); err != nil {
			return err
		}
		listed += len(page)
		entries := make([]state.IndexEntry, len(page))
		for i, res := range page {
			current := m.Current(res.Document)
			entries[i].Resource = res
			for _, path := range m.MatchingPaths() {
				if v, ok := current[path].(string); ok && v != "" {
					entries[i].Keys = append(entries[i].Keys, indexKey(path, v))
				}
			}
		}
		for chunk := range slices.Chunk(entries, state.PageSize) {
			if err := c.Store.AddIndex(ctx, c.plan.ID, kind, chunk); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil && !fault.Is(err, fault.Canceled, fault.Internal) {
		return &connectionError{side: targetSide, err: err}
	}
	c.listedNobody[kind] = err == nil && listed == 0
	return err
}

// indexKey folds case: what differs only in case is found and then compared exactly where the attribute demands it.
func indexKey(path, value string) string {
	return strings.ToLower(path) + "\x00" + strings.ToLower(value)
}

// matchingPath is the attribute by which people are matched first, "" without one.
func (c *cycle) matchingPath() string {
	if paths := c.plan.Users.Mapping.MatchingPaths(); len(paths) > 0 {
		return paths[0]
	}
	return ""
}

// find looks for the resource of an object that is not linked, one matching attribute after the other, and stops at the
// first that finds one (reference 4.4). certain asks the target even when it was listed.
func (c *cycle) find(ctx context.Context, kind directory.Kind, keys []mapping.Key, certain bool) (found directory.Resource, ok bool, err error) {
	for _, key := range keys {
		var hits []directory.Resource
		if *c.indexed(kind) && !certain {
			if c.listedNobody[kind] {
				return found, false, nil
			}
			hits, err = c.Store.FindIndex(ctx, c.plan.ID, kind, indexKey(key.Path, key.Value))
		} else {
			hits, err = c.plan.Target.Find(ctx, kind, key.Path, key.Value)
		}
		if err != nil {
			return found, false, err
		}
		switch len(hits) {
		case 0:
			continue
		case 1:
			return hits[0], true, nil
		}
		return found, false, &fault.Error{
			Kind: fault.Duplicate, Op: "match", Code: "DuplicateTargetEntries",
			Message: "The target has more than one resource with the same " + key.Path + "; make the values unique there or match by another attribute.",
		}
	}
	return found, false, nil
}
