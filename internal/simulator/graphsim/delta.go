package graphsim

import (
	"slices"
	"strconv"
	"strings"

	"github.com/entrain-dev/entrain/internal/simulator/graphsim/tenant"
)

// maxDeltaIDs is how many ids $filter of a delta may name (1.1).
const maxDeltaIDs = 50

// round is one delta request: where in which round it stands and what is selected.
type round struct {
	pageToken
	kind    tenant.Kind
	sel     selection
	size    int
	minimal bool
	// tracksMembers and tracksManager say which relation is reported.
	tracksMembers, tracksManager bool
}

func (r *round) span() tenant.Range { return tenant.Range{Since: r.Since, UpTo: r.UpTo} }

// begin finds out which round and page a delta request asks for. latest is true for $deltatoken=latest.
func (c *call) begin(kind tenant.Kind, resource string, size int) (r *round, latest bool, failure *graphError) {
	r = &round{kind: kind, size: size}
	if strings.Contains(c.preference("return"), "minimal") {
		r.minimal = true
	}
	if n, err := strconv.Atoi(c.preference("odata.maxpagesize")); err == nil && c.knobs.HonourMaxPageSize && n >= 1 && n <= 999 {
		r.size = n
	}
	if c.shape.effect == EffectShortPage {
		r.size = min(r.size, c.shape.size)
	}
	skip, isPage := c.query.get("skiptoken")
	delta, isRound := c.query.get("deltatoken")
	isRound = isRound && delta != ""
	latest = strings.EqualFold(delta, "latest")
	var e *graphError
	switch {
	case isPage:
		r.pageToken, e = c.redeem(skip, deltaPage, resource)
	case isRound && !latest:
		if r.pageToken, e = c.redeem(delta, deltaToken, resource); e == nil {
			r.UpTo = c.s.tenant.Head(kind, c.knobs.ReplicationLag)
			r.Since = min(r.Since, r.UpTo)
			if c.knobs.Replay > 0 {
				r.Since = max(c.s.tenant.Rewind(kind, r.Since, c.knobs.Replay), c.s.tenant.Floor())
			}
		}
	default:
		r.pageToken = pageToken{Resource: resource, First: true, UpTo: c.s.tenant.Head(kind, c.knobs.ReplicationLag)}
		r.IDs, e = c.deltaFilter()
	}
	if e != nil {
		return nil, false, e
	}
	return r, latest, c.track(r, isPage || isRound && !latest)
}

// track reads what is selected, from the query on the first request and from the token later.
func (c *call) track(r *round, later bool) *graphError {
	navigation := map[tenant.Kind][]string{tenant.User: {"manager"}, tenant.Group: {"members", "owners"}}[r.kind]
	var e *graphError
	switch {
	case later:
		if _, given := c.query.get("select"); given {
			return unsupported("Unsupported query.")
		}
		if r.NoSelect {
			r.sel = c.defaults(r.kind)
		} else {
			r.sel, e = c.selection(r.kind, r.Select, false, navigation)
		}
	default:
		r.sel, e = c.selected(r.kind, false, navigation...)
		r.NoSelect, r.Select = !r.sel.given, nil
		if r.sel.given {
			r.Select = r.sel.all()
		}
		if c.knobs.LegacyExpand && r.sel.given && strings.Contains(c.query.value("expand"), "members") && !r.sel.has("members") {
			r.sel.navigation = append(r.sel.navigation, "members")
			r.Select = r.sel.all()
		}
	}
	r.tracksManager = r.kind == tenant.User && (r.NoSelect || r.sel.has("manager"))
	r.tracksMembers = r.kind == tenant.Group && (r.NoSelect || r.sel.has("members"))
	return e
}

// deltaFilter reads the ids of $filter=id eq '..' or id eq '..', the only filter of delta.
func (c *call) deltaFilter() ([]string, *graphError) {
	text, ok := c.query.get("filter")
	if !ok {
		return nil, nil
	}
	f, err := parseFilter(text)
	if err != nil {
		return nil, unsupported("Unsupported query.")
	}
	ids, ok := f.ids()
	if !ok {
		return nil, unsupported("Unsupported query.")
	}
	if len(ids) > maxDeltaIDs {
		return nil, unsupported("Too many identifiers in the filter: %d. At most %d are supported.", len(ids), maxDeltaIDs)
	}
	return ids, nil
}

// touched says whether an object has anything to report in the round.
func (r *round) touched(v tenant.View) bool {
	if v.Lifecycle > r.Since {
		return true
	}
	if v.State != tenant.Active {
		return false
	}
	if r.tracksManager && v.ManagerSeq > r.Since || r.tracksMembers && v.MembersSeq > r.Since {
		return true
	}
	return slices.ContainsFunc(v.Properties, func(p tenant.Property) bool {
		if p.Seq <= r.Since {
			return false
		}
		i := slices.Index(r.sel.names, p.Name)
		return i >= 0 && !r.sel.types[i].NotTracked
	})
}

// next returns up to n objects of the round after the cursor, the cursor to go on from and whether there may be more.
func (c *call) next(r *round, cursor uint64, n int) ([]tenant.View, uint64, bool) {
	if len(r.IDs) > 0 {
		return c.nextByID(r, cursor, n)
	}
	if r.First {
		return c.s.tenant.List(r.kind, cursor, r.UpTo, n, c.knobs.FirstRoundRemovals, nil)
	}
	return c.s.tenant.Changed(r.kind, r.span(), cursor, n, r.touched)
}

