package graphsim_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/entrain-dev/entrain/internal/simulator/graphsim"
	"github.com/entrain-dev/entrain/internal/simulator/graphsim/tenant"
)

var start = time.Date(2026, 1, 5, 8, 0, 0, 0, time.UTC)

// client is the HTTP client of the tests.
var client = &http.Client{Timeout: time.Minute}

// sim is a simulator behind a real HTTP server, on a fake clock.
type sim struct {
	*graphsim.Server
	t      *testing.T
	tenant *tenant.Tenant
	clock  *clockwork.FakeClock
	url    string
	token  string
	header http.Header
}

func newSim(t *testing.T, knobs graphsim.Knobs, apps ...graphsim.App) *sim {
	t.Helper()
	if knobs.AccessTokenLife == 0 {
		knobs.AccessTokenLife = 365 * 24 * time.Hour
	}
	clock := clockwork.NewFakeClockAt(start)
	tn := tenant.New(tenant.Config{Clock: clock, Seed: 1, ID: "0785ef7c-2d7a-4542-b048-95bcab406e0b"})
	s := graphsim.New(graphsim.Config{Tenant: tn, Clock: clock, Seed: 1, Knobs: knobs, Apps: apps})
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	m := &sim{Server: s, t: t, tenant: tn, clock: clock, url: server.URL, header: http.Header{}}
	if len(apps) == 0 {
		m.token = s.Token(graphsim.DefaultClientID, "User.Read.All", "Group.Read.All", "Application.Read.All", "Directory.Read.All")
	}
	return m
}

// answer is a decoded response.
type answer struct {
	status int
	header http.Header
	text   string
	json   map[string]any
}

func (a answer) code() string {
	e, _ := a.json["error"].(map[string]any)
	s, _ := e["code"].(string)
	return s
}

func (a answer) message() string {
	e, _ := a.json["error"].(map[string]any)
	s, _ := e["message"].(string)
	return s
}

func (a answer) value() []map[string]any {
	list, _ := a.json["value"].([]any)
	out := make([]map[string]any, 0, len(list))
	for _, v := range list {
		m, _ := v.(map[string]any)
		out = append(out, m)
	}
	return out
}

func (a answer) next() string  { s, _ := a.json["@odata.nextLink"].(string); return s }
func (a answer) delta() string { s, _ := a.json["@odata.deltaLink"].(string); return s }

func (m *sim) do(method, url, body string) (answer, error) {
	m.t.Helper()
	if strings.HasPrefix(url, "/") {
		url = m.url + url
	}
	req, err := http.NewRequestWithContext(m.t.Context(), method, strings.ReplaceAll(url, " ", "%20"), strings.NewReader(body))
	if err != nil {
		m.t.Fatal(err)
	}
	for name, values := range m.header {
		req.Header[name] = values
	}
	if m.token != "" {
		req.Header.Set("Authorization", "Bearer "+m.token)
	}
	resp, err := client.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(resp.Body)
	a := answer{status: resp.StatusCode, header: resp.Header, text: string(raw)}
	_ = json.Unmarshal(raw, &a.json)
	return a, err
}

func (m *sim) get(url string) answer {
	m.t.Helper()
	a, err := m.do(http.MethodGet, url, "")
	if err != nil {
		m.t.Fatal(err)
	}
	return a
}

// ok reads and fails the test unless the answer is 200.
func (m *sim) ok(url string) answer {
	m.t.Helper()
	a := m.get(url)
	if a.status != http.StatusOK {
		m.t.Fatalf("GET %s: %d %s", url, a.status, a.text)
	}
	return a
}

func (m *sim) wantError(url string, status int, code, message string) answer {
	m.t.Helper()
	a := m.get(url)
	if a.status != status || a.code() != code || !strings.Contains(a.message(), message) {
		m.t.Errorf("GET %s: got %d %q %q, want %d %q ...%s...", url, a.status, a.code(), a.message(), status, code, message)
	}
	return a
}

// round follows a delta round to its end and returns all entries and the deltaLink.
func (m *sim) round(url string) (entries []map[string]any, pages int, deltaLink string) {
	m.t.Helper()
	entries = []map[string]any{}
	for pages = 1; ; pages++ {
		a := m.ok(url)
		entries = append(entries, a.value()...)
		if (a.next() == "") == (a.delta() == "") {
			m.t.Fatalf("page has nextLink %q and deltaLink %q", a.next(), a.delta())
		}
		if a.delta() != "" {
			return entries, pages, a.delta()
		}
		if url = a.next(); pages > 1000 {
			m.t.Fatal("the round does not end")
		}
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (m *sim) user(name string, more ...any) string {
	props := map[string]any{"userPrincipalName": name + "@contoso.onmicrosoft.com", "displayName": name}
	for i := 0; i < len(more); i += 2 {
		props[more[i].(string)] = more[i+1]
	}
	return must(m.tenant.AddUser(props))
}

func (m *sim) group(name string, members ...string) string {
	id := must(m.tenant.AddGroup(map[string]any{"displayName": name}))
	check(m.t, m.tenant.AddMembers(id, members...))
	return id
}

// ids returns the ids of entries.
func ids(entries []map[string]any) []string {
	out := []string{}
	for _, e := range entries {
		s, _ := e["id"].(string)
		out = append(out, s)
	}
	return out
}

func byID(entries []map[string]any, id string) map[string]any {
	for _, e := range entries {
		if e["id"] == id {
			return e
		}
	}
	return nil
}

// newSimOn is newSim with a tenant of its own configuration.
func newSimOn(t *testing.T, cfg tenant.Config, knobs graphsim.Knobs) *sim {
	t.Helper()
	m := newSim(t, knobs)
	knobs.AccessTokenLife = 365 * 24 * time.Hour
	cfg.Clock, cfg.ID, cfg.Seed = m.clock, m.tenant.ID(), 1
	m.tenant = tenant.New(cfg)
	m.Server = graphsim.New(graphsim.Config{Tenant: m.tenant, Clock: m.clock, Seed: 1, Knobs: knobs})
	server := httptest.NewServer(m.Server)
	t.Cleanup(server.Close)
	m.url = server.URL
	return m
}

// newTightSim has a change log that holds few entries.
func newTightSim(t *testing.T, history int) *sim {
	return newSimOn(t, tenant.Config{History: history}, graphsim.Knobs{})
}
