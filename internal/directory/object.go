package directory

import "slices"

// Attributes holds the values of an object of the source by source attribute name. All values are strings (reference part 2
// section 6.1): a Boolean is "True" or "False", an integer is decimal, a reference is a SourceID. A missing key and an empty
// list both mean null; a single-valued attribute has one element; the empty string is a value.
type Attributes map[string][]string

// Attribute returns the values of an attribute, nil when it is null.
func (a Attributes) Attribute(name string) []string { return a[name] }

// First returns the first value, "" when the attribute is null.
func (a Attributes) First(name string) string {
	if v := a[name]; len(v) > 0 {
		return v[0]
	}
	return ""
}

// Merge puts the values of set over a: an empty list in set clears the attribute. It reports whether anything changed.
func (a Attributes) Merge(set Attributes) bool {
	changed := false
	for name, values := range set {
		if slices.Equal(a[name], values) {
			continue
		}
		changed = true
		if len(values) == 0 {
			delete(a, name)
			continue
		}
		a[name] = values
	}
	return changed
}

// Object is an object of the source as far as it was read.
type Object struct {
	Kind       Kind
	ID         SourceID
	Attributes Attributes
}

// Removal says whether and how an object left the source.
type Removal string

const (
	// Present means the object exists.
	Present Removal = ""
	// SoftDeleted means the object is in the recycle bin and can come back (Graph @removed reason "changed").
	SoftDeleted Removal = "SoftDeleted"
	// HardDeleted means the object is gone for good (Graph @removed reason "deleted").
	HardDeleted Removal = "HardDeleted"
)

// Change is one entry of a read of the source. In a full read it is the whole object; in a read from a watermark Set holds
// what is known to have a new value, and attributes that are not in Set keep the value they had.
type Change struct {
	Kind    Kind
	ID      SourceID
	Removal Removal
	// Set holds new values; an empty list means the attribute was cleared.
	Set Attributes
	// Members holds added and removed direct members of a group. A large group comes in several changes.
	Members []MemberChange
}

// MemberChange is one direct member that was added to or removed from a group.
type MemberChange struct {
	ID      SourceID
	Kind    Kind // "" for a member that is neither user nor group (device, service principal, contact)
	Removed bool
}

// Role is an app role of the application in Entra.
type Role struct {
	ID          string `json:"id"`
	Value       string `json:"value,omitempty"`
	DisplayName string `json:"displayName,omitempty"`
	// Disabled roles entitle nobody.
	Disabled bool `json:"-"`
}

// DefaultAccess is the id of the assignment without a role (microsoft-graph.md 4.2). It entitles like any other since 2020.
const DefaultAccess = "00000000-0000-0000-0000-000000000000"

// Assignment is one principal assigned to the application with one role.
type Assignment struct {
	Principal SourceID
	Kind      Kind
	Role      Role
}
