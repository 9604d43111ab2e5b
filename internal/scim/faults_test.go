package scim_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/fault"
	"github.com/entrain-dev/entrain/internal/scim"
	"github.com/entrain-dev/entrain/internal/scim/profile"
)

type attempt func(context.Context, *scim.Client) error

func finding(ctx context.Context, c *scim.Client) error {
	_, err := c.Find(ctx, directory.User, "userName", "ada@contoso.com")
	return err
}

func reading(ctx context.Context, c *scim.Client) error {
	_, err := c.Get(ctx, directory.User, "u-1")
	return err
}

func creating(ctx context.Context, c *scim.Client) error {
	_, err := c.Create(ctx, directory.User, directory.Document{"userName": "ada@contoso.com"})
	return err
}

func patching(path string) attempt {
	return func(ctx context.Context, c *scim.Client) error {
		return c.Update(ctx, directory.User, "u-1", []directory.Operation{{Kind: directory.Replace, Path: path, Value: "x"}})
	}
}

func joining(ctx context.Context, c *scim.Client) error {
	return c.UpdateMembers(ctx, "g-1", []directory.TargetID{"u-1"}, nil)
}

func deleting(ctx context.Context, c *scim.Client) error { return c.Delete(ctx, directory.User, "u-1") }

// Reference part 2 sections 7.7 and 7.8, genesys-scim.md section 12.
func TestWhatAnAnswerMeans(t *testing.T) {
	const secret = "ada@contoso.com is taken by Ada Example"
	for name, tc := range map[string]struct {
		profile  string
		do       attempt
		status   int
		body     string
		wantKind fault.Kind
		wantCode string
		wantSays string
	}{
		"404 on a filter is no search":              {do: finding, status: 404, body: platformError("not.found", secret), wantKind: fault.NotCompliant, wantCode: "SystemForCrossDomainIdentityManagementServiceIncompatible", wantSays: "check the path in tenantURL"},
		"404 by id is an absent resource":           {do: reading, status: 404, body: scimError("404", "", secret), wantKind: fault.NotFound, wantCode: "InvalidAnchor"},
		"410 by id is an absent resource":           {do: reading, status: 410, wantKind: fault.NotFound, wantCode: "InvalidAnchor"},
		"a web page by id is a wrong path":          {do: reading, status: 404, body: "<html>Not here</html>", wantKind: fault.NotCompliant, wantCode: "SystemForCrossDomainIdentityManagementServiceIncompatible"},
		"404 on create is a wrong path":             {do: creating, status: 404, wantKind: fault.NotCompliant, wantCode: "SystemForCrossDomainIdentityManagementServiceIncompatible"},
		"a redirect":                                {do: finding, status: 302, wantKind: fault.NotCompliant, wantCode: "SystemForCrossDomainIdentityManagementServiceIncompatible", wantSays: "redirected"},
		"401":                                       {do: finding, status: 401, body: platformError("bad.credentials", secret), wantKind: fault.Unauthorized, wantCode: "Unauthorized", wantSays: "put a valid one into the Secret"},
		"401 for the address":                       {do: finding, status: 401, body: platformError("ip.not.authorized", secret), wantKind: fault.Unauthorized, wantCode: "Unauthorized", wantSays: "allow list"},
		"403 names the permission it lacks":         {do: creating, status: 403, body: platformError("missing.any.permissions", "Unable to perform the requested action. You must have at least one of the following permissions assigned: [directory:user:add, urn:ietf:params]"), wantKind: fault.Forbidden, wantCode: "InsufficientRights", wantSays: "the credentials lack directory:user:add;"},
		"403 that names none: the profile knows":    {profile: profile.GenesysCloud, do: deleting, status: 403, body: platformError("not.authorized", secret), wantKind: fault.Forbidden, wantCode: "InsufficientRights", wantSays: "this needs directory:user:delete"},
		"403 that names none: nobody knows":         {do: deleting, status: 403, wantKind: fault.Forbidden, wantCode: "InsufficientRights", wantSays: "the right to manage users"},
		"409 on create":                             {do: creating, status: 409, body: scimError("409", "uniqueness", secret), wantKind: fault.Conflict, wantCode: "EntryConflict"},
		"409 on create, platform body":              {profile: profile.GenesysCloud, do: creating, status: 409, body: platformError("request.conflict", secret), wantKind: fault.Conflict, wantCode: "EntryConflict"},
		"400 uniqueness is a conflict too":          {do: creating, status: 400, body: scimError("400", "uniqueness", secret), wantKind: fault.Conflict, wantCode: "EntryConflict"},
		"409 on a change, RFC":                      {do: patching("title"), status: 409, wantKind: fault.Conflict, wantCode: "EntryConflict"},
		"409 on a change, Genesys: another version": {profile: profile.GenesysCloud, do: patching("title"), status: 409, body: scimError("409", "", secret), wantKind: fault.Stale, wantCode: "invalidVers"},
		"409 on a userName, Genesys: in use":        {profile: profile.GenesysCloud, do: patching("userName"), status: 409, body: scimError("409", "", secret), wantKind: fault.Conflict, wantCode: "EntryConflict"},
		"409 that says it is in use":                {profile: profile.GenesysCloud, do: patching("title"), status: 409, body: scimError("409", "uniqueness", secret), wantKind: fault.Conflict, wantCode: "EntryConflict"},
		"409 that says version":                     {do: patching("title"), status: 409, body: scimError("409", "invalidVers", secret), wantKind: fault.Stale, wantCode: "invalidVers"},
		"400 invalidVers":                           {do: patching("title"), status: 400, body: scimError("400", "invalidVers", secret), wantKind: fault.Stale, wantCode: "invalidVers"},
		"412":                                       {do: patching("title"), status: 412, wantKind: fault.Stale, wantCode: "invalidVers"},
		"400 on a filter":                           {do: finding, status: 400, body: scimError("400", "invalidFilter", secret), wantKind: fault.Invalid, wantCode: "SystemForCrossDomainIdentityManagementServiceIncompatibleFiltering", wantSays: "use a matching attribute that it can filter by"},
		"400 invalidPath":                           {do: patching("nickName"), status: 400, body: scimError("400", "invalidPath", secret), wantKind: fault.Invalid, wantCode: "SchemaAttributeNotFound", wantSays: "correct its path"},
		"400 mutability":                            {do: patching("title"), status: 400, body: scimError("400", "mutability", secret), wantKind: fault.Invalid, wantCode: "mutability", wantSays: "(400 mutability)"},
		"400 platform code":                         {do: patching("title"), status: 400, body: platformError("invalid.value", secret), wantKind: fault.Invalid, wantCode: "invalid.value", wantSays: "(400 invalid.value)"},
		"400 without words":                         {do: creating, status: 400, body: secret, wantKind: fault.Invalid, wantCode: "SystemForCrossDomainIdentityManagementServiceIncompatible"},
		"400 with a sentence for a code":            {do: creating, status: 400, body: scimError("400", secret, secret), wantKind: fault.Invalid, wantCode: "SystemForCrossDomainIdentityManagementServiceIncompatible"},
		"400 on members":                            {do: joining, status: 400, body: scimError("400", "invalidValue", secret), wantKind: fault.Invalid, wantCode: "UnableToResolveReferenceAttributeValue"},
		"422":                                       {do: creating, status: 422, wantKind: fault.Invalid, wantCode: "UnprocessableEntity"},
		"405":                                       {do: creating, status: 405, wantKind: fault.Invalid, wantCode: "MethodNotAllowed"},
		"501":                                       {do: creating, status: 501, wantKind: fault.Invalid, wantCode: "NotImplemented"},
		"500":                                       {do: creating, status: 500, body: "<html>oops</html>", wantKind: fault.Transient, wantCode: "InternalServerError"},
		"504":                                       {do: creating, status: 504, wantKind: fault.Transient, wantCode: "Timeout"},
		"408":                                       {do: creating, status: 408, body: platformError("client.timeout", secret), wantKind: fault.Transient, wantCode: "Timeout"},
	} {
		t.Run(name, func(t *testing.T) {
			app := serve(t, sequence(respond(tc.status, tc.body, "ININ-Correlation-Id", "corr-7")))
			if tc.profile == "" {
				tc.profile = profile.Generic
			}
			err := tc.do(context.Background(), app.client(t, tc.profile))
			if got := fault.KindOf(err); got != tc.wantKind {
				t.Errorf("kind = %v, want %v (%v)", got, tc.wantKind, err)
			}
			if got := fault.CodeOf(err); got != tc.wantCode {
				t.Errorf("code = %q, want %q", got, tc.wantCode)
			}
			contains(t, "message", fault.MessageOf(err), tc.wantSays)
			for _, text := range []string{err.Error(), fault.MessageOf(err), fmt.Sprintf("%+v", err)} {
				if strings.Contains(text, "Ada") || strings.Contains(text, "contoso") {
					t.Errorf("%q holds what the application said about a person", text)
				}
			}
			contains(t, "error", err.Error(), "request corr-7")
		})
	}
}

