package directory

import "strings"

// AttributeType is the type of an attribute, as in reference part 2 section 6.1.
type AttributeType string

// The attribute types.
const (
	String    AttributeType = "String"
	Boolean   AttributeType = "Boolean"
	Integer   AttributeType = "Integer"
	Decimal   AttributeType = "Decimal"
	DateTime  AttributeType = "DateTime"
	Binary    AttributeType = "Binary"
	Reference AttributeType = "Reference"
	Complex   AttributeType = "Complex"
)

// TargetAttribute describes an attribute of the target.
type TargetAttribute struct {
	// Path is the canonical SCIM path: straight double quotes, one blank around eq, extension URN in full.
	Path string
	Type AttributeType
	// Required attributes must have a value on create.
	Required bool
	// Filterable attributes can be matched on.
	Filterable bool
	// MultiValued attributes take a list.
	MultiValued bool
	// ReadOnly attributes cannot be written.
	ReadOnly bool
	// CaseExact attributes differ when only their case differs.
	CaseExact bool
	// Normalize, if set, returns the form in which the target stores a value, or an error (kind fault.Invalid) that says why
	// the target cannot take it. Region is the person's usageLocation, an ISO 3166 code or "".
	Normalize func(value, region string) (string, error)
}

// TargetSchema is what is known of the attributes of a target.
type TargetSchema struct {
	// Name is the name of the profile, for messages.
	Name string
	// Users and Groups are the attributes in the order in which they are shown.
	Users, Groups []TargetAttribute
	// Open is true where attributes that are not listed may be mapped too (custom extensions of a generic application).
	Open bool
}

// Attributes returns the attributes of a kind.
func (s TargetSchema) Attributes(kind Kind) []TargetAttribute {
	if kind == Group {
		return s.Groups
	}
	return s.Users
}

// Lookup finds an attribute by path; SCIM attribute names and URNs compare without regard to case (RFC 7643 section 2.1).
func (s TargetSchema) Lookup(kind Kind, path string) (TargetAttribute, bool) {
	for _, a := range s.Attributes(kind) {
		if strings.EqualFold(a.Path, path) {
			return a, true
		}
	}
	return TargetAttribute{}, false
}
