package graphsim

import "github.com/entrain-dev/entrain/internal/simulator/graphsim/tenant"

// The phases of reporting the members of one group: first what changed, then who is a member. A first round needs only the
// second, a changed or new group only the first, a restored one both, because a reader may still hold its members from before.
const (
	phaseChanges = iota
	phaseMembers
	phaseDone
)

// groupDelta answers GET /groups/delta. A page holds many small groups, or one group with a part of its members (2.3).
func (c *call) groupDelta() (*reply, *graphError) {
	r, latest, e := c.begin(tenant.Group, "groups", c.knobs.GroupPageSize)
	if e != nil {
		return nil, e
	}
	if latest {
		return c.deltaPage(r, nil, false), nil
	}
	if c.emptyPage() {
		return c.deltaPage(r, nil, true), nil
	}
	before := r.pageToken
	entries, more := c.groupEntries(r)
	if c.shape.effect == EffectRepeatPage {
		r.pageToken, more = before, true
	}
	return c.deltaPage(r, entries, more), nil
}

// groupEntries writes the entries of a page and moves the round on.
func (c *call) groupEntries(r *round) (entries [][]byte, more bool) {
	if r.Group != "" {
		v, _ := c.s.tenant.Get(r.Group)
		if v.State == tenant.Active {
			entry, _ := c.groupEntry(r, v, c.knobs.MemberChunk)
			return [][]byte{entry}, true
		}
		r.Group, r.Phase, r.Member = "", 0, 0
	}
	budget := c.knobs.MemberChunk
	for len(entries) < r.size {
		views, cursor, more := c.next(r, r.Cursor, 1)
		if len(views) == 0 {
			r.Cursor = cursor
			return entries, more
		}
		saved := r.pageToken
		entry, used := c.groupEntry(r, views[0], budget)
		if r.Group != "" && len(entries) > 0 {
			r.pageToken = saved // it does not fit: it gets the next page
			return entries, true
		}
		r.Cursor = cursor
		entries = append(entries, entry)
		budget -= used
		if r.Group != "" {
			return entries, true
		}
		if !more {
			return entries, false
		}
	}
	return entries, true
}

// groupEntry writes the entry of a group with at most budget members and returns how many it used. The token says afterwards
// whether the group has more to come.
func (c *call) groupEntry(r *round, v tenant.View, budget int) ([]byte, int) {
	if v.State != tenant.Active {
		return removed(v), 0
	}
	rec, _ := r.scalars(v)
	if !r.tracksMembers {
		return rec.end(), 0
	}
	if r.Group == "" {
		r.Phase, r.Member = firstPhase(r), 0
	}
	var members []tenant.MemberChange
	for r.Phase != phaseDone && len(members) < budget {
		part, cursor, more := c.membersPart(r, v, budget-len(members))
		members = append(members, part...)
		r.Member = cursor
		if !more {
			r.Phase, r.Member = nextPhase(r, v), 0
		}
	}
	if len(members) > 0 || c.knobs.EmptyMembers {
		rec.raw("members@delta", appendRefs(make([]byte, 0, refSize*len(members)), members))
	}
	r.Group = v.ID
	if r.Phase == phaseDone || budget <= 0 && len(members) == 0 && !c.hasMembers(r, v) {
		r.Group, r.Phase, r.Member = "", 0, 0
	}
	return rec.end(), len(members)
}

// hasMembers says whether a group for which no room was left has anything to report.
func (c *call) hasMembers(r *round, v tenant.View) bool {
	part, _, _ := c.membersPart(r, v, 1)
	return len(part) > 0 || r.Phase == phaseChanges && nextPhase(r, v) == phaseMembers && c.s.tenant.MemberCount(v.ID) > 0
}

func firstPhase(r *round) int {
	if r.First {
		return phaseMembers
	}
	return phaseChanges
}

func nextPhase(r *round, v tenant.View) int {
	if restored := v.Lifecycle > r.Since && v.Created <= r.Since; r.Phase == phaseChanges && restored {
		return phaseMembers
	}
	return phaseDone
}

func (c *call) membersPart(r *round, v tenant.View, n int) ([]tenant.MemberChange, uint64, bool) {
	if r.Phase == phaseChanges {
		return c.s.tenant.MemberChanges(v.ID, r.span(), r.Member, n, c.knobs.MemberHistory)
	}
	return c.s.tenant.MemberRefs(v.ID, r.Member, n)
}
