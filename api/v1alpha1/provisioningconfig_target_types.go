package v1alpha1

// Target says which application users and groups are provisioned into.
type Target struct {
	// scim is an application that speaks SCIM 2.0.
	// +required
	SCIM SCIMTarget `json:"scim"`
}

// SCIMProfile says what a SCIM application can and cannot do.
//
// +kubebuilder:validation:Enum=GenesysCloud;Generic;EntraCompatible
type SCIMProfile string

const (
	// SCIMProfileGenesysCloud is Genesys Cloud (PureCloud).
	SCIMProfileGenesysCloud SCIMProfile = "GenesysCloud"
	// SCIMProfileGeneric is an application that follows RFC 7643 and RFC 7644.
	SCIMProfileGeneric SCIMProfile = "Generic"
	// SCIMProfileEntraCompatible is an application that was built to the requests of the Entra provisioning service.
	SCIMProfileEntraCompatible SCIMProfile = "EntraCompatible"
)

// SCIMTarget is an application that speaks SCIM 2.0.
//
// +kubebuilder:validation:XValidation:rule="!has(self.aadOptscim062020) || self.profile == 'EntraCompatible'",message="aadOptscim062020 changes the requests of the EntraCompatible profile only: set profile to EntraCompatible, or remove aadOptscim062020",fieldPath=".aadOptscim062020"
type SCIMTarget struct {
	// profile says what the application can and cannot do and gives the default mappings.
	// GenesysCloud: Genesys Cloud; groups are updated, never created or deleted. Generic: RFC 7643 and RFC 7644 as written.
	// EntraCompatible: the same requests, byte by byte, as those of the Entra provisioning service, for applications built
	// to them.
	// +required
	Profile SCIMProfile `json:"profile"`

	// aadOptscim062020 makes the EntraCompatible profile send what Entra sends with the flag aadOptscim062020 in the tenant
	// URL: lower-case operations, Boolean values, removal of single members. Only with that profile. Default: false.
	// +optional
	AADOptSCIM062020 *bool `json:"aadOptscim062020,omitempty"`

	// tenantURL is the base URL of the SCIM service, to which /Users and /Groups are appended; a query string is kept on
	// every request. Example: https://api.mypurecloud.de/api/v2/scim/v2.
	// +required
	TenantURL HTTPSURL `json:"tenantURL"`

	// credentials say how the operator signs in to the application.
	// +required
	Credentials SCIMCredentials `json:"credentials"`

	// rateLimit bounds the requests to the application. Default: the allowance of the profile, lowered by what the service
	// reports. Configurations with the same tenantURL and credentials share one allowance.
	// +optional
	RateLimit *RateLimit `json:"rateLimit,omitempty"`

	// caBundleSecretRef points to certificates to trust for tenantURL and tokenURL, in addition to the usual ones.
	// +optional
	CABundleSecretRef *CABundleReference `json:"caBundleSecretRef,omitempty"`
}

// SCIMCredentials say how the operator signs in to the application.
//
// +kubebuilder:validation:XValidation:rule="has(self.secretToken) != has(self.oauth2ClientCredentials)",message="set exactly one of secretToken and oauth2ClientCredentials"
type SCIMCredentials struct {
	// secretToken sends a long-lived bearer token that the application issued; the portal calls it Secret Token.
	// +optional
	SecretToken *SecretToken `json:"secretToken,omitempty"`

	// oauth2ClientCredentials obtains tokens with the OAuth 2 client credentials grant, keeps the current one in a Secret
	// owned by the ProvisioningConfig and renews it before it expires.
	// +optional
	OAuth2ClientCredentials *OAuth2ClientCredentials `json:"oauth2ClientCredentials,omitempty"`
}

// SecretToken is a long-lived bearer token.
type SecretToken struct {
	// secretRef points to the token. A changed token is used from the next cycle on. Example: {name: genesys, key: token}.
	// +required
	SecretRef SecretKeyReference `json:"secretRef"`
}

// OAuth2ClientCredentials obtains tokens with the OAuth 2 client credentials grant.
type OAuth2ClientCredentials struct {
	// tokenURL is the address that issues tokens. Example: https://login.mypurecloud.de/oauth/token.
	// +required
	TokenURL HTTPSURL `json:"tokenURL"`

	// clientID is the id of the OAuth client in the application.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=512
	// +required
	ClientID string `json:"clientID"`

	// clientSecretRef points to the secret of the OAuth client. Example: {name: genesys, key: clientSecret}.
	// +required
	ClientSecretRef SecretKeyReference `json:"clientSecretRef"`

	// scopes are the OAuth scopes to ask for. Default: none, which is right for Genesys Cloud, where the roles of the client
	// decide. Example: [scim].
	// +listType=set
	// +kubebuilder:validation:MaxItems=20
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=256
	// +optional
	Scopes []string `json:"scopes,omitempty"`

	// audience is sent as the audience parameter, which some issuers need. Default: not sent.
	// Example: https://api.example.com.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=512
	// +optional
	Audience string `json:"audience,omitempty"`
}

// RateLimit bounds the requests to the application.
type RateLimit struct {
	// requestsPerMinute is how many requests may be sent in a minute. Default: that of the profile (GenesysCloud 300, others
	// without a fixed limit). Example: 300.
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1000000
	// +required
	RequestsPerMinute int32 `json:"requestsPerMinute"`
}
