package genesyssim

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// The kinds of operation (section 11).
const (
	opAdd     = "add"
	opReplace = "replace"
	opRemove  = "remove"
)

// draft is a user while a request changes it. Nothing of it is seen before it is committed, which makes a request atomic.
type draft struct {
	*User
	dir     *directory
	knobs   *Knobs
	allowed func(permission string) bool
	method  string
	// otherEmail and mirror are read-only values that were sent; they must equal what they mirror at the end (8.2, 8.6).
	otherEmail []string
	mirror     []string
}

// need checks the permission of what is about to be written (3.1: each attribute needs its own).
func (d *draft) need(permission string) *problem {
	if d.allowed(permission) {
		return nil
	}
	return missingPermission(permission)
}

// editPermission is the permission of ordinary attributes.
func (d *draft) editPermission() string {
	if d.method == http.MethodPost {
		return permUserAdd
	}
	return permUserEdit
}

// object applies the members of a body or of a pathless value; keys may be nested objects or flattened paths (entra 7.4).
// The order is fixed, because a map has none: the main address first, then by name.
func (d *draft) object(op string, values map[string]any) *problem {
	keys := slices.SortedFunc(maps.Keys(values), func(a, b string) int {
		if isUser := strings.EqualFold(a, "userName"); isUser != strings.EqualFold(b, "userName") {
			if isUser {
				return -1
			}
			return 1
		}
		return strings.Compare(a, b)
	})
	for _, key := range keys {
		pth, p := parsePath(key, urnUser)
		if p == nil {
			p = d.apply(op, pth, values[key])
		}
		if p != nil {
			return p
		}
	}
	return nil
}

// apply does one operation. A null value clears (RFC 7643 2.5), except in a POST or PUT, where it is as good as absent.
func (d *draft) apply(op string, pth path, value any) *problem {
	if value == nil && op != opRemove {
		if d.method != http.MethodPatch {
			return nil
		}
		op = opRemove
	}
	switch pth.urn {
	case urnUser:
		if values, ok := value.(map[string]any); ok && pth.attr == "" {
			return d.object(op, values)
		}
		return d.core(op, pth, value)
	case urnEnterprise:
		if pth.attr == "" {
			return d.extension(op, pth, value, []string{"department", "division", "employeeNumber", "manager", "dateHire"})
		}
		return d.enterprise(op, pth, value)
	case urnGenesys:
		if pth.attr == "" {
			return d.extension(op, pth, value, []string{"routingSkills", "routingLanguages", "externalIds"})
		}
		return d.genesys(op, pth, value)
	}
	return d.unknown(pth)
}

// extension applies an operation to the whole of an extension.
func (d *draft) extension(op string, pth path, value any, attributes []string) *problem {
	if op == opRemove {
		for _, name := range attributes {
			if p := d.apply(op, path{urn: pth.urn, attr: strings.ToLower(name), text: name}, nil); p != nil {
				return p
			}
		}
		return nil
	}
	values, ok := value.(map[string]any)
	if !ok {
		return refuse(invalidValue, "The value of %q must be an object", pth.text)
	}
	prefixed := make(map[string]any, len(values))
	for key, v := range values {
		prefixed[pth.urn+":"+key] = v
	}
	return d.object(op, prefixed)
}

// unknown answers an attribute that the API does not have (switch 22).
func (d *draft) unknown(pth path) *problem {
	if d.knobs.RefuseUnknownAttributes {
		return refuse(invalidSyntax, "Attribute %q is not known", pth.text)
	}
	return nil
}

// text returns a string value; "" for remove.
func (d *draft) text(op string, pth path, value any) (string, *problem) {
	if op == opRemove {
		return "", nil
	}
	s, ok := value.(string)
	if !ok {
		return "", refuse(invalidValue, "The value of %q must be a string", pth.text)
	}
	return s, nil
}

// setText writes an ordinary string attribute.
func (d *draft) setText(field *string, op string, pth path, value any) *problem {
	s, p := d.text(op, pth, value)
	if p == nil {
		p = d.need(d.editPermission())
	}
	if p == nil {
		*field = s
	}
	return p
}

