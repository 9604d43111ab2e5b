package sqlstore

import "github.com/entrain-dev/entrain/internal/state"

// Listings are the statements that list by page or are asked often, as SQLite reads them.
func Listings(d Dialect) map[string]string {
	out := map[string]string{}
	for name, query := range map[string]string{
		"Due": listDue, "CountDue": countDue, "Missing": listMissing, "Known": countKnown, "Removals": listRemovals, "Pending": countPending,
		"Held": countHeld, "Apply": listPending, "Apply of a level": listLevel, "Apply of failures": listRetries,
		"Waiting": listWaiting, "UnequalGroups": unequalGroups, "Edges": listEdges, "ByTarget": findTarget, "Targets": listTargets,
		"Get": getObject, "Escrows": listEscrow, "FindIndex": findKey, "assignments of groups": groupRoles, "assignments": ownRoles,
		"import look-up": loadObjects, "import of edges": loadEdges, "referrers": markReferrers, "Counts": countLinks,
		"prune": pruneLog,
	} {
		out[name] = d.translate(query)
	}
	for name, q := range map[string]state.LogQuery{
		"log": {}, "log of a person": {Source: "u"}, "log of a cycle": {CycleID: "c"}, "log after a number": {After: 1},
	} {
		query, _ := logQuery(q)
		out[name] = query
	}
	return out
}
