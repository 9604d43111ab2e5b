// Command demo shows Entrain at work on a machine that has neither a cluster nor a tenant: it starts a Kubernetes control
// plane, the simulators of Microsoft Graph and Genesys Cloud and the operator, applies resources with kubectl, and tells a
// story of people who arrive, change and leave. Each step is verified in the target; with DEMO_EXIT=1 the exit code says
// whether all of them were true.
//
// It is run by make demo, which builds what it needs and sets KUBEBUILDER_ASSETS.
package main
