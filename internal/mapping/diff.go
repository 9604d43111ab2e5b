package mapping

import (
	"strings"

	"github.com/entrain-dev/entrain/internal/directory"
)

// readMark is a key that no path can be. It marks values that were read from the target and not sent by us.
const readMark = "$read"

// Current returns the values of the mapped paths in a resource that was read from the target, in the form in which they are
// compared. References are ids as text; members are left out.
//
// Diff against it sends what differs, but neither clears a value nor removes the last roles: what is there may be somebody
// else's.
func (m *Mapping) Current(doc directory.Document) directory.Values {
	out := directory.Values{readMark: true}
	for _, r := range m.rows {
		if r.shape == members {
			continue
		}
		if v := r.read(r.path.get(doc)); v != nil {
			out[r.name] = v
		}
	}
	return out
}

// Reread returns what to compare with after a linked resource was read again (Current): values that we had sent count as
// ours with the value they have now, so that they can be cleared; values that were never sent count as unknown.
func (m *Mapping) Reread(applied, current directory.Values) directory.Values {
	out := directory.Values{}
	for path, v := range current {
		_, sent := applied[path]
		r, mapped := m.byPath[path]
		if mapped && (sent || r.shape == reference) {
			out[path] = v
		}
	}
	for path, v := range applied {
		r := m.byPath[path]
		if _, has := current[path]; !has && r != nil && (v == "" || r.unreturned()) {
			out[path] = v
		}
	}
	return out
}

// unreturned reports whether nothing follows from a resource that does not show the attribute. No server returns a password (RFC
// 7643 section 4.1.1), and of attributes that the profile does not know nobody can say whether the application returns or ever
// took them. (It may also leave out an attribute that was set to the empty string.)
func (r *row) unreturned() bool { return r.open || strings.EqualFold(r.name, "password") }

// Diff returns the operations that turn have into what is wanted, what they change, and what is then to be stored as applied.
// Have is what was stored as applied, or comes from Current or Reread. After the operations Diff has nothing more to say.
// References are not part of it; their entries in have are passed on.
func (m *Mapping) Diff(d Desired, have directory.Values) ([]directory.Operation, []Modified, directory.Values) {
	read := have[readMark] == true
	c := comparison{m: m, have: have, read: read, applied: directory.Values{}}
	for path, v := range have {
		if r, ok := m.byPath[path]; ok && (!read || r.shape == reference) {
			c.applied[path] = v
		}
	}
	for _, v := range d.Values {
		r, ok := m.byPath[v.Path]
		if !ok || r.createOnly || v.OnCreateOnly || r.matchOnly {
			continue
		}
		c.value(r, v)
	}
	c.clear()
	return c.ops, c.modified, c.applied
}

// comparison is the state of one Diff.
type comparison struct {
	m        *Mapping
	have     directory.Values
	read     bool
	applied  directory.Values
	ops      []directory.Operation
	modified []Modified
	cleared  []*row
}

func (c *comparison) value(r *row, v Value) {
	old, had := c.have[r.name]
	switch list, isList := v.Value.([]any); {
	case v.Clear || v.DefaultOnly:
		// A default that was sent on create is what somebody without a value shall have.
		if v.Clear && had && !c.read && (v.Value == nil || !r.equal(old, r.comparable(v.Value))) {
			c.cleared = append(c.cleared, r)
			c.modified = append(c.modified, r.modified(old, Value{Redacted: v.Redacted}))
			delete(c.applied, r.name)
		}
	case isList && len(list) == 0:
		c.empty(r, v, old, had)
	case v.AddOnly && isList:
		c.add(r, v, list, old)
	default:
		c.replace(r, v, old, had)
	}
}

// empty removes all values of a list that is authoritative, once, and only if there were some that we sent (reference 4.9).
func (c *comparison) empty(r *row, v Value, old any, had bool) {
	delete(c.applied, r.name)
	if list, ok := old.([]any); !had || c.read || ok && len(list) == 0 {
		return
	}
	c.ops = append(c.ops, directory.Operation{Kind: directory.Replace, Path: r.name, Value: []any{}})
	c.modified = append(c.modified, r.modified(old, v))
}

// add adds the values that the target does not have. What was added once is never removed.
func (c *comparison) add(r *row, v Value, list []any, old any) {
	have := r.asList(old)
	var lacking []any
	for _, e := range list {
		if !r.contains(have, e) {
			lacking = append(lacking, e)
		}
	}
	if c.read {
		have = nil
	}
	union := have[:len(have):len(have)]
	for _, e := range list {
		if !r.contains(union, e) {
			union = append(union, reduce(e))
		}
	}
	c.applied[r.name] = union
	if len(lacking) > 0 {
		c.ops = append(c.ops, directory.Operation{Kind: directory.Add, Path: r.name, Value: lacking})
		c.modified = append(c.modified, r.modified(old, Value{Value: union, Redacted: v.Redacted}))
	}
}

func (r *row) asList(v any) []any {
	switch v := v.(type) {
	case nil:
		return nil
	case []any:
		return v
	}
	return []any{v}
}

// replace sets a value that differs. A target may leave out an attribute that was set to the empty string.
func (c *comparison) replace(r *row, v Value, old any, had bool) {
	want := r.comparable(v.Value)
	c.applied[r.name] = want
	if had && r.equal(old, want) || !had && c.read && want == "" {
		return
	}
	kind := directory.Add
	if had {
		kind = directory.Replace
	}
	c.ops = append(c.ops, directory.Operation{Kind: kind, Path: r.name, Value: v.Value})
	c.modified = append(c.modified, r.modified(old, v))
}

// clear removes values. The value of a list element takes the element with it when no other row has something in it; what
// else was to be removed from that element is gone then, and to name it would be an error of the whole request.
func (c *comparison) clear() {
	gone := map[string]bool{}
	for _, r := range c.cleared {
		if len(r.path.Conditions) > 0 && strings.EqualFold(r.path.Sub, "value") && !c.shared(r) {
			gone[r.path.element()] = true
			c.ops = append(c.ops, directory.Operation{Kind: directory.Remove, Path: r.path.element()})
		}
	}
	for _, r := range c.cleared {
		if !gone[r.path.element()] {
			c.ops = append(c.ops, directory.Operation{Kind: directory.Remove, Path: r.name})
		}
	}
}

func (c *comparison) shared(r *row) bool {
	for _, other := range c.m.rows {
		if _, has := c.applied[other.name]; has && other != r && other.path.element() == r.path.element() {
			return true
		}
	}
	return false
}

// redacted is what logs show of a value that went through Redact, reference 5.3.
const redacted = "[Redact]"

// modified describes a change for the log.
func (r *row) modified(old any, v Value) Modified {
	out := Modified{Path: r.name, Old: render(old), New: render(v.Value), Redacted: v.Redacted}
	if v.Redacted {
		for _, text := range []*string{&out.Old, &out.New} {
			if *text != "" {
				*text = redacted
			}
		}
	}
	return out
}
