package credentials_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/entrain-dev/entrain/internal/credentials"
	"github.com/entrain-dev/entrain/internal/fault"
)

func TestTokenIsRenewedBeforeItsEnd(t *testing.T) {
	for name, tc := range map[string]struct {
		life       int
		kept, left time.Duration // kept until then, renewed after so much more
	}{
		"a day: five minutes before":           {86400, 24*time.Hour - 5*time.Minute - time.Second, 2 * time.Second},
		"ten minutes: a tenth before":          {600, 9*time.Minute - time.Second, 2 * time.Second},
		"450 days of a Genesys SCIM client":    {38880000, 450*24*time.Hour - 5*time.Minute - time.Second, 2 * time.Second},
		"an hour that has passed in the sleep": {3600, time.Minute, 5 * time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			e := newEndpoint(t)
			e.life = tc.life
			clock := clockwork.NewFakeClockAt(noon)
			s := source(t, e, clock, nil)
			want(t, s, "token-1")
			clock.Advance(tc.kept)
			want(t, s, "token-1")
			clock.Advance(tc.left)
			want(t, s, "token-2")
		})
	}
}

func TestTokenWithoutExpiryLastsUntilItIsRefused(t *testing.T) {
	e := newEndpoint(t)
	e.life = 0
	clock := clockwork.NewFakeClockAt(noon)
	s := source(t, e, clock, nil)
	want(t, s, "token-1")
	clock.Advance(10000 * time.Hour)
	want(t, s, "token-1")
	if err := s.Refresh(context.Background()); err != nil {
		t.Fatal(err)
	}
	want(t, s, "token-2")
}

func TestCredentialsInTheFormWhereBasicIsRefused(t *testing.T) {
	e := newEndpoint(t)
	e.formOnly = true
	clock := clockwork.NewFakeClockAt(noon)
	s := source(t, e, clock, nil)
	want(t, s, "token-1")
	clock.Advance(48 * time.Hour)
	want(t, s, "token-2")
	if e.asked != 3 {
		t.Errorf("asked %d times; the way that works was to be remembered after the first refusal", e.asked)
	}
}

func TestCallersShareOneRequest(t *testing.T) {
	e := newEndpoint(t)
	e.gate, e.arrived = make(chan struct{}), make(chan struct{}, 1)
	s := source(t, e, clockwork.NewFakeClockAt(noon), nil)
	const callers = 50
	results := make(chan string, callers)
	for range callers {
		go func() {
			token, err := s.Token(context.Background())
			results <- fmt.Sprint(token, err)
		}()
	}
	<-e.arrived
	close(e.gate)
	for range callers {
		if got := <-results; got != "token-1<nil>" {
			t.Errorf("got %s", got)
		}
	}
	if e.asked != 1 {
		t.Errorf("asked %d times, want 1", e.asked)
	}
}

func TestCallerWhoGivesUpDoesNotHurtTheOthers(t *testing.T) {
	e := newEndpoint(t)
	e.gate, e.arrived = make(chan struct{}), make(chan struct{}, 2)
	s := source(t, e, clockwork.NewFakeClockAt(noon), nil)
	ctx, giveUp := context.WithCancel(context.Background())
	first, second := make(chan error, 1), make(chan error, 1)
	go func() {
		_, err := s.Token(ctx)
		first <- err
	}()
	<-e.arrived
	go func() {
		_, err := s.Token(context.Background())
		second <- err
	}()
	giveUp()
	if err := <-first; !fault.Is(err, fault.Canceled) {
		t.Errorf("the first got %v, want Canceled", err)
	}
	<-e.arrived // the second asks for itself
	close(e.gate)
	if err := <-second; err != nil {
		t.Errorf("the second got %v", err)
	}
}

