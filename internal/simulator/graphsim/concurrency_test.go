package graphsim_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/entrain-dev/entrain/internal/simulator/graphsim"
)

// TestReadersAndWritersAtTheSameTime is for the race detector; it also checks that no request fails.
func TestReadersAndWritersAtTheSameTime(t *testing.T) {
	m := newSim(t, graphsim.Knobs{UserPageSize: 5, MemberChunk: 3, Shuffle: true})
	people := m.people(40)
	g := m.group("all", people[:20]...)
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := range 50 {
				id := people[(w*10+i)%40]
				_ = m.tenant.UpdateUser(id, object{"jobTitle": fmt.Sprint(i)})
				_ = m.tenant.AddMembers(g, id)
				_ = m.tenant.RemoveMembers(g, people[i%40])
				_ = m.tenant.SetManager(id, people[i%40])
				m.Set(func(k *graphsim.Knobs) { k.UserPageSize = 5 + i%3 })
			}
		})
	}
	for _, path := range []string{"/v1.0/users/delta", "/v1.0/groups/delta", "/v1.0/users?$expand=manager", "/v1.0/groups/" + g + "/members", "/admin/users"} {
		wg.Go(func() {
			for range 50 {
				req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, http.NoBody)
				req.Header.Set("Authorization", "Bearer "+m.token)
				rec := httptest.NewRecorder()
				if m.ServeHTTP(rec, req); rec.Code != http.StatusOK {
					t.Errorf("%s: %d %s", path, rec.Code, rec.Body)
				}
			}
		})
	}
	wg.Wait()
}
