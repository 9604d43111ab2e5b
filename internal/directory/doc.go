// Package directory is the vocabulary that the rest of the engine speaks: what an object of the source is, what changed
// about it, and what a resource of the target looks like.
//
// It holds types, the table of source attributes and nothing that decides, reads or writes. It imports only the standard
// library, so that the Graph reader, the SCIM client, the mapping and the engine can share it without knowing each other.
//
// Start with Object and Change for the source side, Resource and Operation for the target side, SourceAttributes for what
// a mapping or a filter may read, and TargetSchema for what a mapping may write.
package directory