// core applies an operation to an attribute of the core schema (8.1).
func (d *draft) core(op string, pth path, value any) *problem {
	switch pth.attr {
	case "username":
		return d.setUserName(op, pth, value)
	case "displayname":
		if s, _ := value.(string); strings.TrimSpace(s) == "" {
			return refuse(invalidValue, "displayName must not be empty")
		}
		return d.setText(&d.DisplayName, op, pth, value)
	case "title":
		return d.setText(&d.Title, op, pth, value)
	case "externalid":
		return d.setText(&d.ExternalID, op, pth, value)
	case "active":
		return d.setActive(op, value)
	case "password":
		return d.setPassword(op, pth, value)
	case "emails":
		return d.setEmails(op, pth, value)
	case "phonenumbers":
		return d.setPhones(op, pth, value)
	case "roles":
		return d.setRoles(op, pth, value)
	case "manager":
		// Entra's documentation page sends the manager without its URN (entra 7.3).
		if d.method == http.MethodPatch {
			return d.setManager(op, pth, value)
		}
	case "schemas", "meta":
		return nil
	case "id":
		if s, _ := value.(string); d.method == http.MethodPatch && s != d.ID {
			return refuse(mutability, "id is read-only")
		}
		return nil
	case "groups":
		if d.method == http.MethodPatch {
			return refuse(mutability, "groups is read-only: change memberships at the Groups endpoint")
		}
		return nil
	}
	return d.unknown(pth)
}

func (d *draft) setUserName(op string, pth path, value any) *problem {
	s, p := d.text(op, pth, value)
	if p != nil {
		return p
	}
	if at := strings.IndexByte(s, '@'); at <= 0 || at == len(s)-1 || strings.ContainsAny(s, " \t") {
		return refuse(invalidValue, "userName must be an e-mail address")
	}
	return d.setText(&d.UserName, op, pth, value)
}

func (d *draft) setActive(op string, value any) *problem {
	var active bool
	switch v := value.(type) {
	case bool:
		if d.knobs.BooleanForm == OnlyString {
			return refuse(invalidValue, "active must be a string")
		}
		active = v
	case string:
		if d.knobs.BooleanForm == OnlyBoolean || !strings.EqualFold(v, "true") && !strings.EqualFold(v, "false") {
			return refuse(invalidValue, "active must be true or false")
		}
		active = strings.EqualFold(v, "true")
	default:
		return refuse(invalidValue, "active must be true or false")
	}
	if op == opRemove {
		return refuse(invalidValue, "active cannot be removed")
	}
	if p := d.need(d.editPermission()); p != nil {
		return p
	}
	d.State = Inactive
	if active {
		d.State = Active
	}
	return nil
}

func (d *draft) setPassword(op string, pth path, value any) *problem {
	s, p := d.text(op, pth, value)
	if p != nil {
		return p
	}
	if s == "" {
		return refuse(invalidValue, "password must not be empty")
	}
	if d.method != http.MethodPost {
		if p := d.need(permPassword); p != nil {
			return p
		}
	}
	d.password = s
	return nil
}

// elements returns the elements of a multi-valued attribute's value: an array, or one element alone.
func elements(value any) []any {
	switch v := value.(type) {
	case nil:
		return nil
	case []any:
		return v
	}
	return []any{value}
}

// member reads a member of a JSON object without regard to the case of its name.
func member(object map[string]any, name string) any {
	if v, ok := object[name]; ok {
		return v
	}
	for key, v := range object {
		if strings.EqualFold(key, name) {
			return v
		}
	}
	return nil
}

// valueOf reads {"value": x} or a plain x; a string that holds a JSON object, as Entra sends roles in its legacy form
// (entra 4.9), is read as that object.
func valueOf(element any) (string, bool) {
	switch v := element.(type) {
	case string:
		if strings.HasPrefix(v, "{") {
			var object map[string]any
			if json.Unmarshal([]byte(v), &object) == nil {
				return valueOf(object)
			}
		}
		return v, true
	case map[string]any:
		s, ok := member(v, "value").(string)
		if ok && strings.HasPrefix(s, "{") {
			return valueOf(s)
		}
		return s, ok
	}
	return "", false
}
