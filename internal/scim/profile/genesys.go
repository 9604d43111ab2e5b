package profile

import "github.com/entrain-dev/entrain/internal/directory"

const (
	enterprise = EnterpriseUser + ":"
	purecloud  = GenesysUser + ":"
)

// genesys is genesys-scim.md; the sections are named where a value comes from.
func genesys() Profile {
	return Profile{
		Name: GenesysCloud,
		Capabilities: directory.Capabilities{
			Profile:            GenesysCloud,
			DeleteUsers:        true, // 9.5
			MemberBatch:        50,   // 10
			PageSize:           100,  // 6: filter.maxResults; 7.1: above 25 only without expensive attributes
			ListRequests:       2,    // 1.3
			ReferencesInCreate: true,
			RequestsPerMinute:  300, // 13
			Schema:             directory.TargetSchema{Name: GenesysCloud, Users: genesysUsers(), Groups: genesysGroups()},
		},
		Query:            genesysQuery(),
		VersionConflicts: true, // 5
		KeepsMembers:     true, // 10: the connectors that Genesys certified add members this way
		Permissions:      genesysPermissions,
		Users:            genesysUserRows,
		Groups: []Row{
			{Target: "displayName", Source: "displayName", MatchingPrecedence: 1},
			{Target: "externalId", Source: "objectId"},
			{Target: "members", Source: "members"},
		},
	}
}

// genesysUserRows is 16.1: the default or recommended sources, then the targets that wait for an administrator to pick one.
var genesysUserRows = []Row{
	{Target: "userName", Source: "userPrincipalName", MatchingPrecedence: 1},
	{Target: "active", Expression: isSoftDeleted},
	{Target: "displayName", Source: "displayName"},
	{Target: `emails[type eq "work"].value`, Source: "mail"},
	{Target: "title", Source: "jobTitle"},
	{Target: `phoneNumbers[type eq "mobile"].value`, Source: "mobile"},
	{Target: `phoneNumbers[type eq "work"].value`, Source: "telephoneNumber"},
	{Target: `phoneNumbers[type eq "work2"].value`},
	{Target: `phoneNumbers[type eq "work3"].value`},
	{Target: `phoneNumbers[type eq "work4"].value`},
	{Target: `phoneNumbers[type eq "home"].value`},
	{Target: `phoneNumbers[type eq "microsoftteams"].value`},
	{Target: "roles"},
	{Target: enterprise + "department", Source: "department"},
	{Target: enterprise + "manager", Source: "manager"},
	{Target: enterprise + "employeeNumber", Source: "employeeId"},
	{Target: enterprise + "division"},
	{Target: purecloud + `externalIds[authority eq "microsoftteams"].value`},
	{Target: purecloud + `externalIds[authority eq "ringcentral"].value`},
	{Target: purecloud + `externalIds[authority eq "zoomphone"].value`},
}

// genesysUsers lists the 20 attributes of the tutorial in its order (18.5), then what the API knows beyond them (8). The
// tutorial marks only userName as filterable; the API can also find a person by the identifiers of 7.2.
func genesysUsers() []directory.TargetAttribute {
	text := func(path string) directory.TargetAttribute {
		return directory.TargetAttribute{Path: path, Type: directory.String}
	}
	phone := func(kind string) directory.TargetAttribute {
		return directory.TargetAttribute{Path: `phoneNumbers[type eq "` + kind + `"].value`, Type: directory.String, Normalize: phoneNumber}
	}
	identity := func(authority string) directory.TargetAttribute {
		return directory.TargetAttribute{Path: purecloud + `externalIds[authority eq "` + authority + `"].value`, Type: directory.String, Filterable: true, CaseExact: true}
	}
	return []directory.TargetAttribute{
		{Path: "userName", Type: directory.String, Required: true, Filterable: true},
		{Path: "active", Type: directory.Boolean, Required: true},
		{Path: "displayName", Type: directory.String, Required: true},
		text(`emails[type eq "work"].value`),
		text("title"),
		phone("mobile"), phone("work"), phone("work2"), phone("work3"), phone("work4"), phone("home"),
		text(`phoneNumbers[type eq "microsoftteams"].value`),
		{Path: "roles", Type: directory.String, MultiValued: true},
		text(enterprise + "department"),
		{Path: enterprise + "manager", Type: directory.Reference},
		{Path: enterprise + "employeeNumber", Type: directory.String, Filterable: true},
		text(enterprise + "division"),
		identity("microsoftteams"), identity("ringcentral"), identity("zoomphone"),

		{Path: "externalId", Type: directory.String, Filterable: true, CaseExact: true},
		{Path: `emails[type eq "other"].value`, Type: directory.String, ReadOnly: true}, // 8.2: mirrors userName
		phone("other"),
		text(`phoneNumbers[type eq "zoomphone"].value`),
		text(`phoneNumbers[type eq "eightbyeight"].value`),
		text(`phoneNumbers[type eq "ringcentral"].value`),
		{Path: enterprise + "dateHire", Type: directory.DateTime, Normalize: dateOnly}, // 8.5
		{Path: purecloud + "routingSkills", Type: directory.Complex, MultiValued: true},
		{Path: purecloud + "routingLanguages", Type: directory.Complex, MultiValued: true},
		{Path: purecloud + "externalIds", Type: directory.Complex, MultiValued: true, CaseExact: true},
		{Path: "id", Type: directory.String, ReadOnly: true, Filterable: true, CaseExact: true},
		{Path: "groups", Type: directory.Complex, MultiValued: true, ReadOnly: true},
	}
}