func TestManyRefusalsCauseOneRefresh(t *testing.T) {
	e := newEndpoint(t)
	clock := clockwork.NewFakeClockAt(noon)
	s := source(t, e, clock, nil)
	want(t, s, "token-1")
	clock.Advance(time.Hour)
	for range 20 {
		if err := s.Refresh(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	want(t, s, "token-2")
	if e.asked != 2 {
		t.Errorf("asked %d times, want 2", e.asked)
	}
}

func TestOldTokenServesWhileTheEndpointFails(t *testing.T) {
	e := newEndpoint(t)
	clock := clockwork.NewFakeClockAt(noon)
	s := source(t, e, clock, nil)
	want(t, s, "token-1")
	e.set(func(e *endpoint) {
		e.fail = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }
	})
	clock.Advance(24*time.Hour - time.Minute)
	before := e.asked
	for range 100 {
		want(t, s, "token-1")
	}
	if e.asked != before+1 {
		t.Errorf("asked %d times while failing, want once", e.asked-before)
	}
	clock.Advance(time.Minute)
	if _, err := s.Token(context.Background()); !fault.Is(err, fault.Transient) {
		t.Errorf("after its end: %v, want Transient", err)
	}
	e.set(func(e *endpoint) { e.fail = nil })
	want(t, s, "token-2")
}

func TestStoredTokens(t *testing.T) {
	clock := clockwork.NewFakeClockAt(noon)
	t.Run("a restart uses the stored token", func(t *testing.T) {
		e, shared := newEndpoint(t), &memory{}
		want(t, source(t, e, clock, &replica{memory: shared}), "token-1")
		want(t, source(t, e, clock, &replica{memory: shared}), "token-1")
		if e.asked != 1 {
			t.Errorf("asked %d times, want 1", e.asked)
		}
	})
	t.Run("a stored token of other credentials is not used", func(t *testing.T) {
		e, shared := newEndpoint(t), &memory{}
		want(t, source(t, e, clock, &replica{memory: shared}, func(c *credentials.OAuth2Config) { c.Scopes = []string{"scim"} }), "token-1")
		want(t, source(t, e, clock, &replica{memory: shared}), "token-2")
		if strings.Contains(fmt.Sprint(shared.token), "s3cret") {
			t.Error("the secret is stored with the token")
		}
	})
	t.Run("a stored token that was refused is replaced", func(t *testing.T) {
		e, shared := newEndpoint(t), &memory{}
		want(t, source(t, e, clock, &replica{memory: shared}), "token-1")
		s := source(t, e, clock, &replica{memory: shared})
		want(t, s, "token-1")
		if err := s.Refresh(context.Background()); err != nil {
			t.Fatal(err)
		}
		want(t, s, "token-2")
		if shared.token.AccessToken != "token-2" {
			t.Errorf("stored %s", shared.token.AccessToken)
		}
	})
	t.Run("a refusal takes the token that another replica has obtained", func(t *testing.T) {
		e, shared := newEndpoint(t), &memory{}
		a, b := source(t, e, clock, &replica{memory: shared}), source(t, e, clock, &replica{memory: shared})
		want(t, a, "token-1")
		want(t, b, "token-1")
		clock.Advance(time.Minute)
		for _, s := range []*credentials.ClientCredentials{b, a} {
			if err := s.Refresh(context.Background()); err != nil {
				t.Fatal(err)
			}
			want(t, s, "token-2")
		}
		if e.asked != 2 {
			t.Errorf("asked %d times, want 2", e.asked)
		}
	})
	t.Run("of two replicas that store at once the later uses the other's token", func(t *testing.T) {
		e, shared := newEndpoint(t), &memory{}
		other := source(t, e, clock, &replica{memory: shared})
		mine := &replica{memory: shared, before: func() { want(t, other, "token-2") }}
		want(t, source(t, e, clock, mine), "token-2")
		if shared.token.AccessToken != "token-2" {
			t.Errorf("stored %s", shared.token.AccessToken)
		}
	})
	t.Run("a store that fails is told and does not stop anything", func(t *testing.T) {
		e, shared := newEndpoint(t), &memory{err: errors.New("API server away")}
		told := 0
		want(t, source(t, e, clock, &replica{memory: shared}, func(c *credentials.OAuth2Config) { c.OnStoreError = func(error) { told++ } }), "token-1")
		if told != 2 {
			t.Errorf("told %d times, want of load and of save", told)
		}
	})
}
