package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// ProvisionOnDemandSpec says whom to provision now. It cannot be changed.
//
// +kubebuilder:validation:XValidation:rule="has(self.user) != has(self.group)",message="set exactly one of user and group"
// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="a request cannot be changed: create a new ProvisionOnDemand"
type ProvisionOnDemandSpec struct {
	// provisioningConfigRef names the ProvisioningConfig in the same namespace by which the object is provisioned.
	// Example: {name: genesys-cloud}.
	// +required
	ProvisioningConfigRef ObjectReference `json:"provisioningConfigRef"`

	// user is the user to provision. Exactly one of user and group is set.
	// +optional
	User *OnDemandUser `json:"user,omitempty"`

	// group is the group to provision. Exactly one of user and group is set.
	// +optional
	Group *OnDemandGroup `json:"group,omitempty"`

	// ttlSecondsAfterFinished is how many seconds after its end the request is deleted. Its status holds attribute values of
	// the person, which should not stay for ever. Default: 86400 (a day). At most 2592000 (30 days).
	// +kubebuilder:default=86400
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=2592000
	// +optional
	TTLSecondsAfterFinished *int32 `json:"ttlSecondsAfterFinished,omitempty"`
}

// OnDemandUser names a user.
//
// +kubebuilder:validation:XValidation:rule="has(self.id) != has(self.userPrincipalName)",message="set exactly one of id (Object ID in Entra) and userPrincipalName"
type OnDemandUser struct {
	// id is the Object ID of the user in Entra.
	// +optional
	ID *GUID `json:"id,omitempty"`

	// userPrincipalName is the user principal name in Entra. Example: ada@contoso.com.
	// +kubebuilder:validation:MinLength=3
	// +kubebuilder:validation:MaxLength=320
	// +kubebuilder:validation:XValidation:rule="self.matches('^[^@]+@[^@]+$')",message="must be a user principal name such as ada@contoso.com"
	// +optional
	UserPrincipalName *string `json:"userPrincipalName,omitempty"`
}

// OnDemandGroup names a group and some of its members.
type OnDemandGroup struct {
	// id is the Object ID of the group in Entra.
	// +required
	ID GUID `json:"id"`

	// members are the Object IDs of at most 5 users whose membership is provisioned with the group. Default: none, only the
	// group itself.
	// +listType=set
	// +kubebuilder:validation:MaxItems=5
	// +optional
	Members []GUID `json:"members,omitempty"`
}

// StepName is one of the five steps of provisioning on demand (reference 9.2).
//
// +kubebuilder:validation:Enum=TestConnection;Import;DetermineScope;Match;PerformAction
type StepName string

const (
	// StepTestConnection tests the connections to Entra and to the target.
	StepTestConnection StepName = "TestConnection"
	// StepImport reads the object from Entra.
	StepImport StepName = "Import"
	// StepDetermineScope finds out whether the object is in scope.
	StepDetermineScope StepName = "DetermineScope"
	// StepMatch looks for the object in the target.
	StepMatch StepName = "Match"
	// StepPerformAction creates, changes, disables or skips the object in the target.
	StepPerformAction StepName = "PerformAction"
)

// OnDemandResult says how a step or a request ended.
//
// +kubebuilder:validation:Enum=Success;Skipped;Failure
type OnDemandResult string

const (
	// OnDemandSuccess means it was done.
	OnDemandSuccess OnDemandResult = "Success"
	// OnDemandSkipped means there was nothing to do, or the object is out of scope.
	OnDemandSkipped OnDemandResult = "Skipped"
	// OnDemandFailure means it failed.
	OnDemandFailure OnDemandResult = "Failure"
)

// OnDemandAction is what was done to the object of the target.
//
// +kubebuilder:validation:Enum=Create;Update;Disable;Delete;None
type OnDemandAction string

const (
	// OnDemandCreate means the object was created.
	OnDemandCreate OnDemandAction = "Create"
	// OnDemandUpdate means the object was changed.
	OnDemandUpdate OnDemandAction = "Update"
	// OnDemandDisable means the object was disabled.
	OnDemandDisable OnDemandAction = "Disable"
	// OnDemandDelete means the object was deleted.
	OnDemandDelete OnDemandAction = "Delete"
	// OnDemandNone means the object was left alone.
	OnDemandNone OnDemandAction = "None"
)

