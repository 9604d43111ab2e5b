package scim_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/fault"
	"github.com/entrain-dev/entrain/internal/scim"
	"github.com/entrain-dev/entrain/internal/scim/profile"
)

// offer is a ServiceProviderConfig that says something about bulk.
func offer(bulk string) string {
	return `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],"patch":{"supported":true},"filter":{"supported":true,"maxResults":50},"bulk":` + bulk + `}`
}

const generous = `{"supported":true,"maxOperations":1000,"maxPayloadSize":1048576}`

// bulkServer announces bulk and answers POST /Bulk and POST /Users as a test says; look-ups find nobody.
func bulkServer(t *testing.T, config string, bulk, single func(w http.ResponseWriter, r recorded, n int)) *application {
	t.Helper()
	var mu sync.Mutex
	calls := map[string]int{}
	return serve(t, func(w http.ResponseWriter, r recorded, _ int) {
		mu.Lock()
		n := calls[r.method+r.path]
		calls[r.method+r.path]++
		mu.Unlock()
		switch {
		case strings.HasSuffix(r.path, "/ServiceProviderConfig"):
			respond(200, config)(w)
		case r.method == http.MethodGet:
			respond(200, list(0))(w)
		case strings.HasSuffix(r.path, "/Bulk"):
			bulk(w, r, n)
		default:
			single(w, r, n)
		}
	})
}

// discovered returns a client that has read ServiceProviderConfig; what was asked so far is forgotten.
func (a *application) discovered(t *testing.T, name string, change ...func(*scim.Config)) *scim.Client {
	t.Helper()
	c := a.client(t, name, change...)
	if err := c.Check(context.Background(), ""); err != nil {
		t.Fatal(err)
	}
	a.mu.Lock()
	a.requests = nil
	a.mu.Unlock()
	return c
}

func people(names ...string) []directory.Document {
	var out []directory.Document
	for _, name := range names {
		out = append(out, directory.Document{"userName": name})
	}
	return out
}

// creatingMany creates documents and returns what became of each: the id, or the kind of the fault.
func creatingMany(t *testing.T, c *scim.Client, kind directory.Kind, docs []directory.Document) []string {
	t.Helper()
	out := make([]string, len(docs))
	c.CreateMany(context.Background(), kind, docs, func(i int, res directory.Resource, err error) {
		if out[i] != "" {
			t.Errorf("document %d has two results", i)
		}
		if out[i] = "id " + string(res.ID); err != nil {
			out[i] = fault.KindOf(err).String()
		}
	})
	return out
}

// made answers a single create with an id of its own.
func made(w http.ResponseWriter, r recorded, n int) {
	respond(201, fmt.Sprintf(`{"id":"single-%d"}`, n+1))(w)
}

