package runner

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/entrain-dev/entrain/internal/engine"
	"github.com/entrain-dev/entrain/internal/fault"
	"github.com/entrain-dev/entrain/internal/schedule"
	"github.com/entrain-dev/entrain/internal/state"
)

const (
	// storeRetry is how long to wait when the store cannot be used.
	storeRetry = 15 * time.Second
	maxNotices = 20
)

// loop runs the cycles of one config, one after the other.
type loop struct {
	runner *Runner
	id     state.ConfigID
	cancel context.CancelFunc
	ended  chan struct{}
	// changed wakes the loop; one token is enough.
	changed chan struct{}
	// life ends when the config is removed or the runner stops; nil before the runner started. Guarded by runner.mu.
	life context.Context
	// turn is held by the cycle, and by runs on demand.
	turn turn

	mu      sync.Mutex
	desired Desired
	status  Status
	// ran is the revision of the last cycle that was begun.
	ran string
	// stop ends the running cycle at an object border; nil between cycles.
	stop    chan struct{}
	notices int64
	// waiting is how many runs on demand wait for their turn; yielding is true while the cycle ends for them, and resumed is
	// when it last went on after that.
	waiting  int
	yielding bool
	resumed  time.Time
}

func newLoop(r *Runner, id state.ConfigID, d Desired) *loop {
	l := &loop{runner: r, id: id, desired: d, changed: make(chan struct{}, 1), ended: make(chan struct{})}
	l.status.Handled = d.Handled
	return l
}

func (l *loop) set(d Desired) {
	l.mu.Lock()
	if l.stop != nil && d.Revision != l.ran {
		close(l.stop)
		l.stop = nil
	}
	l.desired = d
	l.mu.Unlock()
	select {
	case l.changed <- struct{}{}:
	default:
	}
}

func (l *loop) snapshot() Status {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.status
	s.Notices = slices.Clone(s.Notices)
	return s
}

// run waits for what is due and runs it, until ctx ends.
func (l *loop) run(ctx context.Context) {
	for !l.load(ctx) {
		if !l.sleep(ctx, l.runner.Clock.Now().Add(storeRetry)) {
			return
		}
	}
	for {
		due, next := l.due()
		if !due {
			if !l.sleep(ctx, next) {
				return
			}
			continue
		}
		select {
		case l.runner.slots <- struct{}{}:
		case <-ctx.Done():
			return
		}
		if l.turn.take(ctx) == nil {
			l.cycle(ctx)
			l.turn.give()
		}
		<-l.runner.slots
		if ctx.Err() != nil {
			return
		}
	}
}

// sleep waits until a time (for ever when it is zero) or a change; false when ctx ended.
func (l *loop) sleep(ctx context.Context, until time.Time) bool {
	var alarm <-chan time.Time
	if !until.IsZero() {
		timer := l.runner.Clock.NewTimer(until.Sub(l.runner.Clock.Now()))
		defer timer.Stop()
		alarm = timer.Chan()
	}
	select {
	case <-alarm:
	case <-l.changed:
	case <-ctx.Done():
		return false
	}
	return true
}

// load reads the state from the store.
func (l *loop) load(ctx context.Context) bool {
	config, err := l.runner.Store.Load(ctx, l.id)
	if err == nil {
		err = l.refresh(ctx, config)
	}
	l.mu.Lock()
	l.status.StoreErr = err
	l.status.Loaded = err == nil
	l.mu.Unlock()
	l.runner.notify(l.id)
	if err != nil {
		l.runner.Log.Error("Reading state failed", "config", l.desired.Plan.Name, "err", err)
	}
	return err == nil
}

// refresh brings the status up to what is in the store.
func (l *loop) refresh(ctx context.Context, config state.Config) error {
	store := l.runner.Store
	counts, err := store.Counts(ctx, l.id)
	if err != nil {
		return err
	}
	escrows, err := store.Escrows(ctx, l.id, recentErrors)
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.status.State, l.status.Counts, l.status.Errors = config, counts, escrows
	return nil
}

