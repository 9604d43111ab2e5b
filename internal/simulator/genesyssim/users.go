package genesyssim

import (
	"net/http"
)

// answerUser renders the stored user after an operation.
func (s *Server) answerUser(r *request, u *User, status int, pr *projection) *response {
	s.dir.mu.RLock()
	view := s.dir.viewUserLocked(u, pr, r.base())
	s.dir.mu.RUnlock()
	out := &response{status: status, body: view}
	out.header("ETag", etag(u.Version))
	if status == http.StatusCreated {
		out.header("Location", view.Meta.Location)
	}
	return out
}

// listUsers is GET users (section 7).
func (s *Server) listUsers(r *request) (*response, *problem) {
	query := r.URL.Query()
	startIndex, count, p := r.page()
	if p != nil {
		return nil, p
	}
	pr, p := parseProjection(query, urnUser)
	if p != nil {
		return nil, p
	}
	var filter *userFilter
	if text := query.Get("filter"); text != "" {
		if filter, p = parseUserFilter(text, r.knobs); p != nil {
			return nil, p
		}
	}
	if every := int64(r.knobs.ExpensivePageEvery); count > 25 && every > 0 && pr.expensive() && s.expensivePages.Add(1)%every == 0 {
		p := platform(http.StatusTooManyRequests, "too.many.requests", "Too many resources are needed to answer; ask for fewer attributes or a smaller page")
		p.limit = &limitInfo{Key: "resources.per.request", Namespace: "scim", Value: 25}
		return nil, p
	}
	total, users := s.dir.findUsers(filter, r.knobs, startIndex-1, count)
	views := make([]*userView, 0, len(users))
	s.dir.mu.RLock()
	for _, u := range users {
		views = append(views, s.dir.viewUserLocked(u, pr, r.base()))
	}
	s.dir.mu.RUnlock()
	return list(total, startIndex, len(views), views), nil
}

func list(total, startIndex, n int, resources any) *response {
	return &response{status: http.StatusOK, body: &listView{Schemas: []string{urnList}, TotalResults: total, StartIndex: startIndex,
		ItemsPerPage: n, Resources: resources}}
}

// getUser is GET users/{id}; inactive users are found, deleted ones are not (9.2).
func (s *Server) getUser(r *request) (*response, *problem) {
	pr, p := parseProjection(r.URL.Query(), urnUser)
	if p != nil {
		return nil, p
	}
	s.dir.mu.RLock()
	u := s.dir.liveLocked(r.id)
	s.dir.mu.RUnlock()
	if u == nil {
		return nil, notFound("user")
	}
	if tag := r.Header.Get("If-None-Match"); tag != "" && etagMatches(tag, u.Version) {
		return notModified(u.Version), nil
	}
	return s.answerUser(r, u, http.StatusOK, pr), nil
}

func notModified(version int) *response {
	out := &response{status: http.StatusNotModified}
	out.header("ETag", etag(version))
	return out
}

func (s *Server) draft(r *request, u *User) *draft {
	return &draft{User: u, dir: s.dir, knobs: r.knobs, allowed: s.allowed(r), method: r.Method}
}

// createUser is POST users (9.1).
func (s *Server) createUser(r *request) (*response, *problem) {
	body, p := r.decode()
	if p != nil {
		return nil, p
	}
	if !s.allowed(r)(permUserAdd) {
		return nil, missingPermission(permUserAdd)
	}
	s.dir.mu.Lock()
	u, p := s.createLocked(r, body)
	s.dir.mu.Unlock()
	if p != nil {
		return nil, p
	}
	return s.answerUser(r, u, http.StatusCreated, nil), nil
}

