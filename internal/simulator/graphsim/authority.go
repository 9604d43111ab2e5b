package graphsim

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

// authorityOrigin is the origin that discovery documents name.
func (s *Server) authorityOrigin(r *http.Request) string {
	if s.cfg.AuthorityURL != "" {
		return strings.TrimSuffix(s.cfg.AuthorityURL, "/")
	}
	return origin(r)
}

// serveAuthority answers the Entra endpoints of 8.1.
func (s *Server) serveAuthority(r *http.Request, body []byte) *reply {
	path := strings.Trim(r.URL.Path, "/")
	tenantID, rest, _ := strings.Cut(path, "/")
	base := s.authorityOrigin(r)
	switch {
	case path == "common/discovery/instance" && r.Method == http.MethodGet:
		return s.instanceDiscovery(r, base)
	case rest == "v2.0/.well-known/openid-configuration" && r.Method == http.MethodGet:
		if e := s.checkTenant(tenantID, "invalid_tenant"); e != nil {
			return s.authFailure(r, e)
		}
		return s.discovery(base, tenantID)
	case rest == "discovery/v2.0/keys" && r.Method == http.MethodGet:
		return jsonReply(http.StatusOK, jwks())
	case rest == "oauth2/v2.0/token":
		if r.Method != http.MethodPost {
			return s.authFailure(r, aadError(900561, http.StatusBadRequest, "invalid_request",
				"The endpoint only accepts POST requests. Received a %s request.", r.Method))
		}
		return s.token(r, body, tenantID, base)
	}
	return &reply{status: http.StatusNotFound, header: http.Header{}}
}

var (
	tenantGUID   = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)
	tenantDomain = regexp.MustCompile(`^[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)+$`)
)

// checkTenant refuses a tenant identifier that is malformed or unknown (8.6).
func (s *Server) checkTenant(id, code string) *authError {
	if !tenantGUID.MatchString(id) && !tenantDomain.MatchString(id) {
		return aadError(900023, http.StatusBadRequest, "invalid_request",
			"Specified tenant identifier '%s' is neither a valid DNS name, nor a valid external domain.", id)
	}
	if !s.tenant.Is(id) {
		return aadError(90002, http.StatusBadRequest, code,
			"Tenant '%s' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud. "+
				"Check with your subscription administrator, this may happen if there are no active subscriptions for the tenant.", id)
	}
	return nil
}

func (s *Server) discovery(base, tenantID string) *reply {
	root := base + "/" + tenantID
	return jsonReply(http.StatusOK, map[string]any{
		"token_endpoint":                        root + "/oauth2/v2.0/token",
		"token_endpoint_auth_methods_supported": []string{"client_secret_post", "private_key_jwt", "client_secret_basic"},
		"jwks_uri":                              root + "/discovery/v2.0/keys",
		"response_modes_supported":              []string{"query", "fragment", "form_post"},
		"subject_types_supported":               []string{"pairwise"},
		"id_token_signing_alg_values_supported": []string{"RS256"},
		"response_types_supported":              []string{"code", "id_token", "code id_token", "id_token token"},
		"scopes_supported":                      []string{"openid", "profile", "email", "offline_access"},
		"issuer":                                base + "/" + s.tenant.ID() + "/v2.0",
		"authorization_endpoint":                root + "/oauth2/v2.0/authorize",
		"device_authorization_endpoint":         root + "/oauth2/v2.0/devicecode",
		"end_session_endpoint":                  root + "/oauth2/v2.0/logout",
		"tenant_region_scope":                   "EU",
		"cloud_instance_name":                   "microsoftonline.com",
	})
}

// instanceDiscovery names the discovery document of the tenant in authorization_endpoint.
func (s *Server) instanceDiscovery(r *http.Request, base string) *reply {
	asked, err := url.Parse(r.URL.Query().Get("authorization_endpoint"))
	if err != nil || asked.Host == "" {
		return s.authFailure(r, aadError(90014, http.StatusBadRequest, "invalid_request", "The required field 'authorization_endpoint' is missing."))
	}
	tenantID, _, _ := strings.Cut(strings.Trim(asked.Path, "/"), "/")
	host := strings.TrimPrefix(strings.TrimPrefix(base, "https://"), "http://")
	return jsonReply(http.StatusOK, map[string]any{
		"tenant_discovery_endpoint": base + "/" + tenantID + "/v2.0/.well-known/openid-configuration",
		"api-version":               "1.1",
		"metadata":                  []any{map[string]any{"preferred_network": host, "preferred_cache": host, "aliases": []string{host}}},
	})
}
