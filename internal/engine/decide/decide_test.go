package decide_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/engine/decide"
	"github.com/entrain-dev/entrain/internal/state"
)

// person is somebody in scope and enabled, under a mapping and a target that allow everything.
func person(change ...func(*decide.Input)) decide.Input {
	in := decide.Input{
		Kind: directory.User, Enabled: true, Assigned: true, Filtered: true,
		Create: true, Update: true, Delete: true, Disables: true, CanDelete: true,
	}
	for _, f := range change {
		f(&in)
	}
	return in
}

func group(change ...func(*decide.Input)) decide.Input {
	in := person(change...)
	in.Kind, in.Disables = directory.Group, false
	return in
}

func linked(l state.Link) func(*decide.Input) { return func(in *decide.Input) { in.Link = l } }

var (
	intent       = func(in *decide.Input) { in.Intent = true }
	changed      = func(in *decide.Input) { in.Changed = true }
	unassigned   = func(in *decide.Input) { in.Assigned = false }
	filtered     = func(in *decide.Input) { in.Filtered = false }
	blocked      = func(in *decide.Input) { in.Enabled = false }
	softDeleted  = func(in *decide.Input) { in.Removal = directory.SoftDeleted }
	hardDeleted  = func(in *decide.Input) { in.Removal = directory.HardDeleted }
	unknown      = func(in *decide.Input) { in.ScopeUnknown, in.Filtered = true, false }
	skipping     = func(in *decide.Input) { in.SkipOutOfScope = true }
	noCreate     = func(in *decide.Input) { in.Create = false }
	noUpdate     = func(in *decide.Input) { in.Update = false }
	noDelete     = func(in *decide.Input) { in.Delete = false }
	noSoftDelete = func(in *decide.Input) { in.Disables = false }
	cannotDelete = func(in *decide.Input) { in.CanDelete = false }
)

type want = decide.Verdict

