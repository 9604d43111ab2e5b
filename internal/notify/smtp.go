package notify

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"time"

	"github.com/wneessen/go-mail"

	"github.com/entrain-dev/entrain/internal/fault"
)

const (
	// commandTimeout bounds the connection and each exchange with the server, sendTimeout everything together.
	commandTimeout = 15 * time.Second
	sendTimeout    = 2 * time.Minute
	opSend         = "send mail"
)

// TLS says how the connection is protected, spelled as in the custom resource.
type TLS string

// The ways of protection.
const (
	// StartTLS upgrades the connection and refuses to go on without.
	StartTLS TLS = "StartTLS"
	// ImplicitTLS speaks TLS from the start.
	ImplicitTLS TLS = "ImplicitTLS"
	// None sends in the clear; credentials are refused then.
	None TLS = "None"
)

// Server is a mail server.
type Server struct {
	Host string
	Port int
	TLS  TLS
	// From is the sender's address.
	From string
	// Username and Password sign in; without a password nobody does.
	Username, Password string
	// CABundle holds certificates in PEM form that are trusted besides those of the system.
	CABundle []byte
}

// Send sends an event to each address in a message of its own, so that one address that is refused keeps nobody else from
// it. It returns how many messages the server took, and an error when it did not take all: Invalid for what is refused again
// unchanged, Unauthorized for the sign-in, Unreachable and Transient for what is worth another try.
func Send(ctx context.Context, s Server, to []string, e Event) (delivered int, err error) {
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	client, err := s.client()
	if err != nil {
		return 0, err
	}
	messages := make([]*mail.Msg, len(to))
	for i, address := range to {
		if messages[i], err = message(s.From, address, e); err != nil {
			return 0, err
		}
	}
	err = client.DialAndSendWithContext(ctx, messages...)
	var refused error
	for _, m := range messages {
		if m.IsDelivered() {
			delivered++
		} else if m.HasSendError() {
			refused = m.SendError()
		}
	}
	switch {
	case delivered == len(messages):
		// Whatever went wrong afterwards, the server has them all.
		return delivered, nil
	case refused != nil:
		return delivered, s.refusal(refused, len(messages)-delivered, len(messages))
	}
	return delivered, s.failure(ctx, err)
}

func (s Server) client() (*mail.Client, error) {
	config := &tls.Config{ServerName: s.Host, MinVersion: tls.VersionTLS12}
	if len(s.CABundle) > 0 {
		pool, err := x509.SystemCertPool()
		if err != nil {
			pool = x509.NewCertPool()
		}
		if !pool.AppendCertsFromPEM(s.CABundle) {
			return nil, fault.New(fault.Invalid, opSend, "The CA bundle of the mail server holds no certificate in PEM form; correct the Secret.")
		}
		config.RootCAs = pool
	}
	options := []mail.Option{mail.WithPort(s.Port), mail.WithTimeout(commandTimeout), mail.WithTLSConfig(config)}
	switch s.TLS {
	case ImplicitTLS:
		options = append(options, mail.WithSSL())
	case None:
		options = append(options, mail.WithTLSPolicy(mail.NoTLS))
		if s.Password != "" {
			return nil, fault.New(fault.Invalid, opSend, "A password is never sent without TLS; set notification.smtp.tls to StartTLS or ImplicitTLS.")
		}
	default:
		options = append(options, mail.WithTLSPolicy(mail.TLSMandatory))
	}
	if s.Password != "" {
		options = append(options, mail.WithUsername(s.Username), mail.WithPassword(s.Password),
			mail.WithOpportunisticSMTPAuth(mail.SMTPAuthSCRAMSHA256PLUS, mail.SMTPAuthSCRAMSHA256, mail.SMTPAuthPlain, mail.SMTPAuthLogin))
	}
	client, err := mail.NewClient(s.Host, options...)
	if err != nil {
		return nil, &fault.Error{Kind: fault.Invalid, Op: opSend, Message: "The mail server's settings cannot be used; check notification.smtp.", Err: err}
	}
	return client, nil
}

func message(from, to string, e Event) (*mail.Msg, error) {
	m := mail.NewMsg(mail.WithNoDefaultUserAgent())
	if err := m.From(from); err != nil {
		return nil, &fault.Error{Kind: fault.Invalid, Op: opSend, Message: "notification.smtp.from is no mail address; correct it.", Err: err}
	}
	if err := m.To(to); err != nil {
		return nil, &fault.Error{Kind: fault.Invalid, Op: opSend, Message: "One of notification.emails is no mail address; correct it.", Err: err}
	}
	m.Subject(e.Subject())
	// RFC 3834: no machine shall answer.
	m.SetGenHeader("Auto-Submitted", "auto-generated")
	m.SetBodyString(mail.TypeTextPlain, e.Body())
	return m, nil
}

// refusal describes what the server did not take. The server's words may hold addresses, so they are left out.
func (s Server) refusal(err error, refused, all int) error {
	out := &fault.Error{Kind: fault.Transient, Op: opSend, Err: err}
	status := "no answer"
	var send *mail.SendError
	if errors.As(err, &send) && send.ErrorCode() > 0 {
		out.Status = send.ErrorCode()
		status = fmt.Sprint("status ", send.ErrorCode())
		if send.EnhancedStatusCode() != "" {
			status += " " + send.EnhancedStatusCode()
		}
		if !send.IsTemp() {
			out.Kind = fault.Invalid
		}
	}
	out.Message = fmt.Sprintf("The mail server %s did not take %d of %d messages (%s); check notification.emails and notification.smtp.from.",
		s.address(), refused, all, status)
	return out
}

// failure describes a connection that did not come about.
func (s Server) failure(ctx context.Context, err error) error {
	out := &fault.Error{Kind: fault.Transient, Op: opSend, Err: err}
	var (
		unknownCA x509.UnknownAuthorityError
		otherHost x509.HostnameError
		verify    *tls.CertificateVerificationError
		header    tls.RecordHeaderError
		network   *net.OpError
		lookup    *net.DNSError
		answer    *textproto.Error
	)
	switch {
	case ctx.Err() != nil && errors.Is(ctx.Err(), context.Canceled):
		return fault.Wrap(fault.Canceled, opSend, ctx.Err())
	case errors.As(err, &unknownCA), errors.As(err, &otherHost), errors.As(err, &verify):
		out.Kind = fault.Unreachable
		out.Message = "The certificate of the mail server " + s.address() + " is not trusted or is for another host; check notification.smtp.host and caBundleSecretRef."
	case errors.As(err, &header):
		out.Kind = fault.Unreachable
		out.Message = "The mail server " + s.address() + " does not speak TLS from the start; set notification.smtp.tls to StartTLS or correct the port."
	case errors.As(err, &lookup), errors.As(err, &network):
		out.Kind = fault.Unreachable
		out.Message = "The mail server " + s.address() + " could not be reached; check notification.smtp.host, port and tls, and network policies."
	case errors.As(err, &answer) && answer.Code >= 530 && answer.Code < 540:
		// RFC 4954 section 6.
		out.Kind, out.Status = fault.Unauthorized, answer.Code
		out.Message = "The mail server " + s.address() + " refused the sign-in; check the Secret of notification.smtp.credentialsSecretRef."
	default:
		out.Message = "The mail server " + s.address() + " did not accept the session; it may lack TLS or sign-in; check notification.smtp.tls and credentialsSecretRef."
	}
	return out
}

func (s Server) address() string { return net.JoinHostPort(s.Host, fmt.Sprint(s.Port)) }
