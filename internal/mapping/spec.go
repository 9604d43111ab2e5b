package mapping

import "github.com/entrain-dev/entrain/internal/directory"

// Spec is a mapping as an administrator wrote it.
type Spec struct {
	Kind directory.Kind
	// Create, Update and Delete are the target object actions (reference 4.5). Disabling is an update.
	Create, Update, Delete bool
	Rows                   []Row
	Examples               []Example
}

// Row maps one attribute of the target. Source, Expression and Constant exclude each other; a row with none of them is
// listed but unmapped, and gives at most its default value.
type Row struct {
	// Target is a SCIM path, RFC 7644 section 3.10 with value filters, reference 4.6.
	Target string
	// Source is the name of a source attribute.
	Source string
	// Expression is in the language of package expr.
	Expression string
	// Constant is the same value for everybody.
	Constant *string
	// MatchingPrecedence is 1 for the attribute by which an existing resource is looked for first, 0 for none.
	MatchingPrecedence int
	// OnCreateOnly rows are sent when the resource is created and never again.
	OnCreateOnly bool
	// DefaultValue is sent on create when the source is null.
	DefaultValue *string
	// CaseExact, if set, decides in place of the target attribute whether a difference only in case is a difference.
	CaseExact *bool
}

// Example is an input with the output that the administrator expects of the mapping.
type Example struct {
	Name string
	// Source holds values by source attribute; IsSoftDeleted is False unless given.
	Source map[string][]string
	// Expect holds values by target path, lists joined by ", "; the empty string means no value.
	Expect map[string]string
}

// Options are choices beyond the mapping itself.
type Options struct {
	// ClearNullValues removes from the target what was sent before and is null now.
	ClearNullValues bool
}

// Desired is what a resource should be.
type Desired struct {
	// Values has one entry for each row that has a value or is to be cleared.
	Values []Value
	// References holds the single references, such as the manager, with the object of the source they point to.
	References []Reference
	// Warnings are values that were left out.
	Warnings []Warning
}

// Value is the wanted value of one attribute.
type Value struct {
	// Path is the canonical path of the row.
	Path string
	// Value is a string, bool, float64 or []any, whose elements are scalars or map[string]any.
	Value any
	// OnCreateOnly values are part of a create and never of a difference.
	OnCreateOnly bool
	// DefaultOnly is a default value: like OnCreateOnly, but the row takes part in differences once the source has a value.
	DefaultOnly bool
	// AddOnly lists are added to what the target has (AppRoleAssignmentsComplex, reference 4.9).
	AddOnly bool
	// Redacted values are never shown in logs.
	Redacted bool
	// Clear means that the source is null and a value that was sent is to be removed; Value then holds the default, if any.
	Clear bool
}

// Reference is the wanted value of a reference attribute.
type Reference struct {
	Path string
	// Source is the object referred to, "" for none.
	Source directory.SourceID
	// OnCreateOnly references are set on create and never changed.
	OnCreateOnly bool
	// Clear means that there is none and one that was sent is to be removed (Options.ClearNullValues).
	Clear bool
}

// Warning says why an attribute was left out of one object; it does not hold the value.
type Warning struct {
	Path    string
	Message string
}

// Key is a value by which an existing resource can be found.
type Key struct {
	Path, Value string
	CaseExact   bool
}

// Modified is a changed attribute as the provisioning log shows it; redacted values are "[Redact]".
type Modified struct {
	Path, Old, New string
	Redacted       bool
}
