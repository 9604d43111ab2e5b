package profile

import "github.com/entrain-dev/entrain/internal/directory"

// memberBatch is how many members one PATCH of an RFC target changes; the RFC sets no limit, common servers accept this.
const memberBatch = 100

// pageSize is asked of targets that state no limit; RFC 7644 section 3.4.2.4 lets a server return fewer.
const pageSize = 100

// generic keeps to the RFCs.
func generic() Profile {
	return Profile{
		Name: Generic,
		Capabilities: directory.Capabilities{
			Profile:            Generic,
			CreateGroups:       true,
			DeleteGroups:       true,
			DeleteUsers:        true,
			MemberBatch:        memberBatch,
			PageSize:           pageSize,
			ListRequests:       1,
			ReferencesInCreate: true,
			Schema:             directory.TargetSchema{Name: Generic, Users: coreUsers(), Groups: coreGroups(), Open: true},
		},
		Query:     Query{UserLists: []string{""}},
		Discovery: true,
		IfMatch:   true,
		Users:     genericUserRows,
		Groups:    genericGroupRows,
	}
}

// genericUserRows is the default mapping of a non-gallery application, reference 4.7.
var genericUserRows = []Row{
	{Target: "userName", Source: "userPrincipalName", MatchingPrecedence: 1},
	{Target: "active", Expression: isSoftDeleted},
	{Target: "displayName", Source: "displayName"},
	{Target: "title", Source: "jobTitle"},
	{Target: `emails[type eq "work"].value`, Source: "mail"},
	{Target: "preferredLanguage", Source: "preferredLanguage"},
	{Target: "name.givenName", Source: "givenName"},
	{Target: "name.familyName", Source: "surname"},
	{Target: "name.formatted", Expression: `Join(" ", [givenName], [surname])`},
	{Target: `addresses[type eq "work"].formatted`, Source: "physicalDeliveryOfficeName"},
	{Target: `addresses[type eq "work"].streetAddress`, Source: "streetAddress"},
	{Target: `addresses[type eq "work"].locality`, Source: "city"},
	{Target: `addresses[type eq "work"].region`, Source: "state"},
	{Target: `addresses[type eq "work"].postalCode`, Source: "postalCode"},
	{Target: `addresses[type eq "work"].country`, Source: "country"},
	{Target: `phoneNumbers[type eq "work"].value`, Source: "telephoneNumber"},
	{Target: `phoneNumbers[type eq "mobile"].value`, Source: "mobile"},
	{Target: `phoneNumbers[type eq "fax"].value`, Source: "facsimileTelephoneNumber"},
	{Target: "externalId", Source: "mailNickname"},
	{Target: enterprise + "employeeNumber", Source: "employeeId"},
	{Target: enterprise + "department", Source: "department"},
	{Target: enterprise + "manager", Source: "manager"},
}

var genericGroupRows = []Row{
	{Target: "displayName", Source: "displayName", MatchingPrecedence: 1},
	{Target: "externalId", Source: "objectId"},
	{Target: "members", Source: "members"},
}

// coreUsers lists RFC 7643 sections 4.1 and 4.3 as far as reference 4.6 offers them, and roles.
func coreUsers() []directory.TargetAttribute {
	out := []directory.TargetAttribute{
		{Path: "userName", Type: directory.String, Required: true, Filterable: true},
		{Path: "active", Type: directory.Boolean},
	}
	text := func(paths ...string) {
		for _, path := range paths {
			out = append(out, directory.TargetAttribute{Path: path, Type: directory.String, Filterable: true})
		}
	}
	text("displayName", "title", `emails[type eq "work"].value`, "preferredLanguage",
		"name.givenName", "name.familyName", "name.formatted", "name.middleName", "name.honorificPrefix", "name.honorificSuffix")
	for _, sub := range []string{"formatted", "streetAddress", "locality", "region", "postalCode", "country"} {
		text(`addresses[type eq "work"].` + sub)
	}
	text(`phoneNumbers[type eq "work"].value`, `phoneNumbers[type eq "mobile"].value`, `phoneNumbers[type eq "fax"].value`)
	out = append(out, directory.TargetAttribute{Path: "externalId", Type: directory.String, Filterable: true, CaseExact: true})
	text(enterprise+"employeeNumber", enterprise+"department")
	out = append(out, directory.TargetAttribute{Path: enterprise + "manager", Type: directory.Reference})
	text(enterprise+"costCenter", enterprise+"organization", enterprise+"division",
		`emails[type eq "home"].value`, `emails[type eq "other"].value`,
		`phoneNumbers[type eq "home"].value`, `phoneNumbers[type eq "pager"].value`, `phoneNumbers[type eq "other"].value`,
		"nickName", "profileUrl", "userType", "locale", "timezone")
	text(`roles[primary eq "True"].value`, `roles[primary eq "True"].display`, `roles[primary eq "True"].type`)
	return append(out,
		directory.TargetAttribute{Path: "roles", Type: directory.String, MultiValued: true},
		directory.TargetAttribute{Path: "id", Type: directory.String, ReadOnly: true, Filterable: true, CaseExact: true},
		directory.TargetAttribute{Path: "groups", Type: directory.Complex, MultiValued: true, ReadOnly: true},
	)
}

func coreGroups() []directory.TargetAttribute {
	return []directory.TargetAttribute{
		{Path: "displayName", Type: directory.String, Required: true, Filterable: true},
		{Path: "externalId", Type: directory.String, Filterable: true, CaseExact: true},
		{Path: "members", Type: directory.Reference, MultiValued: true},
		{Path: "id", Type: directory.String, ReadOnly: true, Filterable: true, CaseExact: true},
	}
}
