package model

import (
	"strings"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/state"
	"github.com/entrain-dev/entrain/test/model/world"
)

// memory is what the job remembers of a person, and what became of the account.
type memory struct {
	link    state.Link
	account string // "" (none), world.Active, world.Inactive or world.Deleted
}

// person is somebody in the tenant; a person who is hired again is another one.
type person struct {
	id, upn, display, title, department, mobile string
	// forgotten is true when the account was deleted by hand.
	forgotten bool

	manager         *person
	enabled, direct bool
	removal         directory.Removal
	// names are all login names so far, lower case.
	names map[string]bool

	// may holds what the job may remember. It is one memory whenever model and target agreed, and more after a cycle of which
	// nobody knows how far it came.
	may map[memory]bool
	// account is the id of the account that the job last had for the person, owned all of them.
	account string
	owned   map[string]bool
	// lacked and had tell whether there was a cycle since the last agreement at whose start access was not due, or was.
	lacked, had bool
}

// group is a security group of the tenant.
type group struct {
	id, name          string
	assigned, deleted bool
	members           map[*person]bool
	inner             map[*group]bool
}

// model is what should be.
type model struct {
	creates bool // the application creates and deletes groups
	phones  bool // the application stores phone numbers as E.164
	variant world.Variant

	people []*person
	slots  map[int]*person
	groups []*group
	// strangers are accounts and groups made by hand, with everything about them; joined are members added by hand.
	strangers map[string]string
	joined    map[string]bool
	// skipped is true once a plan left objects untouched that went out of scope.
	skipped bool
}

func newModel(profile string) *model {
	m := &model{slots: map[int]*person{}, strangers: map[string]string{}, joined: map[string]bool{}}
	m.creates, m.phones = profile == generic, profile == genesys
	return m
}

// assigned says whether somebody is assigned, directly or as a member of an assigned group.
func (m *model) assigned(p *person) bool {
	if p.direct {
		return true
	}
	for _, g := range m.groups {
		if g.assigned && !g.deleted && m.has(g, p) {
			return true
		}
	}
	return false
}

func (m *model) inScope(p *person) bool {
	return m.assigned(p) && (!m.variant.Filter || p.department != world.HiddenDepartment && p.department != "")
}

// due says whether somebody should have access.
func (m *model) due(p *person) bool {
	return p.removal == directory.Present && p.enabled && m.inScope(p)
}

// after is reference 1.3: what a complete cycle makes of a person.
func (m *model) after(p *person, b memory) memory {
	managed := b.link == state.Active || b.link == state.Disabled
	switch {
	case p.removal == directory.HardDeleted:
		if managed {
			return memory{state.Unlinked, world.Deleted}
		}
		return memory{state.Unlinked, b.account}
	case m.due(p):
		return memory{state.Active, world.Active}
	case p.removal == directory.SoftDeleted, m.inScope(p):
		if b.link == state.Active {
			return memory{state.Disabled, world.Inactive}
		}
	case b.link == state.Active && m.variant.Skip:
		return memory{state.Released, world.Active}
	case b.link == state.Active:
		return memory{state.Released, world.Inactive}
	case managed:
		return memory{state.Released, b.account}
	}
	return b
}

// expected is what the job may remember after a complete cycle.
func (m *model) expected(p *person) map[memory]bool {
	out := map[memory]bool{}
	for b := range p.may {
		out[m.after(p, b)] = true
		if p.removal == directory.HardDeleted && b.link == state.Released {
			out[b] = true // a purge that no delta query shows is not looked for: nothing would follow from it
		}
		if p.forgotten && m.variant.Skip && b.link == state.Active {
			out[memory{state.Released, world.Deleted}] = true // nothing was sent that could notice it
		}
	}
	return out
}

// widen takes into account that a cycle may have dealt with anybody or nobody.
func (m *model) widen() {
	for _, p := range m.people {
		for b := range m.expected(p) {
			p.may[b] = true
		}
	}
}

// begin notes at the start of a cycle who is due access. While a list of assignments that was suddenly empty is doubted the one
// before stands, and with it everybody who was assigned then.
func (m *model) begin(doubted bool) {
	for _, p := range m.people {
		if m.due(p) || doubted {
			p.had = true
			switch {
			case !doubted || p.removal != directory.Present:
			case p.enabled:
				p.may[memory{state.Active, world.Active}] = true
			default: // whoever is blocked is disabled, assigned by the new list or not
				for b := range p.may {
					if b.link == state.Active {
						p.may[memory{state.Disabled, world.Inactive}] = true
					}
				}
			}
		}
		if !m.due(p) {
			p.lacked = true
		}
	}
	m.skipped = m.skipped || m.variant.Skip
}

// titled is the title that the mapping gives somebody.
func (m *model) titled(p *person) string {
	if m.variant.TitleFromDepartment {
		return p.department
	}
	return p.title
}

// stored is a mobile number as the application stores it, "" when nothing is known about it.
func (m *model) stored(p *person) string {
	if !m.phones {
		return p.mobile
	}
	if !strings.HasPrefix(p.mobile, "+") {
		return ""
	}
	return strings.ReplaceAll(p.mobile, " ", "")
}
