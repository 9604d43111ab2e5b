package graphsim_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/entrain-dev/entrain/internal/simulator/graphsim"
	"github.com/entrain-dev/entrain/internal/simulator/scenario"
)

// drain reads a round or list to its end straight through the handler and returns the number of requests.
func drain(tb testing.TB, s *graphsim.Server, token, url string) (requests int, last string) {
	tb.Helper()
	for url != "" {
		req := httptest.NewRequestWithContext(tb.Context(), http.MethodGet, url, http.NoBody)
		req.Header.Set("Authorization", "Bearer "+token)
		rec := httptest.NewRecorder()
		s.ServeHTTP(rec, req)
		body, err := io.ReadAll(rec.Body)
		if err != nil || rec.Code != http.StatusOK {
			tb.Fatalf("%s: %d %s", url, rec.Code, body)
		}
		var page struct {
			Next  string `json:"@odata.nextLink"`
			Delta string `json:"@odata.deltaLink"`
		}
		if err := json.Unmarshal(body, &page); err != nil {
			tb.Fatal(err)
		}
		requests++
		url, last = page.Next, page.Delta
	}
	return requests, last
}

func BenchmarkLarge(b *testing.B) {
	sc := scenario.Large(100_000, 1_000, 1_000)
	s := graphsim.New(graphsim.Config{Tenant: sc.Tenant})
	token := s.Token(graphsim.DefaultClientID)
	const users = "/v1.0/users/delta?$select=userPrincipalName,displayName,givenName,surname,mail,jobTitle,department,mobilePhone,accountEnabled,manager"
	b.Run("first round of users", func(b *testing.B) {
		for b.Loop() {
			drain(b, s, token, users)
		}
	})
	b.Run("first round of groups with members", func(b *testing.B) {
		for b.Loop() {
			drain(b, s, token, "/v1.0/groups/delta?$select=displayName,members")
		}
	})
	b.Run("round without changes", func(b *testing.B) {
		_, link := drain(b, s, token, users)
		for b.Loop() {
			drain(b, s, token, link)
		}
	})
}
