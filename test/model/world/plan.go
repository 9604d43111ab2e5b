package world

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/jonboulle/clockwork"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/engine"
	"github.com/entrain-dev/entrain/internal/graph"
	"github.com/entrain-dev/entrain/internal/mapping"
	"github.com/entrain-dev/entrain/internal/scim"
	"github.com/entrain-dev/entrain/internal/scim/profile"
	"github.com/entrain-dev/entrain/internal/scope"
)

// AppID is the application whose assignments count.
const AppID = "aaaabbbb-0000-1111-2222-333344445555"

// HiddenDepartment is who the scoping filter leaves out.
const HiddenDepartment = "Hidden"

// Variant is what an administrator may change of a plan. The zero value is the default mapping without filters.
type Variant struct {
	// Filter lets in everybody but HiddenDepartment. TitleFromDepartment maps the title from the department.
	Filter, TitleFromDepartment bool
	// Skip leaves objects untouched that go out of scope. DryRun writes nothing.
	Skip, DryRun bool
	// Threshold is that of the deletion guard, 0 for none.
	Threshold int64
	// Nested makes people in nested groups members of the groups around them.
	Nested bool
}

// fingerprint changes with what decides about people.
func (v Variant) fingerprint() string {
	return fmt.Sprintf("filter=%t title=%t skip=%t nested=%t", v.Filter, v.TitleFromDepartment, v.Skip, v.Nested)
}

// Connection says how both sides are reached.
type Connection struct {
	GraphURL, TargetURL, Profile string
	// GraphToken returns an access token for Graph.
	GraphToken func() string
	Clock      clockwork.Clock
	// HTTP is the client for both sides.
	HTTP *http.Client
}

// Clients are both sides as the engine sees them.
type Clients struct {
	Source engine.Source
	Target engine.Target
	Prof   profile.Profile
}

// Connect makes the real clients.
func (c Connection) Connect() (Clients, error) {
	source, err := graph.New(graph.Config{
		GraphURL: c.GraphURL, Credential: tokens{c.GraphToken}, HTTP: c.HTTP, AppID: AppID, Clock: c.Clock, MaxBody: 4 << 20,
	})
	if err != nil {
		return Clients{}, err
	}
	prof, err := profile.Lookup(c.Profile, profile.Options{})
	if err != nil {
		return Clients{}, err
	}
	target, err := scim.New(scim.Config{
		BaseURL: c.TargetURL, Profile: prof, Token: func(context.Context) (string, error) { return token, nil }, HTTP: c.HTTP,
		Limiter: scim.NewLimiter(0, c.Clock), Clock: c.Clock,
	})
	return Clients{Source: source, Target: target, Prof: prof}, err
}

// tokens is a credential that asks the simulator itself; the way through the token endpoint is tested in internal/credentials.
type tokens struct{ token func() string }

func (t tokens) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	return azcore.AccessToken{Token: t.token(), ExpiresOn: time.Now().Add(time.Hour)}, nil
}

// Plan compiles a plan.
func (c Clients) Plan(v Variant) (*engine.Plan, error) {
	users, err := c.side(directory.User, v)
	if err != nil {
		return nil, err
	}
	groups, err := c.side(directory.Group, v)
	if err != nil {
		return nil, err
	}
	return &engine.Plan{
		ID: "config", Name: "ns/config", Fingerprint: v.fingerprint(), AssignedOnly: true, Nested: v.Nested, DryRun: v.DryRun, SkipOutOfScopeDeletions: v.Skip,
		Users: users, Groups: &groups, Source: c.Source, Target: c.Target, Guard: engine.Guard{Enabled: v.Threshold > 0, Threshold: v.Threshold},
		Limits: engine.DefaultLimits,
	}, nil
}

func (c Clients) side(kind directory.Kind, v Variant) (engine.Side, error) {
	spec := mapping.Spec{Kind: kind, Create: true, Update: true, Delete: true}
	for _, r := range c.Prof.Rows(kind) {
		if r.Target == "title" && v.TitleFromDepartment {
			r.Source = "department"
		}
		spec.Rows = append(spec.Rows, mapping.Row{
			Target: r.Target, Source: r.Source, Expression: r.Expression, Constant: r.Constant, MatchingPrecedence: r.MatchingPrecedence,
		})
	}
	m, problems := mapping.Compile(spec, c.Prof.Capabilities.Schema, mapping.Options{})
	if err := problems.Err(); err != nil {
		return engine.Side{}, err
	}
	var filters []scope.Filter
	if v.Filter && kind == directory.User {
		filters = []scope.Filter{{Title: "visible", Clauses: []scope.Clause{{Attribute: "department", Operator: scope.NotEquals, Value: HiddenDepartment}}}}
	}
	set, problems := scope.Compile(kind, filters)
	return engine.Side{Mapping: m, Scope: set}, problems.Err()
}
