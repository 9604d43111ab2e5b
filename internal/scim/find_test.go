package scim_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	filter "github.com/scim2/filter-parser/v2"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/fault"
	"github.com/entrain-dev/entrain/internal/scim"
	"github.com/entrain-dev/entrain/internal/scim/profile"
)

func ids(resources []directory.Resource) []directory.TargetID {
	var out []directory.TargetID
	for _, r := range resources {
		out = append(out, r.ID)
	}
	return out
}

func TestFind(t *testing.T) {
	work := func(id, mail string) map[string]any {
		return map[string]any{"id": id, "emails": []any{map[string]any{"type": "home", "value": "other@x.org"}, map[string]any{"type": "work", "value": mail}}}
	}
	external := map[string]any{"id": "e", profile.GenesysUser: map[string]any{"externalIds": []any{map[string]any{"authority": "zoomphone", "value": "Z-7"}}}}
	for name, tc := range map[string]struct {
		profile, path, value string
		answer               string
		want                 []directory.TargetID
		wantFilter           string
	}{
		"nobody":                     {profile.Generic, "userName", "ada@x.org", list(0), nil, `userName eq "ada@x.org"`},
		"one":                        {profile.Generic, "userName", "ada@x.org", list(1, user("1", "ada@x.org")), []directory.TargetID{"1"}, `userName eq "ada@x.org"`},
		"case does not matter":       {profile.Generic, "userName", "ada@x.org", list(1, user("1", "ADA@X.org")), []directory.TargetID{"1"}, `userName eq "ada@x.org"`},
		"several are for the caller": {profile.Generic, "userName", "ada@x.org", list(2, user("1", "ada@x.org"), user("2", "Ada@x.org")), []directory.TargetID{"1", "2"}, `userName eq "ada@x.org"`},
		"a server that ignores filters links nobody with the wrong person": {
			profile.Generic, "userName", "ada@x.org", list(3, user("1", "bob@x.org"), user("2", "ada@x.org"), user("3", "eve@x.org")), []directory.TargetID{"2"}, `userName eq "ada@x.org"`},
		"an answer that does not show the value is believed": {profile.Generic, "userName", "ada@x.org", list(1, map[string]any{"id": "1"}), []directory.TargetID{"1"}, `userName eq "ada@x.org"`},
		"a number for an id":            {profile.Generic, "userName", "a", list(1, map[string]any{"id": 12345678901, "userName": "a"}), []directory.TargetID{"12345678901"}, `userName eq "a"`},
		"quotes and backslashes":        {profile.Generic, "displayName", `a"b\c`, list(0), nil, `displayName eq "a\"b\\c"`},
		"line breaks and other scripts": {profile.Generic, "displayName", "a\nü/日本", list(0), nil, `displayName eq "a\nü/日本"`},
		"in a list, RFC":                {profile.Generic, `emails[type eq "work"].value`, "ada@x.org", list(2, work("1", "ada@x.org"), work("2", "bob@x.org")), []directory.TargetID{"1"}, `emails[type eq "work" and value eq "ada@x.org"]`},
		"in a list, Entra":              {profile.EntraCompatible, `emails[type eq "work"].value`, "ada@x.org", list(1, work("1", "ada@x.org")), []directory.TargetID{"1"}, `emails[type eq "work"].value eq "ada@x.org"`},
		"an external id of Genesys": {profile.GenesysCloud, profile.GenesysUser + `:externalIds[authority eq "zoomphone"].value`, "Z-7", list(1, external), []directory.TargetID{"e"},
			profile.GenesysUser + `:externalIds[authority eq "zoomphone" and value eq "Z-7"]`},
		"an employee number of Genesys has a short name": {profile.GenesysCloud, profile.EnterpriseUser + ":employeeNumber", "7", list(0), nil, `employeeNumber eq "7"`},
		"an extension":                 {profile.Generic, profile.EnterpriseUser + ":employeeNumber", "7", list(0), nil, profile.EnterpriseUser + `:employeeNumber eq "7"`},
		"a path that cannot be parsed": {profile.Generic, "weird path", "7", list(0), nil, `weird path eq "7"`},
	} {
		t.Run(name, func(t *testing.T) {
			app := serve(t, sequence(respond(200, tc.answer)))
			found, err := app.client(t, tc.profile).Find(context.Background(), directory.User, tc.path, tc.value)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, ids(found)); diff != "" {
				t.Errorf("found (-want +got):\n%s", diff)
			}
			query, err := url.ParseQuery(app.seen()[0].query)
			if err != nil {
				t.Fatal(err)
			}
			if got := query.Get("filter"); got != tc.wantFilter {
				t.Errorf("filter = %q, want %q", got, tc.wantFilter)
			}
		})
	}
}

