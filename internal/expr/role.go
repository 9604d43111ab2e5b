package expr

// Role is one app role that the object has through its assignments (reference part 1 section 4.9).
type Role struct {
	ID          string `json:"id"`
	Value       string `json:"value,omitempty"`
	DisplayName string `json:"displayName,omitempty"`
}

// RoleMode says how the roles of a result are written to the target.
type RoleMode uint8

const (
	// RoleSingle is the result of SingleAppRoleAssignment: one role, primary.
	RoleSingle RoleMode = iota + 1
	// RoleAdd is the result of AppRoleAssignmentsComplex: all roles, an update only adds.
	RoleAdd
	// RoleAssert is the result of AssertiveAppRoleAssignmentsComplex: all roles, an update replaces.
	RoleAssert
)

// String returns the name of the mode.
func (m RoleMode) String() string {
	switch m {
	case RoleSingle:
		return "Single"
	case RoleAdd:
		return "Add"
	case RoleAssert:
		return "Assert"
	}
	return "RoleMode(?)"
}

// roleNames returns the name of each role.
func roleNames(roles []Role) []string {
	out := make([]string, len(roles))
	for i, role := range roles {
		out[i] = role.name()
	}
	return out
}

// name is the value of the role, or its display name where it has no value.
func (r Role) name() string {
	if r.Value != "" {
		return r.Value
	}
	return r.DisplayName
}
