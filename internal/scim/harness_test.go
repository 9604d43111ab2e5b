package scim_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/entrain-dev/entrain/internal/scim"
	"github.com/entrain-dev/entrain/internal/scim/profile"
)

// jumpClock is a clock on which every wait is over at once and has passed all the same. For tests with one goroutine.
type jumpClock struct{ *clockwork.FakeClock }

func newJumpClock() jumpClock {
	return jumpClock{clockwork.NewFakeClockAt(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))}
}

func (c jumpClock) NewTimer(d time.Duration) clockwork.Timer {
	timer := c.FakeClock.NewTimer(d)
	c.Advance(d)
	return timer
}

// recorded is a request as it arrived.
type recorded struct {
	method, path, query, body string
	header                    http.Header
}

// target returns the request line without the version, decoded for reading.
func (r recorded) target(t *testing.T) string {
	t.Helper()
	if r.query == "" {
		return r.method + " " + r.path
	}
	query, err := url.QueryUnescape(r.query)
	if err != nil {
		t.Fatal(err)
	}
	return r.method + " " + r.path + "?" + query
}

// application is a server that answers as a test says and records what it was asked.
type application struct {
	*httptest.Server
	clock jumpClock

	mu       sync.Mutex
	requests []recorded
}

// serve starts an application. answer is told how many requests there were before.
func serve(t *testing.T, answer func(w http.ResponseWriter, r recorded, n int)) *application {
	t.Helper()
	app := &application{clock: newJumpClock()}
	app.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		rec := recorded{r.Method, r.URL.EscapedPath(), r.URL.RawQuery, string(body), r.Header.Clone()}
		app.mu.Lock()
		n := len(app.requests)
		app.requests = append(app.requests, rec)
		app.mu.Unlock()
		answer(w, rec, n)
	}))
	t.Cleanup(app.Close)
	return app
}

// sequence answers each request with the next answer, and the last one from then on.
func sequence(answers ...func(w http.ResponseWriter)) func(http.ResponseWriter, recorded, int) {
	return func(w http.ResponseWriter, _ recorded, n int) { answers[min(n, len(answers)-1)](w) }
}

// respond writes a status and a body.
func respond(status int, body string, header ...string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		w.Header().Set("Content-Type", "application/scim+json")
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// cut breaks the connection without an answer.
func cut(w http.ResponseWriter) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err == nil {
		_ = conn.Close()
	}
}

func (a *application) seen() []recorded {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]recorded(nil), a.requests...)
}

// targets returns the request lines that were seen.
func (a *application) targets(t *testing.T) []string {
	t.Helper()
	var out []string
	for _, r := range a.seen() {
		out = append(out, r.target(t))
	}
	return out
}

// client returns a client of the application; change may alter its configuration.
func (a *application) client(t *testing.T, name string, change ...func(*scim.Config)) *scim.Client {
	t.Helper()
	p, err := profile.Lookup(name, profile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	cfg := scim.Config{
		BaseURL: a.URL + "/scim", Profile: p, HTTP: a.Client(), Clock: a.clock, UserAgent: "entrain/test",
		Token: func(context.Context) (string, error) { return "token-1", nil },
	}
	for _, f := range change {
		f(&cfg)
	}
	c, err := scim.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// list returns the body of a list of resources.
func list(total int, resources ...any) string {
	if resources == nil {
		resources = []any{}
	}
	body, err := json.Marshal(map[string]any{
		"schemas": []string{"urn:ietf:params:scim:api:messages:2.0:ListResponse"}, "totalResults": total, "startIndex": 1, "itemsPerPage": len(resources), "Resources": resources,
	})
	if err != nil {
		panic(err)
	}
	return string(body)
}

func user(id, name string) map[string]any { return map[string]any{"id": id, "userName": name} }

func scimError(status, kind, detail string) string {
	return `{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"` + status + `","scimType":"` + kind + `","detail":"` + detail + `"}`
}

func platformError(code, message string) string {
	body, _ := json.Marshal(map[string]any{"message": message, "code": code, "status": 400, "contextId": "ctx-1", "details": []any{}, "errors": []any{}})
	return string(body)
}

func contains(t *testing.T, what, text, part string) {
	t.Helper()
	if !strings.Contains(text, part) {
		t.Errorf("%s = %q, want it to contain %q", what, text, part)
	}
}

// newAnswer returns an answer for a transport without a network.
func newAnswer(r *http.Request, status int, body string) *http.Response {
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), Request: r}
}

func listOf(total any, resources []any) string {
	if resources == nil {
		resources = []any{}
	}
	m := map[string]any{"schemas": []string{"urn:ietf:params:scim:api:messages:2.0:ListResponse"}, "Resources": resources}
	if total != nil {
		m["totalResults"] = total
	}
	body, err := json.Marshal(m)
	if err != nil {
		panic(err)
	}
	return string(body)
}

func baseURL(url string) func(*scim.Config) { return func(cfg *scim.Config) { cfg.BaseURL = url } }

func pageSize(n int) func(*scim.Config) {
	return func(cfg *scim.Config) { cfg.Profile.Capabilities.PageSize = n }
}

// discard is a log for servers whose clients misbehave on purpose.
var discard = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)

// keepsMembers has additions of members believed without being watched.
func keepsMembers(cfg *scim.Config) { cfg.Profile.KeepsMembers = true }
