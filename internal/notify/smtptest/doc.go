// Package smtptest is a mail server for tests: SMTP (RFC 5321) with STARTTLS or TLS from the start and with AUTH PLAIN, which
// keeps what it takes. It shares no code with the client and delivers nothing.
//
// Start with New.
package smtptest
