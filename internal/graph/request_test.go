package graph_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/fault"
	"github.com/entrain-dev/entrain/internal/graph"
)

func throttled(retryAfter string) reply {
	r := failure(429, "TooManyRequests", "Please retry again later.")
	if retryAfter != "" {
		r.header = map[string]string{"Retry-After": retryAfter}
	}
	return r
}

// cut sends the beginning of a body and closes the connection.
func cut(body string) reply {
	return reply{raw: func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", fmt.Sprint(len(body)+100))
		fmt.Fprint(w, body)
		panic(http.ErrAbortHandler)
	}}
}

func TestRetries(t *testing.T) {
	busy := reply{status: 503}
	for name, tc := range map[string]struct {
		answers []reply
		// waits are exact; a negative one stands for a back-off of at most its size and at least half of it.
		waits []time.Duration
		want  fault.Kind // Unknown: success
	}{
		"seconds":                               {[]reply{throttled("7"), last("")}, []time.Duration{7 * time.Second}, fault.Unknown},
		"decimal seconds":                       {[]reply{throttled("2.128"), last("")}, []time.Duration{2128 * time.Millisecond}, fault.Unknown},
		"a date":                                {[]reply{throttled("Sun, 01 Mar 2026 12:00:42 GMT"), last("")}, []time.Duration{42 * time.Second}, fault.Unknown},
		"no Retry-After":                        {[]reply{throttled(""), throttled(""), last("")}, []time.Duration{-1 * time.Second, -2 * time.Second}, fault.Unknown},
		"Retry-After of a busy service":         {[]reply{{status: 503, header: map[string]string{"Retry-After": "3"}}, last("")}, []time.Duration{3 * time.Second}, fault.Unknown},
		"a gateway that answers in HTML":        {[]reply{{status: 502, body: "<html>"}, {status: 504}, last("")}, []time.Duration{-1 * time.Second, -2 * time.Second}, fault.Unknown},
		"bandwidth":                             {[]reply{{status: 509}, last("")}, []time.Duration{-1 * time.Second}, fault.Unknown},
		"a cut in the middle of the body":       {[]reply{cut(`{"value":[{"id":"` + ada + `"},`), last("")}, []time.Duration{-1 * time.Second}, fault.Unknown},
		"a cut before the answer":               {[]reply{{raw: func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }}, last("")}, []time.Duration{-1 * time.Second}, fault.Unknown},
		"a service that stays busy":             {[]reply{busy, busy, busy, busy, busy, busy, busy, busy, busy, busy}, []time.Duration{-1e9, -2e9, -4e9, -8e9, -16e9, -32e9, -60e9, -60e9, -60e9}, fault.Transient},
		"a wait longer than anybody's patience": {[]reply{throttled("3600")}, nil, fault.Throttled},
		"no patience left after long waits":     {[]reply{throttled("400"), throttled("400")}, []time.Duration{400 * time.Second}, fault.Throttled},
		"a refusal is final":                    {[]reply{failure(400, "Request_BadRequest", "no")}, nil, fault.Invalid},
		"what is not implemented is final":      {[]reply{failure(501, "NotImplemented", "This operation target is not yet supported.")}, nil, fault.Invalid},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScript(t, tc.answers...)
			clock := newClock()
			_, _, err := read(connect(t, s.URL, func(c *graph.Config) { c.Clock = clock }), directory.User, "", "mail")
			if fault.KindOf(err) != tc.want {
				t.Errorf("got %v, want kind %v", err, tc.want)
			}
			if len(clock.waits) != len(tc.waits) {
				t.Fatalf("waits %v, want %v", clock.waits, tc.waits)
			}
			for i, want := range tc.waits {
				got := clock.waits[i]
				if want > 0 && got != want || want < 0 && (got > -want || got < -want/2) {
					t.Errorf("wait %d is %v, want %v", i, got, want)
				}
			}
			if len(s.replies) > 0 {
				t.Errorf("%d answers were not asked for", len(s.replies))
			}
		})
	}
}

func TestThrottledErrorTellsHowLong(t *testing.T) {
	s := newScript(t, throttled("3600"))
	_, _, err := read(connect(t, s.URL), directory.User, "", "mail")
	if got := fault.RetryAfter(err); got != time.Hour {
		t.Errorf("RetryAfter = %v, want 1h", got)
	}
}

func TestPageThatWasCutIsHandedOverOnce(t *testing.T) {
	full := `{"id":"` + ada + `","mail":"a"},{"id":"` + bob + `","mail":"b"}`
	s := newScript(t, cut(`{"value":[`+full), cut(`{"value":[`+full+`]`), last(full))
	got, _, err := read(connect(t, s.URL), directory.User, "", "mail")
	if err != nil || len(got) != 2 {
		t.Errorf("got %d changes, %v; want 2", len(got), err)
	}
}

