package sqlstore

import (
	"context"
	"database/sql"
	"maps"
	"slices"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/fault"
	"github.com/entrain-dev/entrain/internal/state"
)

// object is the row of one object during an import. What is due and written follows from the difference between before and
// after, not from single changes: so a page that was imported already changes nothing.
type object struct {
	seq    int64
	source directory.SourceID
	// stored is true when the object has a row already.
	stored bool
	// begun is true when a create of the object was begun whose outcome is not known.
	begun bool
	// changed is true when a change is about the object, and not only mentions it as a member; then the rest is loaded.
	changed    bool
	attributes directory.Attributes
	original   directory.Attributes
	facts
	before facts
}

// facts are the columns that an import changes.
type facts struct {
	kind    directory.Kind
	known   bool
	removal directory.Removal
	seen    int64
	missing bool
}

func (o *object) changedAttributes() bool {
	return !maps.EqualFunc(o.original, o.attributes, slices.Equal)
}

func (o *object) manager() string { return text(o.attributes.First(directory.AttrManager)) }

func (o *object) enabled() bool {
	return o.kind == directory.Group && o.attributes.First(directory.AttrSecurityEnabled) == "True"
}

// Import implements state.Importer.
func (s *Store) Import(ctx context.Context, id state.ConfigID, cycle int64, full bool, changes []directory.Change) error {
	if full && cycle < 1 {
		return fault.New(fault.Internal, "state store: import", "A full read needs the number of a cycle, from 1; it has %d.", cycle)
	}
	return s.write(ctx, "import", id, func(t *transaction) error {
		m := &importer{t: t, cycle: cycle, full: full, objects: map[directory.SourceID]*object{}, edges: map[edgeKey]bool{}}
		if err := m.load(ctx, changes); err != nil {
			return err
		}
		for _, c := range changes {
			m.apply(c)
		}
		for _, step := range []func(context.Context) error{m.insert, m.update, m.writeEdges, m.markMembers} {
			if err := step(ctx); err != nil {
				return err
			}
		}
		return nil
	})
}

// importer is one page of changes on its way into the tables.
type importer struct {
	t       *transaction
	cycle   int64
	full    bool
	objects map[directory.SourceID]*object
	// order is the order in which objects were mentioned; new ones are numbered in it.
	order []*object
	// edges holds the wanted state of each edge that was mentioned: true is a member.
	edges map[edgeKey]bool
	pairs []edgeKey
	// due are objects that become due for another reason than their own row.
	due []state.Seq
}

type edgeKey struct{ group, member *object }

const (
	// loadNumbers is answered by the index alone.
	loadNumbers    = `SELECT seq, source FROM objects WHERE config = ? AND source IN (SELECT value FROM {list})`
	loadFacts      = `SELECT source, kind, known, removal, seen, missing, CASE WHEN intent = 1 AND target = '' THEN 1 ELSE 0 END FROM objects WHERE seq IN (SELECT CAST(value AS BIGINT) FROM {list})`
	loadAttributes = `SELECT o.source, a.data FROM attributes a JOIN objects o ON o.seq = a.object
		WHERE a.object IN (SELECT CAST(value AS BIGINT) FROM {list})`
)

// load reads the rows of the objects that the changes are about, and the numbers of those that they mention.
func (m *importer) load(ctx context.Context, changes []directory.Change) error {
	var mentioned []directory.SourceID
	changed := map[directory.SourceID]bool{}
	for _, c := range changes {
		mentioned = append(mentioned, c.ID)
		changed[directory.SourceID(text(c.ID))] = true
		for _, member := range c.Members {
			if member.Kind != "" {
				mentioned = append(mentioned, member.ID)
			}
		}
	}
	var seqs []state.Seq
	err := m.t.query(ctx, loadNumbers, []any{m.t.config, ids(mentioned)}, func(rows *sql.Rows) error {
		o := &object{attributes: directory.Attributes{}, stored: true}
		if err := rows.Scan(&o.seq, &o.source); err != nil {
			return err
		}
		m.objects[o.source] = o
		if changed[o.source] {
			o.changed = true
			seqs = append(seqs, state.Seq(o.seq))
		}
		return nil
	})
	if err != nil || len(seqs) == 0 {
		return err
	}
	err = m.t.query(ctx, loadFacts, []any{numbers(seqs)}, func(rows *sql.Rows) error {
		var source directory.SourceID
		var f facts
		var begun bool
		if err := rows.Scan(&source, &f.kind, &f.known, &f.removal, &f.seen, &f.missing, &begun); err != nil {
			return err
		}
		o := m.objects[source]
		o.facts, o.before, o.begun = f, f, begun
		return nil
	})
	if err != nil {
		return err
	}
	return m.t.query(ctx, loadAttributes, []any{numbers(seqs)}, func(rows *sql.Rows) error {
		var source directory.SourceID
		var data string
		if err := rows.Scan(&source, &data); err != nil {
			return err
		}
		o := m.objects[source]
		if err := decode(data, &o.attributes); err != nil {
			return err
		}
		o.original = maps.Clone(o.attributes)
		return nil
	})
}

// object returns the object with an id, a new one that was never read if there is none.
func (m *importer) object(id directory.SourceID, kind directory.Kind) *object {
	id = directory.SourceID(text(id))
	o := m.objects[id]
	if o == nil {
		o = &object{source: id, attributes: directory.Attributes{}, facts: facts{kind: kind}}
		m.objects[id] = o
		m.order = append(m.order, o)
	}
	return o
}

// apply takes one change into the rows in memory.
func (m *importer) apply(c directory.Change) {
	if c.Removal != directory.Present {
		if o := m.objects[directory.SourceID(text(c.ID))]; o != nil && o.known {
			o.removal, o.missing = c.Removal, false
		}
		return
	}
	o := m.object(c.ID, c.Kind)
	// A later read than this one may have seen it already, where a second process reads: that stays.
	if m.full && o.seen < m.cycle {
		o.attributes, o.seen = directory.Attributes{}, m.cycle
	}
	o.attributes.Merge(c.Set)
	o.changed = true
	o.kind, o.known, o.removal, o.missing = c.Kind, true, directory.Present, false
	for _, member := range c.Members {
		if member.Kind == "" {
			continue
		}
		key := edgeKey{o, m.object(member.ID, member.Kind)}
		if _, again := m.edges[key]; !again {
			m.pairs = append(m.pairs, key)
		}
		m.edges[key] = !member.Removed
	}
}
