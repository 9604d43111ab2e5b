package plan

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/jonboulle/clockwork"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	api "github.com/entrain-dev/entrain/api/v1alpha1"
	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/engine"
	"github.com/entrain-dev/entrain/internal/mapping"
	"github.com/entrain-dev/entrain/internal/scim/profile"
	"github.com/entrain-dev/entrain/internal/scope"
	"github.com/entrain-dev/entrain/internal/state"
)

// Unresolved says why no plan can be made of a config. It is not a failure of ours: somebody has to change something.
type Unresolved struct {
	// Reason is a condition reason: ReferenceNotFound, ReferenceInvalid, SecretNotFound, SecretInvalid or Invalid.
	Reason string
	// Message is one sentence: what, where, what to do.
	Message string
}

func (u *Unresolved) Error() string { return u.Message }

func unresolved(reason, format string, args ...any) error {
	return &Unresolved{Reason: reason, Message: fmt.Sprintf(format, args...)}
}

// Result is a plan that can be run.
type Result struct {
	Plan *engine.Plan
	// Revision changes with everything that the plan was made of, Secrets included.
	Revision string
	// Token is what is known of the life of the target's secret token.
	Token TokenLife
}

// ObserveRequest is told of every request: system, route template, status (0 without an answer), duration, wait for the limiter.
type ObserveRequest func(system, route string, status int, took, waited time.Duration)

// Builder makes plans. It remembers the last plan of each config, so that connections, tokens and what was learnt about
// rate limits outlive a reconciliation.
type Builder struct {
	// Client reads mappings and filters, and keeps obtained tokens.
	Client client.Client
	// Secrets reads Secrets without caching them.
	Secrets client.Reader
	// Definitions, if set, is where the last good plan of a config is found when its resources cannot be used.
	Definitions Definitions
	Clock       clockwork.Clock
	Observe     ObserveRequest
	// Version is part of the user agent.
	Version string

	mu       sync.Mutex
	built    map[types.UID]Result
	limiters map[string]sharedLimiter
}

// Build returns the plan of a config, the same one as long as nothing has changed. The error is an *Unresolved where somebody
// has to change something, and another error where the API server could not be asked. With an *Unresolved comes the last good
// plan, where there was one and it can still be made; a broken mapping or filter stops nobody from being disabled.
func (b *Builder) Build(ctx context.Context, config *api.ProvisioningConfig) (Result, error) {
	in, err := b.read(ctx, config)
	var result Result
	if err == nil {
		result, err = b.made(in)
	}
	if unusable := (*Unresolved)(nil); !errors.As(err, &unusable) {
		return result, err
	}
	result, _, lerr := b.lastGood(ctx, config)
	if lerr != nil {
		return Result{}, lerr
	}
	return result, err
}

// made compiles the inputs, unless they are what the last plan was made of.
func (b *Builder) made(in *inputs) (Result, error) {
	config := in.config
	revision := in.revision()
	b.mu.Lock()
	old, ok := b.built[config.UID]
	b.mu.Unlock()
	if ok && old.Revision == revision {
		return old, nil
	}
	p, err := b.compile(in)
	if err != nil {
		return Result{}, err
	}
	result := Result{Plan: p, Revision: revision, Token: in.tokenLife()}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.built == nil {
		b.built = map[types.UID]Result{}
	}
	b.built[config.UID] = result
	return result, nil
}

// Forget drops what is remembered about a config.
func (b *Builder) Forget(uid types.UID) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.built, uid)
}

// drifts are the engine's words for what to do about drift.
var drifts = map[api.DriftCorrection]engine.Drift{
	api.DriftCorrectionDetect: engine.DriftDetected, api.DriftCorrectionCorrect: engine.DriftCorrected,
}

// compile makes the plan.
func (b *Builder) compile(in *inputs) (*engine.Plan, error) {
	spec := in.config.Spec
	p := &engine.Plan{
		ID:           state.ConfigID(in.config.UID),
		Name:         in.config.Namespace + "/" + in.config.Name,
		AssignedOnly: spec.Scope == api.ProvisioningScopeAssigned,
		// Where everybody is in scope and no group is provisioned, it makes no difference who is in which group.
		Nested:                  spec.Extensions.NestedGroups && (spec.Scope == api.ProvisioningScopeAssigned || *spec.Groups.Enabled),
		DryRun:                  spec.ProvisioningMode == api.ProvisioningModeDryRun,
		Drift:                   drifts[spec.Extensions.DriftCorrection],
		SkipOutOfScopeDeletions: spec.Deprovisioning.SkipOutOfScopeDeletions,
		Guard:                   engine.Guard{Enabled: *spec.AccidentalDeletionPrevention.Enabled, Threshold: int64(spec.AccidentalDeletionPrevention.Threshold)},
		Limits: engine.Limits{
			MinimumFailures: int64(spec.Quarantine.MinimumFailures), FailurePercent: int64(spec.Quarantine.FailurePercent),
			BaseFailures: int64(spec.Quarantine.BaseFailures), TotalFailures: int64(spec.Quarantine.TotalFailures),
		},
	}
	prof, err := in.profile()
	if err != nil {
		return nil, err
	}
	if p.Users, err = in.side(directory.User, prof); err != nil {
		return nil, err
	}
	if *spec.Groups.Enabled {
		groups, err := in.side(directory.Group, prof)
		if err != nil {
			return nil, err
		}
		p.Groups = &groups
	}
	p.Fingerprint = in.fingerprint()
	if p.Definition, err = in.definition(); err != nil {
		return nil, err
	}
	if p.Source, err = b.source(in, p); err != nil {
		return nil, err
	}
	if p.Target, err = b.target(in, prof); err != nil {
		return nil, err
	}
	return p, nil
}

