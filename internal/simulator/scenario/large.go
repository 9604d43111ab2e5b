package scenario

import "fmt"

// Large makes a tenant for load tests: people with plain names, eight to a manager, and groups with as many members each as asked
// for, evenly spread. The application is assigned to every group, and to the people who are in none. Everything that the target
// needs exists in it.
func Large(people, groups, membershipsPerGroup int, opts ...Option) *Scenario {
	s := newScenario(1, opts)
	s.People = make([]string, 0, people)
	for i := range people {
		local := fmt.Sprintf("person%06d", i)
		address := local + "@" + Domain
		d := departments[i%len(departments)]
		id := must(s.Tenant.AddUser(map[string]any{
			"userPrincipalName": address, "mail": address, "mailNickname": local, "displayName": fmt.Sprintf("Person %06d", i), "givenName": "Person",
			"surname": fmt.Sprintf("%06d", i), "jobTitle": "Agent", "department": d.name, "companyName": "Contoso", "employeeId": fmt.Sprintf("L%07d", i),
			"usageLocation": "US", "mobilePhone": fmt.Sprintf("+1206%07d", 2000000+i%8000000), "createdDateTime": "2024-03-01T08:00:00Z",
		}))
		s.People = append(s.People, id)
		if i > 0 {
			check(s.Tenant.SetManager(id, s.People[(i-1)/8]))
		}
	}
	members := make([]string, 0, membershipsPerGroup)
	next := 0
	for g := range groups {
		name := fmt.Sprintf("Group %05d", g)
		id := s.addGroup(name, nil)
		members = members[:0]
		for range min(membershipsPerGroup, people) {
			members = append(members, s.People[next%people])
			next++
		}
		check(s.Tenant.AddMembers(id, members...))
		must(s.Tenant.Assign(AppObjectID, id, RoleUser))
		s.Target.Groups = append(s.Target.Groups, name)
	}
	for i := next; i < people; i++ {
		must(s.Tenant.Assign(AppObjectID, s.People[i], RoleUser))
	}
	s.Target.Divisions, s.Target.Roles = []string{"Home"}, []string{"employee"}
	return s
}
