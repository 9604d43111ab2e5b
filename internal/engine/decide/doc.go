// Package decide is the one place that says what a cycle does with an object. It is pure: everything that matters is in Input,
// the answer is a Verdict, and nothing is read or written. The rules read like the table of reference section 1.3, in the
// order in which they apply, and are tested by tables only.
//
// What exactly is sent is the mapping's business, when it is sent the engine's.
package decide
