package graphsim

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/entrain-dev/entrain/internal/simulator/graphsim/tenant"
)

const (
	// validationLimit is how long an address may take to answer the handshake (9.2), answerLimit a notification (9.3).
	validationLimit, answerLimit = 10 * time.Second, 3 * time.Second
	// redelivery is how long notifications that nobody takes are tried again (9.3).
	redelivery = 4 * time.Hour
	// notificationBatch is how many notifications one request carries, maxAnswer how much of an answer is read.
	notificationBatch, maxAnswer = 100, 1 << 16
	sequenceBase                 = 637000000000000000
)

// Delivery says what became of notifications.
type Delivery struct {
	// Delivered is how many notifications were taken, Failed how many were not and come again, Dropped how many were given up.
	Delivered int `json:"delivered"`
	Failed    int `json:"failed"`
	Dropped   int `json:"dropped"`
}

// notification is one element of a notification (9.3) or of a lifecycle event (9.5).
type notification struct {
	SubscriptionID string         `json:"subscriptionId"`
	Expiration     string         `json:"subscriptionExpirationDateTime"`
	TenantID       string         `json:"tenantId"`
	ClientState    *string        `json:"clientState,omitempty"`
	ChangeType     string         `json:"changeType,omitempty"`
	Resource       string         `json:"resource,omitempty"`
	ResourceData   map[string]any `json:"resourceData,omitempty"`
	LifecycleEvent string         `json:"lifecycleEvent,omitempty"`
}

// validate is the handshake of 9.2: the address must answer with the token that it is sent.
func (c *call) validate(to string) *graphError {
	token := "Validation: Testing client application reachability for subscription Request-Id: " + c.requestID
	u, err := url.Parse(to)
	if err != nil {
		return refused("The address is no URL.")
	}
	q := u.Query()
	q.Set("validationToken", token)
	u.RawQuery = q.Encode()
	ctx, cancel := context.WithTimeout(c.request.Context(), validationLimit)
	defer cancel()
	status, contentType, body, err := c.s.post(ctx, u.String(), "text/plain; charset=utf-8", nil)
	media, _, _ := mime.ParseMediaType(contentType)
	switch {
	case err != nil:
		return refused("The notification endpoint did not answer.")
	case status != http.StatusOK:
		return refused("The notification endpoint answered %d.", status)
	case media != "text/plain":
		return refused("The notification endpoint must answer with the content type text/plain.")
	case string(body) != token:
		return refused("The notification endpoint must answer with the validation token.")
	}
	return nil
}

func refused(format string, args ...any) *graphError {
	return fail(http.StatusBadRequest, "InvalidRequest", "Subscription validation request failed. %s", fmt.Sprintf(format, args...))
}

// post sends a request and reads a bounded answer.
func (s *Server) post(ctx context.Context, to, contentType string, body []byte) (status int, answered string, out []byte, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, to, bytes.NewReader(body))
	if err != nil {
		return 0, "", nil, err
	}
	r.Header.Set("Content-Type", contentType)
	resp, err := s.subscriptions.http.Do(r)
	if err != nil {
		return 0, "", nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	out, err = io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	return resp.StatusCode, resp.Header.Get("Content-Type"), out, err
}

// DeliverNotifications tells the subscribers what changed since the last call, in the order in which they subscribed. Graph does that
// by itself within minutes (9.3); here it happens when it is asked for, so that a test knows what was delivered when. What nobody takes
// comes again with the next call, for four hours.
func (s *Server) DeliverNotifications(ctx context.Context) (Delivery, error) {
	s.delivering.Lock()
	defer s.delivering.Unlock()
	var out Delivery
	for _, sub := range s.subscriptions.live(s.clock.Now()) {
		if err := s.deliver(ctx, sub, &out); err != nil {
			return out, err
		}
	}
	return out, nil
}

