package genesyssim

import (
	"net/url"
	"strconv"
	"time"
)

// The wire form of resources (8.8 and section 10).
type userView struct {
	ID           string          `json:"id"`
	Schemas      []string        `json:"schemas"`
	ExternalID   string          `json:"externalId,omitempty"`
	Active       bool            `json:"active"`
	UserName     string          `json:"userName"`
	DisplayName  string          `json:"displayName,omitempty"`
	Title        string          `json:"title,omitempty"`
	PhoneNumbers []contactView   `json:"phoneNumbers,omitempty"`
	Emails       []contactView   `json:"emails,omitempty"`
	Roles        []valueView     `json:"roles,omitempty"`
	Groups       []referenceView `json:"groups,omitempty"`
	Enterprise   *enterpriseView `json:"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User,omitempty"`
	Genesys      *genesysView    `json:"urn:ietf:params:scim:schemas:extension:genesys:purecloud:2.0:User,omitempty"`
	Meta         metaView        `json:"meta"`
}

type contactView struct {
	Value   string `json:"value"`
	Type    string `json:"type"`
	Primary bool   `json:"primary"`
}

type valueView struct {
	Value string `json:"value"`
}

type referenceView struct {
	Type  string `json:"type,omitempty"`
	Value string `json:"value"`
	Ref   string `json:"$ref"`
}

type enterpriseView struct {
	Division       string         `json:"division,omitempty"`
	Department     string         `json:"department,omitempty"`
	EmployeeNumber string         `json:"employeeNumber,omitempty"`
	Manager        *referenceView `json:"manager,omitempty"`
	DateHire       string         `json:"dateHire,omitempty"`
}

type genesysView struct {
	RoutingSkills    []Proficiency `json:"routingSkills,omitempty"`
	RoutingLanguages []Proficiency `json:"routingLanguages,omitempty"`
	ExternalIDs      []ExternalID  `json:"externalIds,omitempty"`
}

type metaView struct {
	ResourceType string `json:"resourceType"`
	LastModified string `json:"lastModified,omitempty"`
	Location     string `json:"location"`
	Version      string `json:"version,omitempty"`
}

type groupView struct {
	ID          string          `json:"id"`
	Schemas     []string        `json:"schemas"`
	DisplayName string          `json:"displayName,omitempty"`
	ExternalID  string          `json:"externalId,omitempty"`
	Members     []referenceView `json:"members,omitempty"`
	Meta        metaView        `json:"meta"`
}

type listView struct {
	Schemas      []string `json:"schemas"`
	TotalResults int      `json:"totalResults"`
	StartIndex   int      `json:"startIndex"`
	ItemsPerPage int      `json:"itemsPerPage"`
	Resources    any      `json:"Resources"`
}

// timeLayout is ISO 8601 with milliseconds (8.1).
const timeLayout = "2006-01-02T15:04:05.000Z07:00"

// location is relative and lower case (switch 28); base is "" or the origin of the request.
func location(base, kind, id string) string {
	return base + rootV2 + "/" + kind + "/" + url.PathEscape(id)
}

func meta(base, kind, resourceType, id string, version int, modified time.Time) metaView {
	return metaView{ResourceType: resourceType, LastModified: modified.Format(timeLayout), Location: location(base, kind, id), Version: strconv.Itoa(version)}
}

// viewUserLocked renders a user. Memberships are always the present ones.
func (d *directory) viewUserLocked(u *User, pr *projection, base string) *userView {
	v := &userView{ID: u.ID, UserName: u.UserName, Active: u.State == Active, Schemas: []string{urnUser, urnEnterprise},
		Meta: meta(base, "users", "User", u.ID, u.Version, u.Modified)}
	has := func(key string) bool { return pr.has(urnUser, key) }
	if has("externalid") {
		v.ExternalID = u.ExternalID
	}
	if has("displayname") {
		v.DisplayName = u.DisplayName
	}
	if has("title") {
		v.Title = u.Title
	}
	if has("phonenumbers") {
		for _, p := range u.Phones {
			v.PhoneNumbers = append(v.PhoneNumbers, contactView{Value: p.String(), Type: p.Type, Primary: p.Primary})
		}
	}
	if has("emails") {
		v.Emails = append(v.Emails, contactView{Value: u.UserName, Type: "other", Primary: true})
		if u.WorkEmail != "" {
			v.Emails = append(v.Emails, contactView{Value: u.WorkEmail, Type: "work"})
		}
	}
	if has("roles") {
		for _, r := range u.Roles {
			v.Roles = append(v.Roles, valueView{Value: r})
		}
	}
	if has("groups") {
		for _, id := range d.memberOf[u.ID].All() {
			v.Groups = append(v.Groups, referenceView{Type: "Group", Value: id, Ref: location(base, "groups", id)})
		}
	}
	v.Enterprise = viewEnterprise(u, has, base)
	if v.Genesys = viewGenesys(u, has); v.Genesys != nil {
		v.Schemas = append(v.Schemas, urnGenesys)
	}
	return v
}

func viewEnterprise(u *User, has func(string) bool, base string) *enterpriseView {
	var v enterpriseView
	if has("ent.division") {
		v.Division = u.Division
	}
	if has("ent.department") {
		v.Department = u.Department
	}
	if has("ent.employeenumber") {
		v.EmployeeNumber = u.EmployeeNumber
	}
	if has("ent.datehire") {
		v.DateHire = u.DateHire
	}
	if u.ManagerID != "" && has("ent.manager") {
		v.Manager = &referenceView{Value: u.ManagerID, Ref: location(base, "users", u.ManagerID)}
	}
	if v == (enterpriseView{}) {
		return nil
	}
	return &v
}

func viewGenesys(u *User, has func(string) bool) *genesysView {
	var v genesysView
	if has("gen.routingskills") {
		v.RoutingSkills = u.Skills
	}
	if has("gen.routinglanguages") {
		v.RoutingLanguages = u.Languages
	}
	if has("gen.externalids") {
		v.ExternalIDs = u.ExternalIDs[:len(u.ExternalIDs):len(u.ExternalIDs)]
		if u.ExternalID != "" {
			// After the other entries, so that nobody relies on an index (8.6).
			v.ExternalIDs = append(v.ExternalIDs, ExternalID{Authority: mirrorAuthority, Value: u.ExternalID})
		}
	}
	if len(v.RoutingSkills)+len(v.RoutingLanguages)+len(v.ExternalIDs) == 0 {
		return nil
	}
	return &v
}

// viewGroupLocked renders a group.
func (d *directory) viewGroupLocked(g *group, pr *projection, base string) *groupView {
	v := &groupView{ID: g.id, Schemas: []string{urnGroup}, Meta: meta(base, "groups", "Group", g.id, g.version, g.modified)}
	if pr.has(urnGroup, "displayname") {
		v.DisplayName = g.name
	}
	if pr.has(urnGroup, "externalid") {
		v.ExternalID = g.externalID
	}
	if !pr.has(urnGroup, "members") {
		return v
	}
	ids := g.members.All()
	if g.ruleMembers.Len() > 0 {
		both := &orderedSet{}
		for _, id := range append(ids, g.ruleMembers.All()...) {
			both.Add(id)
		}
		ids = both.All()
	}
	v.Members = make([]referenceView, 0, len(ids))
	for _, id := range ids {
		if d.groups[id] != nil {
			v.Members = append(v.Members, referenceView{Type: "Group", Value: id, Ref: location(base, "groups", id)})
		} else {
			v.Members = append(v.Members, referenceView{Type: "User", Value: id, Ref: location(base, "users", id)})
		}
	}
	return v
}
