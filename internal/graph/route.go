package graph

import (
	"net/url"
	"strings"

	"github.com/entrain-dev/entrain/internal/directory"
)

// route is what the answers of one address of Graph have in common, whatever the ids.
type route struct {
	// template is the path for metrics, with {id} for ids.
	template string
	// op is what is done, for errors.
	op string
	// permission is the least privileged application permission, section 8.8.
	permission string
	// delta routes answer with delta links, whose end of life is section 1.7.
	delta bool
	// object routes address one object, so that 404 speaks of that object and not of a wrong URL.
	object bool
}

const (
	readUsers        = "User.Read.All"
	readMembers      = "GroupMember.Read.All"
	readGroups       = "Group.Read.All"
	readApplications = "Application.Read.All"
)

var (
	usersDelta        = route{template: "/users/delta", op: "read users delta", permission: readUsers, delta: true}
	groupsDelta       = route{template: "/groups/delta", op: "read groups delta", permission: readMembers, delta: true}
	probeUsers        = route{template: "/users", op: "test reading users", permission: readUsers}
	probeGroups       = route{template: "/groups", op: "test reading groups", permission: readMembers}
	application       = route{template: "/servicePrincipals/{id}", op: "read application", permission: readApplications, object: true}
	assignedTo        = route{template: "/servicePrincipals/{id}/appRoleAssignedTo", op: "read assignments", permission: readApplications, object: true}
	oneUser           = route{template: "/users/{id}", op: "read user", permission: readUsers, object: true}
	userManager       = route{template: "/users/{id}/manager", op: "read manager", permission: readUsers, object: true}
	oneGroup          = route{template: "/groups/{id}", op: "read group", permission: readMembers, object: true}
	groupMembers      = route{template: "/groups/{id}/members", op: "read group members", permission: readMembers, object: true}
	transitiveMembers = route{template: "/groups/{id}/transitiveMembers", op: "read transitive members", permission: readMembers, object: true}
	deletedUser       = route{template: "/directory/deletedItems/{id}", op: "look into the recycle bin for a user", permission: readUsers, object: true}
	deletedGroup      = route{template: "/directory/deletedItems/{id}", op: "look into the recycle bin for a group", permission: readGroups, object: true}
	deltaRoutes       = map[directory.Kind]route{directory.User: usersDelta, directory.Group: groupsDelta}
	probeRoutes       = map[directory.Kind]route{directory.User: probeUsers, directory.Group: probeGroups}
	objectRoutes      = map[directory.Kind]route{directory.User: oneUser, directory.Group: oneGroup}
	deletedRoutes     = map[directory.Kind]route{directory.User: deletedUser, directory.Group: deletedGroup}
	resourceByKind    = map[directory.Kind]string{directory.User: "users", directory.Group: "groups"}
)

// address returns the URL of an escaped path below the version root, with query options given as name, value pairs.
func (c *Client) address(path string, options ...string) *url.URL {
	var query strings.Builder
	for i := 0; i+1 < len(options); i += 2 {
		if i > 0 {
			query.WriteByte('&')
		}
		query.WriteString(options[i])
		query.WriteByte('=')
		// Commas, parentheses and dollar signs may stand raw in a query and do so in every example of Graph.
		query.WriteString(strings.NewReplacer("%2C", ",", "+", "%20").Replace(url.QueryEscape(options[i+1])))
	}
	u := *c.origin
	u.RawPath = "/v1.0" + path
	if decoded, err := url.PathUnescape(u.RawPath); err == nil {
		u.Path = decoded
	}
	u.RawQuery = query.String()
	return &u
}

// link reads a link of an answer or of a stored token and reports whether it may be followed: a token is sent to the
// configured host only (section 0).
func (c *Client) link(s string) (*url.URL, bool) {
	u, err := url.Parse(s)
	if err != nil || u.User != nil || u.Opaque != "" {
		return nil, false
	}
	same := u.Scheme == c.origin.Scheme && strings.EqualFold(u.Hostname(), c.origin.Hostname()) && port(u) == port(c.origin)
	return u, same
}

func port(u *url.URL) string {
	if p := u.Port(); p != "" {
		return p
	}
	if u.Scheme == "http" {
		return "80"
	}
	return "443"
}
