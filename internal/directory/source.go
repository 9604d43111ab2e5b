package directory

import (
	"fmt"
	"strings"
)

// SourceAttribute describes an attribute of the source that mappings and filters may read.
type SourceAttribute struct {
	// Name is the name used in mappings: the historical name of the provisioning service or the Graph name.
	Name string
	// Graph is the property of Microsoft Graph to select, with a dot for a sub-property and [0] for the first element;
	// "" for a computed attribute.
	Graph string
	Type  AttributeType
	// MultiValued attributes have several values.
	MultiValued bool
	// NoFilter, if not "", is the reason why scoping filters cannot use the attribute (reference 3.3).
	NoFilter string
}

const (
	notMulti = "it has several values"
	notDate  = "dates cannot be compared in scoping filters"
	notRef   = "references cannot be compared in scoping filters"
	notRole  = "roles decide assignment, not scoping filters"
)

// Names of attributes that the engine computes or always needs.
const (
	AttrObjectID          = "objectId"
	AttrIsSoftDeleted     = "IsSoftDeleted"
	AttrAccountEnabled    = "accountEnabled"
	AttrSecurityEnabled   = "securityEnabled"
	AttrAppRoles          = "appRoleAssignments"
	AttrManager           = "manager"
	AttrMembers           = "members"
	AttrUsageLocation     = "usageLocation"
	AttrUserPrincipalName = "userPrincipalName"
	AttrOriginalUPN       = "originalUserPrincipalName"
)

// userSource is reference part 2 section 6.2: the historical names, followed by the Graph names that differ from them.
var userSource = []SourceAttribute{
	{Name: AttrObjectID, Graph: "id", Type: String},
	{Name: AttrUserPrincipalName, Graph: "userPrincipalName", Type: String},
	{Name: AttrOriginalUPN, Graph: "userPrincipalName", Type: String},
	{Name: AttrAccountEnabled, Graph: "accountEnabled", Type: Boolean},
	{Name: AttrIsSoftDeleted, Type: Boolean, NoFilter: "it is the result of scoping"},
	{Name: "displayName", Graph: "displayName", Type: String},
	{Name: "givenName", Graph: "givenName", Type: String},
	{Name: "surname", Graph: "surname", Type: String},
	{Name: "mail", Graph: "mail", Type: String},
	{Name: "mailNickname", Graph: "mailNickname", Type: String},
	{Name: "proxyAddresses", Graph: "proxyAddresses", Type: String, MultiValued: true, NoFilter: notMulti},
	{Name: "otherMails", Graph: "otherMails", Type: String, MultiValued: true, NoFilter: notMulti},
	{Name: "jobTitle", Graph: "jobTitle", Type: String},
	{Name: "department", Graph: "department", Type: String},
	{Name: "companyName", Graph: "companyName", Type: String},
	{Name: "employeeId", Graph: "employeeId", Type: String},
	{Name: "employeeType", Graph: "employeeType", Type: String},
	{Name: "employeeHireDate", Graph: "employeeHireDate", Type: DateTime, NoFilter: notDate},
	{Name: "employeeLeaveDateTime", Graph: "employeeLeaveDateTime", Type: DateTime, NoFilter: notDate},
	{Name: "employeeOrgData.costCenter", Graph: "employeeOrgData.costCenter", Type: String},
	{Name: "employeeOrgData.division", Graph: "employeeOrgData.division", Type: String},
	{Name: AttrManager, Graph: "manager", Type: Reference, NoFilter: notRef},
	{Name: "physicalDeliveryOfficeName", Graph: "officeLocation", Type: String},
	{Name: "streetAddress", Graph: "streetAddress", Type: String},
	{Name: "city", Graph: "city", Type: String},
	{Name: "state", Graph: "state", Type: String},
	{Name: "postalCode", Graph: "postalCode", Type: String},
	{Name: "country", Graph: "country", Type: String},
	{Name: AttrUsageLocation, Graph: "usageLocation", Type: String},
	{Name: "preferredLanguage", Graph: "preferredLanguage", Type: String},
	{Name: "telephoneNumber", Graph: "businessPhones[0]", Type: String},
	{Name: "mobile", Graph: "mobilePhone", Type: String},
	{Name: "facsimileTelephoneNumber", Graph: "faxNumber", Type: String},
	{Name: "userType", Graph: "userType", Type: String, NoFilter: "the provisioning service does not allow it; use a filter on userPrincipalName or an extension attribute"},
	{Name: "creationType", Graph: "creationType", Type: String},
	{Name: "externalUserState", Graph: "externalUserState", Type: String},
	{Name: "ageGroup", Graph: "ageGroup", Type: String},
	{Name: "consentProvidedForMinor", Graph: "consentProvidedForMinor", Type: String},
	{Name: "legalAgeGroupClassification", Graph: "legalAgeGroupClassification", Type: String},
	{Name: "dirSyncEnabled", Graph: "onPremisesSyncEnabled", Type: Boolean},
	{Name: "onPremisesSecurityIdentifier", Graph: "onPremisesSecurityIdentifier", Type: String},
	{Name: "immutableId", Graph: "onPremisesImmutableId", Type: String},
	{Name: "onPremisesDistinguishedName", Graph: "onPremisesDistinguishedName", Type: String},
	{Name: "onPremisesSamAccountName", Graph: "onPremisesSamAccountName", Type: String},
	{Name: "onPremisesUserPrincipalName", Graph: "onPremisesUserPrincipalName", Type: String},
	{Name: "onPremisesDomainName", Graph: "onPremisesDomainName", Type: String},
	{Name: "sipProxyAddress", Graph: "imAddresses[0]", Type: String},
	{Name: "showInAddressList", Graph: "showInAddressList", Type: Boolean},
	{Name: "refreshTokensValidFromDateTime", Graph: "signInSessionsValidFromDateTime", Type: DateTime, NoFilter: notDate},
	{Name: "createdDateTime", Graph: "createdDateTime", Type: DateTime, NoFilter: notDate},
	{Name: AttrAppRoles, Type: String, MultiValued: true, NoFilter: notRole},

	{Name: "id", Graph: "id", Type: String},
	{Name: "officeLocation", Graph: "officeLocation", Type: String},
	{Name: "businessPhones", Graph: "businessPhones", Type: String, MultiValued: true, NoFilter: notMulti},
	{Name: "mobilePhone", Graph: "mobilePhone", Type: String},
	{Name: "faxNumber", Graph: "faxNumber", Type: String},
	{Name: "imAddresses", Graph: "imAddresses", Type: String, MultiValued: true, NoFilter: notMulti},
	{Name: "onPremisesSyncEnabled", Graph: "onPremisesSyncEnabled", Type: Boolean},
	{Name: "onPremisesImmutableId", Graph: "onPremisesImmutableId", Type: String},
	{Name: "signInSessionsValidFromDateTime", Graph: "signInSessionsValidFromDateTime", Type: DateTime, NoFilter: notDate},
}

