// Package v1alpha1 holds the custom resources of Entrain, API group provisioning.entrain.dev: ProvisioningConfig,
// AttributeMapping and ScopingFilter, which an administrator writes, and ProvisionOnDemand, a request for one person or
// group.
//
// The field comments are the specification: kubectl explain shows them, docs/spec explains them with examples. What the
// API server can check stands here as a marker with a message that says what to write instead. Expressions, regular
// expressions and SCIM paths are not checked here; package plan does that for the admission webhook, the controllers and
// the command line alike. Nothing in this package talks to a cluster, a tenant or a target.
//
// Start with provisioningconfig_types.go; condition_types.go lists what status can say and request.go what annotations
// can ask for.
//
// +kubebuilder:object:generate=true
// +groupName=provisioning.entrain.dev
package v1alpha1
