package scim_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/fault"
	"github.com/entrain-dev/entrain/internal/scim/profile"
)

// pager is a server that lists people u-0, u-1, ... and pages as well as it can.
type pager struct {
	people      int
	maxCount    int // 0: no limit
	ignoreCount bool
	ignoreStart bool
	total       func(people, onPage int) any // nil: right
	endStatus   int                          // status behind the end, 0: an empty page
	overlap     int                          // entries of the page before that are repeated
	loseOnce    bool                         // the second page is empty the first time
}

func (p *pager) serve(w http.ResponseWriter, r recorded, _ int) {
	q, _ := url.ParseQuery(r.query)
	start, _ := strconv.Atoi(q.Get("startIndex"))
	count, _ := strconv.Atoi(q.Get("count"))
	first := max(0, start-1-p.overlap)
	if p.ignoreStart || start <= 1 {
		first = 0
	}
	if p.ignoreCount {
		count = p.people
	} else if p.maxCount > 0 {
		count = min(count, p.maxCount)
	}
	if start > p.people && p.endStatus != 0 {
		respond(p.endStatus, "")(w)
		return
	}
	var page []any
	if p.overlap == 0 || start <= p.people {
		for i := first; i < min(first+count, p.people); i++ {
			page = append(page, user(fmt.Sprint("u-", i), fmt.Sprint("n", i)))
		}
	}
	if p.loseOnce && start > 1 {
		p.loseOnce, page = false, nil
	}
	total := any(p.people)
	if p.total != nil {
		total = p.total(p.people, len(page))
	}
	respond(200, listOf(total, page))(w)
}

// Failure class 12 and part of 4: servers that count wrongly, ignore count or startIndex, repeat or lose pages.
func TestListReadsEverybodyOnceAndEnds(t *testing.T) {
	for name, tc := range map[string]struct {
		server       pager
		wantPeople   int
		wantRequests int
		wantKind     fault.Kind
	}{
		"nobody":                                   {pager{people: 0}, 0, 1, fault.Unknown},
		"less than a page":                         {pager{people: 7}, 7, 2, fault.Unknown},
		"exactly a page":                           {pager{people: 100}, 100, 2, fault.Unknown},
		"several pages":                            {pager{people: 250}, 250, 4, fault.Unknown},
		"smaller pages than asked for":             {pager{people: 50, maxCount: 20}, 50, 4, fault.Unknown},
		"totalResults counts the page":             {pager{people: 50, maxCount: 20, total: func(_, n int) any { return n }}, 50, 4, fault.Unknown},
		"totalResults is too large":                {pager{people: 50, total: func(n, _ int) any { return n + 10 }}, 50, 3, fault.Unknown},
		"totalResults is too small":                {pager{people: 250, total: func(int, int) any { return 3 }}, 250, 4, fault.Unknown},
		"totalResults is missing":                  {pager{people: 250, total: func(int, int) any { return nil }}, 250, 4, fault.Unknown},
		"totalResults is text":                     {pager{people: 50, total: func(n, _ int) any { return strconv.Itoa(n) }}, 50, 2, fault.Unknown},
		"count is ignored":                         {pager{people: 250, ignoreCount: true}, 250, 2, fault.Unknown},
		"count and startIndex are ignored":         {pager{people: 250, ignoreCount: true, ignoreStart: true}, 250, 2, fault.Unknown},
		"startIndex is ignored and one page is it": {pager{people: 50, ignoreStart: true}, 50, 2, fault.Unknown},
		"startIndex is ignored and more follows":   {pager{people: 250, ignoreStart: true}, 100, 2, fault.NotCompliant},
		"startIndex ignored, wrong total":          {pager{people: 250, ignoreStart: true, total: func(int, int) any { return nil }}, 100, 2, fault.NotCompliant},
		"pages overlap":                            {pager{people: 250, overlap: 10}, 250, 4, fault.Unknown},
		"400 behind the end":                       {pager{people: 100, endStatus: 400}, 100, 2, fault.Unknown},
		"404 behind the end":                       {pager{people: 100, endStatus: 404}, 100, 2, fault.Unknown},
		"a page is lost once":                      {pager{people: 250, loseOnce: true}, 250, 5, fault.Unknown},
	} {
		t.Run(name, func(t *testing.T) {
			app := serve(t, tc.server.serve)
			seen := map[directory.TargetID]int{}
			err := app.client(t, profile.Generic).List(context.Background(), directory.User, nil, func(page []directory.Resource) error {
				for _, r := range page {
					seen[r.ID]++
				}
				return nil
			})
			if got := fault.KindOf(err); got != tc.wantKind {
				t.Errorf("kind = %v, want %v (%v)", got, tc.wantKind, err)
			}
			for id, n := range seen {
				if n != 1 {
					t.Errorf("%s came %d times", id, n)
				}
			}
			if len(seen) != tc.wantPeople || len(app.seen()) != tc.wantRequests {
				t.Errorf("%d people in %d requests, want %d in %d", len(seen), len(app.seen()), tc.wantPeople, tc.wantRequests)
			}
		})
	}
}

