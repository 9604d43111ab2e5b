package genesyssim

import "time"

// GroupType is the type of a group (section 10).
type GroupType string

// The types of groups. SCIM lists official ones only.
const (
	OfficialGroup GroupType = "official"
	SocialGroup   GroupType = "social"
)

// GroupSpec describes a group to be added.
type GroupSpec struct {
	ID         string    `json:"id,omitempty"`
	Name       string    `json:"displayName"`
	Type       GroupType `json:"type,omitempty"` // official by default
	ExternalID string    `json:"externalId,omitempty"`
	// Members are ids of users and groups.
	Members []string `json:"members,omitempty"`
	// RuleMembers are members by a rule of the group: listed, but out of reach of SCIM.
	RuleMembers []string `json:"ruleMembers,omitempty"`
}

// Group is a group as it is now.
type Group struct {
	GroupSpec
	Version  int       `json:"version"`
	Modified time.Time `json:"modified"`
}

// group is the stored form; it is changed in place under the lock of the directory, because it may have 100,000 members.
type group struct {
	id, name, externalID string
	kind                 GroupType
	version              int
	modified             time.Time
	members, ruleMembers orderedSet
	// own marks a group that was created through SCIM (legacy mode of switch 13).
	own bool
}

func (g *group) snapshot() Group {
	return Group{GroupSpec: GroupSpec{ID: g.id, Name: g.name, Type: g.kind, ExternalID: g.externalID,
		Members: g.members.All(), RuleMembers: g.ruleMembers.All()}, Version: g.version, Modified: g.modified}
}

// touchLocked records an effective change of a group.
func (d *directory) touchLocked(g *group) {
	g.version += d.step()
	g.modified = d.clock.Now().UTC().Truncate(time.Millisecond)
}

// addGroupLocked stores a new group.
func (d *directory) addGroupLocked(spec GroupSpec) *group {
	if spec.ID == "" {
		spec.ID = d.newID()
	}
	if spec.Type == "" {
		spec.Type = OfficialGroup
	}
	g := &group{id: spec.ID, name: spec.Name, externalID: spec.ExternalID, kind: spec.Type, version: 1,
		modified: d.clock.Now().UTC().Truncate(time.Millisecond)}
	d.groups[g.id] = g
	if g.kind == OfficialGroup {
		d.official.Add(g.id)
		d.groupsByName.add(fold(g.name), g.id)
	}
	if g.externalID != "" {
		d.groupsByExternal[g.externalID] = g.id
	}
	for _, m := range spec.Members {
		d.joinLocked(g, m)
	}
	for _, m := range spec.RuleMembers {
		g.ruleMembers.Add(m)
		d.memberOf.add(m, g.id)
	}
	return g
}

// removeGroupLocked forgets a group.
func (d *directory) removeGroupLocked(g *group) {
	for _, m := range append(g.members.All(), g.ruleMembers.All()...) {
		d.memberOf.remove(m, g.id)
	}
	for _, parent := range d.memberOf[g.id].All() {
		d.leaveLocked(d.groups[parent], g.id)
	}
	delete(d.groups, g.id)
	d.official.Remove(g.id)
	d.groupsByName.remove(fold(g.name), g.id)
	delete(d.groupsByExternal, g.externalID)
}

// joinLocked and leaveLocked change one membership and report whether anything changed (section 10: idempotent).
func (d *directory) joinLocked(g *group, member string) bool {
	if !g.members.Add(member) {
		return false
	}
	d.memberOf.add(member, g.id)
	return true
}

func (d *directory) leaveLocked(g *group, member string) bool {
	if !g.members.Remove(member) {
		return false
	}
	if !g.ruleMembers.Has(member) {
		d.memberOf.remove(member, g.id)
	}
	return true
}

// findGroupsLocked returns one page of the official groups that match, in the order of their ids, and how many match.
func (d *directory) findGroupsLocked(terms []term, offset, n int) (total int, page []*group) {
	set := &d.official
	if len(terms) > 0 {
		set = &orderedSet{}
		for _, id := range d.groupCandidatesLocked(terms) {
			g := d.groups[id]
			ok := g != nil && g.kind == OfficialGroup
			for _, t := range terms {
				ok = ok && t.matchesGroup(g)
			}
			if ok {
				set.Add(id)
			}
		}
	}
	for _, id := range set.Page(offset, n) {
		page = append(page, d.groups[id])
	}
	return set.Len(), page
}

func (d *directory) groupCandidatesLocked(terms []term) []string {
	var ids []string
	for _, t := range terms {
		switch t.attr {
		case "id":
			return []string{t.value}
		case "displayname":
			return d.groupsByName[fold(t.value)].All()
		case "externalid":
			return []string{d.groupsByExternal[t.value]}
		case "members":
			ids = d.memberOf[t.value].All()
		}
	}
	return ids
}

// matchesGroup reports whether a group satisfies a term.
func (t term) matchesGroup(g *group) bool {
	switch t.attr {
	case "id":
		return g.id == t.value
	case "displayname":
		return fold(g.name) == fold(t.value)
	case "externalid":
		return g.externalID == t.value
	case "members":
		return g.members.Has(t.value) || g.ruleMembers.Has(t.value)
	}
	return false
}

// parseGroupFilter reads and checks a filter of groups (7.3).
func parseGroupFilter(text string, k *Knobs) ([]term, *problem) {
	terms, p := parseFilter(text)
	if p != nil {
		return nil, p
	}
	if k.StrictFilter && len(terms) > 1 {
		return nil, refuse(invalidFilter, "The filter is not valid: and is not supported")
	}
	for i, t := range terms {
		switch {
		case t.sub != nil:
			return nil, refuse(invalidFilter, "The filter is not valid: no complex filter is supported")
		case t.attr == "members.value":
			terms[i].attr = "members"
		case t.attr != "id" && t.attr != "displayname" && t.attr != "externalid" && t.attr != "members":
			return nil, refuse(invalidFilter, "The filter is not valid: attribute %q is not supported", t.attr)
		}
	}
	return terms, nil
}
