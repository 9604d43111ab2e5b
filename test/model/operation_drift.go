package model

import (
	"time"

	"github.com/entrain-dev/entrain/internal/engine"
	"github.com/entrain-dev/entrain/internal/state"
)

// drifts reports what the histories of a seed do about drift: one in seven corrects it. Nobody touches the application by hand in
// these, so that whatever is found is a mistake.
func drifts(seed uint64) engine.Drift {
	if seed%7 == 3 {
		return engine.DriftCorrected
	}
	return engine.DriftIgnored
}

// byHand are the operations that change the application by hand.
var byHand = map[string]bool{"stranger": true, "join": true, "forget": true}

// pause is the time between cycles. Where drift is looked for it is long enough that each cycle looks.
func (h *history) pause() time.Duration {
	if h.w.Variant.Drift == engine.DriftIgnored {
		return time.Hour
	}
	return 25 * time.Hour
}

// untouched checks that looking for drift has found nothing.
func untouched(config state.Config) error {
	for _, r := range []*state.Report{config.Last, config.LastSuccessful} {
		if r != nil && r.Drifted > 0 {
			return broken("drift was found where nobody had touched anything: %+v", *r)
		}
	}
	return nil
}

// looked checks that a cycle with nothing else to do has looked at everything, where that is wanted.
func (h *history) looked(config state.Config) error {
	if h.w.Variant.Drift == engine.DriftIgnored || h.w.Variant.DryRun {
		return nil
	}
	if d := config.Drift; d == nil || d.Ended.Before(config.Last.Started) {
		return broken("nobody looked for drift: %+v", d)
	}
	return nil
}
