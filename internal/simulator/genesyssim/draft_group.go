package genesyssim

import (
	"maps"
	"net/http"
	"slices"
	"strings"
)

// groupDraft collects the changes of one request to a group. They are applied only when all of them are valid.
type groupDraft struct {
	*group
	dir        *directory
	knobs      *Knobs
	method     string
	externalID string
	// joins and leaves are net changes of members relative to the stored group.
	joins, leaves map[string]bool
	added         int
}

func newGroupDraft(d *directory, g *group, k *Knobs, method string) *groupDraft {
	return &groupDraft{group: g, dir: d, knobs: k, method: method, externalID: g.externalID, joins: map[string]bool{}, leaves: map[string]bool{}}
}

// object applies the members of a body or of a pathless value, in a fixed order.
func (d *groupDraft) object(op string, values map[string]any) *problem {
	for _, key := range slices.Sorted(maps.Keys(values)) {
		pth, p := parsePath(key, urnGroup)
		if p == nil {
			p = d.apply(op, pth, values[key])
		}
		if p != nil {
			return p
		}
	}
	return nil
}

// apply does one operation (sections 10 and 11).
func (d *groupDraft) apply(op string, pth path, value any) *problem {
	if value == nil && op != opRemove && d.method != http.MethodPatch {
		return nil
	}
	switch pth.attr {
	case "displayname":
		if name, _ := value.(string); op == opRemove || name != d.name {
			if d.knobs.IgnoreGroupRename {
				return nil
			}
			return refuse(mutability, "displayName of a group is read-only")
		}
		return nil
	case "externalid":
		return d.setExternalID(op, value)
	case "members":
		return d.setMembers(op, pth, value)
	case "schemas", "meta":
		return nil
	case "id":
		if s, _ := value.(string); d.method == http.MethodPatch && s != d.id {
			return refuse(mutability, "id is read-only")
		}
		return nil
	}
	if d.knobs.RefuseUnknownAttributes {
		return refuse(invalidSyntax, "Attribute %q is not known", pth.text)
	}
	return nil
}

func (d *groupDraft) setExternalID(op string, value any) *problem {
	id, ok := value.(string)
	if op != opRemove && value != nil && !ok {
		return refuse(invalidValue, "externalId must be a string")
	}
	if op == opRemove {
		id = ""
	}
	if owner, taken := d.dir.groupsByExternal[id]; taken && id != "" && owner != d.id {
		return conflict("externalId %q belongs to another group", id)
	}
	d.externalID = id
	return nil
}

func (d *groupDraft) setMembers(op string, pth path, value any) *problem {
	if pth.filter != nil {
		id, ok := pth.selected("value")
		if !ok || len(pth.filter) != 1 || op != opRemove {
			return refuse(invalidPath, "The path %q is only supported to remove one member by value", pth.text)
		}
		d.leave(id)
		return nil
	}
	if pth.sub != "" && pth.sub != "value" {
		return refuse(invalidPath, "The path %q is not supported", pth.text)
	}
	ids := make([]string, 0, len(elements(value)))
	for _, e := range elements(value) {
		id, ok := valueOf(e)
		if !ok || id == "" {
			return refuse(invalidValue, "An element of members needs the id of a user or group as value")
		}
		ids = append(ids, id)
	}
	if op == opRemove {
		if value == nil {
			d.leaveOthers(nil)
		}
		// The legacy form of Entra lists whom to remove; everybody else stays (entra 7.5).
		for _, id := range ids {
			d.leave(id)
		}
		return nil
	}
	for _, id := range ids {
		if d.dir.liveLocked(id) == nil && d.dir.groups[id] == nil {
			return refuse(invalidValue, "Member %q does not exist", id)
		}
	}
	ids, p := d.capped(ids)
	if p != nil {
		return p
	}
	if op == opReplace || d.knobs.AddReplacesMembers {
		d.leaveOthers(ids)
	}
	for _, id := range ids {
		d.join(id)
	}
	return nil
}

