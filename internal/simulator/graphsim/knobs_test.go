package graphsim_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/entrain-dev/entrain/internal/simulator/graphsim"
)

func TestReplicationLagDelaysDelta(t *testing.T) {
	m := newSim(t, graphsim.Knobs{ReplicationLag: time.Minute})
	ann := m.user("ann")
	_, _, link := m.round("/v1.0/users/delta?$select=displayName")
	m.clock.Advance(time.Second)
	check(t, m.tenant.UpdateUser(ann, object{"displayName": "Ann"}))
	m.clock.Advance(10 * time.Second)
	bob := m.user("bob")
	if first, _, _ := m.round("/v1.0/users/delta?$select=displayName"); !slices.Equal(ids(first), []string{ann}) {
		t.Errorf("a first round shows %v", first)
	}
	got, _, link := m.round(link)
	if len(got) != 0 {
		t.Errorf("too early: %v", got)
	}
	m.clock.Advance(50 * time.Second)
	if got, _, link = m.round(link); !slices.Equal(ids(got), []string{ann}) {
		t.Errorf("after a minute: %v", got)
	}
	m.clock.Advance(10 * time.Second)
	if got, _, _ = m.round(link); !slices.Equal(ids(got), []string{bob}) {
		t.Errorf("later: %v", got)
	}
}

func TestReplicationLagHidesNewObjectsFromPlainReads(t *testing.T) {
	m := newSim(t, graphsim.Knobs{ReplicationLag: time.Minute, LagReads: true})
	m.user("old")
	m.round("/v1.0/users/delta")
	ann := m.user("ann")
	m.wantError("/v1.0/users/"+ann, 404, "Request_ResourceNotFound", "")
	if list := m.ok("/v1.0/users").value(); len(list) != 1 {
		t.Errorf("the list shows %v", list)
	}
	m.clock.Advance(time.Minute)
	m.ok("/v1.0/users/" + ann)
}

func TestReplaysAndDuplicates(t *testing.T) {
	m := newSim(t, graphsim.Knobs{})
	ann, bob := m.user("ann"), m.user("bob")
	_, _, link := m.round("/v1.0/users/delta?$select=displayName")
	check(t, m.tenant.UpdateUser(ann, object{"displayName": "Ann"}))
	_, _, link = m.round(link)
	check(t, m.tenant.UpdateUser(bob, object{"displayName": "Bob"}))
	m.Set(func(k *graphsim.Knobs) { k.Replay = 1 })
	if got, _, _ := m.round(link); !slices.Equal(ids(got), []string{ann, bob}) {
		t.Errorf("with a replay of one change: %v", ids(got))
	}
	m.Set(func(k *graphsim.Knobs) { k.Replay, k.DuplicateEvery = 0, 1 })
	if got, _, _ := m.round(link); !slices.Equal(ids(got), []string{bob, bob}) {
		t.Errorf("with duplicates: %v", ids(got))
	}
}

