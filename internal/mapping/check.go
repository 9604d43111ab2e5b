package mapping

import (
	"strings"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/fault"
)

// refused are attributes that no mapping may write, with the reason (reference 4.6, RFC 7643 section 3.1 and 4.1.2).
var refused = map[string]string{
	"id":           "the target gives it; map objectId to externalId to keep the id of Entra",
	"meta":         "the target keeps it",
	"schemas":      "it follows from the other attributes",
	"groups":       "memberships are changed at the group",
	"entitlements": "the provisioning service does not support it; use roles",
}

// objectLists are the core attributes whose elements are objects, RFC 7643 sections 4.1.2 and 4.2.
var objectLists = map[string]bool{
	"emails": true, "phonenumbers": true, "ims": true, "photos": true, "addresses": true, "groups": true, "entitlements": true,
	"roles": true, "x509certificates": true, "members": true,
}

// coreNames are the attributes of the core schemas of RFC 7643. A name beside them that is not in an extension is rather a
// misspelling than an attribute.
var coreNames = []string{
	"userName", "name", "displayName", "nickName", "profileUrl", "title", "userType", "preferredLanguage", "locale", "timezone",
	"active", "password", "emails", "phoneNumbers", "ims", "photos", "addresses", "groups", "entitlements", "roles",
	"x509Certificates", "externalId", "members",
}

// target finds the attribute of the target that a path means; nil after a problem.
func (c *compiler) target(path, text string) *row {
	p, err := ParsePath(text)
	if err != nil {
		c.problem(path, "%s", fault.MessageOf(err))
		return nil
	}
	name := strings.ToLower(p.Attribute)
	if why, no := refused[name]; no && p.URN == "" {
		c.problem(path, "%s cannot be mapped: %s", p.Attribute, why)
		return nil
	}
	t, known := c.targets[p.key()]
	switch {
	case known:
		p = t.path
	case name == directory.AttrMembers && p.URN == "" && c.kind == directory.User:
		c.problem(path, "members belongs to groups; remove the row")
		return nil
	case !c.accepts(p):
		c.unknown(path, p)
		return nil
	default:
		t.attr = inferred(p)
	}
	r := &row{path: p, name: p.Canonical(), attr: t.attr, open: !known}
	r.shape = shapeOf(p, t.attr)
	if known {
		r.name = t.attr.Path
	}
	if part, ok := c.partial(p, r); !ok {
		c.problem(path, "%s", part)
		return nil
	}
	return r
}

// partial checks that the path addresses one thing.
func (c *compiler) partial(p Path, r *row) (string, bool) {
	list := objectLists[strings.ToLower(p.Attribute)] && p.URN == ""
	switch {
	case len(p.Conditions) > 0 && p.Sub == "":
		return p.Canonical() + " addresses a whole element; say which part of it is meant, as in " + p.Canonical() + ".value", false
	case list && len(p.Conditions) == 0 && p.Sub != "":
		return p.Canonical() + " does not say which element is meant; write, for example, " + p.Attribute + `[type eq "work"].` + p.Sub, false
	case list && len(p.Conditions) == 0 && !r.attr.MultiValued:
		return p.Canonical() + " is a list; say which element and part is meant, as in " + p.Attribute + `[type eq "work"].value`, false
	}
	return "", true
}

// accepts reports whether a path that the schema does not list may be mapped all the same.
func (c *compiler) accepts(p Path) bool {
	if !c.schema.Open {
		return false
	}
	if p.URN != "" || containsFold(coreNames, p.Attribute) {
		return true
	}
	_, near := fault.Nearest(p.Attribute, coreNames)
	return !near
}

// unknown says what the target has instead.
func (c *compiler) unknown(path string, p Path) {
	name := p.Canonical()
	if near, ok := fault.Nearest(name, c.paths); ok {
		c.problem(path, "%s has no attribute %s; did you mean %s?", c.schema.Name, name, near)
		return
	}
	if near, ok := fault.Nearest(p.Attribute, coreNames); ok && c.schema.Open {
		p.Attribute = near
		c.problem(path, "%s has no attribute %s; did you mean %s?", c.schema.Name, name, p.Canonical())
		return
	}
	for _, t := range c.paths {
		if p.URN == "" && strings.HasSuffix(strings.ToLower(t), ":"+strings.ToLower(name)) {
			c.problem(path, "%s has no attribute %s; did you mean that of the extension, %s?", c.schema.Name, name, t)
			return
		}
	}
	var siblings []string
	for _, t := range c.schema.Attributes(c.kind) {
		if q, err := ParsePath(t.Path); err == nil && strings.EqualFold(q.root(), p.root()) && !t.ReadOnly {
			siblings = append(siblings, t.Path)
		}
	}
	if len(siblings) > 0 {
		c.problem(path, "%s has no attribute %s; it has %s", c.schema.Name, name, strings.Join(siblings, ", "))
		return
	}
	c.problem(path, "%s has no attribute %s; remove the row or choose an attribute of the profile's default mapping", c.schema.Name, name)
}

