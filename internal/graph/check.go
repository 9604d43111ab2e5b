package graph

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/fault"
)

// Check tests the connection: a token can be had and the enterprise application read. A permission that the token seems to
// lack for the other reads is tried out with one small read, so that an administrator hears of all missing permissions at
// once; normally Check costs one request.
func (c *Client) Check(ctx context.Context) error {
	_, refused := c.application(ctx, true)
	if refused != nil && !fault.Is(refused, fault.Forbidden) {
		return refused
	}
	var missing []string
	if refused != nil {
		missing = append(missing, readApplications)
	}
	for _, kind := range c.cfg.Kinds {
		err := c.probe(ctx, kind)
		switch {
		case fault.Is(err, fault.Forbidden):
			refused = err
			missing = append(missing, probeRoutes[kind].permission)
		case err != nil:
			return err
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return withMessage(refused, "check Microsoft Graph", fmt.Sprintf(
		"permissions are missing: grant the application permissions %s (Microsoft Graph) to the app registration and give admin consent", strings.Join(missing, ", ")))
}

// probe reads one object of a kind if the token does not look as if it were allowed to.
func (c *Client) probe(ctx context.Context, kind directory.Kind) error {
	r, ok := probeRoutes[kind]
	if !ok {
		return nil
	}
	token, err := c.token(ctx, r.op, "")
	if err != nil {
		return err
	}
	if yes, known := granted(token, r.permission); yes || !known {
		return nil
	}
	return c.do(ctx, call{route: r, url: c.address(r.template, selectOption, propertyID, topOption, "1"), short: true, decode: func(body io.Reader) error {
		_, err := decodePage(body, func(entity) error { return nil })
		return err
	}})
}

// withMessage returns the error with another operation and sentence and everything else that was known.
func withMessage(err error, op, message string) error {
	out := fault.Error{Kind: fault.KindOf(err)}
	var e *fault.Error
	if errors.As(err, &e) {
		out = *e
	}
	out.Op, out.Message = op, message
	return &out
}
