// Package scim is a client of SCIM 2.0 applications (RFC 7643, RFC 7644): it finds, lists, creates, changes and deletes users
// and groups, and keeps to the rate the application allows.
//
// It decides nothing: what has to be written, whether a failure is tried again later and who is matched with whom is the
// engine's business. It does not know single applications either; package profile does.
//
// What it promises: every request is bounded in time, size and repetition; a POST is never sent twice unless the application
// cannot have seen it; a resource that does not match the filter is never returned; an error carries a fault.Kind and one
// sentence without personal data, and what the application answered only as ErrorDetail.
//
// Start with client.go, then request.go (one request, its repetition), faults.go (what an answer means), limiter.go and gate.go;
// bulk.go creates many resources in one request where the application offers that.
package scim
