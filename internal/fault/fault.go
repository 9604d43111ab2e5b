package fault

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Kind says what kind of failure an error is and with that what has to happen next.
type Kind uint8

const (
	// Unknown is the kind of an error that nobody classified; it is treated like Transient but counted as a defect.
	Unknown Kind = iota
	// Invalid means a value, request or document was refused and will be refused again unchanged.
	Invalid
	// NotFound means the addressed object does not exist.
	NotFound
	// Conflict means another object already has a value that must be unique (HTTP 409).
	Conflict
	// Duplicate means a look-up that must find at most one object found several.
	Duplicate
	// Stale means the object changed since it was read (HTTP 412, Genesys 400 invalidVers).
	Stale
	// Gone means a delta token is no longer accepted: a full read is needed.
	Gone
	// Unauthorized means the credentials are wrong, expired or revoked.
	Unauthorized
	// Forbidden means the credentials are good but a permission is missing.
	Forbidden
	// NotCompliant means the other side does not speak the protocol: wrong path, 404 on a filter, a body that is no JSON.
	NotCompliant
	// Throttled means the other side asked to wait.
	Throttled
	// Transient means trying again later can succeed: 5xx, time-out, connection cut.
	Transient
	// Unreachable means no connection could be made at all: name not resolved, refused, TLS not accepted.
	Unreachable
	// Canceled means the caller's context ended; nothing is known about the outcome.
	Canceled
	// Internal means our own store or code failed.
	Internal
)

var kindNames = [...]string{
	Unknown: "Unknown", Invalid: "Invalid", NotFound: "NotFound", Conflict: "Conflict", Duplicate: "Duplicate", Stale: "Stale",
	Gone: "Gone", Unauthorized: "Unauthorized", Forbidden: "Forbidden", NotCompliant: "NotCompliant", Throttled: "Throttled",
	Transient: "Transient", Unreachable: "Unreachable", Canceled: "Canceled", Internal: "Internal",
}

// String returns the name of the kind, used in logs and metrics.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return fmt.Sprintf("Kind(%d)", uint8(k))
}

// Error is a classified failure.
type Error struct {
	Kind Kind
	// Op is what was being done, lower case, such as "create user" or "read users delta".
	Op string
	// Code is the error code of reference part 2 section 7.8 where one fits, or the other side's own code (AADSTS7000215,
	// Authorization_RequestDenied).
	Code string
	// Message is one plain sentence for an administrator: what failed and what to do. No secrets, names or addresses.
	Message string
	// Status is the HTTP status, 0 where there was none.
	Status int
	// RetryAfter is how long the other side asked to wait, 0 if it did not.
	RetryAfter time.Duration
	// RequestID identifies the request for the other side's support (Graph request-id, Genesys ININ-Correlation-Id).
	RequestID string
	// Err is the cause; its text is shown only where no Message is given.
	Err error
}

// New returns an error of the given kind with a sentence for people.
func New(kind Kind, op, format string, args ...any) *Error {
	return &Error{Kind: kind, Op: op, Message: fmt.Sprintf(format, args...)}
}

// Wrap classifies a cause. It returns nil for nil, and keeps the kind of a cause that is already classified.
func Wrap(kind Kind, op string, err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, context.Canceled) {
		kind = Canceled
	} else if k := KindOf(err); k != Unknown {
		kind = k
	}
	return &Error{Kind: kind, Op: op, Err: err}
}

// Error implements error: "op: message (code, request id)".
func (e *Error) Error() string {
	var b strings.Builder
	if e.Op != "" {
		b.WriteString(e.Op)
		b.WriteString(": ")
	}
	switch {
	case e.Message != "":
		b.WriteString(e.Message)
	case e.Err != nil:
		b.WriteString(e.Err.Error())
	default:
		b.WriteString(e.Kind.String())
	}
	var extra []string
	if e.Code != "" {
		extra = append(extra, e.Code)
	}
	if e.RequestID != "" {
		extra = append(extra, "request "+e.RequestID)
	}
	if len(extra) > 0 {
		fmt.Fprintf(&b, " (%s)", strings.Join(extra, ", "))
	}
	return b.String()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// KindOf returns the kind of the outermost classified error in the chain, Canceled for a bare context.Canceled,
// Transient for a bare context.DeadlineExceeded, and Unknown otherwise (also for nil).
func KindOf(err error) Kind {
	var e *Error
	switch {
	case err == nil:
		return Unknown
	case errors.As(err, &e) && e.Kind != Unknown:
		return e.Kind
	case errors.Is(err, context.Canceled):
		return Canceled
	case errors.Is(err, context.DeadlineExceeded):
		return Transient
	}
	return Unknown
}

// Is reports whether err is of one of the kinds.
func Is(err error, kinds ...Kind) bool {
	if err == nil {
		return false
	}
	k := KindOf(err)
	for _, want := range kinds {
		if k == want {
			return true
		}
	}
	return false
}

// CodeOf returns the first code in the chain, or the kind's name.
func CodeOf(err error) string {
	rest := err
	for e := (*Error)(nil); errors.As(rest, &e); rest = e.Err {
		if e.Code != "" {
			return e.Code
		}
	}
	return KindOf(err).String()
}

// MessageOf returns the first sentence for people in the chain, or the error's text; "" for nil.
func MessageOf(err error) string {
	if err == nil {
		return ""
	}
	for e, rest := (*Error)(nil), err; errors.As(rest, &e); rest = e.Err {
		if e.Message != "" {
			return e.Message
		}
	}
	return err.Error()
}

// RetryAfter returns how long the other side asked to wait, 0 if it did not say.
func RetryAfter(err error) time.Duration {
	for e := (*Error)(nil); errors.As(err, &e); err = e.Err {
		if e.RetryAfter > 0 {
			return e.RetryAfter
		}
	}
	return 0
}
