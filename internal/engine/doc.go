// Package engine runs provisioning cycles: it reads what changed in the source into the store, decides object by object, and
// applies the decisions to the target (reference entra-provisioning.md sections 1 to 5).
//
// A cycle is a list of phases. Everything before the apply phases has no effect on the target: a read that failed half way
// ends the cycle before anybody is judged, and the deletion guard has seen the whole cycle before the first removal. What is
// learnt about an object is committed in one transaction; a killed process goes on at the object where it stopped.
//
// The engine knows no Kubernetes, no Graph and no SCIM: Source and Target are interfaces that are satisfied by the packages
// graph and scim, the store is an interface of package state, and what to do with one object is package decide. It does not
// schedule itself: package runner calls Run.
//
// Start with Plan and Engine.Run, then the phases in cycle.go.
package engine
