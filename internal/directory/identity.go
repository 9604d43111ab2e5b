package directory

// Kind is the kind of a provisioned object, spelled as in the custom resources.
type Kind string

const (
	// User is a person.
	User Kind = "User"
	// Group is a group of persons.
	Group Kind = "Group"
)

// SourceID is the immutable id of an object in Entra (objectId, a lower-case GUID).
type SourceID string

// TargetID is the immutable id of a resource in the target (SCIM id).
type TargetID string
