package controllers

import (
	api "github.com/entrain-dev/entrain/api/v1alpha1"
	"github.com/entrain-dev/entrain/internal/engine"
	"github.com/entrain-dev/entrain/internal/fault"
)

// Bounds of the status of a ProvisionOnDemand, as the resource definition has them.
const (
	maxOnDemandDetails    = 200
	maxOnDemandProperties = 200
	maxOnDemandName       = 400
	maxOnDemandCode       = 128
	maxOnDemandMessage    = 2048
	maxAttributeValue     = 4096
)

// statusOf is what came of a request that was begun.
func (r *ProvisionOnDemandReconciler) statusOf(demand *api.ProvisionOnDemand, out engine.OnDemand, err error) api.ProvisionOnDemandStatus {
	s := *demand.Status.DeepCopy()
	s.Result, s.Action = api.OnDemandResult(out.Result), api.OnDemandAction(out.Action)
	s.SourceID, s.TargetID = clip(string(out.Source), 64), clip(string(out.Target), 512)
	var last engine.OnDemandStep
	for _, step := range out.Steps {
		s.Steps = append(s.Steps, onDemandStep(step))
		last = step
	}
	for _, p := range out.Properties {
		if len(s.ModifiedProperties) == maxOnDemandProperties {
			break
		}
		s.ModifiedProperties = append(s.ModifiedProperties, api.ModifiedProperty{
			Name: clip(p.Name, maxOnDemandName), OldValue: attributeValue(p.Old), NewValue: attributeValue(p.New),
		})
	}
	switch {
	case fault.Is(err, fault.Canceled):
		s.Result = api.OnDemandFailure
		r.complete(demand, &s, api.FailedCondition, api.InterruptedReason,
			"The operator or the configuration stopped while the request was carried out; the provisioning log says how far it came. Create the request again.")
	case err != nil:
		s.Result = api.OnDemandFailure
		r.complete(demand, &s, api.FailedCondition, api.InternalErrorReason, "The operator failed: "+fault.MessageOf(err))
	case s.Result == api.OnDemandFailure:
		r.complete(demand, &s, api.FailedCondition, api.StepFailedReason, last.Name+": "+last.Description)
	default:
		r.complete(demand, &s, api.CompleteCondition, string(s.Result), last.Description)
	}
	return s
}

func onDemandStep(step engine.OnDemandStep) api.OnDemandStep {
	out := api.OnDemandStep{
		Name: api.StepName(step.Name), Result: api.OnDemandResult(step.Result), Code: clip(step.Code, maxOnDemandCode),
		Description: clip(step.Description, maxOnDemandMessage), Time: timestamp(step.Time),
	}
	for name, value := range step.Details {
		if out.Details == nil {
			out.Details = map[string]api.AttributeValue{}
		}
		if len(out.Details) == maxOnDemandDetails {
			break
		}
		out.Details[name] = attributeValue(value)
	}
	return out
}

func attributeValue(s string) api.AttributeValue {
	return api.AttributeValue(clip(s, maxAttributeValue))
}
