package graph_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/jonboulle/clockwork"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/graph"
)

const (
	ada   = "ffff7b1a-13b6-477b-8c0c-380905cd99f7"
	bob   = "99789584-a1e1-4232-90e5-866170e3d4e7"
	carol = "6ea91a8d-e32e-41a1-b7bd-d2d185eed0e0"
	team  = "2e5807ce-58f3-4a94-9b37-ffff2e085957"
	appID = "00001111-aaaa-2222-bbbb-3333cccc4444"
	spID  = "8e881353-1735-45af-af21-ee1344582a4d"
)

// reply is one answer of the scripted Graph. ORIGIN in the body and in headers stands for the server's origin, HOST in the
// body for its host and port.
type reply struct {
	status int // 0 is 200
	header map[string]string
	body   string
	// raw, if set, answers instead.
	raw http.HandlerFunc
}

func ok(body string) reply { return reply{body: body} }

func failure(status int, code, message string) reply {
	return reply{status: status, body: fmt.Sprintf(`{"error":{"code":%q,"message":%q,"innerError":{"date":"2023-10-27T12:24:36","request-id":"b7dee9ee-d85b-4e7a-8686-74852cbfd85b"}}}`, code, message)}
}

var notFound = failure(404, "Request_ResourceNotFound", "Resource 'x' does not exist or one of its queried reference-property objects are not present.")

// script is a Graph that answers its replies in order and fails the test when it is asked more.
type script struct {
	*httptest.Server
	t  *testing.T
	mu sync.Mutex
	// replies are what is still to come, seen is what was asked.
	replies []reply
	seen    []*http.Request
}

func newScript(t *testing.T, replies ...reply) *script {
	s := &script{t: t, replies: replies}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

func (s *script) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.seen = append(s.seen, r)
	if len(s.replies) == 0 {
		s.mu.Unlock()
		s.t.Errorf("unexpected request %s", r.URL)
		w.WriteHeader(http.StatusTeapot)
		return
	}
	next := s.replies[0]
	s.replies = s.replies[1:]
	s.mu.Unlock()
	if next.raw != nil {
		next.raw(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("request-id", "11111111-2222-3333-4444-555555555555")
	for name, value := range next.header {
		w.Header().Set(name, strings.ReplaceAll(value, "ORIGIN", s.URL))
	}
	if next.status != 0 {
		w.WriteHeader(next.status)
	}
	fmt.Fprint(w, strings.NewReplacer("ORIGIN", s.URL, "HOST", s.Listener.Addr().String()).Replace(next.body))
}

// asked are the paths and queries that were requested.
func (s *script) asked() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []string
	for _, r := range s.seen {
		out = append(out, r.URL.RequestURI())
	}
	return out
}

// credential gives token-1, token-2 and so on: a new one after Refresh or when claims are asked for.
type credential struct {
	mu      sync.Mutex
	n       int
	claims  []string
	scopes  []string
	refresh int
	err     error
	roles   string // makes tokens readable
}

func (c *credential) GetToken(_ context.Context, o policy.TokenRequestOptions) (azcore.AccessToken, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if o.Claims != "" {
		c.claims = append(c.claims, o.Claims)
		c.n++
	}
	c.scopes = o.Scopes
	token := fmt.Sprintf("token-%d", c.n+1)
	if c.roles != "" {
		token = c.roles
	}
	return azcore.AccessToken{Token: token, ExpiresOn: time.Now().Add(time.Hour)}, c.err
}

func (c *credential) Refresh(context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.refresh++
	c.n++
	return nil
}

// hurriedClock does not wait: a timer moves the clock to its end and is remembered.
type hurriedClock struct {
	*clockwork.FakeClock
	mu    sync.Mutex
	waits []time.Duration
}

func newClock() *hurriedClock {
	return &hurriedClock{FakeClock: clockwork.NewFakeClockAt(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))}
}

func (c *hurriedClock) NewTimer(d time.Duration) clockwork.Timer {
	c.mu.Lock()
	c.waits = append(c.waits, d)
	c.mu.Unlock()
	timer := c.FakeClock.NewTimer(d)
	c.Advance(d)
	return timer
}

// connect returns a client of a server with a hurried clock.
func connect(t *testing.T, url string, change ...func(*graph.Config)) *graph.Client {
	t.Helper()
	cfg := graph.Config{GraphURL: url, Credential: &credential{}, AppID: appID, Clock: newClock()}
	for _, f := range change {
		f(&cfg)
	}
	client, err := graph.New(cfg)
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	return client
}

// read reads a delta and returns all its changes.
func read(c *graph.Client, kind directory.Kind, token string, attributes ...string) ([]directory.Change, string, error) {
	var all []directory.Change
	next, err := c.Changes(context.Background(), kind, token, attributes, func(changes []directory.Change) error {
		all = append(all, changes...)
		return nil
	})
	return all, next, err
}

// last wraps entries into the last page of a delta.
func last(entries string) reply {
	return ok(`{"@odata.context":"x","@odata.deltaLink":"ORIGIN/v1.0/users/delta?$deltatoken=d1","value":[` + entries + `]}`)
}
