package v1alpha1

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// SetDefaults fills in what the API server would, for configurations that did not pass through it: files read by the
// command line, objects made by tests. A test compares both.
func (c *ProvisioningConfig) SetDefaults() {
	s := &c.Spec
	setDefault(&s.ProvisioningMode, ProvisioningModeAutomatic)
	setDefault(&s.Scope, ProvisioningScopeAssigned)
	setDefault(&s.Source.Entra.Cloud, CloudPublic)
	if e := s.Source.Entra.Endpoints; e != nil {
		e.CABundleSecretRef.setDefaults()
	}
	s.Target.SCIM.CABundleSecretRef.setDefaults()
	setDefault(&s.Groups.Enabled, new(true))
	setDefault(&s.Schedule.Interval, &metav1.Duration{Duration: 40 * time.Minute})
	setDefault(&s.AccidentalDeletionPrevention.Enabled, new(true))
	setDefault(&s.AccidentalDeletionPrevention.Threshold, 500)
	setDefault(&s.Quarantine.MinimumFailures, 5000)
	setDefault(&s.Quarantine.FailurePercent, 40)
	setDefault(&s.Quarantine.BaseFailures, 40000)
	setDefault(&s.Quarantine.TotalFailures, 60000)
	setDefault(&s.Quarantine.DisableAfterDays, 28)
	setDefault(&s.Extensions.DriftCorrection, DriftCorrectionNone)
	if n := s.Notification; n != nil && n.SMTP != nil {
		n.SMTP.setDefaults()
	}
}

func (m *SMTPServer) setDefaults() {
	setDefault(&m.Port, 587)
	setDefault(&m.TLS, SMTPStartTLS)
	if m.CredentialsSecretRef != nil {
		setDefault(&m.CredentialsSecretRef.Key, "password")
	}
	m.CABundleSecretRef.setDefaults()
}

func (r *CABundleReference) setDefaults() {
	if r != nil {
		setDefault(&r.Key, "ca.crt")
	}
}

// SetDefaults fills in what the API server would; see ProvisioningConfig.SetDefaults.
func (m *AttributeMapping) SetDefaults() {
	if m.Spec.TargetObjectActions == nil {
		m.Spec.TargetObjectActions = []TargetObjectAction{ActionCreate, ActionUpdate, ActionDelete}
	}
	for i := range m.Spec.Attributes {
		setDefault(&m.Spec.Attributes[i].Apply, ApplyAlways)
	}
}

// SetDefaults fills in what the API server would; see ProvisioningConfig.SetDefaults.
func (d *ProvisionOnDemand) SetDefaults() {
	setDefault(&d.Spec.TTLSecondsAfterFinished, new(int32(86400)))
}

// setDefault sets a field that has its zero value.
func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}
