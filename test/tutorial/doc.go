// Package tutorial is the acceptance list of the project: the numbered steps of the Microsoft tutorial "Configure Genesys Cloud
// for Azure for automatic user provisioning" (genesys-scim.md section 18, items 1 to 73), each with a result.
//
// It holds tests only. They apply the YAML of docs/tutorial.md to a whole operator (reconciler, plan, runner, engine, clients,
// store) that stands between a simulated tenant and a simulated Genesys Cloud. What is not here: the API server (see
// controllers and test/e2e); resources live in a fake client.
//
// Start at checklist_test.go; operator_test.go is the operator, manifests_test.go reads the YAML.
package tutorial