func (s *Server) createLocked(r *request, body map[string]any) (*User, *problem) {
	name, _ := member(body, "userName").(string)
	var u *User
	revived := false
	// The address of a deleted user is free, and brings that user back under the old id without roles (switch 5).
	if id, ok := s.dir.deletedByName[fold(name)]; ok && name != "" && !r.knobs.ReviveNewID && s.dir.byUserName[fold(name)] == "" {
		u, revived = s.dir.users[id].clone(), true
	} else {
		u = &User{ID: s.dir.newID(), Division: homeDivision}
	}
	u.State = Active
	d := s.draft(r, u)
	p := d.object(opReplace, body)
	if p == nil {
		p = d.finish()
	}
	if p != nil {
		return nil, p
	}
	if !revived && len(u.Roles) == 0 {
		u.Roles = []string{employeeRole}
	}
	if u.password == "" {
		u.password = s.dir.ids.Password()
	}
	return s.dir.commitLocked(u), nil
}

// change runs a change of one user under the lock of the directory: find it, check If-Match, change a copy, store it.
func (s *Server) change(r *request, edit func(d *draft, old *User) *problem) (*response, *problem) {
	s.dir.mu.Lock()
	u, p := s.changeLocked(r, edit)
	s.dir.mu.Unlock()
	if p != nil {
		return nil, p
	}
	return s.answerUser(r, u, http.StatusOK, nil), nil
}

func (s *Server) changeLocked(r *request, edit func(d *draft, old *User) *problem) (*User, *problem) {
	old := s.dir.liveLocked(r.id)
	if old == nil {
		return nil, notFound("user")
	}
	if p := matchVersion(r.knobs, r.Header.Get("If-Match"), old.Version); p != nil {
		return nil, p
	}
	d := s.draft(r, old.clone())
	if p := edit(d, old); p != nil {
		return nil, p
	}
	if p := d.finish(); p != nil {
		return nil, p
	}
	return s.dir.commitLocked(d.User), nil
}

// replaceUser is PUT users/{id}: what is not in the body is cleared, except identity, active and password (9.3).
func (s *Server) replaceUser(r *request) (*response, *problem) {
	body, p := r.decode()
	if p != nil {
		return nil, p
	}
	return s.change(r, func(d *draft, old *User) *problem {
		if !r.knobs.PutKeeps {
			d.User = &User{ID: old.ID, State: old.State, Version: old.Version, UserName: old.UserName, DisplayName: old.DisplayName,
				Division: homeDivision, Roles: old.Roles, password: old.password}
		}
		if p := d.object(opReplace, body); p != nil {
			return p
		}
		if !r.knobs.PutKeeps && member(body, "roles") == nil {
			return d.grant(nil)
		}
		return nil
	})
}

// patchUser is PATCH users/{id} (section 11).
func (s *Server) patchUser(r *request) (*response, *problem) {
	body, p := r.decode()
	if p != nil {
		return nil, p
	}
	operations, p := parsePatch(body)
	if p != nil {
		return nil, p
	}
	partial := r.fault != nil && r.fault.Effect == EffectPartialPatch
	if partial {
		operations = operations[:min(len(operations), max(0, r.fault.Operations))]
	}
	applied := 0
	out, p := s.change(r, func(d *draft, _ *User) *problem {
		var p *problem
		applied, p = patch(d, urnUser, operations)
		return p
	})
	if p != nil && applied > 0 && r.knobs.PartialPatch {
		// What went before the refused operation stays; if that alone is not valid either, nothing does.
		_, _ = s.change(r, func(d *draft, _ *User) *problem {
			_, p := patch(d, urnUser, operations[:applied])
			return p
		})
	}
	if p == nil && partial {
		return r.fault.answer(s.clock.Now()), nil
	}
	return out, p
}

// deleteUser is DELETE users/{id}, a soft delete; the second one is 404 (9.5).
func (s *Server) deleteUser(r *request) (*response, *problem) {
	if !s.allowed(r)(permUserDelete) {
		return nil, missingPermission(permUserDelete)
	}
	s.dir.mu.Lock()
	defer s.dir.mu.Unlock()
	u := s.dir.liveLocked(r.id)
	if u == nil {
		return nil, notFound("user")
	}
	if p := matchVersion(r.knobs, r.Header.Get("If-Match"), u.Version); p != nil {
		return nil, p
	}
	s.dir.deleteLocked(u)
	if r.knobs.DeleteAnswersObject {
		return &response{status: http.StatusOK, body: struct{}{}}, nil
	}
	return &response{status: http.StatusNoContent}, nil
}
