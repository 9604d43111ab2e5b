package scim_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/fault"
	"github.com/entrain-dev/entrain/internal/scim/profile"
)

// Failure class 8: answers to a create without id, without body, with another status.
func TestTheIDOfWhatWasCreatedIsFoundOut(t *testing.T) {
	const lookUp = `GET /scim/Users?filter=userName eq "ada@x.org"`
	found := respond(200, list(1, user("u-1", "ada@x.org")))
	nobody := respond(200, list(0))
	for name, tc := range map[string]struct {
		answers  []func(http.ResponseWriter) // to the POST, then to look-ups
		wantID   directory.TargetID
		want     []string
		wantKind fault.Kind
	}{
		"201 with the resource":              {[]func(http.ResponseWriter){respond(201, `{"id":"u-1","userName":"ada@x.org"}`)}, "u-1", nil, fault.Unknown},
		"200 with the resource":              {[]func(http.ResponseWriter){respond(200, `{"id":"u-1"}`)}, "u-1", nil, fault.Unknown},
		"the address alone":                  {[]func(http.ResponseWriter){respond(201, "", "Location", "https://x.example/v2/Users/a%2Fb")}, "a/b", nil, fault.Unknown},
		"a relative address in lower case":   {[]func(http.ResponseWriter){respond(201, "", "Location", "/api/v2/scim/v2/users/u-1")}, "u-1", nil, fault.Unknown},
		"an address of something else":       {[]func(http.ResponseWriter){respond(201, "", "Location", "https://x.example/jobs/17"), found}, "u-1", []string{lookUp}, fault.Unknown},
		"204":                                {[]func(http.ResponseWriter){respond(204, ""), found}, "u-1", []string{lookUp}, fault.Unknown},
		"201 without id":                     {[]func(http.ResponseWriter){respond(201, `{"userName":"ada@x.org"}`), found}, "u-1", []string{lookUp}, fault.Unknown},
		"201 with nonsense":                  {[]func(http.ResponseWriter){respond(201, `<html>`), found}, "u-1", []string{lookUp}, fault.Unknown},
		"a search that lags behind":          {[]func(http.ResponseWriter){respond(201, ""), nobody, found}, "u-1", []string{lookUp, lookUp}, fault.Unknown},
		"a search that does not catch up":    {[]func(http.ResponseWriter){respond(201, ""), nobody}, "", []string{lookUp, lookUp, lookUp}, fault.Transient},
		"several of that name":               {[]func(http.ResponseWriter){respond(201, ""), respond(200, list(2, user("1", "ada@x.org"), user("2", "ada@x.org")))}, "", []string{lookUp}, fault.Duplicate},
		"a look-up that fails is the answer": {[]func(http.ResponseWriter){respond(201, ""), respond(403, "")}, "", []string{lookUp}, fault.Forbidden},
	} {
		t.Run(name, func(t *testing.T) {
			app := serve(t, sequence(tc.answers...))
			got, err := app.client(t, profile.Generic).Create(context.Background(), directory.User, directory.Document{"userName": "ada@x.org"})
			if got.ID != tc.wantID || fault.KindOf(err) != tc.wantKind {
				t.Errorf("id = %q, err = %v", got.ID, err)
			}
			if diff := cmp.Diff(append([]string{"POST /scim/Users"}, tc.want...), app.targets(t)); diff != "" {
				t.Errorf("requests (-want +got):\n%s", diff)
			}
		})
	}
}

// Failure class 9, and a DELETE whose answer was lost.
func TestDelete(t *testing.T) {
	for name, tc := range map[string]struct {
		answer   func(w http.ResponseWriter, r recorded, n int)
		want     []string
		wantKind fault.Kind
	}{
		"204":                       {sequence(respond(204, "")), []string{"DELETE"}, fault.Unknown},
		"200 with an object":        {sequence(respond(200, "{}")), []string{"DELETE"}, fault.Unknown},
		"404 is done":               {sequence(respond(404, platformError("not.found", ""))), []string{"DELETE"}, fault.Unknown},
		"the answer was lost":       {sequence(cut, respond(404, "")), []string{"DELETE", "DELETE"}, fault.Unknown},
		"500 on the second":         {sequence(cut, respond(500, ""), respond(500, ""), respond(404, "")), []string{"DELETE", "DELETE", "DELETE", "GET"}, fault.Unknown},
		"500, and it still exists":  {sequence(respond(500, ""), respond(500, ""), respond(500, ""), respond(200, `{"id":"u-1"}`)), []string{"DELETE", "DELETE", "DELETE", "GET"}, fault.Transient},
		"refused":                   {sequence(respond(403, "")), []string{"DELETE"}, fault.Forbidden},
		"a web page is no deletion": {sequence(respond(404, "<html>")), []string{"DELETE"}, fault.NotCompliant},
	} {
		t.Run(name, func(t *testing.T) {
			app := serve(t, tc.answer)
			err := app.client(t, profile.Generic).Delete(context.Background(), directory.User, "u-1")
			if got := fault.KindOf(err); got != tc.wantKind {
				t.Errorf("kind = %v, want %v (%v)", got, tc.wantKind, err)
			}
			var methods []string
			for _, r := range app.seen() {
				methods = append(methods, r.method)
			}
			if diff := cmp.Diff(tc.want, methods); diff != "" {
				t.Errorf("requests (-want +got):\n%s", diff)
			}
		})
	}
}

