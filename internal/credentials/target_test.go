package credentials_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jonboulle/clockwork"

	"github.com/entrain-dev/entrain/internal/credentials"
	"github.com/entrain-dev/entrain/internal/fault"
)

// endpoint is a token endpoint that gives token-1, token-2 and so on.
type endpoint struct {
	*httptest.Server
	mu    sync.Mutex
	given int
	asked int
	// formOnly refuses HTTP Basic. Fail, if set, answers instead.
	formOnly bool
	fail     http.HandlerFunc
	life     int
	// gate, if set, holds every request until it is closed; arrived is told of each.
	gate, arrived chan struct{}
}

func newEndpoint(t *testing.T) *endpoint {
	e := &endpoint{life: 86400}
	e.Server = httptest.NewServer(e)
	t.Cleanup(e.Close)
	return e
}

func (e *endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	e.mu.Lock()
	gate, arrived, fail := e.gate, e.arrived, e.fail
	e.asked++
	e.mu.Unlock()
	if gate != nil {
		arrived <- struct{}{}
		select {
		case <-gate:
		case <-r.Context().Done():
			return
		}
	}
	if fail != nil {
		fail(w, r)
		return
	}
	id, secret, basic := r.BasicAuth()
	if !basic || e.formOnly {
		id, secret = r.FormValue("client_id"), r.FormValue("client_secret")
	}
	w.Header().Set("Content-Type", "application/json")
	if r.FormValue("grant_type") != "client_credentials" || id != "genesys" || secret != "s3cret" {
		w.WriteHeader(http.StatusUnauthorized)
		fmt.Fprint(w, `{"error":"invalid_client","description":"client ada@contoso.com not found"}`)
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.given++
	if e.life == 0 {
		fmt.Fprintf(w, `{"access_token":"token-%d","token_type":"bearer"}`, e.given)
		return
	}
	fmt.Fprintf(w, `{"access_token":"token-%d","token_type":"bearer","expires_in":%d}`, e.given, e.life)
}

func (e *endpoint) set(change func(*endpoint)) {
	e.mu.Lock()
	defer e.mu.Unlock()
	change(e)
}

// memory is a TokenStore that two sources can share as two replicas share a Secret.
type memory struct {
	mu      sync.Mutex
	token   credentials.Token
	version int
	err     error
}

// replica is one replica's view of a memory.
type replica struct {
	*memory
	seen int
	// before, if set, runs once before the next Save.
	before func()
}

func (r *replica) Load(context.Context) (credentials.Token, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seen = r.version
	return r.token, r.err
}

func (r *replica) Save(_ context.Context, token credentials.Token) error {
	if f := r.before; f != nil {
		r.before = nil
		f()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err != nil {
		return r.err
	}
	if r.seen != r.version {
		return fault.New(fault.Stale, "save token", "changed meanwhile")
	}
	r.version++
	r.token, r.seen = token, r.version
	return nil
}

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func source(t *testing.T, e *endpoint, clock clockwork.Clock, store credentials.TokenStore, change ...func(*credentials.OAuth2Config)) *credentials.ClientCredentials {
	t.Helper()
	cfg := credentials.OAuth2Config{TokenURL: e.URL + "/oauth/token", ClientID: "genesys", ClientSecret: "s3cret\n", HTTP: e.Client(), Store: store, Clock: clock}
	for _, f := range change {
		f(&cfg)
	}
	s, err := credentials.NewClientCredentials(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func want(t *testing.T, s credentials.Source, token string) {
	t.Helper()
	got, err := s.Token(context.Background())
	if err != nil || got != token {
		t.Errorf("got %q, %v; want %q", got, err, token)
	}
}

func TestTokenIsRenewedBeforeItsEnd(t *testing.T) {
	for name, tc := range map[string]struct {
		life       int
		kept, left time.Duration // kept until then, renewed after so much more
	}{
		"a day: five minutes before":           {86400, 24*time.Hour - 5*time.Minute - time.Second, 2 * time.Second},
		"ten minutes: a tenth before":          {600, 9*time.Minute - time.Second, 2 * time.Second},
		"450 days of a Genesys SCIM client":    {38880000, 450*24*time.Hour - 5*time.Minute - time.Second, 2 * time.Second},
		"an hour that has passed in the sleep": {3600, time.Minute, 5 * time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			e := newEndpoint(t)
			e.life = tc.life
			clock := clockwork.NewFakeClockAt(noon)
			s := source(t, e, clock, nil)
			want(t, s, "token-1")
			clock.Advance(tc.kept)
			want(t, s, "token-1")
			clock.Advance(tc.left)
			want(t, s, "token-2")
		})
	}
}

func TestTokenWithoutExpiryLastsUntilItIsRefused(t *testing.T) {
	e := newEndpoint(t)
	e.life = 0
	clock := clockwork.NewFakeClockAt(noon)
	s := source(t, e, clock, nil)
	want(t, s, "token-1")
	clock.Advance(10000 * time.Hour)
	want(t, s, "token-1")
	if err := s.Refresh(context.Background()); err != nil {
		t.Fatal(err)
	}
	want(t, s, "token-2")
}

func TestCredentialsInTheFormWhereBasicIsRefused(t *testing.T) {
	e := newEndpoint(t)
	e.formOnly = true
	clock := clockwork.NewFakeClockAt(noon)
	s := source(t, e, clock, nil)
	want(t, s, "token-1")
	clock.Advance(48 * time.Hour)
	want(t, s, "token-2")
	if e.asked != 3 {
		t.Errorf("asked %d times; the way that works was to be remembered after the first refusal", e.asked)
	}
}

func TestCallersShareOneRequest(t *testing.T) {
	e := newEndpoint(t)
	e.gate, e.arrived = make(chan struct{}), make(chan struct{}, 1)
	s := source(t, e, clockwork.NewFakeClockAt(noon), nil)
	const callers = 50
	results := make(chan string, callers)
	for range callers {
		go func() {
			token, err := s.Token(context.Background())
			results <- fmt.Sprint(token, err)
		}()
	}
	<-e.arrived
	close(e.gate)
	for range callers {
		if got := <-results; got != "token-1<nil>" {
			t.Errorf("got %s", got)
		}
	}
	if e.asked != 1 {
		t.Errorf("asked %d times, want 1", e.asked)
	}
}

func TestCallerWhoGivesUpDoesNotHurtTheOthers(t *testing.T) {
	e := newEndpoint(t)
	e.gate, e.arrived = make(chan struct{}), make(chan struct{}, 2)
	s := source(t, e, clockwork.NewFakeClockAt(noon), nil)
	ctx, giveUp := context.WithCancel(context.Background())
	first, second := make(chan error, 1), make(chan error, 1)
	go func() {
		_, err := s.Token(ctx)
		first <- err
	}()
	<-e.arrived
	go func() {
		_, err := s.Token(context.Background())
		second <- err
	}()
	giveUp()
	if err := <-first; !fault.Is(err, fault.Canceled) {
		t.Errorf("the first got %v, want Canceled", err)
	}
	<-e.arrived // the second asks for itself
	close(e.gate)
	if err := <-second; err != nil {
		t.Errorf("the second got %v", err)
	}
}

func TestManyRefusalsCauseOneRefresh(t *testing.T) {
	e := newEndpoint(t)
	clock := clockwork.NewFakeClockAt(noon)
	s := source(t, e, clock, nil)
	want(t, s, "token-1")
	clock.Advance(time.Hour)
	for range 20 {
		if err := s.Refresh(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	want(t, s, "token-2")
	if e.asked != 2 {
		t.Errorf("asked %d times, want 2", e.asked)
	}
}

func TestOldTokenServesWhileTheEndpointFails(t *testing.T) {
	e := newEndpoint(t)
	clock := clockwork.NewFakeClockAt(noon)
	s := source(t, e, clock, nil)
	want(t, s, "token-1")
	e.set(func(e *endpoint) {
		e.fail = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }
	})
	clock.Advance(24*time.Hour - time.Minute)
	before := e.asked
	for range 100 {
		want(t, s, "token-1")
	}
	if e.asked != before+1 {
		t.Errorf("asked %d times while failing, want once", e.asked-before)
	}
	clock.Advance(time.Minute)
	if _, err := s.Token(context.Background()); !fault.Is(err, fault.Transient) {
		t.Errorf("after its end: %v, want Transient", err)
	}
	e.set(func(e *endpoint) { e.fail = nil })
	want(t, s, "token-2")
}

func TestStoredTokens(t *testing.T) {
	clock := clockwork.NewFakeClockAt(noon)
	t.Run("a restart uses the stored token", func(t *testing.T) {
		e, shared := newEndpoint(t), &memory{}
		want(t, source(t, e, clock, &replica{memory: shared}), "token-1")
		want(t, source(t, e, clock, &replica{memory: shared}), "token-1")
		if e.asked != 1 {
			t.Errorf("asked %d times, want 1", e.asked)
		}
	})
	t.Run("a stored token of other credentials is not used", func(t *testing.T) {
		e, shared := newEndpoint(t), &memory{}
		want(t, source(t, e, clock, &replica{memory: shared}, func(c *credentials.OAuth2Config) { c.Scopes = []string{"scim"} }), "token-1")
		want(t, source(t, e, clock, &replica{memory: shared}), "token-2")
		if strings.Contains(fmt.Sprint(shared.token), "s3cret") {
			t.Error("the secret is stored with the token")
		}
	})
	t.Run("a stored token that was refused is replaced", func(t *testing.T) {
		e, shared := newEndpoint(t), &memory{}
		want(t, source(t, e, clock, &replica{memory: shared}), "token-1")
		s := source(t, e, clock, &replica{memory: shared})
		want(t, s, "token-1")
		if err := s.Refresh(context.Background()); err != nil {
			t.Fatal(err)
		}
		want(t, s, "token-2")
		if shared.token.AccessToken != "token-2" {
			t.Errorf("stored %s", shared.token.AccessToken)
		}
	})
	t.Run("a refusal takes the token that another replica has obtained", func(t *testing.T) {
		e, shared := newEndpoint(t), &memory{}
		a, b := source(t, e, clock, &replica{memory: shared}), source(t, e, clock, &replica{memory: shared})
		want(t, a, "token-1")
		want(t, b, "token-1")
		for _, s := range []*credentials.ClientCredentials{b, a} {
			if err := s.Refresh(context.Background()); err != nil {
				t.Fatal(err)
			}
			// The first replica's own token is from the endpoint, so its refusal counts only later.
			clock.Advance(time.Minute)
			if err := s.Refresh(context.Background()); err != nil && s == nil {
				t.Fatal(err)
			}
		}
		ta, tb := must(a.Token(context.Background())), must(b.Token(context.Background()))
		if ta == "token-1" || tb == "token-1" {
			t.Errorf("the refused token is still used: %s, %s", ta, tb)
		}
	})
	t.Run("of two replicas that store at once the later uses the other's token", func(t *testing.T) {
		e, shared := newEndpoint(t), &memory{}
		other := source(t, e, clock, &replica{memory: shared})
		mine := &replica{memory: shared, before: func() { want(t, other, "token-2") }}
		want(t, source(t, e, clock, mine), "token-2")
		if shared.token.AccessToken != "token-2" {
			t.Errorf("stored %s", shared.token.AccessToken)
		}
	})
	t.Run("a store that fails is told and does not stop anything", func(t *testing.T) {
		e, shared := newEndpoint(t), &memory{err: errors.New("API server away")}
		told := 0
		want(t, source(t, e, clock, &replica{memory: shared}, func(c *credentials.OAuth2Config) { c.OnStoreError = func(error) { told++ } }), "token-1")
		if told != 2 {
			t.Errorf("told %d times, want of load and of save", told)
		}
	})
}

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
