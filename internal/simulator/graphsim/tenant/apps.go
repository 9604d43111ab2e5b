package tenant

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/google/uuid"
)

// DefaultAccess is the id of the assignment without a role (4.2).
const DefaultAccess = "00000000-0000-0000-0000-000000000000"

// AppRole is a role that an application declares (4.1).
type AppRole struct {
	ID                 string   `json:"id"`
	Value              *string  `json:"value"`
	DisplayName        string   `json:"displayName"`
	Description        string   `json:"description"`
	IsEnabled          bool     `json:"isEnabled"`
	Origin             string   `json:"origin"`
	AllowedMemberTypes []string `json:"allowedMemberTypes"`
}

// Application is a service principal with its roles (4.1).
type Application struct {
	ID                 string
	AppID              string
	DisplayName        string
	Disabled           bool
	AssignmentRequired bool
	Tags               []string
	Roles              []AppRole
}

// Assignment is one principal assigned to an application with one role (4.2).
type Assignment struct {
	Seq                  uint64
	ID                   string
	RoleID               string
	Created              string
	Principal            Ref
	PrincipalDisplayName string
	Resource             string
	ResourceDisplayName  string
}

type principal struct {
	app      Application
	assigned *roster[*assignment]
	byID     map[string]*assignment
}

type assignment struct {
	id, role, created, name string
	principal               *object
	resource                *principal
}

// AddApplication creates a service principal and returns its object id; empty ids are generated.
func (t *Tenant) AddApplication(app Application) (string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if app.ID == "" {
		app.ID = t.newID()
	}
	if app.AppID == "" {
		app.AppID = t.newID()
	}
	if t.principals[app.ID] != nil || t.byAppID[app.AppID] != nil {
		return "", fmt.Errorf("%w: application %s exists", ErrConflict, app.AppID)
	}
	for i := range app.Roles {
		t.complete(&app.Roles[i])
	}
	p := &principal{app: app, assigned: newRoster[*assignment](), byID: map[string]*assignment{}}
	t.principals[app.ID], t.byAppID[app.AppID] = p, p
	t.spOrder = append(t.spOrder, p)
	return app.ID, nil
}

func (t *Tenant) complete(r *AppRole) {
	if r.ID == "" {
		r.ID = t.newID()
	}
	if r.Origin == "" {
		r.Origin = "Application"
	}
	if len(r.AllowedMemberTypes) == 0 {
		r.AllowedMemberTypes = []string{"User"}
	}
	if r.Description == "" {
		r.Description = r.DisplayName
	}
}

// AddRole declares another role of an application and returns its id.
func (t *Tenant) AddRole(app string, role AppRole) (string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	p, err := t.application(app)
	if err != nil {
		return "", err
	}
	t.complete(&role)
	p.app.Roles = append(slices.Clone(p.app.Roles), role)
	return role.ID, nil
}

// UpdateApplication lets f change a service principal; its ids stay.
func (t *Tenant) UpdateApplication(app string, f func(*Application)) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	p, err := t.application(app)
	if err != nil {
		return err
	}
	changed := p.app
	changed.Roles = slices.Clone(p.app.Roles)
	f(&changed)
	changed.ID, changed.AppID = p.app.ID, p.app.AppID
	p.app = changed
	return nil
}

// application finds a service principal by object id or application id.
func (t *Tenant) application(id string) (*principal, error) {
	if p := t.principals[id]; p != nil {
		return p, nil
	}
	if p := t.byAppID[id]; p != nil {
		return p, nil
	}
	return nil, fmt.Errorf("%w: service principal %s", ErrNotFound, id)
}

// role finds a role by id, value or display name; "" is default access.
func (p *principal) role(name string) (string, error) {
	if name == "" || name == DefaultAccess {
		return DefaultAccess, nil
	}
	for _, r := range p.app.Roles {
		if r.ID == name || r.Value != nil && *r.Value == name || r.DisplayName == name {
			return r.ID, nil
		}
	}
	return "", fmt.Errorf("%w: application %s has no role %q", ErrNotFound, p.app.AppID, name)
}

// Assign assigns a user or group to an application with a role (id, value or display name; "" is default access) and returns
// the id of the assignment. The same role twice is refused. Default access is accepted even where the application declares
// roles, because assignments can be older than roles.
func (t *Tenant) Assign(app, principalID, role string) (string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	p, err := t.application(app)
	if err != nil {
		return "", err
	}
	o, err := t.find("", principalID, Active)
	if err != nil {
		return "", err
	}
	roleID, err := p.role(role)
	if err != nil {
		return "", err
	}
	for _, a := range o.assignments {
		if a.resource == p && a.role == roleID {
			return "", fmt.Errorf("%w: permission being assigned already exists on the object", ErrConflict)
		}
	}
	a := &assignment{
		id: t.assignmentID(o.id), role: roleID, created: t.clock.Now().UTC().Format("2006-01-02T15:04:05.0000000Z"),
		name: o.text("displayName"), principal: o, resource: p,
	}
	p.assigned.add(t.next(), a)
	p.byID[a.id] = a
	o.assignments = append(o.assignments, a)
	return a.id, nil
}

// assignmentID makes a 43-character id whose first 16 bytes are the principal's, as in 4.2.
func (t *Tenant) assignmentID(principalID string) string {
	id := uuid.MustParse(principalID)
	raw := make([]byte, 0, 32)
	raw = append(raw, id[3], id[2], id[1], id[0], id[5], id[4], id[7], id[6])
	raw = append(raw, id[8:]...)
	raw = binary.BigEndian.AppendUint64(raw, t.random.Uint64())
	raw = binary.BigEndian.AppendUint64(raw, t.random.Uint64())
	return base64.RawURLEncoding.EncodeToString(raw)
}

// Unassign ends the assignments of a principal to an application: the one with the role, or all when role is "*". It returns
// how many ended.
func (t *Tenant) Unassign(app, principalID, role string) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	p, err := t.application(app)
	if err != nil {
		return 0, err
	}
	o, err := t.find("", principalID, Active, Deleted)
	if err != nil {
		return 0, err
	}
	roleID := role
	if role != "*" {
		if roleID, err = p.role(role); err != nil {
			return 0, err
		}
	}
	n := 0
	o.assignments = slices.DeleteFunc(o.assignments, func(a *assignment) bool {
		if a.resource != p || role != "*" && a.role != roleID {
			return false
		}
		p.assigned.remove(a)
		delete(p.byID, a.id)
		n++
		return true
	})
	return n, nil
}

// UnassignID ends one assignment by its id.
func (t *Tenant) UnassignID(app, assignmentID string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	p, err := t.application(app)
	if err != nil {
		return err
	}
	a := p.byID[assignmentID]
	if a == nil {
		return fmt.Errorf("%w: assignment %s", ErrNotFound, assignmentID)
	}
	p.assigned.remove(a)
	delete(p.byID, a.id)
	a.principal.assignments = slices.DeleteFunc(a.principal.assignments, func(b *assignment) bool { return a == b })
	return nil
}

func (a *assignment) snapshot(seq uint64) Assignment {
	return Assignment{
		Seq: seq, ID: a.id, RoleID: a.role, Created: a.created, Principal: a.principal.ref(), PrincipalDisplayName: a.name,
		Resource: a.resource.app.ID, ResourceDisplayName: a.resource.app.DisplayName,
	}
}
