package graphsim_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/entrain-dev/entrain/internal/simulator/graphsim"
)

// subscriber is a notification endpoint.
type subscriber struct {
	*httptest.Server
	mu sync.Mutex
	// echo answers the handshake, nil as it should be; status answers notifications.
	echo     func(w http.ResponseWriter, token string)
	status   int
	received []map[string]any
	posts    int
}

func newSubscriber(t *testing.T) *subscriber {
	s := &subscriber{status: http.StatusAccepted}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

func (s *subscriber) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if token := r.URL.Query().Get("validationToken"); token != "" {
		if s.echo != nil {
			s.echo(w, token)
			return
		}
		w.Header().Set("Content-Type", "text/plain")
		_, _ = io.WriteString(w, token)
		return
	}
	s.posts++
	if s.status/100 == 2 {
		var body struct{ Value []map[string]any }
		_ = json.NewDecoder(r.Body).Decode(&body)
		s.received = append(s.received, body.Value...)
	}
	w.WriteHeader(s.status)
}

func (s *subscriber) answer(status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.status = status
}

// take returns what was received since the last call, in short.
func (s *subscriber) take() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := []string{}
	for _, n := range s.received {
		text, _ := n["changeType"].(string)
		if event, ok := n["lifecycleEvent"].(string); ok {
			text = event
		}
		if resource, ok := n["resource"].(string); ok {
			text += " " + resource
		}
		if data, ok := n["resourceData"].(map[string]any); ok {
			members, _ := data["members@delta"].([]any)
			for _, m := range members {
				entry, _ := m.(map[string]any)
				id, _ := entry["id"].(string)
				if entry["@removed"] == "deleted" {
					text += " -" + id
				} else {
					text += " +" + id
				}
			}
		}
		out = append(out, text)
	}
	s.received = nil
	return out
}

