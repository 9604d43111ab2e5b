package scim

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/fault"
)

// Error codes of the provisioning service, reference part 2 section 7.8.
const (
	codeConflict      = "EntryConflict"
	codeThrottled     = "TooManyRequests"
	codeServer        = "InternalServerError"
	codeRights        = "InsufficientRights"
	codeMethod        = "MethodNotAllowed"
	codeUnauthorized  = "Unauthorized"
	codeUnprocessable = "UnprocessableEntity"
	codeProtocol      = "WebExceptionProtocolError"
	codeAnchor        = "InvalidAnchor"
	codeNotImpl       = "NotImplemented"
	codeAttribute     = "SchemaAttributeNotFound"
	codeTimeout       = "Timeout"
	codeSeveral       = "SystemForCrossDomainIdentityManagementMultipleEntriesInResponse"
	codeIncompatible  = "SystemForCrossDomainIdentityManagementServiceIncompatible"
	codeFiltering     = "SystemForCrossDomainIdentityManagementServiceIncompatibleFiltering"
	codeReference     = "UnableToResolveReferenceAttributeValue"
)

// refusal turns an answer that is no success into a fault, reference part 2 section 7.7.
func (c *Client) refusal(q call, a *answer) *fault.Error {
	body, detail := parseError(a.status, a.body)
	out := &fault.Error{Op: q.op, Status: a.status, Err: detail}
	out.RequestID, out.RetryAfter = requestID(a.header, body), retryAfter(a.header, c.cfg.Clock.Now())
	switch {
	case a.status >= 300 && a.status < 400:
		out.Kind, out.Code = fault.NotCompliant, codeIncompatible
		out.Message = "the application redirected the request; write the address it finally leads to as tenantURL"
	case a.status == http.StatusUnauthorized:
		c.unauthorized(out, body)
	case a.status == http.StatusForbidden:
		c.forbidden(out, q, body)
	case a.status == http.StatusTooManyRequests:
		out.Kind, out.Code = fault.Throttled, codeThrottled
		out.Message = "the application asks to wait (429)"
	case a.status == http.StatusNotFound || a.status == http.StatusGone:
		absent(out, q, a)
	case a.status == http.StatusConflict:
		c.conflict(out, q, body)
	case a.status == http.StatusPreconditionFailed:
		stale(out)
	case a.status >= 500 || a.status == http.StatusRequestTimeout || a.status == http.StatusTooEarly:
		serverFault(out, a.status)
	default:
		invalid(out, q, a.status, body)
	}
	return out
}

func requestID(h http.Header, body errorBody) string {
	for _, name := range []string{"ININ-Correlation-Id", "X-Request-Id", "Request-Id", "X-Correlation-Id"} {
		if id := h.Get(name); id != "" {
			return clip(id, 64)
		}
	}
	return clip(body.ContextID, 64)
}

func (c *Client) unauthorized(out *fault.Error, body errorBody) {
	out.Kind, out.Code = fault.Unauthorized, codeUnauthorized
	if body.Code == "ip.not.authorized" {
		out.Message = "the application does not accept requests from the operator's address (ip.not.authorized); " +
			"add it to the allow list of the organisation"
		return
	}
	out.Message = "the application refused the credentials (401): the token is wrong, has expired or was revoked; " +
		"put a valid one into the Secret named under credentials"
}

func (c *Client) forbidden(out *fault.Error, q call, body errorBody) {
	out.Kind, out.Code = fault.Forbidden, codeRights
	what := fmt.Sprintf("the application refused to %s (403) because the credentials lack ", q.op)
	if names := body.permissions(); len(names) > 0 {
		out.Message = what + strings.Join(names, ", ") + "; give the OAuth client a role that contains it"
		return
	}
	if names := c.cfg.Profile.Permissions[q.method+" "+string(q.kind)]; len(names) > 0 {
		out.Message = what + "a permission; this needs " + strings.Join(names, ", ")
		return
	}
	out.Message = what + "a permission; give them the right to manage " + noun(q.kind) + "s"
}

func absent(out *fault.Error, q call, a *answer) {
	if q.byID && !isMarkup(a.body) {
		out.Kind, out.Code = fault.NotFound, codeAnchor
		out.Message = fmt.Sprintf("the application has no %s with this id any more (%d)", noun(q.kind), a.status)
		return
	}
	out.Kind, out.Code = fault.NotCompliant, codeIncompatible
	out.Message = fmt.Sprintf("the application answered %d where %s%s should be; check the path in tenantURL, "+
		"and that the application answers a search without a hit with 200 and an empty list", a.status, q.base, endpoint(q.kind))
}

