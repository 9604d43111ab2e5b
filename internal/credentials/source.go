package credentials

import (
	"context"
	"strings"

	"github.com/entrain-dev/entrain/internal/fault"
)

// Source gives bearer tokens for a target. It is safe for concurrent use.
type Source interface {
	// Token returns a token that is valid as far as is known.
	Token(ctx context.Context) (string, error)
	// Refresh gets another token after the target refused the present one with 401. It is to be called once a refusal.
	Refresh(ctx context.Context) error
}

// Static returns a source of one long-lived token as it stands in a Secret; white space around it, such as the line break of
// an editor, is dropped. The error is of kind Invalid.
func Static(token string) (Source, error) {
	token = strings.TrimSpace(token)
	switch {
	case token == "":
		return nil, fault.New(fault.Invalid, "read secret token", "the secret token is empty")
	case !isHeaderText(token):
		return nil, fault.New(fault.Invalid, "read secret token", "the secret token holds line breaks or other characters that no token has")
	}
	return static(token), nil
}

type static string

// Token implements Source.
func (s static) Token(context.Context) (string, error) { return string(s), nil }

// Refresh implements Source: only an administrator can put another token into the Secret.
func (s static) Refresh(context.Context) error {
	return fault.New(fault.Unauthorized, "renew secret token", "the target refuses the secret token; put a valid one into the Secret")
}

// isHeaderText reports whether a token can stand in an Authorization header (RFC 6750 section 2.1, taken generously).
func isHeaderText(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r <= ' ' || r > '~' }) < 0
}
