// Command perf measures how fast and how frugal Entrain is: make bench, or go run ./test/perf.
//
// Each measure prints a ratio, the two raw numbers behind it and the goal, so that the result means the same on a fast and
// on a slow machine. The real engine, both real clients and a real SQLite store run in a process of their own; the tenant
// and Genesys Cloud are simulated in the process that starts it, so that their memory is not counted and the bare Go loop,
// which is a process as well, finds the same conditions.
//
// It is no test of speed: nothing fails because a machine was busy. perf_test.go runs all measures with few people and
// checks the figures that do not depend on time.
//
// Start at measure.go for what is measured, world.go for the simulators, worker.go for the process that is measured.
package main