func patchOnly(status int, body string) func(http.ResponseWriter, recorded, int) {
	return func(w http.ResponseWriter, r recorded, _ int) {
		switch r.method {
		case http.MethodPatch:
			respond(status, body)(w)
		case http.MethodGet:
			respond(200, `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"id":"u-1","userName":"ada","title":"Agent","meta":{"version":"W/\"1\""},`+
				`"phoneNumbers":[{"type":"work","value":"+491"},{"type":"home","value":"+492"}]}`, "ETag", `W/"1"`)(w)
		default:
			respond(200, `{"id":"u-1"}`)(w)
		}
	}
}

func TestApplicationsWithoutPATCHAreReadAndReplaced(t *testing.T) {
	for _, status := range []int{501, 405} {
		app := serve(t, patchOnly(status, ""))
		c, ctx := app.client(t, profile.Generic), context.Background()
		ops := []directory.Operation{
			{Kind: directory.Replace, Path: "title", Value: "Lead"},
			{Kind: directory.Add, Path: `phoneNumbers[type eq "mobile"].value`, Value: "+493"},
			{Kind: directory.Remove, Path: `phoneNumbers[type eq "home"]`},
			{Kind: directory.Add, Path: profile.EnterpriseUser + ":manager", Value: directory.TargetID("m-1")},
		}
		for range 2 {
			if err := c.Update(ctx, directory.User, "u-1", ops); err != nil {
				t.Fatal(err)
			}
		}
		want := []string{"PATCH /scim/Users/u-1", "GET /scim/Users/u-1", "PUT /scim/Users/u-1", "GET /scim/Users/u-1", "PUT /scim/Users/u-1"}
		if diff := cmp.Diff(want, app.targets(t)); diff != "" {
			t.Errorf("%d: requests (-want +got):\n%s", status, diff)
		}
		put := app.seen()[2]
		const wantBody = `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"id":"u-1",` +
			`"phoneNumbers":[{"type":"work","value":"+491"},{"type":"mobile","value":"+493"}],"title":"Lead",` +
			`"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"manager":{"value":"m-1"}},"userName":"ada"}`
		if diff := cmp.Diff(wantBody, put.body); diff != "" {
			t.Errorf("body (-want +got):\n%s", diff)
		}
		if got := put.header.Get("If-Match"); got != `W/"1"` {
			t.Errorf("If-Match = %q", got)
		}
	}
}

func TestAReplacementThatMeetsAnotherVersionReadsAgain(t *testing.T) {
	puts := 0
	app := serve(t, func(w http.ResponseWriter, r recorded, n int) {
		if r.method == http.MethodPut {
			if puts++; puts < 3 {
				respond(412, "")(w)
				return
			}
		}
		patchOnly(501, "")(w, r, n)
	})
	err := app.client(t, profile.Generic).Update(context.Background(), directory.User, "u-1", []directory.Operation{{Kind: directory.Replace, Path: "title", Value: "Lead"}})
	if err != nil || len(app.seen()) != 1+3*2 {
		t.Errorf("err = %v after %d requests", err, len(app.seen()))
	}
}

// genesys-scim.md 5 and 14: the version is shared with the rest of the platform, and everybody raises it.
func TestAClashOfVersionsIsSentOnceMore(t *testing.T) {
	app := serve(t, sequence(respond(409, scimError("409", "", "version does not match")), respond(200, `{"id":"u-1"}`)))
	err := app.client(t, profile.GenesysCloud).Update(context.Background(), directory.User, "u-1", []directory.Operation{{Kind: directory.Replace, Path: "title", Value: "Lead"}})
	if err != nil || len(app.seen()) != 2 {
		t.Errorf("err = %v after %d requests", err, len(app.seen()))
	}
	if got := app.seen()[0].header.Get("If-Match"); got != "" {
		t.Errorf("If-Match %q was sent without being asked for", got)
	}
}

