package genesyssim_test

import (
	"encoding/json"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/entrain-dev/entrain/internal/simulator/genesyssim"
)

func TestAdmin(t *testing.T) {
	w := newWorld(t)
	id := w.create("ada@example.com", object{"title": "Agent"})
	group := w.sim.AddGroup(genesyssim.GroupSpec{Name: "Sales"})
	anonymous := with("Authorization", "")
	list := func(path string) (out []object) {
		t.Helper()
		if err := json.Unmarshal([]byte(w.get(path, anonymous).want(t, 200).raw), &out); err != nil {
			t.Fatal(err)
		}
		return out
	}
	eq(t, "user by name", list("/admin/users?userName=ADA@example.com")[0]["id"], id)
	eq(t, "nobody", len(list("/admin/users?userName=x@example.com")), 0)
	eq(t, "all users", len(list("/admin/users")), 1)
	eq(t, "groups", list("/admin/groups")[0]["displayName"], "Sales")

	a := w.do("PATCH", "/admin/users/"+id, object{"title": "Edited by hand", entURN + ":department": "D", "state": "inactive"}, anonymous).want(t, 200)
	eq(t, "hand edit", []any{a.at("title"), a.at("department"), a.at("state"), a.at("version")}, []any{"Edited by hand", "D", "inactive", 2})
	w.do("PATCH", "/admin/users/"+id, object{"state": "gone"}, anonymous).want(t, 400)
	w.do("PATCH", "/admin/users/nobody", object{}, anonymous).want(t, 404)
	w.do("PATCH", "/admin/groups/"+group, object{"add": []string{id}}, anonymous).want(t, 200)
	eq(t, "members", w.sim.Members(group), []string{id})
	w.do("PATCH", "/admin/users/"+id, object{"state": "deleted"}, anonymous).want(t, 200)
	eq(t, "members", w.sim.Members(group), nil)
	w.do("PATCH", "/admin/users/"+id, object{"state": "active"}, anonymous).want(t, 200)
	w.get(v2+"/users/"+id).want(t, 200)

	w.do("POST", "/admin/faults", object{"method": "GET", "path": "/users", "effect": "status", "status": 503}, anonymous).want(t, 201)
	w.do("POST", "/admin/faults", object{"effect": "explode"}, anonymous).want(t, 400)
	w.get(v2+"/users").want(t, 503)
	w.do("DELETE", "/admin/faults", nil, anonymous).want(t, 204)
	eq(t, "faults", len(list("/admin/faults")), 0)

	w.do("PATCH", "/admin/knobs", object{"rateWindow": "6s", "RateAllowed": 10, "GroupVerbs": "legacy"}, anonymous).want(t, 200)
	k := w.sim.Knobs()
	eq(t, "knobs", []any{k.RateWindow, k.RateAllowed, k.GroupVerbs, k.MaxCount}, []any{6 * time.Second, 10, "legacy", 100})
	w.do("PATCH", "/admin/knobs", object{"RateWindow": "soon"}, anonymous).want(t, 400)

	state := w.get("/admin/state", anonymous).want(t, 200)
	eq(t, "users by state", state.at("users", "active"), 1)
	eq(t, "requests", state.at("requests", "byRoute", "POST /users"), 1)
	eq(t, "rate window", state.at("rate", 0, "used"), 2)

	tok := w.do("POST", "/admin/token", object{}, anonymous).want(t, 201).str("access_token")
	w.token = tok
	w.get(v2+"/users").want(t, 200)
	w.do("POST", "/admin/token/revoke", object{"token": tok}, anonymous).want(t, 200)
	w.get(v2+"/users").want(t, 401)
	requests := list("/admin/requests")
	eq(t, "last request", []any{requests[len(requests)-1]["path"], requests[len(requests)-1]["status"]}, []any{v2 + "/users", 401})
}

func TestJournal(t *testing.T) {
	w := newWorld(t, func(c *genesyssim.Config) { c.JournalSize = 3 })
	for range 5 {
		w.get(v2+"/users").want(t, 200)
	}
	a := w.get(v2+`/Users?filter=userName+eq+%22a%22`).want(t, 200)
	w.patch("/users/a%2Fb", op("replace", "title", "T")).want(t, 404)
	journal := w.sim.Journal()
	eq(t, "kept", len(journal), 3)
	want := genesyssim.Request{Time: start, Method: "GET", Path: v2 + "/Users", Query: `filter=userName eq "a"`, Route: "/users", Status: 200,
		CorrelationID: a.header.Get("ININ-Correlation-Id")}
	if diff := cmp.Diff(want, journal[1]); diff != "" {
		t.Errorf("entry (-want +got):\n%s", diff)
	}
	eq(t, "body", journal[2].Body, `{"Operations":[{"op":"replace","path":"title","value":"T"}],"schemas":["`+patchURN+`"]}`)
	eq(t, "escaped path", journal[2].Path, v2+"/users/a%2Fb")
	c := w.sim.Counters()
	eq(t, "counters", []int{c.Total, c.ByRoute["GET /users"], c.ByRoute["PATCH /users/{id}"], c.ByStatus[200], c.ByStatus[404]}, []int{7, 6, 1, 6, 1})
	w.sim.ResetJournal()
	eq(t, "after reset", []int{w.sim.Counters().Total, len(w.sim.Journal())}, []int{0, 0})
}

func TestTheSameSeedGivesTheSameIDs(t *testing.T) {
	first, second := newWorld(t), newWorld(t)
	for i := range 3 {
		name := "u" + strconv.Itoa(i) + "@example.com"
		second.get(v2 + "/users")
		eq(t, "id", second.create(name, nil), first.create(name, nil))
	}
}
