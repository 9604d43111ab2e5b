package controllers

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	api "github.com/entrain-dev/entrain/api/v1alpha1"
	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/engine"
	"github.com/entrain-dev/entrain/internal/fault"
	"github.com/entrain-dev/entrain/internal/plan"
	"github.com/entrain-dev/entrain/internal/runner"
	"github.com/entrain-dev/entrain/internal/state"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// observed is a config whose last cycle ended well, changed by a test.
func observed(change ...func(*observation)) observation {
	config := &api.ProvisioningConfig{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "genesys", Generation: 3}}
	config.SetDefaults()
	last := &state.Report{ID: "c1", Started: noon.Add(-time.Minute), Ended: noon, Result: engine.Succeeded, Created: 2}
	o := observation{config: config, planned: true, now: noon, run: runner.Status{
		Loaded: true, Tried: true, State: state.Config{Last: last, LastSuccessful: last}, Counts: state.Counts{Users: 200, Groups: 4, Memberships: 300},
		NextCycle: noon.Add(40 * time.Minute),
	}}
	for _, f := range change {
		f(&o)
	}
	return o
}

func TestCodeAndConditions(t *testing.T) {
	type want struct {
		code                                       api.StatusCode
		ready, reason, message                     string
		synchronized, quarantined, stalled, source string
	}
	for name, tc := range map[string]struct {
		o    observation
		want want
	}{
		"all is well": {observed(), want{
			code: api.StatusActive, ready: "True", reason: "Active", message: "200 users and 4 groups are in sync", synchronized: "True", quarantined: "False", source: "True",
		}},
		"a Secret is missing from the beginning": {observed(func(o *observation) {
			o.planned, o.run = false, runner.Status{}
			o.unresolved = &plan.Unresolved{Reason: api.SecretNotFoundReason, Message: `The Secret "x" does not exist.`}
		}), want{
			code: api.StatusNotConfigured, ready: "False", reason: "SecretNotFound", message: `The Secret "x" does not exist.`,
			synchronized: "Unknown", quarantined: "False", stalled: "True", source: "Unknown",
		}},
		"a mapping is broken while the previous one runs": {observed(func(o *observation) {
			o.unresolved = &plan.Unresolved{Reason: api.ReferenceInvalidReason, Message: "The mapping cannot be used."}
		}), want{
			code: api.StatusActive, ready: "False", reason: "ReferenceInvalid", message: "the previous configuration stays in force",
			synchronized: "True", quarantined: "False", stalled: "True", source: "True",
		}},
		"the initial cycle is running": {observed(func(o *observation) {
			o.run.State, o.run.Running, o.run.Tried = state.Config{}, true, false
			o.run.Progress = engine.Progress{Initial: true, Phase: engine.PhaseUsers, Done: 73, Total: 100}
		}), want{code: api.StatusNotRun, ready: "Unknown", reason: "NotRun", message: "initial cycle has not ended", synchronized: "Unknown", quarantined: "False", source: "Unknown"}},
		"paused": {observed(func(o *observation) { o.config.Spec.ProvisioningMode = api.ProvisioningModePaused }), want{
			code: api.StatusPaused, ready: "True", reason: "Paused", message: "paused", synchronized: "True", quarantined: "False", source: "True",
		}},
		"dry run": {observed(func(o *observation) { o.config.Spec.ProvisioningMode = api.ProvisioningModeDryRun }), want{
			code: api.StatusDryRun, ready: "True", reason: "DryRun", message: "nothing is written", synchronized: "True", quarantined: "False", source: "True",
		}},
		"Entra refuses the secret": {observed(func(o *observation) {
			o.run.SourceErr = fault.New(fault.Unauthorized, "get token", "The client secret is wrong.")
			o.run.State.Quarantine = &state.Quarantine{Reason: engine.ReasonException, Message: "The client secret is wrong.", NextAttempt: noon.Add(6 * time.Hour)}
			o.run.State.Last = &state.Report{Result: engine.Failed, Message: "The client secret is wrong."}
		}), want{
			code: api.StatusQuarantine, ready: "False", reason: "Unauthorized", message: "Entra could not be used: The client secret is wrong.",
			synchronized: "False", quarantined: "True", source: "False",
		}},
		"removals are held": {observed(func(o *observation) {
			o.run.State.Held = &state.Held{ID: "abc", Users: 30, Since: noon}
			o.run.State.Quarantine = &state.Quarantine{Reason: engine.ReasonTooManyDeletes, Message: "30 users and 0 groups would be disabled."}
		}), want{
			code: api.StatusQuarantine, ready: "False", reason: "TooManyDeletes", message: "30 users", synchronized: "False", quarantined: "True", source: "True",
		}},
		"some objects failed": {observed(func(o *observation) {
			o.run.State.Last = &state.Report{Result: engine.EntryLevelErrors, Failed: 2, Escrowed: 2}
		}), want{code: api.StatusActive, ready: "True", reason: "Active", message: "in sync", synchronized: "False", quarantined: "False", source: "True"}},
		"the quarantine lasted four weeks": {observed(func(o *observation) {
			o.run.State.Quarantine, o.run.Expired = &state.Quarantine{Reason: engine.ReasonException, Message: "Refused."}, true
		}), want{
			code: api.StatusQuarantine, ready: "False", reason: "EncounteredQuarantineException", message: "Refused.",
			synchronized: "True", quarantined: "True", stalled: "True", source: "True",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			s := compute(tc.o)
			status := func(typ string) string {
				if c := meta.FindStatusCondition(s.Conditions, typ); c != nil {
					return string(c.Status)
				}
				return ""
			}
			ready := meta.FindStatusCondition(s.Conditions, api.ReadyCondition)
			got := want{
				code: s.Code, ready: string(ready.Status), reason: ready.Reason, message: tc.want.message, synchronized: status(api.SynchronizedCondition),
				quarantined: status(api.QuarantinedCondition), stalled: status(api.StalledCondition), source: status(api.SourceConnectedCondition),
			}
			if !strings.Contains(ready.Message, tc.want.message) {
				got.message = ready.Message
			}
			if diff := cmp.Diff(tc.want, got, cmp.AllowUnexported(want{})); diff != "" {
				t.Errorf("status (-want +got):\n%s", diff)
			}
			if s.ObservedGeneration != 3 || ready.ObservedGeneration != 3 {
				t.Errorf("observed generations %d and %d, want 3", s.ObservedGeneration, ready.ObservedGeneration)
			}
		})
	}
}