// ProvisionOnDemandStatus says what came of the request.
type ProvisionOnDemandStatus struct {
	// observedGeneration is the generation of the spec that this status is about.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// conditions are Complete and Failed; one of them becomes True.
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=16
	// +optional
	Conditions []metav1.Condition `json:"conditions,omitempty"`

	// result says how the request ended: Success, Skipped or Failure; absent before the end.
	// +optional
	Result OnDemandResult `json:"result,omitempty"`

	// action is what was done to the object of the target: Create, Update, Disable, Delete or None.
	// +optional
	Action OnDemandAction `json:"action,omitempty"`

	// sourceID is the Object ID in Entra.
	// +kubebuilder:validation:MaxLength=64
	// +optional
	SourceID string `json:"sourceID,omitempty"`

	// targetID is the id in the target, where the object exists there.
	// +kubebuilder:validation:MaxLength=512
	// +optional
	TargetID string `json:"targetID,omitempty"`

	// startTime is when the request was started.
	// +optional
	StartTime *metav1.Time `json:"startTime,omitempty"`

	// completionTime is when the request ended.
	// +optional
	CompletionTime *metav1.Time `json:"completionTime,omitempty"`

	// steps are the five steps in the order in which they were done: TestConnection, Import, DetermineScope, Match and
	// PerformAction. Steps after one that failed are absent.
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MaxItems=5
	// +optional
	Steps []OnDemandStep `json:"steps,omitempty"`

	// modifiedProperties are the attributes that were sent to the target, at most 200.
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=200
	// +optional
	ModifiedProperties []ModifiedProperty `json:"modifiedProperties,omitempty"`
}

// OnDemandStep is one step of the request.
type OnDemandStep struct {
	// name is the step.
	// +required
	Name StepName `json:"name"`

	// result says how the step ended: Success, Skipped or Failure.
	// +required
	Result OnDemandResult `json:"result"`

	// code is the error code or the skip reason, where there is one. Example: NotEffectivelyEntitled.
	// +kubebuilder:validation:MaxLength=128
	// +optional
	Code string `json:"code,omitempty"`

	// description says in one sentence what was done or what failed.
	// +kubebuilder:validation:MaxLength=2048
	// +optional
	Description string `json:"description,omitempty"`

	// details are what the step saw: attributes read, gates and clauses with their results, attributes of the match.
	// +kubebuilder:validation:MaxProperties=200
	// +optional
	Details map[string]AttributeValue `json:"details,omitempty"`

	// time is when the step ended.
	// +optional
	Time *metav1.Time `json:"time,omitempty"`
}

// ModifiedProperty is one attribute that was sent to the target.
type ModifiedProperty struct {
	// name is the SCIM path of the attribute.
	// +kubebuilder:validation:MaxLength=400
	// +required
	Name string `json:"name"`

	// oldValue is the value before, absent when there was none; [Redact] for a redacted one.
	// +optional
	OldValue AttributeValue `json:"oldValue,omitempty"`

	// newValue is the value after, absent when it was removed; [Redact] for a redacted one.
	// +optional
	NewValue AttributeValue `json:"newValue,omitempty"`
}

// ProvisionOnDemand provisions one user, or one group with up to 5 members, now, and shows each step.
//
// +kubebuilder:object:root=true
// +kubebuilder:storageversion
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Namespaced,path=provisionondemands,shortName=provdemand,categories=provisioning
// +kubebuilder:printcolumn:name="Config",type=string,JSONPath=`.spec.provisioningConfigRef.name`,description="The ProvisioningConfig"
// +kubebuilder:printcolumn:name="Result",type=string,JSONPath=`.status.result`,description="How the request ended"
// +kubebuilder:printcolumn:name="Action",type=string,JSONPath=`.status.action`,description="What was done in the target"
// +kubebuilder:printcolumn:name="Completed",type=date,JSONPath=`.status.completionTime`,description="Time since the request ended"
// +kubebuilder:printcolumn:name="Source ID",type=string,priority=1,JSONPath=`.status.sourceID`,description="Object ID in Entra"
// +kubebuilder:printcolumn:name="Target ID",type=string,priority=1,JSONPath=`.status.targetID`,description="Id in the target"
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type ProvisionOnDemand struct {
	metav1.TypeMeta `json:",inline"`

	// metadata is the standard metadata of a resource.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec says whom to provision.
	// +required
	Spec ProvisionOnDemandSpec `json:"spec"`

	// status says what came of it. Written by the operator.
	// +optional
	Status ProvisionOnDemandStatus `json:"status,omitzero"`
}

// ProvisionOnDemandList is a list of ProvisionOnDemands.
//
// +kubebuilder:object:root=true
type ProvisionOnDemandList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []ProvisionOnDemand `json:"items"`
}

// GetConditions returns the conditions of the status.
func (d *ProvisionOnDemand) GetConditions() []metav1.Condition { return d.Status.Conditions }

// SetConditions replaces the conditions of the status.
func (d *ProvisionOnDemand) SetConditions(conditions []metav1.Condition) {
	d.Status.Conditions = conditions
}
