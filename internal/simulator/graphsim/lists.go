package graphsim

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/entrain-dev/entrain/internal/simulator/graphsim/tenant"
)

// listing is a checked read of a collection of users or groups.
type listing struct {
	kind   tenant.Kind
	set    string // as in @odata.context
	sel    selection
	expand bool // $expand=manager
	filter *filter
	search []searchTerm
	order  string
	desc   bool
	top    int
}

// searchTerm is one "property:text" of $search.
type searchTerm struct{ property, text string }

func (c *call) listUsers() (*reply, *graphError) { return c.list(tenant.User, "users") }

func (c *call) listGroups() (*reply, *graphError) { return c.list(tenant.Group, "groups") }

// list answers GET /users and GET /groups (3.1, 3.5).
func (c *call) list(kind tenant.Kind, set string) (*reply, *graphError) {
	l, e := c.listing(kind, set)
	if e != nil {
		return nil, e
	}
	cursor, e := c.start()
	if e != nil {
		return nil, e
	}
	views, next, more := c.collect(l, cursor)
	entries := make([][]byte, 0, len(views))
	for _, v := range views {
		entries = append(entries, c.entity(v, l.sel, l.expand))
	}
	var extra []option
	if c.advanced() && cursor == 0 {
		extra = append(extra, option{"@odata.count", strconv.Itoa(c.total(l))})
	}
	return c.listPage(l.context(), entries, next, more, extra...), nil
}

func (l *listing) context() string {
	if l.expand && l.sel.given {
		return l.set + "(" + strings.Join(append(l.sel.all(), "manager()"), ",") + ")"
	}
	return l.sel.context(l.set)
}

func (c *call) listing(kind tenant.Kind, set string) (*listing, *graphError) {
	l := &listing{kind: kind, set: set}
	var e *graphError
	if l.sel, e = c.selected(kind, false); e != nil {
		return nil, e
	}
	limit := 999
	if slices.Contains(l.sel.names, "signInActivity") {
		limit = 120
	}
	if l.top, e = c.top(limit); e != nil {
		return nil, e
	}
	if l.expand, e = c.expandsManager(kind); e != nil {
		return nil, e
	}
	if text, ok := c.query.get("filter"); ok {
		if l.filter, e = c.filterOf(kind, text); e != nil {
			return nil, e
		}
	}
	if e = c.orderOf(l); e != nil {
		return nil, e
	}
	return l, c.searchOf(l)
}

func (c *call) filterOf(kind tenant.Kind, text string) (*filter, *graphError) {
	f, err := parseFilter(text)
	if err != nil {
		return nil, badRequest("Invalid filter clause: %s.", err)
	}
	return f, c.checkFilter(kind, f)
}

func (c *call) orderOf(l *listing) *graphError {
	text, ok := c.query.get("orderby")
	if !ok {
		return nil
	}
	name, direction, _ := strings.Cut(strings.TrimSpace(text), " ")
	if _, known := c.s.tenant.Property(l.kind, name); !known {
		return badRequest("Could not find a property named '%s' on type 'microsoft.graph.%s'.", name, l.kind)
	}
	basic := name == "displayName" || name == "userPrincipalName" && l.kind == tenant.User
	if !c.advanced() && (!basic || l.filter != nil) {
		return unsupported("Sorting not supported for current query.")
	}
	l.order, l.desc = name, strings.EqualFold(direction, "desc")
	return nil
}

func (c *call) searchOf(l *listing) *graphError {
	text, ok := c.query.get("search")
	if !ok {
		return nil
	}
	if !c.eventual() {
		return unsupported("Request with $search query parameter only works through MSGraph with a special request header: 'ConsistencyLevel: eventual'")
	}
	for part := range strings.SplitSeq(text, " OR ") {
		property, word, found := strings.Cut(strings.Trim(strings.TrimSpace(part), `"`), ":")
		if !found {
			return unsupported("Invalid $search clause.")
		}
		l.search = append(l.search, searchTerm{property, strings.ToLower(word)})
	}
	return nil
}

// expandsManager checks $expand; manager of users is the one relation that lists take.
func (c *call) expandsManager(kind tenant.Kind) (bool, *graphError) {
	text, ok := c.query.get("expand")
	if !ok {
		return false, nil
	}
	name, options, nested := strings.Cut(text, "(")
	switch {
	case strings.EqualFold(name, "photo"):
		return false, fail(http.StatusBadRequest, "ExpandNotSupported", "Expand is not allowed for property 'Photo' according to the entity schema.")
	case name != "manager" || kind != tenant.User:
		return false, badRequest("Parsing OData Select and Expand failed: Could not find a property named '%s' on type 'microsoft.graph.%s'.", name, kind)
	case nested && strings.Contains(options, "$select") && !strings.Contains(options, "$levels"):
		return false, unsupported("A nested $select of manager needs $levels.")
	}
	return true, nil
}

