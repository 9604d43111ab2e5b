package scim

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"syscall"
	"time"

	"github.com/entrain-dev/entrain/internal/fault"
)

// requestTimeout is the time an application has for an answer, reference part 2 section 7.1.
const requestTimeout = 60 * time.Second

// maxConnections bounds the connections to one application.
const maxConnections = 32

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
func connectionFault(ctx context.Context, op, host string, err error) *fault.Error {
	// The address of a request holds what was searched for, so it is not kept with the cause.
	if wrapped := (*url.Error)(nil); errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	out := &fault.Error{Op: op, Code: codeProtocol, Err: err}
	switch {
	case ctx.Err() != nil && errors.Is(ctx.Err(), context.Canceled):
		out.Kind, out.Code = fault.Canceled, ""
		out.Message = "the request was given up because the work was stopped; whether the application carried it out is not known."
		return out
	case timedOut(err):
		if why := dialFault(host, err); why != "" {
			out.Kind, out.Message = fault.Unreachable, why
			return out
		}
		out.Kind, out.Code = fault.Transient, codeTimeout
		out.Message = fmt.Sprintf("the application at %s did not answer within %d seconds; it is tried again later", host, int(requestTimeout/time.Second))
		return out
	}
	if why := dialFault(host, err); why != "" {
		out.Kind, out.Message = fault.Unreachable, why
		return out
	}
	out.Kind = fault.Transient
	out.Message = fmt.Sprintf("the connection to %s broke before the answer was complete; it is tried again later", host)
	return out
}

func timedOut(err error) bool {
	var t interface{ Timeout() bool }
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &t) && t.Timeout()
}

// dialFault returns a sentence when no connection could be made at all, "" otherwise.
func dialFault(host string, err error) string {
	if why := tlsFault(host, err); why != "" {
		return why
	}
	var dns *net.DNSError
	var dial *net.OpError
	switch {
	case errors.As(err, &dns) && dns.IsNotFound:
		return fmt.Sprintf("the name %s is not known in DNS; check the host in tenantURL and the cluster's DNS.", host)
	case errors.As(err, &dns):
		return fmt.Sprintf("the name %s could not be resolved because DNS gave no answer; check the cluster's DNS.", host)
	case errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Sprintf("%s refused the connection; check host and port in tenantURL and whether the application is running.", host)
	case errors.As(err, &dial) && dial.Op == "proxyconnect":
		return fmt.Sprintf("the proxy on the way to %s could not be used; check the proxy settings of the operator.", host)
	case errors.As(err, &dial) && dial.Op == "dial":
		return fmt.Sprintf("no connection to %s could be made; check the network, firewalls and network policies between the cluster and the application", host)
	}
	return ""
}

// tlsFault returns a sentence when the handshake failed, "" otherwise.
func tlsFault(host string, err error) string {
	var (
		authority x509.UnknownAuthorityError
		name      x509.HostnameError
		invalid   x509.CertificateInvalidError
		verify    *tls.CertificateVerificationError
		record    tls.RecordHeaderError
		alert     tls.AlertError
	)
	switch {
	case errors.As(err, &authority):
		return fmt.Sprintf("the certificate of %s is not signed by a trusted authority; name the authority under caBundleSecretRef.", host)
	case errors.As(err, &name):
		return fmt.Sprintf("the certificate of %s is made out for another name; use the name in the certificate in tenantURL.", host)
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return fmt.Sprintf("the certificate of %s has expired or is not valid yet; the application has to renew it, or the clock is wrong.", host)
	case errors.As(err, &invalid), errors.As(err, &verify):
		return fmt.Sprintf("the certificate of %s is not acceptable for a server; the application has to correct it.", host)
	case errors.As(err, &record), errors.Is(err, http.ErrSchemeMismatch):
		return fmt.Sprintf("%s does not speak TLS on this port; check port and scheme in tenantURL.", host)
	case errors.As(err, &alert):
		return fmt.Sprintf("%s broke off the TLS handshake; it must accept TLS 1.2 or 1.3 with current cipher suites.", host)
	}
	return ""
}
