// Package strictscim is a generic SCIM 2.0 server that follows RFC 7643 and RFC 7644 to the letter, as a second target beside
// genesyssim: whatever a client gets wrong about the RFCs shows here.
//
// Requests are checked and dispatched by github.com/elimity-com/scim; this package adds the store, filters, projection, PATCH,
// ETags, the bearer token and a journal. It shares no code with the client that is tested against it.
//
// Strict means, where servers in the field are often lenient:
//   - Booleans are JSON Booleans; a manager is an object with value; schemas must be in every body.
//   - A filter names attributes of extensions with their URN and compares Booleans with Booleans; else 400 invalidFilter.
//   - A path whose filter selects nothing is 400 noTarget, also for add (Knobs.AddCreatesElement), but not for remove.
//   - remove on a whole multi-valued attribute removes every value and ignores the value of the operation, which is not what
//     Entra's legacy form means (Knobs.LegacyRemove).
//   - A stale If-Match is 412. ETags are weak.
//
// Bulk (RFC 7644 section 3.7) is offered only with Knobs.BulkOperations; bulkIds are resolved in paths and values, but only
// those of operations that came before.
//
// Limits: no sort, no .search, no /Me; groups of a user are not filled in; passwords are forgotten at once; the
// manager of a user need not exist. itemsPerPage is the page size asked for, as the library has it. A filter without an
// equality on id, userName, displayName or externalId walks everybody.
//
// Start with New. server.go is the way of a request, store.go the state, handler.go the operations, bulk.go
// many operations in one request.
package strictscim
