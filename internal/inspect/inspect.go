package inspect

import (
	"context"
	"strings"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/engine"
	"github.com/entrain-dev/entrain/internal/fault"
	"github.com/entrain-dev/entrain/internal/state"
)

// Inspector answers questions about the configs of a store.
type Inspector struct {
	Store state.Store
	Clock clockwork.Clock
	// Scratch makes an empty store for the copy of the state that a plan needs, with a function that removes it again.
	Scratch func(ctx context.Context) (state.Store, func() error, error)
	// Workers is how many objects of a plan are worked on at the same time; 0 means the engine's default.
	Workers int
}

// maxLogs bounds a page of the log.
const maxLogs = 1000

// Logs returns a page of the provisioning log, newest first, or oldest first after q.After.
func (i *Inspector) Logs(ctx context.Context, id state.ConfigID, q state.LogQuery) ([]state.LogEntry, error) {
	if q.Limit <= 0 || q.Limit > maxLogs {
		q.Limit = maxLogs
	}
	return i.Store.Log(ctx, id, q)
}

// followEvery is how often a follower looks for new entries.
const followEvery = time.Second

// Follow calls each with the entries that the query selects, oldest first, and with those that come later, until ctx ends or
// each fails. Without q.After it begins with the newest q.Limit entries.
func (i *Inspector) Follow(ctx context.Context, id state.ConfigID, q state.LogQuery, each func([]state.LogEntry) error) error {
	if q.After == 0 {
		page, err := i.Logs(ctx, id, q)
		if err != nil {
			return err
		}
		for l, r := 0, len(page)-1; l < r; l, r = l+1, r-1 {
			page[l], page[r] = page[r], page[l]
		}
		if err := each(page); err != nil {
			return err
		}
		if q.After, err = i.newest(ctx, id, page); err != nil {
			return err
		}
	}
	ticker := i.Clock.NewTicker(followEvery)
	defer ticker.Stop()
	for {
		page, err := i.Logs(ctx, id, q)
		if err != nil {
			return err
		}
		if len(page) > 0 {
			if err := each(page); err != nil {
				return err
			}
			q.After = page[len(page)-1].Number
			continue
		}
		select {
		case <-ticker.Chan():
		case <-ctx.Done():
			return fault.Wrap(fault.Canceled, "follow log", ctx.Err())
		}
	}
}

// newest returns the number that following goes on from: the last entry shown, or when nothing was selected the last one that
// there is, at least 1 because 0 would mean a page of the newest.
func (i *Inspector) newest(ctx context.Context, id state.ConfigID, page []state.LogEntry) (int64, error) {
	if len(page) == 0 {
		var err error
		if page, err = i.Store.Log(ctx, id, state.LogQuery{Limit: 1}); err != nil {
			return 0, err
		}
	}
	if len(page) == 0 {
		return 1, nil
	}
	return page[len(page)-1].Number, nil
}

// Removal is a pending removal of access.
type Removal struct {
	Kind   directory.Kind     `json:"objectType"`
	ID     directory.SourceID `json:"sourceId"`
	Name   string             `json:"sourceName,omitempty"`
	Target directory.TargetID `json:"targetId,omitempty"`
	Action string             `json:"action"`
	Reason string             `json:"reason"`
	// Held is true when accidental deletion prevention keeps it back.
	Held bool `json:"held"`
}

// Removals lists pending removals, at most limit of them.
func (i *Inspector) Removals(ctx context.Context, id state.ConfigID, limit int) ([]Removal, error) {
	var out []Removal
	var after state.Seq
	for len(out) < limit {
		page, err := i.Store.Removals(ctx, id, after, min(state.PageSize, limit-len(out)))
		if err != nil || len(page) == 0 {
			return out, err
		}
		for _, r := range page {
			out = append(out, Removal{
				Kind: r.Kind, ID: r.ID, Name: nameOf(r), Target: r.Target, Action: strings.ToLower(string(r.Action)), Reason: r.Reason, Held: r.Held,
			})
		}
		after = page[len(page)-1].Seq
	}
	return out, nil
}

// nameOf returns what people know an object by.
func nameOf(r state.Record) string {
	if r.Kind == directory.Group {
		return r.Attributes.First("displayName")
	}
	return r.Attributes.First(directory.AttrUserPrincipalName)
}

// engineOn returns an engine that works on a store.
func (i *Inspector) engineOn(store state.Store) *engine.Engine {
	return &engine.Engine{Store: store, Clock: i.Clock, Workers: i.Workers}
}
