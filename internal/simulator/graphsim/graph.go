package graphsim

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/entrain-dev/entrain/internal/simulator/graphsim/tenant"
)

// call is one request to Graph.
type call struct {
	s       *Server
	request *http.Request
	path    []segment
	rawPath string // after the version root, as sent
	query   query
	body    []byte
	base    string // scheme and host the client used
	knobs   Knobs
	now     time.Time
	shape   shape
	claims  claims
	cost    int

	requestID, clientRequestID string
}

// serveGraph answers a request under /v1.0.
func (s *Server) serveGraph(r *http.Request, body []byte, sh shape) *reply {
	c := &call{
		s: s, request: r, body: body, base: origin(r), knobs: s.Knobs(), now: s.clock.Now(), shape: sh, cost: 1, requestID: s.guid(),
		query: parseQuery(r.URL.RawQuery), rawPath: strings.TrimPrefix(r.URL.EscapedPath(), "/v1.0"),
	}
	if c.clientRequestID = r.Header.Get("client-request-id"); c.clientRequestID == "" {
		c.clientRequestID = c.requestID
	}
	out, failure := c.answer()
	if failure != nil {
		out = failure.reply(c.now, c.requestID, c.clientRequestID)
		if failure.status == http.StatusTooManyRequests {
			out.header.Set("x-ms-resource-unit", "1")
		}
	}
	h := out.header
	h.Set("request-id", c.requestID)
	h.Set("client-request-id", c.clientRequestID)
	h.Set("x-ms-ags-diagnostic", fmt.Sprintf(
		`{"ServerInfo":{"DataCenter":"Simulated","Slice":"E","Ring":"5","ScaleUnit":"001","RoleInstance":"SIM%08X"}}`, uint32(s.cfg.Seed)))
	h.Set("Cache-Control", "no-cache")
	h.Set("Vary", "Accept-Encoding")
	h.Set("Strict-Transport-Security", "max-age=31536000")
	h.Set("Date", c.now.UTC().Format(http.TimeFormat))
	return out
}

func (c *call) answer() (*reply, *graphError) {
	if len(c.body) > maxBody {
		return nil, fail(http.StatusRequestEntityTooLarge, "RequestEntityTooLarge", "The request body is too large.")
	}
	if e := c.authenticate(); e != nil {
		return nil, e
	}
	var ok bool
	if c.path, ok = parsePath(c.rawPath); !ok || len(c.path) == 0 {
		return nil, badRequest("Invalid request URL.")
	}
	if c.path[0].name == "$batch" && len(c.path) == 1 {
		return c.batch()
	}
	if e := c.throttled(); e != nil {
		return nil, e
	}
	c.s.tenant.Expire()
	out, e := c.route()
	if e != nil {
		if e.status != http.StatusBadRequest && e.status != http.StatusForbidden {
			c.charge(http.Header{})
		}
		return nil, e
	}
	c.charge(out.header)
	return out, nil
}

// names returns the path with the keys of collections replaced by *, for routing.
func (c *call) names() string {
	parts := make([]string, len(c.path))
	for i, p := range c.path {
		parts[i] = p.name
	}
	if len(parts) > 1 {
		switch parts[0] {
		case "users", "groups", "servicePrincipals", "subscriptions":
			if parts[1] != "delta" && parts[1] != "microsoft.graph.delta" && parts[1] != "$count" {
				parts[1] = "*"
			}
		case "directory":
			if len(parts) > 2 && parts[1] == "deletedItems" && !strings.HasPrefix(parts[2], "microsoft.graph.") {
				parts[2] = "*"
			}
		}
	}
	return strings.TrimSuffix(strings.Join(parts, "/"), "/")
}

// handler answers one kind of request.
type handler func(*call) (*reply, *graphError)

