// Package model runs random histories through the engine between both simulators and compares every step with an obvious model
// of what each person's account should look like (docs: failures.md).
//
// A history is a list of operations: people are hired, moved, renamed, blocked, deleted and restored, groups and plans change,
// either side fails, cycles are interrupted. Every history comes from a seed, which is printed when it fails, together with
// the smallest part of it that still fails.
//
// Start with model.go, which is the model; operation.go is what can happen; check.go compares.
//
//	go test ./test/model                                  hundreds of histories
//	MODEL_HISTORIES=5000 go test -timeout 60m ./test/model    as many as you like
//	MODEL_SEED=17 go test -run TestHistories ./test/model     one history again
package model
