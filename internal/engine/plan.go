package engine

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/mapping"
	"github.com/entrain-dev/entrain/internal/scope"
	"github.com/entrain-dev/entrain/internal/state"
)

// Source is the side that is read: a tenant.
type Source interface {
	// Check tests the connection; its error says what to do.
	Check(ctx context.Context) error
	// Changes reads what changed since token, everything when token is "", and returns the token for the next time. The pages
	// come in order. It fails with fault.Gone when the token is no longer accepted.
	Changes(ctx context.Context, kind directory.Kind, token string, attributes []string, page func([]directory.Change) error) (string, error)
	// Assignments reads all assignments of the application.
	Assignments(ctx context.Context, page func([]directory.Assignment) error) error
	// Find looks one object up: present, in the recycle bin, or gone from both.
	Find(ctx context.Context, kind directory.Kind, id directory.SourceID, attributes []string) (directory.Change, error)
	// FindMany looks objects up as Find does, in few requests, and tells each what it found, in no particular order. With
	// fault.Forbidden all that may be looked up have been; with any other error some have.
	FindMany(ctx context.Context, kind directory.Kind, ids []directory.SourceID, attributes []string, each func(directory.Change) error) error
}

// Target is the side that is written: an application.
type Target interface {
	Capabilities() directory.Capabilities
	// Check tests the connection by looking up a value of a matching attribute that cannot exist.
	Check(ctx context.Context, path string) error
	Find(ctx context.Context, kind directory.Kind, path, value string) ([]directory.Resource, error)
	// List reads everybody, active or not; attributes are SCIM paths that must be in the result.
	List(ctx context.Context, kind directory.Kind, attributes []string, page func([]directory.Resource) error) error
	Count(ctx context.Context, kind directory.Kind) (int, error)
	Get(ctx context.Context, kind directory.Kind, id directory.TargetID) (directory.Resource, error)
	Create(ctx context.Context, kind directory.Kind, doc directory.Document) (directory.Resource, error)
	Update(ctx context.Context, kind directory.Kind, id directory.TargetID, ops []directory.Operation) error
	// UpdateMembers adds and removes members in one request, at most Capabilities().MemberBatch of them.
	UpdateMembers(ctx context.Context, group directory.TargetID, add, remove []directory.TargetID) error
	Delete(ctx context.Context, kind directory.Kind, id directory.TargetID) error
}

// Side is how one kind of object is provisioned.
type Side struct {
	Mapping *mapping.Mapping
	Scope   *scope.Set
}

// Guard is accidental deletion prevention (reference part 2 section 8).
type Guard struct {
	Enabled bool
	// Threshold is exceeded by more than this many removals in one cycle.
	Threshold int64
}

// Limits are the quarantine thresholds of reference 2.1.
type Limits struct {
	// MinimumFailures and FailurePercent: quarantine when at least so many objects failed and they are more than so many percent.
	MinimumFailures, FailurePercent int64
	// BaseFailures: more than so many failures that are no reference failures.
	BaseFailures int64
	// TotalFailures: more than so many failures of any kind.
	TotalFailures int64
}

// DefaultLimits are the published thresholds.
var DefaultLimits = Limits{MinimumFailures: 5000, FailurePercent: 40, BaseFailures: 40000, TotalFailures: 60000}

// Plan is everything that a cycle needs to know, compiled. It is immutable: a changed resource or Secret makes a new Plan.
type Plan struct {
	ID   state.ConfigID
	Name string // namespace/name, for logs
	// Fingerprint changes whenever the decision about some object could change: mappings, filters, scope, application.
	Fingerprint string
	// Definition is what the plan was made of, kept with the state for whoever made it; it may be empty.
	Definition json.RawMessage
	// AssignedOnly is the scope "sync only assigned users and groups".
	AssignedOnly bool
	// Drift is what to do about changes that somebody made in the target.
	Drift Drift
	// Nested makes people in groups that are nested in a group members of it. It is an extension; Entra does not (reference 1.7).
	Nested bool
	// DryRun decides and logs but writes nothing to the target.
	DryRun                  bool
	SkipOutOfScopeDeletions bool
	Users                   Side
	Groups                  *Side // nil: groups are not provisioned
	Guard                   Guard
	Limits                  Limits
	Source                  Source
	Target                  Target
}

// side returns how a kind is provisioned, false when it is not.
func (p *Plan) side(kind directory.Kind) (Side, bool) {
	if kind == directory.User {
		return p.Users, true
	}
	if p.Groups == nil {
		return Side{}, false
	}
	return *p.Groups, true
}

// Selection returns the source attributes that must be read for a kind: those that mapping and filters use and those that
// the engine itself needs. Nothing else is read or stored.
func (p *Plan) Selection(kind directory.Kind) []string {
	var names []string
	if side, ok := p.side(kind); ok {
		names = append(names, side.Mapping.SourceAttributes()...)
		names = append(names, side.Scope.Attributes()...)
	}
	if kind == directory.User {
		names = append(names, directory.AttrUserPrincipalName, directory.AttrAccountEnabled)
	} else {
		// Members of groups decide who is assigned, whether or not groups themselves are provisioned.
		names = append(names, "displayName", directory.AttrSecurityEnabled, directory.AttrMembers)
	}
	slices.Sort(names)
	names = slices.Compact(names)
	return slices.DeleteFunc(names, func(n string) bool { return n == directory.AttrIsSoftDeleted || n == directory.AttrAppRoles })
}

// readsGroups reports whether groups must be read: they are provisioned, or they may bring people into scope.
func (p *Plan) readsGroups() bool { return p.Groups != nil || p.AssignedOnly || p.Nested }