// wish is the body of POST /subscriptions.
func wish(resource, to string, more map[string]any) string {
	w := map[string]any{
		"changeType": "updated,deleted", "notificationUrl": to, "resource": resource, "clientState": "between us",
		"expirationDateTime": start.Add(24 * time.Hour).Format("2006-01-02T15:04:05.0000000Z"),
	}
	for name, v := range more {
		w[name] = v
	}
	b, err := json.Marshal(w)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func (m *sim) subscribe(resource string, s *subscriber, more map[string]any) string {
	m.t.Helper()
	a, err := m.do(http.MethodPost, "/v1.0/subscriptions", wish(resource, s.URL+"/notify?tenant=1", more))
	id, _ := a.json["id"].(string)
	if err != nil || a.status != http.StatusCreated || id == "" {
		m.t.Fatalf("subscribing to %s: %v %d %s", resource, err, a.status, a.text)
	}
	return id
}

// find returns the id of somebody by login name.
func (m *sim) find(name string) string {
	m.t.Helper()
	v, ok := m.tenant.FindUser(name + "@contoso.onmicrosoft.com")
	if !ok {
		m.t.Fatalf("no %s", name)
	}
	return v.ID
}

func (m *sim) deliver(want graphsim.Delivery) {
	m.t.Helper()
	got, err := m.DeliverNotifications(m.t.Context())
	check(m.t, err)
	if diff := cmp.Diff(want, got); diff != "" {
		m.t.Errorf("delivery (-want +got):\n%s", diff)
	}
}

func TestASubscriptionLivesAndEnds(t *testing.T) {
	c := newCompany(t, graphsim.Knobs{})
	to := newSubscriber(t)
	id := c.subscribe("users", to, nil)
	one := c.ok("/v1.0/subscriptions/" + id)
	for name, want := range map[string]any{
		"id": id, "resource": "users", "changeType": "updated,deleted", "clientState": "between us", "notificationUrl": to.URL + "/notify?tenant=1",
		"applicationId": graphsim.DefaultClientID, "latestSupportedTlsVersion": "v1_2", "lifecycleNotificationUrl": nil, "includeResourceData": nil,
		"expirationDateTime": "2026-01-06T08:00:00Z", "@odata.context": c.url + "/v1.0/$metadata#subscriptions/$entity",
	} {
		if got, ok := one.json[name]; !ok || got != want {
			t.Errorf("%s is %v, want %v", name, got, want)
		}
	}
	if list := c.ok("/v1.0/subscriptions").value(); len(list) != 1 || list[0]["id"] != id {
		t.Errorf("the list is %v", list)
	}
	renewed, _ := c.do(http.MethodPatch, "/v1.0/subscriptions/"+id, `{"expirationDateTime": "2026-01-08T08:00:00Z"}`)
	if renewed.status != 200 || renewed.json["expirationDateTime"] != "2026-01-08T08:00:00Z" {
		t.Errorf("renewed: %d %s", renewed.status, renewed.text)
	}
	if a, _ := c.do(http.MethodPost, "/v1.0/subscriptions/"+id+"/reauthorize", ""); a.status != 204 {
		t.Errorf("reauthorized: %d %s", a.status, a.text)
	}
	c.clock.Advance(3 * 24 * time.Hour)
	if a := c.get("/v1.0/subscriptions/" + id); a.status != 404 {
		t.Errorf("after it expired: %d %s", a.status, a.text)
	}
	id = c.subscribe("users", to, map[string]any{"expirationDateTime": "2026-01-09T08:00:00Z"})
	if a, _ := c.do(http.MethodDelete, "/v1.0/subscriptions/"+id, ""); a.status != 204 || a.text != "" {
		t.Errorf("deleted: %d %q", a.status, a.text)
	}
	if list := c.ok("/v1.0/subscriptions").value(); len(list) != 0 {
		t.Errorf("after it was deleted the list is %v", list)
	}
}

func TestSubscriptionsThatAreRefused(t *testing.T) {
	text := func(contentType, body string, status int) func(http.ResponseWriter, string) {
		return func(w http.ResponseWriter, token string) {
			w.Header().Set("Content-Type", contentType)
			w.WriteHeader(status)
			_, _ = io.WriteString(w, strings.ReplaceAll(body, "TOKEN", token))
		}
	}
	const users = "User.Read.All"
	for name, tc := range map[string]struct {
		resource   string
		more       map[string]any
		roles      []string
		echo       func(http.ResponseWriter, string)
		wantStatus int
		wantCode   string
		wantText   string
	}{
		"another resource":           {resource: "applications", wantStatus: 400, wantCode: "BadRequest", wantText: "applications"},
		"members of a user":          {resource: "users/6ea91a8d-e32e-41a1-b7bd-d2d185eed0e0/members", wantStatus: 400, wantCode: "BadRequest"},
		"somebody who is not there":  {resource: "users/6ea91a8d-e32e-41a1-b7bd-d2d185eed0e0", wantStatus: 404, wantCode: "Request_ResourceNotFound"},
		"creations":                  {more: map[string]any{"changeType": "created"}, wantStatus: 400, wantCode: "BadRequest", wantText: "created"},
		"with the data":              {more: map[string]any{"includeResourceData": true}, wantStatus: 400, wantCode: "BadRequest"},
		"a month":                    {more: map[string]any{"expirationDateTime": "2026-02-04T08:00:00Z"}, wantStatus: 400, wantCode: "BadRequest", wantText: "41760 minutes"},
		"until yesterday":            {more: map[string]any{"expirationDateTime": "2026-01-04T08:00:00Z"}, wantStatus: 400, wantCode: "BadRequest"},
		"a long client state":        {more: map[string]any{"clientState": strings.Repeat("x", 129)}, wantStatus: 400, wantCode: "BadRequest", wantText: "128"},
		"plain http to another host": {more: map[string]any{"notificationUrl": "http://example.com/"}, wantStatus: 400, wantCode: "BadRequest"},
		"groups without permission":  {resource: "groups", roles: []string{users, "GroupMember.Read.All"}, wantStatus: 403, wantCode: "Authorization_RequestDenied"},
		"users without permission":   {roles: []string{"Group.Read.All"}, wantStatus: 403, wantCode: "Authorization_RequestDenied"},
		"another token comes back":   {echo: text("text/plain", "TOKEN!", 200), wantStatus: 400, wantCode: "InvalidRequest", wantText: "validation request failed"},
		"the token as HTML":          {echo: text("text/html", "TOKEN", 200), wantStatus: 400, wantCode: "InvalidRequest", wantText: "text/plain"},
		"the token as accepted":      {echo: text("text/plain", "TOKEN", 202), wantStatus: 400, wantCode: "InvalidRequest", wantText: "202"},
		"an endpoint that hangs up":  {echo: func(http.ResponseWriter, string) { panic(http.ErrAbortHandler) }, wantStatus: 400, wantCode: "InvalidRequest"},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCompany(t, graphsim.Knobs{})
			to := newSubscriber(t)
			to.echo = tc.echo
			if tc.resource == "" {
				tc.resource = "users"
			}
			if tc.roles != nil {
				c.token = c.Token(graphsim.DefaultClientID, tc.roles...)
			}
			a, err := c.do(http.MethodPost, "/v1.0/subscriptions", wish(tc.resource, to.URL, tc.more))
			check(t, err)
			if a.status != tc.wantStatus || a.code() != tc.wantCode || !strings.Contains(a.message(), tc.wantText) {
				t.Errorf("got %d %s", a.status, a.text)
			}
			if list := c.ok("/v1.0/subscriptions").value(); len(list) != 0 {
				t.Errorf("subscriptions are %v", list)
			}
		})
	}
}

