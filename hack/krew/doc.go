// Command krew builds the archives of kubectl-entrain for every platform and the manifest by which krew installs them, with the
// version and the check sums of these archives:
//
//	make krew VERSION=v0.1.0
//
// The same source and version give the same archives, so that anybody can check a release.
//
// Start with release in main.go.
package main
