package directory

// Document is a SCIM resource as decoded JSON (strings, bools, float64, []any, map[string]any), without id, meta and schemas
// where it is something we want, with them where it is something we read.
//
// A reference to another resource is held as a TargetID; the client writes it in the shape the target wants.
type Document map[string]any

// Resource is a resource that exists in the target.
type Resource struct {
	ID       TargetID
	Version  string // ETag or meta.version, "" where the target has none
	Document Document
}

// Values holds values of a resource by SCIM path, in the canonical spelling of TargetAttribute.Path. It is what was last
// sent to or read from the target and is compared against what is wanted.
type Values map[string]any

// OperationKind is the op of a PATCH operation, RFC 7644 section 3.5.2.
type OperationKind string

const (
	// Add sets an attribute that has no value, or adds values to a multi-valued one.
	Add OperationKind = "add"
	// Replace sets an attribute that has another value.
	Replace OperationKind = "replace"
	// Remove clears an attribute or removes the selected values.
	Remove OperationKind = "remove"
)

// Operation is one change of a resource, in RFC 7644 form; the client's profile turns it into the bytes the target wants.
type Operation struct {
	Kind OperationKind
	// Path is a SCIM path (RFC 7644 figure 7), such as phoneNumbers[type eq "mobile"].value.
	Path string
	// Value is a string, bool, float64, TargetID (a reference), []any or map[string]any; nil for Remove.
	Value any
}

// Capabilities says what a target can do; a profile states them, discovery may lower them.
type Capabilities struct {
	// Profile is the profile's name, such as GenesysCloud.
	Profile string
	// CreateGroups and DeleteGroups are false where groups must exist beforehand (Genesys).
	CreateGroups, DeleteGroups bool
	// DeleteUsers is false where users can only be disabled.
	DeleteUsers bool
	// MemberBatch is how many members one PATCH of a group may add or remove.
	MemberBatch int
	// PageSize is how many resources one page of a list holds.
	PageSize int
	// ListRequests is how many lists are needed to see everybody: 2 where active and inactive users are listed apart.
	ListRequests int
	// ReferencesInCreate is true where a POST may carry references such as the manager.
	ReferencesInCreate bool
	// BulkOperations is how many resources one request may create (RFC 7644 section 3.7), 0 where only one at a time can be.
	// No profile states it; discovery sets it.
	BulkOperations int
	// RequestsPerMinute is the allowance the target starts with, 0 for none known.
	RequestsPerMinute int
	// Schema lists the attributes of the target.
	Schema TargetSchema
}
