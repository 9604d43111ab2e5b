package model

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/state"
	"github.com/entrain-dev/entrain/test/model/world"
)

// operation is one step of a history. Its numbers choose among what is there when it is run, so that a history from which
// operations were taken out is still a history.
type operation struct {
	name    string
	a, b, c int
}

func (o operation) String() string { return fmt.Sprintf("%s(%d,%d,%d)", o.name, o.a, o.b, o.c) }

// kind is a kind of operation with how often it comes.
type kind struct {
	name   string
	weight int
	run    func(*history, operation) error
}

var kinds = []kind{
	{"hire", 20, (*history).hire},
	{"move", 12, (*history).move},
	{"phone", 4, (*history).phone},
	{"manager", 8, (*history).manager},
	{"rename", 5, (*history).rename},
	{"recase", 2, (*history).recase},
	{"assign", 7, (*history).assign},
	{"unassign", 7, (*history).unassign},
	{"block", 6, (*history).block},
	{"softDelete", 6, (*history).softDelete},
	{"restore", 5, (*history).restore},
	{"purge", 5, (*history).purge},
	{"group", 5, (*history).addGroup},
	{"renameGroup", 2, (*history).renameGroup},
	{"deleteGroup", 2, (*history).deleteGroup},
	{"assignGroup", 4, (*history).assignGroup},
	{"member", 14, (*history).member},
	{"stranger", 2, (*history).stranger},
	{"join", 2, (*history).join},
	{"forget", 2, (*history).forget},
	{"filter", 2, func(h *history, _ operation) error { return h.use(func(v *world.Variant) { v.Filter = !v.Filter }) }},
	{"mapping", 2, func(h *history, _ operation) error {
		return h.use(func(v *world.Variant) { v.TitleFromDepartment = !v.TitleFromDepartment })
	}},
	{"skip", 1, func(h *history, _ operation) error { return h.use(func(v *world.Variant) { v.Skip = !v.Skip }) }},
	{"cycle", 12, (*history).cycle},
	{"agree", 14, func(h *history, _ operation) error { return h.agree() }},
	{"dryRun", 2, (*history).dryRun},
	{"breakSource", 8, (*history).breakSource},
	{"breakTarget", 14, (*history).breakTarget},
	{"expire", 3, (*history).expire},
	{"interrupt", 8, (*history).interrupt},
	{"reopen", 3, (*history).reopen},
}

// generate makes the operations of a seed.
func generate(seed uint64) []operation {
	r := rand.New(rand.NewPCG(seed, 8))
	kinds := kindsOf(seed)
	total := 0
	for _, k := range kinds {
		total += k.weight
	}
	var out []operation
	if nests(seed) {
		out = nestedBeginning(r)
	}
	begun := len(out)
	out = append(out, make([]operation, 10+r.IntN(30))...)
	for i := begun; i < len(out); i++ {
		n := r.IntN(total)
		for _, k := range kinds {
			if n -= k.weight; n < 0 {
				out[i] = operation{k.name, r.IntN(1000), r.IntN(1000), r.IntN(1000)}
				break
			}
		}
	}
	return out
}

// one returns the n-th person or group for which ok holds, nil without one.
func one[T any](from []*T, n int, ok func(*T) bool) *T {
	var fit []*T
	for _, x := range from {
		if ok(x) {
			fit = append(fit, x)
		}
	}
	if len(fit) == 0 {
		return nil
	}
	return fit[n%len(fit)]
}

func present(p *person) bool { return p.removal == directory.Present }

var departments = []string{"Sales", "Support", world.HiddenDepartment}

func (h *history) free(upn string) bool {
	for _, p := range h.m.people {
		if present(p) && strings.EqualFold(p.upn, upn) {
			return false
		}
	}
	return true
}

// hire adds somebody, whose name somebody may have had before, and mostly assigns them.
func (h *history) hire(o operation) error {
	upn := fmt.Sprintf("p%d@contoso.com", o.a%h.names)
	if !h.free(upn) {
		return nil
	}
	p := &person{upn: upn, display: fmt.Sprintf("Person %d", o.a%h.names), title: fmt.Sprintf("T%d", o.b%3), department: departments[o.c%len(departments)],
		enabled: o.b%8 != 0, names: map[string]bool{upn: true}, may: map[memory]bool{{}: true}, owned: map[string]bool{}}
	var err error
	if p.id, err = h.w.Tenant.AddUser(world.UserProperties(p.upn, p.display, p.title, p.department, "", p.enabled)); err != nil {
		return err
	}
	h.m.people = append(h.m.people, p)
	if o.c%5 == 0 || h.nested && o.b%3 > 0 {
		return nil
	}
	p.direct = true
	_, err = h.w.Tenant.Assign(world.AppID, p.id, "")
	return err
}

func (h *history) update(p *person, name string, value any) error {
	return h.w.Tenant.UpdateUser(p.id, map[string]any{name: value})
}

func (h *history) move(o operation) error {
	p := one(h.m.people, o.a, present)
	if p == nil {
		return nil
	}
	switch o.b % 3 {
	case 0:
		p.title = fmt.Sprintf("T%d", o.c%7)
		return h.update(p, "jobTitle", p.title)
	case 1:
		p.department = departments[o.c%len(departments)]
		return h.update(p, "department", p.department)
	}
	p.display = fmt.Sprintf("Display %d", o.c)
	return h.update(p, "displayName", p.display)
}