func TestGenesysListsActiveAndInactivePeopleApart(t *testing.T) {
	app := serve(t, func(w http.ResponseWriter, r recorded, _ int) {
		q, _ := url.ParseQuery(r.query)
		switch {
		case q.Get("startIndex") != "1":
			respond(200, list(2))(w)
		case q.Get("filter") == "":
			respond(200, list(2, user("a", "ada"), user("b", "bob")))(w)
		default: // bob was disabled between the two lists
			respond(200, list(2, user("b", "bob"), user("c", "eve")))(w)
		}
	})
	c := app.client(t, profile.GenesysCloud)
	var got []directory.TargetID
	collect := func(page []directory.Resource) error { got = append(got, ids(page)...); return nil }
	if err := c.List(context.Background(), directory.User, []string{"userName", "roles", "nonsense"}, collect); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]directory.TargetID{"a", "b", "c"}, got); diff != "" {
		t.Errorf("people (-want +got):\n%s", diff)
	}
	want := []string{
		"GET /scim/Users?startIndex=1&count=25&attributes=userName&attributes=roles",
		"GET /scim/Users?startIndex=3&count=25&attributes=userName&attributes=roles",
		"GET /scim/Users?startIndex=1&count=25&filter=active eq false&attributes=userName&attributes=roles",
		"GET /scim/Users?startIndex=3&count=25&filter=active eq false&attributes=userName&attributes=roles",
	}
	if diff := cmp.Diff(want, app.targets(t)); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

func TestGenesysListsGroupsBelowTheRootThatNeedsNoFilter(t *testing.T) {
	app := serve(t, sequence(respond(200, list(0))))
	c := app.client(t, profile.GenesysCloud, baseURL(app.URL+"/api/v2/scim/v2"))
	if err := c.List(context.Background(), directory.Group, []string{"displayName"}, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Count(context.Background(), directory.Group); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"GET /api/v2/scim/Groups?startIndex=1&count=100&attributes=displayName",
		"GET /api/v2/scim/Groups?startIndex=1&count=0&attributes=id",
	}
	if diff := cmp.Diff(want, app.targets(t)); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

// genesys-scim.md 7.1: a large page may be answered 429 although no rate is exceeded.
func TestALargePageThatIsThrottledIsAskedForInSmallerOnes(t *testing.T) {
	app := serve(t, func(w http.ResponseWriter, r recorded, n int) {
		q, _ := url.ParseQuery(r.query)
		if count, _ := strconv.Atoi(q.Get("count")); count > 25 {
			respond(429, platformError("too.many.requests", ""))(w)
			return
		}
		(&pager{people: 60}).serve(w, r, n)
	})
	c := app.client(t, profile.GenesysCloud)
	people := 0
	if err := c.List(context.Background(), directory.User, []string{"userName"}, func(p []directory.Resource) error { people += len(p); return nil }); err != nil {
		t.Fatal(err)
	}
	if people != 60 || c.Capabilities().PageSize != 25 {
		t.Errorf("%d people, then pages of %d", people, c.Capabilities().PageSize)
	}
	if n := len(app.seen()); n != 1+4+4 {
		t.Errorf("%d requests, want one that was too large and two lists of three pages and an empty one", n)
	}
}

func TestAnErrorOfTheCallerEndsTheList(t *testing.T) {
	app := serve(t, (&pager{people: 250}).serve)
	stop := errors.New("enough")
	err := app.client(t, profile.Generic).List(context.Background(), directory.User, nil, func([]directory.Resource) error { return stop })
	if !errors.Is(err, stop) || len(app.seen()) != 1 {
		t.Errorf("err = %v after %d requests", err, len(app.seen()))
	}
}

// Failure class 1: 429 in every form, in the middle of a list; nobody fails, the list goes on where it was.
func TestA429InTheMiddleOfAList(t *testing.T) {
	for name, tc := range map[string]struct {
		header []string
		want   time.Duration
	}{
		"seconds":        {[]string{"Retry-After", "7"}, 7 * time.Second},
		"decimal":        {[]string{"Retry-After", "2.5"}, 2500 * time.Millisecond},
		"a date":         {[]string{"Retry-After", "Fri, 02 Jan 2026 03:04:25 GMT"}, 20 * time.Second},
		"missing":        {nil, 3 * time.Second},
		"nonsense":       {[]string{"Retry-After", "soon"}, 3 * time.Second},
		"a date gone by": {[]string{"Retry-After", "Fri, 02 Jan 2026 03:00:00 GMT"}, 3 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			app := serve(t, func(w http.ResponseWriter, r recorded, n int) {
				if n == 1 {
					respond(429, platformError("too.many.requests", ""), tc.header...)(w)
					return
				}
				(&pager{people: 60, maxCount: 20}).serve(w, r, n)
			})
			c := app.client(t, profile.EntraCompatible, pageSize(20))
			began, people := app.clock.Now(), 0
			if err := c.List(context.Background(), directory.User, nil, func(p []directory.Resource) error { people += len(p); return nil }); err != nil {
				t.Fatal(err)
			}
			if people != 60 {
				t.Errorf("%d people", people)
			}
			if got := app.clock.Since(began); got != tc.want {
				t.Errorf("waited %v, want %v", got, tc.want)
			}
		})
	}
}

func TestCount(t *testing.T) {
	for name, tc := range map[string]struct {
		profile, answer string
		want            int
		wantKind        fault.Kind
	}{
		"totalResults":               {profile.Generic, list(42), 42, fault.Unknown},
		"both lists of Genesys":      {profile.GenesysCloud, list(21), 42, fault.Unknown},
		"a server that ignores 0":    {profile.Generic, list(1, user("a", "a"), user("b", "b")), 2, fault.Unknown},
		"a server that does not say": {profile.Generic, `{"Resources":[]}`, 0, fault.NotCompliant},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := serve(t, sequence(respond(200, tc.answer))).client(t, tc.profile).Count(context.Background(), directory.User)
			if got != tc.want || fault.KindOf(err) != tc.wantKind {
				t.Errorf("got %d, %v", got, err)
			}
		})
	}
}
