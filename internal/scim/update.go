package scim

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/fault"
)

// Update changes attributes of a resource, by PATCH or, where the application has none, by reading and replacing it.
//
// Kinds: NotFound when the resource is gone, Conflict when a value is in use, Stale when somebody else changes it all the
// time, Invalid when the application refuses a value or path.
func (c *Client) Update(ctx context.Context, kind directory.Kind, id directory.TargetID, ops []directory.Operation) error {
	body, err := c.cfg.Profile.Wire.Patch(ops)
	if err != nil || body == nil {
		return err
	}
	q := call{op: "update " + noun(kind), method: http.MethodPatch, kind: kind, body: body, unique: touchesUnique(kind, ops)}
	_, err = c.modify(ctx, q, id, ops)
	return err
}

// modify sends a PATCH and deals with the ways in which applications fall short of it.
func (c *Client) modify(ctx context.Context, q call, id directory.TargetID, ops []directory.Operation) (*answer, error) {
	at, err := resourcePath(q.kind, id)
	if err != nil {
		return nil, err
	}
	q.path, q.byID = at, true
	if c.noPatch[q.kind].Load() {
		return c.replace(ctx, q, id, ops)
	}
	a, err := c.do(ctx, q)
	switch s := status(err); {
	case s == http.StatusMethodNotAllowed || s == http.StatusNotImplemented:
		c.noPatch[q.kind].Store(true)
		return c.replace(ctx, q, id, ops)
	case fault.Is(err, fault.Stale):
		// No version was named, so the clash happened inside the application; sent again it meets the new version.
		if werr := c.wait(ctx, q.op, firstBackoff); werr != nil {
			return nil, werr
		}
		return c.do(ctx, q)
	case s == http.StatusBadRequest && noTarget(err) && !q.members:
		return c.addElements(ctx, q, id, ops, err)
	}
	return a, err
}

// addElements sends a PATCH again that was refused because an element such as the phone number of type mobile does not exist
// yet. The Entra service expects such an element to be created (reference part 2 section 7.3); RFC 7644 has it added whole.
func (c *Client) addElements(ctx context.Context, q call, id directory.TargetID, ops []directory.Operation, refused error) (*answer, error) {
	have, err := c.get(ctx, q.kind, id, "")
	if err != nil {
		return nil, err
	}
	changed, ok := wholeElements(have.Document, ops)
	if !ok {
		return nil, refused
	}
	if q.body, err = c.cfg.Profile.Wire.Patch(changed); err != nil || q.body == nil {
		return nil, err
	}
	return c.do(ctx, q)
}

// wholeElements turns operations on elements that a resource does not have into additions of elements, one an element, and
// drops the removal of what is not there. ok is false when there is nothing to turn.
func wholeElements(doc directory.Document, ops []directory.Operation) (out []directory.Operation, ok bool) {
	made := map[string]map[string]any{}
	for _, op := range ops {
		p, parsed := parsePath(op.Path)
		if !parsed || !p.filtered || p.sub == "" && op.Kind != directory.Remove || elementExists(doc, p) {
			out = append(out, op)
			continue
		}
		ok = true
		if op.Kind == directory.Remove {
			continue
		}
		whole := op.Path[:strings.IndexByte(op.Path, '[')]
		key := strings.ToLower(op.Path[:strings.LastIndexByte(op.Path, ']')])
		element, have := made[key]
		if !have {
			element = map[string]any{p.where.sub: p.where.literal()}
			made[key] = element
			out = append(out, directory.Operation{Kind: directory.Add, Path: whole, Value: []any{element}})
		}
		element[p.sub] = op.Value
	}
	return out, ok
}

// replace reads a resource, changes it and writes it back whole. Where the profile says so the version that was read is
// named, and a change in between is met by reading again.
func (c *Client) replace(ctx context.Context, q call, id directory.TargetID, ops []directory.Operation) (*answer, error) {
	for try := 1; ; try++ {
		have, err := c.get(ctx, q.kind, id, "")
		if err != nil {
			return nil, err
		}
		doc, err := apply(have.Document, ops)
		if err != nil {
			return nil, err
		}
		put := q
		put.method = http.MethodPut
		if put.body, err = c.cfg.Profile.Wire.Replace(q.kind, doc); err != nil {
			return nil, err
		}
		if c.cfg.Profile.IfMatch && strings.HasSuffix(have.Version, `"`) {
			put.header = http.Header{"If-Match": {have.Version}}
		}
		a, err := c.do(ctx, put)
		if !fault.Is(err, fault.Stale) || try == attempts {
			return a, err
		}
	}
}

// status returns the HTTP status of a fault, 0 where there is none.
func status(err error) int {
	if err == nil {
		return 0
	}
	return asFault("", err).Status
}

func noTarget(err error) bool {
	d := DetailOf(err)
	return d != nil && (d.SCIMType == "noTarget" || d.SCIMType == "invalidPath")
}

// touchesUnique reports whether operations change an attribute that applications keep unique.
func touchesUnique(kind directory.Kind, ops []directory.Operation) bool {
	unique := []string{"userName", "externalId"}
	if kind == directory.Group {
		unique = []string{"displayName", "externalId"}
	}
	return slices.ContainsFunc(ops, func(op directory.Operation) bool {
		p, ok := parsePath(op.Path)
		return ok && (containsFold(unique, p.attribute) || strings.EqualFold(p.attribute, "externalIds"))
	})
}