// inferred describes an attribute that the schema does not list.
func inferred(p Path) directory.TargetAttribute {
	a := directory.TargetAttribute{Path: p.Canonical(), Type: directory.String, Filterable: true}
	last := strings.ToLower(p.Attribute)
	if p.Sub != "" {
		last = strings.ToLower(p.Sub)
	}
	switch {
	case last == "active" && p.URN == "" && p.Sub == "", last == "primary" && p.Sub != "":
		a.Type = directory.Boolean
	case last == "externalid":
		a.CaseExact = true
	case last == "manager" && strings.Contains(strings.ToLower(p.URN), ":enterprise:"):
		a.Type = directory.Reference
	case last == "members" && p.URN == "":
		a.Type, a.MultiValued = directory.Reference, true
	case objectLists[last] && p.URN == "":
		a.MultiValued = true
	}
	return a
}

func shapeOf(p Path, a directory.TargetAttribute) shape {
	list := a.MultiValued && len(p.Conditions) == 0
	core := p.URN == "" && objectLists[strings.ToLower(p.Attribute)]
	switch {
	case a.Type == directory.Reference && list:
		return members
	case a.Type == directory.Reference:
		return reference
	case list && core:
		return valueList
	case list && a.Type == directory.Complex:
		return jsonList
	case list:
		return plainList
	}
	return single
}

// unique checks that no two rows write the same thing.
func (c *compiler) unique(at string, r *row) {
	key := r.path.key()
	if other, ok := c.seen[key]; ok {
		c.problem(at+".target", "%s is mapped twice, here and in %s; keep one of the rows", r.name, other)
		return
	}
	c.seen[key] = at
	if !r.mapped && r.fallback == nil {
		return
	}
	root := strings.ToLower(r.path.root())
	isWhole := key == root
	if other, ok := c.wholes[root]; ok && !isWhole {
		c.problem(at+".target", "%s is a part of an attribute that %s maps as a whole; keep one of the rows", r.name, other)
	} else if other, ok := c.parts[root]; ok && isWhole {
		c.problem(at+".target", "%s is mapped as a whole although %s maps a part of it; keep one of the rows", r.name, other)
	}
	if isWhole {
		c.wholes[root] = at
	} else if _, ok := c.parts[root]; !ok {
		c.parts[root] = at
	}
}

// match checks a matching attribute, reference 4.4.
func (c *compiler) match(at string, in Row, r *row) {
	path := at + ".matchingPrecedence"
	if in.MatchingPrecedence < 0 {
		c.problem(path, "the precedence of matching attributes begins with 1; write 1, or remove it")
		r.matching = 0
		return
	}
	if in.MatchingPrecedence == 0 {
		return
	}
	if other, ok := c.precedence[in.MatchingPrecedence]; ok {
		c.problem(path, "%s and %s have the same precedence %d; number matching attributes 1, 2, 3", other, at, in.MatchingPrecedence)
	}
	c.precedence[in.MatchingPrecedence] = at
	switch {
	case !r.mapped:
		c.problem(path, "%s has no source and cannot find anybody; give it a source or remove the precedence", r.name)
	case in.Constant != nil:
		c.problem(path, "a constant is the same for everybody and finds nobody; match by an attribute that differs, such as userPrincipalName")
	case r.shape != single && !r.open:
		c.problem(path, "%s cannot be matched by, because it holds no single value", r.name)
	case !r.attr.Filterable:
		c.problem(path, "%s cannot search by %s; match by %s", c.schema.Name, r.name, c.filterable())
	case r.program != nil && r.program.Volatile():
		c.problem(path, "the expression gives another value every time and finds nobody; match by a lasting attribute")
	}
}

// filterable lists the attributes by which the target can be searched.
func (c *compiler) filterable() string {
	var names []string
	for _, a := range c.schema.Attributes(c.kind) {
		if a.Filterable && !a.ReadOnly {
			names = append(names, a.Path)
		}
	}
	if len(names) == 0 {
		return "another attribute"
	}
	return strings.Join(names, " or ")
}

// writable checks that the target lets the row write; what cannot be written may still be used to find a resource.
func (c *compiler) writable(at string, r *row) {
	if !r.attr.ReadOnly {
		return
	}
	if r.matching > 0 {
		r.matchOnly = true
		return
	}
	c.problem(at+".target", "%s is kept by %s itself and cannot be written; remove the row", r.name, c.schema.Name)
}

// whole checks what no single row shows.
func (c *compiler) whole(m *Mapping) {
	if len(c.precedence) == 0 {
		c.problem("attributes", "no row has a matchingPrecedence, so that nobody who exists in the target would be found; give userName, or displayName of a group, the precedence 1")
	}
	if m.create {
		for _, a := range c.schema.Attributes(c.kind) {
			p, err := ParsePath(a.Path)
			if err != nil || !a.Required || a.ReadOnly || m.byKey[p.key()] != nil {
				continue
			}
			c.problem("attributes", "%s is required by %s and no row gives it a value; add a row with target %s", a.Path, c.schema.Name, a.Path)
		}
	}
	if _, ok := m.DisablesBy(); !ok && m.update && c.kind == directory.User {
		c.warning("attributes", `no row reads IsSoftDeleted, so that people who leave are not disabled; map Switch([IsSoftDeleted], , "False", "True", "True", "False") to active`)
	}
}
