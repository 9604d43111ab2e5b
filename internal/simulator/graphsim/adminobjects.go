package graphsim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/entrain-dev/entrain/internal/simulator/graphsim/tenant"
)

// findUser finds a user by id or userPrincipalName; with deleted also in the recycle bin, by the name it had.
func (s *Server) findUser(key string, deleted bool) (tenant.View, error) {
	if v, ok := s.tenant.FindUser(key); ok {
		return v, nil
	}
	if deleted {
		list, _, _ := s.tenant.Bin(tenant.User, 0, 1, func(v tenant.View) bool {
			return v.ID == key || strings.EqualFold(strings.TrimPrefix(v.String("userPrincipalName"), strings.ReplaceAll(v.ID, "-", "")), key)
		})
		if len(list) == 1 {
			return list[0], nil
		}
	}
	return tenant.View{}, fmt.Errorf("%w: user %s", tenant.ErrNotFound, key)
}

func (s *Server) findGroup(key string) (tenant.View, error) {
	if v, ok := s.tenant.FindGroup(key); ok {
		return v, nil
	}
	return tenant.View{}, fmt.Errorf("%w: group %s", tenant.ErrNotFound, key)
}

// findPrincipal finds a user or else a group.
func (s *Server) findPrincipal(key string) (tenant.View, error) {
	if v, err := s.findUser(key, true); err == nil {
		return v, nil
	}
	return s.findGroup(key)
}

// describe is how the administration interface shows an object.
func (s *Server) describe(v tenant.View) map[string]any {
	out := map[string]any{"id": v.ID, "state": map[tenant.State]string{tenant.Active: "active", tenant.Deleted: "deleted", tenant.Purged: "purged"}[v.State]}
	for _, p := range v.Properties {
		if p.Value != nil {
			out[p.Name] = p.Value
		}
	}
	if v.Manager.ID != "" {
		out["manager"] = v.Manager.ID
	}
	if v.Kind == tenant.Group {
		out["memberCount"] = s.tenant.MemberCount(v.ID)
	}
	return out
}

// adminSearch lists users whose name or userPrincipalName contains search; limit is how many (50), after the id to go on after.
func (s *Server) adminSearch(r *http.Request) (any, error) {
	q := r.URL.Query()
	limit, err := strconv.Atoi(q.Get("limit"))
	if err != nil || limit <= 0 {
		limit = 50
	}
	var cursor uint64
	if v, ok := s.tenant.Get(q.Get("after")); ok {
		cursor = v.Created
	}
	search := strings.ToLower(q.Get("search"))
	views, _, more := s.tenant.List(tenant.User, cursor, 0, limit, q.Get("deleted") == "true", func(v tenant.View) bool {
		return strings.Contains(strings.ToLower(v.String("displayName")), search) || strings.Contains(strings.ToLower(v.String("userPrincipalName")), search)
	})
	users := make([]any, 0, len(views))
	for _, v := range views {
		users = append(users, s.describe(v))
	}
	return map[string]any{"users": users, "more": more}, nil
}

// adminHire creates a user from Graph properties; manager, groups and role (with app) are taken care of too.
func (s *Server) adminHire(r *http.Request) (any, error) {
	var props map[string]any
	if err := readJSON(r, &props); err != nil {
		return nil, err
	}
	manager, _ := props["manager"].(string)
	groups, _ := props["groups"].([]any)
	role, assigned := props["role"].(string)
	app, _ := props["app"].(string)
	for _, name := range []string{"manager", "groups", "role", "app"} {
		delete(props, name)
	}
	id, err := s.tenant.AddUser(props)
	if err != nil {
		return nil, err
	}
	if manager != "" {
		m, err := s.findUser(manager, false)
		if err != nil {
			return nil, err
		}
		if err := s.tenant.SetManager(id, m.ID); err != nil {
			return nil, err
		}
	}
	for _, g := range groups {
		name, _ := g.(string)
		v, err := s.findGroup(name)
		if err != nil {
			return nil, err
		}
		if err := s.tenant.AddMembers(v.ID, id); err != nil {
			return nil, err
		}
	}
	if assigned {
		if _, err := s.tenant.Assign(s.defaultApp(app), id, role); err != nil {
			return nil, err
		}
	}
	v, _ := s.tenant.Get(id)
	return s.describe(v), nil
}

// defaultApp is the first application when none is named.
func (s *Server) defaultApp(app string) string {
	if list := s.tenant.Applications(); app == "" && len(list) > 0 {
		return list[0].ID
	}
	return app
}

func (s *Server) adminUser(r *http.Request) (any, error) {
	v, err := s.findUser(r.PathValue("key"), true)
	if err != nil {
		return nil, err
	}
	out := s.describe(v)
	out["memberOf"] = s.tenant.MemberOf(v.ID)
	return out, nil
}

func (s *Server) adminPatchUser(r *http.Request) (any, error) {
	v, err := s.findUser(r.PathValue("key"), false)
	if err != nil {
		return nil, err
	}
	var props map[string]any
	if err := readJSON(r, &props); err != nil {
		return nil, err
	}
	if err := s.tenant.UpdateUser(v.ID, props); err != nil {
		return nil, err
	}
	v, _ = s.tenant.Get(v.ID)
	return s.describe(v), nil
}

// adminDeleteUser puts a user into the recycle bin, or with purge=true removes it for good.
func (s *Server) adminDeleteUser(r *http.Request) (any, error) {
	purge := r.URL.Query().Get("purge") == "true"
	v, err := s.findUser(r.PathValue("key"), purge)
	if err != nil {
		return nil, err
	}
	if purge {
		return nil, s.tenant.Purge(v.ID)
	}
	return nil, s.tenant.SoftDelete(v.ID)
}

