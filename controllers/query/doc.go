// Package query serves what administrators ask about a ProvisioningConfig and what does not fit into its status: the
// provisioning log, explanations, plans, pending removals, and export and import of the state.
//
// It is an aggregated API of the API server, v1alpha1.query.entrain.dev: the API server authenticates the person, asks its
// authorizer, and forwards the request with the person's name. Here the client certificate of the API server is checked, the
// name is read, and the authorizer is asked again. Nobody reaches the answers past that. Why it is done so is in
// docs/design/005-query-endpoint.md.
//
// It answers no question itself; package inspect does.
//
// Start with Server.Start, then handler.go.
package query
