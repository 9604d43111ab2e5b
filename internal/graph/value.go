package graph

import (
	"bytes"
	"encoding/json"
	"strings"
)

// values renders a property as source attributes are rendered (entra-provisioning-2.md 6.1): text as it is, Booleans as
// True and False, numbers as written; null and empty lists as nil. Nulls inside a list are left out.
func values(raw json.RawMessage) ([]string, error) {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 {
		return nil, misshaped("a value is missing")
	}
	switch raw[0] {
	case 'n':
		return nil, nil
	case 't':
		return []string{"True"}, nil
	case 'f':
		return []string{"False"}, nil
	case '"':
		s, err := text(raw)
		return []string{s}, err
	case '[':
		var list []json.RawMessage
		if err := json.Unmarshal(raw, &list); err != nil {
			return nil, err
		}
		var out []string
		for _, element := range list {
			if bytes.HasPrefix(element, []byte("[")) {
				return nil, misshaped("it is a list of lists")
			}
			v, err := values(element)
			if err != nil {
				return nil, err
			}
			out = append(out, v...)
		}
		return out, nil
	case '{':
		return nil, misshaped("it is an object")
	default:
		return []string{string(raw)}, nil
	}
}

// text reads a JSON string.
func text(raw json.RawMessage) (string, error) {
	var s string
	if err := json.Unmarshal(raw, &s); err != nil {
		return "", misshaped("it is no text")
	}
	return s, nil
}

// isNull reports whether a value is the JSON null.
func isNull(raw json.RawMessage) bool { return string(bytes.TrimSpace(raw)) == "null" }

// guestUPN returns the user principal name as the provisioning service sees it: that of a B2B guest,
// alias_domain#EXT#@tenant, becomes alias@domain (entra-provisioning.md 1.7). A domain name has no underscore, so the last
// one stands for the @ sign.
func guestUPN(upn string) string {
	const marker = "#EXT#@"
	at := -1
	for i := 0; i+len(marker) <= len(upn); i++ {
		if strings.EqualFold(upn[i:i+len(marker)], marker) {
			at = i
		}
	}
	if at < 0 {
		return upn
	}
	home := upn[:at]
	underscore := strings.LastIndexByte(home, '_')
	if underscore <= 0 || underscore == len(home)-1 {
		return upn
	}
	return home[:underscore] + "@" + home[underscore+1:]
}