// capped applies Knobs.MemberCap to all members that the request adds (switch 15).
func (d *groupDraft) capped(ids []string) ([]string, *problem) {
	limit := d.knobs.MemberCap
	if d.added += len(ids); limit <= 0 || d.added <= limit {
		return ids, nil
	}
	switch d.knobs.MemberCapMode {
	case CapDrop:
		return ids[:max(0, len(ids)-(d.added-limit))], nil
	case CapRefuse413:
		p := platform(http.StatusRequestEntityTooLarge, "request.entity.too.large", "The request has more than %d members", limit)
		p.limit = &limitInfo{Key: "members.per.request", Namespace: "groups", Value: limit}
		return nil, p
	}
	return nil, refuse(invalidValue, "At most %d members can be added in one request", limit)
}

func (d *groupDraft) join(id string) {
	if d.leaves[id] {
		delete(d.leaves, id)
	} else if !d.members.Has(id) {
		d.joins[id] = true
	}
}

func (d *groupDraft) leave(id string) {
	if d.joins[id] {
		delete(d.joins, id)
	} else if d.members.Has(id) {
		d.leaves[id] = true
	}
}

// leaveOthers removes everybody but keep.
func (d *groupDraft) leaveOthers(keep []string) {
	clear(d.joins)
	kept := map[string]bool{}
	for _, id := range keep {
		kept[id] = true
	}
	for _, id := range d.members.All() {
		if !kept[id] {
			d.leaves[id] = true
		}
	}
}

// commitLocked applies the collected changes.
func (d *groupDraft) commitLocked() {
	changed := d.externalID != d.group.externalID
	if changed {
		delete(d.dir.groupsByExternal, d.group.externalID)
		if d.group.externalID = d.externalID; d.externalID != "" {
			d.dir.groupsByExternal[d.externalID] = d.id
		}
	}
	for id := range d.leaves {
		changed = d.dir.leaveLocked(d.group, id) || changed
	}
	for id := range d.joins {
		changed = d.dir.joinLocked(d.group, id) || changed
	}
	if changed {
		d.dir.touchLocked(d.group)
	}
}

// patchOperation is one element of Operations.
type patchOperation struct {
	op    string
	path  string
	value any
}

// parsePatch reads the body of a PATCH (section 11). op compares without regard to case.
func parsePatch(body map[string]any) ([]patchOperation, *problem) {
	if !hasSchema(body, urnPatch) {
		return nil, refuse(invalidSyntax, "schemas must contain %q", urnPatch)
	}
	list, ok := body["Operations"].([]any)
	if !ok || len(list) == 0 {
		return nil, refuse(invalidSyntax, "Operations must be a list of at least one operation")
	}
	out := make([]patchOperation, 0, len(list))
	for _, e := range list {
		object, ok := e.(map[string]any)
		if !ok {
			return nil, refuse(invalidSyntax, "An operation must be an object")
		}
		op, _ := object["op"].(string)
		o := patchOperation{op: strings.ToLower(op), value: object["value"]}
		if raw := object["path"]; raw != nil {
			if o.path, ok = raw.(string); !ok {
				return nil, refuse(invalidPath, "The path of an operation must be a string")
			}
		}
		switch {
		case o.op != opAdd && o.op != opReplace && o.op != opRemove:
			return nil, refuse(invalidSyntax, "Operation %q is not supported", op)
		case o.path == "" && o.op == opRemove:
			return nil, refuse(noTarget, "A remove operation needs a path")
		case o.op == opAdd && o.value == nil:
			return nil, refuse(invalidValue, "An add operation needs a value")
		}
		out = append(out, o)
	}
	return out, nil
}

// hasSchema reports whether a body names a schema.
func hasSchema(body map[string]any, urn string) bool {
	list, _ := body["schemas"].([]any)
	return slices.ContainsFunc(list, func(s any) bool { text, _ := s.(string); return strings.EqualFold(text, urn) })
}

// target is what a PATCH is applied to.
type target interface {
	object(op string, values map[string]any) *problem
	apply(op string, pth path, value any) *problem
}

// patch applies operations in order. It returns how many were applied before the one that was refused.
func patch(t target, core string, operations []patchOperation) (int, *problem) {
	for i, o := range operations {
		var p *problem
		if o.path == "" {
			values, ok := o.value.(map[string]any)
			if !ok {
				return i, refuse(invalidValue, "An operation without path needs an object as value")
			}
			p = t.object(o.op, values)
		} else {
			var pth path
			if pth, p = parsePath(o.path, core); p == nil {
				p = t.apply(o.op, pth, o.value)
			}
		}
		if p != nil {
			return i, p
		}
	}
	return len(operations), nil
}
