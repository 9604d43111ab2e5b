// Package runner decides when the cycles of each config run and runs them, outside of any reconciliation. It owns one
// goroutine for each config and waits for all of them when it is stopped.
//
// A controller tells it what is wanted (Set, Remove) and reads what came of it (Status); the runner tells by Notify that a
// look is worth while. It knows plans, not custom resources, and keeps nothing that is not in the store: after a restart of
// the operator it goes on from there.
//
// Start with Runner.Set and Desired, then loop.go.
package runner
