// Package mapping is a compiled attribute mapping: it turns the attributes of an object of the source into the resource
// that the target should have, the keys by which an existing one is found, and the operations by which one that exists
// becomes what it should be (reference part 1 section 4).
//
// It reads and writes nothing, knows neither links nor memberships, and does not decide whether anything is sent. The
// bytes of a particular target are the business of its profile; here everything has the form of RFC 7643 and RFC 7644.
//
// Where the documentation leaves a choice:
//   - A default value is used when an object is created, never on an update (reference 4.2).
//   - A null source sends nothing. With Options.ClearNullValues a value that was sent before is removed.
//   - A value that the target cannot take is left out with a warning. For a required attribute it is an error of the
//     object, except for somebody who leaves: a bad value never keeps anybody from being disabled.
//   - Clearing the value of a list element removes the element, because an element without a value means nothing.
//
// Values that were read from a target (Mapping.Current) carry a mark: they are compared like any others, but nothing is
// removed on their strength, because nobody says that they came from us. Mapping.Reread joins the two.
//
// Start with Compile; then Mapping.Apply, Document for a create, and Diff for an update. Path is a SCIM path.
package mapping
