package graph

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/entrain-dev/entrain/internal/fault"
)

// maxParts is how many requests Graph takes in one batch (section 6).
const maxParts = 20

const batchTemplate = "/$batch"

// part is one read in a batch.
type part struct {
	route    route
	url      *url.URL
	selected []string
	// decode reads the body of a 200. It may run more than once, so it must begin with empty results.
	decode func(io.Reader) error
	// done is told how the part ended: with nil, or with an error of kind NotFound or Forbidden. Every other failure ends
	// the whole run. It is called once.
	done func(error) error

	attempts int
	first    time.Time
}

func (p *part) call() call {
	return call{route: p.route, url: p.url, selected: p.selected, decode: p.decode}
}

// partRequest and partAnswer are the shapes of section 6.
type partRequest struct {
	ID      string            `json:"id"`
	Method  string            `json:"method"`
	URL     string            `json:"url"`
	Headers map[string]string `json:"headers"`
}

type partAnswer struct {
	ID      string                     `json:"id"`
	Status  int                        `json:"status"`
	Headers map[string]json.RawMessage `json:"headers"`
	Body    json.RawMessage            `json:"body"`
}

// partHeaders go with every part: each is throttled by itself, and a background read is throttled first (section 7.3).
var partHeaders = map[string]string{"x-ms-throttle-priority": "Low"}

func (a partAnswer) header() http.Header {
	h := http.Header{}
	for name, raw := range a.Headers {
		value, err := text(raw)
		if err != nil {
			value = string(raw)
		}
		h.Set(name, value)
	}
	return h
}

// batchRun is the state of one run over many parts.
type batchRun struct {
	*Client
	// refreshed is true after a new token was asked for because of a part.
	refreshed bool
}

// batch sends parts, at most twenty a request, until each of them has ended. Graph throttles every part by itself: the ones
// that were refused or that failed go into the next batch, before those that were not sent yet, after the longest wait that
// any of them was asked for. A part is given as many attempts and as much patience as a request of its own.
func (c *Client) batch(ctx context.Context, queue []*part) error {
	run := batchRun{Client: c}
	for len(queue) > 0 {
		sent := queue[:min(len(queue), maxParts)]
		results, err := run.send(ctx, sent)
		if err != nil {
			return err
		}
		var (
			again []*part
			wait  time.Duration
		)
		for i, p := range sent {
			retry, after, err := run.settle(ctx, p, results[i])
			switch {
			case err != nil:
				return err
			case retry:
				again = append(again, p)
				wait = max(wait, after)
			}
		}
		queue = slices.Concat(again, queue[len(sent):])
		if wait <= 0 {
			continue
		}
		if err := c.sleep(ctx, wait); err != nil {
			return fault.Wrap(fault.Transient, sent[0].route.op, err)
		}
	}
	return nil
}

// settle deals with the result of one part: it has ended, or it is to be sent again after a wait.
func (run *batchRun) settle(ctx context.Context, p *part, r result) (retry bool, wait time.Duration, err error) {
	switch {
	case r.err == nil, fault.Is(r.err, fault.NotFound, fault.Forbidden):
		return false, 0, p.done(r.err)
	case fault.Is(r.err, fault.Unauthorized) && (!run.refreshed || r.stale):
		return true, 0, run.reauthorize(ctx, p, r)
	case !fault.Is(r.err, fault.Throttled, fault.Transient):
		return false, 0, r.err
	}
	wait = delay(p.attempts, fault.RetryAfter(r.err))
	if p.attempts >= maxAttempts || run.cfg.Clock.Since(p.first)+wait > run.cfg.Patience {
		return false, 0, r.err
	}
	return true, wait, nil
}

// reauthorize gets another token, once a run: the token ended or was revoked between two parts.
func (run *batchRun) reauthorize(ctx context.Context, p *part, r result) error {
	if run.refreshed {
		return nil
	}
	run.refreshed = true
	if r.challenge != "" {
		_, err := run.token(ctx, p.route.op, r.challenge)
		return err
	}
	return run.renew(ctx, p.route.op, "")
}

