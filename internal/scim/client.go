package scim

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/jonboulle/clockwork"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/fault"
	"github.com/entrain-dev/entrain/internal/scim/profile"
)

// Config configures a client.
type Config struct {
	// BaseURL is the tenant URL. A query string (?aadOptscim062020) is kept on every request.
	BaseURL string
	Profile profile.Profile
	// Token returns the bearer token; it is asked before every request and may answer from memory.
	Token func(ctx context.Context) (string, error)
	// Refresh, if set, makes Token return another token; it is called once for a request that was refused with 401.
	Refresh func(ctx context.Context) error
	// HTTP carries connections, proxies and trusted certificates; redirects are never followed. nil means NewHTTPClient(nil).
	HTTP *http.Client
	// Limiter is shared by all clients that use the same credentials. nil means one of its own at the profile's rate.
	Limiter *Limiter
	// Clock is the time for waits; nil means the real clock.
	Clock clockwork.Clock
	// Observe, if set, is told of every request, for metrics. It must not block.
	Observe func(Request)
	// UserAgent is sent with every request.
	UserAgent string
}

// Request is what is known of one request after its answer, for metrics.
type Request struct {
	// Op is what was being done, such as "create user"; Method the HTTP method.
	Op, Method string
	Kind       directory.Kind
	// Status is the HTTP status, 0 where there was no answer.
	Status int
	// Fault is fault.Unknown where the request succeeded.
	Fault fault.Kind
	// Wait is the time spent in the limiter, Duration the time from the first byte sent to the last byte read.
	Wait, Duration time.Duration
	// Attempt is 1 for the first try of a request.
	Attempt int
}

// Client talks to one application. It is safe for concurrent use.
type Client struct {
	cfg   Config
	http  *http.Client
	base  string // scheme, host and path without a slash at the end
	host  string
	flags string // query string of the tenant URL
	newID func() string

	refreshing sync.Mutex
	plainJSON  atomic.Bool // the application refuses application/scim+json
	noPatch    map[directory.Kind]*atomic.Bool
	adding     adding
	discovered atomic.Bool
	bulk       atomic.Pointer[bulkLimits] // nil where bulk is not offered
	conflicts  recent
	sizes      pageSizes
}

// New returns a client; the error is of kind fault.Invalid when the tenant URL cannot be used.
func New(cfg Config) (*Client, error) {
	u, err := url.Parse(strings.TrimSpace(cfg.BaseURL))
	if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") {
		return nil, fault.New(fault.Invalid, "configure SCIM client", "the tenant URL is no absolute http or https address; correct tenantURL")
	}
	if cfg.Token == nil || cfg.Profile.Name == "" {
		return nil, fault.New(fault.Internal, "configure SCIM client", "the client needs a token and a profile")
	}
	if cfg.Clock == nil {
		cfg.Clock = clockwork.NewRealClock()
	}
	if cfg.Limiter == nil {
		cfg.Limiter = NewLimiter(cfg.Profile.Capabilities.RequestsPerMinute, cfg.Clock)
	}
	if cfg.Observe == nil {
		cfg.Observe = func(Request) {}
	}
	if cfg.HTTP == nil {
		cfg.HTTP = NewHTTPClient(nil)
	}
	if cfg.UserAgent == "" {
		cfg.UserAgent = "entrain"
	}
	client := *cfg.HTTP
	// A redirect would turn a POST into a GET and may carry the token to another host.
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Client{
		cfg:     cfg,
		http:    &client,
		base:    u.Scheme + "://" + u.Host + strings.TrimRight(u.EscapedPath(), "/"),
		host:    u.Hostname(),
		flags:   u.RawQuery,
		newID:   uuid.NewString,
		noPatch: map[directory.Kind]*atomic.Bool{directory.User: {}, directory.Group: {}},
		adding:  adding{turn: make(chan struct{}, 1)},
		sizes:   pageSizes{limit: max(1, cfg.Profile.Capabilities.PageSize)},
	}, nil
}

// Capabilities returns what the application can do: what the profile says, lowered by what Check discovered, and bulk where
// Check found it.
func (c *Client) Capabilities() directory.Capabilities {
	out := c.cfg.Profile.Capabilities
	out.PageSize = c.sizes.ask(out.PageSize)
	out.BulkOperations = c.bulk.Load().operations()
	return out
}

// endpoint returns the path of a kind of resource.
func endpoint(kind directory.Kind) string {
	if kind == directory.Group {
		return "/Groups"
	}
	return "/Users"
}

// resourcePath returns the path of one resource. An id is opaque and may hold any character.
func resourcePath(kind directory.Kind, id directory.TargetID) (string, error) {
	switch id {
	case "", ".", "..": // these would address the collection or its parent
		return "", fault.New(fault.Internal, "address "+noun(kind), "the id %q cannot be the id of a resource", id)
	}
	return endpoint(kind) + "/" + url.PathEscape(string(id)), nil
}

func noun(kind directory.Kind) string { return strings.ToLower(string(kind)) }

// param is one query parameter.
type param struct{ name, value string }

// query encodes parameters in the order given. A blank becomes %20, which every server understands, or + where the
// application expects the bytes of the Entra service.
func (c *Client) query(params ...param) string {
	parts := make([]string, len(params))
	for i, p := range params {
		v := url.QueryEscape(p.value)
		if !c.cfg.Profile.Query.PlusForBlank {
			v = strings.ReplaceAll(v, "+", "%20")
		}
		parts[i] = p.name + "=" + v
	}
	return strings.Join(parts, "&")
}

// address joins tenant URL, path and query.
func (c *Client) address(base, path, query string) string {
	out := base + path
	sep := "?"
	for _, q := range []string{c.flags, query} {
		if q != "" {
			out += sep + q
			sep = "&"
		}
	}
	return out
}
