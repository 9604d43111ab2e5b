package fault

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"syscall"
)

// Network classifies an error of an HTTP exchange that brought no complete answer. Host is the other side's host name, with
// port where there is one; the text of err is never used for people, because it holds the URL and with it ids and tokens.
//
// Unreachable means that no connection came about (name, refusal, certificate), Transient that a connection broke, and
// Canceled that the caller gave up.
func Network(op, host string, err error) *Error {
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	kind, message := network(host, err)
	return &Error{Kind: kind, Op: op, Message: message, Err: err}
}

func network(host string, err error) (Kind, string) {
	var (
		classified *Error
		dns        *net.DNSError
		dial       *net.OpError
		timeout    net.Error
	)
	switch tlsMessage := certificate(err); {
	case errors.Is(err, context.Canceled):
		return Canceled, fmt.Sprintf("the request to %s was given up by its caller", host)
	case errors.As(err, &classified):
		return classified.Kind, MessageOf(err)
	case tlsMessage != "":
		return Unreachable, fmt.Sprintf("no secure connection to %s: %s", host, tlsMessage)
	case errors.As(err, &dns):
		return Unreachable, fmt.Sprintf("the name %s cannot be resolved; check the configured URL and the cluster's DNS", dns.Name)
	case errors.Is(err, syscall.ECONNREFUSED):
		return Unreachable, fmt.Sprintf("%s refuses the connection; check the configured URL and that the service is running", host)
	case errors.As(err, &dial) && dial.Op == "dial":
		return Unreachable, fmt.Sprintf("no connection to %s could be made; check network policies, firewalls and proxies", host)
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return Transient, fmt.Sprintf("%s did not answer in time", host)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return Transient, fmt.Sprintf("the connection to %s was cut before the answer was complete", host)
	default:
		return Transient, fmt.Sprintf("the exchange with %s failed before the answer was complete", host)
	}
}

// certificate says what is wrong with the other side's TLS, "" when err is not about TLS.
func certificate(err error) string {
	var (
		authority x509.UnknownAuthorityError
		hostname  x509.HostnameError
		invalid   x509.CertificateInvalidError
		verify    *tls.CertificateVerificationError
		record    tls.RecordHeaderError
		alert     tls.AlertError
	)
	switch {
	case errors.As(err, &authority):
		return "its certificate is signed by an unknown authority; give the CA bundle of that authority"
	case errors.As(err, &hostname):
		return "its certificate is for another name; check the host in the configured URL"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "its certificate has expired or is not yet valid; check the certificate and the clocks"
	case errors.As(err, &invalid), errors.As(err, &verify):
		return "its certificate is not acceptable"
	case errors.As(err, &record), errors.Is(err, http.ErrSchemeMismatch):
		return "it does not speak TLS; check the scheme and the port of the configured URL"
	case errors.As(err, &alert):
		return "it refused the TLS handshake; TLS 1.2 or later is required"
	}
	return ""
}
