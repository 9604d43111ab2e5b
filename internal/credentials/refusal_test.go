package credentials_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jonboulle/clockwork"

	"github.com/entrain-dev/entrain/internal/credentials"
	"github.com/entrain-dev/entrain/internal/fault"
)

func TestTokenEndpointsThatRefuse(t *testing.T) {
	answer := func(status int, contentType, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", contentType)
			w.Header().Set("Retry-After", "7")
			w.WriteHeader(status)
			fmt.Fprint(w, body)
		}
	}
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	const js = "application/json"
	for name, tc := range map[string]struct {
		answer http.HandlerFunc
		change func(*credentials.OAuth2Config)
		want   fault.Kind
		code   string
		text   string
	}{
		"a wrong secret":             {nil, func(c *credentials.OAuth2Config) { c.ClientSecret = "hunter2" }, fault.Unauthorized, "invalid_client", "client id and client secret"},
		"a wrong grant type":         {answer(400, js, `{"error":"unauthorized_client"}`), nil, fault.Unauthorized, "unauthorized_client", "client credentials grant"},
		"wrong scopes":               {answer(400, js, `{"error":"invalid_scope"}`), nil, fault.Unauthorized, "invalid_scope", "scopes"},
		"401 without a body":         {answer(401, js, ``), nil, fault.Unauthorized, "Unauthorized", "client secret"},
		"an error with status 200":   {answer(200, js, `{"error":"invalid_client","error_description":"ada@contoso.com"}`), nil, fault.Unauthorized, "invalid_client", "client secret"},
		"an error code that is text": {answer(400, js, `{"error":"ada@contoso.com is unknown here"}`), nil, fault.Unauthorized, "Unauthorized", "client secret"},
		"a wrong path":               {answer(404, "text/html", `<html>`), nil, fault.NotCompliant, "NotCompliant", "token URL"},
		"a redirect":                 {answer(302, "text/html", ``), nil, fault.NotCompliant, "NotCompliant", "token URL"},
		"a page of HTML":             {answer(200, "text/html", `<html>Sign in</html>`), nil, fault.NotCompliant, "NotCompliant", "not that of an OAuth"},
		"a token of another type":    {answer(200, js, `{"access_token":"x","token_type":"mac"}`), nil, fault.NotCompliant, "NotCompliant", "Bearer"},
		"a token with a line break":  {answer(200, js, `{"access_token":"x\ny","token_type":"bearer"}`), nil, fault.NotCompliant, "NotCompliant", "characters"},
		"no token":                   {answer(200, js, `{}`), nil, fault.NotCompliant, "NotCompliant", "not that of an OAuth"},
		"busy":                       {answer(503, "text/html", `<html>`), nil, fault.Transient, "Transient", "at the moment"},
		"throttled":                  {answer(429, js, `{}`), nil, fault.Throttled, "Throttled", "slow down"},
		"an answer without end":      {answer(200, js, strings.Repeat(" ", 2<<20)), nil, fault.NotCompliant, "NotCompliant", "too large"},
		"nobody listens":             {nil, func(c *credentials.OAuth2Config) { c.TokenURL = closed.URL }, fault.Unreachable, "Unreachable", "refuses the connection"},
	} {
		t.Run(name, func(t *testing.T) {
			e := newEndpoint(t)
			e.fail = tc.answer
			client := must(credentials.NewHTTPClient(credentials.HTTPConfig{}))
			s := source(t, e, clockwork.NewFakeClockAt(noon), nil, func(c *credentials.OAuth2Config) {
				c.HTTP = client
				if tc.change != nil {
					tc.change(c)
				}
			})
			_, err := s.Token(context.Background())
			if !fault.Is(err, tc.want) || fault.CodeOf(err) != tc.code || !strings.Contains(fmt.Sprint(err), tc.text) {
				t.Errorf("got %v %s (%v), want %v %s saying %q", fault.KindOf(err), fault.CodeOf(err), err, tc.want, tc.code, tc.text)
			}
			for _, leak := range []string{"contoso", "s3cret", "hunter2", "<html>"} {
				if strings.Contains(fmt.Sprintf("%v %+v", err, err), leak) {
					t.Errorf("the error tells %q: %v", leak, err)
				}
			}
			if wait := fault.RetryAfter(err); (wait != 0) != (tc.want == fault.Throttled || tc.want == fault.Transient) {
				t.Errorf("RetryAfter = %v", wait)
			}
		})
	}
}

func TestNewClientCredentialsRefusesMistakes(t *testing.T) {
	for name, change := range map[string]func(*credentials.OAuth2Config){
		"no client id":        func(c *credentials.OAuth2Config) { c.ClientID = "" },
		"a blank secret":      func(c *credentials.OAuth2Config) { c.ClientSecret = " \n" },
		"no URL":              func(c *credentials.OAuth2Config) { c.TokenURL = "" },
		"plain http":          func(c *credentials.OAuth2Config) { c.TokenURL = "http://login.mypurecloud.de/oauth/token" },
		"a password in a URL": func(c *credentials.OAuth2Config) { c.TokenURL = "https://a:b@login.mypurecloud.de/oauth/token" },
	} {
		t.Run(name, func(t *testing.T) {
			cfg := credentials.OAuth2Config{TokenURL: "https://login.mypurecloud.de/oauth/token", ClientID: "a", ClientSecret: "b"}
			change(&cfg)
			if _, err := credentials.NewClientCredentials(cfg); !fault.Is(err, fault.Invalid) {
				t.Errorf("got %v, want Invalid", err)
			}
		})
	}
}

func TestStatic(t *testing.T) {
	for name, tc := range map[string]struct {
		token, want string
		wantErr     bool
	}{
		"as it stands":      {"abc.def-ghi", "abc.def-ghi", false},
		"with a line break": {"abc\r\n", "abc", false},
		"blank":             {" \n", "", true},
		"two lines":         {"abc\ndef", "", true},
		"not of this world": {"abcé", "", true},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := credentials.Static(tc.token)
			if (err != nil) != tc.wantErr || err != nil && !fault.Is(err, fault.Invalid) {
				t.Fatalf("got %v", err)
			}
			if err != nil {
				return
			}
			want(t, s, tc.want)
			if err := s.Refresh(context.Background()); !fault.Is(err, fault.Unauthorized) {
				t.Errorf("Refresh: %v, want Unauthorized", err)
			}
		})
	}
}

func TestHTTPClient(t *testing.T) {
	redirect := httptest.NewServer(http.RedirectHandler("/elsewhere", http.StatusFound))
	defer redirect.Close()
	client := must(credentials.NewHTTPClient(credentials.HTTPConfig{}))
	res, err := client.Get(redirect.URL)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	transport, ok := client.Transport.(*http.Transport)
	if !ok {
		t.Fatalf("transport is %T", client.Transport)
	}
	got := []any{res.StatusCode, client.Timeout, transport.MaxIdleConnsPerHost, transport.TLSClientConfig.MinVersion}
	if diff := cmp.Diff([]any{302, 60 * time.Second, 64, uint16(0x0303)}, got); diff != "" {
		t.Errorf("status, timeout, idle connections, TLS version (-want +got):\n%s", diff)
	}
}
