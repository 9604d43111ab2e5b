package engine_test

import (
	"fmt"
	"testing"

	"github.com/entrain-dev/entrain/internal/engine"
	"github.com/entrain-dev/entrain/internal/simulator/strictscim"
)

func newBulkWorld(t *testing.T, operations int, change ...func(*engine.Plan)) *strictWorld {
	w := newStrictWorld(t, change...)
	w.srv.SetKnobs(func(k *strictscim.Knobs) { k.BulkOperations = operations })
	return w
}

func TestBulkInitialCycle(t *testing.T) {
	for name, tc := range map[string]struct {
		operations int
		want       map[string]int
	}{
		"one by one": {0, map[string]int{"POST users": 250}},
		// The managers are a level of their own: 5 and 245 people, in pages of 200.
		"in bulk":               {100, map[string]int{"POST bulk": 4}},
		"in bulk of small size": {7, map[string]int{"POST bulk": 37}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newBulkWorld(t, tc.operations)
			for i := range 250 {
				w.hire(fmt.Sprint("p", i))
			}
			for i := 5; i < 250; i++ {
				w.manager(fmt.Sprint("p", i), fmt.Sprint("p", i%5))
			}
			c := w.cycle()
			if c.Last.Created != 250 || c.Last.Failed != 0 || len(w.srv.Users()) != 250 {
				t.Errorf("report = %+v, %d users", c.Last, len(w.srv.Users()))
			}
			equal(t, "requests", tc.want, count(w.sent()))
			for i := 5; i < 250; i++ {
				boss := w.person(fmt.Sprint("p", i%5)).ID
				if got := value(w.person(fmt.Sprint("p", i)), "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User", "manager", "value"); got != boss {
					t.Fatalf("manager of p%d = %v, want %v", i, got, boss)
				}
			}
			if w.cycle(); len(w.sent()) > 0 {
				t.Errorf("an extra cycle sends %v", w.sent())
			}
		})
	}
}

// A bulk request whose answer is lost is one failure, not a hundred: the cycle goes on, and the next one finds everybody.
func TestBulkLostAnswer(t *testing.T) {
	w := newBulkWorld(t, 100)
	for i := range 60 {
		w.hire(fmt.Sprint("p", i))
	}
	w.losing.Store(true)
	c := w.cycle()
	if c.Last.Failed != 60 || len(w.srv.Users()) != 60 {
		t.Errorf("report = %+v, %d users", c.Last, len(w.srv.Users()))
	}
	w.losing.Store(false)
	for range 3 {
		c = w.cycle()
	}
	if len(w.srv.Users()) != 60 || len(w.failures()) != 0 {
		t.Errorf("%d users, failures %v, report %+v", len(w.srv.Users()), w.failures(), c.Last)
	}
}

// Among many who are created is one who exists, one whom the server refuses, and two of one name.
func TestBulkOfAllSorts(t *testing.T) {
	w := newBulkWorld(t, 100)
	w.srv.AddUser(map[string]any{"userName": "p3@contoso.com", "displayName": "Old"})
	for i := range 20 {
		w.hire(fmt.Sprint("p", i))
	}
	c := w.cycle()
	if c.Last.Created != 19 || c.Last.Updated != 1 || c.Last.Failed != 0 || len(w.srv.Users()) != 20 {
		t.Errorf("report = %+v, %d users", c.Last, len(w.srv.Users()))
	}
	equal(t, "requests", map[string]int{"POST bulk": 1, "PATCH users 400": 1, "PATCH users": 1}, count(w.sent()))
}