func (c *call) nextByID(r *round, cursor uint64, n int) ([]tenant.View, uint64, bool) {
	var out []tenant.View
	for cursor < uint64(len(r.IDs)) && len(out) < n {
		v, ok := c.s.tenant.Get(r.IDs[cursor])
		cursor++
		if !ok || v.Kind != r.kind || v.Created > r.UpTo {
			continue
		}
		if r.First && (v.State == tenant.Active || v.State == tenant.Deleted && c.knobs.FirstRoundRemovals) || !r.First && r.touched(v) {
			out = append(out, v)
		}
	}
	return out, cursor, cursor < uint64(len(r.IDs))
}

// removed writes the entry of an object that is gone.
func removed(v tenant.View) []byte {
	reason := "deleted"
	if v.State == tenant.Deleted {
		reason = "changed"
	}
	rec := newRecord(nil)
	rec.put("id", v.ID)
	rec.raw("@removed", []byte(`{"reason":"`+reason+`"}`))
	return rec.end()
}

// scalars starts the entry of an object. complete is true when the whole object is reported.
func (r *round) scalars(v tenant.View) (rec *record, complete bool) {
	complete = r.First || v.Lifecycle > r.Since
	rec = newRecord(make([]byte, 0, 512))
	if r.minimal && !complete {
		rec.delta(v, r.sel, &r.Since)
	} else {
		rec.delta(v, r.sel, nil)
	}
	return rec, complete
}

// userDelta answers GET /users/delta.
func (c *call) userDelta() (*reply, *graphError) {
	r, latest, e := c.begin(tenant.User, "users", c.knobs.UserPageSize)
	if e != nil {
		return nil, e
	}
	if latest {
		return c.deltaPage(r, nil, false), nil
	}
	if c.emptyPage() {
		return c.deltaPage(r, nil, true), nil
	}
	views, cursor, more := c.next(r, r.Cursor, r.size)
	entries := make([][]byte, 0, len(views))
	for _, v := range views {
		entries = append(entries, c.userEntry(r, v))
	}
	if c.shape.effect != EffectRepeatPage {
		r.Cursor = cursor
	}
	return c.deltaPage(r, entries, more || c.shape.effect == EffectRepeatPage), nil
}

func (c *call) userEntry(r *round, v tenant.View) []byte {
	if v.State != tenant.Active {
		return removed(v)
	}
	rec, complete := r.scalars(v)
	if r.tracksManager && (complete || v.ManagerSeq > r.Since) {
		changed := !r.First && v.ManagerSeq > r.Since
		if refs := c.managerRefs(v, changed); len(refs) > 0 {
			rec.raw("manager@delta", appendRefs(nil, refs))
		}
	}
	return rec.end()
}

// managerRefs returns the entries of manager@delta (1.5).
func (c *call) managerRefs(v tenant.View, changed bool) []tenant.MemberChange {
	var out []tenant.MemberChange
	old := tenant.MemberChange{Ref: v.OldManager, Removed: true}
	tellOld := changed && v.OldManager.ID != "" && (v.Manager.ID == "" || c.knobs.OldManager != OldManagerAbsent) && v.OldManager.ID != v.Manager.ID
	if tellOld && c.knobs.OldManager != OldManagerAfter {
		out = append(out, old)
	}
	if v.Manager.ID != "" {
		out = append(out, tenant.MemberChange{Ref: v.Manager})
	}
	if tellOld && c.knobs.OldManager == OldManagerAfter {
		out = append(out, old)
	}
	return out
}

// refSize is about how many bytes one entry of a relation annotation takes.
const refSize = 90

// appendRefs writes the value of a relation annotation.
func appendRefs(b []byte, refs []tenant.MemberChange) []byte {
	b = append(b, '[')
	for i, ref := range refs {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, `{"@odata.type":"#microsoft.graph.`...)
		b = append(b, ref.Kind...)
		b = append(b, `","id":"`...)
		b = append(b, ref.ID...)
		b = append(b, '"')
		if ref.Removed {
			b = append(b, `,"@removed":{"reason":"deleted"}`...)
		}
		b = append(b, '}')
	}
	return append(b, ']')
}

// emptyPage says whether this delta request answers an empty page in the middle.
func (c *call) emptyPage() bool {
	if c.shape.effect == EffectEmptyPage {
		return true
	}
	if c.knobs.EmptyPageEvery <= 0 {
		return false
	}
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	c.s.deltaPages++
	return c.s.deltaPages%c.knobs.EmptyPageEvery == 0
}

// deltaPage writes a page of a round with its nextLink or deltaLink.
func (c *call) deltaPage(r *round, entries [][]byte, more bool) *reply {
	switch c.shape.effect {
	case EffectEmptyResult:
		entries, more = nil, false
	case EffectEndEarly:
		more = false
	}
	if n := c.knobs.DuplicateEvery; n > 0 {
		for i, whole := n-1, len(entries); i < whole; i += n {
			entries = append(entries, entries[i])
		}
	}
	if c.knobs.Shuffle || c.shape.effect == EffectShuffle {
		c.shuffle(entries)
	}
	set := r.Resource
	if r.sel.given {
		set = r.sel.context(set)
	}
	var link option
	if more {
		t := r.pageToken
		t.Purpose = deltaPage
		link = option{"@odata.nextLink", c.base + "/v1.0/" + r.Resource + "/delta?$skiptoken=" + c.issue(t)}
	} else {
		t := pageToken{Purpose: deltaToken, Resource: r.Resource, Select: r.Select, NoSelect: r.NoSelect, IDs: r.IDs, Since: r.UpTo}
		link = option{"@odata.deltaLink", c.base + "/v1.0/" + r.Resource + "/delta?$deltatoken=" + c.issue(t)}
	}
	out := graphReply(page(c.metadata(set), entries, link))
	if r.minimal {
		out.header.Set("Preference-Applied", "return=minimal")
	}
	return out
}
