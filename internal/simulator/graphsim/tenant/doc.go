// Package tenant is the state behind graphsim: one Entra tenant with users, groups, memberships, managers, service
// principals, app role assignments, a recycle bin and a change log with a growing sequence number.
//
// It knows nothing of HTTP. Tests and scenarios change it through methods such as AddUser, SetManager and SoftDelete;
// graphsim reads it page by page through List, Changed, Members and MemberChanges. Every method is safe for concurrent
// use and none does work that grows with the size of the tenant beyond the page it returns, except where its comment says so.
//
// It is not a directory: there are no licences, no dynamic membership rules, no administrative units, and writes are
// checked only as far as a provisioning client could notice.
//
// Start with Tenant and New, then View, which is what a reader sees of an object.
package tenant
