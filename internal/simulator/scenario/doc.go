// Package scenario makes seeded tenants for demos, tests and load tests: the same arguments give the same people with the same
// ids on every machine.
//
// Contoso is a company with everything that makes provisioning hard: names from many cultures, telephone numbers in many
// notations, guests, disabled accounts, nested groups, groups that the target does not have, people without an assignment.
// Large is as many people and memberships as asked for.
//
// It knows nothing of HTTP; hand Scenario.Tenant to graphsim and the lists of Target to whatever plays the application.
package scenario
