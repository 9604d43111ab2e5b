// Command kubectl-entrain is a kubectl plugin: kubectl entrain.
//
// It has three kinds of commands. status, sync, restart, allow-deletes and provision need only the API server: they read the
// status of a ProvisioningConfig and set its request annotations, or create a ProvisionOnDemand and wait for it. logs, explain,
// plan and state ask the operator, through the API server and with the rights of the person who asks
// (docs/design/005-query-endpoint.md). eval needs no cluster.
//
// It decides nothing and computes nothing about people: what it prints comes from status or from package inspect.
//
// Start with root in main.go, then connection in connect.go.
package main
