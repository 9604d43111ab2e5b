package model

import (
	"context"
	"slices"
	"strings"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/engine"
	"github.com/entrain-dev/entrain/internal/state"
	"github.com/entrain-dev/entrain/test/model/world"
)

// all returns everything about every account and group, by id.
func (h *history) all() map[string]string {
	out := map[string]string{}
	for _, a := range h.w.App.Accounts() {
		out[a.ID] = a.All
	}
	return out
}

// state returns the state of an account, "" when there is none (any more).
func (h *history) state(id string) string {
	for _, a := range h.w.App.Accounts() {
		if a.ID == id {
			return a.State
		}
	}
	return ""
}

func (h *history) record(id string) (state.Candidate, bool, error) {
	return h.w.Store.Get(context.Background(), h.w.Plan.ID, directory.SourceID(id))
}

// learn notes which account the job has for whom.
func (h *history) learn() error {
	for _, p := range h.m.people {
		r, ok, err := h.record(p.id)
		if err != nil {
			return err
		}
		if ok && r.Target != "" {
			p.account = string(r.Target)
			p.owned[p.account] = true
			delete(h.m.strangers, p.account)
		}
	}
	return nil
}

// invariants must hold after every cycle, whatever failed in it.
func (h *history) invariants(config state.Config, req engine.Request) error {
	now := map[string]world.Account{}
	removed := int64(0)
	for _, a := range h.w.App.Accounts() {
		now[a.ID] = a
		if was, ok := h.before[a.ID]; !ok {
			if err := h.newcomer(a); err != nil {
				return err
			}
		} else if h.m.strangers[a.ID] != "" && was.All != a.All && !h.reaches(a) {
			return broken("%s, made by hand, was changed from %s to %s", a.ID, was.All, a.All)
		}
	}
	for id, was := range h.before {
		is := now[id].State
		if is == was.State || is == world.Active || was.State == world.Deleted {
			continue
		}
		removed++
		if !h.caused(id, was) {
			return broken("%s (%s) went from %s to %q without a cause", was.UserName, id, was.State, is)
		}
	}
	if err := untouched(config); err != nil {
		return err
	}
	threshold := h.w.Variant.Threshold
	if held := config.Held; held != nil && held.Users+held.Groups <= threshold {
		return broken("%d removals are held at a threshold of %d", held.Users+held.Groups, threshold)
	}
	if threshold > 0 && removed > threshold && req.AllowDeletes == "" {
		return broken("%d removals at a threshold of %d", removed, threshold)
	}
	return nil
}

// reaches reports whether somebody who was due access has had the name of an account.
func (h *history) reaches(a world.Account) bool {
	return slices.ContainsFunc(h.m.people, func(p *person) bool { return p.had && p.names[strings.ToLower(a.UserName)] })
}

// newcomer checks an account that was not there before the cycle.
func (h *history) newcomer(a world.Account) error {
	var candidates int
	for _, p := range h.m.people {
		if !p.had || !p.names[strings.ToLower(a.UserName)] {
			continue
		}
		own := p.account
		if own == "" || own == a.ID || h.state(own) == "" || h.state(own) == world.Deleted || h.shared(p) {
			candidates++
		}
	}
	if candidates == 0 {
		return broken("%s (%s) was created although nobody needs it", a.UserName, a.ID)
	}
	return nil
}

// shared reports whether somebody else has the account of a person now.
func (h *history) shared(p *person) bool {
	return slices.ContainsFunc(h.m.people, func(q *person) bool { return q != p && q.account == p.account })
}

// caused reports whether somebody to whom an account belongs was not due access at the start of a cycle since the last agreement.
func (h *history) caused(id string, a world.Account) bool {
	return slices.ContainsFunc(h.m.people, func(p *person) bool {
		return p.lacked && (p.account == id || p.owned[id] || p.names[strings.ToLower(a.UserName)])
	})
}

// equal compares the target, and what the store knows, with the model.
func (h *history) equal() error {
	accounts := h.w.App.Accounts()
	for _, p := range h.m.people {
		var err error
		if h.m.due(p) {
			err = h.served(p, accounts)
		} else {
			err = h.parted(p)
		}
		if err != nil {
			return err
		}
	}
	for _, a := range accounts {
		if err := h.explained(a); err != nil {
			return err
		}
	}
	return h.equalGroups()
}

