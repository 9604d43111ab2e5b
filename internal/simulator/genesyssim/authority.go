package genesyssim

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// authority knows clients and tokens (section 3).
type authority struct {
	mu      sync.Mutex
	clients map[string]Client
	roles   map[string][]string // permissions by role name
	tokens  map[string]*token
}

// token is a bearer token. Its permissions are those of its client at the time of the request, unless it has its own.
type token struct {
	value, client string
	permissions   []string // nil: those of the client
	all           bool
	expires       time.Time
	revoked       bool
}

// maxTokens bounds the tokens that are remembered; expired ones go first.
const maxTokens = 10_000

func newAuthority() *authority {
	return &authority{clients: map[string]Client{}, roles: map[string][]string{}, tokens: map[string]*token{}}
}

func (a *authority) setClient(c Client) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(c.Grants) == 0 {
		c.Grants = []string{"client_credentials"}
	}
	longest := maxTokenSeconds
	if slices.Contains(c.Roles, integrationRole) {
		longest = maxSCIMTokenSeconds
	}
	if c.TokenSeconds == 0 {
		c.TokenSeconds = defaultTokenSeconds
	}
	c.TokenSeconds = min(max(c.TokenSeconds, minTokenSeconds), longest)
	a.clients[c.ID] = c
}

func (a *authority) client(id string) (Client, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	c, ok := a.clients[id]
	return c, ok
}

func (a *authority) setRole(r Role) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.roles[r.Name] = r.Permissions
}

func (a *authority) issue(t *token, now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.tokens) >= maxTokens {
		for value, old := range a.tokens {
			if old.revoked || !now.Before(old.expires) {
				delete(a.tokens, value)
			}
		}
	}
	a.tokens[t.value] = t
}

// revoke ends one token, or all for "". It reports whether there was one.
func (a *authority) revoke(value string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if value == "" {
		for _, t := range a.tokens {
			t.revoked = true
		}
		return len(a.tokens) > 0
	}
	t := a.tokens[value]
	if t != nil {
		t.revoked = true
	}
	return t != nil
}

// bearer finds the token of a request (12.3: no, wrong or expired token).
func (a *authority) bearer(header string, now time.Time) (*token, *problem) {
	scheme, value, _ := strings.Cut(header, " ")
	if header == "" || !strings.EqualFold(scheme, "Bearer") {
		return nil, platform(http.StatusUnauthorized, "authentication.required", "No authentication bearer token specified in authorization header.")
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	t := a.tokens[strings.TrimSpace(value)]
	if t == nil || t.revoked || !now.Before(t.expires) {
		return nil, platform(http.StatusUnauthorized, "bad.credentials", "Invalid login credentials.")
	}
	return t, nil
}

// allows reports whether a token has a permission.
func (a *authority) allows(t *token, permission string) bool {
	if t.all {
		return true
	}
	if t.permissions != nil {
		return slices.Contains(t.permissions, permission)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, role := range a.clients[t.client].Roles {
		if slices.Contains(a.roles[role], permission) {
			return true
		}
	}
	return false
}

// missingPermission is the 403 of a token without a permission (12.3).
func missingPermission(permissions ...string) *problem {
	p := platform(http.StatusForbidden, "missing.any.permissions", "Unable to perform the requested action. You must have at least one of the following permissions assigned: [%s]", strings.Join(permissions, ", "))
	p.params = map[string]any{"permissions": permissions}
	return p
}
