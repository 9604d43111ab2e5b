package model

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/entrain-dev/entrain/internal/engine"
	"github.com/entrain-dev/entrain/internal/scim/profile"
	"github.com/entrain-dev/entrain/internal/state"
	"github.com/entrain-dev/entrain/test/model/world"
)

const (
	genesys = profile.GenesysCloud
	generic = profile.Generic
)

// violation is something that must never be.
type violation struct{ text string }

func (v *violation) Error() string { return v.text }

func broken(format string, args ...any) error { return &violation{fmt.Sprintf(format, args...)} }

// history is a history while it is run.
type history struct {
	w *world.World
	m *model
	// names is how many different login names people are hired under.
	names, renames int
	// nested is true where there are nested groups; then most people come through groups.
	nested bool
	// faults is true when something failed since the last agreement; emptied is true when the list of assignments was
	// answered empty since then.
	faults, emptied bool
	// reread is true when everything is read again.
	reread bool
	// lied is true when a complete read left out people: only a restart finds those who were never seen.
	lied bool
	// before are the accounts before the last cycle, writes what it sent, seen the last entry of the log that was looked at.
	before map[string]world.Account
	writes []string
	seen   int64
	trace  []string
}

// play runs a history of a seed with the given operations.
func play(seed uint64, operations []operation) (trace []string, err error) {
	opts := world.Options{
		Profile: []string{genesys, generic}[seed%2], Seed: seed, Workers: []int{1, 4}[seed/2%2], PageSize: []int{0, 2, 3}[seed%3],
		Variant: world.Variant{Threshold: []int64{0, 0, 2, 4}[seed/4%4], Nested: nests(seed), Drift: drifts(seed)},
	}
	w, err := world.New(opts)
	if err != nil {
		return nil, err
	}
	defer w.Close()
	h := &history{w: w, m: newModel(opts.Profile), names: 3 + int(seed%8), nested: nests(seed)}
	h.m.variant = opts.Variant
	run := map[string]func(*history, operation) error{}
	for _, k := range kindsOf(seed) {
		run[k.name] = k.run
	}
	if err := h.keep(); err != nil {
		return nil, err
	}
	for _, o := range operations {
		h.note("%s", o)
		if err := run[o.name](h, o); err != nil {
			return h.trace, fmt.Errorf("%s: %w", o, err)
		}
	}
	h.note("end")
	return h.trace, h.agree()
}

// keep assigns somebody who is blocked, so that the list of assignments is never truly empty: an empty one is doubted at first,
// which TestASuddenlyEmptyListOfAssignmentsRemovesNobodyAtFirst of the engine shows.
func (h *history) keep() error {
	id, err := h.w.Tenant.AddUser(world.UserProperties("keeper@contoso.com", "Keeper", "", "", "", false))
	if err != nil {
		return err
	}
	_, err = h.w.Tenant.Assign(world.AppID, id, "")
	return err
}

func (h *history) note(format string, args ...any) {
	h.trace = append(h.trace, fmt.Sprintf(format, args...))
}

// run runs a cycle and checks what must hold after each.
func (h *history) run(req engine.Request) (state.Config, error) {
	return h.runIn(context.Background(), req)
}

func (h *history) runIn(parent context.Context, req engine.Request) (state.Config, error) {
	ctx, cancel := context.WithTimeout(parent, time.Minute)
	defer cancel()
	h.w.Clock.Advance(h.pause())
	h.m.begin(h.emptied)
	h.before = map[string]world.Account{}
	for _, a := range h.w.App.Accounts() {
		h.before[a.ID] = a
	}
	// The store is looked at for as long as it takes, also when the cycle is to be cut short.
	if err := h.mark(); err != nil { //nolint:contextcheck // the context is that of the cycle
		return state.Config{}, err
	}
	config, err := h.w.Engine.Run(ctx, h.w.Plan, req)
	if err == nil && ctx.Err() != nil && parent.Err() == nil {
		err = errors.New("the cycle took more than a minute")
	}
	h.writes = nil
	for _, r := range h.w.Target.Writes() {
		h.writes = append(h.writes, wrote(r))
	}
	h.note("  cycle: %v, held %v, sent %s", err, config.Held != nil, strings.Join(h.writes, " "))
	h.w.Source.Reset()
	h.w.Target.Reset()
	h.w.Graph.ClearFaults()
	if err := tolerable(err); err != nil {
		return config, err
	}
	if err := h.learn(); err != nil { //nolint:contextcheck // the context is that of the cycle
		return config, err
	}
	if err := h.invariants(config, req); err != nil {
		return config, err
	}
	if err == nil || h.faults {
		return config, nil
	}
	return config, broken("a cycle without faults failed: %v", err)
}

// wrote is a write as "METHOD id".
func wrote(r world.Request) string {
	id := r.Path[strings.LastIndex(r.Path, "/")+1:]
	if r.Resource != "" && r.Method == http.MethodPost {
		id = r.Resource
	}
	return r.Method + " " + id
}

// agree runs cycles without faults until target and model must be equal, and checks that they are. One cycle is enough unless
// something failed or a read had to be doubted.
func (h *history) agree() error {
	h.w.Source.Reset()
	h.w.Target.Reset()
	h.w.Graph.ClearFaults()
	if h.lied {
		if _, err := h.w.Engine.Reset(context.Background(), h.w.Plan.ID, state.Reset{Watermark: true}); err != nil {
			return err
		}
		h.lied = false
	}
	allowed, least := 1, 1
	if h.faults {
		// The first cycle may only end one that was interrupted, and what happened since is read by the second.
		allowed, least = 3, 2
	}
	if h.doubt() {
		allowed += 2
	}
	var config state.Config
	var different error
	allow := ""
	for i := 0; i < allowed; i++ {
		if h.faults || i > 0 {
			h.w.Clock.Advance(25 * time.Hour) // whatever is in escrow is due
		}
		clean := !h.faults
		if config, different = h.run(engine.Request{AllowDeletes: allow}); different != nil {
			return different
		}
		if clean {
			if err := h.logged(); err != nil {
				return err
			}
		}
		if config.Held != nil {
			h.m.widen()
			if allow == config.Held.ID {
				return broken("the released removals are still held")
			}
			allow, allowed = config.Held.ID, max(allowed, i+2)
			continue
		}
		h.faults = false
		if different = h.equal(); different == nil && i+1 >= least {
			break
		}
		if different != nil {
			h.note("  not yet: %v", different)
		}
		h.m.widen()
	}
	if different != nil {
		return different
	}
	if config.Held != nil {
		return broken("removals are held for ever")
	}
	h.reread = false
	h.collapse()
	return h.extra()
}

// extra runs one more cycle, which must send nothing.
func (h *history) extra() error {
	config, err := h.run(engine.Request{})
	if err != nil {
		return err
	}
	if err := h.looked(config); err != nil {
		return err
	}
	if len(h.writes) > 0 {
		return broken("an extra cycle sent %v", h.writes)
	}
	if err := h.equal(); err != nil {
		return fmt.Errorf("after an extra cycle: %w", err)
	}
	h.collapse()
	return nil
}

// doubt reports whether the engine has reason to look twice: the list of assignments was suddenly empty, a group in which another was
// nested may read as empty in a complete read, or a login name is still that of another account when it is given to somebody.
func (h *history) doubt() bool {
	if h.emptied || h.nested && h.reread {
		return true
	}
	for _, p := range h.m.people {
		for _, a := range h.w.App.Accounts() {
			if h.m.due(p) && a.State != world.Deleted && strings.EqualFold(a.UserName, p.upn) && a.ID != p.account {
				return true
			}
		}
	}
	return false
}
