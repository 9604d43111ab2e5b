package genesyssim

import (
	"slices"
	"strings"
	"time"
)

// State is the state of a user in the directory (section 17, switch 4).
type State string

// The states of a user. A deleted user is kept, found by nobody, and comes back when its address is provisioned again.
const (
	Active   State = "active"
	Inactive State = "inactive"
	Deleted  State = "deleted"
)

// User is a user of the organisation. Inside the simulator a stored User is never changed, only replaced.
type User struct {
	ID       string    `json:"id"`
	State    State     `json:"state"`
	Version  int       `json:"version"`
	Modified time.Time `json:"modified"`

	UserName    string  `json:"userName"`
	DisplayName string  `json:"displayName"`
	Title       string  `json:"title,omitempty"`
	ExternalID  string  `json:"externalId,omitempty"`
	WorkEmail   string  `json:"workEmail,omitempty"`
	Phones      []Phone `json:"phones,omitempty"`
	// Roles are role names (8.4).
	Roles []string `json:"roles,omitempty"`

	Division       string `json:"division,omitempty"`
	Department     string `json:"department,omitempty"`
	ManagerID      string `json:"managerId,omitempty"`
	EmployeeNumber string `json:"employeeNumber,omitempty"`
	DateHire       string `json:"dateHire,omitempty"`

	Skills      []Proficiency `json:"skills,omitempty"`
	Languages   []Proficiency `json:"languages,omitempty"`
	ExternalIDs []ExternalID  `json:"externalIds,omitempty"`
	// Groups are the ids of the groups the user is a member of. It is filled in by the functions that return users and
	// ignored by those that take them.
	Groups []string `json:"groups,omitempty"`

	password string
}

// Phone is one slot of a profile (8.3).
type Phone struct {
	Type      string `json:"type"`
	Number    string `json:"number,omitempty"`
	Extension string `json:"extension,omitempty"`
	Primary   bool   `json:"primary,omitempty"`
}

// Proficiency is a routing skill or language with its grade from 0 to 5 (8.6).
type Proficiency struct {
	Name  string  `json:"name"`
	Grade float64 `json:"proficiency"`
}

// ExternalID is an identifier of the user at another authority (8.6).
type ExternalID struct {
	Authority string `json:"authority"`
	Value     string `json:"value"`
}

// HasPassword reports whether a password was set; its value cannot be read.
func (u *User) HasPassword() bool { return u.password != "" }

// clone returns a copy that shares nothing with u.
func (u *User) clone() *User {
	c := *u
	c.Phones = slices.Clone(u.Phones)
	c.Roles = slices.Clone(u.Roles)
	c.Skills = slices.Clone(u.Skills)
	c.Languages = slices.Clone(u.Languages)
	c.ExternalIDs = slices.Clone(u.ExternalIDs)
	c.Groups = slices.Clone(u.Groups)
	return &c
}

// sameAs reports whether two versions of a user differ in nothing that a client can write.
func (u *User) sameAs(o *User) bool {
	return u.State == o.State && u.UserName == o.UserName && u.DisplayName == o.DisplayName && u.Title == o.Title &&
		u.ExternalID == o.ExternalID && u.WorkEmail == o.WorkEmail && u.Division == o.Division && u.Department == o.Department &&
		u.ManagerID == o.ManagerID && u.EmployeeNumber == o.EmployeeNumber && u.DateHire == o.DateHire && u.password == o.password &&
		slices.Equal(u.Phones, o.Phones) && slices.Equal(u.Roles, o.Roles) && slices.Equal(u.Skills, o.Skills) &&
		slices.Equal(u.Languages, o.Languages) && slices.Equal(u.ExternalIDs, o.ExternalIDs)
}

// fold is the form in which addresses and names are compared (7.2: e-mail addresses without regard to case).
func fold(s string) string { return strings.ToLower(s) }
