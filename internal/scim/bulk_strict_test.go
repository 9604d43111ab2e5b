package scim_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/scim"
	"github.com/entrain-dev/entrain/internal/scim/profile"
	"github.com/entrain-dev/entrain/internal/simulator/strictscim"
)

// strict starts a server that keeps to the RFC and returns it with a client that has read what it says about itself.
func strict(t *testing.T, knobs strictscim.Knobs) (*strictscim.Server, *scim.Client) {
	t.Helper()
	return strictBehind(t, knobs, func(sim http.Handler) http.Handler { return sim })
}

// strictBehind is strict with something in front of the server.
func strictBehind(t *testing.T, knobs strictscim.Knobs, proxy func(http.Handler) http.Handler) (*strictscim.Server, *scim.Client) {
	t.Helper()
	sim := strictscim.New(strictscim.Config{Token: "token-1", Knobs: knobs})
	server := httptest.NewServer(proxy(sim))
	t.Cleanup(server.Close)
	p, err := profile.Lookup(profile.Generic, profile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	c, err := scim.New(scim.Config{BaseURL: server.URL + "/scim/v2", Profile: p, HTTP: server.Client(), Clock: newJumpClock(),
		Token: func(context.Context) (string, error) { return "token-1", nil }})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Check(context.Background(), ""); err != nil {
		t.Fatal(err)
	}
	return sim, c
}

func numbered(n int) []directory.Document {
	out := make([]directory.Document, n)
	for i := range out {
		out[i] = directory.Document{"userName": fmt.Sprintf("u%d@x.org", i), "displayName": "U", "active": true}
	}
	return out
}

// bodies returns the sizes of the bulk requests that a server saw.
func bodies(sim *strictscim.Server) (out []int) {
	for _, r := range sim.Journal() {
		if strings.HasSuffix(r.Path, "/Bulk") {
			out = append(out, len(r.Body))
		}
	}
	return out
}

// The figures of issue 7: what a thousand people cost.
func TestBulkSavesRequests(t *testing.T) {
	for name, tc := range map[string]struct {
		knobs        strictscim.Knobs
		people       int
		bulk, single int
		wantSize     int
	}{
		"not offered":                         {strictscim.Knobs{}, 1000, 0, 1000, 0},
		"as many as we send at most":          {strictscim.Knobs{BulkOperations: 5000}, 1000, 10, 0, 100},
		"as many as the application takes":    {strictscim.Knobs{BulkOperations: 30}, 1000, 34, 0, 30},
		"one is left over":                    {strictscim.Knobs{BulkOperations: 30}, 61, 2, 1, 30},
		"bulk of one is no bulk":              {strictscim.Knobs{BulkOperations: 1}, 10, 0, 10, 0},
		"small requests":                      {strictscim.Knobs{BulkOperations: 100, BulkPayload: 2000}, 1000, 91, 0, 100},
		"requests too small for two of them":  {strictscim.Knobs{BulkOperations: 100, BulkPayload: 300}, 10, 0, 10, 100},
		"one person":                          {strictscim.Knobs{BulkOperations: 100}, 1, 0, 1, 100},
		"nobody":                              {strictscim.Knobs{BulkOperations: 100}, 0, 0, 0, 100},
		"a thousand people in large requests": {strictscim.Knobs{BulkOperations: 100, BulkPayload: 16 << 20}, 1000, 10, 0, 100},
	} {
		t.Run(name, func(t *testing.T) {
			sim, c := strict(t, tc.knobs)
			if got := c.Capabilities().BulkOperations; got != tc.wantSize {
				t.Errorf("BulkOperations = %d, want %d", got, tc.wantSize)
			}
			docs := numbered(tc.people)
			wrong := 0
			c.CreateMany(context.Background(), directory.User, docs, func(i int, res directory.Resource, err error) {
				if u, ok := sim.User(string(res.ID)); err != nil || !ok || u.Attributes["userName"] != docs[i]["userName"] {
					wrong++
				}
			})
			if wrong > 0 || len(sim.Users()) != tc.people {
				t.Errorf("%d results are wrong, %d users exist, want %d", wrong, len(sim.Users()), tc.people)
			}
			counters := sim.Counters()
			if counters["POST /Bulk"] != tc.bulk || counters["POST /Users"] != tc.single {
				t.Errorf("requests: %v, want %d of bulk and %d others", counters, tc.bulk, tc.single)
			}
			if limit := tc.knobs.BulkPayload; limit > 0 && slices.ContainsFunc(bodies(sim), func(n int) bool { return n > limit }) {
				t.Errorf("bodies of %v bytes, %d are allowed", bodies(sim), limit)
			}
		})
	}
}

func TestBulkOfPeopleWhoExistAndWhoAreNotValid(t *testing.T) {
	sim, c := strict(t, strictscim.Knobs{BulkOperations: 100})
	sim.AddUser(map[string]any{"userName": "U1@x.org"})
	docs := numbered(4)
	docs[2]["userName"] = ""
	docs[3]["active"] = func() {} // has no JSON form
	got := creatingMany(t, c, directory.User, docs)
	if diff := cmp.Diff([]string{"Conflict", "Invalid", "Internal"}, got[1:]); diff != "" || !strings.HasPrefix(got[0], "id ") {
		t.Errorf("results %v (-want +got):\n%s", got, diff)
	}
	if n := sim.Counters()["POST /Bulk"]; n != 1 {
		t.Errorf("%d bulk requests", n)
	}
}

func TestBulkOfGroups(t *testing.T) {
	sim, c := strict(t, strictscim.Knobs{BulkOperations: 100})
	member := sim.AddUser(map[string]any{"userName": "ada@x.org"})
	got := creatingMany(t, c, directory.Group, []directory.Document{
		{"displayName": "A", "members": []any{directory.TargetID(member)}}, {"displayName": "B"}, {"displayName": "B"},
	})
	if got[2] != "Conflict" || len(sim.Groups()) != 2 || len(sim.Members(sim.Groups()[0].ID)) != 1 {
		t.Errorf("results %v, groups %v", got, sim.Groups())
	}
}

// An application that takes less than it announces is met by smaller requests, and remembered.
func TestBulkShrinks(t *testing.T) {
	sim, c := strict(t, strictscim.Knobs{BulkOperations: 100})
	sim.SetKnobs(func(k *strictscim.Knobs) { k.BulkOperations = 30 })
	for _, want := range []int{1 + 2 + 4, 4} { // 100, 50 50, 25 25 25 25; then 25 25 25 25
		before := sim.Counters()["POST /Bulk"]
		docs := numbered(100)
		for _, doc := range docs {
			doc["userName"] = fmt.Sprint(before, doc["userName"])
		}
		for i, result := range creatingMany(t, c, directory.User, docs) {
			if !strings.HasPrefix(result, "id ") {
				t.Fatalf("document %d: %s", i, result)
			}
		}
		if got := sim.Counters()["POST /Bulk"] - before; got != want {
			t.Errorf("%d bulk requests, want %d", got, want)
		}
	}
	if got := c.Capabilities().BulkOperations; got != 25 {
		t.Errorf("BulkOperations = %d, want 25", got)
	}
	sim.SetKnobs(func(k *strictscim.Knobs) { k.BulkOperations = 0 })
	docs := numbered(3)
	if got := creatingMany(t, c, directory.User, docs); len(sim.Users()) != 203 || c.Capabilities().BulkOperations != 0 {
		t.Errorf("results %v, %d users, BulkOperations %d", got, len(sim.Users()), c.Capabilities().BulkOperations)
	}
}

// What ServiceProviderConfig says, and what is made of it.
func TestBulkOffer(t *testing.T) {
	for name, tc := range map[string]struct {
		profile, bulk string
		want          int
	}{
		"offered":                         {profile.Generic, generous, 100},
		"a small number":                  {profile.Generic, `{"supported":true,"maxOperations":7,"maxPayloadSize":1000}`, 7},
		"not offered":                     {profile.Generic, `{"supported":false,"maxOperations":1000,"maxPayloadSize":1000}`, 0},
		"offered without a number":        {profile.Generic, `{"supported":true}`, 0},
		"offered for one":                 {profile.Generic, `{"supported":true,"maxOperations":1,"maxPayloadSize":1000}`, 0},
		"a negative number":               {profile.Generic, `{"supported":true,"maxOperations":-5,"maxPayloadSize":1000}`, 0},
		"a number that is not an integer": {profile.Generic, `{"supported":true,"maxOperations":1e9,"maxPayloadSize":0}`, 100},
		"a number that is a text":         {profile.Generic, `{"supported":true,"maxOperations":"1000","maxPayloadSize":1000}`, 0},
		"nothing said":                    {profile.Generic, `null`, 0},
		"something else":                  {profile.Generic, `"yes"`, 0},
		"the Entra service has no bulk":   {profile.EntraCompatible, generous, 0},
		"Genesys has no bulk":             {profile.GenesysCloud, generous, 0},
	} {
		t.Run(name, func(t *testing.T) {
			app := bulkServer(t, offer(tc.bulk), operations(firstMade, secondMade), made)
			if got := app.client(t, tc.profile).Capabilities().BulkOperations; got != 0 {
				t.Errorf("before discovery BulkOperations = %d", got)
			}
			caps := app.discovered(t, tc.profile).Capabilities()
			if caps.BulkOperations != tc.want {
				t.Errorf("BulkOperations = %d, want %d", caps.BulkOperations, tc.want)
			}
			if tc.profile == profile.Generic && caps.PageSize != 50 {
				t.Errorf("page size = %d: a wrong offer spoils the rest", caps.PageSize)
			}
		})
	}
}

// Genesys Cloud has no bulk and cannot create groups: everybody is asked for by a request of their own, groups not at all.
func TestCreateManyAtGenesys(t *testing.T) {
	app := bulkServer(t, offer(generous), operations(firstMade, secondMade), made)
	c := app.discovered(t, profile.GenesysCloud)
	groups := []directory.Document{{"displayName": "A"}, {"displayName": "B"}}
	if diff := cmp.Diff([]string{"Invalid", "Invalid"}, creatingMany(t, c, directory.Group, groups)); diff != "" {
		t.Errorf("groups (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"id single-1", "id single-2"}, creatingMany(t, c, directory.User, people("a", "b"))); diff != "" {
		t.Errorf("people (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"POST /scim/Users", "POST /scim/Users"}, app.targets(t)); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

// A lost answer leaves open who was created. Nothing is sent twice, and a look-up finds everybody.
func TestBulkAnswerThatWasLost(t *testing.T) {
	lose := true
	sim, c := strictBehind(t, strictscim.Knobs{BulkOperations: 100}, func(sim http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !lose || !strings.HasSuffix(r.URL.Path, "/Bulk") {
				sim.ServeHTTP(w, r)
				return
			}
			lose = false
			sim.ServeHTTP(httptest.NewRecorder(), r)
			cut(w)
		})
	})
	docs := numbered(3)
	if diff := cmp.Diff([]string{"Transient", "Transient", "Transient"}, creatingMany(t, c, directory.User, docs)); diff != "" {
		t.Errorf("results (-want +got):\n%s", diff)
	}
	if n := sim.Counters()["POST /Bulk"]; n != 1 || len(sim.Users()) != 3 {
		t.Errorf("%d requests created %d users", n, len(sim.Users()))
	}
	for _, doc := range docs {
		if hits, err := c.Find(context.Background(), directory.User, "userName", doc["userName"].(string)); err != nil || len(hits) != 1 {
			t.Errorf("%v: %v, %v", doc["userName"], hits, err)
		}
	}
	if diff := cmp.Diff([]string{"Conflict", "Conflict", "Conflict"}, creatingMany(t, c, directory.User, docs)); diff != "" {
		t.Errorf("sent again (-want +got):\n%s", diff)
	}
}
