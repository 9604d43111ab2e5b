package graphsim

import (
	"net/http"
	"slices"
	"strings"

	"github.com/entrain-dev/entrain/internal/simulator/graphsim/tenant"
)

// selection is a checked $select.
type selection struct {
	given      bool
	names      []string // as sent, navigation properties left out
	types      []tenant.PropertyType
	navigation []string
}

func (s selection) has(navigation string) bool { return slices.Contains(s.navigation, navigation) }

// all returns every selected name, as delta tokens carry it.
func (s selection) all() []string { return append(slices.Clone(s.names), s.navigation...) }

// defaults is the selection of a read without $select.
func (c *call) defaults(kind tenant.Kind) selection {
	var s selection
	for _, name := range defaultOrder(kind) {
		p, _ := c.s.tenant.Property(kind, name)
		s.names, s.types = append(s.names, name), append(s.types, p)
	}
	return s
}

var (
	userDefaults = strings.Fields(`businessPhones displayName givenName jobTitle mail mobilePhone officeLocation preferredLanguage surname
		userPrincipalName id`)
	groupDefaults = strings.Fields(`id deletedDateTime classification createdDateTime creationOptions description displayName
		expirationDateTime groupTypes isAssignableToRole mail mailEnabled mailNickname membershipRule membershipRuleProcessingState
		onPremisesDomainName onPremisesLastSyncDateTime onPremisesNetBiosName onPremisesSamAccountName onPremisesSecurityIdentifier
		onPremisesSyncEnabled preferredDataLocation preferredLanguage proxyAddresses renewedDateTime resourceBehaviorOptions
		resourceProvisioningOptions securityEnabled securityIdentifier theme uniqueName visibility onPremisesProvisioningErrors
		serviceProvisioningErrors`)
	otherDefaults = []string{"id", "displayName"}
)

func defaultOrder(kind tenant.Kind) []string {
	switch kind {
	case tenant.User:
		return userDefaults
	case tenant.Group:
		return groupDefaults
	default:
		return otherDefaults
	}
}

// selected parses $select for a kind. navigation lists the relations that may be selected here; single is true for a read of
// one object, where properties of other stores are allowed.
func (c *call) selected(kind tenant.Kind, single bool, navigation ...string) (selection, *graphError) {
	value, ok := c.query.get("select")
	if !ok || strings.TrimSpace(value) == "" || value == "*" {
		return c.defaults(kind), nil
	}
	return c.selection(kind, strings.Split(value, ","), single, navigation)
}

func (c *call) selection(kind tenant.Kind, names []string, single bool, navigation []string) (selection, *graphError) {
	s := selection{given: true}
	for _, name := range names {
		name = strings.TrimSpace(name)
		if slices.Contains(navigation, name) {
			s.navigation = append(s.navigation, name)
			continue
		}
		p, ok := c.s.tenant.Property(kind, name)
		if !ok {
			return s, badRequest("Parsing OData Select and Expand failed: Could not find a property named '%s' on type 'microsoft.graph.%s'.", name, kind)
		}
		if p.OtherStore && !single {
			return s, fail(http.StatusNotImplemented, "NotImplemented", "This operation target is not yet supported.")
		}
		if e := c.mayRead(name); e != nil {
			return s, e
		}
		if !slices.Contains(s.names, name) {
			s.names, s.types = append(s.names, name), append(s.types, p)
		}
	}
	return s, nil
}

// context returns the tail of @odata.context for a selection.
func (s selection) context(set string) string {
	if !s.given {
		return set
	}
	return set + "(" + strings.Join(s.all(), ",") + ")"
}
