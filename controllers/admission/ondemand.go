package admission

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	api "github.com/entrain-dev/entrain/api/v1alpha1"
)

func onDemands(c client.Reader) validator[*api.ProvisionOnDemand] {
	return validator[*api.ProvisionOnDemand]{
		subject: func(d *api.ProvisionOnDemand) any { return d.Spec },
		check: func(ctx context.Context, _, d *api.ProvisionOnDemand) (findings, error) {
			config := &api.ProvisioningConfig{}
			err := c.Get(ctx, client.ObjectKey{Namespace: d.Namespace, Name: string(d.Spec.ProvisioningConfigRef.Name)}, config)
			if apierrors.IsNotFound(err) {
				config, err = nil, nil
			}
			if err != nil {
				return findings{}, err
			}
			return checkOnDemand(d, config), nil
		},
	}
}

// checkOnDemand warns of what will make a request fail. Config is nil when there is none of that name.
func checkOnDemand(d *api.ProvisionOnDemand, config *api.ProvisioningConfig) findings {
	var found findings
	name := d.Spec.ProvisioningConfigRef.Name
	switch {
	case config == nil:
		found.warn(fmt.Sprintf("spec.provisioningConfigRef: The ProvisioningConfig %q does not exist in the namespace %q; the request fails unless it is created first.", name, d.Namespace))
	case config.Spec.ProvisioningMode == api.ProvisioningModePaused:
		found.warn(fmt.Sprintf("spec.provisioningConfigRef: The ProvisioningConfig %q is paused; the request fails unless spec.provisioningMode is changed there.", name))
	case d.Spec.Group != nil && config.Spec.Groups.Enabled != nil && !*config.Spec.Groups.Enabled:
		found.warn(fmt.Sprintf("spec.group: The ProvisioningConfig %q does not provision groups; set spec.groups.enabled to true there.", name))
	}
	return found
}
