package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Operator compares an attribute of the source with the value of a clause (reference 3.3). Every operator except IS NULL
// is false when the attribute has no value.
//
// +kubebuilder:validation:Enum=EQUALS;"NOT EQUALS";Includes;ENDS_WITH;"REGEX MATCH";"NOT REGEX MATCH";Greater_Than;Greater_Than_OR_EQUALS;"IS NULL";"IS NOT NULL";"IS TRUE";"IS FALSE";"&";"!&"
type Operator string

const (
	// OperatorEquals is true when the attribute is the value, with the same case.
	OperatorEquals Operator = "EQUALS"
	// OperatorNotEquals is true when the attribute is not the value.
	OperatorNotEquals Operator = "NOT EQUALS"
	// OperatorIncludes is true when the attribute contains the value, with the same case.
	OperatorIncludes Operator = "Includes"
	// OperatorEndsWith is true when the attribute ends with the value, with the same case.
	OperatorEndsWith Operator = "ENDS_WITH"
	// OperatorRegexMatch is true when the regular expression matches the whole attribute.
	OperatorRegexMatch Operator = "REGEX MATCH"
	// OperatorNotRegexMatch is true when the regular expression does not match the whole attribute.
	OperatorNotRegexMatch Operator = "NOT REGEX MATCH"
	// OperatorGreaterThan is true when the attribute is an integer above the value.
	OperatorGreaterThan Operator = "Greater_Than"
	// OperatorGreaterThanOrEquals is true when the attribute is the value or an integer above it.
	OperatorGreaterThanOrEquals Operator = "Greater_Than_OR_EQUALS"
	// OperatorIsNull is true when the attribute has no value or an empty one.
	OperatorIsNull Operator = "IS NULL"
	// OperatorIsNotNull is true when the attribute has a value.
	OperatorIsNotNull Operator = "IS NOT NULL"
	// OperatorIsTrue is true when the Boolean attribute is true.
	OperatorIsTrue Operator = "IS TRUE"
	// OperatorIsFalse is true when the Boolean attribute is false.
	OperatorIsFalse Operator = "IS FALSE"
	// OperatorIn is true when the attribute occurs in the value.
	OperatorIn Operator = "&"
	// OperatorNotIn is true when the attribute does not occur in the value.
	OperatorNotIn Operator = "!&"
)

// ScopingFilterSpec says which users or groups are in scope.
type ScopingFilterSpec struct {
	// objectType is the kind of object that is filtered: User or Group.
	// +required
	ObjectType ObjectType `json:"objectType"`

	// filters are alternatives: an object is in scope when all clauses of any one of them are true.
	// +listType=map
	// +listMapKey=title
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=32
	// +required
	Filters []Filter `json:"filters"`
}

// Filter is one alternative of a ScopingFilter.
type Filter struct {
	// title identifies the filter in the provisioning log. Example: Sales in Germany.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	// +required
	Title string `json:"title"`

	// clauses must all be true.
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=32
	// +required
	Clauses []Clause `json:"clauses"`
}

// Clause compares one attribute of the source with a value.
//
// +kubebuilder:validation:XValidation:rule="!(self.operator in ['IS NULL', 'IS NOT NULL', 'IS TRUE', 'IS FALSE']) || !has(self.value)",message="IS NULL, IS NOT NULL, IS TRUE and IS FALSE take no value: remove value",fieldPath=".value"
// +kubebuilder:validation:XValidation:rule="self.operator in ['IS NULL', 'IS NOT NULL', 'IS TRUE', 'IS FALSE'] || has(self.value)",message="the operator compares with a value: set value, or use IS NULL or IS NOT NULL",fieldPath=".value"
// +kubebuilder:validation:XValidation:rule="!(self.operator in ['Greater_Than', 'Greater_Than_OR_EQUALS']) || !has(self.value) || self.value.matches('^[0-9]+$')",message="Greater_Than and Greater_Than_OR_EQUALS compare whole numbers: set value to one, such as 10",fieldPath=".value"
type Clause struct {
	// attribute is the name of the attribute of the source, before any mapping, without brackets. Attributes with several
	// values, dates, references, roles and userType cannot be used. Example: department.
	// +required
	Attribute AttributeName `json:"attribute"`

	// operator compares the attribute with value. All but IS NULL are false when the attribute has no value; text is compared
	// with regard to case. EQUALS, NOT EQUALS, Includes (contains value), ENDS_WITH, REGEX MATCH, NOT REGEX MATCH (.NET
	// regular expressions of the whole value), Greater_Than, Greater_Than_OR_EQUALS (whole numbers), IS NULL, IS NOT NULL, IS TRUE, IS FALSE
	// (without value), & (the attribute occurs in value) and !& (it does not).
	// +required
	Operator Operator `json:"operator"`

	// value is what the attribute is compared with. Not with IS NULL, IS NOT NULL, IS TRUE and IS FALSE, required with all
	// others. Example: Sales.
	// +kubebuilder:validation:MaxLength=4096
	// +optional
	Value *string `json:"value,omitempty"`
}

// ScopingFilter says which users or groups are in scope, by their attributes in Entra.
//
// +kubebuilder:object:root=true
// +kubebuilder:storageversion
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Namespaced,path=scopingfilters,shortName=scopefilter,categories=provisioning
// +kubebuilder:printcolumn:name="Type",type=string,JSONPath=`.spec.objectType`,description="What is filtered: User or Group"
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`,description="Whether the filter can be used"
// +kubebuilder:printcolumn:name="Used By",type=integer,JSONPath=`.status.usedBy`,description="How many ProvisioningConfigs use it"
// +kubebuilder:printcolumn:name="Message",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].message`,description="What the Ready condition says"
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type ScopingFilter struct {
	metav1.TypeMeta `json:",inline"`

	// metadata is the standard metadata of a resource.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec says who is in scope.
	// +required
	Spec ScopingFilterSpec `json:"spec"`

	// status says whether the filter can be used. Written by the operator.
	// +optional
	Status CompiledStatus `json:"status,omitzero"`
}

// ScopingFilterList is a list of ScopingFilters.
//
// +kubebuilder:object:root=true
type ScopingFilterList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []ScopingFilter `json:"items"`
}

// GetConditions returns the conditions of the status.
func (f *ScopingFilter) GetConditions() []metav1.Condition { return f.Status.Conditions }

// SetConditions replaces the conditions of the status.
func (f *ScopingFilter) SetConditions(conditions []metav1.Condition) {
	f.Status.Conditions = conditions
}

// GetStatus returns the status, which AttributeMapping and ScopingFilter have in common.
func (f *ScopingFilter) GetStatus() *CompiledStatus { return &f.Status }
