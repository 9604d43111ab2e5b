package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

var (
	// GroupVersion is the group and version of all kinds of this package.
	GroupVersion = schema.GroupVersion{Group: "provisioning.entrain.dev", Version: "v1alpha1"}

	// SchemeBuilder collects the functions that register the kinds.
	SchemeBuilder = runtime.NewSchemeBuilder(addKnownTypes)

	// AddToScheme registers the kinds in a scheme.
	AddToScheme = SchemeBuilder.AddToScheme
)

// Names of the kinds, for events, owner references and messages.
const (
	ProvisioningConfigKind = "ProvisioningConfig"
	AttributeMappingKind   = "AttributeMapping"
	ScopingFilterKind      = "ScopingFilter"
	ProvisionOnDemandKind  = "ProvisionOnDemand"
)

func addKnownTypes(scheme *runtime.Scheme) error {
	scheme.AddKnownTypes(GroupVersion,
		&ProvisioningConfig{}, &ProvisioningConfigList{},
		&AttributeMapping{}, &AttributeMappingList{},
		&ScopingFilter{}, &ScopingFilterList{},
		&ProvisionOnDemand{}, &ProvisionOnDemandList{},
	)
	metav1.AddToGroupVersion(scheme, GroupVersion)
	return nil
}
