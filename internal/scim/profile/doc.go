// Package profile says what a SCIM application can and cannot do: its attributes, its default mapping, the limits of its
// API and the byte shapes it wants.
//
// It sends nothing and knows no HTTP; package scim does. A profile is data wherever data can say it, and a function only
// where a value has to be brought into the form in which the application keeps it (Normalize) or a request into bytes (Wire).
//
// Start with Lookup, then Profile. Each application has a file of its own: genesys.go, generic.go, entra.go.
package profile
