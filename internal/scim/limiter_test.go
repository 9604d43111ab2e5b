package scim_test

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jonboulle/clockwork"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/fault"
	"github.com/entrain-dev/entrain/internal/scim"
	"github.com/entrain-dev/entrain/internal/scim/profile"
)

func TestARequestThatIsThrottledWaitsAndIsSentAgain(t *testing.T) {
	app := serve(t, sequence(respond(429, platformError("too.many.requests", ""), "Retry-After", "7"), respond(429, ""), respond(201, `{"id":"u-1"}`)))
	var seen []scim.Request
	c := app.client(t, profile.Generic, func(cfg *scim.Config) { cfg.Observe = func(r scim.Request) { seen = append(seen, r) } })
	began := app.clock.Now()
	if err := creating(context.Background(), c); err != nil {
		t.Fatal(err)
	}
	if got := app.clock.Since(began); got != 13*time.Second {
		t.Errorf("waited %v, want 7 s as asked and 6 s as nothing was asked", got)
	}
	want := []scim.Request{
		{Op: "create user", Method: "POST", Kind: directory.User, Status: 429, Fault: fault.Throttled, Attempt: 1},
		{Op: "create user", Method: "POST", Kind: directory.User, Status: 429, Fault: fault.Throttled, Attempt: 2, Wait: 7 * time.Second},
		{Op: "create user", Method: "POST", Kind: directory.User, Status: 201, Attempt: 3, Wait: 6 * time.Second},
	}
	if diff := cmp.Diff(want, seen); diff != "" {
		t.Errorf("observed (-want +got):\n%s", diff)
	}
}

func TestAPauseOfHoursIsToldToTheCaller(t *testing.T) {
	app := serve(t, sequence(respond(429, "", "Retry-After", "7200")))
	c := app.client(t, profile.Generic)
	for i := range 2 {
		err := reading(context.Background(), c)
		if !fault.Is(err, fault.Throttled) || fault.RetryAfter(err) != 2*time.Hour {
			t.Errorf("request %d: %v, retry after %v", i, err, fault.RetryAfter(err))
		}
	}
	if n := len(app.seen()); n != 1 {
		t.Errorf("%d requests, want one: the others know", n)
	}
}

func TestAnApplicationThatOnlyEverSays429IsGivenUp(t *testing.T) {
	app := serve(t, sequence(respond(429, "", "Retry-After", "1")))
	if err := reading(context.Background(), app.client(t, profile.Generic)); !fault.Is(err, fault.Throttled) || fault.CodeOf(err) != "TooManyRequests" {
		t.Errorf("err = %v", err)
	}
	if n := len(app.seen()); n != 21 {
		t.Errorf("%d requests", n)
	}
}

// Two configs with the same token are two clients with one limiter: together they stay below the allowance.
func TestClientsThatShareCredentialsShareThePace(t *testing.T) {
	var app *application
	var ends time.Time
	count := 0
	app = serve(t, func(w http.ResponseWriter, _ recorded, _ int) {
		count++
		reset := strconv.FormatFloat(math.Ceil(ends.Sub(app.clock.Now()).Seconds()), 'f', 0, 64)
		respond(200, list(0), "inin-ratelimit-count", strconv.Itoa(count), "inin-ratelimit-allowed", "10", "inin-ratelimit-reset", reset)(w)
	})
	ends = app.clock.Now().Add(20 * time.Second)
	limiter := scim.NewLimiter(0, app.clock)
	share := func(cfg *scim.Config) { cfg.Limiter = limiter }
	one, two := app.client(t, profile.Generic, share), app.client(t, profile.Generic, share)
	began := app.clock.Now()
	for range 3 {
		for _, c := range []*scim.Client{one, two} {
			if err := finding(context.Background(), c); err != nil {
				t.Fatal(err)
			}
		}
	}
	// Nine more are allowed in 21 s (20 and one for the rounding); the sixth comes after five ninths of that.
	if got, want := app.clock.Since(began).Round(100*time.Millisecond), 21*time.Second*5/9; got < want-time.Second || got > want+time.Second {
		t.Errorf("six requests took %v, want about %v", got, want)
	}
}

// A request that waits for its time goes on earlier when an answer says that there is room.
func TestAnAnswerWakesTheRequestThatWaits(t *testing.T) {
	clock := clockwork.NewFakeClock()
	release := make(chan struct{})
	app := serve(t, func(w http.ResponseWriter, _ recorded, n int) {
		if n == 0 {
			<-release
		}
		respond(200, list(0), "inin-ratelimit-count", "1", "inin-ratelimit-allowed", "60", "inin-ratelimit-reset", "1")(w)
	})
	c := app.client(t, profile.Generic, func(cfg *scim.Config) { cfg.Clock, cfg.Limiter = clock, scim.NewLimiter(60, clock) })
	first, second := make(chan error, 1), make(chan error, 1)
	go func() { first <- finding(context.Background(), c) }()
	waitFor(t, func() bool { return len(app.seen()) == 1 })
	go func() { second <- finding(context.Background(), c) }()
	// Without an answer the second request would wait for a second.
	if err := clock.BlockUntilContext(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	close(release)
	if err := <-first; err != nil {
		t.Fatal(err)
	}
	clock.Advance(100 * time.Millisecond) // 59 requests are left for two seconds
	if err := <-second; err != nil {
		t.Fatal(err)
	}
}

func TestStoppingEndsTheWaitForATurn(t *testing.T) {
	clock := clockwork.NewFakeClock()
	app := serve(t, sequence(respond(200, list(0))))
	c := app.client(t, profile.Generic, func(cfg *scim.Config) { cfg.Clock, cfg.Limiter = clock, scim.NewLimiter(1, clock) })
	if err := finding(context.Background(), c); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	results := make([]error, 3) // one waits for its time, the others for their turn
	for i := range results {
		wg.Go(func() { results[i] = finding(ctx, c) })
	}
	if err := clock.BlockUntilContext(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	cancel()
	wg.Wait()
	for i, err := range results {
		if !fault.Is(err, fault.Canceled) {
			t.Errorf("request %d: %v", i, err)
		}
	}
	if n := len(app.seen()); n != 1 {
		t.Errorf("%d requests", n)
	}
}

func TestManyAtOnce(t *testing.T) {
	app := serve(t, func(w http.ResponseWriter, r recorded, n int) {
		if n%7 == 3 {
			respond(429, "", "Retry-After", "0.001")(w)
			return
		}
		respond(201, fmt.Sprintf(`{"id":"u-%d"}`, n))(w)
	})
	real := clockwork.NewRealClock()
	c := app.client(t, profile.Generic, func(cfg *scim.Config) { cfg.Clock, cfg.Limiter = real, scim.NewLimiter(0, real) })
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			for range 10 {
				if err := creating(context.Background(), c); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}

// waitFor polls a condition that another goroutine brings about.
func waitFor(t *testing.T, done func() bool) {
	t.Helper()
	deadline := time.After(30 * time.Second)
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatal("it did not happen within 30 seconds")
		}
	}
}
