// Package world puts the real engine, with its real clients and a real store, between a simulated tenant and a simulated
// application, for the tests of test/model, test/fault and test/crash.
//
// Requests go over HTTP. Each side stands behind a Gate, which counts and remembers requests and breaks those that a test
// names. Time is a Clock that jumps to the end of every wait, so that no test waits.
//
// It is no test itself and checks nothing. Start with New.
package world
