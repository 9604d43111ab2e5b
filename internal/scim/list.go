package scim

import (
	"context"
	"errors"
	"hash/maphash"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/fault"
)

// maxListed bounds a list: a server that returns more has lost its place.
const maxListed = 5_000_000

// pageSizes remembers how large pages may be.
type pageSizes struct {
	mu    sync.Mutex
	limit int
}

// ask returns the size to ask for, given the size wanted.
func (s *pageSizes) ask(want int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return min(want, s.limit)
}

// shrink lowers the limit below a size that was too large and reports whether there is anything left to lower.
func (s *pageSizes) shrink(size int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if size <= 1 {
		return false
	}
	s.limit = min(s.limit, max(1, size/4))
	return true
}

func (s *pageSizes) lower(to int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if to > 0 {
		s.limit = min(s.limit, to)
	}
}

// List reads everybody, active and inactive, each resource once. attributes are SCIM paths that are needed of each, nil for
// all; members of groups are read only when asked for. An error from page ends the list and is returned.
//
// It ends when a page brings nothing new, whatever totalResults says, because servers are wrong about it. A server that
// returns the same page for every startIndex is an error (NotCompliant) unless that page holds everything: a list that is
// not complete must never be taken for one.
func (c *Client) List(ctx context.Context, kind directory.Kind, attributes []string, page func([]directory.Resource) error) error {
	return c.list(ctx, kind, c.lists(kind), attributes, page)
}

// lists returns the filters that together show every resource of a kind.
func (c *Client) lists(kind directory.Kind) []string {
	if kind == directory.User && len(c.cfg.Profile.Query.UserLists) > 0 {
		return c.cfg.Profile.Query.UserLists
	}
	return []string{""}
}

// Count returns how many resources of a kind the application has, as far as totalResults can be believed.
func (c *Client) Count(ctx context.Context, kind directory.Kind) (int, error) {
	sum := 0
	for _, filter := range c.lists(kind) {
		q, list := c.listCall("count ", kind, filter, []string{"id"})
		q.query = join(c.query(param{"startIndex", "1"}, param{"count", "0"}), q.query)
		if _, err := c.do(ctx, q); err != nil {
			return 0, err
		}
		n, ok := list.total()
		if !ok {
			return 0, noncompliant(q, "the application answered a list without totalResults")
		}
		sum += max(n, len(list.Resources))
	}
	return sum, nil
}

func (c *Client) list(ctx context.Context, kind directory.Kind, filters, attributes []string, page func([]directory.Resource) error) error {
	l := lister{c: c, kind: kind, attributes: attributes, page: page, seed: maphash.MakeSeed(), seen: map[uint64]uint8{}}
	for _, filter := range filters {
		l.number++
		if err := l.run(ctx, filter); err != nil {
			return err
		}
	}
	return nil
}

// lister reads lists and drops what it has seen. It keeps a 64-bit hash of each id rather than the id: a collision, which
// nobody will live to see, hides a resource from the index and is found out by the 409 of its creation.
type lister struct {
	c          *Client
	kind       directory.Kind
	attributes []string
	page       func([]directory.Resource) error
	seed       maphash.Seed
	// seen holds the number of the list in which a resource came last.
	seen   map[uint64]uint8
	number uint8
}

func (l *lister) run(ctx context.Context, filter string) error {
	progress, total, emptied := 0, -1, false
	for start := 1; ; {
		size := l.c.pageSize(l.kind, l.attributes)
		resources, said, err := l.fetch(ctx, filter, start, size)
		if err != nil {
			switch {
			case start > 1 && total >= 0 && start > total && fault.Is(err, fault.Invalid, fault.NotCompliant):
				return nil // some servers refuse a startIndex behind the end
			case l.tooMuch(err) && l.c.sizes.shrink(size):
				continue
			}
			return err
		}
		total = said
		n := len(resources)
		if n == 0 {
			// A page lost on the way looks like the end; asked once more it shows.
			if total >= start && !emptied {
				emptied = true
				continue
			}
			return nil
		}
		before := progress
		fresh := slices.DeleteFunc(resources, func(r directory.Resource) bool {
			inList, inAny := l.note(r)
			if !inList {
				progress++
			}
			return inAny
		})
		if progress == before {
			return l.repeated(n, size, total, progress)
		}
		if len(fresh) > 0 {
			if err := l.page(fresh); err != nil {
				return err
			}
		}
		if start += n; start > maxListed {
			return &fault.Error{Kind: fault.NotCompliant, Op: l.op(), Code: codeIncompatible,
				Message: "the application's list has no end; it returned more than five million resources"}
		}
	}
}

