package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// ProvisioningMode says when cycles run and whether they write.
//
// +kubebuilder:validation:Enum=Automatic;Manual;Paused;DryRun
type ProvisioningMode string

const (
	// ProvisioningModeAutomatic runs cycles on schedule; the portal calls it On.
	ProvisioningModeAutomatic ProvisioningMode = "Automatic"
	// ProvisioningModeManual runs cycles and provisions on demand only when asked.
	ProvisioningModeManual ProvisioningMode = "Manual"
	// ProvisioningModePaused lets the running cycle end and starts no other; the portal calls it Off.
	ProvisioningModePaused ProvisioningMode = "Paused"
	// ProvisioningModeDryRun runs cycles that decide and log, and write nothing to the target.
	ProvisioningModeDryRun ProvisioningMode = "DryRun"
)

// ProvisioningScope says who is considered for provisioning before scoping filters apply.
//
// +kubebuilder:validation:Enum=AssignedUsersAndGroups;AllUsersAndGroups
type ProvisioningScope string

const (
	// ProvisioningScopeAssigned considers users and groups that are assigned to the application in Entra, and the direct
	// members of assigned groups.
	ProvisioningScopeAssigned ProvisioningScope = "AssignedUsersAndGroups"
	// ProvisioningScopeAll considers every user and group of the tenant.
	ProvisioningScopeAll ProvisioningScope = "AllUsersAndGroups"
)

// ProvisioningConfigSpec is what the Provisioning page of an enterprise application says in the portal.
type ProvisioningConfigSpec struct {
	// provisioningMode says when cycles run and whether they write.
	// Automatic: cycles run on schedule (On in the portal). Manual: cycles and provisioning on demand only on request.
	// Paused: the running cycle ends, no new one starts (Off in the portal). DryRun: cycles decide and log, and write
	// nothing to the target. Default: Automatic.
	// +kubebuilder:default=Automatic
	// +optional
	ProvisioningMode ProvisioningMode `json:"provisioningMode,omitempty"`

	// scope says who is considered before scoping filters apply.
	// AssignedUsersAndGroups: users and groups assigned to the application in Entra, and direct members of assigned groups.
	// AllUsersAndGroups: everybody in the tenant; mappings of app roles cannot be used then.
	// Default: AssignedUsersAndGroups.
	// +kubebuilder:default=AssignedUsersAndGroups
	// +optional
	Scope ProvisioningScope `json:"scope,omitempty"`

	// source says where users and groups are read.
	// +required
	Source Source `json:"source"`

	// target says which application they are provisioned into.
	// +required
	Target Target `json:"target"`

	// users says how users are mapped and which of them are in scope. Default: the profile's mapping, no filter.
	// +kubebuilder:default={}
	// +optional
	Users UserProvisioning `json:"users,omitzero"`

	// groups says whether and how groups are provisioned. Default: enabled, the profile's mapping, no filter.
	// +kubebuilder:default={}
	// +optional
	Groups GroupProvisioning `json:"groups,omitzero"`

	// schedule says how often cycles run. Default: every 40 minutes.
	// +kubebuilder:default={}
	// +optional
	Schedule Schedule `json:"schedule,omitzero"`

	// deprovisioning says what happens to people who leave the scope. Default: they are disabled.
	// +kubebuilder:default={}
	// +optional
	Deprovisioning Deprovisioning `json:"deprovisioning,omitzero"`

	// accidentalDeletionPrevention holds removals when a cycle wants more of them than usual. Default: enabled, more than
	// 500 in a cycle.
	// +kubebuilder:default={}
	// +optional
	AccidentalDeletionPrevention AccidentalDeletionPrevention `json:"accidentalDeletionPrevention,omitzero"`

	// quarantine says from how many failures on cycles run rarely. Default: the thresholds of the Entra provisioning
	// service.
	// +kubebuilder:default={}
	// +optional
	Quarantine QuarantinePolicy `json:"quarantine,omitzero"`

	// notification says who gets a mail when provisioning enters quarantine or removals are held. Default: nobody.
	// +optional
	Notification *Notification `json:"notification,omitempty"`

	// extensions switches on what the Entra provisioning service does not do. Default: all off.
	// +kubebuilder:default={}
	// +optional
	Extensions Extensions `json:"extensions,omitzero"`
}

