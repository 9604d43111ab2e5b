package graphsim

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
)

// maxBatch is how many requests a batch may hold (section 6).
const maxBatch = 20

type batchPart struct {
	ID        string            `json:"id"`
	Method    string            `json:"method"`
	URL       string            `json:"url"`
	Headers   map[string]string `json:"headers"`
	Body      json.RawMessage   `json:"body"`
	DependsOn []string          `json:"dependsOn"`
}

type batchAnswer struct {
	ID      string            `json:"id"`
	Status  int               `json:"status"`
	Headers map[string]string `json:"headers"`
	Body    json.RawMessage   `json:"body,omitempty"`
}

// batch answers POST /$batch. Every part is throttled, faulted and journalled like a request of its own; the answers come in
// another order than the parts, because clients must go by id.
func (c *call) batch() (*reply, *graphError) {
	if c.request.Method != http.MethodPost {
		return nil, notAllowed()
	}
	var in struct {
		Requests []batchPart `json:"requests"`
	}
	if e := c.decode(&in); e != nil {
		return nil, e
	}
	if e := checkBatch(in.Requests); e != nil {
		return nil, e
	}
	status := map[string]int{}
	answers := make([]batchAnswer, 0, len(in.Requests))
	for _, p := range in.Requests {
		a := batchAnswer{ID: p.ID, Status: http.StatusFailedDependency, Headers: map[string]string{}}
		if !dependencyFailed(p, status) {
			a = c.part(p)
		}
		status[strings.ToLower(p.ID)] = a.Status
		answers = append([]batchAnswer{a}, answers...)
	}
	out := jsonReply(http.StatusOK, map[string]any{"responses": answers})
	out.header.Set("Content-Type", "application/json")
	return out, nil
}

func checkBatch(parts []batchPart) *graphError {
	if len(parts) == 0 {
		return badRequest("The batch request is missing the property 'requests'.")
	}
	if len(parts) > maxBatch {
		return badRequest("Number of batch request steps exceeds the maximum value of %d.", maxBatch)
	}
	seen := map[string]bool{}
	for _, p := range parts {
		id := strings.ToLower(p.ID)
		if p.ID == "" || p.Method == "" || p.URL == "" {
			return badRequest("A batch request needs id, method and url.")
		}
		if seen[id] {
			return badRequest("The id '%s' occurs twice in the batch.", p.ID)
		}
		seen[id] = true
	}
	for _, p := range parts {
		for _, d := range p.DependsOn {
			if !seen[strings.ToLower(d)] {
				return badRequest("The batch request '%s' depends on an unknown id.", p.ID)
			}
		}
	}
	return nil
}

func dependencyFailed(p batchPart, status map[string]int) bool {
	for _, d := range p.DependsOn {
		if s := status[strings.ToLower(d)]; s < 200 || s > 299 {
			return true
		}
	}
	return false
}

// part runs one request of a batch.
func (c *call) part(p batchPart) batchAnswer {
	u, err := url.Parse("/v1.0/" + strings.TrimPrefix(p.URL, "/"))
	if err != nil || strings.HasPrefix(strings.TrimPrefix(p.URL, "/"), "$batch") {
		return answerOf(p.ID, badRequest("Invalid batch request URL.").reply(c.now, c.requestID, c.clientRequestID))
	}
	r := c.request.Clone(c.request.Context())
	r.Method, r.URL = p.Method, u
	r.Header = http.Header{"Authorization": c.request.Header["Authorization"]}
	for _, name := range []string{"X-Forwarded-Proto", "X-Forwarded-Host"} {
		if v := c.request.Header.Get(name); v != "" {
			r.Header.Set(name, v)
		}
	}
	for name, value := range p.Headers {
		if !strings.EqualFold(name, "Authorization") {
			r.Header.Set(name, value)
		}
	}
	f := c.s.matchFault(p.Method, u.RequestURI())
	var out *reply
	switch {
	case f != nil && !c.s.prepare(f, r), f != nil && f.Effect == EffectCutBefore:
		out = fail(http.StatusGatewayTimeout, "UnknownError", "").reply(c.now, c.requestID, c.clientRequestID)
	case f != nil && f.replaces():
		out = f.reply(c.now)
	default:
		out = c.s.serveGraph(r, p.Body, f.shape())
	}
	c.s.journal.add(Request{
		Time: c.s.clock.Now(), Method: p.Method, Path: u.Path, Query: u.RawQuery, Status: out.status, Header: r.Header, Bytes: len(out.body),
		Fault: f.effect(), Batch: true,
	})
	return answerOf(p.ID, out)
}

func answerOf(id string, out *reply) batchAnswer {
	a := batchAnswer{ID: id, Status: out.status, Headers: map[string]string{}}
	for name, values := range out.header {
		a.Headers[name] = values[0]
	}
	switch {
	case len(out.body) == 0:
	case json.Valid(out.body):
		a.Body = out.body
	default:
		a.Body, _ = json.Marshal(base64.StdEncoding.EncodeToString(out.body))
	}
	return a
}