// A filter must say what was meant, whatever is in the value.
func FuzzFilter(f *testing.F) {
	for _, seed := range []string{"ada@contoso.com", `o'neil "x"\`, "a\x00b", "ü\u2028ö", `" or userName pr or "`, "%22+&=#", "\xff"} {
		f.Add(seed)
	}
	app := &fuzzed{}
	p, err := profile.Lookup(profile.Generic, profile.Options{})
	if err != nil {
		f.Fatal(err)
	}
	c, err := scim.New(scim.Config{
		BaseURL: "https://a.example/scim", Profile: p, HTTP: &http.Client{Transport: app}, Clock: newJumpClock(),
		Token: func(context.Context) (string, error) { return "t", nil },
	})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, value string) {
		if _, err := c.Find(context.Background(), directory.User, "userName", value); err != nil {
			t.Fatal(err)
		}
		rest, ok := strings.CutPrefix(app.filter, "userName eq ")
		var got string
		if !ok || json.Unmarshal([]byte(rest), &got) != nil || got != strings.ToValidUTF8(value, "\ufffd") && got != toRunes(value) {
			t.Fatalf("%q was sent as %q", value, app.filter)
		}
		if parsed, err := filter.ParseFilter([]byte(app.filter)); err == nil {
			if e, ok := parsed.(*filter.AttributeExpression); !ok || e.AttributePath.AttributeName != "userName" || e.Operator != filter.EQ {
				t.Fatalf("%q was sent as %q, which means %v", value, app.filter, parsed)
			}
		}
	})
}

// toRunes replaces each invalid byte, as JSON does.
func toRunes(s string) string { return string([]rune(s)) }

// fuzzed answers without a network and keeps the last filter.
type fuzzed struct{ filter string }

func (f *fuzzed) RoundTrip(r *http.Request) (*http.Response, error) {
	f.filter = r.URL.Query().Get("filter")
	rec := newAnswer(r, http.StatusOK, list(0))
	return rec, nil
}

// Genesys does not say whether a search sees inactive users (genesys-scim.md 7.2): after a conflict it is asked for them.
func TestAPersonWhoIsInactiveIsFoundAfterAConflict(t *testing.T) {
	const name = "ada@contoso.com"
	for label, tc := range map[string]struct {
		compound bool // the application combines filters
		want     []string
	}{
		"by a combined filter": {true, []string{
			`GET /scim/Users?filter=userName eq "ada@contoso.com"`,
			`POST /scim/Users`,
			`GET /scim/Users?filter=userName eq "ada@contoso.com"`,
			`GET /scim/Users?filter=userName eq "ada@contoso.com" and active eq false`,
		}},
		"in the list of inactive users": {false, []string{
			`GET /scim/Users?filter=userName eq "ada@contoso.com"`,
			`POST /scim/Users`,
			`GET /scim/Users?filter=userName eq "ada@contoso.com"`,
			`GET /scim/Users?filter=userName eq "ada@contoso.com" and active eq false`,
			`GET /scim/Users?startIndex=1&count=100&filter=active eq false&attributes=userName`,
			`GET /scim/Users?startIndex=3&count=100&filter=active eq false&attributes=userName`,
		}},
	} {
		t.Run(label, func(t *testing.T) {
			app := serve(t, func(w http.ResponseWriter, r recorded, _ int) {
				q, _ := url.ParseQuery(r.query)
				switch f := q.Get("filter"); {
				case r.method == http.MethodPost:
					respond(409, scimError("409", "uniqueness", name))(w)
				case strings.Contains(f, " and ") && tc.compound:
					respond(200, list(1, user("u-7", name)))(w)
				case strings.Contains(f, " and "):
					respond(400, scimError("400", "invalidFilter", "no and"))(w)
				case f == "active eq false" && q.Get("startIndex") == "1":
					respond(200, list(2, user("u-6", "bob@contoso.com"), user("u-7", name)))(w)
				default:
					respond(200, list(0))(w)
				}
			})
			c, ctx := app.client(t, profile.GenesysCloud), context.Background()
			if found, err := c.Find(ctx, directory.User, "userName", name); err != nil || len(found) > 0 {
				t.Fatalf("first look-up: %v, %v", found, err)
			}
			if _, err := c.Create(ctx, directory.User, directory.Document{"userName": name}); !fault.Is(err, fault.Conflict) {
				t.Fatalf("create: %v", err)
			}
			found, err := c.Find(ctx, directory.User, "userName", name)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]directory.TargetID{"u-7"}, ids(found)); diff != "" {
				t.Errorf("found (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tc.want, app.targets(t)); diff != "" {
				t.Errorf("requests (-want +got):\n%s", diff)
			}
		})
	}
}

func TestGetReadsIDAndVersion(t *testing.T) {
	for name, tc := range map[string]struct {
		answer      func(http.ResponseWriter)
		wantVersion string
	}{
		"the header":   {respond(200, `{"id":"u-1","meta":{"version":"56"}}`, "ETag", `"56"`), `"56"`},
		"meta.version": {respond(200, `{"id":"u-1","meta":{"version":"56"}}`), "56"},
		"neither":      {respond(200, `{"id":"u-1"}`), ""},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := serve(t, sequence(tc.answer)).client(t, profile.Generic).Get(context.Background(), directory.User, "u-1")
			if err != nil || r.ID != "u-1" || r.Version != tc.wantVersion {
				t.Errorf("got %q version %q, %v", r.ID, r.Version, err)
			}
		})
	}
}

// An empty id would address everybody.
func TestAnIDThatWouldAddressTheCollectionIsNeverSent(t *testing.T) {
	app := serve(t, sequence(respond(204, "")))
	c, ctx := app.client(t, profile.Generic), context.Background()
	for _, id := range []directory.TargetID{"", ".", ".."} {
		if err := c.Delete(ctx, directory.User, id); !fault.Is(err, fault.Internal) {
			t.Errorf("delete %q: %v", id, err)
		}
		if err := c.Update(ctx, directory.User, id, []directory.Operation{{Kind: directory.Remove, Path: "title"}}); !fault.Is(err, fault.Internal) {
			t.Errorf("update %q: %v", id, err)
		}
	}
	if n := len(app.seen()); n != 0 {
		t.Errorf("%d requests were sent", n)
	}
}

// Failure class 13: ids are opaque and arrive as they were given.
func TestIDsOfAnyForm(t *testing.T) {
	for _, id := range []directory.TargetID{"ada@contoso.com", "100%", "a/b", "a b", "日本", "a?b#c", "a+b", "%2F"} {
		app := serve(t, sequence(respond(204, "")))
		if err := app.client(t, profile.Generic).Delete(context.Background(), directory.User, id); err != nil {
			t.Errorf("%q: %v", id, err)
			continue
		}
		got, err := url.PathUnescape(strings.TrimPrefix(app.seen()[0].path, "/scim/Users/"))
		if err != nil || got != string(id) {
			t.Errorf("%q arrived as %q, %v", id, got, err)
		}
	}
}

func TestMembersOfAGroup(t *testing.T) {
	var members []any
	for i := range 3 {
		members = append(members, map[string]any{"type": "User", "value": fmt.Sprint("u-", i)})
	}
	body, _ := json.Marshal(map[string]any{"id": "g-1", "members": members})
	app := serve(t, sequence(respond(200, string(body))))
	got, err := app.client(t, profile.Generic).Members(context.Background(), "g-1")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]directory.TargetID{"u-0", "u-1", "u-2"}, got); diff != "" {
		t.Errorf("members (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"GET /scim/Groups/g-1?attributes=members"}, app.targets(t)); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}
