package sqlstore

import (
	"context"
	"database/sql"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/state"
)

// Commit implements state.Applier.
func (s *Store) Commit(ctx context.Context, id state.ConfigID, outcomes []state.Outcome) error {
	return s.write(ctx, "commit", id, func(t *transaction) error {
		var entries []state.LogEntry
		for _, o := range outcomes {
			if o.Log != nil {
				entries = append(entries, *o.Log)
			}
		}
		for len(outcomes) > 0 {
			n := distinct(outcomes)
			if err := t.commit(ctx, outcomes[:n]); err != nil {
				return err
			}
			outcomes = outcomes[n:]
		}
		return t.log(ctx, entries)
	})
}

// distinct returns how many outcomes from the first one concern different records.
func distinct(outcomes []state.Outcome) int {
	seen := make(map[state.Seq]bool, len(outcomes))
	for i, o := range outcomes {
		if seen[o.Seq] {
			return i
		}
		seen[o.Seq] = true
	}
	return len(outcomes)
}

// commit takes outcomes of different records.
func (t *transaction) commit(ctx context.Context, outcomes []state.Outcome) error {
	before, err := t.links(ctx, outcomes)
	if err != nil {
		return err
	}
	if outcomes, err = t.withMemberships(ctx, outcomes); err != nil {
		return err
	}
	h, err := t.heirs(ctx, outcomes, before)
	if err != nil {
		return err
	}
	if len(h.outcomes) > 0 {
		if err := t.commit(ctx, h.outcomes); err != nil {
			return err
		}
	}
	c := classify(outcomes, before)
	for _, step := range []func(context.Context, *committed) error{
		t.forget, t.writeOutcomes, t.writeEscrows, t.writeWaits, t.follow,
	} {
		if err := step(ctx, c); err != nil {
			return err
		}
	}
	return t.takeOver(ctx, h)
}

// resource is what a record is linked to.
type resource struct {
	source directory.SourceID
	link   state.Link
	target directory.TargetID
}

// linked reports whether references to the object can be sent.
func (r resource) linked() bool { return r.link != state.Unlinked && r.target != "" }

const listLinks = `SELECT seq, source, link, target FROM objects WHERE seq IN (SELECT CAST(value AS BIGINT) FROM {list}) AND +config = ?`

func (t *transaction) links(ctx context.Context, outcomes []state.Outcome) (map[state.Seq]resource, error) {
	seqs := make([]state.Seq, len(outcomes))
	for i, o := range outcomes {
		seqs[i] = o.Seq
	}
	links := make(map[state.Seq]resource, len(outcomes))
	err := t.query(ctx, listLinks, []any{numbers(seqs), t.config}, func(rows *sql.Rows) error {
		var seq state.Seq
		var r resource
		err := rows.Scan(&seq, &r.source, &r.link, &r.target)
		links[seq] = r
		return err
	})
	return links, err
}

// committed is a batch of outcomes sorted by what has to be done with it.
type committed struct {
	kept []state.Outcome
	// gained and lost are objects that references can be sent to from now on, or no longer; moved are those whose resource is
	// no longer the one that was told to others.
	gained, lost, moved change
	forgotten           []state.Seq
}

type change struct {
	seqs    []state.Seq
	sources []directory.SourceID
}

func (c *change) add(seq state.Seq, source directory.SourceID) {
	c.seqs, c.sources = append(c.seqs, seq), append(c.sources, source)
}

func classify(outcomes []state.Outcome, before map[state.Seq]resource) *committed {
	c := &committed{}
	for _, o := range outcomes {
		old, ok := before[o.Seq]
		if !ok { // forgotten already
			continue
		}
		now := resource{link: o.Link, target: o.Target}
		if o.Forget {
			c.forgotten = append(c.forgotten, o.Seq)
			now = resource{}
		} else {
			c.kept = append(c.kept, o)
		}
		if now.linked() && !old.linked() {
			c.gained.add(o.Seq, old.source)
		} else if old.linked() && !now.linked() {
			c.lost.add(o.Seq, old.source)
		}
		if old.target != "" && now.target != old.target {
			c.moved.add(o.Seq, old.source)
		}
	}
	return c
}

const (
	// writeOutcomes keeps an intent until something is known of the attempt: that it is done, or that there is a resource now.
	writeOutcomes = `UPDATE objects SET link = r.link, target = r.target,
		action = CASE WHEN r.done = 1 THEN '' ELSE objects.action END,
		reason = CASE WHEN r.done = 1 THEN '' ELSE objects.reason END,
		leaves = CASE WHEN r.done = 1 THEN 0 ELSE objects.leaves END,
		held = CASE WHEN r.done = 1 THEN 0 ELSE objects.held END,
		level = CASE WHEN r.done = 1 THEN 0 ELSE objects.level END,
		intent = CASE WHEN r.done = 1 OR r.target <> '' AND objects.target = '' THEN 0 ELSE objects.intent END,
		retry = CASE WHEN r.done = 1 THEN NULL ELSE coalesce(r.retry, objects.retry) END
		FROM (SELECT CAST(value->>0 AS BIGINT) AS seq, value->>1 AS link, value->>2 AS target, CAST(value->>3 AS SMALLINT) AS done,
			CAST(value->>4 AS BIGINT) AS retry FROM {rows}) AS r
		WHERE objects.seq = r.seq`
	writeApplied = `INSERT INTO applied (object, data) SELECT CAST(value->>0 AS BIGINT), value->>1 FROM {rows} WHERE true
		ON CONFLICT (object) DO UPDATE SET data = excluded.data`
)

func (t *transaction) writeOutcomes(ctx context.Context, c *committed) error {
	var rows, applied table
	for _, o := range c.kept {
		var retry any
		if o.Escrow != nil && !o.Done {
			retry = micros(o.Escrow.Next)
		}
		rows = append(rows, []any{o.Seq, o.Link, text(o.Target), flag(o.Done), retry})
		if o.Applied != nil {
			data, err := encode(o.Applied)
			if err != nil {
				return err
			}
			applied = append(applied, []any{o.Seq, data})
		}
	}
	if err := t.rows(ctx, writeOutcomes, rows); err != nil {
		return err
	}
	return t.rows(ctx, writeApplied, applied)
}

const (
	dropEscrows  = `DELETE FROM escrows WHERE object IN (SELECT CAST(value AS BIGINT) FROM {list})`
	writeEscrows = `INSERT INTO escrows (config, object, began, attempts, code, message, reference)
		SELECT CAST(? AS BIGINT), CAST(value->>0 AS BIGINT), CAST(value->>1 AS BIGINT), CAST(value->>2 AS BIGINT), value->>3, value->>4,
			CAST(value->>5 AS SMALLINT)
		FROM {rows}`
)

func (t *transaction) writeEscrows(ctx context.Context, c *committed) error {
	var over []state.Seq
	var rows table
	for _, o := range c.kept {
		if o.Done || o.Escrow != nil {
			over = append(over, o.Seq)
		}
		if e := o.Escrow; e != nil && !o.Done {
			rows = append(rows, []any{o.Seq, micros(e.First), e.Attempts, text(e.Code), text(e.Message), flag(e.Reference)})
		}
	}
	if len(over) > 0 {
		if _, err := t.exec(ctx, dropEscrows, numbers(over)); err != nil {
			return err
		}
	}
	if len(rows) == 0 {
		return nil
	}
	_, err := t.exec(ctx, writeEscrows, t.config, rows.String())
	return err
}
