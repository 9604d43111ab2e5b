package scenario

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// Group names of Contoso.
const (
	GroupAgents      = "Contact Center Agents"      // assigned, exists in the target
	GroupSupervisors = "Contact Center Supervisors" // assigned, exists in the target
	GroupFacilities  = "Facilities Désk"            // assigned, does not exist in the target
	GroupTier2       = "Tier 2 Support"             // nested in GroupAgents: its people are not assigned through it
	GroupSales       = "Sales EMEA"                 // exists in the target, not assigned
	GroupEveryone    = "All Employees"              // Microsoft 365 group, not assigned
	GroupDistrib     = "News Readers"               // distribution list, not assigned
)

// department is a part of the company; weight is how many of every hundred people below the management work there.
type department struct {
	name, division, costCenter string
	weight                     int
	titles                     string
}

var departments = []department{
	{"Customer Care", "Operations", "4100", 56, "Agent,Senior Agent,Team Lead,Quality Coach"},
	{"Sales", "Commercial", "5200", 16, "Account Manager,Sales Representative,Inside Sales"},
	{"IT", "Technology", "6100", 10, "Systems Engineer,Developer,Service Desk Analyst"},
	{"Finance", "Corporate", "7300", 7, "Accountant,Controller,Analyst"},
	{"Human Resources", "Corporate", "7400", 5, "HR Partner,Recruiter"},
	{"Facilities & Safety", "Operations", "4900", 6, "Facilities Technician,Receptionist"},
}

// MinPeople is the smallest Contoso.
const MinPeople = 40

// Contoso makes a company with a head, six vice presidents and three more levels of management down to the staff. Fewer than
// MinPeople are made MinPeople. One person in thirty is a guest, one in thirty disabled.
func Contoso(seed int64, people int, opts ...Option) *Scenario {
	s := newScenario(seed, opts)
	people = max(people, MinPeople)
	c := &contoso{
		Scenario: s, random: rand.New(rand.NewPCG(uint64(seed), 0xc0117050)), // repeatable on purpose
		taken: map[string]bool{}, staff: map[string][]string{},
	}
	for i := range people {
		c.hire(i, people)
	}
	c.groups()
	s.Target = Target{
		Groups:    []string{GroupAgents, GroupSupervisors, GroupSales, "Genesys Only Group"},
		Divisions: []string{"Home", "Operations", "Commercial", "Technology", "Corporate"},
		Roles:     []string{"employee", RoleAgent, RoleSupervisor, "Admin"},
	}
	return s
}

type contoso struct {
	*Scenario
	random *rand.Rand
	taken  map[string]bool
	staff  map[string][]string // ids of the active members by department, management included
	leads  []string            // managers of Customer Care
	guests []string
	where  []int // department of each person
}

// level returns the depth of a person in the tree and the range of the level above.
func level(i, people int) (depth, from, to int) {
	ends := []int{1, 1 + len(departments), people / 10, people / 4, people}
	start := 0
	for depth, end := range ends {
		if i < end {
			return depth, from, start
		}
		from, start = start, end
	}
	return len(ends), from, start
}

// hire creates the i-th person.
func (c *contoso) hire(i, people int) {
	depth, from, to := level(i, people)
	dep := c.departmentOf(i, depth)
	c.where = append(c.where, dep)
	d, cult := departments[dep], cultures[c.random.IntN(len(cultures))]
	props := c.person(i, d, cult)
	guest := depth >= 4 && i%30 == 17
	disabled := depth >= 3 && i%30 == 23
	if guest {
		c.makeGuest(props)
	}
	if disabled {
		props["accountEnabled"] = false
	}
	props["jobTitle"] = jobTitle(depth, d, i)
	id := must(c.Tenant.AddUser(props))
	c.People = append(c.People, id)
	if depth > 0 && !guest {
		check(c.Tenant.SetManager(id, c.People[c.managerOf(i, dep, from, to)]))
	}
	switch {
	case guest:
		c.guests = append(c.guests, id)
	default:
		c.staff[d.name] = append(c.staff[d.name], id)
	}
	if d.name == departments[0].name && depth > 0 && depth < 4 {
		c.leads = append(c.leads, id)
	}
}

func (c *contoso) departmentOf(i, depth int) int {
	switch depth {
	case 0:
		return 3
	case 1:
		return i - 1
	}
	n := c.random.IntN(100)
	for k, d := range departments {
		if n < d.weight {
			return k
		}
		n -= d.weight
	}
	return 0
}

// managerOf picks somebody of the level above, of the same department if there is one.
func (c *contoso) managerOf(i, dep, from, to int) int {
	for k := range to - from {
		candidate := from + (i+k)%(to-from)
		if c.where[candidate] == dep {
			return candidate
		}
	}
	return from + i%(to-from)
}

func jobTitle(depth int, d department, i int) string {
	switch depth {
	case 0:
		return "Chief Executive Officer"
	case 1:
		return "Vice President " + d.name
	case 2:
		return "Director " + d.name
	case 3:
		return "Manager " + d.name
	default:
		titles := strings.Split(d.titles, ",")
		return titles[i%len(titles)]
	}
}

