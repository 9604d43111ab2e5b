package genesyssim

import (
	"slices"
	"strings"
)

// Limits of the Genesys extension (8.6).
const (
	maxSkills      = 50
	maxExternalIDs = 100
)

// enterprise applies an operation to an attribute of the enterprise extension (8.5).
func (d *draft) enterprise(op string, pth path, value any) *problem {
	switch pth.attr {
	case "department":
		return d.setText(&d.Department, op, pth, value)
	case "employeenumber":
		return d.setText(&d.EmployeeNumber, op, pth, value)
	case "division":
		return d.setDivision(op, pth, value)
	case "manager":
		return d.setManager(op, pth, value)
	case "datehire":
		s, p := d.text(op, pth, value)
		if p == nil && s != "" {
			s, p = parseDate(s)
		}
		if p != nil {
			return p
		}
		return d.setText(&d.DateHire, opReplace, pth, s)
	}
	return d.unknown(pth)
}

// setDivision takes the name of an existing division; clearing moves the user to the home division (8.5).
func (d *draft) setDivision(op string, pth path, value any) *problem {
	name, p := d.text(op, pth, value)
	if p != nil {
		return p
	}
	if name == "" {
		name = homeDivision
	}
	found, ok := d.dir.divisions.resolve(name)
	if !ok {
		if d.knobs.IgnoreUnknownNames {
			return nil
		}
		return refuse(invalidValue, "Division %q does not exist", name)
	}
	return d.setText(&d.Division, opReplace, pth, found)
}

// setManager takes an id, {value} or [{value}] (section 11); an empty string clears.
func (d *draft) setManager(op string, pth path, value any) *problem {
	if pth.sub != "" && pth.sub != "value" {
		return nil
	}
	id := ""
	if list := elements(value); op != opRemove && len(list) > 0 {
		var ok bool
		if id, ok = valueOf(list[0]); !ok {
			if object, isObject := list[0].(map[string]any); !isObject || member(object, "value") != nil {
				return refuse(invalidValue, "manager must be the id of a user")
			}
		}
	}
	if id != "" && d.dir.liveLocked(id) == nil {
		if d.knobs.IgnoreUnknownNames {
			return nil
		}
		return refuse(invalidValue, "Manager %q does not exist", id)
	}
	return d.setText(&d.ManagerID, opReplace, pth, id)
}

// genesys applies an operation to an attribute of the Genesys extension (8.6).
func (d *draft) genesys(op string, pth path, value any) *problem {
	switch pth.attr {
	case "routingskills":
		if p := d.need(permSkill); p != nil {
			return p
		}
		return d.setProficiencies(&d.Skills, d.dir.skills, op, pth, value)
	case "routinglanguages":
		if p := d.need(permLanguage); p != nil {
			return p
		}
		return d.setProficiencies(&d.Languages, d.dir.languages, op, pth, value)
	case "externalids":
		if p := d.need(d.editPermission()); p != nil {
			return p
		}
		return d.setExternalIDs(op, pth, value)
	}
	return d.unknown(pth)
}

func (d *draft) setProficiencies(field *[]Proficiency, known *catalogue, op string, pth path, value any) *problem {
	list := slices.Clone(*field)
	if name, ok := pth.selected("name"); ok {
		if pth.sub == "proficiency" || pth.sub == "" {
			if object, isObject := value.(map[string]any); isObject {
				value = member(object, "proficiency")
			}
			value = []any{map[string]any{"name": name, "proficiency": value}}
		} else {
			return refuse(invalidPath, "The path %q is not supported", pth.text)
		}
	} else if pth.filter != nil || pth.sub != "" {
		return refuse(invalidPath, "The path %q is not supported", pth.text)
	} else if op == opReplace || op == opRemove && value == nil {
		list = nil
	}
	for _, e := range elements(value) {
		object, ok := e.(map[string]any)
		name, named := "", false
		if ok {
			name, named = member(object, "name").(string)
		}
		if !named {
			return refuse(invalidValue, "An element of %q needs a name", pth.text)
		}
		at := slices.IndexFunc(list, func(x Proficiency) bool { return x.Name == name })
		if op == opRemove {
			if at >= 0 {
				list = slices.Delete(list, at, at+1)
			}
			continue
		}
		x, p := d.proficiency(name, object, known)
		if p != nil {
			return p
		}
		switch {
		case x == nil:
		case at >= 0:
			list[at] = *x
		default:
			list = append(list, *x)
		}
	}
	if len(list) > maxSkills {
		return refuse(invalidValue, "%q takes at most %d elements", pth.text, maxSkills)
	}
	*field = list
	return nil
}

// proficiency checks one element; nil for one that is to be ignored. Names are case-sensitive (8.6).
func (d *draft) proficiency(name string, object map[string]any, known *catalogue) (*Proficiency, *problem) {
	if !known.exact[name] {
		if d.knobs.IgnoreUnknownNames {
			return nil, nil
		}
		return nil, refuse(invalidValue, "%q does not exist", name)
	}
	x := &Proficiency{Name: name}
	if raw := member(object, "proficiency"); raw != nil {
		grade, ok := raw.(float64)
		if !ok || grade < 0 || grade > 5 {
			return nil, refuse(invalidValue, "The proficiency of %q must be a number from 0 to 5", name)
		}
		x.Grade = grade
	}
	return x, nil
}

func (d *draft) setExternalIDs(op string, pth path, value any) *problem {
	list := slices.Clone(d.ExternalIDs)
	if authority, ok := pth.selected("authority"); ok {
		if pth.sub != "" && pth.sub != "value" {
			return nil
		}
		text, _ := valueOf(value)
		value = []any{map[string]any{"authority": authority, "value": text}}
	} else if pth.filter != nil || pth.sub != "" {
		return refuse(invalidPath, "The path %q needs a filter on authority", pth.text)
	} else if op == opReplace || op == opRemove && value == nil {
		list = nil
	}
	for _, e := range elements(value) {
		object, _ := e.(map[string]any)
		authority, _ := member(object, "authority").(string)
		text, _ := member(object, "value").(string)
		if authority == "" || text == "" && op != opRemove {
			return refuse(invalidValue, "An element of externalIds needs authority and value")
		}
		if strings.HasPrefix(authority, mirrorAuthority) {
			if op == opRemove {
				return refuse(mutability, "The external id of authority %q is read-only", authority)
			}
			d.mirror = append(d.mirror, text)
			continue
		}
		at := slices.IndexFunc(list, func(x ExternalID) bool { return x.Authority == authority })
		switch {
		case op == opRemove && at >= 0:
			list = slices.Delete(list, at, at+1)
		case op == opRemove:
		case at >= 0:
			list[at].Value = text
		default:
			list = append(list, ExternalID{Authority: authority, Value: text})
		}
	}
	if len(list) > maxExternalIDs {
		return refuse(invalidValue, "externalIds takes at most %d elements", maxExternalIDs)
	}
	d.ExternalIDs = list
	return nil
}

// finish settles what depends on several attributes and checks what must be unique.
func (d *draft) finish() *problem {
	d.settlePrimary()
	if d.UserName == "" || d.DisplayName == "" {
		return refuse(invalidValue, "userName and displayName are required")
	}
	for _, address := range d.otherEmail {
		if fold(address) != fold(d.UserName) {
			return refuse(mutability, "The main e-mail address is read-only: change userName")
		}
	}
	for _, value := range d.mirror {
		if value != d.ExternalID {
			return refuse(mutability, "The external id of authority %q is read-only: change externalId", mirrorAuthority)
		}
	}
	return d.dir.uniqueLocked(d.User)
}
