package graphsim

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/entrain-dev/entrain/internal/simulator/graphsim/tenant"
)

// group finds the group that the path names.
func (c *call) group() (tenant.View, *graphError) {
	key := c.path[1].name
	if e := guid(key); e != nil {
		return tenant.View{}, e
	}
	v, ok := c.s.tenant.Get(key)
	if !ok || v.Kind != tenant.Group || v.State != tenant.Active || c.tooNew(v) {
		return v, notFound(key)
	}
	return v, nil
}

// guid refuses a malformed object id (4.4).
func guid(id string) *graphError {
	if len(id) != 36 || strings.Trim(id, "0123456789abcdefABCDEF-") != "" {
		return fail(http.StatusBadRequest, "Request_BadRequest", "Invalid object identifier '%s'.", id)
	}
	return nil
}

// expandLimit is how many objects an expanded collection holds; there is no link to the rest (3.3).
const expandLimit = 20

// getGroup answers GET /groups/{id}, with $expand=members cut at 20.
func (c *call) getGroup() (*reply, *graphError) {
	s, e := c.selected(tenant.Group, true)
	if e != nil {
		return nil, e
	}
	v, e := c.group()
	if e != nil {
		return nil, e
	}
	rec := newRecord(make([]byte, 0, 1024))
	rec.put("@odata.context", c.metadata(s.context("groups")+"/$entity"))
	rec.plain(v, s)
	if text, ok := c.query.get("expand"); ok {
		if name, _, _ := strings.Cut(text, "("); name != "members" {
			return nil, badRequest("Parsing OData Select and Expand failed: Could not find a property named '%s' on type 'microsoft.graph.group'.", name)
		}
		members, _, _ := c.s.tenant.Members(v.ID, 0, expandLimit, false, nil)
		rec.raw("members", inner(c.polymorphic(members, c.directoryDefaults())))
	}
	return graphReply(rec.end()), nil
}

// inner writes entries as an array.
func inner(entries [][]byte) []byte {
	out := []byte{'['}
	for i, e := range entries {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, e...)
	}
	return append(out, ']')
}

func (c *call) directoryDefaults() map[tenant.Kind]selection {
	out := map[tenant.Kind]selection{}
	for _, k := range []tenant.Kind{tenant.User, tenant.Group, tenant.Device, tenant.ServicePrincipal, tenant.Contact} {
		out[k] = c.defaults(k)
	}
	return out
}

// directorySelections reads $select for a collection of several kinds: a name must exist on one of them, and an object shows
// those that its own kind has.
func (c *call) directorySelections() (map[tenant.Kind]selection, *graphError) {
	value, ok := c.query.get("select")
	if !ok || strings.TrimSpace(value) == "" {
		return c.directoryDefaults(), nil
	}
	out := map[tenant.Kind]selection{}
	for name := range strings.SplitSeq(value, ",") {
		name = strings.TrimSpace(name)
		known := false
		for _, k := range []tenant.Kind{tenant.User, tenant.Group, tenant.Device, tenant.ServicePrincipal, tenant.Contact} {
			s := out[k]
			s.given = true
			if p, ok := c.s.tenant.Property(k, name); ok {
				known = true
				s.names, s.types = append(s.names, name), append(s.types, p)
			}
			out[k] = s
		}
		if !known {
			return nil, badRequest("Parsing OData Select and Expand failed: Could not find a property named '%s' on type 'microsoft.graph.directoryObject'.", name)
		}
		if e := c.mayRead(name); e != nil {
			return nil, e
		}
	}
	return out, nil
}

func (c *call) listMembers() (*reply, *graphError) { return c.listMembersOf("") }

// listMembersOf answers GET /groups/{id}/members, with or without a cast (3.4). Service principals are not listed.
func (c *call) listMembersOf(cast tenant.Kind) (*reply, *graphError) {
	views, next, more, e := c.membersPage(cast)
	if e != nil {
		return nil, e
	}
	entries, set, e := c.objects(views, cast)
	if e != nil {
		return nil, e
	}
	var extra []option
	if _, later := c.query.get("skiptoken"); c.advanced() && !later {
		n, e := c.memberCount(cast)
		if e != nil {
			return nil, e
		}
		extra = append(extra, option{"@odata.count", string(textReply(n).body)})
	}
	return c.listPage(set, entries, next, more, extra...), nil
}