// genesysGroups is 18.6. A group's name is declared required and read-only (10): a mapping can only match by it.
func genesysGroups() []directory.TargetAttribute {
	return []directory.TargetAttribute{
		{Path: "displayName", Type: directory.String, Required: true, Filterable: true, ReadOnly: true},
		{Path: "externalId", Type: directory.String, CaseExact: true},
		{Path: "members", Type: directory.Reference, MultiValued: true},
		{Path: "id", Type: directory.String, ReadOnly: true, Filterable: true, CaseExact: true},
	}
}

// genesysQuery is section 7.
func genesysQuery() Query {
	identity := func(authority string) (path, form string) {
		return purecloud + `externalIds[authority eq "` + authority + `"].value`, purecloud + `externalIds[authority eq "` + authority + `" and value eq %s]`
	}
	forms := map[string]string{enterprise + "employeeNumber": "employeeNumber eq %s"}
	for _, authority := range []string{"microsoftteams", "ringcentral", "zoomphone"} {
		path, form := identity(authority)
		forms[path] = form
	}
	return Query{
		FilterForms:   forms,
		UserLists:     []string{"", "active eq false"}, // 1.3: without a filter only active users are listed
		HidesInactive: true,
		GroupListTrim: "/v2",
		Attributes: map[directory.Kind][]string{ // 7.4
			directory.User: {
				"id", "userName", "displayName", "title", "active", "externalId", "phoneNumbers", "emails", "groups", "roles", "meta",
				enterprise + "division", enterprise + "department", enterprise + "manager", enterprise + "employeeNumber", enterprise + "dateHire",
				purecloud + "routingSkills", purecloud + "routingLanguages", purecloud + "externalIds",
			},
			directory.Group: {"id", "displayName", "members", "externalId", "meta"},
		},
		RepeatParameter: true,
		// 1.9 and 7.4: these need look-ups in other services, and pages above 25 are then answered 429.
		Expensive:         []string{"externalId", "roles", enterprise + "division", purecloud + "routingSkills", purecloud + "routingLanguages", purecloud + "externalIds"},
		ExpensivePageSize: 25,
	}
}

// genesysPermissions is the table of 3.1.
var genesysPermissions = map[string][]string{
	"POST User":   {"directory:user:add", "authorization:grant:add", "authorization:grant:delete", "routing:skill:assign", "routing:language:assign", "telephony:extension:assign"},
	"PATCH User":  {"directory:user:edit", "authorization:grant:add", "authorization:grant:delete", "routing:skill:assign", "routing:language:assign", "telephony:extension:assign"},
	"PUT User":    {"directory:user:edit", "authorization:grant:add", "authorization:grant:delete", "routing:skill:assign", "routing:language:assign", "telephony:extension:assign"},
	"DELETE User": {"directory:user:delete"},
	"GET Group":   {"directory:group:edit"},
	"PATCH Group": {"directory:group:edit"},
	"PUT Group":   {"directory:group:edit"},
}