// wants is the predicate of a listing, nil for everything.
func (l *listing) wants() func(tenant.View) bool {
	if l.filter == nil && l.search == nil {
		return nil
	}
	return func(v tenant.View) bool {
		if l.filter != nil && !l.filter.matches(v) {
			return false
		}
		return l.search == nil || slices.ContainsFunc(l.search, func(t searchTerm) bool {
			s, _ := propertyValue(v, t.property).(string)
			return strings.Contains(strings.ToLower(s), t.text)
		})
	}
}

// collect returns a page of views. Filters on a key are looked up; with $orderby the whole collection is sorted and the
// cursor counts objects.
func (c *call) collect(l *listing, cursor uint64) ([]tenant.View, uint64, bool) {
	limit := uint64(0)
	if c.knobs.LagReads {
		limit = max(c.s.tenant.Head(l.kind, c.knobs.ReplicationLag), 1)
	}
	if v, found, isKey := c.byKey(l); isKey {
		if found {
			return []tenant.View{v}, 0, false
		}
		return nil, 0, false
	}
	if l.order == "" {
		return c.s.tenant.List(l.kind, cursor, limit, l.top, false, l.wants())
	}
	all, _, _ := c.s.tenant.List(l.kind, 0, limit, int(^uint(0)>>1), false, l.wants())
	slices.SortStableFunc(all, func(a, b tenant.View) int {
		x, _ := propertyValue(a, l.order).(string)
		y, _ := propertyValue(b, l.order).(string)
		if l.desc {
			x, y = y, x
		}
		return cmp.Compare(strings.ToLower(x), strings.ToLower(y))
	})
	from := min(cursor, uint64(len(all)))
	to := min(from+uint64(l.top), uint64(len(all)))
	return all[from:to], to, to < uint64(len(all))
}

// byKey answers a filter on id or userPrincipalName from an index.
func (c *call) byKey(l *listing) (v tenant.View, found, isKey bool) {
	f := l.filter
	if f == nil || f.op != "eq" || f.property != "id" && (f.property != "userPrincipalName" || l.kind != tenant.User) {
		return v, false, false
	}
	key, _ := f.values[0].(string)
	if l.kind == tenant.User {
		v, found = c.s.tenant.FindUser(key)
	} else {
		v, found = c.s.tenant.Get(key)
	}
	return v, found && v.Kind == l.kind && v.State == tenant.Active && f.matches(v), true
}

// total is @odata.count.
func (c *call) total(l *listing) int {
	if l.wants() == nil {
		return c.s.tenant.Count(l.kind)
	}
	all, _, _ := c.s.tenant.List(l.kind, 0, 0, int(^uint(0)>>1), false, l.wants())
	return len(all)
}

// entity writes one object of a list, or the inside of a single one.
func (c *call) entity(v tenant.View, s selection, manager bool) []byte {
	rec := newRecord(make([]byte, 0, 512))
	c.fill(rec, v, s, manager)
	return rec.end()
}

func (c *call) fill(rec *record, v tenant.View, s selection, manager bool) {
	rec.plain(v, s)
	if !manager || v.Manager.ID == "" {
		return
	}
	m, ok := c.s.tenant.Get(v.Manager.ID)
	if !ok || m.State != tenant.Active {
		return
	}
	nested := newRecord(nil)
	nested.put("@odata.type", m.Kind.ODataType())
	sel := c.defaults(m.Kind)
	_, options, _ := strings.Cut(c.query.value("expand"), "$select=")
	if names, _, _ := strings.Cut(strings.TrimSuffix(options, ")"), ";"); names != "" {
		if picked, e := c.selection(m.Kind, strings.Split(names, ","), false, nil); e == nil {
			sel = picked
		}
	}
	nested.plain(m, sel)
	rec.raw("manager", nested.end())
}

func (c *call) countUsers() (*reply, *graphError) { return c.count(tenant.User) }

func (c *call) countGroups() (*reply, *graphError) { return c.count(tenant.Group) }

// count answers /users/$count, which needs ConsistencyLevel: eventual (3.7).
func (c *call) count(kind tenant.Kind) (*reply, *graphError) {
	if !c.eventual() {
		return nil, fail(http.StatusBadRequest, "Request_BadRequest", "$count is not currently supported.")
	}
	l, e := c.listing(kind, "")
	if e != nil {
		return nil, e
	}
	return textReply(c.total(l)), nil
}

func textReply(n int) *reply {
	h := http.Header{}
	h.Set("Content-Type", "text/plain")
	h.Set("OData-Version", "4.0")
	return &reply{status: http.StatusOK, header: h, body: []byte(strconv.Itoa(n))}
}