// person makes the properties of somebody.
func (c *contoso) person(i int, d department, cult culture) map[string]any {
	given, family := pick(cult.given, c.random.IntN(1000)), pick(cult.family, c.random.IntN(1000))
	display := given + " " + family
	if cult.familyFirst {
		display = family + " " + given
	}
	local := nickname(given) + "." + nickname(family)
	for n := 2; c.taken[local]; n++ {
		local = fmt.Sprintf("%s.%s%d", nickname(given), nickname(family), n)
	}
	c.taken[local] = true
	address := local + "@" + Domain
	props := map[string]any{
		"userPrincipalName": address, "mail": address, "mailNickname": local, "displayName": display, "givenName": given, "surname": family,
		"department": d.name, "companyName": "Contoso", "employeeId": fmt.Sprintf("C%05d", 10000+i), "employeeType": "Employee",
		"employeeOrgData": map[string]any{"division": d.division, "costCenter": d.costCenter},
		"usageLocation":   cult.location, "preferredLanguage": cult.language, "country": cult.country, "city": cult.city, "postalCode": cult.postalCode,
		"officeLocation": fmt.Sprintf("%s/%d", cult.location, 1+i%12), "proxyAddresses": []string{"SMTP:" + address, "smtp:" + local + "@" + GuestDomain},
		"createdDateTime": "2024-03-01T08:00:00Z",
	}
	if p := cult.phone(i, i%phoneNotations); p != "" {
		props["businessPhones"] = []string{p}
	}
	if p := cult.phone(5000+i, (i/2)%phoneNotations); p != "" && i%3 != 0 {
		props["mobilePhone"] = p
	}
	if i%4 == 1 {
		props["onPremisesExtensionAttributes"] = map[string]any{"extensionAttribute1": fmt.Sprintf("site-%d", i%5)}
	}
	if i%25 == 12 {
		delete(props, "mail")
		delete(props, "proxyAddresses")
	}
	return props
}

// makeGuest turns a person into a guest of another company (microsoft-graph.md 5.1).
func (c *contoso) makeGuest(props map[string]any) {
	local, _ := props["mailNickname"].(string)
	props["userPrincipalName"] = local + "_fabrikam.com#EXT#@" + GuestDomain
	props["mailNickname"] = local + "_fabrikam.com#EXT#"
	props["mail"] = local + "@fabrikam.com"
	props["userType"], props["creationType"], props["externalUserState"] = "Guest", "Invitation", "Accepted"
	props["companyName"] = "Fabrikam"
	delete(props, "employeeId")
	delete(props, "proxyAddresses")
}

// groups makes the groups and assigns the application.
func (c *contoso) groups() {
	care := c.staff[departments[0].name]
	tier2 := care[len(care)*9/10:]
	agents := c.addGroup(GroupAgents, map[string]any{"description": "People who talk to customers"})
	check(c.Tenant.AddMembers(agents, care[:len(care)*9/10]...))
	nested := c.addGroup(GroupTier2, nil)
	check(c.Tenant.AddMembers(nested, tier2...))
	check(c.Tenant.AddMembers(agents, nested))
	supervisors := c.addGroup(GroupSupervisors, nil)
	check(c.Tenant.AddMembers(supervisors, c.leads...))
	facilities := c.addGroup(GroupFacilities, nil)
	check(c.Tenant.AddMembers(facilities, c.staff["Facilities & Safety"]...))
	sales := c.addGroup(GroupSales, nil)
	check(c.Tenant.AddMembers(sales, c.staff["Sales"]...))
	everyone := c.addGroup(GroupEveryone, map[string]any{"groupTypes": []string{"Unified"}, "mailEnabled": true, "securityEnabled": false,
		"mail": "all@" + Domain, "proxyAddresses": []string{"SMTP:all@" + Domain}})
	check(c.Tenant.AddMembers(everyone, c.People...))
	readers := c.addGroup(GroupDistrib, map[string]any{"mailEnabled": true, "securityEnabled": false, "mail": "news@" + Domain})
	check(c.Tenant.AddMembers(readers, c.People[:10]...))

	c.assign(agents, RoleAgent)
	c.assign(supervisors, RoleSupervisor)
	c.assign(facilities, RoleUser)
	for i, id := range c.staff["Sales"] {
		if i%2 == 0 {
			c.assign(id, RoleUser)
		}
	}
	for i, id := range c.staff["IT"] {
		if i%3 == 0 {
			c.assign(id, RoleAccess)
		}
		if i%6 == 0 {
			c.assign(id, RoleSupervisor)
		}
	}
	for _, id := range c.guests[:(len(c.guests)+1)/2] {
		c.assign(id, RoleUser)
	}
	c.assign(c.staff["Finance"][1], RoleRetired)
}

func (c *contoso) assign(principal, role string) { must(c.Tenant.Assign(AppObjectID, principal, role)) }
