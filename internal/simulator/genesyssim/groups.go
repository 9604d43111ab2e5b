package genesyssim

import (
	"net/http"
)

// answerGroupLocked renders a group after an operation.
func (s *Server) answerGroupLocked(r *request, g *group, status int, pr *projection) *response {
	view := s.dir.viewGroupLocked(g, pr, r.base())
	out := &response{status: status, body: view}
	out.header("ETag", etag(g.version))
	if status == http.StatusCreated {
		out.header("Location", view.Meta.Location)
	}
	return out
}

// officialLocked returns a group that SCIM shows.
func (s *Server) officialLocked(id string) (*group, *problem) {
	if g := s.dir.groups[id]; g != nil && g.kind == OfficialGroup {
		return g, nil
	}
	return nil, notFound("group")
}

// needGroups checks the permission that even reading needs (3.1).
func (s *Server) needGroups(r *request) *problem {
	if s.allowed(r)(permGroupEdit) {
		return nil
	}
	return missingPermission(permGroupEdit)
}

// listGroups is GET groups (7.3).
func (s *Server) listGroups(r *request) (*response, *problem) {
	if p := s.needGroups(r); p != nil {
		return nil, p
	}
	query := r.URL.Query()
	startIndex, count, p := r.page()
	if p != nil {
		return nil, p
	}
	pr, p := parseProjection(query, urnGroup)
	if p != nil {
		return nil, p
	}
	var terms []term
	if text := query.Get("filter"); text != "" {
		if terms, p = parseGroupFilter(text, r.knobs); p != nil {
			return nil, p
		}
	} else if r.v2 && r.knobs.GroupFilterRequired {
		return nil, refuse(invalidFilter, "The query parameter filter is required")
	}
	s.dir.mu.RLock()
	defer s.dir.mu.RUnlock()
	total, groups := s.dir.findGroupsLocked(terms, startIndex-1, count)
	views := make([]*groupView, 0, len(groups))
	for _, g := range groups {
		views = append(views, s.dir.viewGroupLocked(g, pr, r.base()))
	}
	return list(total, startIndex, len(views), views), nil
}

// getGroup is GET groups/{id}.
func (s *Server) getGroup(r *request) (*response, *problem) {
	if p := s.needGroups(r); p != nil {
		return nil, p
	}
	pr, p := parseProjection(r.URL.Query(), urnGroup)
	if p != nil {
		return nil, p
	}
	s.dir.mu.RLock()
	defer s.dir.mu.RUnlock()
	g, p := s.officialLocked(r.id)
	if p != nil {
		return nil, p
	}
	if tag := r.Header.Get("If-None-Match"); tag != "" && etagMatches(tag, g.version) {
		return notModified(g.version), nil
	}
	return s.answerGroupLocked(r, g, http.StatusOK, pr), nil
}

// changeGroup runs a change of one group: find it, check If-Match, collect the changes, apply them.
func (s *Server) changeGroup(r *request, edit func(d *groupDraft) *problem, answer func(g *group) *response) (*response, *problem) {
	if p := s.needGroups(r); p != nil {
		return nil, p
	}
	s.dir.mu.Lock()
	defer s.dir.mu.Unlock()
	g, p := s.officialLocked(r.id)
	if p != nil {
		return nil, p
	}
	if p := matchVersion(r.knobs, r.Header.Get("If-Match"), g.version); p != nil {
		return nil, p
	}
	d := newGroupDraft(s.dir, g, r.knobs, r.Method)
	if p := edit(d); p != nil {
		return nil, p
	}
	d.commitLocked()
	return answer(g), nil
}

// replaceGroup is PUT groups/{id}: externalId and the complete member list (section 10).
func (s *Server) replaceGroup(r *request) (*response, *problem) {
	body, p := r.decode()
	if p != nil {
		return nil, p
	}
	return s.changeGroup(r, func(d *groupDraft) *problem {
		if !r.knobs.PutKeeps {
			d.externalID = ""
			d.leaveOthers(nil)
		}
		return d.object(opReplace, body)
	}, func(g *group) *response { return s.answerGroupLocked(r, g, http.StatusOK, nil) })
}

