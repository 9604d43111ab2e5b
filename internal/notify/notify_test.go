package notify_test

import (
	"context"
	"io"
	"mime"
	"mime/quotedprintable"
	"net/mail"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/entrain-dev/entrain/internal/fault"
	"github.com/entrain-dev/entrain/internal/notify"
	"github.com/entrain-dev/entrain/internal/notify/smtptest"
)

var began = time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)

// refused is a quarantine because of a secret.
var refused = notify.Event{
	Namespace: "identity", Name: "genesys-cloud", Reason: "EncounteredQuarantineException", Code: "AADSTS7000215",
	Message: "The client secret is wrong; put a valid one into the Secret.", Since: began, NextAttempt: began.Add(6 * time.Hour),
}

func TestText(t *testing.T) {
	held := &notify.Held{ID: "0f3a", Users: 612, Groups: 2, Since: began}
	for name, tc := range map[string]struct {
		event       notify.Event
		wantSubject string
		want        []string
		wantNot     []string
	}{
		"a secret is refused": {
			refused, "[Entrain] identity/genesys-cloud is in quarantine: EncounteredQuarantineException",
			[]string{
				"Configuration: identity/genesys-cloud\n", "Error:         AADSTS7000215 The client secret is wrong", "Since:         2026-03-01 08:00 UTC\n",
				"Next attempt:  2026-03-01 14:00 UTC\n", "Correct what the error names", "kubectl -n identity describe provisioningconfig genesys-cloud",
			},
			[]string{"allow-deletes", "Held:"},
		},
		"removals are held": {
			notify.Event{Namespace: "identity", Name: "genesys-cloud", Reason: "TooManyDeletes", Message: "612 users would be disabled.", Since: began, Held: held},
			"[Entrain] identity/genesys-cloud: removals are held",
			[]string{
				"Held:          612 users and 2 groups, set 0f3a\n", "Next attempt:  cycles go on as scheduled",
				"  kubectl -n identity annotate --overwrite provisioningconfig genesys-cloud provisioning.entrain.dev/allow-deletes=0f3a\n", "undo the cause",
			}, nil,
		},
		"objects fail while removals are held": {
			notify.Event{Namespace: "n", Name: "c", Reason: "EncounteredBaseEscrowThreshold", Message: "41000 objects failed in one cycle.", Held: held, NextAttempt: began},
			"[Entrain] n/c is in quarantine: EncounteredBaseEscrowThreshold",
			[]string{"status.recentErrors", "allow-deletes=0f3a", "Next attempt:  2026-03-01 08:00 UTC"}, nil,
		},
		"a reason of the future": {
			notify.Event{Namespace: "n", Name: "c", Reason: "SomethingNew"}, "[Entrain] n/c is in quarantine: SomethingNew", []string{"Reason:        SomethingNew\n"}, []string{"Error:", "Since:"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if got := tc.event.Subject(); got != tc.wantSubject {
				t.Errorf("subject = %q, want %q", got, tc.wantSubject)
			}
			body := tc.event.Body()
			for _, want := range tc.want {
				if !strings.Contains(body, want) {
					t.Errorf("body lacks %q:\n%s", want, body)
				}
			}
			for _, not := range tc.wantNot {
				if strings.Contains(body, not) {
					t.Errorf("body has %q:\n%s", not, body)
				}
			}
		})
	}
}

// read takes a message apart as a mail program does.
func read(t *testing.T, m smtptest.Mail) (header mail.Header, subject, body string) {
	t.Helper()
	msg, err := mail.ReadMessage(strings.NewReader(m.Data))
	if err != nil {
		t.Fatal(err)
	}
	subject, err = new(mime.WordDecoder).DecodeHeader(msg.Header.Get("Subject"))
	if err != nil {
		t.Fatal(err)
	}
	text := msg.Body
	if strings.EqualFold(msg.Header.Get("Content-Transfer-Encoding"), "quoted-printable") {
		text = quotedprintable.NewReader(msg.Body)
	}
	raw, err := io.ReadAll(text)
	if err != nil {
		t.Fatal(err)
	}
	return msg.Header, subject, strings.ReplaceAll(string(raw), "\r\n", "\n")
}

func TestSend(t *testing.T) {
	login := smtptest.Config{StartTLS: true, Username: "entrain", Password: "hunter2"}
	for name, tc := range map[string]struct {
		server smtptest.Config
		change func(*notify.Server)
		want   smtptest.Mail
	}{
		"STARTTLS and a sign-in": {login, func(s *notify.Server) { s.Username, s.Password = "entrain", "hunter2" }, smtptest.Mail{TLS: true, User: "entrain"}},
		"STARTTLS alone":         {smtptest.Config{StartTLS: true}, nil, smtptest.Mail{TLS: true}},
		"TLS from the start": {
			smtptest.Config{ImplicitTLS: true, Username: "entrain", Password: "hunter2"},
			func(s *notify.Server) { s.TLS, s.Username, s.Password = notify.ImplicitTLS, "entrain", "hunter2" }, smtptest.Mail{TLS: true, User: "entrain"},
		},
		"a relay in the cluster": {smtptest.Config{}, func(s *notify.Server) { s.TLS = notify.None }, smtptest.Mail{}},
	} {
		t.Run(name, func(t *testing.T) {
			server := smtptest.New(t, tc.server)
			s := settings(server)
			if tc.change != nil {
				tc.change(&s)
			}
			n, err := notify.Send(t.Context(), s, []string{"ops@contoso.com", "night@contoso.com"}, refused)
			if n != 2 || err != nil {
				t.Fatalf("Send = %d, %v", n, err)
			}
			mails := server.Mails()
			var to []string
			for _, m := range mails {
				header, subject, body := read(t, m)
				if subject != refused.Subject() || body != refused.Body() {
					t.Errorf("subject %q, body:\n%s", subject, cmp.Diff(refused.Body(), body))
				}
				if header.Get("Auto-Submitted") != "auto-generated" || header.Get("Message-Id") == "" || header.Get("Date") == "" {
					t.Errorf("header = %v", header)
				}
				to = append(to, m.To)
				m.To, m.Data, m.From = "", "", strings.TrimPrefix(m.From, s.From)
				if diff := cmp.Diff(tc.want, m); diff != "" {
					t.Errorf("mail (-want +got):\n%s", diff)
				}
			}
			if diff := cmp.Diff([]string{"ops@contoso.com", "night@contoso.com"}, to); diff != "" {
				t.Errorf("recipients (-want +got):\n%s", diff)
			}
		})
	}
}

