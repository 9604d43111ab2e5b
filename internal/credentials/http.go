package credentials

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/entrain-dev/entrain/internal/fault"
)

const (
	// targetTimeout bounds one request to the target with its body.
	targetTimeout = 60 * time.Second
	// tokenTimeout bounds one request to a token endpoint.
	tokenTimeout = 30 * time.Second

	dialTimeout      = 10 * time.Second
	idleTimeout      = 90 * time.Second
	idleConns        = 256
	idleConnsPerHost = 64
)

// HTTPConfig says how a server is reached.
type HTTPConfig struct {
	// CABundle holds PEM certificates that are trusted in addition to those of the system.
	CABundle []byte
	// Timeout bounds one request with its body; 0 is 60 s.
	Timeout time.Duration
}

// NewHTTPClient returns a client for a target: TLS 1.2 or later, connections reused, no redirects followed, because a
// redirect would turn a POST into a GET and drop the token. The error is of kind Invalid.
func NewHTTPClient(cfg HTTPConfig) (*http.Client, error) {
	if cfg.Timeout <= 0 {
		cfg.Timeout = targetTimeout
	}
	return newClient(cfg.CABundle, cfg.Timeout)
}

// newClient returns a client; timeout 0 leaves the time to the requests' contexts.
func newClient(caBundle []byte, timeout time.Duration) (*http.Client, error) {
	pool, err := certPool(caBundle)
	if err != nil {
		return nil, err
	}
	return &http.Client{
		Timeout:       timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			Proxy:                 http.ProxyFromEnvironment,
			DialContext:           (&net.Dialer{Timeout: dialTimeout, KeepAlive: 30 * time.Second}).DialContext,
			TLSClientConfig:       &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: pool},
			TLSHandshakeTimeout:   dialTimeout,
			ExpectContinueTimeout: time.Second,
			ForceAttemptHTTP2:     true,
			// A connection that died silently would otherwise hold every request on it until its time-out.
			HTTP2:               &http.HTTP2Config{SendPingTimeout: 30 * time.Second, PingTimeout: 15 * time.Second},
			MaxIdleConns:        idleConns,
			MaxIdleConnsPerHost: idleConnsPerHost,
			IdleConnTimeout:     idleTimeout,
		},
	}, nil
}

// certPool returns the system's authorities with those of the bundle; nil means the system's alone.
func certPool(bundle []byte) (*x509.CertPool, error) {
	if len(bundle) == 0 {
		return nil, nil
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(bundle) {
		return nil, fault.New(fault.Invalid, "read CA bundle", "the CA bundle holds no certificate in PEM form")
	}
	return pool, nil
}

// checkURL parses a URL to which credentials will be sent: https, or http to this very machine.
func checkURL(op, what, s string) (*url.URL, error) {
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Host == "" || u.User != nil || u.Fragment != "":
		return nil, fault.New(fault.Invalid, op, "the %s is no URL such as https://host/path", what)
	case u.Scheme != "https" && (u.Scheme != "http" || !isLocal(u.Hostname())):
		return nil, fault.New(fault.Invalid, op, "the %s must begin with https://; http:// is for loopback and cluster-local addresses only, because credentials are sent there", what)
	}
	return u, nil
}

// isLocal reports whether plain http is tolerated: on this machine and inside the cluster, where simulators run. The custom
// resources allow the same.
func isLocal(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback() || strings.HasSuffix(host, ".svc") || strings.HasSuffix(host, ".svc.cluster.local")
}