func (h *history) phone(o operation) error {
	p := one(h.m.people, o.a, present)
	if p == nil {
		return nil
	}
	p.mobile = []string{"+49 170 1234567", "+49 171 7654321", "call the desk"}[o.b%3]
	return h.update(p, "mobilePhone", p.mobile)
}

func (h *history) manager(o operation) error {
	p, boss := one(h.m.people, o.a, present), one(h.m.people, o.b, present)
	if p == nil || boss == p {
		return nil
	}
	if o.c%5 == 0 {
		p.manager = nil
		return h.w.Tenant.ClearManager(p.id)
	}
	p.manager = boss
	return h.w.Tenant.SetManager(p.id, boss.id)
}

func (h *history) rename(o operation) error {
	p := one(h.m.people, o.a, present)
	upn := fmt.Sprintf("p%d@contoso.com", o.b%(2*h.names))
	if p == nil || !h.free(upn) {
		return nil
	}
	p.upn = upn
	p.names[upn] = true
	return h.update(p, "userPrincipalName", upn)
}

// recase changes a name in case only.
func (h *history) recase(o operation) error {
	p := one(h.m.people, o.a, present)
	if p == nil {
		return nil
	}
	if p.upn = strings.ToUpper(p.upn[:1]) + p.upn[1:]; o.b%2 == 0 {
		p.upn = strings.ToLower(p.upn)
	}
	return h.update(p, "userPrincipalName", p.upn)
}

func (h *history) assign(o operation) error {
	p := one(h.m.people, o.a, func(p *person) bool { return present(p) && !p.direct })
	if p == nil {
		return nil
	}
	p.direct = true
	_, err := h.w.Tenant.Assign(world.AppID, p.id, "")
	return err
}

func (h *history) unassign(o operation) error {
	p := one(h.m.people, o.a, func(p *person) bool { return present(p) && p.direct })
	if p == nil {
		return nil
	}
	p.direct = false
	_, err := h.w.Tenant.Unassign(world.AppID, p.id, "*")
	return err
}

// block blocks somebody or lets them in again.
func (h *history) block(o operation) error {
	p := one(h.m.people, o.a, present)
	if p == nil {
		return nil
	}
	p.enabled = !p.enabled
	return h.update(p, "accountEnabled", p.enabled)
}

func (h *history) softDelete(o operation) error {
	p := one(h.m.people, o.a, present)
	if p == nil {
		return nil
	}
	p.removal = directory.SoftDeleted
	return h.w.Tenant.SoftDelete(p.id)
}

func (h *history) restore(o operation) error {
	p := one(h.m.people, o.a, func(p *person) bool { return p.removal == directory.SoftDeleted && h.free(p.upn) })
	if p == nil {
		return nil
	}
	p.removal = directory.Present
	return h.w.Tenant.Restore(p.id)
}

// purge deletes somebody for good, sometimes before anybody saw them in the recycle bin.
func (h *history) purge(o operation) error {
	p := one(h.m.people, o.a, func(p *person) bool { return p.removal == directory.SoftDeleted || o.b%3 == 0 && present(p) })
	if p == nil {
		return nil
	}
	p.removal, p.direct = directory.HardDeleted, false
	for _, q := range h.m.people {
		if q.manager == p {
			q.manager = nil
		}
	}
	for _, g := range h.m.groups {
		delete(g.members, p)
	}
	return h.w.Tenant.Purge(p.id)
}

// use changes the plan.
func (h *history) use(change func(*world.Variant)) error {
	v := h.w.Variant
	change(&v)
	h.m.variant = v
	h.reread = true // what is selected may be something else
	return h.w.Use(v)
}

func (h *history) stranger(o operation) error {
	name := fmt.Sprintf("stranger%d@contoso.com", len(h.m.strangers))
	if taken := fmt.Sprintf("p%d@contoso.com", o.a%h.names); o.b%2 == 0 && !h.taken(taken) {
		name = taken // somebody who is hired later finds the account
	}
	id := h.w.App.AddAccount(name, "by hand")
	h.m.strangers[id] = h.all()[id]
	return nil
}

// taken says whether anybody has or had a name, in the tenant or in the application.
func (h *history) taken(upn string) bool {
	for _, p := range h.m.people {
		if p.names[upn] {
			return true
		}
	}
	for _, a := range h.w.App.Accounts() {
		if strings.EqualFold(a.UserName, upn) {
			return true
		}
	}
	return false
}

// forget deletes an account by hand in the application, and changes the person, which is how it is noticed.
func (h *history) forget(o operation) error {
	p := one(h.m.people, o.a, func(p *person) bool {
		return h.m.due(p) && p.may[memory{state.Active, world.Active}] && len(p.may) == 1
	})
	if p == nil || h.state(p.account) == "" {
		return nil
	}
	h.w.App.Forget(p.account)
	p.forgotten = true
	h.faults = true
	p.display = fmt.Sprintf("Again %d", o.b)
	if err := h.update(p, "displayName", p.display); err != nil {
		return err
	}
	delete(p.owned, p.account)
	p.may[memory{state.Unlinked, world.Deleted}] = true // when it is noticed while access is taken
	return nil
}

// groupSpec is a security group, which is gone when it is deleted, or a Microsoft 365 group, which goes to the recycle bin.
func groupSpec(name string, unified bool) map[string]any {
	spec := map[string]any{"displayName": name, "securityEnabled": true, "mailEnabled": unified, "mailNickname": strings.ToLower(name)}
	if unified {
		spec["groupTypes"] = []string{"Unified"}
	}
	return spec
}
