package graph

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/entrain-dev/entrain/internal/fault"
)

// graphError is the error object of section 7.4.
type graphError struct {
	// codes are the codes from the outside in; Graph nests more specific ones.
	codes   []string
	message string
	id      string
}

type errorBody struct {
	Code       string     `json:"code"`
	Message    string     `json:"message"`
	InnerError *errorBody `json:"innerError"` // also matches innererror
	RequestID  string     `json:"request-id"`
	OtherID    string     `json:"requestId"`
}

// readError reads an error body; anything that is no error object gives an empty one, because gateways answer with HTML or
// with nothing.
func readError(r io.Reader) graphError {
	var body struct {
		Error *errorBody `json:"error"`
	}
	data, err := io.ReadAll(io.LimitReader(r, 1<<20))
	var wrong *json.UnmarshalTypeError
	if err != nil {
		return graphError{}
	}
	// One member of an unexpected type does not spoil the others.
	if err := json.Unmarshal(data, &body); err != nil && !errors.As(err, &wrong) || body.Error == nil {
		return graphError{}
	}
	out := graphError{message: body.Error.Message}
	for e, depth := body.Error, 0; e != nil && depth < 8; e, depth = e.InnerError, depth+1 {
		if e.Code != "" {
			out.codes = append(out.codes, e.Code)
		}
		if id := e.RequestID + e.OtherID; out.id == "" {
			out.id = id
		}
	}
	return out
}

func (e graphError) code() string {
	if len(e.codes) == 0 {
		return ""
	}
	return e.codes[0]
}

// has reports whether one of the codes is in the chain, in any letter case (section 1.7).
func (e graphError) has(codes ...string) bool {
	return slices.ContainsFunc(e.codes, func(have string) bool {
		return slices.ContainsFunc(codes, func(want string) bool { return strings.EqualFold(have, want) })
	})
}

// notFound reports whether Graph itself says that the addressed object does not exist. A 404 of something in between, such
// as a proxy or a wrong URL, proves nothing.
func (e graphError) notFound() bool {
	return slices.ContainsFunc(e.codes, func(code string) bool { return strings.HasSuffix(strings.ToLower(code), "notfound") })
}

// tokenEnded is the rule of section 1.7: whether a refusal on a delta route means that reading must start anew. Texts are
// looked at only where Graph uses one code for a dead token and for a wrong query.
func (e graphError) tokenEnded(status int) bool {
	message := strings.ToLower(e.message)
	switch {
	case status == http.StatusGone:
		return true
	case status < 400 || status > 499:
		return false
	case e.has("syncStateNotFound", "resyncRequired", "resyncApplyDifferences", "resyncUploadDifferences", "Directory_ExpiredPageToken"):
		return true
	case e.has("Request_UnsupportedQuery"):
		return status == http.StatusBadRequest && strings.Contains(message, "deltalink")
	default:
		return status == http.StatusBadRequest && strings.Contains(message, "badly formed")
	}
}

// refusal turns an answer that is not 200 into an error.
func (c *Client) refusal(cl call, res *http.Response, body io.Reader, id string) error {
	ge := readError(body)
	if ge.id != "" && res.Header.Get("request-id") == "" {
		id = ge.id
	}
	kind, message := c.classify(cl, res.StatusCode, ge)
	e := &fault.Error{Kind: kind, Op: cl.route.op, Code: ge.code(), Message: message, Status: res.StatusCode, RequestID: id}
	if kind == fault.Throttled || kind == fault.Transient {
		e.RetryAfter = fault.ParseRetryAfter(res.Header.Get("Retry-After"), c.cfg.Clock.Now())
	}
	return e
}

// classify is the catalogue of section 7.5.
func (c *Client) classify(cl call, status int, ge graphError) (fault.Kind, string) {
	switch {
	case cl.route.delta && (cl.from || status == http.StatusGone) && ge.tokenEnded(status):
		return fault.Gone, "Microsoft Graph no longer accepts the delta token; everything has to be read again"
	case ge.has("Directory_ExpiredPageToken"), status == http.StatusGone:
		return fault.Transient, "the list expired while it was read; it has to be read again from its beginning"
	case status == http.StatusUnauthorized && ge.has("Authorization_IdentityNotFound"):
		return fault.Unauthorized, "the app registration has no service principal in this tenant; give admin consent to it once"
	case status == http.StatusUnauthorized:
		return fault.Unauthorized, "Microsoft Graph does not accept the token, even a new one; check tenant, cloud and Graph URL"
	case status == http.StatusForbidden:
		return fault.Forbidden, forbidden(cl)
	case status == http.StatusNotFound && cl.route.object && ge.notFound():
		return fault.NotFound, "the object does not exist in the tenant"
	case status == http.StatusTooManyRequests, status == 509:
		return fault.Throttled, "Microsoft Graph asks to slow down"
	case status == http.StatusRequestTimeout, status >= 500 && status != http.StatusNotImplemented:
		return fault.Transient, fmt.Sprintf("Microsoft Graph cannot answer at the moment (HTTP %d)", status)
	case status == http.StatusBadRequest, status == http.StatusNotImplemented:
		return fault.Invalid, invalid(cl, ge)
	default:
		return fault.NotCompliant, fmt.Sprintf("%s answers with HTTP %d, which Microsoft Graph does not do here; check the Graph URL and any proxy in between", c.origin.Host, status)
	}
}

func forbidden(cl call) string {
	extra := ""
	if slices.Contains(cl.selected, "employeeLeaveDateTime") {
		extra = " and, for employeeLeaveDateTime, User-LifeCycleInfo.Read.All"
	}
	return fmt.Sprintf("a permission is missing: grant the application permission %s%s (Microsoft Graph) to the app registration and give admin consent", cl.route.permission, extra)
}

var unknownProperty = regexp.MustCompile(`property named '([^']+)'`)

// invalid names the property that Graph does not know if it is one that was asked for: that is how a directory extension
// shows whose application was deleted (section 5.3).
func invalid(cl call, ge graphError) string {
	if m := unknownProperty.FindStringSubmatch(ge.message); m != nil && slices.Contains(cl.selected, m[1]) {
		return fmt.Sprintf("the tenant has no property %s; remove it from mappings and scoping filters, or restore the directory extension", m[1])
	}
	if ge.has("NotImplemented") {
		return "Microsoft Graph cannot track one of the selected attributes; remove it from mappings and scoping filters"
	}
	return "Microsoft Graph refuses the request as invalid"
}
