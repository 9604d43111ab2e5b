package genesyssim

import (
	"crypto/subtle"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// tokenView is the answer of the token endpoint (3.2). There is no refresh token with this grant.
type tokenView struct {
	AccessToken string `json:"access_token"`
	TokenType   string `json:"token_type"`
	ExpiresIn   int    `json:"expires_in"`
}

// oauthError is its error; the SDK reads description too.
type oauthError struct {
	Error            string `json:"error"`
	Description      string `json:"description"`
	ErrorDescription string `json:"error_description"`
}

func refuseToken(status int, code, text string) *response {
	return &response{status: status, body: oauthError{Error: code, Description: text, ErrorDescription: text}, contentType: "application/json"}
}

// serveToken is POST /oauth/token with the grant client_credentials, the client in the Basic header or in the body.
func (s *Server) serveToken(r *request) *response {
	if r.Method != http.MethodPost {
		return refuseToken(http.StatusMethodNotAllowed, "invalid_request", "only POST is supported")
	}
	form, err := url.ParseQuery(string(r.body))
	media, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	if err != nil || strings.TrimSpace(strings.ToLower(media)) != "application/x-www-form-urlencoded" {
		return refuseToken(http.StatusBadRequest, "invalid_request", "the body must be a form")
	}
	id, secret, basic := r.BasicAuth()
	if basic {
		// RFC 6749 2.3.1: both parts are form-encoded before they are joined.
		if v, err := url.QueryUnescape(id); err == nil {
			id = v
		}
		if v, err := url.QueryUnescape(secret); err == nil {
			secret = v
		}
	} else {
		id, secret = form.Get("client_id"), form.Get("client_secret")
	}
	c, known := s.auth.client(id)
	if !known || subtle.ConstantTimeCompare([]byte(c.Secret), []byte(secret)) != 1 || c.Inactive {
		answer := refuseToken(r.knobs.TokenErrorStatus, "invalid_client", "authentication failed")
		if basic && answer.status == http.StatusUnauthorized {
			answer.header("WWW-Authenticate", `Basic realm="oauth"`)
		}
		return answer
	}
	switch grant := form.Get("grant_type"); {
	case grant == "":
		return refuseToken(http.StatusBadRequest, "invalid_request", "grant_type is missing")
	case grant != "client_credentials":
		return refuseToken(http.StatusBadRequest, "unsupported_grant_type", "the grant type is not supported")
	case !slices.Contains(c.Grants, grant):
		return refuseToken(http.StatusBadRequest, "unauthorized_client", "the client may not use this grant type")
	}
	t := &token{value: s.corr.secret(), client: id, expires: s.clock.Now().Add(time.Duration(c.TokenSeconds) * time.Second)}
	s.auth.issue(t, s.clock.Now())
	return &response{status: http.StatusOK, contentType: "application/json",
		body: tokenView{AccessToken: t.value, TokenType: "bearer", ExpiresIn: c.TokenSeconds}}
}

// serveMetadata is GET /.well-known/oauth-authorization-server (3.2).
func serveMetadata(r *request) *response {
	origin := r.origin()
	return &response{status: http.StatusOK, contentType: "application/json", body: map[string]any{
		"issuer": origin, "token_endpoint": origin + "/oauth/token", "authorization_endpoint": origin + "/oauth/authorize",
		"grant_types_supported":                 []string{"authorization_code", "client_credentials", "refresh_token", "urn:ietf:params:oauth:grant-type:saml2-bearer"},
		"token_endpoint_auth_methods_supported": []string{"client_secret_basic", "client_secret_post"},
		"code_challenge_methods_supported":      []string{"S256"},
	}}
}
