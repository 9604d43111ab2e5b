package strictscim_test

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

	"github.com/entrain-dev/entrain/internal/simulator/strictscim"
)

const (
	base     = "/scim/v2"
	entURN   = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	userURN  = "urn:ietf:params:scim:schemas:core:2.0:User"
	groupURN = "urn:ietf:params:scim:schemas:core:2.0:Group"
	patchURN = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
)

type object = map[string]any

// world is a server behind a real HTTP server.
type world struct {
	t     *testing.T
	srv   *strictscim.Server
	clock *clockwork.FakeClock
	url   string
	token string
}

func newWorld(t *testing.T) *world {
	t.Helper()
	clock := clockwork.NewFakeClockAt(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))
	w := &world{t: t, clock: clock, token: "secret", srv: strictscim.New(strictscim.Config{Token: "secret", Clock: clock})}
	server := httptest.NewServer(w.srv)
	t.Cleanup(server.Close)
	w.url = server.URL
	return w
}

type answer struct {
	status int
	header http.Header
	raw    string
	body   object
}

func with(name, value string) func(http.Header) { return func(h http.Header) { h.Set(name, value) } }

func (w *world) do(method, path string, body any, headers ...func(http.Header)) answer {
	w.t.Helper()
	var content io.Reader
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			w.t.Fatal(err)
		}
		content = bytes.NewReader(raw)
	}
	r, err := http.NewRequestWithContext(w.t.Context(), method, w.url+base+path, content)
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
		w.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	a := answer{status: resp.StatusCode, header: resp.Header, raw: string(raw)}
	_ = json.Unmarshal(raw, &a.body)
	return a
}

func (w *world) get(path string) answer { w.t.Helper(); return w.do("GET", path, nil) }

// find lists with a filter and returns the answer.
func (w *world) find(kind, filter string) answer {
	w.t.Helper()
	return w.get("/"+kind+"?filter="+url.QueryEscape(filter)).want(w.t, 200)
}

func (w *world) patch(path string, operations ...object) answer {
	w.t.Helper()
	return w.do("PATCH", path, object{"schemas": []string{patchURN}, "Operations": operations})
}

func (w *world) create(userName string, more object) string {
	w.t.Helper()
	return w.do("POST", "/Users", user(userName, more)).want(w.t, 201).str("id")
}

func user(userName string, more object) object {
	out := object{"schemas": []string{userURN, entURN}, "userName": userName, "displayName": "Some Body", "active": true}
	for k, v := range more {
		out[k] = v
	}
	return out
}

func group(name string, members ...string) object {
	out := object{"schemas": []string{groupURN}, "displayName": name}
	var list []object
	for _, id := range members {
		list = append(list, object{"value": id})
	}
	if list != nil {
		out["members"] = list
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

func (a answer) want(t *testing.T, status int) answer {
	t.Helper()
	if a.status != status {
		t.Fatalf("status = %d, want %d; body: %s", a.status, status, a.raw)
	}
	if status != 204 && status != 304 && !strings.HasPrefix(a.header.Get("Content-Type"), "application/scim+json") {
		t.Errorf("Content-Type = %q", a.header.Get("Content-Type"))
	}
	return a
}

// wantError checks a SCIM Error.
func (a answer) wantError(t *testing.T, status int, scimType string) answer {
	t.Helper()
	a.want(t, status)
	eq(t, "scimType", a.str("scimType"), scimType)
	eq(t, "schemas", a.at("schemas"), []string{"urn:ietf:params:scim:api:messages:2.0:Error"})
	return a
}

func (a answer) at(path ...any) any {
	var v any = a.body
	for _, p := range path {
		switch p := p.(type) {
		case string:
			m, _ := v.(object)
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

func eq(t *testing.T, what string, got, want any) {
	t.Helper()
	g, _ := json.Marshal(got)
	w, _ := json.Marshal(want)
	if !bytes.Equal(g, w) {
		t.Errorf("%s = %s, want %s", what, g, w)
	}
}
