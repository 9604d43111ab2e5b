// Package controllers holds the reconcilers: thin, and free of anything that provisions. A reconciler reads resources, has
// them compiled by package plan, tells the runner what is wanted and writes what came of it into status, conditions and
// events. No provisioning cycle ever runs inside Reconcile.
//
// Status is computed by pure functions, one a condition (status_conditions.go), which are tested without an API server.
//
// Start with ProvisioningConfigReconciler.Reconcile.
package controllers