// due reports whether a cycle must run now; if not, next is when to look again.
func (l *loop) due() (due bool, next time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	d, s := l.desired, &l.status
	now := l.runner.Clock.Now()
	s.NextCycle, s.Expired = time.Time{}, false
	if d.Mode == Paused {
		l.refusePaused()
		return false, time.Time{}
	}
	if l.requested() {
		return true, now
	}
	if d.Mode == Manual {
		return false, time.Time{}
	}
	next = l.scheduled(now)
	if next.IsZero() {
		s.Expired = true
		return false, time.Time{}
	}
	s.NextCycle = next
	return !next.After(now), next
}

// requested reports whether an administrator asks for a cycle that was not acknowledged yet; l.mu is held.
func (l *loop) requested() bool {
	d, h := l.desired.Requests, &l.status.Handled
	if d.AllowDeletes != "" && d.AllowDeletes != h.AllowDeletes {
		if held := l.status.State.Held; held == nil || held.ID != d.AllowDeletes {
			h.AllowDeletes = d.AllowDeletes
			l.notice(true, "AllowDeletesRefused", "Nothing was released: the held removals are no longer the set "+d.AllowDeletes+
				". Look at status.heldDeletions and repeat with its id.")
		}
	}
	if d.Restart != h.Restart && l.desired.ResetProblem != "" {
		h.Restart = d.Restart
		l.notice(true, "RestartRefused", l.desired.ResetProblem)
	}
	return d.Sync != "" && d.Sync != h.Sync || d.Restart != "" && d.Restart != h.Restart || d.AllowDeletes != "" && d.AllowDeletes != h.AllowDeletes
}

// refusePaused acknowledges requests without running anything; l.mu is held.
func (l *loop) refusePaused() {
	d, h := l.desired.Requests, &l.status.Handled
	if *h == d || (d.Sync == h.Sync && d.Restart == h.Restart && d.AllowDeletes == h.AllowDeletes) {
		return
	}
	*h = d
	l.notice(true, "RequestIgnored", "The request was ignored because provisioning is paused. Set spec.provisioningMode to Automatic or Manual and repeat it.")
	go l.runner.notify(l.id)
}

// scheduled returns when the next cycle is due, zero when quarantine lasted too long; l.mu is held.
func (l *loop) scheduled(now time.Time) time.Time {
	s := l.status.State
	switch {
	case l.ran != l.desired.Revision && (l.ran != "" || s.Quarantine != nil):
		// Something was changed, perhaps the cause of the trouble: it is tried at once.
		return now
	case s.Plan != "" && s.Plan != l.desired.Plan.Fingerprint:
		// What decides about people was changed while nobody was looking.
		return now
	case s.Cycle != nil:
		// A cycle was interrupted.
		return now
	case s.Last == nil:
		return now
	}
	if q := s.Quarantine; q != nil && !q.NextAttempt.IsZero() {
		limit := l.desired.DisableAfter
		if limit <= 0 {
			limit = schedule.GiveUp
		}
		if now.Sub(q.SeriesBegan) >= limit {
			return time.Time{}
		}
		return q.NextAttempt
	}
	return schedule.Interval(string(l.id), s.Last.Started, now, l.desired.Interval)
}

// cycle runs one cycle.
func (l *loop) cycle(ctx context.Context) {
	d, req, restart := l.begin()
	var config state.Config
	var err error
	if restart {
		if config, err = l.runner.Engine.Reset(ctx, l.id, d.Reset); err != nil {
			l.end(ctx, d, config, err)
			return
		}
	}
	for again := true; again; again = l.yields(ctx, &req, err) {
		config, err = l.runner.Engine.Run(ctx, d.Plan, req)
	}
	l.end(ctx, d, config, err)
}

// begin acknowledges the requests that this cycle answers.
func (l *loop) begin() (Desired, engine.Request, bool) {
	l.mu.Lock()
	d := l.desired
	restart := d.Requests.Restart != "" && d.Requests.Restart != l.status.Handled.Restart
	l.stop, l.yielding, l.resumed = make(chan struct{}), false, time.Time{}
	req := engine.Request{Stop: l.stop, Observe: l.observe}
	if a := d.Requests.AllowDeletes; a != "" && a != l.status.Handled.AllowDeletes {
		req.AllowDeletes = a
	}
	l.status.Handled = d.Requests
	l.status.Running, l.status.Revision, l.ran = true, d.Revision, d.Revision
	l.status.NextCycle = time.Time{}
	l.status.Progress = engine.Progress{Phase: engine.PhaseOpen}
	l.status.ProgressTime = l.runner.Clock.Now()
	l.mu.Unlock()
	l.runner.notify(l.id)
	return d, req, restart
}

