package tenant

import (
	"fmt"
	"reflect"
	"strings"
)

// Type is the JSON type of a property.
type Type int

// The property types.
const (
	String Type = iota
	Bool
	Date
	Integer
	Strings
	Object
	Objects
)

// PropertyType describes a property of a kind, microsoft-graph.md section 5.
type PropertyType struct {
	Name string
	Type Type
	// Default properties are returned without $select.
	Default bool
	// Filter says how eq on the property is supported.
	Filter Filterable
	// OtherStore properties are not in the directory: they can be read from a single object only and are not tracked.
	OtherStore bool
	// NotTracked properties can be read but are refused by delta.
	NotTracked bool
	// Extension is true for a directory extension: the key is absent when unset.
	Extension bool
}

// Filterable says how a property can be used with eq in $filter.
type Filterable int

const (
	// FilterNone means the property cannot be filtered on.
	FilterNone Filterable = iota
	// FilterDefault means eq works without more.
	FilterDefault
	// FilterAdvanced means eq needs $count=true and ConsistencyLevel: eventual.
	FilterAdvanced
)

func types(t Type, filter Filterable, def bool, names string) []PropertyType {
	var out []PropertyType
	for _, n := range strings.Fields(names) {
		out = append(out, PropertyType{Name: n, Type: t, Filter: filter, Default: def})
	}
	return out
}

func table(groups ...[]PropertyType) map[string]PropertyType {
	out := map[string]PropertyType{}
	for _, g := range groups {
		for _, p := range g {
			out[p.Name] = p
		}
	}
	return out
}

func elsewhere(list []PropertyType) []PropertyType {
	for i := range list {
		list[i].OtherStore = true
	}
	return list
}

func untracked(list []PropertyType) []PropertyType {
	for i := range list {
		list[i].NotTracked = true
	}
	return list
}

// userTypes is the table of section 5.1.
var userTypes = table(
	types(String, FilterDefault, true, "id displayName givenName jobTitle mail surname userPrincipalName"),
	types(String, FilterAdvanced, true, "mobilePhone officeLocation preferredLanguage"),
	types(Strings, FilterAdvanced, true, "businessPhones"),
	types(Bool, FilterDefault, false, "accountEnabled isResourceAccount onPremisesSyncEnabled"),
	types(Bool, FilterAdvanced, false, "showInAddressList"),
	types(String, FilterDefault, false, `ageGroup consentProvidedForMinor city country creationType department employeeId
		externalUserState mailNickname onPremisesImmutableId onPremisesSecurityIdentifier securityIdentifier state usageLocation userType`),
	types(String, FilterAdvanced, false, `companyName employeeType faxNumber onPremisesSamAccountName postalCode streetAddress`),
	types(String, FilterNone, false, `legalAgeGroupClassification onPremisesDistinguishedName onPremisesDomainName
		onPremisesUserPrincipalName passwordPolicies preferredDataLocation`),
	types(Date, FilterDefault, false, "createdDateTime onPremisesLastSyncDateTime"),
	types(Date, FilterAdvanced, false, "employeeHireDate employeeLeaveDateTime"),
	types(Date, FilterNone, false, `deletedDateTime externalUserStateChangeDateTime lastPasswordChangeDateTime
		signInSessionsValidFromDateTime refreshTokensValidFromDateTime`),
	types(Strings, FilterDefault, false, "imAddresses otherMails proxyAddresses"),
	types(Objects, FilterDefault, false, "assignedLicenses identities onPremisesProvisioningErrors"),
	types(Objects, FilterAdvanced, false, "assignedPlans provisionedPlans"),
	types(Objects, FilterNone, false, "licenseAssignmentStates"),
	types(Object, FilterAdvanced, false, "employeeOrgData onPremisesExtensionAttributes"),
	untracked(types(Object, FilterAdvanced, false, "customSecurityAttributes")),
	untracked(types(Object, FilterDefault, false, "signInActivity")),
	elsewhere(types(String, FilterNone, false, "aboutMe mySite preferredName")),
	elsewhere(types(Date, FilterNone, false, "birthday hireDate")),
	elsewhere(types(Strings, FilterNone, false, "interests pastProjects responsibilities schools skills")),
	elsewhere(types(Object, FilterNone, false, "mailboxSettings")),
)

// groupTypes is section 5.2.
var groupTypes = table(
	types(String, FilterDefault, true, "id displayName mail mailNickname onPremisesSecurityIdentifier securityIdentifier uniqueName"),
	types(String, FilterAdvanced, true, `classification description membershipRule membershipRuleProcessingState onPremisesDomainName
		onPremisesNetBiosName onPremisesSamAccountName preferredDataLocation preferredLanguage theme visibility`),
	types(Date, FilterAdvanced, true, "createdDateTime expirationDateTime onPremisesLastSyncDateTime renewedDateTime"),
	types(Date, FilterNone, true, "deletedDateTime"),
	types(Bool, FilterDefault, true, "isAssignableToRole mailEnabled onPremisesSyncEnabled securityEnabled"),
	types(Strings, FilterDefault, true, "creationOptions groupTypes proxyAddresses resourceBehaviorOptions resourceProvisioningOptions"),
	types(Objects, FilterNone, true, "onPremisesProvisioningErrors serviceProvisioningErrors"),
	elsewhere(types(Bool, FilterNone, false, `allowExternalSenders autoSubscribeNewMembers hideFromAddressLists
		hideFromOutlookClients isSubscribedByMail`)),
	elsewhere(types(Integer, FilterNone, false, "unseenCount")),
)

// otherTypes holds what devices, contacts and service principals have in common.
var otherTypes = table(types(String, FilterDefault, true, "id displayName"), types(Bool, FilterDefault, false, "accountEnabled"))

func builtin(kind Kind) map[string]PropertyType {
	switch kind {
	case User:
		return userTypes
	case Group:
		return groupTypes
	default:
		return otherTypes
	}
}

// equal compares values of properties.
func equal(a, b any) bool { return reflect.DeepEqual(a, b) }

// normalize checks a value against the type of its property and brings it into the form in which it is stored.
func normalize(p PropertyType, value any) (any, error) {
	if value == nil {
		if p.Type == Strings {
			return []string{}, nil
		}
		return nil, nil
	}
	fits := false
	switch p.Type {
	case String, Date:
		_, fits = value.(string)
	case Bool:
		_, fits = value.(bool)
	case Integer:
		if f, ok := value.(float64); ok {
			value = int64(f)
		}
		if i, ok := value.(int); ok {
			value = int64(i)
		}
		_, fits = value.(int64)
	case Strings:
		value, fits = toStrings(value)
	case Object:
		_, fits = value.(map[string]any)
	case Objects:
		_, fits = value.([]any)
	}
	if !fits {
		return nil, fmt.Errorf("%w: property %s does not take a value of this type", ErrInvalid, p.Name)
	}
	return value, nil
}

func toStrings(value any) (any, bool) {
	switch list := value.(type) {
	case []string:
		return append([]string{}, list...), true
	case []any:
		out := make([]string, 0, len(list))
		for _, v := range list {
			s, ok := v.(string)
			if !ok {
				return nil, false
			}
			out = append(out, s)
		}
		return out, true
	}
	return nil, false
}
