// Package statetest is the suite that every driver of state.Store must pass: what the comments of the interface promise, one
// case for each promise.
//
// It sees a store only through the interface. What is particular to a database (error codes, query plans, sizes) is tested with
// the drivers.
//
// Start with Run; fixture.go has the words in which the cases are written.
package statetest
