package genesyssim

import (
	"fmt"
	"net/http"
)

// problem is a request that was refused. It is rendered as one of the two error bodies of section 12.
type problem struct {
	status   int
	scimType string // of the SCIM Error
	code     string // of the platform ErrorBody
	detail   string
	scim     bool // which body
	params   map[string]any
	limit    *limitInfo
	headers  map[string]string
}

// limitInfo names the limit that was hit (12.2).
type limitInfo struct {
	Key       string `json:"key"`
	Namespace string `json:"namespace"`
	Value     int    `json:"value"`
}

func (p *problem) Error() string { return p.detail }

// Values of scimType (12.1).
const (
	invalidFilter = "invalidFilter"
	uniqueness    = "uniqueness"
	mutability    = "mutability"
	invalidSyntax = "invalidSyntax"
	invalidPath   = "invalidPath"
	noTarget      = "noTarget"
	invalidValue  = "invalidValue"
	invalidVers   = "invalidVers"
)

// refuse is a 400 raised by the SCIM logic.
func refuse(scimType, format string, args ...any) *problem {
	return &problem{status: http.StatusBadRequest, scim: true, scimType: scimType, code: platformCode(scimType), detail: fmt.Sprintf(format, args...)}
}

// conflict is a 409 raised by the SCIM logic: a value that must be unique belongs to somebody else (9.1).
func conflict(format string, args ...any) *problem {
	return &problem{status: http.StatusConflict, scim: true, scimType: uniqueness, code: "request.conflict", detail: fmt.Sprintf(format, args...)}
}

// platform is a refusal by the layer in front of SCIM.
func platform(status int, code, format string, args ...any) *problem {
	return &problem{status: status, code: code, detail: fmt.Sprintf(format, args...)}
}

func notFound(kind string) *problem {
	return platform(http.StatusNotFound, "not.found", "Unable to find a %s with the given ID", kind)
}

// platformCode is the platform's code for a refusal that the SCIM logic raised, for Knobs.PlatformErrorsOnly.
func platformCode(scimType string) string {
	switch scimType {
	case invalidValue, mutability:
		return "invalid.value"
	case invalidPath, noTarget:
		return "invalid.property"
	}
	return "bad.request"
}

// scimError is the SCIM Error body (12.1); status is a string.
type scimError struct {
	Schemas  []string `json:"schemas"`
	Status   string   `json:"status"`
	ScimType string   `json:"scimType,omitempty"`
	Detail   string   `json:"detail"`
}

// platformError is the platform ErrorBody (12.2).
type platformError struct {
	Message           string         `json:"message"`
	Code              string         `json:"code"`
	Status            int            `json:"status"`
	MessageParams     map[string]any `json:"messageParams"`
	MessageWithParams string         `json:"messageWithParams"`
	ContextID         string         `json:"contextId"`
	Details           []any          `json:"details"`
	Errors            []any          `json:"errors"`
	EntityID          *string        `json:"entityId"`
	EntityName        *string        `json:"entityName"`
	Limit             *limitInfo     `json:"limit,omitempty"`
}

// body returns the value to encode.
func (p *problem) body(correlationID string, platformOnly bool) any {
	if p.scim && !platformOnly {
		return scimError{Schemas: []string{urnError}, Status: fmt.Sprint(p.status), ScimType: p.scimType, Detail: p.detail}
	}
	params := p.params
	if params == nil {
		params = map[string]any{}
	}
	return platformError{Message: p.detail, Code: p.code, Status: p.status, MessageParams: params, MessageWithParams: p.detail,
		ContextID: correlationID, Details: []any{}, Errors: []any{}, Limit: p.limit}
}
