package graph

import (
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/jonboulle/clockwork"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/fault"
)

// System is the name of the other side in metrics.
const System = "graph"

const (
	defaultRequestTimeout = 100 * time.Second
	defaultPatience       = 10 * time.Minute
	defaultMaxBody        = 32 << 20
)

// Config says which tenant is read and how. GraphURL, Credential and one of AppID and ObjectID are required.
type Config struct {
	// GraphURL is the origin of Microsoft Graph, such as https://graph.microsoft.com: scheme and host, no version. Plain http
	// is accepted for loopback and cluster-local names only, because every request carries a token.
	GraphURL string
	// Scope is the scope of the tokens; the default is GraphURL with /.default.
	Scope string
	// Credential gives the tokens. If it also has a method Refresh(context.Context) error, that is called after a 401 that
	// names no claims, so that a token that was revoked before its end is not taken from a cache again.
	Credential azcore.TokenCredential
	// HTTP sends the requests; the default is a client of its own with the standard transport. Redirects are never followed.
	HTTP *http.Client
	// AppID is the application (client) id of the enterprise application whose assignments count.
	AppID string
	// ObjectID is the object id of its service principal; it goes before AppID.
	ObjectID string
	// Kinds are the kinds that will be read; Check looks at their permissions. The default is users and groups.
	Kinds []directory.Kind
	// Clock is for waiting and measuring; the default is the real clock.
	Clock clockwork.Clock
	// Observe, if not nil, is told of every request.
	Observe func(Request)
	// UserAgent names this program to Graph.
	UserAgent string
	// RequestTimeout bounds one request with its body; the default is 100 s, because Graph itself gives up in that time.
	RequestTimeout time.Duration
	// Patience bounds one call of Graph with all its retries; the default is 10 min.
	Patience time.Duration
	// MaxBody bounds the body of an answer after decompression, in bytes; the default is 32 MiB.
	MaxBody int64
}

// Request is what is known of one request after its answer, for metrics. It holds no ids.
type Request struct {
	// System is "graph".
	System string
	Method string
	// Route is a template such as /users/{id}.
	Route string
	// Status is the HTTP status, 0 when no answer came.
	Status   int
	Duration time.Duration
}

// Client reads one tenant. It is safe for concurrent use.
type Client struct {
	cfg    Config
	origin *url.URL
	http   *http.Client
}

// New checks the configuration and returns a client; it sends nothing. The error is of kind Invalid.
func New(cfg Config) (*Client, error) {
	const op = "configure Microsoft Graph"
	origin, err := url.Parse(cfg.GraphURL)
	switch {
	case err != nil || origin.Host == "" || origin.Opaque != "":
		return nil, fault.New(fault.Invalid, op, "the Graph URL must be an origin such as https://graph.microsoft.com")
	case strings.Trim(origin.Path, "/") != "" || origin.RawQuery != "" || origin.User != nil || origin.Fragment != "":
		return nil, fault.New(fault.Invalid, op, "the Graph URL must be scheme and host only, without version, path or query")
	case origin.Scheme != "https" && (origin.Scheme != "http" || !local(origin.Hostname())):
		return nil, fault.New(fault.Invalid, op, "the Graph URL must begin with https://; http:// is for loopback and cluster-local addresses only")
	case cfg.Credential == nil:
		return nil, fault.New(fault.Invalid, op, "no credential for Microsoft Graph is given")
	case cfg.AppID == "" && cfg.ObjectID == "":
		return nil, fault.New(fault.Invalid, op, "the application must be named by its application id or by the object id of its service principal")
	case cfg.ObjectID != "" && !isSegment(cfg.ObjectID), cfg.AppID != "" && !isSegment(cfg.AppID):
		return nil, fault.New(fault.Invalid, op, "the id of the application must be a GUID")
	}
	origin.Path = ""
	cfg = cfg.withDefaults(origin)
	client := http.Client{}
	if cfg.HTTP != nil {
		client = *cfg.HTTP
	}
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Client{cfg: cfg, origin: origin, http: &client}, nil
}

// withDefaults fills in what was left out.
func (cfg Config) withDefaults(origin *url.URL) Config {
	if cfg.Scope == "" {
		cfg.Scope = origin.String() + "/.default"
	}
	if len(cfg.Kinds) == 0 {
		cfg.Kinds = []directory.Kind{directory.User, directory.Group}
	}
	if cfg.Clock == nil {
		cfg.Clock = clockwork.NewRealClock()
	}
	if cfg.Observe == nil {
		cfg.Observe = func(Request) {}
	}
	if cfg.UserAgent == "" {
		cfg.UserAgent = "entrain"
	}
	if cfg.RequestTimeout <= 0 {
		cfg.RequestTimeout = defaultRequestTimeout
	}
	if cfg.Patience <= 0 {
		cfg.Patience = defaultPatience
	}
	if cfg.MaxBody <= 0 {
		cfg.MaxBody = defaultMaxBody
	}
	return cfg
}

// local reports whether plain http is tolerated: on this machine and inside the cluster, where simulators run.
func local(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback() || strings.HasSuffix(host, ".svc") || strings.HasSuffix(host, ".svc.cluster.local")
}

// isSegment reports whether an id can stand in a path as it is. Ids of Graph are GUIDs; anything else, above all an empty
// id, would turn the read of one object into the read of something else.
func isSegment(id string) bool {
	if id == "" || len(id) > 64 {
		return false
	}
	for _, r := range id {
		if r != '-' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') {
			return false
		}
	}
	return true
}
