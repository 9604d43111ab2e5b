package graphsim

import (
	"net/http"
	"strings"

	"github.com/google/uuid"

	"github.com/entrain-dev/entrain/internal/simulator/graphsim/tenant"
)

// user finds the user that the path names by id or userPrincipalName.
func (c *call) user() (tenant.View, *graphError) {
	key := c.path[1].name
	v, ok := c.s.tenant.FindUser(key)
	if !ok || c.tooNew(v) {
		return v, notFound(key)
	}
	return v, nil
}

// tooNew says whether replication lag still hides an object from plain reads.
func (c *call) tooNew(v tenant.View) bool {
	return c.knobs.LagReads && c.knobs.ReplicationLag > 0 && v.Created > c.s.tenant.Head(v.Kind, c.knobs.ReplicationLag)
}

// getUser answers GET /users/{id} (3.2).
func (c *call) getUser() (*reply, *graphError) {
	s, e := c.selected(tenant.User, true)
	if e != nil {
		return nil, e
	}
	expand, e := c.expandsManager(tenant.User)
	if e != nil {
		return nil, e
	}
	if _, err := uuid.Parse(c.path[1].name); err != nil && strings.Contains(c.query.value("select"), "signInActivity") {
		return nil, badRequest("Get By Key only supports UserId and the key has to be a valid Guid")
	}
	v, e := c.user()
	if e != nil {
		return nil, e
	}
	return c.single(s.context("users")+"/$entity", v, s, expand), nil
}

// single writes one entity with its context.
func (c *call) single(context string, v tenant.View, s selection, expand bool) *reply {
	rec := newRecord(make([]byte, 0, 1024))
	rec.put("@odata.context", c.metadata(context))
	c.fill(rec, v, s, expand)
	return graphReply(rec.end())
}

// managerOf returns the manager of the user in the path; a deleted manager counts as none.
func (c *call) managerOf() (tenant.View, *graphError) {
	v, e := c.user()
	if e != nil {
		return v, e
	}
	m, ok := c.s.tenant.Get(v.Manager.ID)
	if !ok || m.State != tenant.Active {
		return m, notFound("manager")
	}
	return m, nil
}

// getManager answers GET /users/{id}/manager (3.3).
func (c *call) getManager() (*reply, *graphError) {
	m, e := c.managerOf()
	if e != nil {
		return nil, e
	}
	s, e := c.selected(m.Kind, false)
	if e != nil {
		return nil, e
	}
	rec := newRecord(nil)
	rec.put("@odata.context", c.metadata(s.context("directoryObjects")+"/$entity"))
	rec.put("@odata.type", m.Kind.ODataType())
	rec.plain(m, s)
	return graphReply(rec.end()), nil
}

func (c *call) getManagerRef() (*reply, *graphError) {
	m, e := c.managerOf()
	if e != nil {
		return nil, e
	}
	rec := newRecord(nil)
	rec.put("@odata.id", c.reference(m))
	return graphReply(rec.end()), nil
}

// reference is the address of an object as $ref gives it.
func (c *call) reference(v tenant.View) string {
	return "https://graph.microsoft.com/v2/" + c.s.tenant.ID() + "/directoryObjects/" + v.ID + "/Microsoft.DirectoryServices." + title(v.Kind)
}

func (c *call) listReports() (*reply, *graphError) {
	v, e := c.user()
	if e != nil {
		return nil, e
	}
	s, e := c.selected(tenant.User, false)
	if e != nil {
		return nil, e
	}
	top, e := c.top(999)
	if e != nil {
		return nil, e
	}
	cursor, e := c.start()
	if e != nil {
		return nil, e
	}
	views, next, more := c.s.tenant.Reports(v.ID, cursor, top)
	return c.listPage(s.context("directoryObjects"), c.polymorphic(views, map[tenant.Kind]selection{tenant.User: s}), next, more), nil
}

// polymorphic writes directoryObjects. An object whose kind has no selection, or may not be read, has only type and id.
func (c *call) polymorphic(views []tenant.View, selections map[tenant.Kind]selection) [][]byte {
	out := make([][]byte, 0, len(views))
	for _, v := range views {
		rec := newRecord(nil)
		rec.put("@odata.type", v.Kind.ODataType())
		s, ok := selections[v.Kind]
		switch {
		case !ok:
			rec.put("id", v.ID)
		case !c.may(readable(v.Kind)):
			rec.plain(tenant.View{Ref: v.Ref}, withID(s))
		default:
			rec.plain(v, s)
		}
		out = append(out, rec.end())
	}
	return out
}

// withID makes sure the id is written.
func withID(s selection) selection {
	for _, n := range s.names {
		if n == "id" {
			return s
		}
	}
	s.names = append([]string{"id"}, s.names...)
	s.types = append([]tenant.PropertyType{{Name: "id"}}, s.types...)
	return s
}

// readable lists the permissions that show the properties of a kind.
func readable(kind tenant.Kind) permission {
	switch kind {
	case tenant.User:
		return readUsers
	case tenant.Group:
		return readGroups
	case tenant.ServicePrincipal:
		return readApps
	default:
		return readDirectory
	}
}

// getByIDs answers POST /directoryObjects/getByIds (3.4).
func (c *call) getByIDs() (*reply, *graphError) {
	var in struct {
		IDs   []string `json:"ids"`
		Types []string `json:"types"`
	}
	if e := c.decode(&in); e != nil {
		return nil, e
	}
	if len(in.IDs) > 1000 {
		return nil, fail(http.StatusBadRequest, "Request_BadRequest", "The number of ids exceeds the maximum of 1000.")
	}
	selections, e := c.directorySelections()
	if e != nil {
		return nil, e
	}
	var views []tenant.View
	for _, id := range in.IDs {
		v, ok := c.s.tenant.Get(id)
		if ok && v.State == tenant.Active && (len(in.Types) == 0 || containsFold(in.Types, string(v.Kind))) {
			views = append(views, v)
		}
	}
	return graphReply(page(c.metadata("directoryObjects"), c.polymorphic(views, selections))), nil
}

func containsFold(list []string, want string) bool {
	for _, s := range list {
		if strings.EqualFold(s, want) {
			return true
		}
	}
	return false
}
