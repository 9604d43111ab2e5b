package fault_test

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
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/entrain-dev/entrain/internal/fault"
)

func TestNetwork(t *testing.T) {
	dial := func(err error) error { return &net.OpError{Op: "dial", Net: "tcp", Err: err} }
	for name, tc := range map[string]struct {
		err      error
		want     fault.Kind
		wantText string
	}{
		"a name that does not resolve":        {dial(&net.DNSError{Name: "graph.example", IsNotFound: true}), fault.Unreachable, "graph.example cannot be resolved"},
		"a name server that does not answer":  {dial(&net.DNSError{Name: "graph.example", IsTimeout: true}), fault.Unreachable, "cannot be resolved"},
		"nobody listens":                      {dial(os.NewSyscallError("connect", syscall.ECONNREFUSED)), fault.Unreachable, "refuses the connection"},
		"no route":                            {dial(os.NewSyscallError("connect", syscall.EHOSTUNREACH)), fault.Unreachable, "no connection"},
		"dialling takes too long":             {dial(os.ErrDeadlineExceeded), fault.Unreachable, "no connection"},
		"an unknown authority":                {&tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}, fault.Unreachable, "CA bundle"},
		"a certificate for another name":      {x509.HostnameError{Certificate: &x509.Certificate{}}, fault.Unreachable, "another name"},
		"an expired certificate":              {x509.CertificateInvalidError{Reason: x509.Expired}, fault.Unreachable, "expired"},
		"a certificate for another purpose":   {x509.CertificateInvalidError{Reason: x509.IncompatibleUsage}, fault.Unreachable, "not acceptable"},
		"plain http behind https":             {tls.RecordHeaderError{Msg: "x"}, fault.Unreachable, "does not speak TLS"},
		"http answers to https":               {http.ErrSchemeMismatch, fault.Unreachable, "does not speak TLS"},
		"a handshake refused":                 {&net.OpError{Op: "remote error", Err: tls.AlertError(70)}, fault.Unreachable, "TLS 1.2"},
		"the answer takes too long":           {context.DeadlineExceeded, fault.Transient, "did not answer in time"},
		"the caller gives up":                 {context.Canceled, fault.Canceled, "given up"},
		"the connection is closed":            {io.EOF, fault.Transient, "was cut"},
		"the connection is reset":             {&net.OpError{Op: "read", Err: syscall.ECONNRESET}, fault.Transient, "was cut"},
		"something else":                      {errors.New("odd"), fault.Transient, "failed"},
		"a failure that is already explained": {fault.New(fault.NotCompliant, "x", "it is odd"), fault.NotCompliant, "it is odd"},
	} {
		t.Run(name, func(t *testing.T) {
			err := fault.Network("read", "graph.example:8443", &url.Error{Op: "Get", URL: "https://graph.example/users/someone", Err: fmt.Errorf("wrapped: %w", tc.err)})
			if err.Kind != tc.want || !strings.Contains(err.Message, tc.wantText) {
				t.Errorf("got %v %q, want %v %q", err.Kind, err.Message, tc.want, tc.wantText)
			}
			if strings.Contains(fmt.Sprint(err, err.Unwrap()), "someone") {
				t.Errorf("the error tells the URL: %v", err)
			}
		})
	}
}

func TestParseRetryAfter(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for name, tc := range map[string]struct {
		value string
		want  time.Duration
	}{
		"missing":                    {"", 0},
		"seconds":                    {"17", 17 * time.Second},
		"decimal seconds":            {"2.128", 2128 * time.Millisecond},
		"a fraction is rounded up":   {"0.0001", time.Millisecond},
		"zero":                       {"0", 0},
		"negative":                   {"-5", 0},
		"a date":                     {"Sun, 01 Mar 2026 12:01:30 GMT", 90 * time.Second},
		"a date in the past":         {"Sun, 01 Mar 2026 11:00:00 GMT", 0},
		"an old form of a date":      {"Sunday, 01-Mar-26 12:00:10 UTC", 10 * time.Second},
		"text":                       {"soon", 0},
		"not a number":               {"NaN", 0},
		"infinity is cut to a day":   {"Inf", 24 * time.Hour},
		"a far date is cut to a day": {"Sun, 01 Mar 2036 12:00:00 GMT", 24 * time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			if got := fault.ParseRetryAfter(tc.value, now); got != tc.want {
				t.Errorf("ParseRetryAfter(%q) = %v, want %v", tc.value, got, tc.want)
			}
		})
	}
}