func TestTheAnswerIsKeptForTheProvisioningLogOnly(t *testing.T) {
	app := serve(t, sequence(respond(400, scimError("400", "invalidValue", strings.Repeat("ä", 3000)))))
	err := creating(context.Background(), app.client(t, profile.Generic))
	d := scim.DetailOf(err)
	if d == nil {
		t.Fatal("no detail")
	}
	if d.Status != 400 || d.SCIMType != "invalidValue" || len(d.LogDetail()) != 2048 || strings.Trim(d.Text, "ä") != "" {
		t.Errorf("detail = %d %q, %d bytes", d.Status, d.SCIMType, len(d.Text))
	}
	if strings.Contains(d.Error(), "ä") {
		t.Errorf("Error() = %q shows the text", d.Error())
	}
}

// Failure class 7: connections that break, answers that are cut, too large, no JSON, or badly packed.
func TestBrokenAnswers(t *testing.T) {
	short := func(w http.ResponseWriter) {
		w.Header().Set("Content-Length", "1000")
		w.WriteHeader(http.StatusOK)
		_, _ = w.Write([]byte(`{"id":`))
	}
	packed := respond(http.StatusOK, "this is not gzip", "Content-Encoding", "gzip")
	huge := func(w http.ResponseWriter) {
		w.WriteHeader(http.StatusOK)
		chunk := []byte(strings.Repeat(" ", 1<<20))
		for range 17 {
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	}
	for name, tc := range map[string]struct {
		answer       func(http.ResponseWriter)
		do           attempt
		wantKind     fault.Kind
		wantRequests int
		wantSays     string
	}{
		"a read that breaks is sent three times":     {cut, reading, fault.Transient, 3, "was cut"},
		"a change that breaks is sent three times":   {cut, patching("title"), fault.Transient, 3, "was cut"},
		"a create that breaks is never sent again":   {cut, creating, fault.Transient, 1, "was cut"},
		"a 500 on create is never sent again":        {respond(500, ""), creating, fault.Transient, 1, "500"},
		"a short body":                               {short, reading, fault.Transient, 3, ""},
		"a body that is no gzip":                     {packed, reading, fault.Transient, 3, ""},
		"a web page instead of a resource":           {respond(200, "<html>Sign in</html>"), reading, fault.NotCompliant, 3, "a web page"},
		"a web page instead of a change":             {respond(200, "<html>Sign in</html>"), patching("title"), fault.Transient, 3, "a web page"},
		"a web page instead of a deletion":           {respond(200, "<html>Sign in</html>"), deleting, fault.Transient, 6, "a web page"},
		"a web page instead of a membership":         {respond(200, "<html>Sign in</html>"), joining, fault.Transient, 6, "a web page"},
		"no JSON":                                    {respond(200, "hello"), reading, fault.NotCompliant, 3, "no JSON"},
		"null":                                       {respond(200, "null"), reading, fault.NotCompliant, 1, "without id"},
		"a resource without id":                      {respond(200, `{"userName":"x"}`), reading, fault.NotCompliant, 1, "without id"},
		"a list instead of a resource":               {respond(200, list(1, user("1", "x"))), reading, fault.Invalid, 1, "with a list"},
		"a resource instead of a list":               {respond(200, `{"id":"1"}`), finding, fault.NotCompliant, 1, "no list"},
		"a list of resources without id":             {respond(200, list(1, map[string]any{"userName": "ada@contoso.com"})), finding, fault.NotCompliant, 1, "without id"},
		"an endless body":                            {huge, reading, fault.NotCompliant, 1, "larger than 16 MiB"},
		"a list without Resources is an empty list":  {respond(200, `{"totalResults":0}`), finding, fault.Unknown, 1, ""},
		"totalResults as text is no reason to fail":  {respond(200, `{"totalResults":"0","Resources":null}`), finding, fault.Unknown, 1, ""},
		"a change answered with nonsense is changed": {respond(200, "hello"), patching("title"), fault.Unknown, 1, ""},
		"a change answered with half a body":         {short, patching("title"), fault.Unknown, 1, ""},
	} {
		t.Run(name, func(t *testing.T) {
			app := serve(t, sequence(tc.answer))
			err := tc.do(context.Background(), app.client(t, profile.Generic))
			if got := fault.KindOf(err); got != tc.wantKind {
				t.Errorf("kind = %v, want %v (%v)", got, tc.wantKind, err)
			}
			if tc.wantSays != "" {
				contains(t, "message", fault.MessageOf(err), tc.wantSays)
			}
			if got := len(app.seen()); got != tc.wantRequests {
				t.Errorf("%d requests, want %d", got, tc.wantRequests)
			}
		})
	}
}

func TestATransientFailureIsRiddenOut(t *testing.T) {
	app := serve(t, sequence(respond(503, "", "Retry-After", "7"), respond(502, "<html>"), respond(200, `{"id":"u-1"}`)))
	began := app.clock.Now()
	if err := reading(context.Background(), app.client(t, profile.Generic)); err != nil {
		t.Fatal(err)
	}
	if got, want := app.clock.Since(began), 8*time.Second; got != want {
		t.Errorf("waited %v, want %v: 7 s as asked, then 1 s", got, want)
	}
}

func TestAnExpiredTokenIsRenewedOnce(t *testing.T) {
	for name, tc := range map[string]struct {
		works     bool // the new token is accepted
		wantKind  fault.Kind
		wantCalls int
		want      []string
	}{
		"and the request sent again": {true, fault.Unknown, 1, []string{"Bearer old", "Bearer new"}},
		"and not a second time":      {false, fault.Unauthorized, 1, []string{"Bearer old", "Bearer new"}},
	} {
		t.Run(name, func(t *testing.T) {
			app := serve(t, func(w http.ResponseWriter, r recorded, _ int) {
				if tc.works && r.header.Get("Authorization") == "Bearer new" {
					respond(201, `{"id":"u-1"}`)(w)
					return
				}
				respond(401, platformError("bad.credentials", ""))(w)
			})
			token, calls := "old", 0
			c := app.client(t, profile.GenesysCloud, func(cfg *scim.Config) {
				cfg.Token = func(context.Context) (string, error) { return token, nil }
				cfg.Refresh = func(context.Context) error { token = "new"; calls++; return nil }
			})
			err := creating(context.Background(), c)
			if got := fault.KindOf(err); got != tc.wantKind || calls != tc.wantCalls {
				t.Errorf("kind = %v, %d renewals; want %v, %d", got, calls, tc.wantKind, tc.wantCalls)
			}
			var got []string
			for _, r := range app.seen() {
				got = append(got, r.header.Get("Authorization"))
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("tokens (-want +got):\n%s", diff)
			}
		})
	}
}

func TestATokenThatCannotBeHadIsTheAnswer(t *testing.T) {
	app := serve(t, sequence(respond(200, list(0))))
	c := app.client(t, profile.Generic, func(cfg *scim.Config) {
		cfg.Token = func(context.Context) (string, error) {
			return "", fault.New(fault.Unreachable, "obtain token", "the token endpoint is away")
		}
	})
	if err := finding(context.Background(), c); !fault.Is(err, fault.Unreachable) || fault.MessageOf(err) != "the token endpoint is away" {
		t.Errorf("err = %v", err)
	}
	if n := len(app.seen()); n != 0 {
		t.Errorf("%d requests were sent without a token", n)
	}
}

func TestServersThatOnlyKnowPlainJSON(t *testing.T) {
	app := serve(t, func(w http.ResponseWriter, r recorded, _ int) {
		if r.header.Get("Content-Type") != "application/json" {
			respond(415, platformError("unsupported.media.type", ""))(w)
			return
		}
		respond(201, `{"id":"u-1"}`)(w)
	})
	c := app.client(t, profile.Generic)
	for range 2 {
		if err := creating(context.Background(), c); err != nil {
			t.Fatal(err)
		}
	}
	if got := len(app.seen()); got != 3 {
		t.Errorf("%d requests, want 3: the media type is remembered", got)
	}
}

func TestWorkThatIsStoppedIsCanceled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	app := serve(t, func(w http.ResponseWriter, _ recorded, _ int) { cancel(); cut(w) })
	if err := reading(ctx, app.client(t, profile.Generic)); !fault.Is(err, fault.Canceled) {
		t.Errorf("kind = %v (%v)", fault.KindOf(err), err)
	}
}

// timeout is a connection on which nothing comes back.
type timeout struct{ requests int }

func (c *timeout) RoundTrip(*http.Request) (*http.Response, error) {
	c.requests++
	return nil, &net.OpError{Op: "read", Net: "tcp", Err: os.ErrDeadlineExceeded}
}

// It took a minute already; the engine tries again in its own time.
func TestATimeOutIsNotRepeatedAtOnce(t *testing.T) {
	app := serve(t, sequence(respond(200, "")))
	silent := &timeout{}
	c := app.client(t, profile.Generic, func(cfg *scim.Config) { cfg.HTTP = &http.Client{Transport: silent} })
	if err := reading(context.Background(), c); !fault.Is(err, fault.Transient) || fault.CodeOf(err) != "Timeout" {
		t.Errorf("err = %v", err)
	}
	if silent.requests != 1 {
		t.Errorf("%d requests", silent.requests)
	}
}
