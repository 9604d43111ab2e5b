// Command demo shows Entrain at work on a machine that has neither a cluster nor a tenant: it starts a Kubernetes control
// plane, the simulators of Microsoft Graph and Genesys Cloud and the operator, applies resources with kubectl, and tells a
// story: a plan before the first write, people who arrive, change and leave, one of them explained, removals that are held and
// released, a token that expires. Each step is verified in the target; with DEMO_EXIT=1 the exit code says whether all of them
// were true. With --recordings it draws what kubectl entrain printed (make recordings).
//
// It is run by make demo, which builds what it needs and sets KUBEBUILDER_ASSETS.
package main
