package genesyssim_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/entrain-dev/entrain/internal/simulator/genesyssim"
)

// TestManyClientsAtOnce lets clients create, change, list and delete at the same time; run with -race.
func TestManyClientsAtOnce(t *testing.T) {
	w := newWorld(t)
	w.knobs(func(k *genesyssim.Knobs) { k.RateAllowed, k.ExpensivePageEvery = 0, 0 })
	group := w.sim.AddGroup(genesyssim.GroupSpec{Name: "Sales"})
	var wait sync.WaitGroup
	for c := range 8 {
		wait.Go(func() {
			for i := range 25 {
				a, err := w.try("POST", v2+"/users", user(fmt.Sprintf("u%d.%d@example.com", c, i), nil))
				if err != nil || a.status != 201 {
					t.Errorf("create: %v %d", err, a.status)
					return
				}
				id := a.str("id")
				body := object{"schemas": []string{patchURN}, "Operations": []object{op("add", "members", []object{{"value": id}})}}
				calls := []struct {
					method, path string
					body         any
				}{{"PATCH", "/groups/" + group, body}, {"GET", "/users?count=50", nil}, {"GET", "/groups", nil},
					{"PATCH", "/users/" + id, object{"schemas": []string{patchURN}, "Operations": []object{op("replace", "title", "T")}}}}
				if i%2 == 1 {
					calls = append(calls, struct {
						method, path string
						body         any
					}{"DELETE", "/users/" + id, nil})
				}
				for _, call := range calls {
					if a, err := w.try(call.method, v2+call.path, call.body); err != nil || a.status >= 300 {
						t.Errorf("%s %s: %v %d %s", call.method, call.path, err, a.status, a.raw)
					}
				}
				w.sim.SetKnobs(func(k *genesyssim.Knobs) { k.SearchDelay = 0 })
			}
		})
	}
	wait.Wait()
	eq(t, "active", w.sim.UserCount(genesyssim.Active), 8*13)
	eq(t, "members", len(w.sim.Members(group)), 8*13)
	eq(t, "listed", w.get(v2+"/users?count=1").total(), 8*13)
}

// bench serves requests without a network, on an organisation of 100,000.
func bench(b *testing.B, request func(i int) *http.Request) {
	sim := genesyssim.New(genesyssim.Config{Organisation: genesyssim.EmptyOrganisation(), Seed: 1,
		Tokens: []genesyssim.TokenSpec{{Value: longLife}}})
	sim.SetKnobs(func(k *genesyssim.Knobs) { k.RateAllowed, k.ExpensivePageEvery = 0, 0 })
	var members []string
	for i := range 100_000 {
		members = append(members, sim.AddUser(genesyssim.User{ID: fmt.Sprintf("id-%06d", i), UserName: fmt.Sprintf("u%d@example.com", i),
			DisplayName: "U", ExternalID: fmt.Sprintf("x%d", i), WorkEmail: fmt.Sprintf("w%d@example.com", i)}))
	}
	sim.AddGroup(genesyssim.GroupSpec{ID: "g", Name: "Everybody", Members: members})
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		r := request(i)
		i++
		r.Header.Set("Authorization", "Bearer "+longLife)
		r.Header.Set("Content-Type", "application/scim+json")
		w := httptest.NewRecorder()
		if sim.ServeHTTP(w, r); w.Code >= 300 {
			b.Fatal(w.Code, w.Body)
		}
	}
}

func BenchmarkCreate(b *testing.B) {
	bench(b, func(i int) *http.Request {
		return httptest.NewRequest(http.MethodPost, v2+"/users", strings.NewReader(fmt.Sprintf(`{"userName":"n%d@example.com","displayName":"N",
			"externalId":"n%d","emails":[{"type":"work","value":"n%d@example.com"}],"active":true}`, i, i, i)))
	})
}

func BenchmarkPatch(b *testing.B) {
	bench(b, func(i int) *http.Request {
		return httptest.NewRequest(http.MethodPatch, fmt.Sprintf("%s/users/id-%06d", v2, i%100_000), strings.NewReader(fmt.Sprintf(
			`{"schemas":["%s"],"Operations":[{"op":"replace","path":"title","value":"T%d"}]}`, patchURN, i)))
	})
}

func BenchmarkLookUp(b *testing.B) {
	bench(b, func(i int) *http.Request {
		return httptest.NewRequest(http.MethodGet, v2+"/users?filter="+url.QueryEscape(fmt.Sprintf(`userName eq "u%d@example.com"`, i%100_000)), nil)
	})
}

func BenchmarkLastPage(b *testing.B) {
	bench(b, func(int) *http.Request {
		return httptest.NewRequest(http.MethodGet, v2+"/users?startIndex=99901&count=100", nil)
	})
}

func BenchmarkIsMember(b *testing.B) {
	bench(b, func(i int) *http.Request {
		return httptest.NewRequest(http.MethodGet, fmt.Sprintf(`%s/groups?attributes=id&filter=id+eq+%%22g%%22+and+members+eq+%%22id-%06d%%22`, v2, i%100_000), nil)
	})
}
