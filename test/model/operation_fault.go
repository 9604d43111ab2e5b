package model

import (
	"context"
	"net/http"
	"strings"

	"github.com/entrain-dev/entrain/internal/engine"
	"github.com/entrain-dev/entrain/internal/fault"
	"github.com/entrain-dev/entrain/internal/simulator/graphsim"
	"github.com/entrain-dev/entrain/test/model/world"
)

func patches(r *http.Request) bool { return r.Method == http.MethodPatch }
func posts(r *http.Request) bool   { return r.Method == http.MethodPost }

// sourceFaults and targetFaults are failures after which everything must come right by itself. Those of a source that says
// less than there is are among them where a complete read or a second look repairs them.
var (
	sourceFaults = []world.Fault{
		{Effect: world.StatusBefore, Status: 500}, {Effect: world.StatusBefore, Status: 503}, {Effect: world.StatusBefore, Status: 403},
		{Effect: world.StatusBefore, Status: 401}, {Effect: world.StatusBefore, Status: 429, RetryAfter: "2"},
		{Effect: world.StatusBefore, Status: 429, RetryAfter: "1.5"}, {Effect: world.StatusBefore, Status: 429},
		{Effect: world.CutBefore}, {Effect: world.CutAfter}, {Effect: world.CutBody}, {Effect: world.Web}, {Effect: world.Truncated}, {Effect: world.BrokenGzip},
	}
	targetFaults = []world.Fault{
		{Effect: world.StatusBefore, Status: 500}, {Effect: world.StatusBefore, Status: 503, RetryAfter: "3"}, {Effect: world.StatusBefore, Status: 401},
		{Effect: world.StatusBefore, Status: 403}, {Effect: world.StatusBefore, Status: 429, RetryAfter: "2"}, {Effect: world.StatusBefore, Status: 429},
		{Effect: world.StatusBefore, Status: 400}, {Effect: world.StatusBefore, Status: 409, Match: posts}, {Effect: world.StatusBefore, Status: 404, Match: patches},
		{Effect: world.StatusAfter, Status: 500}, {Effect: world.StatusAfter, Status: 503},
		{Effect: world.CutBefore}, {Effect: world.CutAfter}, {Effect: world.CutBody}, {Effect: world.Web}, {Effect: world.Truncated}, {Effect: world.BrokenGzip},
		{Effect: world.CutAfter, Match: posts}, {Effect: world.StatusAfter, Status: 500, Match: posts}, {Effect: world.Web, Match: posts},
		{Effect: world.EmptyBody, Match: posts}, {Effect: world.NoID, Match: posts}, {Effect: world.OK, Match: posts}, {Effect: world.NoContent},
		{Effect: world.CutAfter, Match: patches}, {Effect: world.EmptyBody, Match: patches},
	}
	pageFaults = []graphsim.Effect{graphsim.EffectEmptyPage, graphsim.EffectShortPage, graphsim.EffectRepeatPage, graphsim.EffectShuffle}
)

// times is how often a fault strikes: once, as often as a client repeats a request, or until it is taken away.
func times(n int) int { return []int{1, 1, 3, 12, -1}[n%5] }

// breakSource breaks requests of the next cycle.
func (h *history) breakSource(o operation) error {
	h.faults = true
	n := o.a % (len(sourceFaults) + len(pageFaults) + 1)
	switch {
	case n < len(sourceFaults):
		f := sourceFaults[n]
		f.From, f.Times = 1+o.b%8, times(o.c)
		h.w.Source.Break(f)
		return nil
	case n < len(sourceFaults)+len(pageFaults):
		_, err := h.w.Graph.AddFault(graphsim.Fault{Path: "/delta", Effect: pageFaults[n-len(sourceFaults)], Nth: 1 + o.b%4, Count: 1 + o.c%3})
		return err
	}
	if h.emptied {
		return nil // two reads in a row that say the same are believed
	}
	h.emptied = true
	_, err := h.w.Graph.AddFault(graphsim.Fault{Path: "appRoleAssignedTo", Effect: graphsim.EffectEmptyResult})
	return err
}

func (h *history) breakTarget(o operation) error {
	h.faults = true
	f := targetFaults[o.a%len(targetFaults)]
	f.From, f.Times = 1+o.b%12, times(o.c)
	if f.Match == nil && o.b%2 == 0 {
		f.Match = func(r *http.Request) bool { return r.Method != http.MethodGet }
	}
	h.w.Target.Break(f)
	return nil
}

// expire makes all delta tokens unusable; sometimes a read of everything then leaves out some or all. Nobody may be removed for
// it; but whoever was not known before stays unknown until an administrator restarts, since nothing tells such a read from a true one.
func (h *history) expire(o operation) error {
	h.w.Graph.ExpireTokens([]graphsim.ExpiredAnswer{graphsim.ExpiredObserved, graphsim.ExpiredAnnounced, graphsim.ExpiredGone}[o.a%3])
	h.reread = true
	if o.b%3 > 0 {
		return nil
	}
	h.faults, h.lied = true, true
	path := []string{`/users/delta\?.*select`, `/groups/delta\?.*select`}[o.c%2]
	_, err := h.w.Graph.AddFault(graphsim.Fault{Path: path, Effect: []graphsim.Effect{graphsim.EffectEmptyResult, graphsim.EffectEndEarly}[o.b%2]})
	return err
}

// cycle runs a cycle and demands only what must hold after every cycle.
func (h *history) cycle(operation) error {
	_, err := h.run(engine.Request{})
	h.m.widen()
	return err
}

// dryRun runs a cycle that writes nothing.
func (h *history) dryRun(operation) error {
	v := h.w.Variant
	v.DryRun = true
	if err := h.w.Use(v); err != nil {
		return err
	}
	if _, err := h.run(engine.Request{}); err != nil {
		return err
	}
	if writes := h.writes; len(writes) > 0 {
		return broken("a dry run sent %v", writes)
	}
	v.DryRun = false
	return h.w.Use(v)
}

// interrupt runs a cycle that is stopped or cancelled at some point.
func (h *history) interrupt(o operation) error {
	h.faults = true
	stop, n := make(chan struct{}), 0
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	at := 1 + o.a%40
	observe := func(engine.Progress) {
		if n++; n != at {
			return
		}
		if o.b%2 == 0 {
			close(stop)
		} else {
			cancel()
		}
	}
	_, err := h.runIn(ctx, engine.Request{Stop: stop, Observe: observe})
	h.m.widen()
	return err
}

// reopen closes the store and opens it again, as a restart of the process does.
func (h *history) reopen(operation) error { return h.w.Open() }

// tolerable reports whether an error is one that faults may bring: it must say what happened.
func tolerable(err error) error {
	if err == nil {
		return nil
	}
	if fault.KindOf(err) == fault.Unknown || strings.TrimSpace(fault.MessageOf(err)) == "" {
		return broken("a cycle failed without a cause: %v", err)
	}
	return nil
}
