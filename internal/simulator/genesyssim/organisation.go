package genesyssim

// Organisation is what exists before the first request (section 17, switch 3). The division Home and the roles employee,
// admin and SCIM Integration exist in every organisation.
type Organisation struct {
	Divisions []string
	Roles     []Role
	Skills    []string
	Languages []string
	Users     []User
	Groups    []GroupSpec
}

// Role is a named set of permissions. Users are granted it by name; a client gets its permissions.
type Role struct {
	Name        string   `json:"name"`
	Permissions []string `json:"permissions,omitempty"`
}

// EmptyOrganisation has nobody in it.
func EmptyOrganisation() *Organisation { return &Organisation{} }

// SampleOrganisation is a small organisation with users of all three states and groups of both types.
func SampleOrganisation() *Organisation {
	const ada, bob = "6f0c1f6e-1111-4222-8333-444455556666", "0b0b0b0b-2222-4333-8444-555566667777"
	return &Organisation{
		Divisions: []string{"Sales", "Support"},
		Roles: []Role{{Name: "Supervisor"}, {Name: "Communicate - User"},
			{Name: "Directory Editor", Permissions: []string{permUserEdit, permGroupEdit}}},
		Skills:    []string{"Billing", "Returns"},
		Languages: []string{"English", "German"},
		Users: []User{
			{ID: ada, UserName: "ada@example.com", DisplayName: "Ada Example", Title: "Agent", Division: "Support", Department: "Support",
				EmployeeNumber: "1007", Phones: []Phone{{Type: "work", Number: "+4930123456"}}, Skills: []Proficiency{{"Billing", 3}}},
			{ID: bob, UserName: "bob@example.com", DisplayName: "Bob Example", ManagerID: ada},
			{UserName: "ina@example.com", DisplayName: "Ina Active", State: Inactive},
			{UserName: "del@example.com", DisplayName: "Del Eted", State: Deleted},
		},
		Groups: []GroupSpec{
			{Name: "Sales", Members: []string{ada, bob}},
			{Name: "Support", Members: []string{ada}},
			{Name: "Football", Type: SocialGroup, Members: []string{bob}},
		},
	}
}

// seed puts the organisation into a new server.
func (o *Organisation) seed(s *Server) {
	s.AddDivision(homeDivision)
	s.AddRole(Role{Name: employeeRole})
	s.AddRole(Role{Name: adminRole, Permissions: integrationPermissions})
	s.AddRole(Role{Name: integrationRole, Permissions: integrationPermissions})
	for _, name := range o.Divisions {
		s.AddDivision(name)
	}
	for _, role := range o.Roles {
		s.AddRole(role)
	}
	for _, name := range o.Skills {
		s.AddSkill(name)
	}
	for _, name := range o.Languages {
		s.AddLanguage(name)
	}
	for _, u := range o.Users {
		s.AddUser(u)
	}
	for _, g := range o.Groups {
		s.AddGroup(g)
	}
}
