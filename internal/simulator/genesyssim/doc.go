// Package genesyssim is a protocol-level simulator of the SCIM 2.0 API of Genesys Cloud and of its token endpoint. It is
// written from the facts sheet genesys-scim.md alone (section numbers in comments are sections of that sheet) and shares no
// code with the client that is tested against it.
//
// What it is: an http.Handler with an organisation behind it (users in three states, groups, divisions, roles, skills), the
// documented rules and error bodies, the rate limit, and one switch for every point where the sheet had to decide
// (Knobs, section 17) or where servers were seen to misbehave (Fault). Everything can be changed while it runs, from Go or
// through the JSON endpoints under /admin/, which take no token and are not counted.
//
// What it is not, and does not do:
//   - No platform API beside SCIM: no /api/v2/users, no roles list, no user interface. EditUser stands in for an
//     administrator's hand.
//   - Only the search index of users lags behind (Knobs.SearchDelay); groups are found at once. External ids, roles and
//     skills, which are services of their own in the product, are always consistent.
//   - A deleted user keeps its attributes except roles, groups and external ids; which ones the product keeps is unknown.
//   - Passwords are stored and never checked. Scopes, user grants, idle time-outs and IP allow lists do not exist.
//   - Group rules are not evaluated: rule members are given when the group is seeded.
//   - One lock guards the organisation. A request costs the objects it touches plus the page it returns; the exceptions are a
//     filter of both division and manager, which walks the smaller set, and an employeeNumber that very many users share.
//
// Start with New and Knobs. directory.go and search.go hold the state and know nothing of HTTP; server.go shows the way of a
// request; users.go and groups.go are the operations.
package genesyssim
