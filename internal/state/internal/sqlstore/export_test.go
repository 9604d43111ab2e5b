package sqlstore

import "github.com/entrain-dev/entrain/internal/state"

// Pages are the statements that take in a page, as SQLite reads them. Their cost must not grow with the config.
func Pages(d Dialect) []string {
	queries := []string{
		insertObjects, updateObjects, touchObjects, upsertAttributes, loadNumbers, loadFacts, loadAttributes, loadEdges, addSourceEdges, touchEdges, removeSourceEdges,
		dropAbsentEdges, markSeqs, markAssignedMembers, mentionObjects, seqsOfSources, stageAssignments, endEscrows, decide, intend, listLinks,
		writeOutcomes, writeApplied, dropEscrows, writeEscrows, dropWaits, writeWaits, followMembers, followGroups, leaveMembers, leaveGroups, followWaits, markReferrers, settleEscrows,
		settleObjects, addTargetEdges, removeTargetEdges, dropTargetEdges, anyGroup, anyNested, addInherited, endInherited, markHeirs, dropHeirs, addResources, dropKeys, addKeys, appendLog,
	}
	queries = append(append(queries, forget...), movedEdges...)
	for i, query := range queries {
		queries[i] = d.translate(query)
	}
	return queries
}

// Listings are the statements that list by page or are asked often, as SQLite reads them.
func Listings(d Dialect) map[string]string {
	out := map[string]string{}
	for name, query := range map[string]string{
		"Due": listDue, "CountDue": countDue, "Missing": listMissing, "Known": countKnown, "Removals": listRemovals, "Pending": countPending,
		"Held": countHeld, "Apply": listPending, "Apply of a level": listLevel, "Apply of failures": listRetries,
		"Waiting": listWaiting, "UnequalGroups": unequalGroups, "Edges": listEdges, "ByTarget": findTarget, "Targets": listTargets,
		"Get": getObject, "Escrows": listEscrow, "FindIndex": findKey, "assignments of groups": groupRoles, "assignments": ownRoles,
		"import look-up": loadNumbers, "import of edges": loadEdges, "referrers": markReferrers, "Counts": countLinks,
		"prune": pruneLog, "Linked": listLinked, "TargetEdges": listTargetEdges, "Awaited": countAwaited,
		"nested groups": listNestings, "groups with groups": listRoots, "groups that inherit": listHolders,
		"inner groups": listInner, "heirs": changedHeirs,
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
