package credentials

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
)

// maxTokenAnswer bounds the body of a token endpoint; real ones have a few kilobytes.
const maxTokenAnswer = 1 << 20

// exchange is the last exchange with a token endpoint during one call. The libraries that speak to token endpoints turn
// network errors into text, so what happened is noted below them.
type exchange struct {
	err    error
	status int
	header http.Header
	body   []byte
}

type exchangeKey struct{}

// recordExchange returns a context whose requests through a recorder are noted in the returned exchange. It is for one
// goroutine.
func recordExchange(ctx context.Context) (context.Context, *exchange) {
	x := &exchange{}
	return context.WithValue(ctx, exchangeKey{}, x), x
}

// recorder notes exchanges. It reads bodies whole, up to maxTokenAnswer.
type recorder struct{ base http.RoundTripper }

var errAnswerTooLarge = errors.New("answer too large")

// RoundTrip implements http.RoundTripper.
func (r recorder) RoundTrip(req *http.Request) (*http.Response, error) {
	x, _ := req.Context().Value(exchangeKey{}).(*exchange)
	if x == nil {
		x = &exchange{}
	}
	*x = exchange{}
	res, err := r.base.RoundTrip(req)
	if err != nil {
		x.err = err
		return nil, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxTokenAnswer+1))
	if err == nil && len(body) > maxTokenAnswer {
		err = errAnswerTooLarge
	}
	if err != nil {
		x.err = err
		return nil, err
	}
	x.status, x.header, x.body = res.StatusCode, res.Header, body
	res.Body = io.NopCloser(bytes.NewReader(body))
	return res, nil
}

// recorded returns a copy of a client whose requests are noted.
func recorded(client *http.Client) *http.Client {
	out := *client
	base := client.Transport
	if base == nil {
		base = http.DefaultTransport
	}
	out.Transport = recorder{base: base}
	return &out
}
