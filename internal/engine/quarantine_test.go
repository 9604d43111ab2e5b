package engine_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/entrain-dev/entrain/internal/engine"
	"github.com/entrain-dev/entrain/internal/simulator/genesyssim"
	"github.com/entrain-dev/entrain/internal/state"
)

// The worked examples of reference 2.1, a thousandth of their size.
func TestQuarantineThresholds(t *testing.T) {
	for name, tc := range map[string]struct {
		failed, arrived, managers int
		want                      string
	}{
		"4,000 failures are too few to judge by":            {failed: 4, want: ""},
		"45,000 failures are more than 40,000":              {failed: 45, arrived: 100, want: engine.ReasonBaseThreshold},
		"30,000 of 35,000 are more than 40 %":               {failed: 30, arrived: 5, want: engine.ReasonProportion},
		"20,000 of 120,000 are not":                         {failed: 20, arrived: 100, want: ""},
		"40,000 people and 21,000 managers are over 60,000": {failed: 40, arrived: 100, managers: 21, want: engine.ReasonTotalThreshold},
		"managers alone are no reason":                      {arrived: 1, managers: 21, want: ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, func(p *engine.Plan) {
				p.Limits = engine.Limits{MinimumFailures: 5, FailurePercent: 40, BaseFailures: 40, TotalFailures: 60}
			})
			w.add("boss")
			for i := range tc.managers {
				n := fmt.Sprintf("m%02d", i)
				w.hire(n)
				w.manager(n, "boss")
			}
			w.cycle()
			if tc.managers > 0 {
				_, err := w.tenant.Assign(appID, w.people["boss"], "")
				must(t, err)
			}
			refuse := func(method, contains string, times int) {
				if times > 0 {
					w.genesys.SetFault(genesyssim.Fault{Method: method, Contains: contains, Times: times, Effect: genesyssim.EffectStatus, Status: 400, Body: genesyssim.SCIMBody})
				}
			}
			refuse("POST", "late", tc.failed)
			refuse("PATCH", "manager", tc.managers)
			for i := range tc.failed {
				w.hire(fmt.Sprintf("late%02d", i))
			}
			for i := range tc.arrived {
				w.hire(fmt.Sprintf("new%03d", i))
			}
			c := w.cycle()
			if got := int64(tc.failed + tc.managers); c.Last.Failed != got {
				t.Fatalf("%d failures, want %d: %v", c.Last.Failed, got, w.failures())
			}
			got := ""
			if c.Quarantine != nil {
				got = c.Quarantine.Reason
			}
			if got != tc.want {
				t.Errorf("reason = %q, want %q", got, tc.want)
			}
			// The failures go away, and so does the quarantine with the next attempt.
			w.clock.Advance(24 * time.Hour)
			if c = w.cycle(); c.Quarantine != nil || c.Last.Failed != 0 {
				t.Errorf("a day later: quarantine %+v, %d failed", c.Quarantine, c.Last.Failed)
			}
		})
	}
}

// The steps of reference 2.2, counted from the first failure of the series, and the series of 2.4.
func TestQuarantineSeries(t *testing.T) {
	w := newWorld(t)
	w.hire("ada")
	w.cycle()
	w.genesys.RevokeToken(token)
	var began time.Time
	var waits []time.Duration
	for i := range 6 {
		c, err := w.try(engine.Request{})
		if err == nil {
			t.Fatal("a revoked token was accepted")
		}
		q := c.Quarantine
		if i == 0 {
			began = q.SeriesBegan
		}
		want := state.Quarantine{
			Reason: engine.ReasonException, Code: q.Code, Message: q.Message, SeriesBegan: began, CurrentBegan: w.clock.Now(), NextAttempt: q.NextAttempt, SeriesCount: int64(i + 1),
		}
		equal(t, "quarantine", want, *q)
		waits = append(waits, q.NextAttempt.Sub(began))
		w.clock.Advance(q.NextAttempt.Sub(w.clock.Now()) - time.Hour) // try comes an hour later
	}
	h := time.Hour
	equal(t, "attempts after the first failure", []time.Duration{6 * h, 12 * h, 24 * h, 48 * h, 72 * h, 96 * h}, waits)

	w.genesys.IssueToken(genesyssim.TokenSpec{Value: token})
	if c := w.cycle(); c.Quarantine != nil {
		t.Errorf("quarantine = %+v", c.Quarantine)
	}
	w.genesys.RevokeToken(token)
	c, _ := w.try(engine.Request{})
	if c.Quarantine == nil || c.Quarantine.SeriesCount != 1 || !c.Quarantine.SeriesBegan.Equal(w.clock.Now()) {
		t.Errorf("a new series: %+v", c.Quarantine)
	}
}

// What an application answers that is not SCIM quarantines at once; that it is away for a while does not.
func TestWhatQuarantinesAtOnce(t *testing.T) {
	for name, tc := range map[string]struct {
		fault genesyssim.Fault
		want  string
	}{
		"404 where a search should be":  {genesyssim.Fault{Method: "GET", Effect: genesyssim.EffectStatus, Status: 404, Times: -1}, engine.ReasonException},
		"403":                           {genesyssim.Fault{Method: "GET", Effect: genesyssim.EffectStatus, Status: 403, Times: -1}, engine.ReasonException},
		"it asks for a pause of a week": {genesyssim.Fault{Method: "GET", Effect: genesyssim.EffectStatus, Status: 429, RetryAfter: "604800", Times: -1}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.hire("ada")
			w.genesys.SetFault(tc.fault)
			c, err := w.try(engine.Request{})
			got := ""
			if c.Quarantine != nil {
				got = c.Quarantine.Reason
			}
			if err == nil || got != tc.want {
				t.Errorf("error %v, reason %q, want %q", err, got, tc.want)
			}
		})
	}
}
