// Package crash kills a real process with SIGKILL in the middle of provisioning, again and again, and checks that nobody is
// doubled or lost.
//
// The simulators live in the test; the process is test/crash/worker, which runs cycles over a state file. It is killed when the
// n-th request arrives at one of the simulators, before the request is handled or when it was handled but not yet answered. The
// state file then goes to the next process.
//
//	go test ./test/crash
//	CRASH_KILLS=2000 CRASH_SEED=7 go test -timeout 60m ./test/crash
package crash
