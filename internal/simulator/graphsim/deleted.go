package graphsim

import (
	"slices"
	"strings"

	"github.com/entrain-dev/entrain/internal/simulator/graphsim/tenant"
)

// noCast refuses /directory/deletedItems without a type, which is mandatory (3.6).
func (c *call) noCast() (*reply, *graphError) {
	return nil, badRequest("The type of the deleted items must be given, such as /directory/deletedItems/microsoft.graph.user.")
}

// listDeleted answers GET /directory/deletedItems/microsoft.graph.user and .group (3.6).
func (c *call) listDeleted(cast tenant.Kind) (*reply, *graphError) {
	switch cast {
	case tenant.User, tenant.Group:
	case "application", tenant.ServicePrincipal, "administrativeUnit", tenant.Device:
		return c.listPage(string(cast)+"s", nil, 0, false), nil
	default:
		return nil, noSegment("microsoft.graph." + string(cast))
	}
	s, e := c.selected(cast, false)
	if e != nil {
		return nil, e
	}
	var f *filter
	if text, ok := c.query.get("filter"); ok {
		if f, e = c.filterOf(cast, text); e != nil {
			return nil, e
		}
	}
	order, sorted := c.query.get("orderby")
	if sorted && !c.advanced() {
		return nil, unsupported("Sorting not supported for current query.")
	}
	top, e := c.top(999)
	if e != nil {
		return nil, e
	}
	cursor, e := c.start()
	if e != nil {
		return nil, e
	}
	want := func(v tenant.View) bool { return f == nil || f.matches(v) }
	views, next, more := c.s.tenant.Bin(cast, cursor, top, want)
	if sorted && strings.HasSuffix(strings.ToLower(order), " desc") {
		all, _, _ := c.s.tenant.Bin(cast, 0, int(^uint(0)>>1), want)
		slices.Reverse(all)
		from := min(cursor, uint64(len(all)))
		next = min(from+uint64(top), uint64(len(all)))
		views, more = all[from:next], next < uint64(len(all))
	}
	entries := make([][]byte, 0, len(views))
	for _, v := range views {
		entries = append(entries, c.entity(v, s, false))
	}
	return c.listPage(s.context(string(cast)+"s"), entries, next, more), nil
}

// getDeleted answers GET /directory/deletedItems/{id}.
func (c *call) getDeleted() (*reply, *graphError) {
	id := c.path[2].name
	if e := guid(id); e != nil {
		return nil, e
	}
	v, ok := c.s.tenant.Get(id)
	if !ok || v.State != tenant.Deleted {
		return nil, notFound(id)
	}
	if v.Kind == tenant.Group && !c.may(readGroupsFully) {
		return nil, forbidden()
	}
	s, e := c.selected(v.Kind, false)
	if e != nil {
		return nil, e
	}
	rec := newRecord(nil)
	rec.put("@odata.context", c.metadata(s.context("directoryObjects")+"/$entity"))
	rec.put("@odata.type", v.Kind.ODataType())
	rec.plain(v, s)
	return graphReply(rec.end()), nil
}
