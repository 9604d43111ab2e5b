// Package inspect answers the questions of administrators about one config: what happened (Logs, Follow), why a person is in or
// out of scope and what comes next (Explain), which removals are pending (Removals), and what a cycle would do before it does
// it (Plan).
//
// It reads the state store and, for Plan and for people who are named by a user principal name, the tenant. It never writes to
// the target or to the state of the config. It knows no Kubernetes and no HTTP: package controllers/query serves it, and who
// may ask is decided there.
//
// Answers hold names and values of people. They go to the person who asked and nowhere else; errors hold neither.
//
// Start with Inspector.
package inspect