// UserProvisioning says how users are mapped and which of them are in scope.
type UserProvisioning struct {
	// attributeMappingRef names the AttributeMapping with objectType User in the same namespace. Default: the mapping of
	// the target's profile, which kubectl entrain default-mapping prints. Example: {name: genesys-users}.
	// +optional
	AttributeMappingRef *ObjectReference `json:"attributeMappingRef,omitempty"`

	// scopingFilterRefs names ScopingFilters with objectType User in the same namespace. A user is in scope when any filter
	// of any of them is met. Default: none, so that everybody who is considered is in scope.
	// Example: [{name: sales-germany}].
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MaxItems=16
	// +optional
	ScopingFilterRefs []ObjectReference `json:"scopingFilterRefs,omitempty"`
}

// GroupProvisioning says whether and how groups are provisioned.
type GroupProvisioning struct {
	// enabled says whether group objects and their members are provisioned. When false, an assigned group still brings its
	// members into scope as users. Default: true.
	// +kubebuilder:default=true
	// +optional
	Enabled *bool `json:"enabled,omitempty"`

	// attributeMappingRef names the AttributeMapping with objectType Group in the same namespace. Default: the mapping of
	// the target's profile. Example: {name: genesys-groups}.
	// +optional
	AttributeMappingRef *ObjectReference `json:"attributeMappingRef,omitempty"`

	// scopingFilterRefs names ScopingFilters with objectType Group in the same namespace. A group is in scope when any
	// filter of any of them is met. Default: none, so that every group that is considered is in scope.
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MaxItems=16
	// +optional
	ScopingFilterRefs []ObjectReference `json:"scopingFilterRefs,omitempty"`
}

// ProvisioningConfig provisions users and groups of an Entra tenant into a SCIM application. It is the Provisioning page
// of an enterprise application as a resource. Deleting it stops provisioning and deletes its state and its token; people
// in the target are not touched.
//
// +kubebuilder:object:root=true
// +kubebuilder:storageversion
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Namespaced,path=provisioningconfigs,shortName=provcfg,categories=provisioning
// +kubebuilder:printcolumn:name="Status",type=string,JSONPath=`.status.code`,description="What provisioning is doing"
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`,description="Whether provisioning does what the spec says"
// +kubebuilder:printcolumn:name="Progress",type=string,JSONPath=`.status.progress.summary`,description="Where the running cycle is"
// +kubebuilder:printcolumn:name="Users",type=integer,JSONPath=`.status.synchronized.users`,description="Users under management"
// +kubebuilder:printcolumn:name="Groups",type=integer,JSONPath=`.status.synchronized.groups`,description="Groups under management"
// +kubebuilder:printcolumn:name="Failed",type=integer,JSONPath=`.status.lastCycle.failed`,description="Objects that failed in the last cycle"
// +kubebuilder:printcolumn:name="Last Cycle",type=date,JSONPath=`.status.lastCycle.completionTime`,description="Time since the last cycle ended"
// +kubebuilder:printcolumn:name="Next",type=string,JSONPath=`.status.nextCycleTime`,description="When the next cycle starts (UTC)"
// +kubebuilder:printcolumn:name="Quarantine",type=string,priority=1,JSONPath=`.status.quarantine.reason`,description="Why provisioning is in quarantine"
// +kubebuilder:printcolumn:name="Message",type=string,priority=1,JSONPath=`.status.conditions[?(@.type=="Ready")].message`,description="What the Ready condition says"
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type ProvisioningConfig struct {
	metav1.TypeMeta `json:",inline"`

	// metadata is the standard metadata of a resource.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec says what to provision, from where and into what.
	// +required
	Spec ProvisioningConfigSpec `json:"spec"`

	// status says what provisioning is doing. Written by the operator.
	// +optional
	Status ProvisioningConfigStatus `json:"status,omitzero"`
}

// ProvisioningConfigList is a list of ProvisioningConfigs.
//
// +kubebuilder:object:root=true
type ProvisioningConfigList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []ProvisioningConfig `json:"items"`
}

// GetConditions returns the conditions of the status.
func (c *ProvisioningConfig) GetConditions() []metav1.Condition { return c.Status.Conditions }

// SetConditions replaces the conditions of the status.
func (c *ProvisioningConfig) SetConditions(conditions []metav1.Condition) {
	c.Status.Conditions = conditions
}
