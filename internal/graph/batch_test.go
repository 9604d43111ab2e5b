package graph_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/graph"
)

// piece is the answer to one part of a batch. A status of 0 leaves the part out of the answer.
type piece struct {
	status int
	header map[string]string
	body   string
}

func found(id string) piece { return piece{status: 200, body: `{"id":"` + id + `"}`} }

func pieceOf(r reply) piece { return piece{status: r.status, header: r.header, body: r.body} }

// batcher is a Graph that takes batches only and answers every part of the same URL with the next of its answers.
type batcher struct {
	*httptest.Server
	t  *testing.T
	mu sync.Mutex
	// answers are what is still to come for each URL, whole what is to come before for whole batches.
	answers map[string][]piece
	whole   []reply
	// batches are the URLs of the parts of every request.
	batches [][]string
	// tokens are the tokens that came with them.
	tokens []string
}

func newBatcher(t *testing.T, answers map[string][]piece, whole ...reply) *batcher {
	b := &batcher{t: t, answers: answers, whole: whole}
	b.Server = httptest.NewServer(b)
	t.Cleanup(b.Close)
	return b
}

func (b *batcher) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var in struct {
		Requests []struct {
			ID, Method, URL string
			Headers         map[string]string
		}
	}
	if r.Method != http.MethodPost || r.URL.Path != "/v1.0/$batch" || r.Header.Get("Content-Type") != "application/json" {
		b.t.Errorf("unexpected request %s %s of type %q", r.Method, r.URL, r.Header.Get("Content-Type"))
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil || len(in.Requests) == 0 || len(in.Requests) > 20 {
		b.t.Errorf("a batch of %d parts, %v", len(in.Requests), err)
	}
	var urls []string
	for _, p := range in.Requests {
		urls = append(urls, p.URL)
	}
	b.batches, b.tokens = append(b.batches, urls), append(b.tokens, r.Header.Get("Authorization"))
	w.Header().Set("request-id", "outer-id")
	if len(b.whole) > 0 {
		next := b.whole[0]
		b.whole = b.whole[1:]
		if next.raw != nil {
			next.raw(w, r)
			return
		}
		for name, value := range next.header {
			w.Header().Set(name, value)
		}
		w.WriteHeader(max(next.status, 200))
		fmt.Fprint(w, next.body)
		return
	}
	// The answers come in the opposite order, because clients must go by id.
	var out []string
	for i := len(in.Requests) - 1; i >= 0; i-- {
		p := in.Requests[i]
		left := b.answers[p.URL]
		if p.Method != http.MethodGet || p.Headers["x-ms-throttle-priority"] != "Low" || len(left) == 0 {
			b.t.Errorf("unexpected part %+v", p)
			continue
		}
		b.answers[p.URL] = left[1:]
		if left[0].status != 0 {
			out = append(out, left[0].json(p.ID))
		}
	}
	fmt.Fprintf(w, `{"responses":[%s]}`, strings.ReplaceAll(strings.Join(out, ","), "ORIGIN", b.URL))
}

func (p piece) json(id string) string {
	header, _ := json.Marshal(p.header)
	out := fmt.Sprintf(`{"id":%q,"status":%d,"headers":%s`, id, p.status, header)
	if p.body != "" {
		out += `,"body":` + p.body
	}
	return out + "}"
}

// left is how many answers nobody asked for.
func (b *batcher) left() (n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, a := range b.answers {
		n += len(a)
	}
	return n + len(b.whole)
}

// findMany looks objects up and returns what was delivered, by id.
func findMany(c *graph.Client, kind directory.Kind, ids []string, attributes ...string) (map[string]directory.Change, error) {
	var list []directory.SourceID
	for _, id := range ids {
		list = append(list, directory.SourceID(id))
	}
	out := map[string]directory.Change{}
	err := c.FindMany(context.Background(), kind, list, attributes, func(change directory.Change) error {
		if _, twice := out[string(change.ID)]; twice {
			return fmt.Errorf("%s is delivered twice", change.ID)
		}
		out[string(change.ID)] = change
		return nil
	})
	return out, err
}
