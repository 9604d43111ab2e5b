// Package scope decides whether an object of the source passes the scoping filters that an administrator wrote (reference
// part 1 section 3): a filter is a list of clauses that must all be true, and one true filter is enough.
//
// It knows nothing of assignment, of objects that are disabled, or of what happens to somebody who leaves scope; the engine
// does. Filters compare the values of the source, before any mapping.
//
// Two choices the documentation leaves open (reference 3.3):
//   - REGEX MATCH must match the whole value, as the documented examples assume; a pattern that looks as if it were meant
//     to match a part gets a warning.
//   - & is true when the attribute's value occurs in the clause's value, as in a list of allowed values.
//
// Start with Compile; Set.Evaluate is the decision.
package scope
