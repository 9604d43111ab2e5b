package genesyssim_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/entrain-dev/entrain/internal/simulator/genesyssim"
)

func TestSwitch25Faults(t *testing.T) {
	post := func(w *world) (answer, error) { return w.try("POST", v2+"/users", user("new@example.com", nil)) }
	for name, tc := range map[string]struct {
		fault genesyssim.Fault
		// check gets the answer to a create, or the error of a request without one.
		check       func(t *testing.T, a answer, err error)
		wantHandled bool
	}{
		"500": {genesyssim.Fault{Effect: "status"}, platformFault(500, "internal.server.error"), false},
		"503": {genesyssim.Fault{Effect: "status", Status: 503, RetryAfter: "1.5"}, func(t *testing.T, a answer, err error) {
			platformFault(503, "service.unavailable")(t, a, err)
			eq(t, "Retry-After", a.header.Get("Retry-After"), "1.5")
		}, false},
		"504": {genesyssim.Fault{Effect: "status", Status: 504}, platformFault(504, "request.timeout"), false},
		"408": {genesyssim.Fault{Effect: "status", Status: 408}, platformFault(408, "client.timeout"), false},
		"429 with a date": {genesyssim.Fault{Effect: "status", Status: 429, RetryAfterDateIn: 5}, func(t *testing.T, a answer, err error) {
			platformFault(429, "too.many.requests")(t, a, err)
			eq(t, "Retry-After", a.header.Get("Retry-After"), "Fri, 02 Jan 2026 03:04:10 GMT")
		}, false},
		"400 as SCIM Error": {genesyssim.Fault{Effect: "status", Status: 400, Body: "scim", ScimType: "invalidValue", Detail: "no"}, func(t *testing.T, a answer, _ error) {
			a.wantSCIM(t, 400, "invalidValue")
		}, false},
		"502 as a page": {genesyssim.Fault{Effect: "status", Status: 502, Body: "html"}, func(t *testing.T, a answer, _ error) {
			if a.want(t, 502); !strings.HasPrefix(a.raw, "<html>") {
				t.Errorf("body = %s", a.raw)
			}
		}, false},
		"503 without body":          {genesyssim.Fault{Effect: "status", Status: 503, Body: "none"}, wantRaw(503, ""), false},
		"500 although it was done":  {genesyssim.Fault{Effect: "statusAfter"}, platformFault(500, "internal.server.error"), true},
		"cut before it was handled": {genesyssim.Fault{Effect: "cutBefore"}, wantError, false},
		"the answer is lost":        {genesyssim.Fault{Effect: "cutAfter"}, wantError, true},
		"cut in the body":           {genesyssim.Fault{Effect: "cutBody"}, wantError, true},
		"oversized": {genesyssim.Fault{Effect: "oversize", Bytes: 1 << 20}, func(t *testing.T, a answer, _ error) {
			if a.want(t, 201); len(a.raw) < 1<<20 || a.str("id") == "" {
				t.Errorf("body has %d bytes", len(a.raw))
			}
		}, true},
		"not JSON": {genesyssim.Fault{Effect: "notJSON"}, func(t *testing.T, a answer, _ error) {
			if a.want(t, 201); a.body != nil {
				t.Errorf("body = %s", a.raw)
			}
		}, true},
		"broken gzip": {genesyssim.Fault{Effect: "brokenGzip"}, wantError, true},
		"no id": {genesyssim.Fault{Effect: "noID"}, func(t *testing.T, a answer, _ error) {
			a.want(t, 201)
			eq(t, "id", a.at("id"), nil)
			eq(t, "userName", a.str("userName"), "new@example.com")
		}, true},
		"200 instead of 201": {genesyssim.Fault{Effect: "ok"}, func(t *testing.T, a answer, _ error) {
			if a.want(t, 200); a.str("id") == "" {
				t.Errorf("body = %s", a.raw)
			}
		}, true},
		"204":              {genesyssim.Fault{Effect: "noContent"}, wantRaw(204, ""), true},
		"201 without body": {genesyssim.Fault{Effect: "emptyBody"}, wantRaw(201, ""), true},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			tc.fault.Method, tc.fault.Path = "POST", "/users"
			w.sim.SetFault(tc.fault)
			a, err := post(w)
			tc.check(t, a, err)
			_, handled := w.sim.UserByName("new@example.com")
			eq(t, "handled", handled, tc.wantHandled)
			eq(t, "fault in the journal", w.sim.Journal()[0].Fault, tc.fault.Effect)
			w.create("next@example.com", nil)
		})
	}
}

