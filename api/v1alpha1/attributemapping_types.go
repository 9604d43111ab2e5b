package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// TargetObjectAction is something a mapping may do to objects of the target.
//
// +kubebuilder:validation:Enum=Create;Update;Delete
type TargetObjectAction string

const (
	// ActionCreate allows creating objects; without it, existing ones are still matched and updated.
	ActionCreate TargetObjectAction = "Create"
	// ActionUpdate allows changing objects. Disabling is an update.
	ActionUpdate TargetObjectAction = "Update"
	// ActionDelete allows deleting objects whose source was deleted for good.
	ActionDelete TargetObjectAction = "Delete"
)

// ApplyMapping says when a row of a mapping is applied.
//
// +kubebuilder:validation:Enum=Always;OnlyDuringObjectCreation
type ApplyMapping string

const (
	// ApplyAlways applies a row on create and on update.
	ApplyAlways ApplyMapping = "Always"
	// ApplyOnlyDuringObjectCreation applies a row on create only.
	ApplyOnlyDuringObjectCreation ApplyMapping = "OnlyDuringObjectCreation"
)

// AttributeMappingSpec says how attributes of the source become attributes of the target.
//
// +kubebuilder:validation:XValidation:rule="self.attributes.exists(a, has(a.matchingPrecedence))",message="no attribute has matchingPrecedence: set matchingPrecedence: 1 on the attribute that finds existing objects, such as userName, or every object would be created a second time"
// +kubebuilder:validation:XValidation:rule="self.attributes.all(a, !has(a.matchingPrecedence) || self.attributes.exists_one(b, has(b.matchingPrecedence) && b.matchingPrecedence == a.matchingPrecedence))",message="two attributes have the same matchingPrecedence: number them 1, 2, 3 in the order in which they are tried"
type AttributeMappingSpec struct {
	// objectType is the kind of object that is mapped: User or Group.
	// +required
	ObjectType ObjectType `json:"objectType"`

	// targetObjectActions are what the mapping may do to objects of the target.
	// Without Create, existing objects are still matched and updated. Without Update, nothing is changed, and nobody is
	// disabled, because disabling is an update. Without Delete, nothing is deleted.
	// Default: [Create, Update, Delete]. Groups of Genesys Cloud can only be updated: [Update].
	// +listType=set
	// +kubebuilder:default={Create,Update,Delete}
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=3
	// +optional
	TargetObjectActions []TargetObjectAction `json:"targetObjectActions,omitempty"`

	// attributes are the rows of the mapping. At least one needs matchingPrecedence.
	// +listType=map
	// +listMapKey=target
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=150
	// +required
	Attributes []AttributeRow `json:"attributes"`

	// examples are persons or groups as they could be in Entra, and what must become of them. A mapping whose examples fail
	// is not used. Default: none.
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MaxItems=50
	// +optional
	Examples []MappingExample `json:"examples,omitempty"`
}

// AttributeRow says what one attribute of the target gets. Without source, expression and constant the attribute is listed
// and left alone.
//
// +kubebuilder:validation:XValidation:rule="[has(self.source), has(self.expression), has(self.constant)].filter(x, x).size() <= 1",message="set only one of source, expression and constant"
// +kubebuilder:validation:XValidation:rule="!has(self.matchingPrecedence) || has(self.source) || has(self.expression)",message="an attribute with matchingPrecedence needs source or expression, because a constant would match everybody"
type AttributeRow struct {
	// target is the attribute of the target as a SCIM path (RFC 7644 section 3.10) with straight double quotes.
	// Examples: userName, name.givenName, emails[type eq "work"].value,
	// urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=400
	// +kubebuilder:validation:XValidation:rule="!self.matches('[‘’‚‛“”„‟´`]')",message="must use straight double quotes, as in emails[type eq \"work\"].value"
	// +required
	Target string `json:"target"`

	// source is the attribute of the source whose value is used as it is, without brackets. Example: userPrincipalName.
	// +optional
	Source AttributeName `json:"source,omitempty"`

	// expression is computed for each object; source attributes stand in brackets. docs/expressions.md lists the functions.
	// Example: Join(" ", [givenName], [surname]).
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=10000
	// +optional
	Expression string `json:"expression,omitempty"`

	// constant is the same value for everybody. Example: en-US.
	// +optional
	Constant *AttributeValue `json:"constant,omitempty"`

	// matchingPrecedence makes the attribute one by which existing objects of the target are found; the lowest number is
	// tried first, and the first attribute that finds an object decides. The target must be able to filter on it.
	// Default: not used for matching. Example: 1.
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=10000
	// +optional
	MatchingPrecedence *int32 `json:"matchingPrecedence,omitempty"`

	// apply says when the row is applied: Always, or OnlyDuringObjectCreation. Default: Always.
	// +kubebuilder:default=Always
	// +optional
	Apply ApplyMapping `json:"apply,omitempty"`

	// defaultValue is sent when there is no value, on create only. Default: the attribute is left out. Example: Unknown.
	// +optional
	DefaultValue *AttributeValue `json:"defaultValue,omitempty"`

	// caseExact says whether values that differ only in case are different, so that such a change is sent and matching looks
	// at case. Default: what the target's profile says.
	// +optional
	CaseExact *bool `json:"caseExact,omitempty"`
}

