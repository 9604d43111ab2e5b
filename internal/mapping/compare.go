package mapping

import (
	"encoding/json"
	"strings"

	"github.com/entrain-dev/entrain/internal/directory"
)

// comparable returns a wanted value in the form in which it is stored and compared: elements of lists by their value.
func (r *row) comparable(v any) any {
	list, ok := v.([]any)
	if !ok {
		return v
	}
	out := make([]any, len(list))
	for i, e := range list {
		out[i] = reduce(e)
	}
	return out
}

// equal compares two values in comparable form as the target stores them: without regard to case unless the row or the
// attribute says otherwise, lists without regard to order.
func (r *row) equal(a, b any) bool {
	x, xList := a.([]any)
	y, yList := b.([]any)
	switch {
	case xList && yList:
		return r.subset(x, y) && r.subset(y, x)
	case xList:
		return len(x) == 1 && r.sameScalar(x[0], b)
	case yList:
		return len(y) == 1 && r.sameScalar(a, y[0])
	}
	return r.sameScalar(a, b)
}

// subset reports whether b has every element of a. Lists are short; a map would have to fold case in the same way.
func (r *row) subset(a, b []any) bool {
	for _, v := range a {
		if !r.contains(b, v) {
			return false
		}
	}
	return true
}

func (r *row) sameScalar(a, b any) bool {
	a, b = r.stored(a), r.stored(b)
	if a == nil || b == nil {
		return a == b
	}
	x, y := render(a), render(b)
	if x == y || !r.exact && strings.EqualFold(x, y) {
		return true
	}
	if r.attr.Type == directory.DateTime {
		s, sok := parseDate(x)
		t, tok := parseDate(y)
		return sok && tok && s.Equal(t)
	}
	return false
}

// stored brings a single value into the type of the attribute: targets and JSON stores write Booleans and numbers in more
// than one way.
func (r *row) stored(v any) any {
	switch r.attr.Type {
	case directory.Boolean, directory.Integer, directory.Decimal:
		switch v.(type) {
		case string, json.Number, int:
			attr := directory.TargetAttribute{Type: r.attr.Type}
			if typed, err := scalar(attr, strings.TrimSpace(plain(v)), ""); err == nil {
				return typed
			}
		}
	}
	return v
}

func plain(v any) string {
	if n, ok := v.(int); ok {
		return render(float64(n))
	}
	return render(v)
}

// read returns a value of a resource that was read, in comparable form; nil when it has none.
func (r *row) read(v any) any {
	if r.shape == plainList || r.shape == valueList || r.shape == jsonList {
		list, ok := v.([]any)
		if !ok && v != nil {
			list = []any{v}
		}
		var out []any
		for _, e := range list {
			if e = r.readOne(reduce(e)); e != nil {
				out = append(out, e)
			}
		}
		if out == nil {
			return nil
		}
		return out
	}
	if list, ok := v.([]any); ok {
		if r.open && r.path.Sub == "" && len(list) > 1 {
			return r.comparable(list)
		}
		if len(list) == 0 {
			return nil
		}
		v = list[0]
	}
	if m, ok := v.(map[string]any); ok {
		value, _ := lookup(m, "value")
		if value == nil && len(m) > 0 && r.shape != reference {
			return encode(m)
		}
		v = value
	}
	return r.readOne(v)
}

// readOne returns one value that was read. A number of another form, such as a phone number with blanks, is brought into
// the form in which it would be sent, so that it does not count as different.
func (r *row) readOne(v any) any {
	if s, ok := v.(string); ok {
		if s == "" {
			return nil
		}
		if r.attr.Normalize != nil {
			if normal, err := r.attr.Normalize(s, ""); err == nil {
				return normal
			}
		}
	}
	return r.stored(v)
}