// result is what a batch says about one part.
type result struct {
	err       error
	challenge string
	// stale is true when the part was sent with the token that was replaced since.
	stale bool
}

// send sends one batch and returns the result of each part. Forbidden for the whole is forbidden for each.
func (run *batchRun) send(ctx context.Context, parts []*part) ([]result, error) {
	var in struct {
		Requests []partRequest `json:"requests"`
	}
	for i, p := range parts {
		p.attempts++
		if p.first.IsZero() {
			p.first = run.cfg.Clock.Now()
		}
		in.Requests = append(in.Requests, partRequest{
			ID: strconv.Itoa(i + 1), Method: http.MethodGet, URL: strings.TrimPrefix(p.url.RequestURI(), "/v1.0"), Headers: partHeaders,
		})
	}
	body, err := json.Marshal(in)
	if err != nil {
		return nil, fault.Wrap(fault.Internal, parts[0].route.op, err)
	}
	whole := parts[0].route
	whole.template, whole.object = batchTemplate, false
	var (
		answers []partAnswer
		id      string
	)
	before := run.refreshed
	err = run.do(ctx, call{route: whole, url: run.address(batchTemplate), body: body, requestID: &id, decode: func(r io.Reader) (err error) {
		answers, err = decodeBatch(r, len(parts))
		return err
	}})
	results := make([]result, len(parts))
	switch {
	case fault.Is(err, fault.Forbidden):
		for i := range results {
			results[i].err = err
		}
		return results, nil
	case err != nil:
		return nil, err
	}
	for i, p := range parts {
		results[i] = run.read(ctx, p, answers[i], id)
		results[i].stale = !before
	}
	return results, nil
}

// read turns the answer to a part into its result, by the same rules as the answer to a request of its own.
func (c *Client) read(ctx context.Context, p *part, a partAnswer, id string) result {
	h := a.header()
	if own := h.Get("request-id"); own != "" {
		id = own
	}
	switch a.Status {
	case 0:
		// The part is missing from the answer: nothing is known, least of all that the object does not exist.
		return result{err: missingPart(p, id)}
	case http.StatusOK:
		return result{err: c.decode(ctx, p.call(), &boundedReader{r: bytes.NewReader(a.Body), left: int64(len(a.Body))}, id)}
	case http.StatusFailedDependency:
		// No part depends on another; an older description has the parts beside a throttled one answered like that.
		e := missingPart(p, id)
		e.Status = a.Status
		return result{err: e}
	}
	return result{
		err:       c.refusal(p.call(), &http.Response{StatusCode: a.Status, Header: h}, bytes.NewReader(a.Body), id),
		challenge: claimsChallenge(h),
	}
}

func missingPart(p *part, id string) *fault.Error {
	e := fault.New(fault.Transient, p.route.op, "Microsoft Graph did not carry out one of the requests of a batch")
	e.Status, e.RequestID = http.StatusOK, id
	return e
}

// decodeBatch reads the answers of a batch of n parts in the order of the parts; one that is missing has status 0. Graph
// answers in any order, so the ids decide, and an answer that does not belong to exactly one part spoils all of them.
func decodeBatch(r io.Reader, n int) ([]partAnswer, error) {
	var out struct {
		Responses []partAnswer `json:"responses"`
	}
	dec := json.NewDecoder(r)
	if err := dec.Decode(&out); err != nil {
		return nil, shaped(err, "the answer to a batch has another shape")
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, orMisshaped(err, "something follows the answer to a batch")
	}
	if out.Responses == nil {
		return nil, misshaped("the answer to a batch has no list of answers")
	}
	answers := make([]partAnswer, n)
	for _, a := range out.Responses {
		i, err := strconv.Atoi(a.ID)
		switch {
		case err != nil || i < 1 || i > n:
			return nil, misshaped("an answer in a batch belongs to no request")
		case answers[i-1].Status != 0:
			return nil, misshaped("a request in a batch is answered twice")
		case a.Status < 100 || a.Status > 599:
			return nil, misshaped("an answer in a batch has no status")
		}
		answers[i-1] = a
	}
	return answers, nil
}