// MappingExample is a person or group as it could be in Entra, and what must become of it.
//
// +kubebuilder:validation:XValidation:rule="!has(self.source) || !has(self.sourceLists) || self.sourceLists.all(name, !(name in self.source))",message="an attribute stands either in source (one value) or in sourceLists (several values), not in both"
type MappingExample struct {
	// name identifies the example in messages. Example: joiner.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=100
	// +required
	Name string `json:"name"`

	// source holds source attributes with one value; an attribute that is not listed has none. Booleans are written "True"
	// and "False", in quotes. Example: {userPrincipalName: ada@contoso.com, mobile: "+4930123456"}.
	// +kubebuilder:validation:MaxProperties=100
	// +optional
	Source map[string]AttributeValue `json:"source,omitempty"`

	// sourceLists holds source attributes with several values.
	// Example: {proxyAddresses: ["SMTP:ada@contoso.com", "smtp:a.lovelace@contoso.com"]}.
	// +kubebuilder:validation:MaxProperties=20
	// +optional
	SourceLists map[string]AttributeValues `json:"sourceLists,omitempty"`

	// expect holds, by target path, the values that must come out; several values of one attribute are joined by a comma and a
	// blank. Targets that are not listed may be anything, and an empty value means that nothing comes out. Example: {userName: ada@contoso.com, active: "True"}.
	// +kubebuilder:validation:MinProperties=1
	// +kubebuilder:validation:MaxProperties=150
	// +required
	Expect map[string]AttributeValue `json:"expect"`
}

// AttributeValues are the values of an attribute that has several, in their order.
//
// +listType=atomic
// +kubebuilder:validation:MaxItems=100
type AttributeValues []AttributeValue

// CompiledStatus is the status of a resource that is compiled before it is used.
type CompiledStatus struct {
	// observedGeneration is the generation of the spec that this status is about.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// conditions are Ready and Stalled (kstatus), and ExamplesPass of an AttributeMapping.
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=16
	// +optional
	Conditions []metav1.Condition `json:"conditions,omitempty"`

	// problems are the mistakes that keep the resource from being used, at most 50. Configurations that use it go on with
	// what they had.
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=50
	// +optional
	Problems []Problem `json:"problems,omitempty"`

	// usedBy is how many ProvisioningConfigs of the namespace refer to the resource.
	// +kubebuilder:validation:Minimum=0
	// +optional
	UsedBy int32 `json:"usedBy"`
}

// AttributeMapping says how attributes of users or groups in Entra become attributes in the target.
//
// +kubebuilder:object:root=true
// +kubebuilder:storageversion
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Namespaced,path=attributemappings,shortName=attrmap,categories=provisioning
// +kubebuilder:printcolumn:name="Type",type=string,JSONPath=`.spec.objectType`,description="What is mapped: User or Group"
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`,description="Whether the mapping can be used"
// +kubebuilder:printcolumn:name="Used By",type=integer,JSONPath=`.status.usedBy`,description="How many ProvisioningConfigs use it"
// +kubebuilder:printcolumn:name="Message",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].message`,description="What the Ready condition says"
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type AttributeMapping struct {
	metav1.TypeMeta `json:",inline"`

	// metadata is the standard metadata of a resource.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec says how attributes are mapped.
	// +required
	Spec AttributeMappingSpec `json:"spec"`

	// status says whether the mapping can be used. Written by the operator.
	// +optional
	Status CompiledStatus `json:"status,omitzero"`
}

// AttributeMappingList is a list of AttributeMappings.
//
// +kubebuilder:object:root=true
type AttributeMappingList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []AttributeMapping `json:"items"`
}

// GetConditions returns the conditions of the status.
func (m *AttributeMapping) GetConditions() []metav1.Condition { return m.Status.Conditions }

// SetConditions replaces the conditions of the status.
func (m *AttributeMapping) SetConditions(conditions []metav1.Condition) {
	m.Status.Conditions = conditions
}

// GetStatus returns the status, which AttributeMapping and ScopingFilter have in common.
func (m *AttributeMapping) GetStatus() *CompiledStatus { return &m.Status }
