package expr

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
)

const roleParamDoc = "Exactly [appRoleAssignments]."

var roleFunctions = []Function{
	{
		Name: "SingleAppRoleAssignment", Group: GroupRole, Result: TypeText,
		Params: []Param{{Name: "appRoleAssignments", Type: TypeRoles, Doc: roleParamDoc}},
		Doc:    "Returns one application role of the object, as the name of the role. It is sent as primary role.",
		Notes: []string{
			"Entra does not say which role it takes when there are several. Here it is the first by value, then by identifier, so that it does not change from cycle to cycle.",
			"The assignment without a role (default access) is no role; with that alone the result is null.",
		},
		Examples: []Example{{`appRoleAssignments=["{\"id\":\"2\",\"value\":\"User\"}","{\"id\":\"1\",\"value\":\"Admin\",\"displayName\":\"Administrator\"}"]`, `SingleAppRoleAssignment([appRoleAssignments])`, `"Admin"`}},
		eval: func(m *machine, n *callNode, a []Value) (Value, error) {
			return roles(n, a[0], RoleSingle)
		},
	},
	{
		Name: "AppRoleAssignmentsComplex", Group: GroupRole, Result: TypeRoles,
		Params:   []Param{{Name: "appRoleAssignments", Type: TypeRoles, Doc: roleParamDoc}},
		Doc:      "Returns all application roles of the object. An update only adds roles in the target; roles that were removed in Entra stay there.",
		Examples: []Example{{`appRoleAssignments=["{\"id\":\"2\",\"value\":\"User\"}","{\"id\":\"1\",\"value\":\"Admin\"}"]`, `AppRoleAssignmentsComplex([appRoleAssignments])`, `["Admin","User"]`}},
		eval: func(m *machine, n *callNode, a []Value) (Value, error) {
			return roles(n, a[0], RoleAdd)
		},
	},
	{
		Name: "AssertiveAppRoleAssignmentsComplex", Group: GroupRole, Result: TypeRoles,
		Params: []Param{{Name: "appRoleAssignments", Type: TypeRoles, Doc: roleParamDoc, takesNull: true}},
		Doc:    "Returns all application roles of the object. An update replaces the roles in the target, so that roles removed in Entra are removed there too. This is the one to use.",
		Notes:  []string{"Without any role the result is an empty list and not null: that is what removes the last role."},
		Examples: []Example{
			{`appRoleAssignments=["{\"id\":\"2\",\"value\":\"User\"}","{\"id\":\"1\",\"value\":\"Admin\"}"]`, `AssertiveAppRoleAssignmentsComplex([appRoleAssignments])`, `["Admin","User"]`},
			{`appRoleAssignments`, `AssertiveAppRoleAssignmentsComplex([appRoleAssignments])`, `[]`},
		},
		eval: func(m *machine, n *callNode, a []Value) (Value, error) {
			return roles(n, a[0], RoleAssert)
		},
	},
	{
		Name: "AppRoleAssignments", Group: GroupRole, Result: TypeRoles,
		Params:  []Param{{Name: "source", Type: TypeRoles, Doc: roleParamDoc}},
		Doc:     "In the function list of the Graph API, but without documentation.",
		Refused: "AppRoleAssignments is not documented by Microsoft and not supported; write AssertiveAppRoleAssignmentsComplex([appRoleAssignments])",
	},
}

// roles reads the role assignments, one JSON object each, sorts them and leaves out those without any name, as is default
// access.
func roles(n *callNode, v Value, mode RoleMode) (Value, error) {
	var assigned []string
	if v.kind == kindText || v.kind == kindList {
		assigned = v.Strings()
	}
	found := make([]Role, 0, len(assigned))
	for _, text := range assigned {
		var r Role
		if err := json.Unmarshal([]byte(text), &r); err != nil {
			return Value{}, n.failf("appRoleAssignments does not hold roles as JSON objects")
		}
		if r.name() != "" {
			found = append(found, r)
		}
	}
	slices.SortFunc(found, func(a, b Role) int {
		return cmp.Or(strings.Compare(a.name(), b.name()), strings.Compare(a.ID, b.ID))
	})
	found = slices.Compact(found)
	if len(found) == 0 && mode != RoleAssert {
		return Value{}, nil
	}
	if mode == RoleSingle {
		found = found[:1]
	}
	return Value{kind: kindRoles, several: &several{roles: found, mode: mode}}, nil
}