func TestUnauthorized(t *testing.T) {
	claims := `{"access_token":{"nbf":{"essential":true,"value":"1604106651"}}}`
	challenge := func(encoding *base64.Encoding) reply {
		r := failure(401, "InvalidAuthenticationToken", "Continuous access evaluation resulted in challenge")
		r.header = map[string]string{"WWW-Authenticate": `Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize", client_id="x", error="insufficient_claims", claims="` + encoding.EncodeToString([]byte(claims)) + `"`}
		return r
	}
	expired := failure(401, "InvalidAuthenticationToken", "Lifetime validation failed, the token is expired.")
	for name, tc := range map[string]struct {
		answers       []reply
		wantClaims    []string
		wantRefreshes int
		wantTokens    []string
		wantErr       fault.Kind
		wantText      string
	}{
		"an expired token is replaced once": {[]reply{expired, last("")}, nil, 1, []string{"token-1", "token-2"}, fault.Unknown, ""},
		"a token that stays refused":        {[]reply{expired, expired}, nil, 1, []string{"token-1", "token-2"}, fault.Unauthorized, "does not accept the token"},
		"a challenge":                       {[]reply{challenge(base64.StdEncoding), last("")}, []string{claims}, 0, []string{"token-1", "token-2"}, fault.Unknown, ""},
		"a challenge in the other alphabet": {[]reply{challenge(base64.RawURLEncoding), last("")}, []string{claims}, 0, []string{"token-1", "token-2"}, fault.Unknown, ""},
		"a challenge without end":           {[]reply{challenge(base64.StdEncoding), challenge(base64.StdEncoding)}, []string{claims}, 0, []string{"token-1", "token-2"}, fault.Unauthorized, "does not accept the token"},
		"an app that is not in the tenant":  {[]reply{failure(401, "Authorization_IdentityNotFound", "x"), failure(401, "Authorization_IdentityNotFound", "x")}, nil, 1, []string{"token-1", "token-2"}, fault.Unauthorized, "service principal"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScript(t, tc.answers...)
			cred := &credential{}
			_, _, err := read(connect(t, s.URL, func(c *graph.Config) { c.Credential = cred }), directory.User, "", "mail")
			if fault.KindOf(err) != tc.wantErr || err != nil && !strings.Contains(err.Error(), tc.wantText) {
				t.Errorf("got %v, want %v", err, tc.wantErr)
			}
			var tokens []string
			for _, r := range s.seen {
				tokens = append(tokens, strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
			}
			if diff := cmp.Diff(tc.wantTokens, tokens); diff != "" {
				t.Errorf("tokens (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tc.wantClaims, cred.claims); diff != "" || cred.refresh != tc.wantRefreshes {
				t.Errorf("%d refreshes, want %d; claims (-want +got):\n%s", cred.refresh, tc.wantRefreshes, diff)
			}
			if diff := cmp.Diff([]string{s.URL + "/.default"}, cred.scopes); diff != "" {
				t.Errorf("scopes (-want +got):\n%s", diff)
			}
		})
	}
}

func TestCredentialErrors(t *testing.T) {
	for name, tc := range map[string]struct {
		err  error
		want fault.Kind
	}{
		"classified":   {fault.New(fault.NotCompliant, "get token", "the authority is no Entra"), fault.NotCompliant},
		"unclassified": {errors.New(`RESPONSE 401: {"error":"invalid_client","secret":"hunter2"}`), fault.Unauthorized},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScript(t)
			cred := &credential{err: tc.err}
			_, _, err := read(connect(t, s.URL, func(c *graph.Config) { c.Credential = cred }), directory.User, "", "mail")
			if !fault.Is(err, tc.want) || strings.Contains(fmt.Sprint(err), "hunter2") {
				t.Errorf("got %v, want %v without the raw text", err, tc.want)
			}
			if cred.refresh != 0 {
				t.Error("a credential that gives no token was refreshed")
			}
		})
	}
}

