package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Schedule says how often cycles run.
type Schedule struct {
	// interval is the time from the start of one cycle to the start of the next; a cycle that takes longer is followed by
	// the next at once. At least 1m. Default: 40m, as the Entra provisioning service. Example: 15m.
	// +kubebuilder:default="40m"
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=24
	// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9]{1,5}(h|m|s|ms)){1,4}$')",message="must be a duration such as 40m or 1h30m"
	// +kubebuilder:validation:XValidation:rule="!self.matches('^([0-9]{1,5}(h|m|s|ms)){1,4}$') || duration(self) >= duration('1m')",message="must be at least 1m"
	// +optional
	Interval *metav1.Duration `json:"interval,omitempty"`
}

// Deprovisioning says what happens to people who leave the scope.
type Deprovisioning struct {
	// skipOutOfScopeDeletions leaves accounts alone whose owners are unassigned or no longer pass the scoping filters.
	// People who are disabled or deleted in Entra are still disabled or deleted. Default: false, they are disabled.
	// +kubebuilder:default=false
	// +optional
	SkipOutOfScopeDeletions bool `json:"skipOutOfScopeDeletions,omitempty"`
}

// AccidentalDeletionPrevention holds removals when a cycle wants more of them than usual.
type AccidentalDeletionPrevention struct {
	// enabled says whether removals are counted and held. Default: true.
	// +kubebuilder:default=true
	// +optional
	Enabled *bool `json:"enabled,omitempty"`

	// threshold is how many users and groups one cycle may disable or delete. When a cycle wants more, none of its removals
	// is carried out until somebody allows them; creates and updates go on. Default: 500.
	// +kubebuilder:default=500
	// +kubebuilder:validation:Minimum=1
	// +optional
	Threshold int32 `json:"threshold,omitempty"`
}

// QuarantinePolicy says from how many failures on cycles run rarely. Refused credentials and an application that does not
// speak SCIM lead to quarantine at once. Defaults are those of the Entra provisioning service.
type QuarantinePolicy struct {
	// minimumFailures is the number of failed objects below which failurePercent is not looked at. Default: 5000.
	// +kubebuilder:default=5000
	// +kubebuilder:validation:Minimum=1
	// +optional
	MinimumFailures int32 `json:"minimumFailures,omitempty"`

	// failurePercent is the share of failed objects, in percent, above which provisioning enters quarantine. References
	// (manager, members) do not count. Default: 40.
	// +kubebuilder:default=40
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=100
	// +optional
	FailurePercent int32 `json:"failurePercent,omitempty"`

	// baseFailures is the number of failures above which provisioning enters quarantine whatever their share; references do
	// not count. Default: 40000.
	// +kubebuilder:default=40000
	// +kubebuilder:validation:Minimum=1
	// +optional
	BaseFailures int32 `json:"baseFailures,omitempty"`

	// totalFailures is the same number with failures of references counted too. Default: 60000.
	// +kubebuilder:default=60000
	// +kubebuilder:validation:Minimum=1
	// +optional
	TotalFailures int32 `json:"totalFailures,omitempty"`

	// disableAfterDays is how many days a quarantine lasts before cycles no longer start; a restart, a sync request or a
	// corrected configuration starts them again. Default: 28.
	// +kubebuilder:default=28
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=365
	// +optional
	DisableAfterDays int32 `json:"disableAfterDays,omitempty"`
}

// EmailAddress is a mail address.
//
// +kubebuilder:validation:MinLength=3
// +kubebuilder:validation:MaxLength=254
// +kubebuilder:validation:XValidation:rule="self.matches('^[^@<>,;\\\\s]+@[^@<>,;\\\\s]+$')",message="must be a mail address such as ops@contoso.com"
type EmailAddress string

// Notification says who gets a mail, and through which server.
//
// +kubebuilder:validation:XValidation:rule="!has(self.emails) || self.emails.size() == 0 || has(self.smtp)",message="emails need a mail server: set notification.smtp"
type Notification struct {
	// emails are the addresses that get a mail when provisioning enters quarantine, when the reason of the quarantine
	// changes, and when removals are held. Default: none. Example: [ops@contoso.com].
	// +listType=set
	// +kubebuilder:validation:MaxItems=20
	// +optional
	Emails []EmailAddress `json:"emails,omitempty"`

	// smtp is the mail server. Required when emails are given.
	// +optional
	SMTP *SMTPServer `json:"smtp,omitempty"`
}

