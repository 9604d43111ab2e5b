package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"

	"github.com/entrain-dev/entrain/controllers/query"
)

// asker asks the operator about the configs of a namespace, through the API server.
type asker struct {
	client *http.Client
	server *url.URL
	ns     string
}

func (c *connection) asker() (*asker, error) {
	config, err := c.config()
	if err != nil {
		return nil, err
	}
	ns, err := c.namespace()
	if err != nil {
		return nil, err
	}
	client, err := rest.HTTPClientFor(config)
	if err != nil {
		return nil, err
	}
	server, _, err := rest.DefaultServerUrlFor(config)
	return &asker{client: client, server: server, ns: ns}, err
}

// maxStatus bounds the answer that says why there is no other.
const maxStatus = 1 << 20

// get asks for an answer that comes in one piece.
func (a *asker) get(ctx context.Context, config, about string, params url.Values, into any) error {
	body, err := a.do(ctx, http.MethodGet, a.path("", config, about), params, nil)
	if err != nil {
		return err
	}
	defer body.Close()
	if err := json.NewDecoder(body).Decode(into); err != nil {
		return fmt.Errorf("the answer of the operator cannot be read: %w", err)
	}
	return nil
}

// stream asks for an answer that comes bit by bit, and calls each with every event until each is done with it. ended says whether
// an event is the last one of a complete answer.
func (a *asker) stream(ctx context.Context, config, about string, params url.Values, body io.Reader, each func(query.Event) (ended bool, err error)) error {
	method := http.MethodGet
	if body != nil {
		method = http.MethodPost
	}
	answer, err := a.do(ctx, method, a.path("watch/", config, about), params, body)
	if err != nil {
		return err
	}
	defer answer.Close()
	for lines := json.NewDecoder(answer); ; {
		var e query.Event
		switch err := lines.Decode(&e); {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, io.EOF):
			return errors.New("the operator ended its answer before it was complete; ask again")
		case err != nil:
			return fmt.Errorf("the answer of the operator broke off: %w", err)
		case e.Error != "":
			return errors.New(e.Error)
		}
		if ended, err := each(e); ended || err != nil {
			return err
		}
	}
}

func (a *asker) path(watch, config, about string) string {
	return fmt.Sprintf("/apis/%s/%s/%snamespaces/%s/provisioningconfigs/%s/%s", query.GroupName, query.Version, watch, a.ns, url.PathEscape(config), about)
}

func (a *asker) do(ctx context.Context, method, path string, params url.Values, body io.Reader) (io.ReadCloser, error) {
	at := a.server.JoinPath(path)
	at.RawQuery = params.Encode()
	r, err := http.NewRequestWithContext(ctx, method, at.String(), body)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Accept", "application/json")
	resp, err := a.client.Do(r)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode < http.StatusMultipleChoices {
		return resp.Body, nil
	}
	defer resp.Body.Close()
	var status metav1.Status
	text, _ := io.ReadAll(io.LimitReader(resp.Body, maxStatus))
	if json.Unmarshal(text, &status) != nil || status.Message == "" {
		status.Message = resp.Status
	}
	switch {
	case resp.StatusCode == http.StatusServiceUnavailable:
		return nil, fmt.Errorf("the API server cannot reach the operator (%s); see kubectl get apiservice %s", status.Message, query.APIService)
	case resp.StatusCode == http.StatusNotFound && status.Reason != metav1.StatusReasonNotFound || status.Message == "the server could not find the requested resource":
		return nil, fmt.Errorf("the API server does not know the operator's endpoint; install the APIService %s (query.enabled of the chart)", query.APIService)
	}
	return nil, errors.New(status.Message)
}