func platformFault(status int, code string) func(*testing.T, answer, error) {
	return func(t *testing.T, a answer, _ error) { a.wantPlatform(t, status, code) }
}

func wantRaw(status int, body string) func(*testing.T, answer, error) {
	return func(t *testing.T, a answer, _ error) { eq(t, "body", a.want(t, status).raw, body) }
}

func wantError(t *testing.T, a answer, err error) {
	if err == nil {
		t.Errorf("the request succeeded: %d %s", a.status, a.raw)
	}
}

func TestFaultsActOnTheRequestsTheyName(t *testing.T) {
	w := newWorld(t)
	id := w.create("ada@example.com", nil)
	w.sim.SetFault(genesyssim.Fault{Effect: "status", Method: "GET", Path: "/users/{id}", From: 2, Times: 2})
	w.sim.SetFault(genesyssim.Fault{Effect: "status", Status: 503, Path: "/groups", Query: `displayName eq "Sales"`, Times: -1})
	w.sim.SetFault(genesyssim.Fault{Effect: "status", Status: 504, Contains: `"title"`})
	var got []int
	for range 4 {
		got = append(got, w.get(v2+"/users/"+id).status)
	}
	eq(t, "reads of a user", got, []int{200, 500, 500, 200})
	w.get(v2+"/users").want(t, 200)
	w.get(v2+"/groups").want(t, 200)
	w.get(v2+"/Groups?filter=displayName%20eq%20%22Sales%22").want(t, 503)
	w.get(v2+"/Groups?filter=displayName+eq+%22Sales%22").want(t, 503)
	w.patch("/users/"+id, op("replace", "active", true)).want(t, 200)
	w.patch("/users/"+id, op("replace", "title", "T")).want(t, 504)
	states := w.sim.Faults()
	eq(t, "matched", []int{states[0].Matched, states[1].Matched, states[2].Matched}, []int{4, 2, 1})
	eq(t, "acted", []int{states[0].Acted, states[1].Acted, states[2].Acted}, []int{2, 2, 1})
	w.sim.ResetFaults()
	w.get(v2+"/Groups?filter=displayName+eq+%22Sales%22").want(t, 200)
}

func TestListFaults(t *testing.T) {
	w := newWorld(t)
	for _, name := range []string{"a", "b", "c"} {
		w.create(name+"@example.com", nil)
	}
	for effect, want := range map[genesyssim.Effect][]any{
		// totalResults, startIndex, itemsPerPage of a page of one from the second on
		"ignoreCount":      {3, 2, 2},
		"ignoreStartIndex": {3, 1, 1},
		"emptyList":        {0, 2, 0},
		"wrongTotal":       {10, 2, 1},
		"delay":            {3, 2, 1},
	} {
		w.sim.ResetFaults()
		w.sim.SetFault(genesyssim.Fault{Effect: effect, Total: 7})
		a := w.get(v2+"/users?startIndex=2&count=1").want(t, 200)
		eq(t, string(effect), []any{a.total(), a.at("startIndex"), a.at("itemsPerPage")}, want)
	}
}

func TestPartialPatch(t *testing.T) {
	w := newWorld(t)
	id := w.create("ada@example.com", nil)
	group := w.sim.AddGroup(genesyssim.GroupSpec{Name: "Sales"})
	changes := []object{op("replace", "title", "T"), op("replace", entURN+":division", "Nowhere")}
	members := []object{op("add", "members", []object{{"value": id}}), op("add", "members", []object{{"value": "nobody"}})}
	title := func() string { u, _ := w.sim.User(id); return u.Title }

	w.patch("/users/"+id, changes...).wantSCIM(t, 400, "invalidValue")
	eq(t, "title after an atomic PATCH", title(), "")
	w.patch("/groups/"+group, members...).wantSCIM(t, 400, "invalidValue")
	eq(t, "members after an atomic PATCH", w.sim.Members(group), nil)

	w.knobs(func(k *genesyssim.Knobs) { k.PartialPatch = true })
	w.patch("/users/"+id, changes...).wantSCIM(t, 400, "invalidValue")
	eq(t, "title after a partial PATCH", title(), "T")
	w.patch("/groups/"+group, members...).wantSCIM(t, 400, "invalidValue")
	eq(t, "members after a partial PATCH", w.sim.Members(group), []string{id})

	w.sim.SetFault(genesyssim.Fault{Effect: "partialPatch", Method: "PATCH", Operations: 1, Status: 503})
	w.patch("/users/"+id, op("replace", "title", "First"), op("replace", "displayName", "Second")).wantPlatform(t, 503, "service.unavailable")
	u, _ := w.sim.User(id)
	eq(t, "first operation only", []string{u.Title, u.DisplayName}, []string{"First", "Some Body"})
}

