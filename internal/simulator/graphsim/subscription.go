package graphsim

import (
	"encoding/json"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/entrain-dev/entrain/internal/simulator/graphsim/tenant"
)

// The limits of 9.1 and 9.4.
const (
	subscriptionLife    = 41760 * time.Minute
	clientStateLimit    = 128
	tenantSubscriptions = 1000
)

// subscriptions are the change notifications that were asked for (9). Changes are not queued: a subscription remembers up to where the
// change log has been told, so that what is outstanding is bounded by the log.
type subscriptions struct {
	mu   sync.Mutex
	list []*subscription
	http *http.Client
}

// subscription is one of them, as Graph answers it.
type subscription struct {
	ID                      string    `json:"id"`
	Resource                string    `json:"resource"`
	ApplicationID           string    `json:"applicationId"`
	ChangeType              string    `json:"changeType"`
	ClientState             *string   `json:"clientState"`
	NotificationURL         string    `json:"notificationUrl"`
	QueryOptions            *string   `json:"notificationQueryOptions"`
	LifecycleURL            *string   `json:"lifecycleNotificationUrl"`
	Expiration              time.Time `json:"expirationDateTime"`
	CreatorID               string    `json:"creatorId"`
	IncludeResourceData     *bool     `json:"includeResourceData"`
	TLSVersion              string    `json:"latestSupportedTlsVersion"`
	EncryptionCertificate   *string   `json:"encryptionCertificate"`
	EncryptionCertificateID *string   `json:"encryptionCertificateId"`
	URLAppID                *string   `json:"notificationUrlAppId"`

	kind tenant.Kind
	// object is the id of the only object it is about, "" for all of the kind; members is true when only memberships count.
	object  string
	members bool
	// told is the sequence number of the tenant up to which changes were delivered; failing is since when they are not.
	told    uint64
	failing time.Time
}

// live returns the subscriptions that have not expired, and forgets the others.
func (l *subscriptions) live(now time.Time) []*subscription {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.list = slices.DeleteFunc(l.list, func(s *subscription) bool { return !now.Before(s.Expiration) })
	return slices.Clone(l.list)
}

// serveSubscriptions answers /subscriptions.
func (c *call) serveSubscriptions() (*reply, *graphError) {
	switch c.request.Method {
	case http.MethodGet:
		var entries [][]byte
		for _, s := range c.s.subscriptions.live(c.now) {
			if s.ApplicationID == c.claims.AppID {
				entries = append(entries, c.s.subscriptions.encode(s, ""))
			}
		}
		return graphReply(page(c.metadata("subscriptions"), entries)), nil
	case http.MethodPost:
		return c.subscribe()
	}
	return nil, notAllowed()
}

// serveSubscription answers /subscriptions/{id}.
func (c *call) serveSubscription() (*reply, *graphError) {
	s, e := c.subscription()
	if e != nil {
		return nil, e
	}
	switch c.request.Method {
	case http.MethodGet:
	case http.MethodPatch:
		if e := c.renew(s); e != nil {
			return nil, e
		}
	case http.MethodDelete:
		l := &c.s.subscriptions
		l.mu.Lock()
		defer l.mu.Unlock()
		l.list = slices.DeleteFunc(l.list, func(o *subscription) bool { return o == s })
		return &reply{status: http.StatusNoContent, header: http.Header{}}, nil
	default:
		return nil, notAllowed()
	}
	return graphReply(c.s.subscriptions.encode(s, c.metadata("subscriptions/$entity"))), nil
}

// reauthorize answers POST /subscriptions/{id}/reauthorize (9.5).
func (c *call) reauthorize() (*reply, *graphError) {
	if _, e := c.subscription(); e != nil {
		return nil, e
	}
	return &reply{status: http.StatusNoContent, header: http.Header{}}, nil
}

// subscription returns the one that the path names; those of other applications do not exist for the caller.
func (c *call) subscription() (*subscription, *graphError) {
	id := c.path[1].name
	for _, s := range c.s.subscriptions.live(c.now) {
		if s.ID == id && s.ApplicationID == c.claims.AppID {
			return s, nil
		}
	}
	return nil, fail(http.StatusNotFound, "ResourceNotFound", "The object was not found.")
}

// encode writes a subscription, with an @odata.context if it stands alone.
func (l *subscriptions) encode(s *subscription, context string) []byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	body, err := json.Marshal(struct {
		Context string `json:"@odata.context,omitempty"`
		*subscription
	}{context, s})
	if err != nil {
		panic(err) // strings and times always marshal
	}
	return body
}

// subscribe answers POST /subscriptions: it checks what is asked for and then, without holding a lock, the addresses.
func (c *call) subscribe() (*reply, *graphError) {
	s := &subscription{}
	if e := c.decode(s); e != nil {
		return nil, e
	}
	if e := c.checkSubscription(s); e != nil {
		return nil, e
	}
	if e := c.room(s, c.s.subscriptions.live(c.now)); e != nil {
		return nil, e
	}
	for _, to := range append([]string{s.NotificationURL}, optional(s.LifecycleURL)...) {
		if e := c.validate(to); e != nil {
			return nil, e
		}
	}
	s.ID, s.ApplicationID, s.CreatorID = c.s.guid(), c.claims.AppID, c.claims.ObjectID
	if s.TLSVersion == "" {
		s.TLSVersion = "v1_2"
	}
	s.told = c.s.tenant.Head(s.kind, 0)
	if e := c.admit(s); e != nil {
		return nil, e
	}
	l := &c.s.subscriptions
	out := graphReply(l.encode(s, c.metadata("subscriptions/$entity")))
	out.status = http.StatusCreated
	return out, nil
}

