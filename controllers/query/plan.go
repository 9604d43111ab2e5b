package query

import (
	"bytes"
	"context"
	"errors"
	"io"
	"sync"

	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	api "github.com/entrain-dev/entrain/api/v1alpha1"
	"github.com/entrain-dev/entrain/internal/engine"
	"github.com/entrain-dev/entrain/internal/fault"
	"github.com/entrain-dev/entrain/internal/inspect"
	"github.com/entrain-dev/entrain/internal/plan"
)

const (
	// maxChanged bounds the mappings and filters that are sent along.
	maxChanged = 4 << 20
	// maxPlans is how many plans are made at the same time; each holds a copy of a state.
	maxPlans = 2
)

// planning bounds the plans of this process.
var planning = make(chan struct{}, maxPlans)

// plan makes a plan and sends it while it comes: progress, items, and the summary. The body may hold a changed AttributeMapping
// and ScopingFilters, which are used instead of those that the config refers to.
func (q question) plan(ctx context.Context) error {
	select {
	case planning <- struct{}{}:
		defer func() { <-planning }()
	default:
		return fault.New(fault.Throttled, "plan", "other plans are being made; try again when they are ready")
	}
	changed, err := readChanged(q.r.Body, q.config)
	if err != nil {
		return err
	}
	made, err := q.Planner.Build(ctx, q.config)
	if err != nil && len(changed.objects) == 0 {
		return err
	}
	p := made.Plan
	if len(changed.objects) > 0 {
		if p, err = q.trial(ctx, made.Plan, changed); err != nil {
			return err
		}
	}
	out := newStream(q.w)
	out.begin()
	var mu sync.Mutex
	phase := engine.Phase("")
	summary, err := q.Inspector.Plan(ctx, p, func(pr engine.Progress) {
		mu.Lock()
		defer mu.Unlock()
		if pr.Phase == phase && pr.Done%progressStep != 0 {
			return
		}
		phase = pr.Phase
		// Whoever asked has gone if this fails; the context ends the plan.
		if out.send(Event{Progress: &Progress{pr.Phase, pr.Done, pr.Total}}) == nil {
			_ = out.flush()
		}
	}, func(i inspect.Item) error { return out.send(Event{Item: &i}) })
	if err == nil {
		err = out.send(Event{Summary: &summary})
	}
	return out.end(err)
}

// progressStep is after how many objects progress is told again.
const progressStep = 500

// trial compiles the plan with the changed resources, and connects it as the plan in force is connected: what was sent along
// decides about mappings and filters only.
func (q question) trial(ctx context.Context, inForce *engine.Plan, changed *changed) (*engine.Plan, error) {
	made, err := q.Trial(overlay{q.Client, changed}).Build(ctx, changed.config)
	var unresolved *plan.Unresolved
	if errors.As(err, &unresolved) {
		return nil, fault.New(fault.Invalid, "plan", "%s", unresolved.Message)
	}
	if err != nil {
		return nil, err
	}
	if inForce == nil {
		return made.Plan, nil
	}
	p := *made.Plan
	p.Source, p.Target = inForce.Source, inForce.Target
	return &p, nil
}

// changed are resources that are tried before they are applied.
type changed struct {
	config  *api.ProvisioningConfig
	objects []client.Object
}

// readChanged reads the resources that were sent along. One that the config does not refer to takes the place of the mapping of
// its object type.
func readChanged(body io.Reader, config *api.ProvisioningConfig) (*changed, error) {
	out := &changed{config: config.DeepCopy()}
	text, err := io.ReadAll(io.LimitReader(body, maxChanged+1))
	if err != nil {
		return nil, fault.Wrap(fault.Canceled, "plan", err)
	}
	if len(text) > maxChanged {
		return nil, fault.New(fault.Invalid, "plan", "what was sent along is too large")
	}
	documents := utilyaml.NewDocumentDecoder(io.NopCloser(bytes.NewReader(text)))
	for {
		buffer := make([]byte, len(text)+1)
		n, err := documents.Read(buffer)
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, fault.New(fault.Invalid, "plan", "the file is no YAML")
		}
		if len(bytes.TrimSpace(buffer[:n])) == 0 {
			continue
		}
		if err := out.add(buffer[:n]); err != nil {
			return nil, err
		}
	}
}

func (c *changed) add(document []byte) error {
	var kind struct {
		Kind string `json:"kind"`
	}
	if err := yaml.Unmarshal(document, &kind); err != nil {
		return fault.New(fault.Invalid, "plan", "the file is no YAML")
	}
	var object client.Object
	switch kind.Kind {
	case api.AttributeMappingKind:
		m := &api.AttributeMapping{}
		if err := yaml.UnmarshalStrict(document, m); err != nil {
			return fault.New(fault.Invalid, "plan", "the AttributeMapping cannot be read: %s", err)
		}
		m.SetDefaults()
		c.refer(m)
		object = m
	case api.ScopingFilterKind:
		f := &api.ScopingFilter{}
		if err := yaml.UnmarshalStrict(document, f); err != nil {
			return fault.New(fault.Invalid, "plan", "the ScopingFilter cannot be read: %s", err)
		}
		if !refersTo(c.config, f) {
			return fault.New(fault.Invalid, "plan", "the ProvisioningConfig does not refer to the ScopingFilter %q; use the name of one that it refers to", f.Name)
		}
		object = f
	default:
		return fault.New(fault.Invalid, "plan", "only an AttributeMapping or a ScopingFilter can be tried, and the file holds a %q", kind.Kind)
	}
	c.objects = append(c.objects, object)
	return nil
}

// refer makes the config use a mapping for its object type.
func (c *changed) refer(m *api.AttributeMapping) {
	ref := &api.ObjectReference{Name: api.ObjectName(m.Name)}
	if m.Spec.ObjectType == api.ObjectTypeGroup {
		c.config.Spec.Groups.AttributeMappingRef = ref
	} else {
		c.config.Spec.Users.AttributeMappingRef = ref
	}
}

func refersTo(config *api.ProvisioningConfig, f *api.ScopingFilter) bool {
	refs := config.Spec.Users.ScopingFilterRefs
	if f.Spec.ObjectType == api.ObjectTypeGroup {
		refs = config.Spec.Groups.ScopingFilterRefs
	}
	for _, r := range refs {
		if string(r.Name) == f.Name {
			return true
		}
	}
	return false
}

// overlay reads the changed resources instead of those that the API server has.
type overlay struct {
	client.Client
	changed *changed
}

// Get implements client.Reader.
func (o overlay) Get(ctx context.Context, key client.ObjectKey, into client.Object, opts ...client.GetOption) error {
	for _, object := range o.changed.objects {
		if object.GetName() != key.Name || key.Namespace != o.changed.config.Namespace {
			continue
		}
		switch into := into.(type) {
		case *api.AttributeMapping:
			if m, ok := object.(*api.AttributeMapping); ok {
				m.DeepCopyInto(into)
				return nil
			}
		case *api.ScopingFilter:
			if f, ok := object.(*api.ScopingFilter); ok {
				f.DeepCopyInto(into)
				return nil
			}
		}
	}
	return o.Client.Get(ctx, key, into, opts...)
}
