package graphsim

import (
	"encoding/json"
	"strconv"

	"github.com/entrain-dev/entrain/internal/simulator/graphsim/tenant"
)

// appendString writes a JSON string; most strings need no escaping and take the short way.
func appendString(b []byte, s string) []byte {
	for i := range len(s) {
		if s[i] < 0x20 || s[i] == '"' || s[i] == '\\' || s[i] == 0x7f {
			quoted, _ := json.Marshal(s)
			return append(b, quoted...)
		}
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}

func appendValue(b []byte, v any) []byte {
	switch v := v.(type) {
	case nil:
		return append(b, "null"...)
	case string:
		return appendString(b, v)
	case bool:
		return strconv.AppendBool(b, v)
	case []string:
		b = append(b, '[')
		for i, s := range v {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendString(b, s)
		}
		return append(b, ']')
	default:
		raw, err := json.Marshal(v)
		if err != nil {
			return append(b, "null"...)
		}
		return append(b, raw...)
	}
}

// record writes one JSON object member by member.
type record struct{ buf []byte }

func newRecord(buf []byte) *record { return &record{buf: append(buf, '{')} }

func (r *record) name(name string) {
	if last := r.buf[len(r.buf)-1]; last != '{' {
		r.buf = append(r.buf, ',')
	}
	r.buf = appendString(r.buf, name)
	r.buf = append(r.buf, ':')
}

func (r *record) put(name string, value any) {
	r.name(name)
	r.buf = appendValue(r.buf, value)
}

func (r *record) raw(name string, value []byte) {
	r.name(name)
	r.buf = append(r.buf, value...)
}

func (r *record) end() []byte { return append(r.buf, '}') }

// unsetExtensionAttributes is the value of onPremisesExtensionAttributes while nothing was set (5.1).
var unsetExtensionAttributes = func() map[string]any {
	out := map[string]any{}
	for i := 1; i <= 15; i++ {
		out["extensionAttribute"+strconv.Itoa(i)] = nil
	}
	return out
}()

// plain writes the selected properties of an object the way plain reads do: unset ones are null or [] (section 0).
func (r *record) plain(v tenant.View, s selection) {
	for i, name := range s.names {
		if name == "id" {
			r.put("id", v.ID)
			continue
		}
		p, ok := v.Property(name)
		switch {
		case ok && (p.Value != nil || !s.types[i].Extension):
			r.put(name, p.Value)
		case s.types[i].Extension:
		case s.types[i].Type == tenant.Strings || s.types[i].Type == tenant.Objects:
			r.put(name, []string{})
		case name == "onPremisesExtensionAttributes":
			r.put(name, unsetExtensionAttributes)
		default:
			r.put(name, nil)
		}
	}
}

// delta writes the selected properties the way delta does: never-set ones are absent, cleared ones null (1.4). With since not
// nil only those that changed after it are written, which is return=minimal.
func (r *record) delta(v tenant.View, s selection, since *uint64) {
	for i, name := range s.names {
		if name == "id" || s.types[i].NotTracked {
			continue
		}
		if p, ok := v.Property(name); ok && (since == nil || p.Seq > *since) {
			r.put(name, p.Value)
		}
	}
	r.put("id", v.ID)
}

// page writes a collection.
func page(context string, entries [][]byte, links ...option) []byte {
	size := 256
	for _, e := range entries {
		size += len(e) + 1
	}
	r := newRecord(make([]byte, 0, size))
	if context != "" {
		r.put("@odata.context", context)
	}
	for _, l := range links {
		if l.name == "@odata.count" {
			r.raw(l.name, []byte(l.value))
			continue
		}
		r.put(l.name, l.value)
	}
	r.name("value")
	r.buf = append(r.buf, '[')
	for i, e := range entries {
		if i > 0 {
			r.buf = append(r.buf, ',')
		}
		r.buf = append(r.buf, e...)
	}
	r.buf = append(r.buf, ']')
	return r.end()
}
