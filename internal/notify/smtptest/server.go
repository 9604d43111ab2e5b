package smtptest

import (
	"bufio"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
)

// Config says how the server behaves.
type Config struct {
	// StartTLS offers the upgrade, ImplicitTLS speaks TLS from the start.
	StartTLS, ImplicitTLS bool
	// Username and Password are what AUTH PLAIN accepts; without a password no sign-in is offered or asked for.
	Username, Password string
}

// Mail is a message that the server took.
type Mail struct {
	From, To string
	// Data is the message as sent, header and body, with LF line ends.
	Data string
	// TLS and User are how it came.
	TLS  bool
	User string
}

// Server is a mail server on 127.0.0.1.
type Server struct {
	Port int
	// CA is the certificate to trust, in PEM form.
	CA []byte

	config   Config
	tls      *tls.Config
	listener net.Listener
	sessions sync.WaitGroup

	mu      sync.Mutex
	mails   []Mail
	answers map[string]string
	open    map[net.Conn]bool
}

// New starts a server that ends with the test.
func New(t testing.TB, c Config) *Server {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	pair, ca := certificate(t)
	s := &Server{
		CA: ca, config: c, tls: &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}, listener: listener,
		answers: map[string]string{}, open: map[net.Conn]bool{},
	}
	if address, ok := listener.Addr().(*net.TCPAddr); ok {
		s.Port = address.Port
	}
	s.sessions.Add(1)
	go s.accept()
	t.Cleanup(s.close)
	return s
}

// Answer makes the server answer to a recipient, such as "550 5.1.1 No such user"; "" takes the mail again. The recipient ""
// stands for everybody.
func (s *Server) Answer(recipient, line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answers[recipient] = line
}

// Mails returns what was taken so far.
func (s *Server) Mails() []Mail {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Mail(nil), s.mails...)
}

func (s *Server) accept() {
	defer s.sessions.Done()
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		s.open[conn] = true
		s.mu.Unlock()
		s.sessions.Add(1)
		go func() {
			defer s.sessions.Done()
			if s.config.ImplicitTLS {
				conn = tls.Server(conn, s.tls)
			}
			_ = (&session{server: s, conn: conn, in: bufio.NewReader(conn), tls: s.config.ImplicitTLS}).serve()
			_ = conn.Close()
		}()
	}
}

func (s *Server) close() {
	_ = s.listener.Close()
	s.mu.Lock()
	for conn := range s.open {
		_ = conn.Close()
	}
	s.mu.Unlock()
	s.sessions.Wait()
}

// session is one connection.
type session struct {
	server *Server
	conn   net.Conn
	in     *bufio.Reader
	tls    bool
	mail   Mail
}

func (c *session) say(lines ...string) error {
	_, err := io.WriteString(c.conn, strings.Join(lines, "\r\n")+"\r\n")
	return err
}

func (c *session) line() (string, error) {
	line, err := c.in.ReadString('\n')
	return strings.TrimRight(line, "\r\n"), err
}

var errQuit = errors.New("quit")

func (c *session) serve() error {
	if err := c.say("220 smtptest ESMTP"); err != nil {
		return err
	}
	for {
		line, err := c.line()
		if err != nil {
			return err
		}
		verb, rest, _ := strings.Cut(line, " ")
		if err := c.command(strings.ToUpper(verb), rest); err != nil {
			return err
		}
	}
}

func (c *session) command(verb, rest string) error {
	config := c.server.config
	switch verb {
	case "EHLO", "HELO":
		lines := []string{"250-smtptest"}
		if config.StartTLS && !c.tls {
			lines = append(lines, "250-STARTTLS")
		}
		if config.Password != "" && c.tls {
			lines = append(lines, "250-AUTH PLAIN")
		}
		return c.say(append(lines, "250-8BITMIME", "250 ENHANCEDSTATUSCODES")...)
	case "STARTTLS":
		if !config.StartTLS || c.tls {
			return c.say("503 5.5.1 Not now")
		}
		if err := c.say("220 2.0.0 Go ahead"); err != nil {
			return err
		}
		c.conn, c.tls = tls.Server(c.conn, c.server.tls), true
		c.in = bufio.NewReader(c.conn)
		return nil
	case "AUTH":
		return c.auth(rest)
	case "MAIL":
		if config.Password != "" && c.mail.User == "" {
			return c.say("530 5.7.0 Authentication required")
		}
		c.mail.From, c.mail.To = address(rest), ""
		return c.say("250 2.1.0 OK")
	case "RCPT":
		return c.recipient(address(rest))
	case "DATA":
		return c.data()
	case "RSET", "NOOP":
		return c.say("250 2.0.0 OK")
	case "QUIT":
		_ = c.say("221 2.0.0 Bye")
		return errQuit
	}
	return c.say("502 5.5.2 Not implemented")
}

// auth is RFC 4616 with an initial response.
func (c *session) auth(rest string) error {
	_, encoded, _ := strings.Cut(rest, " ")
	plain, err := base64.StdEncoding.DecodeString(encoded)
	parts := strings.Split(string(plain), "\x00")
	if err != nil || len(parts) != 3 || parts[1] != c.server.config.Username || parts[2] != c.server.config.Password || parts[2] == "" {
		return c.say("535 5.7.8 Authentication credentials invalid for " + strings.Join(parts, " "))
	}
	c.mail.User = parts[1]
	return c.say("235 2.7.0 Authentication succeeded")
}

func (c *session) recipient(to string) error {
	c.server.mu.Lock()
	answer := c.server.answers[to] + c.server.answers[""]
	c.server.mu.Unlock()
	if answer != "" {
		return c.say(answer)
	}
	c.mail.To = to
	return c.say("250 2.1.5 OK")
}

// data takes a message, RFC 5321 section 4.5.2.
func (c *session) data() error {
	if err := c.say("354 Go ahead"); err != nil {
		return err
	}
	var b strings.Builder
	for {
		line, err := c.line()
		if err != nil {
			return err
		}
		if line == "." {
			break
		}
		b.WriteString(strings.TrimPrefix(line, ".") + "\n")
	}
	mail := c.mail
	mail.Data, mail.TLS = b.String(), c.tls
	c.server.mu.Lock()
	c.server.mails = append(c.server.mails, mail)
	c.server.mu.Unlock()
	return c.say("250 2.0.0 Taken")
}

func address(rest string) string {
	_, after, _ := strings.Cut(rest, "<")
	before, _, _ := strings.Cut(after, ">")
	return before
}