func TestProgress(t *testing.T) {
	for name, tc := range map[string]struct {
		o    observation
		want string
	}{
		"a phase with a known end":   {observed(running(engine.PhaseUsers, 73, 100)), "Users 73%"},
		"a phase without one":        {observed(running(engine.PhaseImport, 4000, 0)), "Import 4000"},
		"a phase that just began":    {observed(running(engine.PhaseGuard, 0, 0)), "Guard"},
		"between cycles":             {observed(), "Completed"},
		"after a cycle that failed":  {observed(func(o *observation) { o.run.State.Last = &state.Report{Result: engine.Failed} }), "Failed"},
		"after one that was stopped": {observed(func(o *observation) { o.run.State.Cycle = &state.Cycle{} }), "Interrupted"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := compute(tc.o).Progress.Summary; got != tc.want {
				t.Errorf("summary = %q, want %q", got, tc.want)
			}
		})
	}
	if p := compute(observed(func(o *observation) { o.run.State = state.Config{} })).Progress; p != nil {
		t.Errorf("progress before the first cycle = %+v", p)
	}
}

func running(p engine.Phase, done, total int64) func(*observation) {
	return func(o *observation) {
		o.run.Running, o.run.Progress = true, engine.Progress{Phase: p, Done: done, Total: total}
	}
}

func TestRecentErrorsAreBounded(t *testing.T) {
	o := observed(func(o *observation) {
		for range 15 {
			o.run.Errors = append(o.run.Errors, state.Record{
				Kind: directory.User, ID: "id", Escrow: &state.Escrow{Code: "EntryConflict", Message: strings.Repeat("long ", 200), Next: noon},
			})
		}
	})
	got := compute(o).RecentErrors
	if len(got) != api.MaxRecentErrors || len([]rune(got[0].Message)) > maxShortMessage || got[0].Code != "EntryConflict" {
		t.Errorf("recent errors = %d, first %+v", len(got), got[0])
	}
}

func TestUnchangedObservationsGiveTheSameStatus(t *testing.T) {
	o := observed()
	o.config.Status = compute(o)
	o.now = noon.Add(time.Hour)
	if diff := cmp.Diff(o.config.Status, compute(o)); diff != "" {
		t.Errorf("the status flaps:\n%s", diff)
	}
}

func TestResetOf(t *testing.T) {
	portal := state.Reset{Watermark: true, Escrows: true, Quarantine: true}
	for request, want := range map[string]state.Reset{
		"1":                          portal,
		"1:":                         portal,
		"1:Watermark":                {Watermark: true},
		"1:Escrows, QuarantineState": {Escrows: true, Quarantine: true},
		"1:Full":                     {Watermark: true, Escrows: true, Quarantine: true, Links: true},
		"1:Watermak":                 {},
	} {
		got, problem := resetOf(request)
		if got != want || (problem != "") != (request == "1:Watermak") {
			t.Errorf("resetOf(%q) = %+v, %q, want %+v", request, got, problem, want)
		}
	}
}

func TestDriftIsShownWhileItIsLookedFor(t *testing.T) {
	looked := func(o *observation) {
		o.run.State.Drift = &state.Drift{Began: noon.Add(-time.Minute), Ended: noon, Found: 3}
	}
	wanted := func(o *observation) { o.config.Spec.Extensions.DriftCorrection = api.DriftCorrectionDetect }
	if got := compute(observed(looked, wanted)).Drift; got == nil || got.Found != 3 || !got.CheckedTime.Time.Equal(noon) {
		t.Errorf("drift = %+v", got)
	}
	for name, o := range map[string]observation{
		"nobody looked yet": observed(wanted),
		"the first look is under way": observed(wanted, func(o *observation) {
			o.run.State.Drift = &state.Drift{Began: noon}
		}),
		"it is no longer wanted": observed(looked),
	} {
		if got := compute(o).Drift; got != nil {
			t.Errorf("%s: drift = %+v", name, got)
		}
	}
}
