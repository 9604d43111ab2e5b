package credentials

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"github.com/entrain-dev/entrain/internal/fault"
)

// fetch asks the token endpoint: with HTTP Basic first and, where that is refused, with the credentials in the form; the
// library remembers which of them works.
func (c *ClientCredentials) fetch(ctx context.Context) (Token, error) {
	bounded, cancel := context.WithTimeout(ctx, 2*tokenTimeout)
	defer cancel()
	recording, x := recordExchange(context.WithValue(bounded, oauth2.HTTPClient, c.http))
	answer, err := c.oauth.Token(recording)
	if err != nil {
		return Token{}, c.classify(ctx, x, err)
	}
	token := Token{AccessToken: answer.AccessToken, Type: answer.TokenType, Obtained: c.cfg.Clock.Now(), Fingerprint: c.fingerprint}
	if !answer.Expiry.IsZero() {
		// The library reckons with the machine's clock, this source with its own.
		token.Expiry = token.Obtained.Add(time.Until(answer.Expiry).Round(time.Second))
	}
	switch {
	case token.Type != "" && !strings.EqualFold(token.Type, "bearer"):
		return Token{}, fault.New(fault.NotCompliant, oauthOp, "%s gives tokens of a type that is not Bearer", c.host)
	case !isHeaderText(token.AccessToken):
		return Token{}, fault.New(fault.NotCompliant, oauthOp, "%s gives a token with characters that no token has", c.host)
	}
	return token, nil
}

// classify says why no token came. The answer of the endpoint is read, never passed on.
func (c *ClientCredentials) classify(ctx context.Context, x *exchange, err error) error {
	var refused *oauth2.RetrieveError
	switch {
	case ctx.Err() != nil:
		return fault.Wrap(fault.Transient, oauthOp, ctx.Err())
	case errors.Is(x.err, errAnswerTooLarge):
		return fault.New(fault.NotCompliant, oauthOp, "the answer of %s is far too large for a token endpoint; check the token URL", c.host)
	case x.err != nil:
		e := fault.Network(oauthOp, c.host, x.err)
		if e.Kind == fault.Canceled {
			e.Kind = fault.Transient
		}
		return e
	case errors.As(err, &refused):
		return c.refused(x, refused.ErrorCode)
	case x.status == 0:
		return fault.New(fault.Transient, oauthOp, "the request to %s could not be sent", c.host)
	default:
		return fault.New(fault.NotCompliant, oauthOp, "the answer of %s is not that of an OAuth 2.0 token endpoint; check the token URL", c.host)
	}
}

// refused is RFC 6749 section 5.2 with what endpoints do in practice.
func (c *ClientCredentials) refused(x *exchange, code string) error {
	e := &fault.Error{Kind: fault.Unauthorized, Op: oauthOp, Status: x.status, Code: identifier(code)}
	switch {
	case x.status == http.StatusTooManyRequests:
		e.Kind, e.Message = fault.Throttled, c.host+" asks to slow down"
	case x.status >= 500, code == "temporarily_unavailable":
		e.Kind, e.Message = fault.Transient, c.host+" cannot give a token at the moment"
	case code == "invalid_scope":
		e.Message = "the token endpoint refuses the scopes; check the scopes of the credentials"
	case code == "unauthorized_client", code == "unsupported_grant_type":
		e.Message = "the OAuth client may not use the client credentials grant; change its grant type in the application"
	case code != "" || x.status == http.StatusUnauthorized || x.status == http.StatusForbidden:
		e.Message = "the token endpoint refuses client id and client secret; check both, and that the OAuth client is active"
	case x.status >= 300 && x.status < 400, x.status == http.StatusNotFound, x.status == http.StatusMethodNotAllowed:
		e.Kind, e.Message = fault.NotCompliant, "there is no token endpoint at the token URL; correct it"
	default:
		e.Kind, e.Message = fault.NotCompliant, "the token endpoint answers with something that is not OAuth 2.0; check the token URL"
	}
	if e.Kind == fault.Throttled || e.Kind == fault.Transient {
		e.RetryAfter = fault.ParseRetryAfter(x.header.Get("Retry-After"), c.cfg.Clock.Now())
	}
	return e
}
