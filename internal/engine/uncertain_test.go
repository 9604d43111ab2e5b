package engine_test

import (
	"context"
	"testing"
	"time"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/engine"
	"github.com/entrain-dev/entrain/internal/fault"
)

// losingTarget carries changes out and says that they failed.
type losingTarget struct{ engine.Target }

func (l losingTarget) Update(ctx context.Context, kind directory.Kind, id directory.TargetID, ops []directory.Operation) error {
	if err := l.Target.Update(ctx, kind, id, ops); err != nil {
		return err
	}
	return fault.New(fault.Transient, "update", "The connection was cut.")
}

// losing runs a cycle after a change, in which every answer is lost.
func (w *world) losing(change func(*world)) {
	w.t.Helper()
	target := w.plan.Target
	w.plan.Target = losingTarget{target}
	change(w)
	w.cycle()
	w.plan.Target = target
}

// A change that may have happened is not believed either way: what the account is now is looked at before it is called equal.
func TestAChangeThatMayHaveHappenedIsLookedAtAgain(t *testing.T) {
	for name, tc := range map[string]struct {
		// begin is where the person stands; lost is done while every change is carried out and answered with 503; back is what the
		// tenant says before the next attempt.
		begin, lost, back func(w *world)
		wantState         string
	}{
		"disabled, and assigned again": {
			lost: func(w *world) { unassign(w, "ada") },
			back: func(w *world) { _, err := w.tenant.Assign(appID, w.people["ada"], ""); must(w.t, err) }, wantState: "ada active",
		},
		"blocked, and unblocked": {
			lost: func(w *world) { w.change("ada", "accountEnabled", false) },
			back: func(w *world) { w.change("ada", "accountEnabled", true) }, wantState: "ada active",
		},
		"unblocked, and blocked again": {
			begin: func(w *world) { w.change("ada", "accountEnabled", false) },
			lost:  func(w *world) { w.change("ada", "accountEnabled", true) },
			back:  func(w *world) { w.change("ada", "accountEnabled", false) }, wantState: "ada inactive",
		},
		"unblocked, and unassigned": {
			begin: func(w *world) { w.change("ada", "accountEnabled", false) },
			lost:  func(w *world) { w.change("ada", "accountEnabled", true) },
			back:  func(w *world) { unassign(w, "ada") }, wantState: "ada inactive",
		},
		"restored, and deleted again": {
			begin: func(w *world) { must(w.t, w.tenant.SoftDelete(w.people["ada"])) },
			lost:  func(w *world) { must(w.t, w.tenant.Restore(w.people["ada"])) },
			back:  func(w *world) { must(w.t, w.tenant.SoftDelete(w.people["ada"])) }, wantState: "ada inactive",
		},
		"promoted, and degraded": {
			lost: func(w *world) { w.change("ada", "jobTitle", "Head") },
			back: func(w *world) { w.change("ada", "jobTitle", "Agent") }, wantState: "ada active",
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.hire("keeper", "accountEnabled", false)
			w.hire("ada", "jobTitle", "Agent")
			w.cycle()
			if tc.begin != nil {
				tc.begin(w)
				w.cycle()
			}
			w.losing(tc.lost)
			tc.back(w)
			w.cycle()
			equal(t, "people", []string{tc.wantState}, w.states())
			equal(t, "title", "Agent", w.account("ada").Title)
			w.clock.Advance(25 * time.Hour)
			w.cycle()
			equal(t, "requests of an idle cycle", []string(nil), w.sent())
		})
	}
}

func (l losingTarget) UpdateMembers(ctx context.Context, group directory.TargetID, add, remove []directory.TargetID) error {
	if err := l.Target.UpdateMembers(ctx, group, add, remove); err != nil {
		return err
	}
	return fault.New(fault.Transient, "update members", "The connection was cut.")
}

func TestAMembershipThatMayHaveChangedIsSentAgain(t *testing.T) {
	for name, tc := range map[string]struct {
		lost, back  func(w *world)
		wantMembers []string
	}{
		"joined, and left": {
			lost: func(w *world) { w.join("Sales", "cleo") }, back: func(w *world) { w.leave("Sales", "cleo") }, wantMembers: []string{"ada", "bob"},
		},
		"left, and came back": {
			lost: func(w *world) { w.leave("Sales", "ada") }, back: func(w *world) { w.join("Sales", "ada") }, wantMembers: []string{"ada", "bob"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			for _, name := range []string{"ada", "bob", "cleo"} {
				w.hire(name)
			}
			w.group("Sales", "ada", "bob")
			w.cycle()
			w.losing(tc.lost)
			tc.back(w)
			w.clock.Advance(25 * time.Hour)
			w.cycle()
			equal(t, "members", tc.wantMembers, w.members("Sales"))
			w.cycle()
			equal(t, "requests of an idle cycle", []string(nil), w.sent())
		})
	}
}

func (l losingTarget) Create(ctx context.Context, kind directory.Kind, doc directory.Document) (directory.Resource, error) {
	if _, err := l.Target.Create(ctx, kind, doc); err != nil {
		return directory.Resource{}, err
	}
	return directory.Resource{}, fault.New(fault.Transient, "create", "The connection was cut.")
}

// An account that a create made whose answer was lost is found by the name that it was given, also when its owner has another one now.
func TestALostCreateIsFoundAfterARename(t *testing.T) {
	for name, tc := range map[string]struct {
		then      func(w *world)
		wantState []string
	}{
		"renamed":                     {func(*world) {}, []string{"lovelace active"}},
		"renamed, and gone":           {func(w *world) { must(w.t, w.tenant.SoftDelete(w.people["ada"])) }, []string{"ada inactive"}},
		"renamed, and the name taken": {func(w *world) { w.hire("ada") }, []string{"ada active", "lovelace active"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.hire("keeper", "accountEnabled", false)
			w.hire("ada")
			w.losing(func(*world) {})
			equal(t, "people at first", []string{"ada active"}, w.states())
			w.change("ada", "userPrincipalName", "lovelace@contoso.com", "mail", "lovelace@contoso.com")
			tc.then(w)
			w.cycle()
			w.clock.Advance(25 * time.Hour)
			w.cycle()
			equal(t, "people", tc.wantState, w.states())
			w.cycle()
			equal(t, "requests of an idle cycle", []string(nil), w.sent())
		})
	}
}
