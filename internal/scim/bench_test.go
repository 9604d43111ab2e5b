package scim_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/scim"
	"github.com/entrain-dev/entrain/internal/scim/profile"
)

// BenchmarkCreate against BenchmarkBarePost is the price of the client: same body, same connections.
func BenchmarkCreate(b *testing.B) {
	server := httptest.NewServer(http.HandlerFunc(echo))
	defer server.Close()
	p, err := profile.Lookup(profile.Generic, profile.Options{})
	if err != nil {
		b.Fatal(err)
	}
	c, err := scim.New(scim.Config{BaseURL: server.URL, Profile: p, Token: func(context.Context) (string, error) { return "t", nil }})
	if err != nil {
		b.Fatal(err)
	}
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := c.Create(context.Background(), directory.User, person("ada@contoso.com")); err != nil {
				b.Error(err)
				return
			}
		}
	})
}

func BenchmarkBarePost(b *testing.B) {
	server := httptest.NewServer(http.HandlerFunc(echo))
	defer server.Close()
	p, err := profile.Lookup(profile.Generic, profile.Options{})
	if err != nil {
		b.Fatal(err)
	}
	body, err := p.Wire.Create(directory.User, person("ada@contoso.com"))
	if err != nil {
		b.Fatal(err)
	}
	client := scim.NewHTTPClient(nil)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			req, err := http.NewRequestWithContext(b.Context(), http.MethodPost, server.URL+"/Users", bytes.NewReader(body))
			if err != nil {
				b.Error(err)
				return
			}
			req.Header.Set("Content-Type", "application/scim+json")
			resp, err := client.Do(req)
			if err != nil {
				b.Error(err)
				return
			}
			_, _ = io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
		}
	})
}

func echo(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	w.WriteHeader(http.StatusCreated)
	_, _ = io.WriteString(w, `{"id":"6f0c1f6e-1111-4222-8333-444455556666","schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"ada@contoso.com","displayName":"Ada","active":true,"meta":{"resourceType":"User","version":"1"}}`)
}
