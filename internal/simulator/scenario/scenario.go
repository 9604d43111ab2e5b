package scenario

import (
	"fmt"

	"github.com/jonboulle/clockwork"

	"github.com/entrain-dev/entrain/internal/simulator/graphsim/tenant"
)

// Ids that are the same in every scenario, so that samples and documentation can name them.
const (
	TenantID    = "0785ef7c-2d7a-4542-b048-95bcab406e0b"
	Domain      = "contoso.com"
	GuestDomain = "contoso.onmicrosoft.com"
	// AppObjectID and AppID are the enterprise application Genesys Cloud that people are assigned to.
	AppObjectID = "8e881353-1735-45af-af21-ee1344582a4d"
	AppID       = "00001111-aaaa-2222-bbbb-3333cccc4444"
)

// Scenario is a tenant and what the application on the other side should have.
type Scenario struct {
	Tenant *tenant.Tenant
	// AppObjectID and AppID name the application.
	AppObjectID, AppID string
	// Target is the state of the application before the first cycle.
	Target Target
	// People are the ids of the users in order of creation; the first is the head of the company.
	People []string
	// Groups are the ids of the groups by display name.
	Groups map[string]string
}

// Target lists what must exist in the application beforehand: Genesys can create neither groups nor divisions nor roles.
type Target struct {
	Groups    []string
	Divisions []string
	Roles     []string
}

// Option changes how a scenario is made.
type Option func(*tenant.Config)

// WithClock makes the tenant use a clock.
func WithClock(c clockwork.Clock) Option { return func(cfg *tenant.Config) { cfg.Clock = c } }

func newScenario(seed int64, opts []Option) *Scenario {
	cfg := tenant.Config{ID: TenantID, Domains: []string{Domain, GuestDomain}, Seed: seed}
	for _, o := range opts {
		o(&cfg)
	}
	s := &Scenario{Tenant: tenant.New(cfg), AppObjectID: AppObjectID, AppID: AppID, Groups: map[string]string{}}
	s.addApplication()
	return s
}

// Role values of the application. RoleUser and RoleAccess are the two that the gallery application comes with (microsoft-graph.md 4.1).
const (
	RoleUser       = "User"
	RoleAccess     = "msiam_access"
	RoleAgent      = "Agent"
	RoleSupervisor = "Supervisor"
	RoleRetired    = "Retired"
)

func (s *Scenario) addApplication() {
	value := func(v string) *string { return &v }
	id := func(n int) string { return fmt.Sprintf("a0000000-0000-4000-8000-%012d", n) }
	app := tenant.Application{
		ID: AppObjectID, AppID: AppID, DisplayName: "Genesys Cloud", AssignmentRequired: true, Tags: []string{"WindowsAzureActiveDirectoryIntegratedApp"},
		Roles: []tenant.AppRole{
			{ID: "18d14569-c3bd-439b-9a66-3a2aee01d14f", DisplayName: RoleUser, IsEnabled: true},
			{ID: "b9632174-c057-4f7e-951b-be3adc52bfe6", DisplayName: RoleAccess, IsEnabled: true},
			{ID: id(1), DisplayName: "Contact centre agent", Value: value(RoleAgent), IsEnabled: true},
			{ID: id(2), DisplayName: "Contact centre supervisor", Value: value(RoleSupervisor), IsEnabled: true},
			{ID: id(3), DisplayName: "No longer used", Value: value(RoleRetired), IsEnabled: false},
		},
	}
	must(s.Tenant.AddApplication(app))
}

func (s *Scenario) addGroup(name string, props map[string]any) string {
	all := map[string]any{"displayName": name, "mailNickname": nickname(name)}
	for k, v := range props {
		all[k] = v
	}
	s.Groups[name] = must(s.Tenant.AddGroup(all))
	return s.Groups[name]
}

// must returns the value of a step that cannot fail: a scenario is made from constants.
func must[T any](v T, err error) T {
	if err != nil {
		panic(fmt.Sprintf("scenario is wrong: %v", err))
	}
	return v
}

func check(err error) { must(struct{}{}, err) }