// TestDecide is the table of reference section 1.3, with what follows from it at the edges.
func TestDecide(t *testing.T) {
	for name, tc := range map[string]struct {
		in   decide.Input
		want decide.Verdict
	}{
		"newly in scope":                          {person(), want{Action: state.Provision, Reason: decide.ReasonEntersScope}},
		"newly in scope, only updates allowed":    {person(noCreate), want{Action: state.Provision, Reason: decide.ReasonEntersScope}},
		"newly in scope, nothing allowed":         {person(noCreate, noUpdate), want{Reason: decide.ReasonEqual}},
		"mapped attribute changed":                {person(linked(state.Active), changed), want{Action: state.Update, Reason: decide.ReasonChanged}},
		"mapped attribute changed, no updates":    {person(linked(state.Active), changed, noUpdate), want{Reason: decide.ReasonEqual}},
		"nothing changed":                         {person(linked(state.Active)), want{Reason: decide.ReasonEqual}},
		"unassigned":                              {person(linked(state.Active), unassigned), want{state.Disable, decide.ReasonUnassigned, true}},
		"unassigned while blocked":                {person(linked(state.Disabled), unassigned, blocked), want{state.Release, decide.ReasonUnassigned, true}},
		"out of a scoping filter":                 {person(linked(state.Active), filtered), want{state.Disable, decide.ReasonFiltered, true}},
		"out of scope, left untouched on request": {person(linked(state.Active), unassigned, skipping), want{state.Release, decide.ReasonUnassigned, true}},
		"out of scope, active not mapped":         {person(linked(state.Active), unassigned, noSoftDelete), want{state.Release, decide.ReasonUnassigned, true}},
		"out of scope, no updates":                {person(linked(state.Active), unassigned, noUpdate), want{state.Release, decide.ReasonUnassigned, true}},
		"sign-in blocked":                         {person(linked(state.Active), blocked), want{Action: state.Disable, Reason: decide.ReasonBlocked}},
		"blocked although out of scope is left":   {person(linked(state.Active), blocked, skipping), want{Action: state.Disable, Reason: decide.ReasonBlocked}},
		"blocked and changed later":               {person(linked(state.Disabled), blocked, changed), want{Action: state.Update, Reason: decide.ReasonChanged}},
		"unblocked":                               {person(linked(state.Disabled), changed), want{Action: state.Update, Reason: decide.ReasonChanged}},
		"soft-deleted":                            {person(linked(state.Active), softDeleted, unassigned), want{Action: state.Disable, Reason: decide.ReasonSoftDeleted}},
		"soft-deleted although out of scope is left": {
			person(linked(state.Active), softDeleted, unassigned, skipping), want{Action: state.Disable, Reason: decide.ReasonSoftDeleted}},
		"soft-deleted, already disabled":      {person(linked(state.Disabled), softDeleted), want{Reason: decide.ReasonEqual}},
		"soft-deleted after it was released":  {person(linked(state.Released), softDeleted), want{Reason: decide.ReasonUnmanaged}},
		"restored":                            {person(linked(state.Disabled), changed), want{Action: state.Update, Reason: decide.ReasonChanged}},
		"back in scope":                       {person(linked(state.Released)), want{Action: state.Provision, Reason: decide.ReasonEntersScope}},
		"hard-deleted while disabled":         {person(linked(state.Disabled), hardDeleted), want{state.Delete, decide.ReasonHardDeleted, true}},
		"hard-deleted at once":                {person(linked(state.Active), hardDeleted), want{state.Delete, decide.ReasonHardDeleted, true}},
		"hard-deleted after it was released":  {person(linked(state.Released), hardDeleted), want{state.Release, decide.ReasonHardDeleted, true}},
		"hard-deleted, never provisioned":     {person(hardDeleted), want{state.Release, decide.ReasonHardDeleted, true}},
		"hard-deleted, deletes not allowed":   {person(linked(state.Disabled), hardDeleted, noDelete), want{state.Release, decide.ReasonHardDeleted, true}},
		"purged unseen, deletes not allowed":  {person(linked(state.Active), hardDeleted, noDelete), want{state.Disable, decide.ReasonHardDeleted, true}},
		"purged unseen, target cannot delete": {person(linked(state.Active), hardDeleted, cannotDelete), want{state.Disable, decide.ReasonHardDeleted, true}},
		"blocked and never provisioned":       {person(blocked), want{Reason: decide.ReasonNotEntitled}},
		"not assigned, never provisioned":     {person(unassigned), want{Reason: decide.ReasonNotEntitled}},
		"filtered, never provisioned":         {person(filtered), want{Reason: decide.ReasonFiltered}},
		"a filter that cannot be evaluated":   {person(linked(state.Active), unknown), want{Reason: decide.ReasonScopeUnknown}},
		"... does not keep a leaver active":   {person(linked(state.Active), unknown, softDeleted), want{Action: state.Disable, Reason: decide.ReasonSoftDeleted}},

		"unassigned while a create is unheard of": {person(intent, unassigned), want{state.Disable, decide.ReasonUnassigned, true}},
		"blocked while a create is unheard of":    {person(intent, blocked), want{Action: state.Disable, Reason: decide.ReasonBlocked}},
		"deleted while a create is unheard of":    {person(intent, softDeleted, unassigned), want{Action: state.Disable, Reason: decide.ReasonSoftDeleted}},
		"purged while a create is unheard of":     {person(intent, hardDeleted), want{state.Disable, decide.ReasonHardDeleted, true}},
		"a create unheard of, scope unknown":      {person(intent, unknown), want{Reason: decide.ReasonScopeUnknown}},
		"a create unheard of, still in scope":     {person(intent), want{Action: state.Provision, Reason: decide.ReasonEntersScope}},

		"a group in scope":                              {group(), want{Action: state.Provision, Reason: decide.ReasonEntersScope}},
		"a group renamed":                               {group(linked(state.Active), changed), want{Action: state.Update, Reason: decide.ReasonChanged}},
		"a group out of scope":                          {group(linked(state.Active), unassigned), want{state.Delete, decide.ReasonUnassigned, true}},
		"a group out of scope, left untouched":          {group(linked(state.Active), unassigned, skipping), want{state.Release, decide.ReasonUnassigned, true}},
		"a group out of scope, target keeps its groups": {group(linked(state.Active), filtered, cannotDelete), want{state.Release, decide.ReasonFiltered, true}},
		"a group soft-deleted":                          {group(linked(state.Active), softDeleted), want{state.Delete, decide.ReasonSoftDeleted, true}},
		"a group deleted, target keeps its groups":      {group(linked(state.Active), hardDeleted, cannotDelete), want{state.Release, decide.ReasonHardDeleted, true}},
		"a group whose filter cannot be evaluated":      {group(linked(state.Active), unknown), want{Reason: decide.ReasonScopeUnknown}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, decide.Decide(tc.in)); diff != "" {
				t.Errorf("verdict (-want +got):\n%s", diff)
			}
		})
	}
}

// TestNobodyLosesAccessWithoutCause tries every combination of inputs: access is taken only from somebody who is linked and
// for whom one of the four causes of reference 4.8 holds.
func TestNobodyLosesAccessWithoutCause(t *testing.T) {
	bools := []bool{false, true}
	n := 0
	for _, kind := range []directory.Kind{directory.User, directory.Group} {
		for _, removal := range []directory.Removal{directory.Present, directory.SoftDeleted, directory.HardDeleted} {
			for _, link := range []state.Link{state.Unlinked, state.Active, state.Disabled, state.Released} {
				for bits := range 1 << 12 {
					bit := func(i int) bool { return bools[bits>>i&1] }
					in := decide.Input{
						Kind: kind, Removal: removal, Link: link, Enabled: bit(0), Assigned: bit(1), Filtered: bit(2), ScopeUnknown: bit(3), Changed: bit(4),
						Create: bit(5), Update: bit(6), Delete: bit(7), Disables: bit(8), CanDelete: bit(9), SkipOutOfScope: bit(10), Intent: bit(11),
					}
					v := decide.Decide(in)
					n++
					if !v.Action.Removes() {
						continue
					}
					if link != state.Active && link != state.Disabled && !(link == state.Unlinked && in.Intent) {
						t.Fatalf("%+v: %s although it is not managed", in, v.Action)
					}
					if !in.SoftDeleted() {
						t.Fatalf("%+v: %s without a cause", in, v.Action)
					}
					if removal == directory.Present && in.ScopeUnknown {
						t.Fatalf("%+v: %s although scope is not known", in, v.Action)
					}
					if v.Action == state.Delete && !(in.Delete && in.CanDelete) {
						t.Fatalf("%+v: deleted although that is not allowed", in)
					}
				}
			}
		}
	}
	t.Logf("%d inputs", n)
}
