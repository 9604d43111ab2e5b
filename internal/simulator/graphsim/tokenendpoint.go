package graphsim

import (
	"encoding/json"
	"net/http"
	"net/url"
)

const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

// token answers POST /{tenant}/oauth2/v2.0/token (8.1 to 8.6).
func (s *Server) token(r *http.Request, body []byte, tenantID, base string) *reply {
	if e := s.checkTenant(tenantID, "invalid_request"); e != nil {
		return s.authFailure(r, e)
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return s.authFailure(r, aadError(9000411, http.StatusBadRequest, "invalid_request", "The request is not properly formatted."))
	}
	if id, secret, ok := r.BasicAuth(); ok {
		form.Set("client_id", basicPart(id))
		form.Set("client_secret", basicPart(secret))
	}
	app, acr, e := s.authenticateClient(form, tenantID, base)
	if e != nil {
		return s.authFailure(r, e)
	}
	resource, e := s.checkScope(form.Get("scope"), origin(r))
	if e != nil {
		return s.authFailure(r, e)
	}
	if claims := form.Get("claims"); claims != "" && !json.Valid([]byte(claims)) {
		return s.authFailure(r, aadError(9002313, http.StatusBadRequest, "invalid_request", "Invalid request. Request is malformed or invalid."))
	}
	knobs := s.Knobs()
	seconds := int(knobs.AccessTokenLife.Seconds())
	answer := map[string]any{
		"token_type": "Bearer", "expires_in": seconds, "ext_expires_in": seconds, "access_token": s.mint(app, resource, acr),
	}
	if knobs.RefreshIn > 0 {
		answer["refresh_in"] = int(knobs.RefreshIn.Seconds())
	}
	out := jsonReply(http.StatusOK, answer)
	authHeaders(out.header)
	return out
}

// basicPart undoes the form encoding that RFC 6749 section 2.3.1 puts inside Basic.
func basicPart(s string) string {
	if plain, err := url.QueryUnescape(s); err == nil {
		return plain
	}
	return s
}

// authenticateClient checks the form and the credential in the order in which Entra complains. It returns the application and
// the appidacr claim.
func (s *Server) authenticateClient(form url.Values, tenantID, base string) (*App, string, *authError) {
	switch grant := form.Get("grant_type"); {
	case grant == "":
		return nil, "", missing("grant_type")
	case grant != "client_credentials":
		return nil, "", aadError(70003, http.StatusBadRequest, "unsupported_grant_type", "The app requested an unsupported grant type '%s'.", grant)
	case form.Get("client_id") == "":
		return nil, "", missing("client_id")
	case form.Get("scope") == "":
		return nil, "", missing("scope")
	}
	id := form.Get("client_id")
	app := s.app(id)
	switch {
	case app == nil:
		return nil, "", aadError(700016, http.StatusBadRequest, "unauthorized_client", "Application with identifier '%s' was not found in the directory '%s'. "+
			"This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. "+
			"You may have sent your authentication request to the wrong tenant.", id, tenantID)
	case app.NoServicePrincipal:
		return nil, "", invalidClient(7000229, "The client application %s is missing service principal in the tenant %s.", id, s.tenant.ID())
	case app.Disabled:
		return nil, "", aadError(7000112, http.StatusUnauthorized, "unauthorized_client", "Application '%s' is disabled.", id)
	}
	acr := "1"
	var e *authError
	switch {
	case form.Get("client_secret") != "":
		e = s.checkSecret(app, form.Get("client_secret"))
	case form.Get("client_assertion") != "":
		acr = "2"
		if form.Get("client_assertion_type") != assertionType {
			return nil, "", missing("client_assertion_type")
		}
		e = s.checkAssertion(app, form.Get("client_assertion"), base)
	default:
		e = invalidClient(7000216, "'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials' grant type.")
	}
	if e == nil && app.Blocked {
		e = aadError(53003, http.StatusBadRequest, "access_denied", "Access has been blocked by Conditional Access policies. The access policy does not allow token issuance.")
	}
	return app, acr, e
}

func (s *Server) checkSecret(app *App, secret string) *authError {
	for _, have := range app.Secrets {
		if have.Value != secret {
			continue
		}
		if !have.Expires.IsZero() && !s.clock.Now().Before(have.Expires) {
			return invalidClient(7000222, "The provided client secret keys for app '%s' are expired. Visit the Azure portal to create new keys for your app: "+
				"https://aka.ms/NewClientSecret, or consider using certificate credentials for added security: https://aka.ms/certCreds.", app.ClientID)
		}
		return nil
	}
	return invalidClient(7000215, "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client "+
		"secret ID, for a secret added to app '%s'.", app.ClientID)
}
