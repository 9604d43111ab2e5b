package scim_test

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/fault"
	"github.com/entrain-dev/entrain/internal/scim"
	"github.com/entrain-dev/entrain/internal/scim/profile"
)

func TestNewRefusesWhatCannotWork(t *testing.T) {
	p, err := profile.Lookup(profile.Generic, profile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	token := func(context.Context) (string, error) { return "t", nil }
	for name, tc := range map[string]struct {
		cfg  scim.Config
		want fault.Kind
	}{
		"no URL":       {scim.Config{Profile: p, Token: token}, fault.Invalid},
		"no scheme":    {scim.Config{BaseURL: "scim.example.com", Profile: p, Token: token}, fault.Invalid},
		"another one":  {scim.Config{BaseURL: "ftp://scim.example.com", Profile: p, Token: token}, fault.Invalid},
		"no token":     {scim.Config{BaseURL: "https://scim.example.com", Profile: p}, fault.Internal},
		"no profile":   {scim.Config{BaseURL: "https://scim.example.com", Token: token}, fault.Internal},
		"all it needs": {scim.Config{BaseURL: "https://scim.example.com", Profile: p, Token: token}, fault.Unknown},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := scim.New(tc.cfg); fault.KindOf(err) != tc.want {
				t.Errorf("kind = %v, want %v", fault.KindOf(err), tc.want)
			}
		})
	}
}

func TestHeadersOfARequest(t *testing.T) {
	app := serve(t, sequence(respond(201, `{"id":"u-1"}`)))
	if err := creating(context.Background(), app.client(t, profile.Generic)); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"Authorization": "Bearer token-1", "Accept": "application/scim+json, application/json", "Content-Type": "application/scim+json",
		"User-Agent": "entrain/test", "Accept-Encoding": "gzip", "If-Match": "",
	} {
		if got := app.seen()[0].header.Get(name); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
}

// A redirect may lead to another host, and the token with it.
func TestRedirectsAreNotFollowed(t *testing.T) {
	elsewhere := serve(t, sequence(respond(200, list(0))))
	app := serve(t, sequence(respond(307, "", "Location", elsewhere.URL+"/scim/Users")))
	if err := finding(context.Background(), app.client(t, profile.Generic)); !fault.Is(err, fault.NotCompliant) {
		t.Errorf("err = %v", err)
	}
	if n := len(elsewhere.seen()); n != 0 {
		t.Errorf("the redirect was followed")
	}
}

// What kept a connection from being made is said in one sentence, and nothing was sent: a create may be repeated.
func TestConnectionsThatCannotBeMade(t *testing.T) {
	quiet := func(s *httptest.Server) *httptest.Server { s.Config.ErrorLog = discard; return s }
	handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	plain := httptest.NewServer(handler)
	defer plain.Close()
	secure := quiet(httptest.NewUnstartedServer(handler))
	secure.StartTLS()
	defer secure.Close()
	old := quiet(httptest.NewUnstartedServer(handler))
	old.TLS = &tls.Config{MaxVersion: tls.VersionTLS11}
	old.StartTLS()
	defer old.Close()
	closed := httptest.NewServer(handler)
	closed.Close()
	trusting := scim.NewHTTPClient(nil)
	trusting.Transport.(*http.Transport).TLSClientConfig.RootCAs = secure.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	nowhere := scim.NewHTTPClient(nil)
	nowhere.Transport.(*http.Transport).DialContext = (&net.Dialer{Resolver: &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		return nil, &net.DNSError{Err: "no such host", Name: "scim.invalid", IsNotFound: true}
	}}}).DialContext
	for name, tc := range map[string]struct {
		url  string
		http *http.Client
		want string
	}{
		"refused":               {closed.URL, scim.NewHTTPClient(nil), "refuses the connection"},
		"unknown name":          {"https://scim.invalid", nowhere, "cannot be resolved"},
		"unknown authority":     {secure.URL, scim.NewHTTPClient(nil), "unknown authority"},
		"another name":          {strings.Replace(secure.URL, "127.0.0.1", "localhost", 1), trusting, "another name"},
		"https to a plain port": {strings.Replace(plain.URL, "http://", "https://", 1), scim.NewHTTPClient(nil), "does not speak TLS"},
		"only old versions":     {old.URL, scim.NewHTTPClient(nil), "TLS"},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := profile.Lookup(profile.Generic, profile.Options{})
			if err != nil {
				t.Fatal(err)
			}
			c, err := scim.New(scim.Config{BaseURL: tc.url, Profile: p, HTTP: tc.http, Clock: newJumpClock(), Token: func(context.Context) (string, error) { return "secret-token", nil }})
			if err != nil {
				t.Fatal(err)
			}
			_, err = c.Create(context.Background(), directory.User, directory.Document{"userName": "ada@contoso.com"})
			if !fault.Is(err, fault.Unreachable) || fault.CodeOf(err) != "WebExceptionProtocolError" {
				t.Errorf("kind = %v, code = %s (%v)", fault.KindOf(err), fault.CodeOf(err), err)
			}
			contains(t, "message", fault.MessageOf(err), tc.want)
		})
	}
}

func TestCapabilitiesAreThoseOfTheProfile(t *testing.T) {
	app := serve(t, sequence(respond(200, list(0))))
	got := app.client(t, profile.GenesysCloud).Capabilities()
	if got.Profile != profile.GenesysCloud || got.PageSize != 100 || got.MemberBatch != 50 {
		t.Errorf("capabilities = %+v", got)
	}
}
