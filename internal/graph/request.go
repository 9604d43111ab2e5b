package graph

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/google/uuid"

	"github.com/entrain-dev/entrain/internal/fault"
)

// call is one read of Graph, retried as a whole.
type call struct {
	route route
	url   *url.URL
	// body, if not nil, is posted; it must ask for reads only, because it is sent again after a failure.
	body []byte
	// decode reads the body of a 200. It runs once an attempt, so it must begin with empty results.
	decode func(io.Reader) error
	// requestID, if not nil, receives the id of every answer.
	requestID *string
	// selected are the Graph properties asked for, to name the one that Graph does not know.
	selected []string
	// from is true when url comes from a delta token rather than from the selection.
	from bool
	// short makes the call give up soon, because somebody waits for it.
	short bool
}

func (cl call) method() string {
	if cl.body != nil {
		return http.MethodPost
	}
	return http.MethodGet
}

// attempt sends the call once. Challenge holds the claims that a 401 asks for (continuous access evaluation).
func (c *Client) attempt(parent context.Context, cl call, claims string) (challenge string, err error) {
	token, err := c.token(parent, cl.route.op, claims)
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(parent, c.cfg.RequestTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, cl.method(), cl.url.String(), bytes.NewReader(cl.body))
	if err != nil {
		return "", fault.New(fault.Internal, cl.route.op, "the request could not be built")
	}
	if cl.body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	// Links carry query options but no headers, so every page gets the same ones (section 0).
	clientID := uuid.NewString()
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", c.cfg.UserAgent)
	req.Header.Set("client-request-id", clientID)
	req.Header.Set("x-ms-throttle-priority", "Low")

	start := c.cfg.Clock.Now()
	res, err := c.http.Do(req)
	if err != nil {
		c.observe(cl, 0, start)
		return "", c.network(parent, cl, err, clientID)
	}
	defer res.Body.Close()
	body := &boundedReader{r: res.Body, left: c.cfg.MaxBody}
	id := res.Header.Get("request-id")
	if id == "" {
		id = clientID
	}
	if cl.requestID != nil {
		*cl.requestID = id
	}
	if res.StatusCode == http.StatusOK {
		err = c.decode(parent, cl, body, id)
	} else {
		challenge = claimsChallenge(res.Header)
		err = c.refusal(cl, res, body, id)
	}
	c.observe(cl, res.StatusCode, start)
	return challenge, err
}

// decode reads the body of a 200 and says what is wrong with it.
func (c *Client) decode(parent context.Context, cl call, body *boundedReader, id string) error {
	err := cl.decode(body)
	if err == nil {
		return nil
	}
	fail := func(kind fault.Kind, format string, args ...any) error {
		e := fault.New(kind, cl.route.op, format, args...)
		e.Status, e.RequestID = http.StatusOK, id
		return e
	}
	var (
		shape      *shapeError
		classified *fault.Error
	)
	switch {
	case body.exceeded:
		return fail(fault.NotCompliant, "the answer of %s is larger than %d bytes", c.origin.Host, c.cfg.MaxBody)
	case body.err != nil:
		return c.network(parent, cl, body.err, id)
	case errors.As(err, &classified):
		return err
	case errors.As(err, &shape):
		return fail(fault.NotCompliant, "the answer of %s is not what Microsoft Graph answers: %s", c.origin.Host, shape.what)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return fail(fault.Transient, "the answer of %s ended before it was complete", c.origin.Host)
	default:
		return fail(fault.NotCompliant, "the answer of %s is no JSON; check the Graph URL and any proxy in between", c.origin.Host)
	}
}

// network classifies a failure without a complete answer; the caller's own end goes before everything else.
func (c *Client) network(parent context.Context, cl call, err error, id string) error {
	if parent.Err() != nil {
		return fault.Wrap(fault.Transient, cl.route.op, parent.Err())
	}
	e := fault.Network(cl.route.op, c.origin.Host, err)
	if e.Kind == fault.Canceled {
		e.Kind = fault.Transient
	}
	e.RequestID = id
	return e
}

func (c *Client) observe(cl call, status int, start time.Time) {
	c.cfg.Observe(Request{System: System, Method: cl.method(), Route: cl.route.template, Status: status, Duration: c.cfg.Clock.Since(start)})
}

// boundedReader reads at most left bytes and remembers why reading ended, so that a body that was cut is not mistaken for
// one that is no JSON.
type boundedReader struct {
	r        io.Reader
	left     int64
	exceeded bool
	err      error
}

var errTooLarge = errors.New("body too large")

func (b *boundedReader) Read(p []byte) (int, error) {
	if b.left <= 0 {
		// One byte more tells a body of exactly the allowed size from a larger one.
		n, err := b.r.Read(make([]byte, 1))
		if n > 0 {
			b.exceeded = true
			return 0, errTooLarge
		}
		return 0, b.note(err)
	}
	if int64(len(p)) > b.left {
		p = p[:b.left]
	}
	n, err := b.r.Read(p)
	b.left -= int64(n)
	return n, b.note(err)
}

func (b *boundedReader) note(err error) error {
	if err != nil && !errors.Is(err, io.EOF) {
		b.err = err
	}
	return err
}
