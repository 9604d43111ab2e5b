// Package graphsim is a protocol-level simulator of the parts of Microsoft Graph v1.0 and of the Entra token endpoint that a
// provisioning client needs. It is written from the reference sheet microsoft-graph.md alone (section numbers in the comments
// are that sheet's) and shares no code with our client: a simulator that does would prove nothing.
//
// Served on one address: the authority (discovery, token endpoint, keys), Graph under /v1.0 and an administration interface
// under /admin/ that hires, moves and dismisses people and scripts faults. Knobs turns each trap of the sheet on and off at
// run time; Fault breaks the n-th matching request; Journal tells what was asked. The tenant itself is package tenant.
//
// Start with New, Config and Knobs; Listen serves it on a loopback address with or without TLS.
//
// # Limits of the simulation
//
//   - Left out: servicePrincipals/delta, directoryObjects/delta, audit logs, managed
//     identity (IMDS), photos and other stores, $ref on collections, beta, and every write to Graph (405): the tenant is
//     changed through Go or /admin/.
//   - Change notifications are delivered when Server.DeliverNotifications is called, never by themselves. Several changes of one
//     object are one notification. The sheet does not say how a second subscription to a resource is refused; here it is 409. Plain
//     http addresses are taken on this machine only.
//   - Delta entries show the newest state of an object even when replication lag hides the change itself; the change then
//     comes again in a later round. In the first round a group lists soft-deleted members, because they keep their
//     membership; plain member lists do not.
//   - owners can be selected on groups but are never reported; customSecurityAttributes and signInActivity are read like any
//     other property and never tracked.
//   - $filter knows comparisons, in, startsWith, endsWith, not, and, or, parentheses and any() with one eq. Filters (except id,
//     userPrincipalName and appId), $orderby, $search and transitiveMembers read the whole collection.
//   - A federated assertion whose credential names no keys is believed without checking its signature.
//   - Throttling counts cost units in fixed windows of ten seconds for each application.
//   - $select beside a $skiptoken or a real $deltatoken is refused, so that a client that relies on it fails here (1.1 calls it
//     unsupported).
//   - The sheet lists the AADSTS codes that matter; for broken assertions and forms the simulator adds 50027, 700021, 700023,
//     90014, 900561, 9000411 and 9002313 from general knowledge.
//   - A full change log (tenant.Config.History) is dropped as a whole; delta tokens from before are then too old.
package graphsim
