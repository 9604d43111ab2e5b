package graphsim

import (
	"fmt"
	"net/http"
	"time"
)

// graphError is an error answer of Graph (7.4).
type graphError struct {
	status  int
	code    string
	message string
	header  http.Header
}

func (e *graphError) Error() string { return fmt.Sprintf("%d %s: %s", e.status, e.code, e.message) }

func fail(status int, code, format string, args ...any) *graphError {
	return &graphError{status: status, code: code, message: fmt.Sprintf(format, args...)}
}

func badRequest(format string, args ...any) *graphError {
	return fail(http.StatusBadRequest, "BadRequest", format, args...)
}

func unsupported(format string, args ...any) *graphError {
	return fail(http.StatusBadRequest, "Request_UnsupportedQuery", format, args...)
}

func notFound(id string) *graphError {
	return fail(http.StatusNotFound, "Request_ResourceNotFound",
		"Resource '%s' does not exist or one of its queried reference-property objects are not present.", id)
}

func noSegment(name string) *graphError {
	return badRequest("Resource not found for the segment '%s'.", name)
}

func forbidden() *graphError {
	return fail(http.StatusForbidden, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
}

func (e *graphError) reply(now time.Time, requestID, clientRequestID string) *reply {
	inner := map[string]any{
		"date": now.UTC().Format("2006-01-02T15:04:05"), "request-id": requestID, "client-request-id": clientRequestID,
	}
	if e.status == http.StatusTooManyRequests {
		inner["code"], inner["status"], inner["message"] = "429", "429", "Please retry after"
	}
	out := jsonReply(e.status, map[string]any{"error": map[string]any{"code": e.code, "message": e.message, "innerError": inner}})
	for name, values := range e.header {
		out.header[name] = values
	}
	out.header.Set("Content-Type", "application/json")
	return out
}