// SMTPTLS says how the connection to a mail server is protected.
//
// +kubebuilder:validation:Enum=StartTLS;ImplicitTLS;None
type SMTPTLS string

const (
	// SMTPStartTLS upgrades the connection and refuses to go on without; usual on port 587.
	SMTPStartTLS SMTPTLS = "StartTLS"
	// SMTPImplicitTLS speaks TLS from the start; usual on port 465.
	SMTPImplicitTLS SMTPTLS = "ImplicitTLS"
	// SMTPNoTLS sends in the clear, for a relay in the same cluster.
	SMTPNoTLS SMTPTLS = "None"
)

// SMTPServer is a mail server.
//
// +kubebuilder:validation:XValidation:rule="!has(self.credentialsSecretRef) || self.tls != 'None'",message="a password is never sent without TLS: set tls to StartTLS or ImplicitTLS, or remove credentialsSecretRef"
type SMTPServer struct {
	// host is the name or address of the server. Example: smtp.office365.com.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule="self.matches('^[-A-Za-z0-9._:]+$')",message="must be a host name or address without scheme and port, such as smtp.office365.com"
	// +required
	Host string `json:"host"`

	// port is the port of the server. Default: 587.
	// +kubebuilder:default=587
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=65535
	// +optional
	Port int32 `json:"port,omitempty"`

	// from is the sender's address. Example: entrain@contoso.com.
	// +required
	From EmailAddress `json:"from"`

	// tls says how the connection is protected: StartTLS (upgraded, usual on port 587), ImplicitTLS (from the start, usual on
	// port 465) or None (in the clear, for a relay in the same cluster). Default: StartTLS.
	// +kubebuilder:default=StartTLS
	// +optional
	TLS SMTPTLS `json:"tls,omitempty"`

	// credentialsSecretRef points to the password. The user name is the value of the key username in the same Secret, or the
	// address in from where there is no such key, so that a Secret of type kubernetes.io/basic-auth works as it is.
	// Default: no sign-in.
	// +optional
	CredentialsSecretRef *SMTPCredentialsReference `json:"credentialsSecretRef,omitempty"`

	// caBundleSecretRef points to certificates to trust for this server, in addition to the usual ones.
	// +optional
	CABundleSecretRef *CABundleReference `json:"caBundleSecretRef,omitempty"`
}

// SMTPUsernameKey is the key of the user name in the Secret of credentialsSecretRef.
const SMTPUsernameKey = "username"

// SMTPCredentialsReference points to the password of a mail server in a Secret of the same namespace.
type SMTPCredentialsReference struct {
	// name is the name of the Secret. Example: smtp.
	// +required
	Name SecretName `json:"name"`

	// key is the key of the password in the Secret's data. Default: password.
	// +kubebuilder:default=password
	// +optional
	Key SecretKey `json:"key,omitempty"`
}

// DriftCorrection says what happens to changes that somebody made in the target.
//
// +kubebuilder:validation:Enum=None;Detect;Correct
type DriftCorrection string

const (
	// DriftCorrectionNone does not look, as the Entra provisioning service.
	DriftCorrectionNone DriftCorrection = "None"
	// DriftCorrectionDetect looks and reports in the provisioning log.
	DriftCorrectionDetect DriftCorrection = "Detect"
	// DriftCorrectionCorrect looks and writes the mapped values again; members added by hand are removed.
	DriftCorrectionCorrect DriftCorrection = "Correct"
)

// Extensions switches on what the Entra provisioning service does not do.
type Extensions struct {
	// clearNullValues removes a value in the target when it was removed in Entra, the manager included; app roles are not
	// affected. Default: false, the old value stays.
	// +kubebuilder:default=false
	// +optional
	ClearNullValues bool `json:"clearNullValues,omitempty"`

	// nestedGroups brings members of groups inside an assigned group into scope, at any depth: they have the roles of the
	// assigned group and are members of it in the target. The inner groups themselves are not provisioned because of it.
	// Default: false, direct members only.
	// +kubebuilder:default=false
	// +optional
	NestedGroups bool `json:"nestedGroups,omitempty"`

	// driftCorrection says what happens to changes that somebody made in the target: None (not looked for), Detect
	// (reported in the provisioning log) or Correct (mapped values written again, members added by hand removed).
	// Everybody under management is looked at once a day, after the work of a cycle; status.drift says what was found. Default: None.
	// +kubebuilder:default=None
	// +optional
	DriftCorrection DriftCorrection `json:"driftCorrection,omitempty"`
}
