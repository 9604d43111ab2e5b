package sqlstore

import ("testing";"fmt";"strings")
import "database/sql"
import _ "modernc.org/sqlite"
import "os"

func TestExp(t *testing.T) {
	db, _ := sql.Open("sqlite", t.TempDir()+"/x.db"); defer db.Close()
	b, _ := os.ReadFile("../../sqlite/migrations/00001_tables.sql")
	if _, err := db.Exec(strings.ReplaceAll(string(b), "-- +goose Up", "")); err != nil { t.Fatal(err) }
	d := Dialect{List: "json_each(?)", Rows: "json_each(?)", Use: "INDEXED BY "}
	for _, q := range []string{insertObjects, updateObjects, touchObjects, upsertAttributes, addSourceEdges, removeSourceEdges, dropAbsentEdges, markSeqs, markAssignedMembers,
		stageAssignments, mentionObjects, seqsOfSources, markPrincipals, markPrincipalMembers, endAssignments, beginAssignments, endEscrows, decide, setLevels, highestLevel,
		writeOutcomes, writeApplied, dropEscrows, writeEscrows, dropWaits, writeWaits, followEdges, followWaits, markMissing, emptiedGroups, trustGroups, suspectGroups, markUnseenMembers, dropUnseenEdges, leaveUnseenEdges,
		addTargetEdges, removeTargetEdges, dropTargetEdges, settleEscrows, settleObjects, countEdges, holdRemovals, loadEdges, loadObjects, loadAttributes,
		forget[0], forget[1], forget[2], movedEdges[0], movedEdges[1], movedEdges[2], movedEdges[3],intend, addKeys, dropKeys, addResources,
	} {
		q = d.translate(q)
		fmt.Println("====", strings.Join(strings.Fields(q), " "))
		rows, err := db.Query("EXPLAIN QUERY PLAN "+q, make([]any, strings.Count(q, "?"))...)
		if err != nil { fmt.Println(q, err); continue }
		for rows.Next() { var a,b,c int; var d string; rows.Scan(&a,&b,&c,&d); fmt.Println("   ", d) }
	}
}
