package v1alpha1

// GUID is an id as Entra writes it: 32 hexadecimal digits with hyphens.
//
// +kubebuilder:validation:MinLength=36
// +kubebuilder:validation:MaxLength=36
// +kubebuilder:validation:XValidation:rule="self.matches('^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$')",message="must be a GUID such as 72f988bf-86f1-41af-91ab-2d7cd011db47"
type GUID string

// HTTPSURL is an absolute URL. Plain http is accepted only where the traffic does not leave the machine or the cluster,
// because every request carries a token.
//
// +kubebuilder:validation:MinLength=1
// +kubebuilder:validation:MaxLength=2048
// +kubebuilder:validation:XValidation:rule="isURL(self)",message="must be an absolute URL such as https://api.example.com/scim/v2"
// +kubebuilder:validation:XValidation:rule="!isURL(self) || url(self).getScheme() == 'https' || (url(self).getScheme() == 'http' && (url(self).getHostname() in ['localhost', '127.0.0.1', '::1'] || url(self).getHostname().endsWith('.svc') || url(self).getHostname().endsWith('.svc.cluster.local')))",message="must start with https:// (http:// is accepted only for localhost, 127.0.0.1, [::1] and hosts that end in .svc or .svc.cluster.local)"
// +kubebuilder:validation:XValidation:rule="!isURL(self) || size(url(self).getHostname()) > 0",message="must name a host, as in https://api.example.com/scim/v2"
// +kubebuilder:validation:XValidation:rule="!self.contains('@') && !self.contains('#')",message="must not contain a user name, a password or a fragment: remove everything from # and before @, and put credentials into a Secret"
type HTTPSURL string

// Origin is an HTTPSURL without path and query: scheme, host and, where needed, port.
//
// +kubebuilder:validation:MinLength=1
// +kubebuilder:validation:MaxLength=512
// +kubebuilder:validation:XValidation:rule="isURL(self)",message="must be an absolute URL such as https://graph.microsoft.com"
// +kubebuilder:validation:XValidation:rule="!isURL(self) || url(self).getScheme() == 'https' || (url(self).getScheme() == 'http' && (url(self).getHostname() in ['localhost', '127.0.0.1', '::1'] || url(self).getHostname().endsWith('.svc') || url(self).getHostname().endsWith('.svc.cluster.local')))",message="must start with https:// (http:// is accepted only for localhost, 127.0.0.1, [::1] and hosts that end in .svc or .svc.cluster.local)"
// +kubebuilder:validation:XValidation:rule="!isURL(self) || size(url(self).getHostname()) > 0",message="must name a host, as in https://graph.microsoft.com"
// +kubebuilder:validation:XValidation:rule="!isURL(self) || (size(url(self).getEscapedPath()) <= 1 && !self.contains('?') && !self.contains('#') && !self.contains('@'))",message="must be an origin such as https://graph.microsoft.com: leave out version, tenant, path, query and user name"
type Origin string

// SecretName is the name of a Secret in the namespace of the resource that refers to it.
//
// +kubebuilder:validation:MinLength=1
// +kubebuilder:validation:MaxLength=253
// +kubebuilder:validation:XValidation:rule="!format.dns1123Subdomain().validate(self).hasValue()",message="must be the name of a Secret: lower-case letters, digits, hyphens and dots, such as genesys-cloud"
type SecretName string

// SecretKey is a key of the data of a Secret.
//
// +kubebuilder:validation:MinLength=1
// +kubebuilder:validation:MaxLength=253
// +kubebuilder:validation:XValidation:rule="self.matches('^[-._a-zA-Z0-9]+$')",message="must be a key of a Secret: letters, digits, hyphens, underscores and dots, such as token"
type SecretKey string

// ObjectName is the name of another resource of this API group in the same namespace.
//
// +kubebuilder:validation:MinLength=1
// +kubebuilder:validation:MaxLength=253
// +kubebuilder:validation:XValidation:rule="!format.dns1123Subdomain().validate(self).hasValue()",message="must be the name of a resource: lower-case letters, digits, hyphens and dots, such as genesys-users"
type ObjectName string

// AttributeName is the name of an attribute of the source.
//
// +kubebuilder:validation:MinLength=1
// +kubebuilder:validation:MaxLength=256
// +kubebuilder:validation:XValidation:rule="self.matches('^[A-Za-z][-A-Za-z0-9_.]*$')",message="must be the name of a source attribute without brackets, such as department"
type AttributeName string

// AttributeValue is one value of an attribute as text; a Boolean is True or False, a number is decimal.
//
// +kubebuilder:validation:MaxLength=4096
type AttributeValue string

// SecretKeyReference points to one value in a Secret of the same namespace.
type SecretKeyReference struct {
	// name is the name of the Secret. Example: genesys-cloud.
	// +required
	Name SecretName `json:"name"`

	// key is the key in the Secret's data whose value is used. Spaces and line ends around the value are ignored.
	// Example: token.
	// +required
	Key SecretKey `json:"key"`
}

// CABundleReference points to certificates of certification authorities in a Secret of the same namespace.
type CABundleReference struct {
	// name is the name of the Secret. Example: proxy-ca.
	// +required
	Name SecretName `json:"name"`

	// key is the key in the Secret's data that holds one or more PEM certificates. They are trusted in addition to the
	// certificates of the operator's image. Default: ca.crt.
	// +kubebuilder:default=ca.crt
	// +optional
	Key SecretKey `json:"key,omitempty"`
}

// TLSSecretReference points to a Secret of type kubernetes.io/tls in the same namespace.
type TLSSecretReference struct {
	// name is the name of the Secret; its data must have tls.crt (PEM certificate) and tls.key (PEM private key without
	// pass phrase). Example: entrain-entra-certificate.
	// +required
	Name SecretName `json:"name"`
}

// ObjectReference names a resource of this API group in the same namespace.
type ObjectReference struct {
	// name is the name of the resource. Example: genesys-users.
	// +required
	Name ObjectName `json:"name"`
}

// ObjectType is the kind of object that a mapping, a filter or a record is about.
//
// +kubebuilder:validation:Enum=User;Group
type ObjectType string

const (
	// ObjectTypeUser is a person.
	ObjectTypeUser ObjectType = "User"
	// ObjectTypeGroup is a group of persons.
	ObjectTypeGroup ObjectType = "Group"
)

// Problem is one mistake in what an administrator wrote, found by the compiler of mappings and filters.
type Problem struct {
	// path is the field with the mistake. Example: spec.attributes[3].expression.
	// +kubebuilder:validation:MaxLength=512
	// +optional
	Path string `json:"path,omitempty"`

	// line is the line of the mistake within the field, counted from 1; absent where there is only one.
	// +kubebuilder:validation:Minimum=0
	// +optional
	Line int32 `json:"line,omitempty"`

	// column is the character of the mistake within the line, counted from 1.
	// +kubebuilder:validation:Minimum=0
	// +optional
	Column int32 `json:"column,omitempty"`

	// message says what is wrong and what to write instead, with the source line and a caret where that helps.
	// +kubebuilder:validation:MaxLength=4096
	// +required
	Message string `json:"message"`
}

// MaxProblems is how many problems status lists; the message of the Ready condition says how many there are in all.
const MaxProblems = 50