// checkSubscription checks a wish against 9.1 and the permission against 8.8.
func (c *call) checkSubscription(s *subscription) *graphError {
	if !s.parse() {
		return badRequest("Resource '%s' is not supported for subscriptions.", s.Resource)
	}
	needed := readUsers
	if s.kind == tenant.Group {
		needed = readGroupsFully
	}
	if !c.may(needed) {
		return forbidden()
	}
	for change := range strings.SplitSeq(s.ChangeType, ",") {
		if change != "updated" && change != "deleted" {
			return badRequest("The change type '%s' is not supported for the resource '%s'.", change, s.Resource)
		}
	}
	if s.ClientState != nil && utf8.RuneCountInString(*s.ClientState) > clientStateLimit {
		return badRequest("The client state is longer than %d characters.", clientStateLimit)
	}
	if s.IncludeResourceData != nil && *s.IncludeResourceData {
		return badRequest("Resource data is not supported for the resource '%s'.", s.Resource)
	}
	if v, ok := c.s.tenant.Get(s.object); s.object != "" && (!ok || v.Kind != s.kind) {
		return notFound(s.object)
	}
	if e := c.checkExpiration(s.Expiration); e != nil {
		return e
	}
	for _, to := range append([]string{s.NotificationURL}, optional(s.LifecycleURL)...) {
		if !deliverable(to) {
			return badRequest("The notification URL must be an absolute https address.")
		}
	}
	return nil
}

func (c *call) checkExpiration(at time.Time) *graphError {
	switch {
	case at.IsZero() || !c.now.Before(at):
		return badRequest("Subscription expiration must be in the future.")
	case at.Sub(c.now) > subscriptionLife:
		return badRequest("Subscription expiration can only be %d minutes in the future.", int(subscriptionLife/time.Minute))
	}
	return nil
}

// admit adds a subscription, unless others took its place while its addresses were being validated.
func (c *call) admit(s *subscription) *graphError {
	l := &c.s.subscriptions
	l.mu.Lock()
	defer l.mu.Unlock()
	if e := c.room(s, l.list); e != nil {
		return e
	}
	l.list = append(l.list, s)
	return nil
}

// room checks the quotas of 9.4, and that each resource is subscribed to once.
func (c *call) room(s *subscription, all []*subscription) *graphError {
	own := 0
	for _, o := range all {
		if o.ApplicationID != c.claims.AppID {
			continue
		}
		own++
		if o.kind == s.kind && o.object == s.object && o.members == s.members {
			return fail(http.StatusConflict, "Conflict", "There is a subscription to the resource '%s' already.", s.Resource)
		}
	}
	switch {
	case own >= c.knobs.Subscriptions:
		return fail(http.StatusForbidden, "Forbidden", "The limit of %d subscriptions of an application in a tenant is reached.", c.knobs.Subscriptions)
	case len(all) >= tenantSubscriptions:
		return fail(http.StatusForbidden, "Forbidden", "The limit of %d subscriptions of a tenant is reached.", tenantSubscriptions)
	}
	return nil
}

// renew answers PATCH /subscriptions/{id}.
func (c *call) renew(s *subscription) *graphError {
	var wish struct {
		Expiration time.Time `json:"expirationDateTime"`
	}
	if e := c.decode(&wish); e != nil {
		return e
	}
	if e := c.checkExpiration(wish.Expiration); e != nil {
		return e
	}
	l := &c.s.subscriptions
	l.mu.Lock()
	defer l.mu.Unlock()
	s.Expiration = wish.Expiration
	return nil
}

// parse reads the resource: users, groups, users/{id}, groups/{id}, groups/{id}/members.
func (s *subscription) parse() bool {
	parts := strings.Split(strings.Trim(s.Resource, "/"), "/")
	switch strings.ToLower(parts[0]) {
	case "users":
		s.kind = tenant.User
	case "groups":
		s.kind = tenant.Group
	default:
		return false
	}
	if len(parts) > 1 {
		if _, err := uuid.Parse(parts[1]); err != nil {
			return false
		}
		s.object = strings.ToLower(parts[1])
	}
	s.members = len(parts) == 3 && s.kind == tenant.Group && strings.EqualFold(parts[2], "members")
	return len(parts) < 3 || s.members
}

// deliverable reports whether notifications may go to an address: https, or this machine.
func deliverable(to string) bool {
	u, err := url.Parse(to)
	if err != nil || u.Host == "" || u.User != nil {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Scheme == "https" || u.Scheme == "http" && (u.Hostname() == "localhost" || ip != nil && ip.IsLoopback())
}

func optional(s *string) []string {
	if s == nil || *s == "" {
		return nil
	}
	return []string{*s}
}
