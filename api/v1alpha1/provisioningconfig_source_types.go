package v1alpha1

// Source says where users and groups are read.
type Source struct {
	// entra is the Entra tenant, read through Microsoft Graph.
	// +required
	Entra EntraSource `json:"entra"`
}

// Cloud is the Microsoft cloud of a tenant.
//
// +kubebuilder:validation:Enum=Public;USGovernment;USGovernmentDoD;China
type Cloud string

const (
	// CloudPublic is the worldwide cloud, also for GCC tenants.
	CloudPublic Cloud = "Public"
	// CloudUSGovernment is US Government L4 (GCC High).
	CloudUSGovernment Cloud = "USGovernment"
	// CloudUSGovernmentDoD is US Government L5 (Department of Defense).
	CloudUSGovernmentDoD Cloud = "USGovernmentDoD"
	// CloudChina is the cloud operated by 21Vianet.
	CloudChina Cloud = "China"
)

// EntraSource is an Entra tenant and how to read it.
type EntraSource struct {
	// tenantID is the id of the tenant or one of its domains. Example: 72f988bf-86f1-41af-91ab-2d7cd011db47 or
	// contoso.onmicrosoft.com.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule="self.matches('^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$') || self.matches('^([a-zA-Z0-9]([-a-zA-Z0-9]*[a-zA-Z0-9])?[.])+[a-zA-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])$')",message="must be the tenant's id (a GUID) or one of its domains, such as contoso.onmicrosoft.com"
	// +required
	TenantID string `json:"tenantID"`

	// cloud is the Microsoft cloud of the tenant: Public (also GCC), USGovernment (GCC High), USGovernmentDoD or China.
	// Default: Public.
	// +kubebuilder:default=Public
	// +optional
	Cloud Cloud `json:"cloud,omitempty"`

	// application is the enterprise application whose assignments and app roles count.
	// +required
	Application EntraApplication `json:"application"`

	// credentials say how the operator signs in to Microsoft Graph. The application that signs in needs the application
	// permissions User.Read.All, GroupMember.Read.All and Application.Read.All.
	// +required
	Credentials EntraCredentials `json:"credentials"`

	// endpoints replaces the addresses of the cloud, for proxies, private clouds and simulators. Default: those of cloud.
	// +optional
	Endpoints *EntraEndpoints `json:"endpoints,omitempty"`
}

// EntraApplication names an enterprise application.
//
// +kubebuilder:validation:XValidation:rule="has(self.appID) != has(self.objectID)",message="set exactly one of appID (Application ID) and objectID (Object ID of the enterprise application)"
type EntraApplication struct {
	// appID is the Application (client) ID of the enterprise application. Example: 8b1fc9d0-7a36-4c14-9d5e-4b7a9e1c2f30.
	// +optional
	AppID *GUID `json:"appID,omitempty"`

	// objectID is the Object ID of the enterprise application (the service principal), not of the app registration. Use it
	// where the tenant has several enterprise applications of one app.
	// +optional
	ObjectID *GUID `json:"objectID,omitempty"`
}

// EntraCredentials say how the operator signs in to Microsoft Graph.
//
// +kubebuilder:validation:XValidation:rule="[has(self.clientSecret), has(self.clientCertificate), has(self.workloadIdentity)].exists_one(x, x)",message="set exactly one of clientSecret, clientCertificate and workloadIdentity"
type EntraCredentials struct {
	// clientSecret signs in with a client secret of an app registration.
	// +optional
	ClientSecret *EntraClientSecret `json:"clientSecret,omitempty"`

	// clientCertificate signs in with a certificate of an app registration.
	// +optional
	ClientCertificate *EntraClientCertificate `json:"clientCertificate,omitempty"`

	// workloadIdentity signs in with the projected service account token of the operator's pod, so that no secret is
	// needed. The app registration or managed identity needs a federated credential for the operator's service account.
	// +optional
	WorkloadIdentity *EntraWorkloadIdentity `json:"workloadIdentity,omitempty"`
}

// EntraClientSecret signs in with a client secret.
type EntraClientSecret struct {
	// clientID is the Application (client) ID of the app registration.
	// +required
	ClientID GUID `json:"clientID"`

	// secretRef points to the client secret: its value, not its id. Example: {name: entra, key: clientSecret}.
	// +required
	SecretRef SecretKeyReference `json:"secretRef"`
}

// EntraClientCertificate signs in with a certificate.
type EntraClientCertificate struct {
	// clientID is the Application (client) ID of the app registration.
	// +required
	ClientID GUID `json:"clientID"`

	// secretRef names a Secret of type kubernetes.io/tls with the certificate (tls.crt) and its private key (tls.key).
	// +required
	SecretRef TLSSecretReference `json:"secretRef"`
}

// EntraWorkloadIdentity signs in with the token of the operator's service account.
type EntraWorkloadIdentity struct {
	// clientID is the Application (client) ID of the app registration, or the client id of the managed identity.
	// +required
	ClientID GUID `json:"clientID"`
}

// EntraEndpoints replaces the addresses of the cloud.
type EntraEndpoints struct {
	// graphURL is the origin of Microsoft Graph, without version. Default: that of cloud.
	// Example: https://graph.microsoft.com.
	// +optional
	GraphURL *Origin `json:"graphURL,omitempty"`

	// authorityURL is the origin that issues tokens, without tenant. Default: that of cloud.
	// Example: https://login.microsoftonline.com.
	// +optional
	AuthorityURL *Origin `json:"authorityURL,omitempty"`

	// caBundleSecretRef points to certificates to trust for both addresses, in addition to the usual ones.
	// +optional
	CABundleSecretRef *CABundleReference `json:"caBundleSecretRef,omitempty"`
}
