// Package fault injects every class of failure seen in the field into every call that a scripted scenario makes to the source,
// the target and the store, in turn (docs: failures.md).
//
// The calls are enumerated by running the scenario once without a failure. What that run leaves in the target is what every
// other run must leave there too, two cycles after the failure is gone. Right after the failure nobody may be doubled, lost or
// disabled without cause, and the cause must be named.
//
// Start with scenario_test.go; the classes are in classes_test.go.
package fault
