package scim

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/fault"
)

const (
	// maxAnswer bounds the body of an answer that has to be understood, maxEcho that of a write, which repeats the resource
	// and need not be read to the end, maxError that of a refusal.
	maxAnswer = 16 << 20
	maxEcho   = 1 << 20
	maxError  = 64 << 10
	// attempts is how often a request is sent that may be sent again.
	attempts = 3
	// maxThrottled is how often one request waits for a 429 before the caller is told.
	maxThrottled = 20
	firstBackoff = 500 * time.Millisecond
	maxBackoff   = 30 * time.Second
)

// errTooLarge marks an answer above maxAnswer; a list then asks for smaller pages.
var errTooLarge = errors.New("answer larger than 16 MiB")

// call is one request before it is sent.
type call struct {
	op     string // for messages: "create user"
	method string
	kind   directory.Kind
	base   string // "" means the tenant URL
	path   string
	query  string
	body   []byte
	header http.Header
	// byID is true where 404 means that the resource is gone, search where the request is a filter query, members where
	// members of a group are changed, unique where an attribute is changed that must be unique.
	byID, search, members, unique bool
	// whole is true where the answer to a write has to be understood to its end.
	whole bool
	// surrender returns a 429 to the caller instead of waiting and sending the same request again.
	surrender bool
	// into receives the JSON of a success; nil where the answer is of no interest.
	into any
}

// answer is an answer as far as it was read.
type answer struct {
	status int
	header http.Header
	body   []byte
	// cut is true where the body is not complete, which is no failure of a write.
	cut bool
}

// do sends a request until it is answered or may not be sent again.
//
// GET, PUT, PATCH and DELETE are idempotent as used here and are repeated after a transient failure. A POST is repeated only
// when the application cannot have carried it out: no connection, 401, 415, 429.
func (c *Client) do(ctx context.Context, q call) (*answer, error) {
	if q.base == "" {
		q.base = c.base
	}
	var refreshed, retyped bool
	failures, throttled := 0, 0
	for attempt := 1; ; attempt++ {
		a, token, err := c.once(ctx, q, attempt)
		if err == nil {
			return a, nil
		}
		switch kind := err.Kind; {
		case kind == fault.Throttled && !q.surrender && throttled < maxThrottled && err.RetryAfter <= maxPause:
			throttled++ // the limiter holds everybody back until it is over
		case kind == fault.Unauthorized && err.Status == http.StatusUnauthorized && !refreshed && c.cfg.Refresh != nil:
			refreshed = true
			if rerr := c.refresh(ctx, token); rerr != nil {
				return nil, rerr
			}
		case err.Status == http.StatusUnsupportedMediaType && !retyped:
			retyped = true
			c.plainJSON.Store(true)
		case repeatable(q, err) && failures < attempts-1:
			failures++
			if werr := c.wait(ctx, q.op, backoff(failures, err.RetryAfter)); werr != nil {
				return nil, werr
			}
		default:
			return nil, err
		}
	}
}

// repeatable reports whether a request that failed may be sent again at once. A time-out is not repeated here: it has
// already taken a minute.
func repeatable(q call, err *fault.Error) bool {
	switch err.Kind {
	case fault.Unreachable:
		return true
	case fault.Transient:
		return q.method != http.MethodPost && err.Code != codeTimeout
	case fault.NotCompliant: // a proxy's page in place of the answer may be gone a moment later
		return q.method == http.MethodGet && err.Status == http.StatusOK && !errors.Is(err, errTooLarge)
	}
	return false
}

func backoff(failures int, asked time.Duration) time.Duration {
	if asked > 0 {
		return min(asked, maxBackoff)
	}
	return firstBackoff << (failures - 1)
}

func (c *Client) wait(ctx context.Context, op string, d time.Duration) error {
	timer := c.cfg.Clock.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.Chan():
		return nil
	case <-ctx.Done():
		return fault.Wrap(fault.Transient, op, ctx.Err())
	}
}

// refresh asks for another token, unless somebody did since the given one was used.
func (c *Client) refresh(ctx context.Context, used string) error {
	c.refreshing.Lock()
	defer c.refreshing.Unlock()
	if now, err := c.cfg.Token(ctx); err == nil && now != used {
		return nil
	}
	return fault.Wrap(fault.Unauthorized, "refresh token", c.cfg.Refresh(ctx))
}