func TestShuffleKeepsEverything(t *testing.T) {
	m := newSim(t, graphsim.Knobs{Shuffle: true})
	want := m.people(40)
	got, _, _ := m.round("/v1.0/users/delta?$select=id")
	if slices.Equal(ids(got), want) {
		t.Error("the order is the same")
	}
	sorted := ids(got)
	slices.Sort(sorted)
	slices.Sort(want)
	if diff := cmp.Diff(want, sorted); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestEmptyPagesInTheMiddle(t *testing.T) {
	m := newSim(t, graphsim.Knobs{EmptyPageEvery: 2, UserPageSize: 10})
	want := m.people(30)
	got, pages, _ := m.round("/v1.0/users/delta?$select=id")
	if !slices.Equal(ids(got), want) || pages < 5 {
		t.Errorf("%d people on %d pages", len(got), pages)
	}
}

func TestFirstRoundRemovals(t *testing.T) {
	m := newSim(t, graphsim.Knobs{})
	ann := m.user("ann")
	check(t, m.tenant.SoftDelete(ann))
	if got, _, _ := m.round("/v1.0/users/delta"); len(got) != 0 {
		t.Errorf("without the knob: %v", got)
	}
	m.Set(func(k *graphsim.Knobs) { k.FirstRoundRemovals = true })
	got, _, _ := m.round("/v1.0/users/delta")
	if diff := cmp.Diff([]object{{"id": ann, "@removed": object{"reason": "changed"}}}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestMaxPageSizeIsHonouredOnlyBehindItsKnob(t *testing.T) {
	m := newSim(t, graphsim.Knobs{})
	m.people(10)
	m.header.Set("Prefer", "odata.maxpagesize=3")
	if _, pages, _ := m.round("/v1.0/users/delta"); pages != 1 {
		t.Errorf("%d pages", pages)
	}
	m.Set(func(k *graphsim.Knobs) { k.HonourMaxPageSize = true })
	if _, pages, _ := m.round("/v1.0/users/delta"); pages != 4 {
		t.Errorf("%d pages, want 4", pages)
	}
}

func TestPreferenceApplied(t *testing.T) {
	m := newSim(t, graphsim.Knobs{})
	m.header.Set("Prefer", "return=minimal")
	if got := m.ok("/v1.0/users/delta").header.Get("Preference-Applied"); got != "return=minimal" {
		t.Errorf("Preference-Applied is %q", got)
	}
}

func TestThrottling(t *testing.T) {
	for name, tc := range map[string]struct {
		form graphsim.RetryAfterForm
		want string
	}{
		"integer": {graphsim.RetryAfterInteger, "8"}, "decimal": {graphsim.RetryAfterDecimal, "7.500"},
		"date": {graphsim.RetryAfterDate, "Mon, 05 Jan 2026 08:00:10 GMT"}, "absent": {graphsim.RetryAfterAbsent, ""},
	} {
		t.Run(name, func(t *testing.T) {
			m := newSim(t, graphsim.Knobs{UnitsPerWindow: 4, RetryAfter: tc.form})
			m.ok("/v1.0/users")
			if got := m.ok("/v1.0/users").header.Get("x-ms-throttle-limit-percentage"); got != "1.00" {
				t.Errorf("x-ms-throttle-limit-percentage is %q", got)
			}
			m.clock.Advance(2500 * time.Millisecond)
			a := m.wantError("/v1.0/users", 429, "TooManyRequests", "")
			if got := a.header.Get("Retry-After"); got != tc.want {
				t.Errorf("Retry-After is %q, want %q", got, tc.want)
			}
			if a.header.Get("x-ms-throttle-information") != "ResourceUnitLimitExceeded" ||
				a.header.Get("x-ms-throttle-scope") != "Tenant_Application/ReadWrite/"+graphsim.DefaultClientID+"/"+m.tenant.ID() {
				t.Errorf("headers are %v", a.header)
			}
			m.clock.Advance(7500 * time.Millisecond)
			m.ok("/v1.0/users")
		})
	}
}

func TestFaultsReplaceTheAnswer(t *testing.T) {
	text := "{}"
	for name, tc := range map[string]struct {
		fault      graphsim.Fault
		wantStatus []int // of consecutive requests; 0 = the connection was cut
		wantBody   string
	}{
		"the next request":       {graphsim.Fault{Status: 503, Code: "ServiceUnavailable"}, []int{503, 200}, `"code":"ServiceUnavailable"`},
		"the third request":      {graphsim.Fault{Status: 500, Nth: 3}, []int{200, 200, 500, 200}, ""},
		"two in a row":           {graphsim.Fault{Status: 504, Nth: 2, Count: 2}, []int{200, 504, 504, 200}, ""},
		"for good":               {graphsim.Fault{Status: 502, Count: -1}, []int{502, 502, 502}, ""},
		"another method":         {graphsim.Fault{Status: 502, Method: "POST"}, []int{200}, ""},
		"another path":           {graphsim.Fault{Status: 502, Path: "^/v1.0/groups"}, []int{200}, ""},
		"this path and query":    {graphsim.Fault{Status: 502, Path: `^/v1\.0/users\?.*top=5`}, []int{502}, ""},
		"body as given":          {graphsim.Fault{Status: 500, Body: &text}, []int{500}, "{}"},
		"HTML of a gateway":      {graphsim.Fault{Effect: graphsim.EffectHTML}, []int{502, 200}, "<html>"},
		"cut before the answer":  {graphsim.Fault{Effect: graphsim.EffectCutBefore}, []int{0, 200}, ""},
		"token endpoint as well": {graphsim.Fault{Status: 503, Path: "/oauth2/"}, []int{200}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			m := newSim(t, graphsim.Knobs{})
			client.CloseIdleConnections() // the transport repeats a GET when a kept connection breaks
			must(m.AddFault(tc.fault))
			for i, want := range tc.wantStatus {
				a, err := m.do(http.MethodGet, "/v1.0/users?$top=5", "")
				if a.status != want || (err != nil) != (want == 0) {
					t.Fatalf("request %d: %d %v, want %d", i+1, a.status, err, want)
				}
				if want >= 400 && !strings.Contains(a.text, tc.wantBody) {
					t.Errorf("body is %s", a.text)
				}
			}
		})
	}
}

func TestFaultsSpoilTheBody(t *testing.T) {
	for name, tc := range map[string]struct {
		fault   graphsim.Fault
		wantErr bool
		check   func(a answer) bool
	}{
		"cut during the body": {graphsim.Fault{Effect: graphsim.EffectCutDuring}, true, func(a answer) bool { return a.json == nil }},
		"truncated JSON":      {graphsim.Fault{Effect: graphsim.EffectTruncated}, false, func(a answer) bool { return a.json == nil && a.text != "" }},
		"broken gzip":         {graphsim.Fault{Effect: graphsim.EffectBrokenGzip}, true, func(a answer) bool { return a.json == nil }},
		"oversized":           {graphsim.Fault{Effect: graphsim.EffectOversized, Size: 1 << 20}, false, func(a answer) bool { return len(a.text) >= 1<<20 && len(a.value()) == 30 }},
	} {
		t.Run(name, func(t *testing.T) {
			m := newSim(t, graphsim.Knobs{})
			m.people(30)
			must(m.AddFault(tc.fault))
			a, err := m.do(http.MethodGet, "/v1.0/users", "")
			if (err != nil) != tc.wantErr || a.status != 200 || !tc.check(a) {
				t.Errorf("status %d, error %v, body %.80s", a.status, err, a.text)
			}
			if a = m.ok("/v1.0/users"); len(a.value()) != 30 {
				t.Errorf("the request after has %d people", len(a.value()))
			}
		})
	}
}

func TestFaultsChangeAPage(t *testing.T) {
	for name, tc := range map[string]struct {
		fault     graphsim.Fault
		wantAll   bool
		wantPages int
	}{
		"empty page loses nothing":         {graphsim.Fault{Effect: graphsim.EffectEmptyPage}, true, 4},
		"short page loses nothing":         {graphsim.Fault{Effect: graphsim.EffectShortPage, Size: 2}, true, 4},
		"early end loses the rest":         {graphsim.Fault{Effect: graphsim.EffectEndEarly, Nth: 2}, false, 2},
		"everything is suddenly gone":      {graphsim.Fault{Effect: graphsim.EffectEmptyResult}, false, 1},
		"shuffled page has everything":     {graphsim.Fault{Effect: graphsim.EffectShuffle}, true, 3},
		"delay changes nothing by itself":  {graphsim.Fault{Effect: graphsim.EffectDelay}, true, 3},
		"error on a page, then the repeat": {graphsim.Fault{Effect: graphsim.EffectRepeatPage, Nth: 2}, true, 4},
	} {
		for _, path := range []string{"/v1.0/users/delta?$select=id", "/v1.0/users?$select=id&$top=10"} {
			t.Run(name+" "+path, func(t *testing.T) {
				m := newSim(t, graphsim.Knobs{UserPageSize: 10})
				want := m.people(30)
				must(m.AddFault(tc.fault))
				var got []string
				pages := 0
				for next := path; next != "" && pages < 10; pages++ {
					a := m.ok(next)
					got = append(got, ids(a.value())...)
					next = a.next()
				}
				slices.Sort(got)
				slices.Sort(want)
				if got = slices.Compact(got); slices.Equal(got, want) != tc.wantAll || pages != tc.wantPages {
					t.Errorf("%d different people on %d pages, want %d pages", len(got), pages, tc.wantPages)
				}
			})
		}
	}
}

func TestFaultRunsBetweenPages(t *testing.T) {
	m := newSim(t, graphsim.Knobs{UserPageSize: 1})
	ann, bob := m.user("ann"), m.user("bob")
	must(m.AddFault(graphsim.Fault{Path: "skiptoken", Effect: graphsim.EffectDelay, Do: func() { check(t, m.tenant.Purge(bob)) }}))
	got, _, link := m.round("/v1.0/users/delta?$select=displayName")
	if !slices.Equal(ids(got), []string{ann}) {
		t.Errorf("first round: %v", got)
	}
	if got, _, _ = m.round(link); byID(got, bob)["@removed"] == nil {
		t.Errorf("next round: %v", got)
	}
}

func TestFaultsAreCountedAndCleared(t *testing.T) {
	m := newSim(t, graphsim.Knobs{})
	one, two := must(m.AddFault(graphsim.Fault{Status: 500, Count: -1})), must(m.AddFault(graphsim.Fault{Status: 502, Nth: 5}))
	m.get("/v1.0/users")
	if list := m.Faults(); len(list) != 2 || list[0].Hits != 1 || list[1].Hits != 1 {
		t.Errorf("faults are %+v", list)
	}
	m.ClearFaults(one)
	m.ok("/v1.0/users")
	if list := m.Faults(); len(list) != 1 || list[0].ID != two {
		t.Errorf("faults are %+v", list)
	}
	m.ClearFaults()
	if len(m.Faults()) != 0 {
		t.Error("faults are left")
	}
	for name, f := range map[string]graphsim.Fault{"pattern": {Path: "(", Status: 500}, "effect": {Effect: "earthquake"}, "status": {}} {
		if _, err := m.AddFault(f); err == nil {
			t.Errorf("a fault with a bad %s was taken", name)
		}
	}
}

func TestRetryAfterOfAScriptedFault(t *testing.T) {
	m := newSim(t, graphsim.Knobs{})
	must(m.AddFault(graphsim.Fault{Status: 429, Code: "TooManyRequests", RetryAfter: 2128 * time.Millisecond, RetryAfterForm: graphsim.RetryAfterDecimal}))
	if a := m.wantError("/v1.0/users", 429, "TooManyRequests", ""); a.header.Get("Retry-After") != "2.128" {
		t.Errorf("Retry-After is %q", a.header.Get("Retry-After"))
	}
}

func TestJournal(t *testing.T) {
	s := newSim(t, graphsim.Knobs{})
	s.ok("/v1.0/users?$top=5")
	s.get("/v1.0/groups/nonsense")
	list := s.Journal()
	if len(list) != 2 || list[0].Path != "/v1.0/users" || list[0].Query != "$top=5" || list[0].Status != 200 || list[1].Status != 400 || list[0].Header.Get("Authorization") != "" {
		t.Errorf("journal is %+v", list)
	}
	if n := s.CountRequests("GET", "/v1.0/users"); n != 1 {
		t.Errorf("%d requests counted", n)
	}
	s.ResetJournal()
	if len(s.Journal()) != 0 {
		t.Error("the journal is not empty")
	}
}

func TestJournalIsARing(t *testing.T) {
	m := newSim(t, graphsim.Knobs{})
	m.Server = graphsim.New(graphsim.Config{JournalSize: 3})
	for _, path := range []string{"/a", "/b", "/c", "/d", "/e"} {
		m.ServeHTTP(discard{}, must(http.NewRequestWithContext(t.Context(), http.MethodGet, path, http.NoBody)))
	}
	var paths []string
	for _, r := range m.Journal() {
		paths = append(paths, r.Path)
	}
	if diff := cmp.Diff([]string{"/c", "/d", "/e"}, paths); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// discard is a ResponseWriter that throws everything away.
type discard struct{}

func (discard) Header() http.Header         { return http.Header{} }
func (discard) Write(b []byte) (int, error) { return len(b), nil }
func (discard) WriteHeader(int)             {}
