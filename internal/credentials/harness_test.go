package credentials_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

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
