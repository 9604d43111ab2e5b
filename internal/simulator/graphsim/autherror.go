package graphsim

import (
	"fmt"
	"net/http"
	"strings"
)

// authError is an error answer of the token endpoint (8.6).
type authError struct {
	aadsts  int
	status  int
	code    string
	message string
}

func aadError(aadsts, status int, code, format string, args ...any) *authError {
	return &authError{aadsts: aadsts, status: status, code: code, message: fmt.Sprintf(format, args...)}
}

func (s *Server) authFailure(r *http.Request, e *authError) *reply {
	stamp := s.clock.Now().UTC().Format("2006-01-02 15:04:05Z")
	trace, correlation := s.guid(), r.Header.Get("client-request-id")
	if correlation == "" {
		correlation = s.guid()
	}
	out := jsonReply(e.status, map[string]any{
		"error": e.code,
		"error_description": fmt.Sprintf("AADSTS%d: %s Trace ID: %s Correlation ID: %s Timestamp: %s",
			e.aadsts, e.message, trace, correlation, stamp),
		"error_codes": []int{e.aadsts}, "timestamp": stamp, "trace_id": trace, "correlation_id": correlation,
		"error_uri": fmt.Sprintf("https://login.microsoftonline.com/error?code=%d", e.aadsts),
	})
	authHeaders(out.header)
	return out
}

func authHeaders(h http.Header) {
	h.Set("Cache-Control", "no-store, no-cache")
	h.Set("Pragma", "no-cache")
	h.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
}

// missing is the answer to a form without a required parameter.
func missing(parameter string) *authError {
	return aadError(900144, http.StatusBadRequest, "invalid_request", "The request body must contain the following parameter: '%s'.", parameter)
}

func invalidClient(aadsts int, format string, args ...any) *authError {
	return aadError(aadsts, http.StatusUnauthorized, "invalid_client", format, args...)
}

// checkScope reads the first scope, which must be <resource>/.default; others, which MSAL adds, are ignored (8.1). It returns the
// resource.
func (s *Server) checkScope(scope, base string) (string, *authError) {
	first, _, _ := strings.Cut(strings.TrimSpace(scope), " ")
	resource, ok := strings.CutSuffix(first, "/.default")
	if !ok {
		return "", aadError(1002012, http.StatusBadRequest, "invalid_scope", "The provided value for scope %s is not valid. Client credential flows must "+
			"have a scope value with /.default suffixed to the resource identifier (application ID URI).", first)
	}
	if resource == "" {
		return "", aadError(70011, http.StatusBadRequest, "invalid_scope", "The provided request must include a 'scope' input parameter. "+
			"The provided value for the input parameter 'scope' is not valid.")
	}
	if !s.accepts(resource, base) {
		return "", aadError(500011, http.StatusBadRequest, "invalid_resource", "The resource principal named %s was not found in the tenant named %s. "+
			"This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant.",
			resource, s.tenant.ID())
	}
	return strings.TrimSuffix(resource, "/"), nil
}
