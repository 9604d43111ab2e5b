// Package state is the memory of the engine: what was read from the source, what was decided about it, which resource of the
// target it is linked to, what was last sent there, what failed and when to try again, and the provisioning log.
//
// Everything that grows with the number of people lives behind Store and nowhere else; the engine holds a page of it at a
// time. A method is one transaction: it happened entirely or not at all, also when the process is killed in it. The set
// operations that need the whole tenant (who is assigned, which memberships differ, who manages whom) are queries of the
// store, so that no caller has to load it.
//
// It decides nothing: what a record means and what follows from it is the engine's business. Drivers are in the packages
// sqlite and postgres, the suite that every driver must pass in statetest.
//
// Start with Store, then Record and Outcome.
package state
