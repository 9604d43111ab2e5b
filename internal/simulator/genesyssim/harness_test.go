package genesyssim_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/entrain-dev/entrain/internal/simulator/genesyssim"
)

const (
	v2       = "/api/v2/scim/v2"
	v1       = "/api/v2/scim"
	entURN   = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	genURN   = "urn:ietf:params:scim:schemas:extension:genesys:purecloud:2.0:User"
	patchURN = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
	longLife = "long-lived-token"
)

var start = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// world is a simulator behind a real HTTP server with a clock that stands still.
type world struct {
	t     *testing.T
	sim   *genesyssim.Server
	clock *clockwork.FakeClock
	url   string
	token string
}

type option func(*genesyssim.Config)

func empty(c *genesyssim.Config) {
	c.Organisation = &genesyssim.Organisation{Divisions: []string{"Sales"}, Roles: []genesyssim.Role{{Name: "Supervisor"}},
		Skills: []string{"Billing"}, Languages: []string{"German"}}
}

func newWorld(t *testing.T, options ...option) *world {
	t.Helper()
	cfg := genesyssim.Config{Clock: clockwork.NewFakeClockAt(start), Seed: 1, Tokens: []genesyssim.TokenSpec{{Value: longLife}}}
	empty(&cfg)
	for _, o := range options {
		o(&cfg)
	}
	w := &world{t: t, sim: genesyssim.New(cfg), clock: cfg.Clock.(*clockwork.FakeClock), token: longLife}
	srv := httptest.NewServer(w.sim)
	t.Cleanup(srv.Close)
	w.url = srv.URL
	return w
}

func (w *world) knobs(change func(*genesyssim.Knobs)) { w.sim.SetKnobs(change) }

// answer is a response with its body decoded as far as it is a JSON object.
type answer struct {
	status int
	header http.Header
	raw    string
	body   map[string]any
}

type header func(http.Header)

func with(name, value string) header { return func(h http.Header) { h.Set(name, value) } }

// try sends one request; body may be nil, a string, or something to encode.
func (w *world) try(method, path string, body any, headers ...header) (answer, error) {
	w.t.Helper()
	var content io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		content = strings.NewReader(b)
	default:
		raw, err := json.Marshal(b)
		if err != nil {
			w.t.Fatal(err)
		}
		content = bytes.NewReader(raw)
	}
	r, err := http.NewRequestWithContext(w.t.Context(), method, w.url+path, content)
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+w.token)
	if body != nil {
		r.Header.Set("Content-Type", "application/scim+json")
	}
	for _, h := range headers {
		h(r.Header)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	a := answer{status: resp.StatusCode, header: resp.Header, raw: string(raw)}
	_ = json.Unmarshal(raw, &a.body)
	return a, err
}

func (w *world) do(method, path string, body any, headers ...header) answer {
	w.t.Helper()
	a, err := w.try(method, path, body, headers...)
	if err != nil {
		w.t.Fatalf("%s %s: %v", method, path, err)
	}
	return a
}

func (w *world) get(path string, headers ...header) answer {
	w.t.Helper()
	return w.do(http.MethodGet, path, nil, headers...)
}

// find lists users with a filter.
func (w *world) find(filter string) answer {
	w.t.Helper()
	return w.get(v2+"/users?filter="+url.QueryEscape(filter)).want(w.t, 200)
}

// create posts a user with what is needed and what is given, and returns its id.
func (w *world) create(userName string, more map[string]any) string {
	w.t.Helper()
	return w.do("POST", v2+"/users", user(userName, more)).want(w.t, 201).str("id")
}

// patch sends operations to a user or group.
func (w *world) patch(path string, operations ...object) answer {
	w.t.Helper()
	return w.do("PATCH", v2+path, object{"schemas": []string{patchURN}, "Operations": operations})
}

type object = map[string]any

func user(userName string, more map[string]any) object {
	out := object{"userName": userName, "displayName": "Some Body"}
	for k, v := range more {
		out[k] = v
	}
	return out
}

func op(kind, path string, value any) object {
	out := object{"op": kind}
	if path != "" {
		out["path"] = path
	}
	if value != nil {
		out["value"] = value
	}
	return out
}

// want fails the test unless the status is as expected.
func (a answer) want(t *testing.T, status int) answer {
	t.Helper()
	if a.status != status {
		t.Fatalf("status = %d, want %d; body: %s", a.status, status, a.raw)
	}
	return a
}

// wantSCIM and wantPlatform check one of the two error bodies.
func (a answer) wantSCIM(t *testing.T, status int, scimType string) answer {
	t.Helper()
	a.want(t, status)
	if got := a.str("scimType"); got != scimType || a.str("detail") == "" || a.body["schemas"] == nil {
		t.Fatalf("scimType = %q, want %q in a SCIM Error; body: %s", got, scimType, a.raw)
	}
	return a
}

func (a answer) wantPlatform(t *testing.T, status int, code string) answer {
	t.Helper()
	a.want(t, status)
	if got := a.str("code"); got != code || a.body["status"] != float64(status) || a.str("contextId") != a.header.Get("ININ-Correlation-Id") {
		t.Fatalf("code = %q, want %q in a platform ErrorBody; body: %s", got, code, a.raw)
	}
	return a
}

// at walks into the body: names of members and indexes of lists.
func (a answer) at(path ...any) any {
	var v any = a.body
	for _, p := range path {
		switch p := p.(type) {
		case string:
			m, _ := v.(map[string]any)
			v = m[p]
		case int:
			l, _ := v.([]any)
			if p >= len(l) {
				return nil
			}
			v = l[p]
		}
	}
	return v
}

func (a answer) str(path ...any) string {
	s, _ := a.at(path...).(string)
	return s
}

func (a answer) total() int { return int(a.body["totalResults"].(float64)) }

func (a answer) resources() []any { return a.body["Resources"].([]any) }

func eq(t *testing.T, what string, got, want any) {
	t.Helper()
	g, _ := json.Marshal(got)
	w, _ := json.Marshal(want)
	if !bytes.Equal(g, w) {
		t.Errorf("%s = %s, want %s", what, g, w)
	}
}
