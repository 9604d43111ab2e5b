package scim

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"time"

	"github.com/entrain-dev/entrain/internal/fault"
)

// requestTimeout is the time an application has for an answer, reference part 2 section 7.1.
const requestTimeout = 60 * time.Second

// maxConnections bounds the connections to one application.
const maxConnections = maxConcurrency

// NewHTTPClient returns an HTTP client for SCIM applications that trusts the given certificates, nil for the system's.
func NewHTTPClient(roots *x509.CertPool) *http.Client {
	return &http.Client{Transport: &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		TLSClientConfig:       &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:   10 * time.Second,
		ResponseHeaderTimeout: requestTimeout,
		MaxConnsPerHost:       maxConnections,
		MaxIdleConnsPerHost:   maxConnections,
		IdleConnTimeout:       90 * time.Second,
		ForceAttemptHTTP2:     true,
	}}
}

// connectionFault says what kept a request from being answered. Only Unreachable means that the application has not seen it.
// connected says whether a connection was made, TLS included.
func connectionFault(op, host string, connected bool, err error) *fault.Error {
	out := fault.Network(op, host, err)
	var proxy *net.OpError
	switch {
	case out.Kind == fault.Canceled:
		return out
	case errors.Is(err, http.ErrSchemeMismatch):
		out.Kind, out.Message = fault.Unreachable, host+" does not speak TLS on this port; check scheme and port of tenantURL"
	case errors.As(err, &proxy) && proxy.Op == "proxyconnect":
		out.Kind, out.Message = fault.Unreachable, "the proxy on the way to "+host+" cannot be used; check the proxy settings of the operator"
	case out.Kind == fault.Transient && !connected && !timedOut(err):
		out.Kind, out.Message = fault.Unreachable, "no secure connection to "+host+" came about; it must accept TLS 1.2 or 1.3"
	}
	out.Code = codeProtocol
	if out.Kind == fault.Transient && timedOut(err) {
		out.Code = codeTimeout
	}
	return out
}

func timedOut(err error) bool {
	var t net.Error
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &t) && t.Timeout()
}
