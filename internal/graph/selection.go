package graph

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/fault"
)

// Names of properties and annotations of section 1 and 2.
const (
	propertyID       = "id"
	propertyManager  = "manager"
	propertyMembers  = "members"
	propertyType     = "@odata.type"
	propertyRemoved  = "@removed"
	managerDelta     = "manager@delta"
	membersDelta     = "members@delta"
	firstElement     = "[0]"
	extensionPrefix  = "extension_"
	typeUser         = "#microsoft.graph.user"
	typeGroup        = "#microsoft.graph.group"
	selectOption     = "$select"
	topOption        = "$top"
	largestPage      = "999"
	maxSelectedNames = 500
)

// selection is the translation of the source attributes of one read into Graph properties and back.
type selection struct {
	kind directory.Kind
	// properties are the scalar properties, sorted, with id.
	properties []string
	// fields are the attributes to fill from each of them; several attributes may come from one property.
	fields map[string][]field
	// manager and members are true when the relation is asked for.
	manager, members bool
}

// field is one source attribute.
type field struct {
	name string
	// sub is the key inside a complex property, "" for a plain one.
	sub string
	// first takes the first element of a list.
	first bool
	// guest rewrites the user principal name of guests.
	guest bool
	// id is written as the engine writes ids.
	id bool
}

// newSelection looks the attributes up; computed ones are the engine's and select nothing.
func newSelection(kind directory.Kind, attributes []string) (*selection, error) {
	if kind != directory.User && kind != directory.Group {
		return nil, fault.New(fault.Invalid, "select attributes", "objects of kind %q cannot be read", kind)
	}
	if len(attributes) > maxSelectedNames {
		return nil, fault.New(fault.Invalid, "select attributes", "%d attributes are asked for, %d are possible", len(attributes), maxSelectedNames)
	}
	s := &selection{kind: kind, properties: []string{propertyID}, fields: map[string][]field{}}
	for _, name := range attributes {
		a, ok := directory.LookupSource(kind, name)
		if !ok {
			return nil, fault.New(fault.Invalid, "select attributes", "%s is no source attribute of %s", name, resourceByKind[kind])
		}
		switch a.Graph {
		case "":
		case propertyManager:
			s.manager = true
		case propertyMembers:
			s.members = true
		default:
			s.add(a)
		}
	}
	slices.Sort(s.properties)
	s.properties = slices.Compact(s.properties)
	return s, nil
}

func (s *selection) add(a directory.SourceAttribute) {
	f := field{name: a.Name, guest: a.Name == directory.AttrUserPrincipalName, id: a.Graph == propertyID}
	property := a.Graph
	property, f.first = strings.CutSuffix(property, firstElement)
	if !strings.HasPrefix(property, extensionPrefix) {
		property, f.sub, _ = strings.Cut(property, ".")
	}
	s.properties = append(s.properties, property)
	if !slices.Contains(s.fields[property], f) {
		s.fields[property] = append(s.fields[property], f)
	}
}

// plainSelect is the $select of an ordinary read, where relations cannot be selected (section 3.3).
func (s *selection) plainSelect() string { return strings.Join(s.properties, ",") }

// tracked are the names of the $select of a delta, where naming a relation is what tracks it (sections 1.5 and 2.1).
func (s *selection) tracked() []string {
	out := slices.Clone(s.properties)
	if s.manager {
		out = append(out, propertyManager)
	}
	if s.members {
		out = append(out, propertyMembers)
	}
	slices.Sort(out)
	return out
}

// attributes renders the properties of an entity. A property that is absent keeps its value (section 1.4); whole is true for
// an ordinary read, where an absent directory extension is one that is not set (section 5.3).
func (s *selection) attributes(e entity, whole bool) (directory.Attributes, error) {
	out := make(directory.Attributes, len(e))
	for property, fields := range s.fields {
		raw, ok := e[property]
		if !ok {
			if whole && strings.HasPrefix(property, extensionPrefix) {
				raw = json.RawMessage("null")
			} else {
				continue
			}
		}
		if err := fill(out, fields, raw); err != nil {
			var shape *shapeError
			if errors.As(err, &shape) {
				return nil, misshaped("property %s: %s", property, shape.what)
			}
			return nil, err
		}
	}
	return out, nil
}

// fill sets the attributes that come from one property.
func fill(out directory.Attributes, fields []field, raw json.RawMessage) error {
	if fields[0].sub != "" {
		return fillComplex(out, fields, raw)
	}
	have, err := values(raw)
	if err != nil {
		return err
	}
	for _, f := range fields {
		v := have
		if f.first && len(v) > 1 {
			v = v[:1]
		}
		if f.guest && len(v) == 1 {
			v = []string{guestUPN(v[0])}
		}
		if f.id && len(v) == 1 {
			v = []string{strings.ToLower(v[0])}
		}
		out[f.name] = v
	}
	return nil
}

// fillComplex sets the attributes that are parts of a complex property; null clears all of them.
func fillComplex(out directory.Attributes, fields []field, raw json.RawMessage) error {
	var parts entity
	if err := json.Unmarshal(raw, &parts); err != nil {
		return misshaped("it is no object")
	}
	for _, f := range fields {
		part, ok := parts[f.sub]
		switch {
		case parts == nil:
			out[f.name] = nil
		case ok:
			v, err := values(part)
			if err != nil {
				return err
			}
			out[f.name] = v
		}
	}
	return nil
}

// identity returns the id of an entity. Ids of Graph are lower-case already; the engine's keys depend on it.
func (e entity) identity() (directory.SourceID, error) {
	raw, ok := e[propertyID]
	if !ok {
		return "", misshaped("an object has no id")
	}
	id, err := text(raw)
	if err != nil || id == "" {
		return "", misshaped("the id of an object is no text")
	}
	return directory.SourceID(strings.ToLower(id)), nil
}

// kind returns the kind of a related object, "" for devices, contacts and service principals. Known is false when Graph
// does not say.
func (e entity) kind() (kind directory.Kind, known bool) {
	name, err := text(e[propertyType])
	switch {
	case err != nil || name == "":
		return "", false
	case strings.EqualFold(name, typeUser):
		return directory.User, true
	case strings.EqualFold(name, typeGroup):
		return directory.Group, true
	}
	return "", true
}

// removed reports whether an entity carries @removed, and its reason.
func (e entity) removed() (bool, string) {
	raw, ok := e[propertyRemoved]
	if !ok || isNull(raw) {
		return false, ""
	}
	var annotation struct {
		Reason string `json:"reason"`
	}
	if json.Unmarshal(raw, &annotation) != nil {
		// Some services write the reason without an object around it.
		annotation.Reason, _ = text(raw)
	}
	return true, annotation.Reason
}

// related reads the list of a relation annotation.
func related(raw json.RawMessage, name string) ([]entity, error) {
	var list []entity
	if err := json.Unmarshal(raw, &list); err != nil || slices.ContainsFunc(list, func(e entity) bool { return e == nil }) {
		return nil, misshaped("%s is no list of objects", name)
	}
	return list, nil
}
