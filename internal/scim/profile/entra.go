package profile

import (
	"net/url"
	"strings"

	"github.com/entrain-dev/entrain/internal/directory"
)

// complianceFlag is the query parameter of the tenant URL that turns on the compliant shapes, reference part 2 section 7.4.
const complianceFlag = "aadOptscim062020"

// adscimGroup is the second schema the Entra service lists when it creates a group, reference part 2 section 7.5.
const adscimGroup = "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"

// entra sends what the Entra provisioning service sends, for applications that were built against it.
func entra(opts Options) Profile {
	p := generic()
	p.Name = EntraCompatible
	p.Capabilities.Profile = EntraCompatible
	p.Capabilities.ReferencesInCreate = false
	p.Capabilities.Schema.Name = EntraCompatible
	p.Query.EntraFilters = true
	p.Query.PlusForBlank = true
	p.Discovery = false
	p.IfMatch = false
	p.KeepsMembers = true // what the Entra service sends to such an application is an addition as well
	p.Wire = Wire{
		CreateSchemas: map[directory.Kind][]string{
			directory.User:  {CoreUser, EnterpriseUser},
			directory.Group: {CoreGroup, adscimGroup},
		},
		ResourceType:    true,
		PrimaryWorkMail: true,
		EmptyRoles:      true,
		ReferenceAsText: true,
		PathlessReplace: opts.AADOptSCIM062020,
		CapitalOps:      !opts.AADOptSCIM062020,
		TextBooleans:    !opts.AADOptSCIM062020,
		RemoveByValue:   !opts.AADOptSCIM062020,
		RolesAsJSONText: !opts.AADOptSCIM062020,
	}
	return p
}

// HasComplianceFlag reports whether a tenant URL carries the flag aadOptscim062020.
func HasComplianceFlag(tenantURL string) bool {
	u, err := url.Parse(tenantURL)
	if err != nil {
		return false
	}
	for name := range u.Query() {
		if strings.EqualFold(name, complianceFlag) {
			return true
		}
	}
	return false
}
