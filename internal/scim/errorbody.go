package scim

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
)

// detailLimit bounds the free text that is kept of a refused request.
const detailLimit = 2 << 10

// errorBody is both shapes of an error: the SCIM Error of RFC 7644 section 3.12 and the ErrorBody of the Genesys platform
// (genesys-scim.md 12). Which one arrives does not depend on the status or the media type.
type errorBody struct {
	// SCIM
	SCIMType string `json:"scimType"`
	Detail   string `json:"detail"`
	// platform
	Code          string         `json:"code"`
	Message       string         `json:"message"`
	ContextID     string         `json:"contextId"`
	MessageParams map[string]any `json:"messageParams"`
}

var (
	word       = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9._-]{0,63}$`)
	permission = regexp.MustCompile(`\b[a-z][A-Za-z]{1,30}:[a-z][A-Za-z]{1,30}:[a-z][A-Za-z]{1,30}\b`)
)

// parseError reads an error body as far as it can be read; a body that is no JSON gives the zero value and its text.
func parseError(status int, body []byte) (errorBody, *ErrorDetail) {
	var e errorBody
	detail := &ErrorDetail{Status: status}
	if err := json.Unmarshal(body, &e); err != nil {
		// Members of another type must not hide the ones that can be read.
		var loose map[string]any
		if json.Unmarshal(body, &loose) == nil {
			e = errorBody{SCIMType: text(loose, "scimType"), Detail: text(loose, "detail"), Code: text(loose, "code"), Message: text(loose, "message")}
			e.ContextID = text(loose, "contextId")
		}
	}
	// Only short words are taken over as codes: they end in messages.
	if !word.MatchString(e.SCIMType) {
		e.SCIMType = ""
	}
	if !word.MatchString(e.Code) {
		e.Code = ""
	}
	detail.SCIMType, detail.Code = e.SCIMType, e.Code
	detail.Text = e.Detail
	if detail.Text == "" {
		detail.Text = e.Message
	}
	if detail.Text == "" && !isMarkup(body) {
		detail.Text = string(bytes.TrimSpace(body))
	}
	detail.Text = clip(detail.Text, detailLimit)
	return e, detail
}

// permissions returns the permissions that a platform error names, such as directory:user:add; at most ten.
func (e errorBody) permissions() []string {
	text := e.Message
	for _, v := range e.MessageParams {
		if s, ok := v.(string); ok {
			text += " " + s
		}
	}
	found := permission.FindAllString(text, 20)
	slices.Sort(found)
	found = slices.DeleteFunc(slices.Compact(found), func(p string) bool { return strings.HasPrefix(p, "urn:") })
	return found[:min(len(found), 10)]
}

func text(m map[string]any, name string) string {
	s, _ := m[name].(string)
	return s
}

func isMarkup(body []byte) bool { return bytes.HasPrefix(bytes.TrimSpace(body), []byte("<")) }

// clip cuts a text to a number of bytes without leaving half a character.
func clip(s string, limit int) string {
	if len(s) > limit {
		s = s[:limit]
	}
	return strings.ToValidUTF8(s, "")
}
