package scim_test

import (
	"context"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/fault"
	"github.com/entrain-dev/entrain/internal/scim/profile"
)

var guid = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)

// Reference part 2 section 7.2.
func TestCheck(t *testing.T) {
	for name, tc := range map[string]struct {
		answer   func(http.ResponseWriter)
		wantKind fault.Kind
		wantSays string
	}{
		"an empty list":             {respond(200, list(0)), fault.Unknown, ""},
		"a wrong token":             {respond(401, platformError("bad.credentials", "")), fault.Unauthorized, "put a valid one into the Secret"},
		"a missing permission":      {respond(403, platformError("missing.permissions", "missing: directory:user:view")), fault.Forbidden, "directory:user:view"},
		"a wrong path":              {respond(404, "<html>"), fault.NotCompliant, "check the path in tenantURL"},
		"a page to sign in":         {respond(200, "<!doctype html>"), fault.NotCompliant, "a web page instead of a SCIM resource"},
		"another API":               {respond(200, `{"hello":"world"}`), fault.NotCompliant, "no list"},
		"filters are ignored":       {respond(200, list(2, user("1", "a"), user("2", "b"))), fault.NotCompliant, "ignores filters on userName"},
		"the attribute is unknown":  {respond(400, scimError("400", "invalidFilter", "")), fault.Invalid, "use a matching attribute that it can filter by"},
		"the application is broken": {respond(500, ""), fault.Transient, "status 500"},
	} {
		t.Run(name, func(t *testing.T) {
			app := serve(t, sequence(tc.answer))
			err := app.client(t, profile.GenesysCloud).Check(context.Background(), "userName")
			if got := fault.KindOf(err); got != tc.wantKind {
				t.Errorf("kind = %v, want %v (%v)", got, tc.wantKind, err)
			}
			contains(t, "message", fault.MessageOf(err), tc.wantSays)
			if got := guid.ReplaceAllString(app.targets(t)[0], "GUID"); got != `GET /scim/Users?filter=userName eq "GUID"` {
				t.Errorf("request = %s", got)
			}
		})
	}
}

func TestCheckReadsWhatTheApplicationSaysAboutItselfOnce(t *testing.T) {
	const config = `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],"patch":{"supported":false},"filter":{"supported":true,"maxResults":50}}`
	for name, tc := range map[string]struct {
		profile, config string
		status          int
		wantRequests    int
		wantPage        int
		wantFirst       string
	}{
		"limits are lowered":             {profile.Generic, config, 200, 3, 50, "GET"},
		"no document":                    {profile.Generic, "", 404, 3, 100, "PATCH"},
		"a document of something else":   {profile.Generic, `{"patch":{"supported":false}}`, 200, 3, 100, "PATCH"},
		"a broken document":              {profile.Generic, "<html>", 200, 5, 100, "PATCH"},
		"the Entra client never asks":    {profile.EntraCompatible, config, 200, 2, 100, "PATCH"},
		"what Genesys says is known":     {profile.GenesysCloud, config, 200, 2, 100, "PATCH"},
		"a small limit is a small limit": {profile.Generic, strings.Replace(config, "50", "1", 1), 200, 3, 1, "GET"},
	} {
		t.Run(name, func(t *testing.T) {
			app := serve(t, func(w http.ResponseWriter, r recorded, _ int) {
				switch {
				case strings.HasSuffix(r.path, "/ServiceProviderConfig"):
					respond(tc.status, tc.config)(w)
				case strings.HasSuffix(r.path, "/Users"):
					respond(200, list(0))(w)
				default:
					respond(200, `{"id":"u-1"}`)(w)
				}
			})
			c, ctx := app.client(t, tc.profile), context.Background()
			for range 2 {
				if err := c.Check(ctx, ""); err != nil {
					t.Fatal(err)
				}
			}
			if n := len(app.seen()); n != tc.wantRequests {
				t.Errorf("%d requests, want %d: %v", n, tc.wantRequests, app.targets(t))
			}
			if got := c.Capabilities().PageSize; got != tc.wantPage {
				t.Errorf("page size = %d, want %d", got, tc.wantPage)
			}
			if err := c.Update(ctx, directory.User, "u-1", []directory.Operation{{Kind: directory.Replace, Path: "title", Value: "x"}}); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.wantFirst, app.seen()[tc.wantRequests].method); diff != "" {
				t.Errorf("first request of a change (-want +got):\n%s", diff)
			}
		})
	}
}
