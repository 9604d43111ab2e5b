package mapping

import (
	"cmp"
	"slices"

	"github.com/entrain-dev/entrain/internal/directory"
)

// Mapping is a compiled mapping. It is safe for concurrent use.
type Mapping struct {
	kind                   directory.Kind
	create, update, remove bool
	clearNull              bool
	// schema is the name of the target, for messages.
	schema string

	rows     []*row
	byPath   map[string]*row
	byKey    map[string]*row
	matching []*row
	// required rows must have a value on create.
	required    []*row
	attributes  []string
	fingerprint string
}

// Kind returns the kind of the objects that the mapping is for.
func (m *Mapping) Kind() directory.Kind { return m.kind }

// Allows returns the target object actions. Disabling is an update.
func (m *Mapping) Allows() (create, update, remove bool) { return m.create, m.update, m.remove }

// SourceAttributes returns the source attributes that the mapping reads, sorted, computed ones included, and usageLocation
// where the form of a value depends on the person's country.
func (m *Mapping) SourceAttributes() []string { return slices.Clone(m.attributes) }

// TargetPaths returns the canonical paths of all mapped target attributes, in the order of the rows.
func (m *Mapping) TargetPaths() []string {
	var out []string
	for _, r := range m.rows {
		out = append(out, r.name)
	}
	return out
}

// MatchingPaths returns the canonical paths of the matching attributes in the order in which they are tried.
func (m *Mapping) MatchingPaths() []string {
	out := make([]string, len(m.matching))
	for i, r := range m.matching {
		out[i] = r.name
	}
	return out
}

// Members returns the path to which the members of a group are mapped. Apply, Current and Diff leave it out: memberships
// are kept and sent apart.
func (m *Mapping) Members() (path string, ok bool) {
	for _, r := range m.rows {
		if r.shape == members {
			return r.name, true
		}
	}
	return "", false
}

// DisablesBy returns the path through which IsSoftDeleted reaches the target, usually active. Without one nobody is
// disabled (reference 4.8).
func (m *Mapping) DisablesBy() (path string, ok bool) {
	for _, r := range m.rows {
		if r.leaving && !r.createOnly && !r.matchOnly && (!ok || r.path.key() == "active") {
			path, ok = r.name, true
		}
	}
	return path, ok
}

// Fingerprint returns a hash that changes when, and only when, the mapping may give other results. The order of rows,
// examples and rows without effect do not count.
func (m *Mapping) Fingerprint() string { return m.fingerprint }

// index finishes a mapping whose rows are complete.
func (m *Mapping) index() {
	m.byPath, m.byKey = make(map[string]*row, len(m.rows)), make(map[string]*row, len(m.rows))
	for _, r := range m.rows {
		m.byPath[r.name], m.byKey[r.path.key()] = r, r
		if r.matching > 0 {
			m.matching = append(m.matching, r)
		}
		if r.attr.Required && !r.matchOnly {
			m.required = append(m.required, r)
		}
		m.attributes = append(m.attributes, r.reads()...)
		if r.attr.Normalize != nil && (r.source != "" || r.program != nil) {
			m.attributes = append(m.attributes, directory.AttrUsageLocation)
		}
	}
	slices.SortFunc(m.matching, func(a, b *row) int { return cmp.Compare(a.matching, b.matching) })
	slices.Sort(m.attributes)
	m.attributes = slices.Compact(m.attributes)
}

// reads returns the source attributes of a row.
func (r *row) reads() []string {
	switch {
	case r.program != nil:
		return r.program.Attributes()
	case r.source != "":
		return []string{r.source}
	}
	return nil
}