func TestBooleanForms(t *testing.T) {
	for name, tc := range map[string]struct {
		form genesyssim.BooleanForm
		want map[any]int
	}{
		"any":          {genesyssim.AnyBoolean, map[any]int{false: 200, "False": 200, "true": 200, "yes": 400, 1: 400}},
		"only boolean": {genesyssim.OnlyBoolean, map[any]int{false: 200, "False": 400, "true": 400}},
		"only string":  {genesyssim.OnlyString, map[any]int{false: 400, "False": 200, "true": 200}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			id := w.create("ada@example.com", nil)
			w.knobs(func(k *genesyssim.Knobs) { k.BooleanForm = tc.form })
			for value, status := range tc.want {
				if got := w.patch("/users/"+id, op("replace", "active", value)).status; got != status {
					t.Errorf("%v answers %d, want %d", value, got, status)
				}
			}
		})
	}
}

func TestGroupPatchAnswers(t *testing.T) {
	w := newWorld(t)
	id := w.create("ada@example.com", nil)
	group := w.sim.AddGroup(genesyssim.GroupSpec{Name: "Sales", Members: []string{id}})
	change := func() answer { return w.patch("/groups/"+group, op("replace", "externalId", "42")) }
	eq(t, "members", change().want(t, 200).at("members", 0, "value"), id)
	w.knobs(func(k *genesyssim.Knobs) { k.GroupPatchAnswer = genesyssim.AnswerWithoutMembers })
	eq(t, "members", change().want(t, 200).at("members"), nil)
	w.knobs(func(k *genesyssim.Knobs) { k.GroupPatchAnswer = genesyssim.AnswerNoContent })
	eq(t, "body", change().want(t, 204).raw, "")
}

func TestOddIDs(t *testing.T) {
	w := newWorld(t)
	w.knobs(func(k *genesyssim.Knobs) { k.OddIDs = true })
	a := w.do("POST", v2+"/users", user("ada@example.com", nil)).want(t, 201)
	id, location := a.str("id"), a.str("meta", "location")
	if !strings.ContainsAny(id, "@/% ") {
		t.Fatalf("id = %q", id)
	}
	eq(t, "read by location", w.get(location).want(t, 200).str("id"), id)
	eq(t, "found by id", w.find(`id eq "`+id+`"`).total(), 1)
	w.do(http.MethodDelete, location, nil).want(t, 204)
}

func TestHangingRequestEndsWithItsClient(t *testing.T) {
	w := newWorld(t)
	w.sim.SetFault(genesyssim.Fault{Effect: "hang", Path: "/users"})
	ctx, cancel := context.WithCancel(t.Context())
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, w.url+v2+"/users", nil)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		resp, err := http.DefaultClient.Do(r)
		if err == nil {
			resp.Body.Close()
		}
		done <- err
	}()
	for len(w.sim.Faults()) == 0 || w.sim.Faults()[0].Acted == 0 {
		// Until the request has arrived; nothing else can end it.
		w.get("/admin/state").want(t, 200)
	}
	cancel()
	if err := <-done; err == nil {
		t.Error("the request was answered")
	}
}

func TestLatencyFollowsTheClock(t *testing.T) {
	w := newWorld(t)
	w.knobs(func(k *genesyssim.Knobs) { k.Latency = 20_000_000 })
	done := make(chan answer, 1)
	go func() {
		a, _ := w.try(http.MethodGet, v2+"/users", nil)
		done <- a
	}()
	if err := w.clock.BlockUntilContext(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	w.clock.Advance(w.sim.Knobs().Latency)
	if a := <-done; a.status != http.StatusOK {
		t.Errorf("status = %d", a.status)
	}
}