// routes is checklist item 1. The cost is that of 7.2; a route without a method decides about it itself.
var routes = map[string]struct {
	method string
	cost   int
	roles  permission
	handle handler
}{
	"users":                                 {http.MethodGet, 2, readUsers, (*call).listUsers},
	"users/$count":                          {http.MethodGet, 1, readUsers, (*call).countUsers},
	"users/delta":                           {http.MethodGet, 1, readUsers, (*call).userDelta},
	"users/microsoft.graph.delta":           {http.MethodGet, 1, readUsers, (*call).userDelta},
	"users/*":                               {http.MethodGet, 1, readUsers, (*call).getUser},
	"users/*/manager":                       {http.MethodGet, 1, readUsers, (*call).getManager},
	"users/*/manager/$ref":                  {http.MethodGet, 1, readUsers, (*call).getManagerRef},
	"users/*/directReports":                 {http.MethodGet, 1, readUsers, (*call).listReports},
	"users/*/appRoleAssignments":            {http.MethodGet, 2, readDirectory, (*call).listUserAssignments},
	"groups":                                {http.MethodGet, 1, readGroups, (*call).listGroups},
	"groups/$count":                         {http.MethodGet, 1, readGroups, (*call).countGroups},
	"groups/delta":                          {http.MethodGet, 1, readGroups, (*call).groupDelta},
	"groups/microsoft.graph.delta":          {http.MethodGet, 1, readGroups, (*call).groupDelta},
	"groups/*":                              {http.MethodGet, 1, readGroups, (*call).getGroup},
	"groups/*/members":                      {http.MethodGet, 3, readGroups, (*call).listMembers},
	"groups/*/members/$count":               {http.MethodGet, 3, readGroups, (*call).countMembers},
	"groups/*/members/$ref":                 {http.MethodGet, 3, readGroups, (*call).listMemberRefs},
	"groups/*/transitiveMembers":            {http.MethodGet, 5, readGroups, (*call).listTransitive},
	"groups/*/appRoleAssignments":           {http.MethodGet, 2, readDirectory, (*call).listGroupAssignments},
	"servicePrincipals":                     {http.MethodGet, 1, readApps, (*call).listApplications},
	"servicePrincipals/*":                   {http.MethodGet, 1, readApps, (*call).getApplication},
	"subscriptions":                         {"", 1, nil, (*call).serveSubscriptions},
	"subscriptions/*":                       {"", 1, nil, (*call).serveSubscription},
	"subscriptions/*/reauthorize":           {http.MethodPost, 1, nil, (*call).reauthorize},
	"directoryObjects/getByIds":             {http.MethodPost, 3, readObjects, (*call).getByIDs},
	"directory/deletedItems/*":              {http.MethodGet, 1, readUsers, (*call).getDeleted},
	"directory/deletedItems":                {http.MethodGet, 1, readUsers, (*call).noCast},
	"servicePrincipals/*/appRoleAssignedTo": {http.MethodGet, 1, readApps, (*call).listAssignedTo},
}

// casts are the routes that end in a type.
var casts = map[string]struct {
	cost   int
	handle func(*call, tenant.Kind) (*reply, *graphError)
}{
	"groups/*/members":           {3, (*call).listMembersOf},
	"groups/*/transitiveMembers": {5, (*call).listTransitiveOf},
	"directory/deletedItems":     {1, (*call).listDeleted},
}

func (c *call) route() (*reply, *graphError) {
	name := c.names()
	if at := strings.LastIndex(name, "/microsoft.graph."); at > 0 {
		if r, ok := casts[name[:at]]; ok {
			kind := tenant.Kind(name[at+len("/microsoft.graph."):])
			if c.request.Method != http.MethodGet {
				return nil, notAllowed()
			}
			roles := readGroups
			if strings.HasPrefix(name, "directory/") {
				roles = readUsers
				if kind != tenant.User {
					roles = readGroupsFully
				}
			}
			if !c.may(roles) {
				return nil, forbidden()
			}
			c.cost = r.cost
			return r.handle(c, kind)
		}
	}
	r, ok := routes[name]
	if !ok {
		return nil, noSegment(c.unknownSegment())
	}
	if r.method != "" && c.request.Method != r.method {
		return nil, notAllowed()
	}
	if r.roles != nil && !c.may(r.roles) {
		return nil, forbidden()
	}
	c.cost = r.cost
	return r.handle(c)
}

// unknownSegment returns the first segment that no route goes through.
func (c *call) unknownSegment() string {
	parts := strings.Split(c.names(), "/")
	for i := range parts {
		prefix, known := strings.Join(parts[:i+1], "/"), false
		for name := range routes {
			known = known || name == prefix || strings.HasPrefix(name, prefix+"/")
		}
		if !known {
			return c.path[i].name
		}
	}
	return c.path[len(c.path)-1].name
}

func notAllowed() *graphError {
	return fail(http.StatusMethodNotAllowed, "Request_BadRequest", "Specified HTTP method is not allowed for the request target.")
}

// metadata returns an @odata.context.
func (c *call) metadata(tail string) string { return c.base + "/v1.0/$metadata#" + tail }

// lists is a page of a plain list with its links.
func (c *call) listPage(context string, entries [][]byte, cursor uint64, more bool, extra ...option) *reply {
	effect := c.shape.effect
	previous := c.position().Cursor
	switch effect {
	case EffectEmptyResult:
		entries, more = nil, false
	case EffectEndEarly:
		more = false
	case EffectEmptyPage:
		entries, cursor, more = nil, previous, true
	case EffectRepeatPage:
		cursor, more = previous, true
	case EffectShuffle:
		c.shuffle(entries)
	}
	links := extra
	if more {
		token := c.issue(pageToken{Purpose: listPage, Resource: c.rawPath, Cursor: cursor})
		links = append(links, option{"@odata.nextLink", c.base + "/v1.0" + c.rawPath + "?" + c.query.link(token)})
	}
	return graphReply(page(c.metadata(context), entries, links...))
}

// position is where a plain list goes on; the token was checked by start.
func (c *call) position() pageToken {
	t, _ := c.s.sealer.open(c.query.value("skiptoken"))
	return t
}

// start checks the $skiptoken of a plain list and returns the cursor.
func (c *call) start() (uint64, *graphError) {
	token, ok := c.query.get("skiptoken")
	if !ok {
		return 0, nil
	}
	t, e := c.redeem(token, listPage, c.rawPath)
	return t.Cursor, e
}

func (c *call) shuffle(entries [][]byte) {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	c.s.random.Shuffle(len(entries), func(i, j int) { entries[i], entries[j] = entries[j], entries[i] })
}
