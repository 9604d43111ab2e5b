package genesyssim

import (
	"net/http"
	"slices"
	"strings"
)

// setEmails applies an operation to emails (8.2). Only the work address is stored; other mirrors userName.
func (d *draft) setEmails(op string, pth path, value any) *problem {
	if pth.filter != nil {
		kind, ok := pth.selected("type")
		if !ok {
			return refuse(invalidFilter, "The filter of emails must name the type")
		}
		switch pth.sub {
		case "", "value":
			return d.setEmail(op, kind, value)
		case "type", "primary", "display":
			return nil
		}
		return refuse(invalidPath, "The path %q is not supported", pth.text)
	}
	if pth.sub != "" {
		return refuse(invalidPath, "The path %q needs a filter on type", pth.text)
	}
	if p := d.need(d.editPermission()); p != nil {
		return p
	}
	if op == opReplace || op == opRemove && value == nil {
		d.WorkEmail = ""
	}
	for _, e := range elements(value) {
		object, ok := e.(map[string]any)
		if !ok {
			return refuse(invalidValue, "An element of emails must be an object")
		}
		kind, _ := member(object, "type").(string)
		if p := d.setEmail(op, kind, object); p != nil {
			return p
		}
	}
	return nil
}

func (d *draft) setEmail(op, kind string, value any) *problem {
	address, ok := valueOf(value)
	switch fold(kind) {
	case "other":
		if op == opRemove {
			return refuse(mutability, "The main e-mail address is read-only: change userName")
		}
		d.otherEmail = append(d.otherEmail, address)
		return nil
	case "work":
	default:
		if d.knobs.IgnoreUnknownTypes {
			return nil
		}
		return refuse(invalidValue, "E-mail type %q is not supported", kind)
	}
	if p := d.need(d.editPermission()); p != nil {
		return p
	}
	if op == opRemove {
		d.WorkEmail = ""
		return nil
	}
	if !ok || !strings.Contains(address, "@") {
		return refuse(invalidValue, "The work e-mail address is not valid")
	}
	d.WorkEmail = address
	return nil
}

// setPhones applies an operation to phoneNumbers (8.3): one slot for each type.
func (d *draft) setPhones(op string, pth path, value any) *problem {
	if pth.filter != nil {
		kind, ok := pth.selected("type")
		if !ok {
			return refuse(invalidFilter, "The filter of phoneNumbers must name the type")
		}
		return d.setPhone(op, kind, pth.sub, value)
	}
	if pth.sub != "" {
		return refuse(invalidPath, "The path %q needs a filter on type", pth.text)
	}
	if p := d.need(d.editPermission()); p != nil {
		return p
	}
	if op == opReplace || op == opRemove && value == nil {
		d.Phones = nil
	}
	for _, e := range elements(value) {
		object, ok := e.(map[string]any)
		if !ok {
			return refuse(invalidValue, "An element of phoneNumbers must be an object")
		}
		kind, _ := member(object, "type").(string)
		if p := d.setPhone(op, kind, "", object); p != nil {
			return p
		}
	}
	return nil
}

// setPhone writes or clears the slot of one type, creating it where it does not exist (section 11).
func (d *draft) setPhone(op, kind, sub string, value any) *problem {
	kind = fold(kind)
	if !slices.Contains(phoneTypes, kind) {
		if d.knobs.IgnoreUnknownTypes {
			return nil
		}
		return refuse(invalidValue, "Phone type %q is not supported", kind)
	}
	if p := d.need(d.editPermission()); p != nil {
		return p
	}
	at := slices.IndexFunc(d.Phones, func(p Phone) bool { return p.Type == kind })
	switch {
	case sub == "type" || sub == "display":
		return nil
	case sub == "primary" && op != opRemove:
		if primary, _ := value.(bool); primary && at >= 0 {
			d.setPrimary(at)
		}
		return nil
	case sub != "" && sub != "value" && sub != "primary":
		return refuse(invalidPath, "phoneNumbers has no sub-attribute %q", sub)
	case op == opRemove:
		if at >= 0 {
			d.Phones = slices.Delete(d.Phones, at, at+1)
		}
		return nil
	}
	text, ok := valueOf(value)
	if !ok {
		return refuse(invalidValue, "phoneNumbers of type %q needs a value", kind)
	}
	phone, p := parsePhone(kind, text, d.knobs.NormalisePhones)
	if p == nil && phone.Extension != "" {
		p = d.need(permExtension)
	}
	if p != nil {
		return p
	}
	if at >= 0 {
		phone.Primary = d.Phones[at].Primary
		d.Phones[at] = phone
	} else {
		at = len(d.Phones)
		d.Phones = append(d.Phones, phone)
	}
	if object, ok := value.(map[string]any); ok {
		if primary, _ := member(object, "primary").(bool); primary {
			d.setPrimary(at)
		}
	}
	return nil
}

// setPrimary makes one slot the primary one: of several the last wins (8.3).
func (d *draft) setPrimary(at int) {
	for i := range d.Phones {
		d.Phones[i].Primary = i == at
	}
}

// settlePrimary picks a primary number where none was named: work, else the first (8.3).
func (d *draft) settlePrimary() {
	if len(d.Phones) == 0 || slices.ContainsFunc(d.Phones, func(p Phone) bool { return p.Primary }) {
		return
	}
	at := max(0, slices.IndexFunc(d.Phones, func(p Phone) bool { return p.Type == "work" }))
	d.Phones[at].Primary = true
}

// setRoles applies an operation to roles (8.4). Only value counts; it is the name of a role.
func (d *draft) setRoles(op string, pth path, value any) *problem {
	want := d.Roles
	switch name, byName := pth.selected("value"); {
	case pth.sub == "display" || pth.sub == "type" || pth.sub == "primary":
		return nil
	case op == opRemove && byName:
		value = name
	case op == opRemove && value == nil:
		want, value = nil, nil
	}
	var names []string
	for _, e := range elements(value) {
		name, ok := valueOf(e)
		if !ok {
			return refuse(invalidValue, "An element of roles needs a value")
		}
		found, ok := d.dir.roles.resolve(name)
		if !ok && op != opRemove {
			if d.knobs.IgnoreUnknownNames {
				continue
			}
			return refuse(invalidValue, "Role %q does not exist", name)
		}
		names = append(names, found)
	}
	switch op {
	case opRemove:
		want = slices.DeleteFunc(slices.Clone(want), func(r string) bool { return slices.Contains(names, r) })
	case opAdd:
		want = unique(append(slices.Clone(want), names...))
	default:
		want = unique(names)
	}
	return d.grant(want)
}

// grant replaces the roles, with the permissions that the difference needs.
func (d *draft) grant(want []string) *problem {
	adds := slices.ContainsFunc(want, func(r string) bool { return !slices.Contains(d.Roles, r) })
	removes := slices.ContainsFunc(d.Roles, func(r string) bool { return !slices.Contains(want, r) })
	if adds {
		if p := d.need(permGrantAdd); p != nil {
			return p
		}
	}
	if removes && d.method != http.MethodPost {
		if p := d.need(permGrantDelete); p != nil {
			return p
		}
	}
	if adds || removes {
		d.Roles = want
	}
	return nil
}

// unique drops repetitions and keeps the order.
func unique(names []string) []string {
	var out []string
	for _, n := range names {
		if !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	return out
}