// Reference part 2 section 7.3: servers that keep to RFC 7644 refuse a filtered path whose element does not exist.
func TestAnElementThatDoesNotExistIsAddedWhole(t *testing.T) {
	app := serve(t, func(w http.ResponseWriter, r recorded, n int) {
		if r.method == http.MethodPatch && n > 0 {
			respond(204, "")(w)
			return
		}
		patchOnly(400, scimError("400", "noTarget", ""))(w, r, n)
	})
	ops := []directory.Operation{
		{Kind: directory.Replace, Path: "title", Value: "Lead"},
		{Kind: directory.Add, Path: `addresses[type eq "work"].locality`, Value: "Berlin"},
		{Kind: directory.Add, Path: `addresses[type eq "work"].country`, Value: "DE"},
		{Kind: directory.Replace, Path: `phoneNumbers[type eq "work"].value`, Value: "+499"},
		{Kind: directory.Replace, Path: `phoneNumbers[type eq "fax"].value`, Value: "+498"},
		{Kind: directory.Remove, Path: `phoneNumbers[type eq "pager"]`},
	}
	if err := app.client(t, profile.Generic).Update(context.Background(), directory.User, "u-1", ops); err != nil {
		t.Fatal(err)
	}
	seen := app.seen()
	if len(seen) != 3 {
		t.Fatalf("%d requests, want the refused one, a read and the other form", len(seen))
	}
	const want = `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","path":"title","value":"Lead"},` +
		`{"op":"add","path":"addresses","value":[{"country":"DE","locality":"Berlin","type":"work"}]},` +
		`{"op":"replace","path":"phoneNumbers[type eq \"work\"].value","value":"+499"},` +
		`{"op":"add","path":"phoneNumbers","value":[{"type":"fax","value":"+498"}]}]}`
	if diff := cmp.Diff(want, seen[2].body); diff != "" {
		t.Errorf("body (-want +got):\n%s", diff)
	}
}

func TestARefusalThatHasAnotherReasonStands(t *testing.T) {
	app := serve(t, patchOnly(400, scimError("400", "invalidPath", "")))
	err := app.client(t, profile.Generic).Update(context.Background(), directory.User, "u-1", []directory.Operation{{Kind: directory.Replace, Path: "nickName", Value: "x"}})
	if !fault.Is(err, fault.Invalid) || fault.CodeOf(err) != "SchemaAttributeNotFound" {
		t.Errorf("err = %v", err)
	}
}

func TestNothingToChangeSendsNothing(t *testing.T) {
	app := serve(t, sequence(respond(500, "")))
	c, ctx := app.client(t, profile.Generic), context.Background()
	if err := c.Update(ctx, directory.User, "u-1", nil); err != nil {
		t.Error(err)
	}
	if err := c.UpdateMembers(ctx, "g-1", nil, nil); err != nil {
		t.Error(err)
	}
	if n := len(app.seen()); n != 0 {
		t.Errorf("%d requests", n)
	}
}

// Failure class 11: servers that refuse many members at once or drop some of them silently.
func TestMembersBeyondALimit(t *testing.T) {
	many := []directory.TargetID{"u-1", "u-2", "u-3", "u-4"}
	group := `{"id":"g-1","members":[{"value":"u-1"},{"value":"u-2"},{"value":"u-3"}]}`
	whole := `{"id":"g-1","members":[{"value":"u-1"},{"value":"u-2"},{"value":"u-3"},{"value":"u-4"}]}`
	for name, tc := range map[string]struct {
		answer   func(w http.ResponseWriter, r recorded, n int)
		want     []string
		wantKind fault.Kind
	}{
		"413 is sent in halves": {func(w http.ResponseWriter, r recorded, _ int) {
			if strings.Count(r.body, `"u-`) > 2 {
				respond(413, platformError("request.entity.too.large", ""))(w)
				return
			}
			respond(204, "")(w)
		}, []string{"PATCH", "PATCH", "PATCH"}, fault.Unknown},
		"dropped members are noticed": {func(w http.ResponseWriter, _ recorded, _ int) { respond(200, group)(w) },
			[]string{"PATCH", "GET"}, fault.Invalid},
		"an answer behind the write is no loss": {sequence(respond(200, group), respond(200, whole)),
			[]string{"PATCH", "GET"}, fault.Unknown},
		"all are shown":             {sequence(respond(200, whole)), []string{"PATCH"}, fault.Unknown},
		"no members are shown":      {sequence(respond(200, `{"id":"g-1"}`)), []string{"PATCH"}, fault.Unknown},
		"nothing is shown":          {sequence(respond(204, "")), []string{"PATCH"}, fault.Unknown},
		"a group without end":       {sequence(respond(200, `{"members":[`+strings.Repeat(" ", 2<<20))), []string{"PATCH"}, fault.Unknown},
		"one member cannot be less": {sequence(respond(413, "")), []string{"PATCH", "PATCH", "PATCH"}, fault.Invalid},
	} {
		t.Run(name, func(t *testing.T) {
			app := serve(t, tc.answer)
			err := app.client(t, profile.Generic, keepsMembers).UpdateMembers(context.Background(), "g-1", many, nil)
			if got := fault.KindOf(err); got != tc.wantKind {
				t.Errorf("kind = %v, want %v (%v)", got, tc.wantKind, err)
			}
			var methods []string
			for _, r := range app.seen() {
				methods = append(methods, r.method)
			}
			if diff := cmp.Diff(tc.want, methods); diff != "" {
				t.Errorf("requests (-want +got):\n%s", diff)
			}
		})
	}
}

func TestMoreMembersThanABatchAreRefusedHere(t *testing.T) {
	app := serve(t, sequence(respond(204, "")))
	many := make([]directory.TargetID, 51)
	if err := app.client(t, profile.GenesysCloud).UpdateMembers(context.Background(), "g-1", many, nil); !fault.Is(err, fault.Internal) {
		t.Errorf("err = %v", err)
	}
}
