package tenant

import (
	"slices"
	"strings"
	"time"
)

// Kind is the kind of a directory object, spelled as in @odata.type.
type Kind string

// The kinds of directory objects that can be members of a group.
const (
	User             Kind = "user"
	Group            Kind = "group"
	Device           Kind = "device"
	ServicePrincipal Kind = "servicePrincipal"
	Contact          Kind = "orgContact"
)

// ODataType returns the @odata.type annotation of the kind.
func (k Kind) ODataType() string { return "#microsoft.graph." + string(k) }

// State says whether an object exists.
type State int

const (
	// Active objects exist.
	Active State = iota
	// Deleted objects are in the recycle bin and can be restored for 30 days.
	Deleted
	// Purged objects are gone for good; only their id is remembered.
	Purged
)

// Property is one property of an object with the sequence number of its last change. A nil value is a property that was set
// once and is cleared now; a property that was never set is not there.
type Property struct {
	Name  string
	Value any // string, bool, int64, []string, map[string]any, []any or nil; must not be changed
	Seq   uint64
}

// Ref names an object.
type Ref struct {
	ID   string
	Kind Kind
}

// View is what an object looked like at one moment. It stays valid when the tenant changes.
type View struct {
	Ref
	State State
	// Created is the sequence number of the creation and the position in lists; Lifecycle that of the last creation,
	// deletion, restore or purge.
	Created, Lifecycle uint64
	// Properties is sorted by name and must not be changed.
	Properties []Property
	// Manager is empty without a manager; OldManager is the one before. ManagerSeq is the sequence number of the last change.
	Manager, OldManager Ref
	ManagerSeq          uint64
	// MembersSeq is the sequence number of the last change of the members of a group.
	MembersSeq uint64
	// DeletedAt is when the object was put into the recycle bin.
	DeletedAt time.Time
}

// Property returns a property and whether it was ever set.
func (v View) Property(name string) (Property, bool) {
	i, ok := slices.BinarySearchFunc(v.Properties, name, func(p Property, n string) int { return strings.Compare(p.Name, n) })
	if !ok {
		return Property{}, false
	}
	return v.Properties[i], true
}

// String returns a property that is a string, "" otherwise.
func (v View) String(name string) string {
	p, _ := v.Property(name)
	s, _ := p.Value.(string)
	return s
}

type object struct {
	id        string
	kind      Kind
	state     State
	created   uint64
	lifecycle uint64
	changed   uint64 // sequence number of the newest entry in the change log
	props     []Property
	deletedAt time.Time

	manager, oldManager *object
	managerSeq          uint64
	reports             *roster[*object]
	memberOf            []*object
	assignments         []*assignment

	members    *roster[*object]
	membersSeq uint64
	history    *memberHistory
}

func (o *object) ref() Ref {
	if o == nil {
		return Ref{}
	}
	return Ref{ID: o.id, Kind: o.kind}
}

func (o *object) view() View {
	return View{
		Ref: o.ref(), State: o.state, Created: o.created, Lifecycle: o.lifecycle, Properties: o.props,
		Manager: o.manager.ref(), OldManager: o.oldManager.ref(), ManagerSeq: o.managerSeq, MembersSeq: o.membersSeq,
		DeletedAt: o.deletedAt,
	}
}

// set puts a value; the slice of properties is replaced, never changed, because views share it.
func (o *object) set(name string, value any, seq uint64) bool {
	i, found := slices.BinarySearchFunc(o.props, name, func(p Property, n string) int { return strings.Compare(p.Name, n) })
	if found {
		if equal(o.props[i].Value, value) {
			return false
		}
		props := slices.Clone(o.props)
		props[i] = Property{Name: o.props[i].Name, Value: value, Seq: seq}
		o.props = props
		return true
	}
	if value == nil {
		return false
	}
	props := make([]Property, 0, len(o.props)+1)
	props = append(props, o.props[:i]...)
	props = append(props, Property{Name: name, Value: value, Seq: seq})
	o.props = append(props, o.props[i:]...)
	return true
}

func (o *object) value(name string) any {
	p, _ := o.view().Property(name)
	return p.Value
}

func (o *object) text(name string) string {
	s, _ := o.value(name).(string)
	return s
}
