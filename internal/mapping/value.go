package mapping

import (
	"encoding/base64"
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/fault"
)

// scalar turns one source value into the JSON value of a target type, in the form in which the target stores it. The error
// says why the target cannot take the value, without showing it.
func scalar(attr directory.TargetAttribute, value, region string) (any, error) {
	if attr.Normalize != nil {
		normal, err := attr.Normalize(value, region)
		if err != nil {
			return nil, err
		}
		value = normal
	}
	switch attr.Type {
	case directory.Boolean:
		if b, ok := parseBool(value); ok {
			return b, nil
		}
		return nil, refuse(`The value is no Boolean; the target takes "True" or "False".`)
	case directory.Integer:
		n, err := strconv.ParseInt(value, 10, 64)
		if err != nil || n > 1<<53 || n < -1<<53 {
			return nil, refuse("The value is no whole number.")
		}
		return float64(n), nil
	case directory.Decimal:
		n, err := strconv.ParseFloat(value, 64)
		if err != nil || math.IsInf(n, 0) || math.IsNaN(n) {
			return nil, refuse("The value is no number.")
		}
		return n, nil
	case directory.DateTime:
		if attr.Normalize != nil {
			return value, nil
		}
		if text, ok := dateTime(value); ok {
			return text, nil
		}
		return nil, refuse("The value is no date; the target takes dates such as 2026-01-31T09:00:00Z.")
	case directory.Binary:
		if _, err := base64.StdEncoding.DecodeString(value); err != nil {
			return nil, refuse("The value is no base64 text.")
		}
	}
	return value, nil
}

func refuse(message string) error {
	return &fault.Error{Kind: fault.Invalid, Op: "convert value", Message: message}
}

// parseBool reads a Boolean in the spellings that mappings produce.
func parseBool(s string) (value, ok bool) {
	switch {
	case s == "1" || strings.EqualFold(s, "true"):
		return true, true
	case s == "0" || strings.EqualFold(s, "false"):
		return false, true
	}
	return false, false
}

func boolText(b bool) string {
	if b {
		return "True"
	}
	return "False"
}

// dateLayouts are the forms that Graph and the expression language produce; the last is how expressions render a date.
var dateLayouts = []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02", "1/2/2006 3:04:05 PM"}

// dateTime returns a value as dateTime of RFC 7643 section 2.3.5. What has that form already stays as it is.
func dateTime(value string) (string, bool) {
	if _, err := time.Parse(time.RFC3339Nano, value); err == nil {
		return value, true
	}
	t, ok := parseDate(value)
	return t.Format(time.RFC3339Nano), ok
}

func parseDate(value string) (time.Time, bool) {
	for _, layout := range dateLayouts {
		if t, err := time.Parse(layout, value); err == nil {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}

// render returns a value as the text that logs and examples show: Booleans as True and False, lists joined by ", ", an
// element of a list by its value.
func render(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case bool:
		return boolText(v)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case json.Number:
		return v.String()
	case directory.TargetID:
		return string(v)
	case []any:
		parts := make([]string, len(v))
		for i, e := range v {
			parts[i] = render(reduce(e))
		}
		return strings.Join(parts, ", ")
	}
	return encode(v)
}

// decoration is what an element of a list may carry beside its value without being another element, RFC 7643 section 2.4.
var decoration = []string{"value", "display", "type", "primary", "$ref", "displayName"}

// reduce returns what tells an element of a list from others: its value, or all of it where it has other parts.
func reduce(element any) any {
	m, ok := element.(map[string]any)
	if !ok {
		return element
	}
	value, ok := lookup(m, "value")
	if !ok || value == nil {
		return encode(m)
	}
	for name := range m {
		if !containsFold(decoration, name) {
			return encode(m)
		}
	}
	return value
}

func containsFold(list []string, s string) bool {
	for _, e := range list {
		if strings.EqualFold(e, s) {
			return true
		}
	}
	return false
}
