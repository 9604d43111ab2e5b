package genesyssim_test

import (
	"testing"

	"github.com/entrain-dev/entrain/internal/simulator/genesyssim"
)

func TestTokenEndpoint(t *testing.T) {
	const form = "application/x-www-form-urlencoded"
	basic := "Basic c2NpbS1jbGllbnQ6c2NpbS1zZWNyZXQ=" // scim-client:scim-secret
	for name, tc := range map[string]struct {
		body, authorization, contentType string
		wantStatus                       int
		wantError                        string
	}{
		"Basic":                {"grant_type=client_credentials", basic, form, 200, ""},
		"client_secret_post":   {"grant_type=client_credentials&client_id=scim-client&client_secret=scim-secret", "", form, 200, ""},
		"wrong secret":         {"grant_type=client_credentials&client_id=scim-client&client_secret=no", "", form, 401, "invalid_client"},
		"unknown client":       {"grant_type=client_credentials&client_id=who&client_secret=no", "", form, 401, "invalid_client"},
		"inactive client":      {"grant_type=client_credentials&client_id=off&client_secret=s", "", form, 401, "invalid_client"},
		"no client":            {"grant_type=client_credentials", "", form, 401, "invalid_client"},
		"no grant":             {"", basic, form, 400, "invalid_request"},
		"unknown grant":        {"grant_type=password", basic, form, 400, "unsupported_grant_type"},
		"grant of another use": {"grant_type=client_credentials&client_id=web&client_secret=s", "", form, 400, "unauthorized_client"},
		"JSON":                 {`{"grant_type":"client_credentials"}`, basic, "application/json", 400, "invalid_request"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.sim.SetClient(genesyssim.DefaultClient())
			w.sim.SetClient(genesyssim.Client{ID: "off", Secret: "s", Inactive: true})
			w.sim.SetClient(genesyssim.Client{ID: "web", Secret: "s", Grants: []string{"authorization_code"}})
			a := w.do("POST", "/oauth/token", tc.body, with("Authorization", tc.authorization), with("Content-Type", tc.contentType)).want(t, tc.wantStatus)
			eq(t, "error", a.str("error"), tc.wantError)
			if tc.wantStatus == 200 {
				eq(t, "token_type", a.str("token_type"), "bearer")
				w.token = a.str("access_token")
				w.get(v2+"/users").want(t, 200)
			} else if a.str("error_description") == "" {
				t.Error("no error_description")
			}
		})
	}
}

func TestTokensAndSecretsChangeAtRunTime(t *testing.T) {
	w := newWorld(t)
	w.requestToken("scim-client", "scim-secret").want(t, 200)
	c := genesyssim.DefaultClient()
	c.Secret = "new/secret+ü"
	w.sim.SetClient(c)
	w.requestToken("scim-client", "scim-secret").want(t, 401)
	first := w.requestToken("scim-client", "new/secret+ü").want(t, 200).str("access_token")
	w.knobs(func(k *genesyssim.Knobs) { k.TokenErrorStatus = 400 })
	w.requestToken("scim-client", "wrong").want(t, 400)

	w.token = first
	w.get(v2+"/users").want(t, 200)
	eq(t, "revoked", w.sim.RevokeToken(first), true)
	w.get(v2+"/users").wantPlatform(t, 401, "bad.credentials")
	eq(t, "unknown token", w.sim.RevokeToken("nope"), false)
	w.token = longLife
	w.get(v2+"/users").want(t, 200)
	w.sim.RevokeToken("")
	w.get(v2+"/users").want(t, 401)

	c.Roles = nil
	w.sim.SetClient(c)
	w.token = w.sim.IssueToken(genesyssim.TokenSpec{Client: c.ID})
	w.do("POST", v2+"/users", user("a@example.com", nil)).wantPlatform(t, 403, "missing.any.permissions")
	c.Roles = []string{"SCIM Integration"}
	w.sim.SetClient(c)
	w.do("POST", v2+"/users", user("a@example.com", nil)).want(t, 201)
}

func TestMetadata(t *testing.T) {
	w := newWorld(t)
	a := w.get("/.well-known/oauth-authorization-server", with("Authorization", "")).want(t, 200)
	eq(t, "token endpoint", a.str("token_endpoint"), w.url+"/oauth/token")
}

func TestTokenRequestsCanFail(t *testing.T) {
	w := newWorld(t)
	w.sim.SetFault(genesyssim.Fault{Effect: "status", Status: 503, Path: "/oauth/token"})
	w.requestToken("scim-client", "scim-secret").want(t, 503)
	w.requestToken("scim-client", "scim-secret").want(t, 200)
	for _, r := range w.sim.Journal() {
		eq(t, "secrets in the journal", r.Body, "")
	}
}