// served checks somebody who is due access: exactly one account, active, with everything that is mapped.
func (h *history) served(p *person, accounts []world.Account) error {
	r, _, err := h.record(p.id)
	if err != nil {
		return err
	}
	var mine []world.Account
	for _, a := range accounts {
		if a.State != world.Deleted && strings.EqualFold(a.UserName, p.upn) {
			mine = append(mine, a)
		}
	}
	if len(mine) == 1 && mine[0].ID != string(r.Target) && r.Escrow != nil && h.foreign(mine[0], p) {
		return nil // somebody else's account has the name, and the escrow says so
	}
	if len(mine) != 1 {
		return broken("%s (%s) has %d accounts, linked %q to %q, escrow %+v", p.upn, p.id, len(mine), r.Link, r.Target, r.Escrow)
	}
	a := mine[0]
	type view struct{ state, id, display, title, department, link string }
	want := view{world.Active, string(r.Target), p.display, h.m.titled(p), p.department, string(state.Active)}
	got := view{a.State, a.ID, a.Display, a.Title, a.Department, string(r.Link)}
	if want != got {
		return broken("%s (%s) is %+v, want %+v (escrow %+v, action %s)", p.upn, p.id, got, want, r.Escrow, r.Action)
	}
	if number := h.m.stored(p); number != "" && a.Mobile != number {
		return broken("the number of %s is %q, want %q", p.upn, a.Mobile, number)
	}
	if p.manager != nil && h.m.due(p.manager) && p.manager.account != "" && !h.contested(p.manager) && a.Manager != p.manager.account {
		return broken("the manager of %s is %q, want %q (%s)", p.upn, a.Manager, p.manager.account, p.manager.upn)
	}
	return nil
}

// contested reports whether somebody waits for a name.
func (h *history) contested(p *person) bool {
	r, _, err := h.record(p.id)
	return err != nil || r.Escrow != nil
}

// foreign reports whether an account is in the way of a person: it belongs to somebody else or to nobody.
func (h *history) foreign(a world.Account, p *person) bool { return a.ID != p.account || h.shared(p) }

// parted checks somebody who is not due access.
func (h *history) parted(p *person) error {
	r, ok, err := h.record(p.id)
	if err != nil {
		return err
	}
	link, account := state.Unlinked, ""
	if ok {
		link = r.Link
	}
	if p.account != "" {
		account = h.state(p.account)
	}
	if h.passedOn(p) {
		if link == state.Active {
			return broken("%s (%s) is not due access and shares an account", p.upn, p.id)
		}
		return nil
	}
	if account == "" && p.account != "" {
		account = world.Deleted // a server that forgets
	}
	for b := range h.m.expected(p) {
		if b.link == link && (b.account == account || b.account == world.Deleted && account == "") {
			return nil
		}
	}
	return broken("%s (%s, removal %v, enabled %t, in scope %t) is linked %q and the account %s is %q, want one of %v (action %s, escrow %+v)",
		p.upn, p.id, p.removal, p.enabled, h.m.inScope(p), link, p.account, account, h.m.expected(p), r.Action, r.Escrow)
}

// passedOn reports whether somebody else has taken over the account of a person.
func (h *history) passedOn(p *person) bool {
	return slices.ContainsFunc(h.m.people, func(q *person) bool { return q != p && p.account != "" && q.account == p.account })
}

// explained checks that an account belongs to somebody who had it, and is active for a reason.
func (h *history) explained(a world.Account) error {
	if was, ok := h.m.strangers[a.ID]; ok {
		if was != a.All {
			return broken("%s, made by hand, is now %s", was, a.All)
		}
		return nil
	}
	known := slices.ContainsFunc(h.m.people, func(p *person) bool { return p.owned[a.ID] })
	if !known && h.unheard(a) {
		// The answer to its create was lost and the person left: it was looked up and switched off.
		if a.State == world.Active {
			return broken("%s (%s) is active although nobody heard of it", a.UserName, a.ID)
		}
		return nil
	}
	if !known && a.State != world.Deleted {
		return broken("%s (%s, %s) belongs to nobody", a.UserName, a.ID, a.State)
	}
	if a.State != world.Active || h.m.skipped {
		return nil
	}
	if !slices.ContainsFunc(h.m.people, func(p *person) bool { return h.m.due(p) && p.account == a.ID }) {
		return broken("%s (%s) is active although nobody who is due access has it", a.UserName, a.ID)
	}
	return nil
}

// unheard reports whether an account is one whose creation was begun and never heard of, of somebody who is not due access any more.
func (h *history) unheard(a world.Account) bool {
	return slices.ContainsFunc(h.m.people, func(p *person) bool {
		r, ok, err := h.record(p.id)
		return err == nil && !h.m.due(p) && p.names[strings.ToLower(a.UserName)] && (p.removal == directory.HardDeleted || ok && r.Intent)
	})
}

// collapse ends an agreement: what the job remembers is known now.
func (h *history) collapse() {
	for _, p := range h.m.people {
		r, ok, _ := h.record(p.id)
		b := memory{account: h.state(p.account)}
		if ok {
			b.link = r.Link
		}
		if p.account != "" && b.account == "" {
			b.account = world.Deleted
		}
		if h.passedOn(p) && !h.m.due(p) && b.link == state.Unlinked {
			// The account is somebody else's now; this person begins anew.
			b.account, p.account = "", ""
		}
		p.may = map[memory]bool{b: true}
		p.lacked, p.had = false, false
	}
	h.emptied = false
}