// repeated judges a page that brought nothing new: the server ignores startIndex, which is harmless when the first page held
// everything.
func (l *lister) repeated(n, size, total, distinct int) error {
	complete := n > size || total >= 0 && total <= distinct || total < 0 && n != size
	if complete {
		return nil
	}
	return &fault.Error{Kind: fault.NotCompliant, Op: l.op(), Code: codeIncompatible,
		Message: "the application returns the same page for every startIndex, so that its resources cannot be listed; " +
			"it has to support paging (RFC 7644 section 3.4.2.4)"}
}

func (l *lister) op() string { return "list " + noun(l.kind) + "s" }

// tooMuch reports whether smaller pages may help.
func (l *lister) tooMuch(err error) bool {
	return fault.Is(err, fault.Throttled) || errors.Is(err, errTooLarge)
}

// note reports whether a resource came before in this list and in any list.
func (l *lister) note(r directory.Resource) (inList, inAny bool) {
	h := maphash.String(l.seed, string(r.ID))
	in, ok := l.seen[h]
	l.seen[h] = l.number
	return ok && in == l.number, ok
}

// fetch reads a page; total is -1 where the application does not say it.
func (l *lister) fetch(ctx context.Context, filter string, start, size int) (page []directory.Resource, total int, err error) {
	q, list := l.c.listCall("list ", l.kind, filter, l.attributes)
	q.query = join(l.c.query(param{"startIndex", strconv.Itoa(start)}, param{"count", strconv.Itoa(size)}), q.query)
	// Genesys answers a large page with 429 although no rate is exceeded (genesys-scim.md 7.1).
	q.surrender = size > max(1, l.c.cfg.Profile.Query.ExpensivePageSize)
	if _, err := l.c.do(ctx, q); err != nil {
		return nil, -1, err
	}
	total, ok := list.total()
	if !ok {
		total = -1
	}
	page, err = l.c.resources(q, *list)
	return page, total, err
}

// pageSize returns how many resources to ask for.
func (c *Client) pageSize(kind directory.Kind, attributes []string) int {
	want := c.cfg.Profile.Capabilities.PageSize
	q := c.cfg.Profile.Query
	if q.ExpensivePageSize > 0 && kind == directory.User {
		names := attributeNames(attributes)
		expensive := func(name string) bool { return containsFold(q.Expensive, name) }
		if attributes == nil || slices.ContainsFunc(names, expensive) {
			want = min(want, q.ExpensivePageSize)
		}
	}
	return max(1, c.sizes.ask(want))
}

// listCall returns the request for a list, without paging, and where its answer goes.
func (c *Client) listCall(verb string, kind directory.Kind, filter string, attributes []string) (call, *listResponse) {
	var params []param
	if filter != "" {
		params = append(params, param{"filter", filter})
	}
	params = append(params, c.selection(kind, attributes)...)
	list := new(listResponse)
	q := call{op: verb + noun(kind) + "s", method: http.MethodGet, kind: kind, base: c.base, path: endpoint(kind), search: true, into: list}
	q.query = c.query(params...)
	if trim := c.cfg.Profile.Query.GroupListTrim; kind == directory.Group && filter == "" && trim != "" {
		q.base = strings.TrimSuffix(c.base, trim)
	}
	return q, list
}

// selection returns the parameters that limit a list to what is needed.
func (c *Client) selection(kind directory.Kind, attributes []string) []param {
	names := attributeNames(attributes)
	if allowed := c.cfg.Profile.Query.Attributes[kind]; allowed != nil {
		names = slices.DeleteFunc(names, func(name string) bool { return !containsFold(allowed, name) })
	}
	switch {
	case len(attributes) > 0 && len(names) == 0:
		names = []string{"id"}
	case len(names) == 0 && kind == directory.Group:
		return []param{{"excludedAttributes", directory.AttrMembers}}
	case len(names) == 0:
		return nil
	}
	if !c.cfg.Profile.Query.RepeatParameter {
		return []param{{"attributes", strings.Join(names, ",")}}
	}
	out := make([]param, len(names))
	for i, name := range names {
		out[i] = param{"attributes", name}
	}
	return out
}

// attributeNames returns the attributes that paths belong to, each once: emails for emails[type eq "work"].value.
func attributeNames(paths []string) []string {
	var out []string
	for _, text := range paths {
		p, ok := parsePath(text)
		if !ok {
			continue
		}
		name := p.attribute
		if p.urn != "" {
			name = p.urn + ":" + name
		}
		if !containsFold(out, name) {
			out = append(out, name)
		}
	}
	return out
}

func containsFold(list []string, name string) bool {
	return slices.ContainsFunc(list, func(s string) bool { return strings.EqualFold(s, name) })
}

// join joins two query strings.
func join(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + "&" + b
}