// groupSource is reference part 2 section 6.3.
var groupSource = []SourceAttribute{
	{Name: AttrObjectID, Graph: "id", Type: String},
	{Name: "displayName", Graph: "displayName", Type: String},
	{Name: "description", Graph: "description", Type: String},
	{Name: "mail", Graph: "mail", Type: String},
	{Name: "mailEnabled", Graph: "mailEnabled", Type: Boolean},
	{Name: "mailNickname", Graph: "mailNickname", Type: String},
	{Name: AttrSecurityEnabled, Graph: "securityEnabled", Type: Boolean},
	{Name: "proxyAddresses", Graph: "proxyAddresses", Type: String, MultiValued: true, NoFilter: notMulti},
	{Name: AttrMembers, Graph: "members", Type: Reference, MultiValued: true, NoFilter: notRef},
	{Name: AttrIsSoftDeleted, Type: Boolean, NoFilter: "it is the result of scoping"},
	{Name: "dirSyncEnabled", Graph: "onPremisesSyncEnabled", Type: Boolean},
	{Name: "onPremisesSecurityIdentifier", Graph: "onPremisesSecurityIdentifier", Type: String},
	{Name: "onPremisesSamAccountName", Graph: "onPremisesSamAccountName", Type: String},
	{Name: "groupTypes", Graph: "groupTypes", Type: String, MultiValued: true, NoFilter: notMulti},
	{Name: "membershipRule", Graph: "membershipRule", Type: String},
	{Name: "visibility", Graph: "visibility", Type: String},

	{Name: "id", Graph: "id", Type: String},
	{Name: "onPremisesSyncEnabled", Graph: "onPremisesSyncEnabled", Type: Boolean},
}

// index holds the attributes of both kinds by name.
var index = func() map[Kind]map[string]SourceAttribute {
	for i := 1; i <= 15; i++ {
		name := fmt.Sprintf("extensionAttribute%d", i)
		userSource = append(userSource, SourceAttribute{Name: name, Graph: "onPremisesExtensionAttributes." + name, Type: String})
	}
	out := map[Kind]map[string]SourceAttribute{User: {}, Group: {}}
	for _, a := range userSource {
		out[User][a.Name] = a
	}
	for _, a := range groupSource {
		out[Group][a.Name] = a
	}
	return out
}()

// SourceAttributes returns the attributes of a kind in the order of the reference; the caller must not change them.
func SourceAttributes(kind Kind) []SourceAttribute {
	if kind == Group {
		return groupSource
	}
	return userSource
}

// LookupSource finds a source attribute by its name, which is case-sensitive. A directory extension
// (extension_<32 hex digits>_<name>) is always known, because only the tenant can tell whether it exists.
func LookupSource(kind Kind, name string) (SourceAttribute, bool) {
	if a, ok := index[kind][name]; ok {
		return a, true
	}
	if isDirectoryExtension(name) {
		return SourceAttribute{Name: name, Graph: name, Type: String}, true
	}
	return SourceAttribute{}, false
}

func isDirectoryExtension(name string) bool {
	rest, ok := strings.CutPrefix(name, "extension_")
	if !ok || len(rest) < 34 || rest[32] != '_' {
		return false
	}
	return strings.Trim(rest[:32], "0123456789abcdefABCDEF") == ""
}
