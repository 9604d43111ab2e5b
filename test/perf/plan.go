package main

import (
	"context"

	"github.com/jonboulle/clockwork"

	"github.com/entrain-dev/entrain/internal/credentials"
	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/engine"
	"github.com/entrain-dev/entrain/internal/graph"
	"github.com/entrain-dev/entrain/internal/mapping"
	"github.com/entrain-dev/entrain/internal/scim"
	"github.com/entrain-dev/entrain/internal/scim/profile"
	"github.com/entrain-dev/entrain/internal/scope"
	"github.com/entrain-dev/entrain/internal/simulator/graphsim"
	"github.com/entrain-dev/entrain/internal/simulator/scenario"
)

// newPlan wires engine, clients and the default mapping of Genesys Cloud as the operator does it.
func newPlan(t task) (*engine.Plan, error) {
	clock := clockwork.NewRealClock()
	entra, err := credentials.NewEntra(credentials.EntraConfig{
		TenantID: scenario.TenantID, ClientID: graphsim.DefaultClientID, ClientSecret: graphsim.DefaultSecret,
		GraphURL: t.GraphURL, AuthorityURL: t.GraphURL,
	})
	if err != nil {
		return nil, err
	}
	source, err := graph.New(graph.Config{
		GraphURL: entra.GraphURL, Scope: entra.Scope, Credential: entra.Credential, HTTP: entra.HTTP, AppID: scenario.AppID, Clock: clock,
	})
	if err != nil {
		return nil, err
	}
	genesys, err := profile.Lookup(profile.GenesysCloud, profile.Options{})
	if err != nil {
		return nil, err
	}
	client, err := credentials.NewHTTPClient(credentials.HTTPConfig{})
	if err != nil {
		return nil, err
	}
	target, err := scim.New(scim.Config{
		BaseURL: t.GenesysURL + scimRoot, Profile: genesys, Token: func(context.Context) (string, error) { return token, nil },
		HTTP: client, Limiter: scim.NewLimiter(t.PerMinute, clock), Clock: clock,
	})
	if err != nil {
		return nil, err
	}
	p := &engine.Plan{
		ID: "perf", Name: "perf/genesys", Fingerprint: "mapping " + t.Variant, AssignedOnly: true, Source: source, Target: target,
		Guard: engine.Guard{Enabled: true, Threshold: 500}, Limits: engine.DefaultLimits,
	}
	if p.Users, err = side(genesys, directory.User, t.Variant); err != nil {
		return nil, err
	}
	if t.Groups {
		groups, err := side(genesys, directory.Group, "")
		if err != nil {
			return nil, err
		}
		p.Groups = &groups
	}
	return p, nil
}

// side compiles the default mapping of a profile. The variant "equal" has an expression in place of a direct source that
// gives everybody the same value as before.
func side(p profile.Profile, kind directory.Kind, variant string) (engine.Side, error) {
	spec := mapping.Spec{Kind: kind, Create: true, Update: true, Delete: true}
	for _, r := range p.Rows(kind) {
		row := mapping.Row{Target: r.Target, Source: r.Source, Expression: r.Expression, Constant: r.Constant, MatchingPrecedence: r.MatchingPrecedence}
		if variant == "equal" && r.Target == "displayName" {
			row.Source, row.Expression = "", `Join("", [displayName])`
		}
		spec.Rows = append(spec.Rows, row)
	}
	m, problems := mapping.Compile(spec, p.Capabilities.Schema, mapping.Options{})
	if err := problems.Err(); err != nil {
		return engine.Side{}, err
	}
	set, problems := scope.Compile(kind, nil)
	return engine.Side{Mapping: m, Scope: set}, problems.Err()
}