func (s *Server) adminRestoreUser(r *http.Request) (any, error) {
	v, err := s.findUser(r.PathValue("key"), true)
	if err != nil {
		return nil, err
	}
	if err := s.tenant.Restore(v.ID); err != nil {
		return nil, err
	}
	v, _ = s.tenant.Get(v.ID)
	return s.describe(v), nil
}

// adminManager sets the manager of a user, or clears it with null.
func (s *Server) adminManager(r *http.Request) (any, error) {
	v, err := s.findUser(r.PathValue("key"), false)
	if err != nil {
		return nil, err
	}
	var in struct {
		Manager *string `json:"manager"`
	}
	if err := readJSON(r, &in); err != nil {
		return nil, err
	}
	if in.Manager == nil || *in.Manager == "" {
		return nil, s.tenant.ClearManager(v.ID)
	}
	m, err := s.findUser(*in.Manager, false)
	if err != nil {
		return nil, err
	}
	return nil, s.tenant.SetManager(v.ID, m.ID)
}

func (s *Server) adminGroups(r *http.Request) (any, error) {
	search := strings.ToLower(r.URL.Query().Get("search"))
	views, _, more := s.tenant.List(tenant.Group, 0, 0, 500, false, func(v tenant.View) bool {
		return strings.Contains(strings.ToLower(v.String("displayName")), search)
	})
	groups := make([]any, 0, len(views))
	for _, v := range views {
		groups = append(groups, s.describe(v))
	}
	return map[string]any{"groups": groups, "more": more}, nil
}

func (s *Server) adminAddGroup(r *http.Request) (any, error) {
	var props map[string]any
	if err := readJSON(r, &props); err != nil {
		return nil, err
	}
	id, err := s.tenant.AddGroup(props)
	if err != nil {
		return nil, err
	}
	v, _ := s.tenant.Get(id)
	return s.describe(v), nil
}

func (s *Server) adminGroup(r *http.Request) (any, error) {
	v, err := s.findGroup(r.PathValue("key"))
	if err != nil {
		return nil, err
	}
	out := s.describe(v)
	out["members"] = s.tenant.MemberIDs(v.ID)
	return out, nil
}

func (s *Server) adminPatchGroup(r *http.Request) (any, error) {
	v, err := s.findGroup(r.PathValue("key"))
	if err != nil {
		return nil, err
	}
	var props map[string]any
	if err := readJSON(r, &props); err != nil {
		return nil, err
	}
	return nil, s.tenant.UpdateGroup(v.ID, props)
}

func (s *Server) adminDeleteGroup(r *http.Request) (any, error) {
	v, err := s.findGroup(r.PathValue("key"))
	if err != nil {
		return nil, err
	}
	return nil, s.tenant.DeleteGroup(v.ID)
}

// adminMembers adds or removes members: {"members": [...]} or ?member=..., each a user or a group.
func (s *Server) adminMembers(change func(group string, ids ...string) error) adminHandler {
	return func(r *http.Request) (any, error) {
		g, err := s.findGroup(r.PathValue("key"))
		if err != nil {
			return nil, err
		}
		var in struct {
			Members []string `json:"members"`
		}
		if err := readJSON(r, &in); err != nil {
			return nil, err
		}
		ids := make([]string, 0, len(in.Members))
		for _, key := range append(in.Members, r.URL.Query()["member"]...) {
			v, err := s.findPrincipal(key)
			if err != nil {
				return nil, err
			}
			ids = append(ids, v.ID)
		}
		return nil, change(g.ID, ids...)
	}
}

// assignmentInput names an assignment; app may be left out when there is one application, role "*" means all.
type assignmentInput struct {
	App       string `json:"app"`
	Principal string `json:"principal"`
	Role      string `json:"role"`
}

func (s *Server) assignmentInput(r *http.Request) (assignmentInput, error) {
	in := assignmentFrom(r.URL.Query())
	if err := readJSON(r, &in); err != nil {
		return in, err
	}
	in.App = s.defaultApp(in.App)
	v, err := s.findPrincipal(in.Principal)
	in.Principal = v.ID
	return in, err
}

func assignmentFrom(q url.Values) assignmentInput {
	return assignmentInput{App: q.Get("app"), Principal: q.Get("principal"), Role: q.Get("role")}
}

func (s *Server) adminAssignments(r *http.Request) (any, error) {
	app := s.defaultApp(r.URL.Query().Get("app"))
	list, _, more := s.tenant.AssignedTo(app, 0, 1000, nil)
	out := make([]json.RawMessage, 0, len(list))
	for _, e := range (&call{s: s}).assignmentEntries(list) {
		out = append(out, e)
	}
	return map[string]any{"assignments": out, "more": more}, nil
}

func (s *Server) adminAssign(r *http.Request) (any, error) {
	in, err := s.assignmentInput(r)
	if err != nil {
		return nil, err
	}
	id, err := s.tenant.Assign(in.App, in.Principal, in.Role)
	return map[string]string{"id": id}, err
}

func (s *Server) adminUnassign(r *http.Request) (any, error) {
	in, err := s.assignmentInput(r)
	if err != nil {
		return nil, err
	}
	if in.Role == "" {
		in.Role = "*"
	}
	n, err := s.tenant.Unassign(in.App, in.Principal, in.Role)
	return map[string]int{"ended": n}, err
}
