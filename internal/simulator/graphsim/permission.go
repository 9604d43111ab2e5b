package graphsim

import (
	"encoding/base64"
	"errors"
	"net/http"
	"slices"
	"strings"
)

// permission lists the application permissions of which one is enough (8.8).
type permission []string

var (
	readUsers       = permission{"User.Read.All", "User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"}
	readGroups      = permission{"GroupMember.Read.All", "Group.Read.All", "GroupMember.ReadWrite.All", "Group.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"}
	readGroupsFully = permission{"Group.Read.All", "Group.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"}
	readApps        = permission{"Application.Read.All", "Application.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"}
	readDirectory   = permission{"Directory.Read.All", "Directory.ReadWrite.All"}
	readObjects     = slices.Concat(readUsers, readGroups, readApps)
	readHidden      = permission{"Member.Read.Hidden"}
)

// special lists properties that need a permission of their own.
var special = map[string]permission{
	"signInActivity":           {"AuditLog.Read.All"},
	"customSecurityAttributes": {"CustomSecAttributeAssignment.Read.All"},
	"employeeLeaveDateTime":    {"User-LifeCycleInfo.Read.All"},
}

func (c *call) may(p permission) bool {
	return slices.ContainsFunc(p, func(role string) bool { return slices.Contains(c.claims.Roles, role) })
}

// mayRead checks the properties that need a permission of their own.
func (c *call) mayRead(property string) *graphError {
	if p, ok := special[property]; ok && !c.may(p) {
		return forbidden()
	}
	return nil
}

func unauthorized(code, message string) *graphError {
	e := fail(http.StatusUnauthorized, code, "%s", message)
	e.header = http.Header{"Www-Authenticate": {`Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize", ` +
		`client_id="` + graphAppID + `"`}}
	return e
}

// authenticate checks the access token (7.5).
func (c *call) authenticate() *graphError {
	const invalid = "InvalidAuthenticationToken"
	header := c.request.Header.Get("Authorization")
	scheme, token, _ := strings.Cut(header, " ")
	token = strings.TrimSpace(token)
	if token == "" || !strings.EqualFold(scheme, "Bearer") {
		return unauthorized(invalid, "Access token is empty.")
	}
	found, err := c.s.verifyAccessToken(token)
	switch {
	case errors.Is(err, errNoDots):
		return unauthorized(invalid, "IDX14100: JWT is not well formed, there are no dots (.).")
	case err != nil:
		return unauthorized(invalid, "CompactToken parsing failed with error code: 80049217")
	case !c.s.accepts(found.Audience, c.base):
		return unauthorized(invalid, "Access token validation failure. Invalid audience.")
	case c.now.Unix() >= found.Expires:
		return unauthorized(invalid, "Lifetime validation failed, the token is expired.")
	}
	c.claims = found
	if app := c.s.app(found.AppID); app == nil || app.NoServicePrincipal {
		return unauthorized("Authorization_IdentityNotFound", "The identity of the calling application could not be established.")
	}
	c.s.mu.Lock()
	revoked := found.Epoch < c.s.accessEpoch
	c.s.mu.Unlock()
	if revoked {
		return c.challenge()
	}
	return nil
}

// challenge asks for a new token, as continuous access evaluation does.
func (c *call) challenge() *graphError {
	e := unauthorized("TokenCreatedWithOutdatedPolicies",
		"Continuous access evaluation resulted in challenge with result: InteractionRequired and code: TokenCreatedWithOutdatedPolicies")
	wanted := base64.StdEncoding.EncodeToString([]byte(`{"access_token":{"nbf":{"essential":true,"value":"` + c.now.UTC().Format("20060102150405") + `"}}}`))
	e.header["Www-Authenticate"] = []string{e.header.Get("Www-Authenticate") + `, error="insufficient_claims", claims="` + wanted + `"`}
	return e
}

// accepts says whether an audience means this Graph.
func (s *Server) accepts(audience, base string) bool {
	audience = strings.TrimSuffix(audience, "/")
	return audience == s.cfg.Resource || audience == graphAppID || audience == base
}
