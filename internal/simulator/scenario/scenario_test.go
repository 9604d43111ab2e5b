package scenario_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jonboulle/clockwork"

	"github.com/entrain-dev/entrain/internal/simulator/graphsim/tenant"
	"github.com/entrain-dev/entrain/internal/simulator/scenario"
)

var clock = scenario.WithClock(clockwork.NewFakeClockAt(time.Date(2026, 1, 5, 8, 0, 0, 0, time.UTC)))

func everybody(s *scenario.Scenario) []tenant.View {
	views, _, _ := s.Tenant.List(tenant.User, 0, 0, 1<<20, true, nil)
	return views
}

func TestContosoIsTheSameForTheSameSeed(t *testing.T) {
	one, two, other := scenario.Contoso(7, 220, clock), scenario.Contoso(7, 220, clock), scenario.Contoso(8, 220, clock)
	if diff := cmp.Diff(everybody(one), everybody(two)); diff != "" {
		t.Errorf("two tenants of one seed differ:\n%s", diff)
	}
	if cmp.Equal(everybody(one), everybody(other)) {
		t.Error("tenants of different seeds are equal")
	}
}

func TestContosoHasWhatMakesProvisioningHard(t *testing.T) {
	s := scenario.Contoso(7, 220, clock)
	seen := map[string]int{}
	for _, v := range everybody(s) {
		name, upn := v.String("displayName"), v.String("userPrincipalName")
		enabled, _ := v.Property("accountEnabled")
		phones, _ := v.Property("businessPhones")
		numbers, _ := phones.Value.([]string)
		for what, is := range map[string]bool{
			"a name outside ASCII":      strings.ContainsFunc(name, func(r rune) bool { return r > 127 }),
			"an address inside ASCII":   !strings.ContainsFunc(upn, func(r rune) bool { return r > 127 }),
			"a guest":                   strings.Contains(upn, "#EXT#") && v.String("userType") == "Guest",
			"a disabled account":        enabled.Value == false,
			"nobody's mail":             v.String("mail") == "",
			"a number without country":  len(numbers) == 1 && strings.HasPrefix(numbers[0], "0") && !strings.HasPrefix(numbers[0], "00"),
			"a number with extension":   len(numbers) == 1 && strings.Contains(numbers[0], "ext."),
			"a number in brackets":      len(numbers) == 1 && strings.Contains(numbers[0], "("),
			"no number at all":          len(numbers) == 0,
			"a text that is no number":  len(numbers) == 1 && numbers[0] == "ask reception",
			"somebody without manager":  v.Manager.ID == "",
			"a value in an extension":   v.String("jobTitle") != "" && hasExtension(v),
			"a department":              v.String("department") != "",
			"a two-letter usage region": len(v.String("usageLocation")) == 2,
		} {
			if is {
				seen[what]++
			}
		}
	}
	if len(seen) != 14 {
		t.Errorf("only found %v", seen)
	}
	if seen["an address inside ASCII"] != 220 || seen["a department"] != 220 {
		t.Errorf("not everybody has an ASCII address and a department: %v", seen)
	}
}

func hasExtension(v tenant.View) bool {
	p, _ := v.Property("onPremisesExtensionAttributes")
	m, _ := p.Value.(map[string]any)
	return m["extensionAttribute1"] != nil
}

func TestContosoManagersFormATreeFiveDeep(t *testing.T) {
	s := scenario.Contoso(7, 220, clock)
	deepest := 0
	for _, v := range everybody(s) {
		depth := 1
		for v.Manager.ID != "" {
			v, _ = s.Tenant.Get(v.Manager.ID)
			if depth++; depth > 10 {
				t.Fatalf("%s is in a circle of managers", v.ID)
			}
		}
		deepest = max(deepest, depth)
	}
	if deepest != 5 {
		t.Errorf("the tree of managers is %d deep, want 5", deepest)
	}
}

func TestContosoGroupsAndAssignments(t *testing.T) {
	s := scenario.Contoso(7, 220, clock)
	kinds := map[tenant.Kind]int{}
	list, _, _ := s.Tenant.AssignedTo(s.AppObjectID, 0, 1000, nil)
	inScope := map[string]bool{}
	for _, a := range list {
		kinds[a.Principal.Kind]++
		if a.Principal.Kind == tenant.User {
			inScope[a.Principal.ID] = true
			continue
		}
		for _, id := range s.Tenant.MemberIDs(a.Principal.ID) {
			if v, _ := s.Tenant.Get(id); v.Kind == tenant.User {
				inScope[id] = true
			}
		}
	}
	if kinds[tenant.Group] != 3 || kinds[tenant.User] < 10 {
		t.Errorf("assignments by kind are %v", kinds)
	}
	if n := len(inScope); n < 100 || n > 200 {
		t.Errorf("%d of 220 people are assigned; want most but not all", n)
	}
	exists := map[string]bool{}
	for _, name := range s.Target.Groups {
		exists[name] = true
	}
	if !exists[scenario.GroupAgents] || exists[scenario.GroupFacilities] {
		t.Errorf("the target has groups %v", s.Target.Groups)
	}
	nested, _ := s.Tenant.FindGroup(scenario.GroupTier2)
	if len(s.Tenant.MemberOf(nested.ID)) != 1 {
		t.Error("no group is nested")
	}
}

func TestLargeCoversEverybodyEvenly(t *testing.T) {
	s := scenario.Large(1000, 10, 50, clock)
	c := s.Tenant.Counts()
	if c.Users != 1000 || c.Groups != 10 || c.Assignments != 10+500 {
		t.Errorf("counts are %+v", c)
	}
	for _, id := range s.Groups {
		if n := s.Tenant.MemberCount(id); n != 50 {
			t.Errorf("group has %d members, want 50", n)
		}
	}
}
