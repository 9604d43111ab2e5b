package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/entrain-dev/entrain/internal/credentials"
)

// savePosts writes creates to a file for the bare loop.
func savePosts(file string, posts []*post) error {
	text, err := json.Marshal(posts)
	if err != nil {
		return err
	}
	return os.WriteFile(file, text, 0o600)
}

// loop is what Entrain is compared with: the least that a Go program has to do to create the same people with their
// managers. It knows the bodies beforehand, reads nothing, decides nothing and remembers only ids.
func loop(ctx context.Context, t task) (r result, err error) {
	text, err := os.ReadFile(t.Posts)
	if err != nil {
		return r, err
	}
	var posts []*post
	if err := json.Unmarshal(text, &posts); err != nil {
		return r, err
	}
	if t.Limit > 0 {
		posts = posts[:min(t.Limit, len(posts))]
	}
	client, err := credentials.NewHTTPClient(credentials.HTTPConfig{})
	if err != nil {
		return r, err
	}
	l := &bareLoop{client: client, url: t.GenesysURL + scimRoot + "/Users", posts: posts, ids: make([]string, len(posts)), done: make([]chan struct{}, len(posts))}
	for i := range l.done {
		l.done[i] = make(chan struct{})
	}
	began := time.Now()
	g, ctx := errgroup.WithContext(ctx)
	for range t.Workers {
		g.Go(func() error { return l.run(ctx) })
	}
	err = g.Wait()
	r.Took = time.Since(began)
	r.Report.Created = int64(len(posts))
	return r, err
}

type bareLoop struct {
	client *http.Client
	url    string
	posts  []*post
	next   atomic.Int64
	ids    []string
	done   []chan struct{} // closed when the id is known
}

func (l *bareLoop) run(ctx context.Context) error {
	for {
		i := int(l.next.Add(1)) - 1
		if i >= len(l.posts) {
			return nil
		}
		if err := l.post(ctx, i); err != nil {
			return err
		}
	}
}

// post sends one body; the manager's id is the one that this run got.
func (l *bareLoop) post(ctx context.Context, i int) error {
	p := l.posts[i]
	body := p.Body
	if p.Manager >= 0 {
		select {
		case <-l.done[p.Manager]:
		case <-ctx.Done():
			return ctx.Err()
		}
		body = bytes.Replace(body, []byte(l.posts[p.Manager].ID), []byte(l.ids[p.Manager]), 1)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, l.url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/scim+json")
	res, err := l.client.Do(req)
	if err != nil {
		return err
	}
	answer, err := io.ReadAll(res.Body)
	if cerr := res.Body.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return err
	}
	if res.StatusCode != http.StatusCreated {
		return fmt.Errorf("bare loop: create answered %d: %s", res.StatusCode, answer)
	}
	l.ids[i] = idOf(answer)
	close(l.done[i])
	return nil
}
