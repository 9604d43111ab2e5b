package graph

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/entrain-dev/entrain/internal/fault"
)

// refresher is a credential that can forget what it has cached.
type refresher interface {
	Refresh(ctx context.Context) error
}

// token gets a token, from the credential's cache unless claims are asked for.
func (c *Client) token(ctx context.Context, op, claims string) (string, error) {
	token, err := c.cfg.Credential.GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{c.cfg.Scope}, EnableCAE: true, Claims: claims})
	var classified *fault.Error
	switch {
	case err == nil && token.Token != "":
		return token.Token, nil
	case ctx.Err() != nil:
		return "", fault.Wrap(fault.Transient, op, ctx.Err())
	case errors.As(err, &classified):
		return "", fault.Wrap(fault.Unauthorized, op, err)
	default:
		// The text of an unclassified error holds the raw answer of the token endpoint, so it is not passed on.
		return "", fault.New(fault.Unauthorized, op, "no token for Microsoft Graph could be obtained; check the credentials of the source")
	}
}

// renew prepares the one repetition after a 401.
func (c *Client) renew(ctx context.Context, op, challenge string) error {
	r, ok := c.cfg.Credential.(refresher)
	if !ok || challenge != "" {
		return nil
	}
	return fault.Wrap(fault.Unauthorized, op, r.Refresh(ctx))
}

// answered reports whether an Unauthorized error is an answer of Graph and not of the token endpoint.
func answered(err error) bool {
	var e *fault.Error
	return errors.As(err, &e) && e.Status == http.StatusUnauthorized
}

var claimsParameter = regexp.MustCompile(`(?i)\bclaims="([^"]*)"`)

// claimsChallenge returns the claims that a new token must be asked with, "" when the answer asks for none (section 7.5).
func claimsChallenge(h http.Header) string {
	for _, header := range h.Values("WWW-Authenticate") {
		match := claimsParameter.FindStringSubmatch(header)
		if match == nil || !strings.Contains(header, "insufficient_claims") {
			continue
		}
		// Base64 comes in either alphabet, with and without padding.
		text := strings.NewReplacer("-", "+", "_", "/").Replace(strings.TrimRight(match[1], "="))
		if claims, err := base64.RawStdEncoding.DecodeString(text); err == nil && json.Valid(claims) {
			return string(claims)
		}
	}
	return ""
}

// coveredBy lists the permissions that also allow what a least privileged one allows.
var coveredBy = map[string][]string{
	readUsers:        {"User.Read.All", "User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"},
	readMembers:      {"GroupMember.Read.All", "GroupMember.ReadWrite.All", "Group.Read.All", "Group.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"},
	readApplications: {"Application.Read.All", "Application.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"},
}

// granted reports whether a token names a permission that covers permission. Tokens are for Graph, not for us (section
// 8.2): the answer is a hint that costs no request, and known is false when the token cannot be read.
func granted(token, permission string) (yes, known bool) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return false, false
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return false, false
	}
	var claims struct {
		Roles []string `json:"roles"`
	}
	if json.Unmarshal(payload, &claims) != nil {
		return false, false
	}
	return slices.ContainsFunc(claims.Roles, func(role string) bool { return slices.Contains(coveredBy[permission], role) }), true
}
