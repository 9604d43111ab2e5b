package scim

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/fault"
	"github.com/entrain-dev/entrain/internal/scim/profile"
)

// listResponse is RFC 7644 section 3.4.2. totalResults is read loosely, because nothing rests on it alone.
type listResponse struct {
	TotalResults json.RawMessage  `json:"totalResults"`
	Resources    []map[string]any `json:"Resources"`
	// ID is set where one resource came instead of a list.
	ID any `json:"id"`
}

// total returns totalResults; ok is false where it is missing or no number.
func (r listResponse) total() (int, bool) {
	n, err := strconv.Atoi(strings.Trim(string(r.TotalResults), `"`))
	return n, err == nil && n >= 0
}

// Find returns the resources whose attribute at a path has a value, active or not. A resource that came back and has another
// value there is left out: a server that ignores filters must not cause somebody to be linked with the wrong person.
//
// Kinds: NotCompliant when the application answers 404 or no list, Invalid when it cannot filter by the path.
func (c *Client) Find(ctx context.Context, kind directory.Kind, path, value string) ([]directory.Resource, error) {
	term := c.term(path, value)
	found, err := c.search(ctx, kind, path, value, term)
	if err != nil || len(found) > 0 || !c.conflicts.has(kind, value) {
		return found, err
	}
	// A create was refused because the value is in use, and yet nobody is found: the search may not see inactive users.
	return c.findInactive(ctx, kind, path, value, term)
}

func (c *Client) search(ctx context.Context, kind directory.Kind, path, value, term string) ([]directory.Resource, error) {
	var params []param
	if kind == directory.Group {
		params = append(params, param{"excludedAttributes", directory.AttrMembers})
	}
	var list listResponse
	q := call{op: "find " + noun(kind), method: http.MethodGet, kind: kind, base: c.base, path: endpoint(kind), search: true, into: &list}
	q.query = c.query(append(params, param{"filter", term})...)
	if _, err := c.do(ctx, q); err != nil {
		return nil, err
	}
	resources, err := c.resources(q, list)
	if err != nil {
		return nil, err
	}
	var out []directory.Resource
	for _, r := range resources {
		if matchesValue(r.Document, path, value) {
			out = append(out, r)
		}
	}
	return out, nil
}

// findInactive looks among the inactive users, first by a combined filter, then, where the application does not combine
// filters, in the list of them.
func (c *Client) findInactive(ctx context.Context, kind directory.Kind, path, value, term string) ([]directory.Resource, error) {
	found, err := c.search(ctx, kind, path, value, term+" and active eq false")
	if !fault.Is(err, fault.Invalid) {
		return found, err
	}
	found = nil
	err = c.list(ctx, kind, []string{"active eq false"}, []string{path}, func(page []directory.Resource) error {
		for _, r := range page {
			if v := valuesAt(r.Document, path); len(v) > 0 && matchesValue(r.Document, path, value) {
				found = append(found, r)
			}
		}
		return nil
	})
	return found, err
}

// matchesValue reports whether a resource has a value at a path, compared without regard to case, or does not show it.
func matchesValue(doc directory.Document, path, value string) bool {
	have := valuesAt(doc, path)
	for _, v := range have {
		if strings.EqualFold(v, value) {
			return true
		}
	}
	return len(have) == 0
}

// term returns the filter for a value at a path.
func (c *Client) term(text, value string) string {
	literal := profile.Quote(value)
	if form, ok := c.cfg.Profile.Query.FilterForms[text]; ok {
		return fmt.Sprintf(form, literal)
	}
	p, ok := parsePath(text)
	if !ok || !p.filtered || c.cfg.Profile.Query.EntraFilters {
		return text + " eq " + literal
	}
	// The grammar of RFC 7644 has no sub-attribute after a value filter; the condition goes into the brackets.
	sub := p.sub
	if sub == "" {
		sub = "value"
	}
	open := strings.IndexByte(text, '[')
	shut := strings.LastIndexByte(text, ']')
	return text[:shut] + " and " + sub + " eq " + literal + text[shut:shut+1] + text[shut+1+len(subOf(text[open:])):]
}

// subOf returns the sub-attribute after a value filter with its dot.
func subOf(text string) string { return text[strings.LastIndexByte(text, ']')+1:] }

// Get reads one resource, a group without its members. NotFound when it does not exist.
func (c *Client) Get(ctx context.Context, kind directory.Kind, id directory.TargetID) (directory.Resource, error) {
	var query string
	if kind == directory.Group {
		query = c.query(param{"excludedAttributes", directory.AttrMembers})
	}
	return c.get(ctx, kind, id, query)
}

// Members reads the ids of the direct members of a group.
func (c *Client) Members(ctx context.Context, group directory.TargetID) ([]directory.TargetID, error) {
	r, err := c.get(ctx, directory.Group, group, c.query(param{"attributes", directory.AttrMembers}))
	if err != nil {
		return nil, err
	}
	var out []directory.TargetID
	for _, id := range valuesAt(r.Document, directory.AttrMembers) {
		out = append(out, directory.TargetID(id))
	}
	return out, nil
}

func (c *Client) get(ctx context.Context, kind directory.Kind, id directory.TargetID, query string) (directory.Resource, error) {
	at, err := resourcePath(kind, id)
	if err != nil {
		return directory.Resource{}, err
	}
	var doc map[string]any
	q := call{op: "read " + noun(kind), method: http.MethodGet, kind: kind, base: c.base, path: at, query: query, byID: true, into: &doc}
	a, err := c.do(ctx, q)
	if err != nil {
		return directory.Resource{}, err
	}
	if _, several, ok := member(doc, "Resources"); ok && several != nil {
		return directory.Resource{}, &fault.Error{Kind: fault.Invalid, Op: q.op, Code: codeSeveral,
			Message: "the application answered a read of one " + noun(kind) + " with a list"}
	}
	r, ok := resource(doc, a.header)
	if !ok {
		return directory.Resource{}, noncompliant(q, "the application returned a %s without id", noun(kind))
	}
	return r, nil
}

// resources returns the resources of a list.
func (c *Client) resources(q call, list listResponse) ([]directory.Resource, error) {
	if list.Resources == nil && (list.TotalResults == nil || list.ID != nil) {
		return nil, noncompliant(q, "the application answered a search with something that is no list")
	}
	out := make([]directory.Resource, 0, len(list.Resources))
	for _, doc := range list.Resources {
		r, ok := resource(doc, nil)
		if !ok {
			return nil, noncompliant(q, "the application returned a %s without id", noun(q.kind))
		}
		out = append(out, r)
	}
	return out, nil
}

// resource reads id and version of a document; ok is false where it has no id.
func resource(doc map[string]any, h http.Header) (r directory.Resource, ok bool) {
	_, id, _ := member(doc, "id")
	switch id := id.(type) {
	case string:
		r.ID = directory.TargetID(id)
	case float64:
		r.ID = directory.TargetID(strconv.FormatFloat(id, 'f', -1, 64))
	}
	r.Document = doc
	r.Version = h.Get("ETag")
	if _, meta, _ := member(doc, "meta"); r.Version == "" {
		if m, isMap := meta.(map[string]any); isMap {
			_, v, _ := member(m, "version")
			r.Version, _ = v.(string)
		}
	}
	return r, r.ID != ""
}
