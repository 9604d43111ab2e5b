// Package admission is the validating admission webhook: it refuses what cannot be used before it is stored, so that kubectl
// apply answers with the mistake, its place and a caret.
//
// It decides nothing of its own. Mappings and filters are checked by plan.CheckMapping and plan.CheckFilter, configurations by
// plan.Builder: the functions that the controllers use. Nothing relies on it: while it is away everything is let through, and
// the controllers check again (docs/design/004-admission.md).
//
// Refused is what is wrong whatever else there is. What depends on other resources that may still come, such as a Secret that
// does not exist, is a warning. A change of metadata alone is never refused, or finalizers could not be removed.
//
// Start with Setup; validator.go is what the four kinds have in common.
package admission