// conflict tells a value that another resource has from a change that met another version. RFC 7644 section 3.12 uses 409
// for both, and so does Genesys (genesys-scim.md 12.3): where scimType does not say it, what was to be changed does.
func (c *Client) conflict(out *fault.Error, q call, body errorBody) {
	version := body.SCIMType == "invalidVers"
	if q.method != http.MethodPost && body.SCIMType != "uniqueness" && c.cfg.Profile.VersionConflicts && !q.unique {
		version = true
	}
	if version {
		stale(out)
		return
	}
	out.Kind, out.Code = fault.Conflict, codeConflict
	out.Message = fmt.Sprintf("another %s of the application already has a value that must be unique (409)", noun(q.kind))
}

func stale(out *fault.Error) {
	out.Kind = fault.Stale
	out.Code = "invalidVers"
	out.Message = "the resource was changed by somebody else at the same moment; it is read and changed again"
}

func serverFault(out *fault.Error, status int) {
	if status == http.StatusNotImplemented {
		out.Kind, out.Code = fault.Invalid, codeNotImpl
		out.Message = "the application does not offer this operation (501)"
		return
	}
	out.Kind, out.Code = fault.Transient, codeServer
	if status == http.StatusGatewayTimeout || status == http.StatusRequestTimeout {
		out.Code = codeTimeout
	}
	out.Message = fmt.Sprintf("the application failed with status %d; it is tried again later", status)
}

// invalid is every other refusal: the request will be refused again unchanged.
func invalid(out *fault.Error, q call, status int, body errorBody) {
	out.Kind, out.Code = fault.Invalid, codeIncompatible
	switch {
	case status == http.StatusMethodNotAllowed:
		out.Code = codeMethod
		out.Message = fmt.Sprintf("the application does not allow to %s (405)", q.op)
		return
	case body.SCIMType == "invalidVers":
		stale(out)
		return
	case body.SCIMType == "uniqueness":
		out.Kind, out.Code = fault.Conflict, codeConflict
		out.Message = fmt.Sprintf("another %s of the application already has a value that must be unique (%d)", noun(q.kind), status)
		return
	case status == http.StatusUnprocessableEntity:
		out.Code = codeUnprocessable
	case q.search || body.SCIMType == "invalidFilter":
		out.Code = codeFiltering
		out.Message = fmt.Sprintf("the application refused the search for a %s (%d%s); use a matching attribute that it can filter by",
			noun(q.kind), status, said(body))
		return
	case body.SCIMType == "invalidPath" || body.SCIMType == "noTarget" && !q.members:
		out.Code = codeAttribute
		out.Message = fmt.Sprintf("the application does not know an attribute of the %s (%d %s); remove it from the mapping or correct its path",
			noun(q.kind), status, body.SCIMType)
		return
	case q.members:
		out.Code = codeReference
		out.Message = fmt.Sprintf("the application refused a change of members (%d%s); one of them may not exist there", status, said(body))
		return
	case body.SCIMType != "":
		out.Code = body.SCIMType
	case body.Code != "":
		out.Code = body.Code
	}
	out.Message = fmt.Sprintf("the application refused to %s (%d%s); the provisioning log holds its answer", q.op, status, said(body))
}

// said returns the code word of an error for a message.
func said(body errorBody) string {
	switch {
	case body.SCIMType != "":
		return " " + body.SCIMType
	case body.Code != "":
		return " " + body.Code
	}
	return ""
}

// noncompliant is an answer that cannot be understood.
func noncompliant(q call, format string, args ...any) *fault.Error {
	message := fmt.Sprintf(format, args...) + "; check that " + q.base + " is the SCIM address of the application"
	return &fault.Error{Kind: fault.NotCompliant, Op: q.op, Code: codeIncompatible, Message: message}
}

// notOffered is an operation that the profile says the application does not have.
func notOffered(op, profile string, kind directory.Kind, verb string) *fault.Error {
	return &fault.Error{Kind: fault.Invalid, Op: op, Code: codeMethod,
		Message: fmt.Sprintf("an application of profile %s does not let %ss be %s through SCIM", profile, noun(kind), verb)}
}
