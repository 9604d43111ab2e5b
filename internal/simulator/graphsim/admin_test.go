package graphsim_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"testing"

	"github.com/entrain-dev/entrain/internal/simulator/graphsim"
)

// admin sends a request to the administration interface and fails the test unless the status is as wanted.
func (m *sim) admin(method, path, body string, want int) answer {
	m.t.Helper()
	a, err := m.do(method, "/admin"+path, body)
	if err != nil || a.status != want {
		m.t.Fatalf("%s %s: %d %s %v, want %d", method, path, a.status, a.text, err, want)
	}
	return a
}

func TestAdminTellsTheStoryOfAnEmployee(t *testing.T) {
	c := newCompany(t, graphsim.Knobs{})
	c.token = ""
	hired := c.admin("POST", "/users", `{"userPrincipalName":"new@contoso.onmicrosoft.com","displayName":"New","manager":"ann@contoso.onmicrosoft.com","groups":["all"],"role":""}`, 201)
	id, _ := hired.json["id"].(string)
	v, _ := c.tenant.Get(id)
	if v.Manager.ID != c.ann || !slices.Contains(c.tenant.MemberIDs(c.group), id) || len(c.tenant.AssignmentsOf(id)) != 1 {
		t.Errorf("hired %s", hired.text)
	}
	c.admin("PATCH", "/users/new@contoso.onmicrosoft.com", `{"jobTitle":"Lead","department":null}`, 200)
	c.admin("POST", "/users/"+id+"/manager", `{"manager":"`+c.bob+`"}`, 204)
	if v, _ = c.tenant.Get(id); v.String("jobTitle") != "Lead" || v.Manager.ID != c.bob {
		t.Errorf("moved to %+v", v)
	}
	c.admin("POST", "/users/"+id+"/manager", `{"manager":null}`, 204)
	if found := c.admin("GET", "/users?search=NEW", "", 200).json["users"].([]any); len(found) != 1 {
		t.Errorf("search found %v", found)
	}
	c.admin("DELETE", "/assignments?principal=new@contoso.onmicrosoft.com", "", 200)
	if len(c.tenant.AssignmentsOf(id)) != 0 {
		t.Error("still assigned")
	}
	c.admin("POST", "/assignments", `{"principal":"all"}`, 201)
	if list := c.admin("GET", "/assignments", "", 200).json["assignments"].([]any); len(list) != 1 {
		t.Errorf("assignments: %v", list)
	}
	c.admin("DELETE", "/users/"+id, "", 204)
	if state := c.admin("GET", "/users/"+id, "", 200).json["state"]; state != "deleted" {
		t.Errorf("state is %v", state)
	}
	c.admin("POST", "/users/new@contoso.onmicrosoft.com/restore", "", 201)
	c.admin("DELETE", "/users/"+id+"?purge=true", "", 204)
	c.admin("GET", "/users/"+id, "", 404)
	c.admin("POST", "/users", `{"userPrincipalName":"ann@contoso.onmicrosoft.com"}`, 409)
	c.admin("POST", "/users", `{"userPrincipalName":"x@contoso.onmicrosoft.com","shoeSize":9}`, 400)
	c.admin("POST", "/users", `{`, 400)
}

func TestAdminGroups(t *testing.T) {
	c := newCompany(t, graphsim.Knobs{})
	made := c.admin("POST", "/groups", `{"displayName":"Night Shift"}`, 201)
	id, _ := made.json["id"].(string)
	c.admin("POST", "/groups/Night%20Shift/members", `{"members":["ann@contoso.onmicrosoft.com","all"]}`, 204)
	if members := c.admin("GET", "/groups/"+id, "", 200).json["members"].([]any); len(members) != 2 {
		t.Errorf("members: %v", members)
	}
	c.admin("DELETE", "/groups/"+id+"/members?member="+c.ann, "", 204)
	c.admin("PATCH", "/groups/"+id, `{"displayName":"Day Shift"}`, 204)
	if got := c.tenant.MemberIDs(id); !slices.Equal(got, []string{c.group}) {
		t.Errorf("members: %v", got)
	}
	c.admin("DELETE", "/groups/Day%20Shift", "", 204)
	if list := c.admin("GET", "/groups", "", 200).json["groups"].([]any); len(list) != 1 {
		t.Errorf("groups: %v", list)
	}
}