// once sends a request once, after waiting its turn, and returns the token it used.
func (c *Client) once(ctx context.Context, q call, attempt int) (*answer, string, *fault.Error) {
	ticket, waited, err := c.cfg.Limiter.acquire(ctx)
	if err != nil {
		return nil, "", asFault(q.op, err)
	}
	token, err := c.cfg.Token(ctx)
	if err != nil {
		c.cfg.Limiter.cancel(ticket)
		return nil, "", asFault(q.op, err)
	}
	began := c.cfg.Clock.Now()
	a, failed := c.exchange(ctx, q, token)
	observed := Request{Op: q.op, Method: q.method, Kind: q.kind, Wait: waited, Duration: c.cfg.Clock.Since(began), Attempt: attempt}
	if a == nil {
		c.cfg.Limiter.lost(ticket, q.op, failed)
	} else {
		observed.Status = a.status
		c.cfg.Limiter.answered(ticket, q.op, a.status, a.header, q.surrender)
	}
	if failed != nil {
		observed.Fault = failed.Kind
	}
	c.cfg.Observe(observed)
	return a, token, failed
}

// exchange sends a request and reads the answer; a is nil where there was none.
func (c *Client) exchange(ctx context.Context, q call, token string) (*answer, *fault.Error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	var connected atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { connected.Store(true) }})
	req, err := c.request(ctx, q, token)
	if err != nil {
		return nil, &fault.Error{Kind: fault.Internal, Op: q.op, Message: "the request could not be built; check tenantURL", Err: err}
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, connectionFault(q.op, c.host, connected.Load(), err)
	}
	defer resp.Body.Close()
	a := &answer{status: resp.StatusCode, header: resp.Header}
	limit := int64(maxError)
	switch {
	case resp.StatusCode/100 == 2 && (q.method == http.MethodGet || q.whole):
		limit = maxAnswer
	case resp.StatusCode/100 == 2:
		limit = maxEcho
	}
	a.body, err = io.ReadAll(io.LimitReader(resp.Body, limit+1))
	tooLarge := int64(len(a.body)) > limit
	a.cut = err != nil || tooLarge
	if resp.StatusCode/100 != 2 {
		return a, c.refusal(q, a)
	}
	switch {
	case q.method != http.MethodGet && q.method != http.MethodPost && isMarkup(a.body):
		// A page to sign in, put in by something on the way: a leaver must not be taken for disabled because of it.
		return a, &fault.Error{Kind: fault.Transient, Op: q.op, Code: codeIncompatible, Status: a.status,
			Message: "a web page came in place of the application's answer, so that the change may not have been carried out; it is tried again later"}
	case q.method != http.MethodGet: // the status says that a write was carried out; of a create the answer has to name the id
		return a, nil
	case tooLarge:
		f := noncompliant(q, "the answer of the application is larger than %d MiB", maxAnswer>>20)
		f.Err = errTooLarge
		return a, f
	case err != nil:
		return a, connectionFault(q.op, c.host, true, err)
	}
	return a, decode(q, a)
}

func (c *Client) request(ctx context.Context, q call, token string) (*http.Request, error) {
	var body io.Reader
	if q.body != nil {
		body = bytes.NewReader(q.body)
	}
	req, err := http.NewRequestWithContext(ctx, q.method, c.address(q.base, q.path, q.query), body)
	if err != nil {
		return nil, err
	}
	for name, values := range q.header {
		req.Header[name] = values
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Accept", "application/scim+json, application/json")
	req.Header.Set("User-Agent", c.cfg.UserAgent)
	if q.body != nil {
		mediaType := "application/scim+json"
		if c.plainJSON.Load() {
			mediaType = "application/json"
		}
		req.Header.Set("Content-Type", mediaType)
	}
	return req, nil
}

// decode reads the JSON of a success.
func decode(q call, a *answer) *fault.Error {
	if q.into == nil {
		return nil
	}
	err := json.Unmarshal(a.body, q.into)
	if err == nil {
		return nil
	}
	what := "no JSON"
	if isMarkup(a.body) {
		what = "a web page"
	}
	f := noncompliant(q, "the application answered with %s instead of a SCIM resource", what)
	f.Status = a.status
	return f
}

// asFault returns an error of another part as fault.
func asFault(op string, err error) *fault.Error {
	var f *fault.Error
	if errors.As(err, &f) && f.Kind != fault.Unknown {
		return f
	}
	if errors.As(fault.Wrap(fault.Unauthorized, op, err), &f) {
		return f
	}
	return &fault.Error{Kind: fault.Internal, Op: op, Err: err}
}
