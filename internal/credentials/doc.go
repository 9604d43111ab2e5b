// Package credentials turns what Secrets hold into tokens and HTTP clients: an azcore.TokenCredential for Microsoft Graph, a
// Source of bearer tokens for the target, and clients that trust the right certificate authorities.
//
// It knows nothing of the custom resources: the plan hands it plain values. It sends nothing to Graph or to the target
// itself; the only servers it speaks to are token endpoints. It never logs, and its errors never hold a token, a secret or
// the raw answer of a token endpoint.
//
// Start with NewEntra for the source side and Static or NewClientCredentials for the target side. A token that was obtained
// for the target is kept in a Secret through TokenStore, so that a restart or a second replica does not obtain another;
// SecretStore is the implementation. HTTP clients are in http.go, reading one key of a Secret in secret.go.
package credentials
