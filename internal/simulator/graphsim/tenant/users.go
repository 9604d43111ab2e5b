package tenant

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// AddUser creates a user and returns its id. userPrincipalName is required; id, accountEnabled, userType, displayName and
// createdDateTime get defaults.
func (t *Tenant) AddUser(props map[string]any) (string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	upn, _ := props["userPrincipalName"].(string)
	if upn == "" {
		return "", fmt.Errorf("%w: a user needs a userPrincipalName", ErrInvalid)
	}
	if t.byUPN[strings.ToLower(upn)] != nil {
		return "", fmt.Errorf("%w: another object with the same value for property userPrincipalName already exists", ErrConflict)
	}
	all := map[string]any{"accountEnabled": true, "userType": "Member", "displayName": upn, "createdDateTime": t.now()}
	maps.Copy(all, props)
	if m, ok := all["onPremisesExtensionAttributes"].(map[string]any); ok {
		all["onPremisesExtensionAttributes"] = extensionAttributes(nil, m)
	}
	o, err := t.create(User, all)
	if err != nil {
		return "", err
	}
	t.byUPN[strings.ToLower(upn)] = o
	t.insert(o)
	return o.id, nil
}

// UpdateUser sets properties of an active user; nil clears one. Values that are equal to the stored ones change nothing.
func (t *Tenant) UpdateUser(id string, props map[string]any) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	o, err := t.find(User, id, Active)
	if err != nil {
		return err
	}
	values, err := t.check(User, props)
	if err != nil {
		return err
	}
	if m, ok := values["onPremisesExtensionAttributes"].(map[string]any); ok {
		have, _ := o.value("onPremisesExtensionAttributes").(map[string]any)
		values["onPremisesExtensionAttributes"] = extensionAttributes(have, m)
	}
	if v, ok := values["userPrincipalName"]; ok {
		upn, _ := v.(string)
		other := t.byUPN[strings.ToLower(upn)]
		if upn == "" || other != nil && other != o {
			return fmt.Errorf("%w: userPrincipalName is empty or taken", ErrConflict)
		}
		delete(t.byUPN, strings.ToLower(o.text("userPrincipalName")))
		t.byUPN[strings.ToLower(upn)] = o
	}
	t.apply(o, values)
	return nil
}

// apply sets checked values and records the change, if it is one.
func (t *Tenant) apply(o *object, values map[string]any) {
	seq, changed := t.next(), false
	for name, v := range values {
		if name != "id" {
			changed = o.set(name, v, seq) || changed
		}
	}
	if changed {
		t.record(o, seq)
	}
}

// extensionAttributes returns the object with its 15 keys, of which the unset ones are null (5.1).
func extensionAttributes(have, set map[string]any) map[string]any {
	out := make(map[string]any, 15)
	for i := 1; i <= 15; i++ {
		name := fmt.Sprintf("extensionAttribute%d", i)
		out[name] = have[name]
		if v, ok := set[name]; ok {
			out[name] = v
		}
	}
	return out
}

func sorted(values map[string]any, seq uint64) []Property {
	out := make([]Property, 0, len(values))
	for name, v := range values {
		if v != nil {
			out = append(out, Property{Name: name, Value: v, Seq: seq})
		}
	}
	slices.SortFunc(out, func(a, b Property) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// SetManager gives a user a manager, who may be a user or a contact.
func (t *Tenant) SetManager(id, manager string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	o, err := t.find(User, id, Active)
	if err != nil {
		return err
	}
	m, err := t.find("", manager, Active)
	if err != nil {
		return err
	}
	if m.kind != User && m.kind != Contact {
		return fmt.Errorf("%w: a %s cannot be a manager", ErrInvalid, m.kind)
	}
	t.setManager(o, m)
	return nil
}

// ClearManager takes the manager of a user away.
func (t *Tenant) ClearManager(id string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	o, err := t.find(User, id, Active)
	if err != nil {
		return err
	}
	t.setManager(o, nil)
	return nil
}

func (t *Tenant) setManager(o, m *object) {
	if o.manager == m {
		return
	}
	seq := t.next()
	if o.manager != nil {
		o.manager.reports.remove(o)
		o.oldManager = o.manager
	}
	o.manager, o.managerSeq = m, seq
	if m != nil {
		if m.reports == nil {
			m.reports = newRoster[*object]()
		}
		m.reports.add(seq, o)
	}
	t.record(o, seq)
}

// AddOther creates a device, contact or service principal object that can be a member of groups.
func (t *Tenant) AddOther(kind Kind, displayName string) (string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if kind == User || kind == Group {
		return "", fmt.Errorf("%w: use AddUser or AddGroup", ErrInvalid)
	}
	o, err := t.create(kind, map[string]any{"displayName": displayName})
	if err != nil {
		return "", err
	}
	t.insert(o)
	return o.id, nil
}
