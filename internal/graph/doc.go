// Package graph reads one Entra tenant through Microsoft Graph v1.0: the delta of users and of groups with their direct
// members, who is assigned to the application with which role, and single objects.
//
// It is the source of the engine and nothing more. It does not decide who is in scope, keeps no state between calls (the
// delta token is handed to the caller), writes nothing to the tenant, and obtains no credentials: tokens come from an
// azcore.TokenCredential.
//
// Its first law is that an incomplete read is never taken for absence. A read either hands over every page or returns an
// error; a page without its list, a list without its end, a body cut short or larger than allowed are errors; only two
// answers "not found" that Graph itself gave, from the directory and from the recycle bin, prove that an object is gone. Where the
// recycle bin of groups may not be seen, two answers of the directory prove that a group is not in force.
//
// What Graph hides cannot be seen here: the members of groups with hidden membership need Member.Read.Hidden, and without it
// Graph says that such a group has no members.
//
// Start with Client and Config, then Client.Changes (delta.go), Client.Assignments (assignment.go), Client.Find (find.go) and
// Client.FindMany (findmany.go), which looks twenty objects up in one request (batch.go), and Client.TransitiveMembers
// (transitive.go) for questions about nested groups. Requests, retries and errors are in
// request.go, retry.go and answer.go; the translation of properties into source attributes is in selection.go and value.go.
// The facts are in the reference sheet microsoft-graph.md, whose section numbers the comments name.
package graph