// deliver tells one subscriber.
func (s *Server) deliver(ctx context.Context, sub *subscription, out *Delivery) error {
	upTo := s.tenant.Head(sub.kind, s.Knobs().ReplicationLag)
	// What the tenant no longer remembers cannot be told.
	span := tenant.Range{Since: max(sub.told, s.tenant.Floor()), UpTo: upTo}
	for cursor, more := span.Since, true; more; {
		var views []tenant.View
		views, cursor, more = s.tenant.Changed(sub.kind, span, cursor, notificationBatch, func(v tenant.View) bool { return sub.object == "" || v.ID == sub.object })
		batch := s.notifications(sub, views, span)
		if len(batch) == 0 {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if s.send(ctx, sub.NotificationURL, batch) {
			out.Delivered += len(batch)
			continue
		}
		if now := s.clock.Now(); sub.failing.IsZero() {
			sub.failing = now
		} else if now.Sub(sub.failing) >= redelivery {
			out.Dropped += len(batch)
			continue
		}
		out.Failed += len(batch)
		return nil // all of it comes again; a subscriber must bear to hear things twice
	}
	sub.told, sub.failing = max(sub.told, upTo), time.Time{}
	return nil
}

// notifications are those that a subscriber asked for.
func (s *Server) notifications(sub *subscription, views []tenant.View, span tenant.Range) []notification {
	var out []notification
	for _, v := range views {
		change := "updated" // also for a creation and for a soft deletion (9.1)
		if v.State == tenant.Purged {
			change = "deleted"
		}
		if !strings.Contains(sub.ChangeType, change) {
			continue
		}
		collection, typ := "Users/", "#Microsoft.Graph.User"
		if v.Kind == tenant.Group {
			collection, typ = "Groups/", "#Microsoft.Graph.Group"
		}
		data := map[string]any{
			"@odata.type": typ, "@odata.id": collection + v.ID, "id": v.ID, "organizationId": s.tenant.ID(), "sequenceNumber": sequenceBase + span.UpTo,
		}
		members := s.joined(v, span)
		if len(members) > 0 {
			data["members@delta"] = members
		} else if sub.members && change == "updated" {
			continue
		}
		n := s.about(sub)
		n.ChangeType, n.Resource, n.ResourceData = change, collection+v.ID, data
		out = append(out, n)
	}
	return out
}

// joined is the members@delta of a group, the first of them where very many changed at once.
func (s *Server) joined(v tenant.View, span tenant.Range) []map[string]string {
	if v.Kind != tenant.Group {
		return nil
	}
	changes, _, _ := s.tenant.MemberChanges(v.ID, span, 0, notificationBatch, false)
	var out []map[string]string
	for _, m := range changes {
		entry := map[string]string{"id": m.ID}
		if m.Removed {
			entry["@removed"] = "deleted"
		}
		out = append(out, entry)
	}
	return out
}

// about is what every notification says of its subscription.
func (s *Server) about(sub *subscription) notification {
	l := &s.subscriptions
	l.mu.Lock()
	defer l.mu.Unlock()
	return notification{
		SubscriptionID: sub.ID, Expiration: sub.Expiration.UTC().Format("2006-01-02T15:04:05-07:00"), TenantID: s.tenant.ID(), ClientState: sub.ClientState,
	}
}

// send reports whether an address took notifications in time.
func (s *Server) send(ctx context.Context, to string, batch []notification) bool {
	body, err := json.Marshal(map[string]any{"value": batch})
	if err != nil {
		panic(err) // strings always marshal
	}
	ctx, cancel := context.WithTimeout(ctx, answerLimit)
	defer cancel()
	status, _, _, err := s.post(ctx, to, "application/json; charset=utf-8", body)
	return err == nil && status >= 200 && status < 300
}

// RequireReauthorization sends the lifecycle event reauthorizationRequired to all subscribers that gave an address for such events
// (9.5).
func (s *Server) RequireReauthorization(ctx context.Context) (Delivery, error) {
	s.delivering.Lock()
	defer s.delivering.Unlock()
	var out Delivery
	for _, sub := range s.subscriptions.live(s.clock.Now()) {
		for _, to := range optional(sub.LifecycleURL) {
			n := s.about(sub)
			n.LifecycleEvent = "reauthorizationRequired"
			if err := ctx.Err(); err != nil {
				return out, err
			}
			if s.send(ctx, to, []notification{n}) {
				out.Delivered++
			} else {
				out.Failed++
			}
		}
	}
	return out, nil
}

// adminNotify delivers what is outstanding; with ?event=reauthorizationRequired the lifecycle event.
func (s *Server) adminNotify(r *http.Request) (any, error) {
	if r.URL.Query().Get("event") == "reauthorizationRequired" {
		return s.RequireReauthorization(r.Context())
	}
	return s.DeliverNotifications(r.Context())
}