func (in *inputs) profile() (profile.Profile, error) {
	target := in.config.Spec.Target.SCIM
	// The flag can also be part of the tenant URL, as in the original.
	options := profile.Options{AADOptSCIM062020: profile.HasComplianceFlag(string(target.TenantURL))}
	if target.AADOptSCIM062020 != nil {
		options.AADOptSCIM062020 = *target.AADOptSCIM062020
	}
	p, err := profile.Lookup(string(target.Profile), options)
	if err != nil {
		return p, unresolved(api.InvalidReason, "spec.target.scim.profile: %s", err)
	}
	if problem := p.CheckTenantURL(string(target.TenantURL)); problem != "" {
		return p, unresolved(api.InvalidReason, "spec.target.scim.tenantURL: %s", problem)
	}
	return p, nil
}

// side compiles mapping and filters of a kind.
func (in *inputs) side(kind directory.Kind, p profile.Profile) (engine.Side, error) {
	from := in.users
	if kind == directory.Group {
		from = in.groups
	}
	spec := defaultMapping(p, kind)
	options := mapping.Options{ClearNullValues: in.config.Spec.Extensions.ClearNullValues}
	if from.mapping != nil {
		if from.mapping.Spec.ObjectType != api.ObjectType(kind) {
			return engine.Side{}, unresolved(api.ReferenceInvalidReason, "The AttributeMapping %q is for objects of type %s; name one of type %s.",
				from.mapping.Name, from.mapping.Spec.ObjectType, kind)
		}
		spec = mappingSpec(from.mapping)
	}
	m, problems := mapping.Compile(spec, p.Capabilities.Schema, options)
	if problems.Err() == nil && from.mapping != nil {
		problems = append(problems, mapping.RunExamples(m, spec.Examples, envOf(in))...)
	}
	if err := problems.Err(); err != nil {
		name := "default mapping"
		if from.mapping != nil {
			name = from.mapping.Name
		}
		return engine.Side{}, unresolved(api.ReferenceInvalidReason, "The AttributeMapping %q cannot be used: %s", name, FirstProblem(problems.Under("spec")))
	}
	var all []scope.Filter
	for i := range from.filters {
		f := &from.filters[i]
		if f.Spec.ObjectType != api.ObjectType(kind) {
			return engine.Side{}, unresolved(api.ReferenceInvalidReason, "The ScopingFilter %q is for objects of type %s; name one of type %s.", f.Name, f.Spec.ObjectType, kind)
		}
		if problems := CheckFilter(f); problems.Err() != nil {
			return engine.Side{}, unresolved(api.ReferenceInvalidReason, "The ScopingFilter %q cannot be used: %s", f.Name, FirstProblem(problems))
		}
		all = append(all, filters(f)...)
	}
	set, problems := scope.Compile(kind, all)
	if problems.Err() != nil {
		return engine.Side{}, unresolved(api.ReferenceInvalidReason, "The scoping filters cannot be used together: %s", FirstProblem(problems))
	}
	return engine.Side{Mapping: m, Scope: set}, nil
}

// fingerprint covers what decides about people: another one starts an initial cycle.
func (in *inputs) fingerprint() string {
	spec := in.config.Spec
	h := sha256.New()
	part := func(v any) { _, _ = io.WriteString(h, hashable(v)+"\x00") }
	part(spec.Scope)
	part(spec.Source.Entra.TenantID)
	part(spec.Source.Entra.Application)
	part(spec.Target.SCIM.Profile)
	part(spec.Target.SCIM.AADOptSCIM062020)
	part(spec.Target.SCIM.TenantURL)
	part(spec.Groups.Enabled)
	part(spec.Deprovisioning)
	extensions := spec.Extensions
	extensions.DriftCorrection = "" // decides about nobody
	part(extensions)
	for _, s := range []sideInputs{in.users, in.groups} {
		if s.mapping != nil {
			part(s.mapping.Spec.TargetObjectActions)
			part(s.mapping.Spec.Attributes)
		}
		for i := range s.filters {
			part(s.filters[i].Spec.Filters)
		}
		part("")
	}
	return hex.EncodeToString(h.Sum(nil)[:12])
}
