package plan

import (
	"context"
	"encoding/json"
	"errors"

	api "github.com/entrain-dev/entrain/api/v1alpha1"
	"github.com/entrain-dev/entrain/internal/state"
)

// maxDefinition bounds a definition that is kept; a larger one lives in memory only, as long as the operator does.
const maxDefinition = 512 << 10

// Definitions is where the definition of the last good plan of each config is kept; the state store is one.
type Definitions interface {
	Load(ctx context.Context, id state.ConfigID) (state.Config, error)
}

// definition is what a plan was made of, without the Secrets: enough to make the plan again when the resources can no longer
// be used. It is kept with the state of the config (engine.Plan.Definition).
type definition struct {
	Spec          api.ProvisioningConfigSpec
	Users, Groups definedSide
}

type definedSide struct {
	Mapping *defined[api.AttributeMappingSpec] `json:",omitempty"`
	Filters []defined[api.ScopingFilterSpec]   `json:",omitempty"`
}

type defined[T any] struct {
	Name string
	Spec T
}

// definition returns what the plan is made of.
func (in *inputs) definition() (json.RawMessage, error) {
	d := definition{Spec: in.config.Spec, Users: in.users.defined(), Groups: in.groups.defined()}
	d.Spec.Schedule, d.Spec.Notification = api.Schedule{}, nil
	text, err := json.Marshal(d)
	if err != nil || len(text) > maxDefinition {
		return nil, err
	}
	return text, nil
}

func (s sideInputs) defined() (out definedSide) {
	if s.mapping != nil {
		out.Mapping = &defined[api.AttributeMappingSpec]{Name: s.mapping.Name, Spec: s.mapping.Spec}
	}
	for i := range s.filters {
		out.Filters = append(out.Filters, defined[api.ScopingFilterSpec]{Name: s.filters[i].Name, Spec: s.filters[i].Spec})
	}
	return out
}

func (d definedSide) inputs() (out sideInputs) {
	if d.Mapping != nil {
		out.mapping = &api.AttributeMapping{Spec: d.Mapping.Spec}
		out.mapping.Name = d.Mapping.Name
	}
	for _, f := range d.Filters {
		filter := api.ScopingFilter{Spec: f.Spec}
		filter.Name = f.Name
		out.filters = append(out.filters, filter)
	}
	return out
}

// parseDefinition reads a definition; one that another version wrote may be unreadable.
func parseDefinition(text json.RawMessage) (d definition, ok bool) {
	ok = json.Unmarshal(text, &d) == nil
	return d, ok
}

// lastGood makes the plan again that was in force before the resources became unusable, with the Secrets as they are now. ok
// is false where there was none, or where it can no longer be made either.
func (b *Builder) lastGood(ctx context.Context, config *api.ProvisioningConfig) (Result, bool, error) {
	if b.Definitions == nil {
		return Result{}, false, nil
	}
	b.mu.Lock()
	text := json.RawMessage(nil)
	if old, ok := b.built[config.UID]; ok {
		text = old.Plan.Definition
	}
	b.mu.Unlock()
	if text == nil {
		kept, err := b.Definitions.Load(ctx, state.ConfigID(config.UID))
		if err != nil {
			return Result{}, false, err
		}
		text = kept.Definition
	}
	if text == nil {
		return Result{}, false, nil
	}
	d, readable := parseDefinition(text)
	if !readable {
		return Result{}, false, nil
	}
	past := config.DeepCopy()
	mode := config.Spec.ProvisioningMode
	past.Spec = d.Spec
	past.Spec.ProvisioningMode = mode
	past.SetDefaults()
	in := &inputs{config: past, users: d.Users.inputs(), groups: d.Groups.inputs()}
	err := b.readSecrets(ctx, in)
	var result Result
	if err == nil {
		result, err = b.made(in)
	}
	if unusable := (*Unresolved)(nil); errors.As(err, &unusable) {
		return Result{}, false, nil
	}
	return result, err == nil, err
}
