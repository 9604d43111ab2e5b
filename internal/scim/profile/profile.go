package profile

import (
	"strings"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/fault"
)

// The names of the profiles, as in spec.target.scim.profile.
const (
	// GenesysCloud is Genesys Cloud (formerly PureCloud), reference genesys-scim.md.
	GenesysCloud = "GenesysCloud"
	// Generic is an application that keeps to RFC 7643 and RFC 7644.
	Generic = "Generic"
	// EntraCompatible is an application that was built against the requests of the Entra provisioning service.
	EntraCompatible = "EntraCompatible"
)

// URNs of the schemas, RFC 7643 section 10.
const (
	CoreUser       = "urn:ietf:params:scim:schemas:core:2.0:User"
	CoreGroup      = "urn:ietf:params:scim:schemas:core:2.0:Group"
	EnterpriseUser = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	GenesysUser    = "urn:ietf:params:scim:schemas:extension:genesys:purecloud:2.0:User"
)

// isSoftDeleted is the expression by which the provisioning service maps active (reference 4.7).
const isSoftDeleted = `Switch([IsSoftDeleted], , "False", "True", "True", "False")`

// Row is a row of a default mapping. A row with neither Source, Expression nor Constant is listed but unmapped.
type Row struct {
	Target, Source, Expression string
	Constant                   *string
	// MatchingPrecedence is 1 for the first matching attribute, 0 for none.
	MatchingPrecedence int
}

// Profile describes an application.
type Profile struct {
	// Name is one of the names above.
	Name         string
	Capabilities directory.Capabilities
	Wire         Wire
	Query        Query
	// Discovery is true where ServiceProviderConfig is worth reading.
	Discovery bool
	// IfMatch is true where a replacement (PUT) names the version it is based on.
	IfMatch bool
	// VersionConflicts is true where 409 answers a change that met another version of the resource (Genesys), unless the
	// change touches an attribute that must be unique.
	VersionConflicts bool
	// KeepsMembers is true where an addition of members is known to leave the others in the group; elsewhere the first are watched.
	KeepsMembers bool
	// Permissions names what the credentials need for a method on a kind, for messages about a refused request; the key is
	// "POST User".
	Permissions map[string][]string
	// Users and Groups are the default mappings.
	Users, Groups []Row
}

// Query says how resources are found and listed.
type Query struct {
	// FilterForms replaces the filter of a path; %s is the quoted value. Without an entry the filter is `path eq "value"`.
	FilterForms map[string]string
	// EntraFilters keeps the form emails[type eq "work"].value eq "x" of the Entra service, which is outside the grammar of
	// RFC 7644; otherwise emails[type eq "work" and value eq "x"] is sent.
	EntraFilters bool
	// UserLists are the filters under which all users are listed, "" for none. More than one where the application lists
	// active and inactive users apart.
	UserLists []string
	// HidesInactive is true where a look-up may not see inactive users (Genesys 7.2: not documented), so that a look-up
	// after a conflict asks for them as well.
	HidesInactive bool
	// GroupListTrim is the end of the tenant URL that is left out when groups are listed without a filter (Genesys 7.3: the
	// filter is mandatory below /scim/v2, not below /scim).
	GroupListTrim string
	// Attributes, if set, are the only names the application accepts in attributes=; others are left out of a request.
	Attributes map[directory.Kind][]string
	// PlusForBlank encodes a blank in a query as + (the Entra service) instead of %20.
	PlusForBlank bool
	// RepeatParameter sends attributes=a&attributes=b instead of attributes=a,b.
	RepeatParameter bool
	// Expensive attributes make pages small: with one of them a page holds at most ExpensivePageSize resources.
	Expensive         []string
	ExpensivePageSize int
}

// Options adapts a profile.
type Options struct {
	// AADOptSCIM062020 makes EntraCompatible send what the Entra service sends with the flag of that name (reference part 2
	// section 7.4): lower-case op, JSON booleans, filtered removal of members.
	AADOptSCIM062020 bool
}

// Names returns the names of all profiles in the order in which they are shown.
func Names() []string { return []string{GenesysCloud, Generic, EntraCompatible} }

// Lookup returns a profile by its name; the error is of kind fault.Invalid.
func Lookup(name string, opts Options) (Profile, error) {
	switch name {
	case GenesysCloud:
		return genesys(), nil
	case Generic:
		return generic(), nil
	case EntraCompatible:
		return entra(opts), nil
	}
	return Profile{}, fault.New(fault.Invalid, "look up profile", "there is no profile %q; use one of %s", name, strings.Join(Names(), ", "))
}

// Rows returns the default mapping of a kind.
func (p Profile) Rows(kind directory.Kind) []Row {
	if kind == directory.Group {
		return p.Groups
	}
	return p.Users
}