func TestErrorsNameCauseAndRequest(t *testing.T) {
	for name, tc := range map[string]struct {
		answer     reply
		attributes []string
		want       fault.Error
		wantText   string
	}{
		"a missing permission": {
			failure(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation."), []string{"mail"},
			fault.Error{Kind: fault.Forbidden, Code: "Authorization_RequestDenied", Status: 403}, "User.Read.All",
		},
		"an attribute with a permission of its own": {
			failure(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation."), []string{"employeeLeaveDateTime"},
			fault.Error{Kind: fault.Forbidden, Code: "Authorization_RequestDenied", Status: 403}, "User-LifeCycleInfo.Read.All",
		},
		"a directory extension that is gone": {
			failure(400, "BadRequest", "Parsing OData Select and Expand failed: Could not find a property named 'extension_0123456789abcdef0123456789abcdef_badge' on type 'microsoft.graph.user'."),
			[]string{"extension_0123456789abcdef0123456789abcdef_badge"},
			fault.Error{Kind: fault.Invalid, Code: "BadRequest", Status: 400}, "no property extension_0123456789abcdef0123456789abcdef_badge",
		},
		"a property that cannot be tracked": {
			failure(501, "NotImplemented", "This operation target is not yet supported."), []string{"mail"},
			fault.Error{Kind: fault.Invalid, Code: "NotImplemented", Status: 501}, "cannot track",
		},
		"a wrong path": {
			reply{status: 404, body: "not here"}, []string{"mail"},
			fault.Error{Kind: fault.NotCompliant, Status: 404}, "check the Graph URL",
		},
		"a 404 of Graph on a list": {
			notFound, []string{"mail"},
			fault.Error{Kind: fault.NotCompliant, Code: "Request_ResourceNotFound", Status: 404}, "check the Graph URL",
		},
		"no content": {
			reply{status: 204}, []string{"mail"},
			fault.Error{Kind: fault.NotCompliant, Status: 204}, "HTTP 204",
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScript(t, tc.answer)
			_, _, err := read(connect(t, s.URL), directory.User, "", tc.attributes...)
			var got *fault.Error
			if !errors.As(err, &got) {
				t.Fatalf("got %v", err)
			}
			if !strings.Contains(got.Message, tc.wantText) {
				t.Errorf("message %q does not say %q", got.Message, tc.wantText)
			}
			if got.Op != "read users delta" || got.RequestID != "11111111-2222-3333-4444-555555555555" {
				t.Errorf("op %q, request %q", got.Op, got.RequestID)
			}
			if got.Kind != tc.want.Kind || got.Code != tc.want.Code || got.Status != tc.want.Status {
				t.Errorf("got %v %q %d, want %v %q %d", got.Kind, got.Code, got.Status, tc.want.Kind, tc.want.Code, tc.want.Status)
			}
		})
	}
}

func TestRequestIDOfTheBodyAndOfTheClient(t *testing.T) {
	bare := func(body string) reply {
		return reply{raw: func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprint(w, body)
		}}
	}
	s := newScript(t, bare(failure(400, "BadRequest", "x").body), bare(""))
	c := connect(t, s.URL)
	ids := make([]string, 2)
	for i := range ids {
		_, _, err := read(c, directory.User, "", "mail")
		var e *fault.Error
		if errors.As(err, &e) {
			ids[i] = e.RequestID
		}
	}
	want := []string{"b7dee9ee-d85b-4e7a-8686-74852cbfd85b", s.seen[1].Header.Get("client-request-id")}
	if diff := cmp.Diff(want, ids); diff != "" {
		t.Errorf("request ids (-want +got):\n%s", diff)
	}
}

func TestObserve(t *testing.T) {
	s := newScript(t, ok(`{"id":"`+spID+`","appRoles":[]}`), reply{status: 503}, ok(`{"value":[]}`))
	var seen []graph.Request
	c := connect(t, s.URL, func(c *graph.Config) { c.Observe = func(r graph.Request) { seen = append(seen, r) } })
	if err := c.Assignments(context.Background(), func([]directory.Assignment) error { return nil }); err != nil {
		t.Fatalf("Assignments: %v", err)
	}
	want := []graph.Request{
		{System: "graph", Method: "GET", Route: "/servicePrincipals/{id}", Status: 200},
		{System: "graph", Method: "GET", Route: "/servicePrincipals/{id}/appRoleAssignedTo", Status: 503},
		{System: "graph", Method: "GET", Route: "/servicePrincipals/{id}/appRoleAssignedTo", Status: 200},
	}
	if diff := cmp.Diff(want, seen); diff != "" {
		t.Errorf("observed (-want +got):\n%s", diff)
	}
}

func TestNewRefusesMistakes(t *testing.T) {
	good := graph.Config{GraphURL: "https://graph.microsoft.com", Credential: &credential{}, AppID: appID}
	for name, tc := range map[string]struct {
		change func(*graph.Config)
		wantOK bool
	}{
		"as it should be":            {func(*graph.Config) {}, true},
		"a slash at the end":         {func(c *graph.Config) { c.GraphURL += "/" }, true},
		"plain http on this machine": {func(c *graph.Config) { c.GraphURL = "http://[::1]:8080" }, true},
		"plain http in the cluster":  {func(c *graph.Config) { c.GraphURL = "http://entrain-sim.identity.svc:8080" }, true},
		"plain http to a look-alike": {func(c *graph.Config) { c.GraphURL = "http://identity.svc.example" }, false},
		"plain http elsewhere":       {func(c *graph.Config) { c.GraphURL = "http://graph.example" }, false},
		"a version":                  {func(c *graph.Config) { c.GraphURL += "/v1.0" }, false},
		"no scheme":                  {func(c *graph.Config) { c.GraphURL = "graph.microsoft.com" }, false},
		"a password in the URL":      {func(c *graph.Config) { c.GraphURL = "https://a:b@graph.microsoft.com" }, false},
		"no credential":              {func(c *graph.Config) { c.Credential = nil }, false},
		"no application":             {func(c *graph.Config) { c.AppID = "" }, false},
		"an application by object":   {func(c *graph.Config) { c.AppID, c.ObjectID = "", spID }, true},
		"an id that is a path":       {func(c *graph.Config) { c.ObjectID = "../users" }, false},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := good
			tc.change(&cfg)
			_, err := graph.New(cfg)
			if (err == nil) != tc.wantOK || err != nil && !fault.Is(err, fault.Invalid) {
				t.Errorf("got %v, want success %v", err, tc.wantOK)
			}
		})
	}
}