func operations(ops ...string) func(http.ResponseWriter, recorded, int) {
	return sequence(respond(200, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkResponse"],"Operations":[`+strings.Join(ops, ",")+`]}`))
}

const (
	firstMade  = `{"method":"POST","bulkId":"1","status":"201","location":"https://x.example/v2/Users/a","version":"W/\"1\""}`
	secondMade = `{"method":"POST","bulkId":"2","status":"201","location":"https://x.example/v2/Users/b"}`
)

func TestBulkRequest(t *testing.T) {
	app := bulkServer(t, offer(generous), operations(firstMade, secondMade), made)
	c := app.discovered(t, profile.Generic, func(cfg *scim.Config) { cfg.BaseURL = app.URL + "/scim?flag" })
	docs := []directory.Document{
		{"userName": "ada@x.org", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": map[string]any{"manager": directory.TargetID("m-1")}},
		{"userName": "bob & <co>"},
	}
	var first directory.Resource
	c.CreateMany(context.Background(), directory.User, docs, func(i int, res directory.Resource, err error) {
		if err != nil {
			t.Error(err)
		}
		if i == 0 {
			first = res
		}
	})
	want := `{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"Operations":[` +
		`{"method":"POST","path":"/Users","bulkId":"1","data":{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User",` +
		`"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":` +
		`{"manager":{"value":"m-1"}},"userName":"ada@x.org"}},` +
		`{"method":"POST","path":"/Users","bulkId":"2","data":{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"bob & <co>"}}]}`
	if diff := cmp.Diff(want, app.seen()[0].body); diff != "" {
		t.Errorf("body (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"POST /scim/Bulk?flag"}, app.targets(t)); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(directory.Resource{ID: "a", Version: `W/"1"`, Document: docs[0]}, first); diff != "" {
		t.Errorf("first resource (-want +got):\n%s", diff)
	}
}

// What a bulk answer says of two people, and what follows for them.
func TestBulkResults(t *testing.T) {
	result := func(id, status, rest string) string {
		return `{"method":"POST","bulkId":"` + id + `","status":` + status + rest + `}`
	}
	refusal := func(status, scimType string) string {
		return result("2", `"`+status+`"`, `,"response":`+scimError(status, scimType, ""))
	}
	for name, tc := range map[string]struct {
		bulk func(http.ResponseWriter, recorded, int)
		want []string
		// asked are the requests after the bulk request.
		asked []string
	}{
		"both are created":                         {operations(firstMade, secondMade), []string{"id a", "id b"}, nil},
		"answers in another order":                 {operations(secondMade, firstMade), []string{"id a", "id b"}, nil},
		"a status that is a number":                {operations(firstMade, result("2", `201`, `,"location":"/Users/b"`)), []string{"id a", "id b"}, nil},
		"a status as in the drafts":                {operations(firstMade, result("2", `{"code":"201"}`, `,"location":"/Users/b"`)), []string{"id a", "id b"}, nil},
		"the resource instead of the location":     {operations(firstMade, result("2", `"201"`, `,"response":{"id":"b"}`)), []string{"id a", "id b"}, nil},
		"an id that has to be escaped":             {operations(firstMade, result("2", `"201"`, `,"location":"/Users/b%2Fc"`)), []string{"id a", "id b/c"}, nil},
		"an answer to somebody else is overlooked": {operations(firstMade, secondMade, result("9", `"500"`, "")), []string{"id a", "id b"}, nil},

		"one has a name that is taken":  {operations(firstMade, refusal("409", "uniqueness")), []string{"id a", "Conflict"}, nil},
		"taken, said by 400":            {operations(firstMade, refusal("400", "uniqueness")), []string{"id a", "Conflict"}, nil},
		"one is not valid":              {operations(firstMade, refusal("400", "invalidValue")), []string{"id a", "Invalid"}, nil},
		"one may not be created":        {operations(firstMade, refusal("403", "")), []string{"id a", "Forbidden"}, nil},
		"one fails":                     {operations(firstMade, refusal("500", "")), []string{"id a", "Transient"}, nil},
		"one is not offered":            {operations(firstMade, refusal("501", "")), []string{"id a", "Invalid"}, nil},
		"a refusal without a body":      {operations(firstMade, result("2", `"409"`, "")), []string{"id a", "Conflict"}, nil},
		"a refusal with a text as body": {operations(firstMade, result("2", `"400"`, `,"response":"no"`)), []string{"id a", "Invalid"}, nil},

		"one is missing from the answer":      {operations(firstMade), []string{"id a", "Transient"}, nil},
		"nobody is in the answer":             {operations(), []string{"Transient", "Transient"}, nil},
		"no answer to anybody":                {sequence(respond(200, `{}`)), []string{"Transient", "Transient"}, nil},
		"a web page":                          {sequence(respond(200, `<html>`)), []string{"Transient", "Transient"}, nil},
		"an answer without a body":            {sequence(respond(204, ``)), []string{"Transient", "Transient"}, nil},
		"an answer that ends in the middle":   {sequence(respond(200, `{"Operations":[`+firstMade)), []string{"Transient", "Transient"}, nil},
		"an answer that was cut":              {sequence(cut), []string{"Transient", "Transient"}, nil},
		"a server that fails":                 {sequence(respond(500, "")), []string{"Transient", "Transient"}, nil},
		"an answer without a bulkId":          {operations(firstMade, `{"method":"POST","status":"201","location":"/Users/b"}`), []string{"id a", "Transient"}, nil},
		"an answer without a status":          {operations(firstMade, `{"method":"POST","bulkId":"2","location":"/Users/b"}`), []string{"id a", "Transient"}, nil},
		"an answer with a status of nonsense": {operations(firstMade, result("2", `"done"`, "")), []string{"id a", "Transient"}, nil},
		"an answer that is no object":         {operations(firstMade, `"2"`), []string{"id a", "Transient"}, nil},
		"two answers to one":                  {operations(firstMade, secondMade, refusal("409", "")), []string{"id a", "Transient"}, nil},
		"one resource for two":                {operations(firstMade, result("2", `"201"`, `,"location":"https://x.example/v2/Users/a"`)), []string{"Transient", "Transient"}, nil},
		"one id for two":                      {operations(result("1", `"201"`, `,"response":{"id":"a"}`), result("2", `"201"`, `,"response":{"id":"a"}`)), []string{"Transient", "Transient"}, nil},

		"one is throttled and created by itself": {operations(firstMade, refusal("429", "")), []string{"id a", "id single-1"}, []string{"POST /scim/Users"}},
		"one met the end of the token":           {operations(firstMade, refusal("401", "")), []string{"id a", "id single-1"}, []string{"POST /scim/Users"}},
		"one is created without telling its id": {
			operations(firstMade, result("2", `"201"`, "")), []string{"id a", "Transient"},
			[]string{`GET /scim/Users?filter=userName eq "bob@x.org"`, `GET /scim/Users?filter=userName eq "bob@x.org"`, `GET /scim/Users?filter=userName eq "bob@x.org"`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			app := bulkServer(t, offer(generous), tc.bulk, made)
			got := creatingMany(t, app.discovered(t, profile.Generic), directory.User, people("ada@x.org", "bob@x.org"))
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("results (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(append([]string{"POST /scim/Bulk"}, tc.asked...), app.targets(t)); diff != "" {
				t.Errorf("requests (-want +got):\n%s", diff)
			}
		})
	}
}

// Whatever an application answers to a create, in a bulk answer it means the same.
func TestBulkClassifiesLikeASingleCreate(t *testing.T) {
	for _, status := range []int{400, 403, 404, 405, 406, 408, 409, 410, 412, 413, 422, 425, 451, 500, 501, 502, 503, 504, 507} {
		for _, body := range []string{"", scimError("400", "uniqueness", "x"), scimError("400", "invalidVers", "x"), scimError("400", "mutability", "x"), platformError("general.conflict", "x")} {
			alone := serve(t, sequence(respond(status, body)))
			_, want := alone.client(t, profile.Generic).Create(context.Background(), directory.User, people("bob@x.org")[0])
			response := ""
			if body != "" {
				response = `,"response":` + body
			}
			app := bulkServer(t, offer(generous), operations(firstMade, fmt.Sprintf(`{"method":"POST","bulkId":"2","status":"%d"%s}`, status, response)), made)
			var got error
			app.discovered(t, profile.Generic).CreateMany(context.Background(), directory.User, people("ada@x.org", "bob@x.org"), func(i int, _ directory.Resource, err error) {
				if i == 1 {
					got = err
				}
			})
			clean := func(err error) string {
				return fmt.Sprintf("%v %s %s %v", fault.KindOf(err), fault.CodeOf(err), strings.ReplaceAll(fault.MessageOf(err), app.URL, alone.URL), scim.DetailOf(err))
			}
			if diff := cmp.Diff(clean(want), clean(got)); diff != "" {
				t.Errorf("%d %s (-alone +in bulk):\n%s", status, body, diff)
			}
		}
	}
}

// A bulk request that was refused as a whole created nobody, so everybody gets a request of their own.
func TestBulkRefusedAsAWhole(t *testing.T) {
	for name, tc := range map[string]struct {
		answer http.HandlerFunc
		status int
		want   []string
		// again is how many bulk requests a second CreateMany sends.
		again int
	}{
		"announced and not there":           {nil, 404, []string{"id single-1", "id single-2"}, 0},
		"not allowed":                       {nil, 405, []string{"id single-1", "id single-2"}, 0},
		"not implemented":                   {nil, 501, []string{"id single-1", "id single-2"}, 0},
		"not for these credentials":         {nil, 403, []string{"id single-1", "id single-2"}, 0},
		"redirected":                        {nil, 302, []string{"id single-1", "id single-2"}, 0},
		"refused because of one":            {nil, 400, []string{"id single-1", "id single-2"}, 1},
		"failed":                            {nil, 503, []string{"Transient", "Transient"}, 1},
		"timed out, and too large to retry": {nil, 504, []string{"Transient", "Transient"}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			app := bulkServer(t, offer(generous), sequence(respond(tc.status, "")), made)
			c := app.discovered(t, profile.Generic)
			if diff := cmp.Diff(tc.want, creatingMany(t, c, directory.User, people("ada@x.org", "bob@x.org"))); diff != "" {
				t.Errorf("results (-want +got):\n%s", diff)
			}
			before := countPath(app, "/scim/Bulk")
			creatingMany(t, c, directory.User, people("cy@x.org", "dan@x.org"))
			if got := countPath(app, "/scim/Bulk") - before; before != 1 || got != tc.again {
				t.Errorf("%d bulk requests and then %d, want 1 and %d", before, got, tc.again)
			}
		})
	}
}

func countPath(app *application, path string) (n int) {
	for _, r := range app.seen() {
		if r.path == path {
			n++
		}
	}
	return n
}

// A token that is refused, even a new one, is refused to all: nothing more is sent.
func TestBulkEndsWithTheCredentials(t *testing.T) {
	app := bulkServer(t, offer(`{"supported":true,"maxOperations":2,"maxPayloadSize":1000000}`), sequence(respond(401, "")), made)
	c := app.discovered(t, profile.Generic, func(cfg *scim.Config) { cfg.Refresh = func(context.Context) error { return nil } })
	got := creatingMany(t, c, directory.User, people("a", "b", "c", "d", "e"))
	if diff := cmp.Diff([]string{"Unauthorized", "Unauthorized", "Unauthorized", "Unauthorized", "Unauthorized"}, got); diff != "" {
		t.Errorf("results (-want +got):\n%s", diff)
	}
	if n := len(app.seen()); n != 2 { // once more with the new token
		t.Errorf("%d requests: %v", n, app.targets(t))
	}
}

func TestBulkEndsWithItsCaller(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	app := bulkServer(t, offer(`{"supported":true,"maxOperations":2,"maxPayloadSize":1000000}`), operations(firstMade, secondMade), made)
	var got []fault.Kind
	app.discovered(t, profile.Generic).CreateMany(ctx, directory.User, people("a", "b", "c", "d", "e"), func(_ int, _ directory.Resource, err error) {
		got = append(got, fault.KindOf(err))
		cancel()
	})
	if diff := cmp.Diff([]fault.Kind{fault.Unknown, fault.Unknown, fault.Canceled, fault.Canceled, fault.Canceled}, got); diff != "" {
		t.Errorf("kinds (-want +got):\n%s", diff)
	}
	if n := len(app.seen()); n != 1 {
		t.Errorf("%d requests", n)
	}
}

// All who share the fate of one lost request share one error value, so that a caller can count it as one failure.
func TestBulkFailureIsShared(t *testing.T) {
	for name, bulk := range map[string]func(http.ResponseWriter, recorded, int){"the request failed": sequence(respond(500, "")), "the answer is empty": operations()} {
		t.Run(name, func(t *testing.T) {
			errs := map[error]bool{}
			bulkServer(t, offer(generous), bulk, made).discovered(t, profile.Generic).CreateMany(context.Background(), directory.User, people("a", "b", "c"),
				func(_ int, _ directory.Resource, err error) { errs[err] = true })
			if len(errs) != 1 {
				t.Errorf("%d errors", len(errs))
			}
		})
	}
}