func TestAdminFaultsKnobsAndJournal(t *testing.T) {
	m := newSim(t, graphsim.Knobs{})
	m.admin("POST", "/faults", `{"path":"^/v1.0/users","status":503,"count":2,"retryAfter":"2128ms","retryAfterForm":"decimal"}`, 201)
	if a := m.wantError("/v1.0/users", 503, "", ""); a.header.Get("Retry-After") != "2.128" {
		t.Errorf("Retry-After is %q", a.header.Get("Retry-After"))
	}
	m.admin("POST", "/faults", `{"effect":"earthquake"}`, 400)
	m.admin("POST", "/faults", `{"colour":"red"}`, 400)
	m.admin("DELETE", "/faults", "", 204)
	m.ok("/v1.0/users")
	m.admin("PATCH", "/knobs", `{"replicationLag":"90s","userPageSize":7}`, 200)
	if k := m.Knobs(); k.ReplicationLag.Seconds() != 90 || k.UserPageSize != 7 || k.GroupPageSize != 200 {
		t.Errorf("knobs are %+v", k)
	}
	m.admin("PATCH", "/knobs", `{"colour":"red"}`, 400)
	var requests []graphsim.Request
	check(t, json.Unmarshal([]byte(m.admin("GET", "/requests?limit=1", "", 200).text), &requests))
	if len(requests) != 1 || requests[0].Number != 2 || requests[0].Status != 200 {
		t.Errorf("requests: %+v", requests)
	}
	m.admin("DELETE", "/requests", "", 204)
	_, _, link := m.round("/v1.0/users/delta")
	m.admin("POST", "/delta-tokens/expire", `{"answer":"gone"}`, 204)
	m.wantError(link, 410, "resyncRequired", "")
	m.admin("POST", "/access-tokens/revoke", "", 204)
	m.wantError("/v1.0/users", 401, "TokenCreatedWithOutdatedPolicies", "")
	state := m.admin("GET", "/state", "", 200)
	if state.json["tenantId"] != m.tenant.ID() {
		t.Errorf("state: %s", state.text)
	}
}

func TestAdminRotatesASecret(t *testing.T) {
	m := newSim(t, graphsim.Knobs{}, testApps()...)
	m.admin("PATCH", "/apps/secret-app", `{"secrets":[{"value":"fresh"}],"roles":["User.Read.All"]}`, 204)
	for secret, want := range map[string]int{"fresh": 200, "good+secret/with%signs": 401} {
		if status, got := m.requestToken(m.tenant.ID(), form("client_id", "secret-app", "client_secret", secret)); status != want {
			t.Errorf("%s: %d %v", secret, status, got)
		}
	}
	m.admin("PATCH", "/apps/nobody", `{}`, 404)
	m.admin("PATCH", "/apps/secret-app", fmt.Sprintf(`{"disabled":%t}`, true), 204)
	if status, _ := m.requestToken(m.tenant.ID(), form("client_id", "secret-app", "client_secret", "fresh")); status != 401 {
		t.Errorf("a disabled app gets %d", status)
	}
}

func TestAdminCanBeLeftOut(t *testing.T) {
	m := newSim(t, graphsim.Knobs{})
	m.Server = graphsim.New(graphsim.Config{NoAdmin: true})
	rec := &recorder{header: http.Header{}}
	m.ServeHTTP(rec, must(http.NewRequestWithContext(t.Context(), http.MethodGet, "/admin/state", http.NoBody)))
	if rec.status != 404 {
		t.Errorf("status %d", rec.status)
	}
}

// recorder remembers a status.
type recorder struct {
	header http.Header
	status int
}

func (r *recorder) Header() http.Header         { return r.header }
func (r *recorder) Write(b []byte) (int, error) { return len(b), nil }
func (r *recorder) WriteHeader(status int)      { r.status = status }