// patchGroup is PATCH groups/{id} (section 11).
func (s *Server) patchGroup(r *request) (*response, *problem) {
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
	var refused *problem
	out, p := s.changeGroup(r, func(d *groupDraft) *problem {
		applied, p := patch(d, urnGroup, operations)
		if p == nil || applied == 0 || !r.knobs.PartialPatch {
			return p
		}
		// Keep what went before the refused operation, with a fresh draft, because that operation may have begun.
		refused = p
		*d = *newGroupDraft(s.dir, d.group, r.knobs, r.Method)
		_, p = patch(d, urnGroup, operations[:applied])
		return p
	}, func(g *group) *response { return s.answerGroupPatchLocked(r, g) })
	switch {
	case p != nil:
		return nil, p
	case refused != nil:
		return nil, refused
	case partial:
		return r.fault.answer(s.clock.Now()), nil
	}
	return out, nil
}

func (s *Server) answerGroupPatchLocked(r *request, g *group) *response {
	switch r.knobs.GroupPatchAnswer {
	case AnswerNoContent:
		out := &response{status: http.StatusNoContent}
		out.header("ETag", etag(g.version))
		return out
	case AnswerWithoutMembers:
		return s.answerGroupLocked(r, g, http.StatusOK, &projection{without: map[string]bool{"members": true}})
	}
	return s.answerGroupLocked(r, g, http.StatusOK, nil)
}

// createGroup is POST groups, which today's API does not have (switch 13).
func (s *Server) createGroup(r *request) (*response, *problem) {
	if p := legacyOnly(r); p != nil {
		return nil, p
	}
	if p := s.needGroups(r); p != nil {
		return nil, p
	}
	body, p := r.decode()
	if p != nil {
		return nil, p
	}
	name, _ := member(body, "displayName").(string)
	if name == "" {
		return nil, refuse(invalidValue, "displayName is required")
	}
	s.dir.mu.Lock()
	defer s.dir.mu.Unlock()
	if s.dir.groupsByName[fold(name)].Len() > 0 {
		return nil, conflict("A group with displayName %q already exists", name)
	}
	d := newGroupDraft(s.dir, &group{name: name}, r.knobs, r.Method)
	if p := d.object(opReplace, body); p != nil {
		return nil, p
	}
	if d.externalID == "" {
		d.externalID = s.dir.ids.UUID()
	}
	g := s.dir.addGroupLocked(GroupSpec{Name: name, ExternalID: d.externalID})
	g.own = true
	for id := range d.joins {
		s.dir.joinLocked(g, id)
	}
	return s.answerGroupLocked(r, g, http.StatusCreated, nil), nil
}

// deleteGroup is DELETE groups/{id}: in legacy mode groups that were created through SCIM (section 10).
func (s *Server) deleteGroup(r *request) (*response, *problem) {
	if p := legacyOnly(r); p != nil {
		return nil, p
	}
	if p := s.needGroups(r); p != nil {
		return nil, p
	}
	s.dir.mu.Lock()
	defer s.dir.mu.Unlock()
	g, p := s.officialLocked(r.id)
	if p != nil {
		return nil, p
	}
	if !g.own {
		return nil, platform(http.StatusForbidden, "not.authorized", "The group was not created through SCIM")
	}
	s.dir.removeGroupLocked(g)
	return &response{status: http.StatusNoContent}, nil
}

func legacyOnly(r *request) *problem {
	switch r.knobs.GroupVerbs {
	case GroupVerbsLegacy:
		return nil
	case GroupVerbs404:
		return platform(http.StatusNotFound, "not.found", "The requested resource does not exist")
	}
	return methodNotAllowed()
}