// observe takes over the progress; a new phase is worth a look.
func (l *loop) observe(p engine.Progress) {
	l.mu.Lock()
	if l.yielding && p.Phase == engine.PhaseClose {
		// The cycle only pauses.
		l.mu.Unlock()
		return
	}
	phase := l.status.Progress.Phase != p.Phase
	l.status.Progress, l.status.ProgressTime = p, l.runner.Clock.Now()
	l.interrupt()
	l.mu.Unlock()
	if phase {
		l.runner.notify(l.id)
	}
}

// end takes over what came of a cycle.
func (l *loop) end(ctx context.Context, d Desired, config state.Config, err error) {
	l.mu.Lock()
	before := l.status.State.Quarantine
	l.mu.Unlock()
	// What the store could not take is not shown either.
	storeErr := err
	if !fault.Is(err, fault.Internal) {
		storeErr = l.refresh(context.WithoutCancel(ctx), config)
	}
	l.mu.Lock()
	l.stop = nil
	l.status.Running = false
	l.status.StoreErr = storeErr
	if !fault.Is(err, fault.Canceled) {
		l.status.Tried = true
		l.status.SourceErr, l.status.TargetErr = nil, nil
		switch engine.SideOf(err) {
		case "source":
			l.status.SourceErr = err
		case "target":
			l.status.TargetErr = err
		}
	}
	l.cycleNotices(before, config, err)
	l.mu.Unlock()
	if l.runner.Observe != nil {
		l.runner.Observe(d.Plan.Name, config, err)
	}
	if err != nil && !fault.Is(err, fault.Canceled) {
		l.runner.Log.Warn("Cycle failed", "config", d.Plan.Name, "kind", fault.KindOf(err).String(), "err", fault.MessageOf(err))
	}
	l.runner.notify(l.id)
	if storeErr != nil {
		l.sleep(ctx, l.runner.Clock.Now().Add(storeRetry))
	}
}

// cycleNotices tells what changed with a cycle; l.mu is held.
func (l *loop) cycleNotices(before *state.Quarantine, config state.Config, err error) {
	last := config.Last
	if last == nil || fault.Is(err, fault.Canceled) {
		return
	}
	kind := "Incremental"
	if last.Initial {
		kind = "Initial"
	}
	changed := last.Created + last.Updated + last.Disabled + last.Deleted + last.Failed
	switch {
	case err != nil:
		l.notice(true, "CycleFailed", kind+" cycle failed: "+fault.MessageOf(err))
	case last.Initial || changed > 0:
		l.notice(last.Failed > 0, "CycleCompleted", fmt.Sprintf("%s cycle completed: %d created, %d updated, %d disabled, %d deleted, %d failed.",
			kind, last.Created, last.Updated, last.Disabled, last.Deleted, last.Failed))
	}
	if last.Drifted > 0 {
		l.notice(true, "DriftFound", fmt.Sprintf("%d users and groups had been changed in the target. The provisioning log names them under the code Drift.", last.Drifted))
	}
	now := config.Quarantine
	switch {
	case now != nil && (before == nil || before.Reason != now.Reason):
		l.notice(true, "Quarantined", "Quarantined ("+now.Reason+"): "+now.Message)
	case now == nil && before != nil:
		l.notice(false, "QuarantineLifted", "The quarantine was lifted.")
	}
}

// notice adds a notice; l.mu is held.
func (l *loop) notice(warning bool, reason, message string) {
	l.notices++
	l.status.Notices = append(l.status.Notices, Notice{Number: l.notices, Warning: warning, Reason: reason, Message: message})
	if n := len(l.status.Notices); n > maxNotices {
		l.status.Notices = l.status.Notices[n-maxNotices:]
	}
}