// objects writes views as directoryObjects, or as entities of the cast type.
func (c *call) objects(views []tenant.View, cast tenant.Kind) ([][]byte, string, *graphError) {
	if cast == "" {
		selections, e := c.directorySelections()
		if e != nil {
			return nil, "", e
		}
		set := "directoryObjects"
		if v, ok := c.query.get("select"); ok {
			set += "(" + v + ")"
		}
		return c.polymorphic(views, selections), set, nil
	}
	s, e := c.selected(cast, false)
	if e != nil {
		return nil, "", e
	}
	entries := make([][]byte, 0, len(views))
	for _, v := range views {
		if !c.may(readable(v.Kind)) {
			v = tenant.View{Ref: v.Ref}
		}
		entries = append(entries, c.entity(v, s, false))
	}
	return entries, s.context(string(cast) + "s"), nil
}

// membersPage reads a page of the members of the group in the path.
func (c *call) membersPage(cast tenant.Kind) (views []tenant.View, next uint64, more bool, e *graphError) {
	g, e := c.group()
	if e != nil {
		return nil, 0, false, e
	}
	if e = knownCast(cast); e != nil {
		return nil, 0, false, e
	}
	if _, filtered := c.query.get("filter"); filtered {
		return nil, 0, false, unsupported("Unsupported query.")
	}
	top, e := c.top(999)
	if e != nil {
		return nil, 0, false, e
	}
	cursor, e := c.start()
	if e != nil || c.hidden(g) {
		return nil, 0, false, e
	}
	views, next, more = c.s.tenant.Members(g.ID, cursor, top, false, listed(cast))
	return views, next, more, nil
}

// listed says which members a plain list shows.
func listed(cast tenant.Kind) func(tenant.View) bool {
	return func(v tenant.View) bool {
		if cast == "" {
			return v.Kind != tenant.ServicePrincipal
		}
		return v.Kind == cast
	}
}

func knownCast(cast tenant.Kind) *graphError {
	switch cast {
	case "", tenant.User, tenant.Group, tenant.Device, tenant.ServicePrincipal, tenant.Contact:
		return nil
	}
	return noSegment("microsoft.graph." + string(cast))
}

// hidden says whether the members of a group are kept from the application: the list is then empty, not refused.
func (c *call) hidden(g tenant.View) bool {
	return g.String("visibility") == "HiddenMembership" && !c.may(readHidden)
}

func (c *call) memberCount(cast tenant.Kind) (int, *graphError) {
	g, e := c.group()
	if e != nil || c.hidden(g) {
		return 0, e
	}
	all, _, _ := c.s.tenant.Members(g.ID, 0, int(^uint(0)>>1), false, listed(cast))
	return len(all), nil
}

func (c *call) countMembers() (*reply, *graphError) {
	if !c.eventual() {
		return nil, fail(http.StatusBadRequest, "Request_BadRequest", "$count is not currently supported.")
	}
	n, e := c.memberCount("")
	if e != nil {
		return nil, e
	}
	return textReply(n), nil
}

func (c *call) listMemberRefs() (*reply, *graphError) {
	views, next, more, e := c.membersPage("")
	if e != nil {
		return nil, e
	}
	entries := make([][]byte, 0, len(views))
	for _, v := range views {
		rec := newRecord(nil)
		rec.put("@odata.id", c.reference(v))
		entries = append(entries, rec.end())
	}
	return c.listPage("Collection($ref)", entries, next, more), nil
}

func (c *call) listTransitive() (*reply, *graphError) { return c.listTransitiveOf("") }

// listTransitiveOf answers GET /groups/{id}/transitiveMembers; a cast needs the advanced parameters.
func (c *call) listTransitiveOf(cast tenant.Kind) (*reply, *graphError) {
	g, e := c.group()
	if e != nil {
		return nil, e
	}
	if e = knownCast(cast); e != nil {
		return nil, e
	}
	if cast != "" && !c.advanced() {
		return nil, unsupported("The specified filter to the reference property query is currently not supported.")
	}
	top, e := c.top(999)
	if e != nil {
		return nil, e
	}
	cursor, e := c.start()
	if e != nil {
		return nil, e
	}
	var all []tenant.View
	if !c.hidden(g) {
		for _, v := range c.s.tenant.TransitiveMembers(g.ID) {
			if listed(cast)(v) {
				all = append(all, v)
			}
		}
	}
	from := min(cursor, uint64(len(all)))
	to := min(from+uint64(top), uint64(len(all)))
	entries, set, e := c.objects(all[from:to], cast)
	if e != nil {
		return nil, e
	}
	return c.listPage(set, entries, to, to < uint64(len(all))), nil
}

// decode reads the JSON body of a POST.
func (c *call) decode(into any) *graphError {
	if err := json.Unmarshal(c.body, into); err != nil {
		return badRequest("Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid JSON format.")
	}
	return nil
}