// settings are those that fit a server with STARTTLS.
func settings(s *smtptest.Server) notify.Server {
	return notify.Server{Host: "127.0.0.1", Port: s.Port, TLS: notify.StartTLS, From: "entrain@contoso.com", CABundle: s.CA}
}

func TestFailures(t *testing.T) {
	const password = "correct horse"
	for name, tc := range map[string]struct {
		server        smtptest.Config
		answers       map[string]string
		change        func(*notify.Server)
		wantDelivered int
		wantKind      fault.Kind
		want          string
	}{
		"a wrong password": {
			server: smtptest.Config{StartTLS: true, Username: "entrain", Password: "another"}, change: func(s *notify.Server) { s.Username, s.Password = "entrain", password },
			wantKind: fault.Unauthorized, want: "refused the sign-in",
		},
		"a server without sign-in": {
			server: smtptest.Config{StartTLS: true}, change: func(s *notify.Server) { s.Username, s.Password = "entrain", password },
			wantKind: fault.Transient, want: "it may lack TLS or sign-in",
		},
		"a sign-in that is missing": {
			server: smtptest.Config{StartTLS: true, Username: "entrain", Password: "another"}, wantKind: fault.Invalid, want: "did not take 2 of 2 messages (status 530 5.7.0)",
		},
		"no TLS where it must be": {server: smtptest.Config{}, wantKind: fault.Transient, want: "it may lack TLS"},
		"a certificate of somebody else": {
			server: smtptest.Config{StartTLS: true}, change: func(s *notify.Server) { s.CABundle = nil }, wantKind: fault.Unreachable, want: "certificate",
		},
		"TLS from the start where the server greets first": {
			server: smtptest.Config{StartTLS: true}, change: func(s *notify.Server) { s.TLS = notify.ImplicitTLS }, wantKind: fault.Unreachable, want: "does not speak TLS from the start",
		},
		"nobody listens": {
			server: smtptest.Config{}, change: func(s *notify.Server) { s.Port = 1 }, wantKind: fault.Unreachable, want: "could not be reached",
		},
		"one address is refused": {
			server: smtptest.Config{StartTLS: true}, answers: map[string]string{"ops@contoso.com": "550 5.1.1 <ops@contoso.com>: unknown"},
			wantDelivered: 1, wantKind: fault.Invalid, want: "did not take 1 of 2 messages (status 550 5.1.1)",
		},
		"the server is busy": {
			server: smtptest.Config{StartTLS: true}, answers: map[string]string{"": "451 4.3.2 Later"},
			wantKind: fault.Transient, want: "did not take 2 of 2 messages (status 451 4.3.2)",
		},
		"a password without TLS": {
			server: smtptest.Config{}, change: func(s *notify.Server) { s.TLS, s.Password = notify.None, password }, wantKind: fault.Invalid, want: "never sent without TLS",
		},
		"a CA bundle that is none": {
			server: smtptest.Config{}, change: func(s *notify.Server) { s.CABundle = []byte("nonsense") }, wantKind: fault.Invalid, want: "CA bundle",
		},
	} {
		t.Run(name, func(t *testing.T) {
			server := smtptest.New(t, tc.server)
			for to, line := range tc.answers {
				server.Answer(to, line)
			}
			s := settings(server)
			if tc.change != nil {
				tc.change(&s)
			}
			n, err := notify.Send(t.Context(), s, []string{"ops@contoso.com", "night@contoso.com"}, refused)
			if n != tc.wantDelivered || fault.KindOf(err) != tc.wantKind || !strings.Contains(fault.MessageOf(err), tc.want) {
				t.Errorf("Send = %d, %v %q, want %d, %v %q", n, fault.KindOf(err), fault.MessageOf(err), tc.wantDelivered, tc.wantKind, tc.want)
			}
			for _, secret := range []string{password, "ops@contoso.com"} {
				if text := fault.MessageOf(err); strings.Contains(text, secret) || strings.Contains(err.Error(), secret) {
					t.Errorf("the error shows %q: %v", secret, err)
				}
			}
			if got := len(server.Mails()); got != tc.wantDelivered {
				t.Errorf("%d mails arrived, want %d", got, tc.wantDelivered)
			}
		})
	}
}

func TestSendEndsWithItsContext(t *testing.T) {
	server := smtptest.New(t, smtptest.Config{StartTLS: true})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := notify.Send(ctx, settings(server), []string{"ops@contoso.com"}, refused); !fault.Is(err, fault.Canceled) {
		t.Errorf("Send = %v", err)
	}
}
