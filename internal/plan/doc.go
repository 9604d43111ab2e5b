// Package plan is the bridge between the two worlds: it reads a ProvisioningConfig with everything it refers to and compiles it
// into an engine.Plan, which knows nothing of Kubernetes. It is the only package that imports both sides.
//
// What is wrong with what an administrator wrote comes out as an Unresolved with one sentence, or as problems with a path.
// CheckMapping and CheckFilter are the one validator of mappings and filters: the admission webhook, the controllers and the
// command line call it.
//
// It runs nothing and sends nothing. Start with Builder.Build.
package plan