func TestSubscriptionsAreLimited(t *testing.T) {
	c := newCompany(t, graphsim.Knobs{Subscriptions: 2})
	to := newSubscriber(t)
	c.subscribe("users", to, nil)
	again, _ := c.do(http.MethodPost, "/v1.0/subscriptions", wish("users", to.URL, nil))
	if again.status != 409 {
		t.Errorf("the same resource again: %d %s", again.status, again.text)
	}
	c.subscribe("groups", to, nil)
	more, _ := c.do(http.MethodPost, "/v1.0/subscriptions", wish("users/"+c.ann, to.URL, nil))
	if more.status != 403 || !strings.Contains(more.message(), "2 subscriptions") {
		t.Errorf("one too many: %d %s", more.status, more.text)
	}
}

func TestOfSubscriptionsToOneResourceAtTheSameTimeOneIsMade(t *testing.T) {
	c := newCompany(t, graphsim.Knobs{})
	to := newSubscriber(t)
	meet := make(chan struct{}, 2)
	first := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// The second is made while the first is being validated.
		if a, err := c.do(http.MethodPost, "/v1.0/subscriptions", wish("/users/", to.URL, nil)); err == nil && a.status == http.StatusCreated {
			meet <- struct{}{}
		}
		w.Header().Set("Content-Type", "text/plain")
		_, _ = io.WriteString(w, r.URL.Query().Get("validationToken"))
	}))
	t.Cleanup(first.Close)
	a, err := c.do(http.MethodPost, "/v1.0/subscriptions", wish("users", first.URL, nil))
	check(t, err)
	if len(meet) != 1 || a.status != http.StatusConflict {
		t.Errorf("%d made meanwhile, and then %d %s", len(meet), a.status, a.text)
	}
	if list := c.ok("/v1.0/subscriptions").value(); len(list) != 1 {
		t.Errorf("subscriptions are %v", list)
	}
}

func TestAClientStateIsMeasuredInCharacters(t *testing.T) {
	c := newCompany(t, graphsim.Knobs{})
	c.subscribe("users", newSubscriber(t), map[string]any{"clientState": strings.Repeat("ä", 128)})
}
