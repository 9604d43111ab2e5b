// Command bench measures the expression language against cel-go on expressions that mean the same, and prints how many
// times faster or slower it is:
//
//	go run ./internal/expr/bench
//
// The same pairs are Go benchmarks: go test -bench . ./internal/expr/bench. It is a program of its own so that the package
// expr does not depend on cel-go.
//
// Start with pairs, the list of expressions.
package main
