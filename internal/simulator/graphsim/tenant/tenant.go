package tenant

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jonboulle/clockwork"
)

var (
	// ErrNotFound says that an object is unknown, or not in the state that the operation needs.
	ErrNotFound = errors.New("not found")
	// ErrConflict says that a value that must be unique is taken.
	ErrConflict = errors.New("conflict")
	// ErrInvalid says that a property or value is not possible.
	ErrInvalid = errors.New("invalid")
)

// BinLife is how long a deleted object can be restored, microsoft-graph.md 3.6.
const BinLife = 30 * 24 * time.Hour

// Config describes a tenant. The zero value is a usable one.
type Config struct {
	// ID is the tenant id, a GUID; one is made from Seed when empty.
	ID string
	// Domains are the verified domains; "contoso.onmicrosoft.com" when empty.
	Domains []string
	// Clock gives the time of creations and deletions; the real clock when nil.
	Clock clockwork.Clock
	// Seed makes the generated ids repeatable.
	Seed int64
	// History bounds the change log; when it is full it is dropped and all delta tokens issued so far are too old. 0 means 4 million.
	History int
	// SoftDeleteSecurityGroups is the preview in which security groups too go to the recycle bin (2.2).
	SoftDeleteSecurityGroups bool
}

// Tenant is one simulated Entra tenant.
type Tenant struct {
	cfg   Config
	clock clockwork.Clock

	mu         sync.RWMutex
	random     *rand.Rand
	seq        uint64
	objects    map[string]*object
	lists      map[Kind]*roster[*object] // active and deleted objects in order of creation
	bin        map[Kind]*roster[*object] // deleted objects in order of deletion
	active     map[Kind]int
	byUPN      map[string]*object // lower case; active users only
	principals map[string]*principal
	byAppID    map[string]*principal
	spOrder    []*principal
	extensions map[Kind]map[string]PropertyType

	recording bool
	logs      map[Kind]*changeLog
	recorded  int
	floor     uint64
}

// New returns an empty tenant.
func New(cfg Config) *Tenant {
	t := &Tenant{
		cfg: cfg, clock: cfg.Clock,
		random:  rand.New(rand.NewPCG(uint64(cfg.Seed), 0x9e3779b97f4a7c15)), // repeatable on purpose
		objects: map[string]*object{}, lists: map[Kind]*roster[*object]{}, bin: map[Kind]*roster[*object]{}, active: map[Kind]int{},
		byUPN: map[string]*object{}, principals: map[string]*principal{}, byAppID: map[string]*principal{},
		extensions: map[Kind]map[string]PropertyType{User: {}, Group: {}}, logs: map[Kind]*changeLog{},
	}
	for _, k := range []Kind{User, Group, Device, ServicePrincipal, Contact} {
		t.lists[k], t.bin[k], t.logs[k] = newRoster[*object](), newRoster[*object](), &changeLog{}
	}
	if t.clock == nil {
		t.clock = clockwork.NewRealClock()
	}
	if t.cfg.ID == "" {
		t.cfg.ID = t.newID()
	}
	if len(t.cfg.Domains) == 0 {
		t.cfg.Domains = []string{"contoso.onmicrosoft.com"}
	}
	if t.cfg.History == 0 {
		t.cfg.History = 4 << 20
	}
	return t
}

// ID returns the tenant id.
func (t *Tenant) ID() string { return t.cfg.ID }

// Domains returns the verified domains, the first one being the default.
func (t *Tenant) Domains() []string { return t.cfg.Domains }

// Is says whether a tenant identifier of an address (id or domain, in any letter case) means this tenant.
func (t *Tenant) Is(identifier string) bool {
	if strings.EqualFold(identifier, t.cfg.ID) {
		return true
	}
	for _, d := range t.cfg.Domains {
		if strings.EqualFold(d, identifier) {
			return true
		}
	}
	return false
}

// Property describes a property of a kind, directory extensions included. It takes the lock of the tenant.
func (t *Tenant) Property(kind Kind, name string) (PropertyType, bool) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.property(kind, name)
}

func (t *Tenant) property(kind Kind, name string) (PropertyType, bool) {
	if p, ok := builtin(kind)[name]; ok {
		return p, true
	}
	p, ok := t.extensions[kind][name]
	return p, ok
}

// RegisterExtension declares a directory extension (extension_<32 hex digits>_<name>); before, selecting it is an error.
func (t *Tenant) RegisterExtension(kind Kind, name string, typ Type) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	rest, ok := strings.CutPrefix(name, "extension_")
	if !ok || len(rest) < 34 || rest[32] != '_' || strings.Trim(rest[:32], "0123456789abcdef") != "" {
		return fmt.Errorf("%w: %s is not the name of a directory extension", ErrInvalid, name)
	}
	t.extensions[kind][name] = PropertyType{Name: name, Type: typ, Filter: FilterDefault, Extension: true}
	return nil
}

// RemoveExtension withdraws a directory extension, as happens when the application that owns it is deleted.
func (t *Tenant) RemoveExtension(kind Kind, name string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.extensions[kind], name)
}

// newID returns the next generated GUID.
func (t *Tenant) newID() string {
	var id uuid.UUID
	binary.BigEndian.PutUint64(id[:8], t.random.Uint64())
	binary.BigEndian.PutUint64(id[8:], t.random.Uint64())
	id[6] = id[6]&0x0f | 0x40
	id[8] = id[8]&0x3f | 0x80
	return id.String()
}

func (t *Tenant) next() uint64 {
	t.seq++
	return t.seq
}

func (t *Tenant) now() string { return t.clock.Now().UTC().Format("2006-01-02T15:04:05Z") }

// find returns an object in one of the states.
func (t *Tenant) find(kind Kind, id string, states ...State) (*object, error) {
	o := t.objects[strings.ToLower(id)]
	if o != nil && (kind == "" || o.kind == kind) {
		for _, s := range states {
			if o.state == s {
				return o, nil
			}
		}
	}
	return nil, fmt.Errorf("%w: %s %s", ErrNotFound, kind, id)
}

// create makes an object of a kind with the properties, which are checked.
func (t *Tenant) create(kind Kind, props map[string]any) (*object, error) {
	values, err := t.check(kind, props)
	if err != nil {
		return nil, err
	}
	id, _ := values["id"].(string)
	delete(values, "id")
	if id == "" {
		id = t.newID()
	}
	parsed, err := uuid.Parse(id)
	if err != nil {
		return nil, fmt.Errorf("%w: id %q is not a GUID", ErrInvalid, id)
	}
	id = parsed.String()
	if t.objects[id] != nil {
		return nil, fmt.Errorf("%w: id %s is taken", ErrConflict, id)
	}
	seq := t.next()
	o := &object{id: id, kind: kind, created: seq, lifecycle: seq, props: sorted(values, seq)}
	return o, nil
}

// insert makes an object visible.
func (t *Tenant) insert(o *object) {
	t.objects[o.id] = o
	t.lists[o.kind].add(o.created, o)
	t.active[o.kind]++
	t.record(o, o.created)
}

func (t *Tenant) check(kind Kind, props map[string]any) (map[string]any, error) {
	out := make(map[string]any, len(props)+4)
	for name, value := range props {
		p, ok := t.property(kind, name)
		if !ok {
			return nil, fmt.Errorf("%w: a %s has no property %s", ErrInvalid, kind, name)
		}
		v, err := normalize(p, value)
		if err != nil {
			return nil, err
		}
		out[name] = v
	}
	return out, nil
}
