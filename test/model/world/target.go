package world

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/jonboulle/clockwork"

	"github.com/entrain-dev/entrain/internal/scim/profile"
	"github.com/entrain-dev/entrain/internal/simulator/genesyssim"
	"github.com/entrain-dev/entrain/internal/simulator/strictscim"
)

// The states of an account.
const (
	Active   = "active"
	Inactive = "inactive"
	Deleted  = "deleted"
)

// Account is a person in the application.
type Account struct {
	ID, UserName, Display, Title, Department, Mail, Mobile, Manager, State string
	// All is everything about the account as text, to see whether anything was changed.
	All string
}

// Group is a group in the application.
type Group struct {
	ID, Name string
	Members  []string
	All      string
}

// App is the application that is written, as an administrator sees and changes it.
type App interface {
	Handler() http.Handler
	// Accounts returns everybody; Genesys remembers those who are deleted, a generic server forgets them.
	Accounts() []Account
	Groups() []Group
	// AddAccount and AddGroup make something by hand and return its id.
	AddAccount(name, title string) string
	AddGroup(name string) string
	// Join adds somebody to a group by hand.
	Join(group, account string)
	// Forget deletes an account by hand.
	Forget(id string)
	// Creates reports whether groups can be created and deleted.
	Creates() bool
	// Root is the path of the tenant URL.
	Root() string
}

// Token is the bearer token of the application.
const Token = "long-lived-token"

// NewApp returns the application of a profile: Genesys Cloud or a server that keeps to the RFCs.
func NewApp(name string, clock clockwork.Clock, seed uint64) App {
	if name == profile.GenesysCloud {
		knobs := genesyssim.DefaultKnobs()
		knobs.RateAllowed = 0
		return &Genesys{genesyssim.New(genesyssim.Config{
			Clock: clock, Organisation: genesyssim.EmptyOrganisation(), Tokens: []genesyssim.TokenSpec{{Value: Token}}, Knobs: &knobs, Seed: seed + 1,
		})}
	}
	return &Strict{strictscim.New(strictscim.Config{Clock: clock, Token: Token})}
}

// Genesys is genesyssim as an App.
type Genesys struct{ *genesyssim.Server }

// Handler implements App.
func (g *Genesys) Handler() http.Handler { return g.Server }

// Creates implements App.
func (g *Genesys) Creates() bool { return false }

// Root implements App.
func (g *Genesys) Root() string { return "/api/v2/scim/v2" }

// Accounts implements App.
func (g *Genesys) Accounts() []Account {
	var out []Account
	for _, u := range g.Users() {
		a := Account{ID: u.ID, UserName: u.UserName, Display: u.DisplayName, Title: u.Title, Department: u.Department, Mail: u.WorkEmail,
			Manager: u.ManagerID, State: string(u.State)}
		for _, p := range u.Phones {
			if p.Type == "mobile" {
				a.Mobile = p.Number
			}
		}
		a.All = fmt.Sprintf("%v %s %d %v %v", a, u.ExternalID, u.Version, u.Phones, u.Roles)
		out = append(out, a)
	}
	return out
}

// Groups implements App.
func (g *Genesys) Groups() []Group {
	var out []Group
	for _, have := range g.Server.Groups() {
		members := g.Members(have.ID)
		out = append(out, Group{ID: have.ID, Name: have.Name, Members: members, All: fmt.Sprintf("%v %d %v", have.GroupSpec, have.Version, members)})
	}
	return out
}

// AddAccount implements App.
func (g *Genesys) AddAccount(name, title string) string {
	return g.AddUser(genesyssim.User{UserName: name, DisplayName: "By hand", Title: title, WorkEmail: name})
}

// AddGroup implements App.
func (g *Genesys) AddGroup(name string) string {
	return g.Server.AddGroup(genesyssim.GroupSpec{Name: name})
}

// Join implements App.
func (g *Genesys) Join(group, account string) { g.EditGroup(group, []string{account}, nil) }

// Forget implements App.
func (g *Genesys) Forget(id string) { _ = g.EditUser(id, map[string]any{"state": Deleted}) }

// Strict is strictscim as an App.
type Strict struct{ *strictscim.Server }

// Handler implements App.
func (s *Strict) Handler() http.Handler { return s.Server }

// Creates implements App.
func (s *Strict) Creates() bool { return true }

// Root implements App.
func (s *Strict) Root() string { return "/scim/v2" }

// Accounts implements App.
func (s *Strict) Accounts() []Account {
	var out []Account
	for _, u := range s.Users() {
		enterprise, _ := u.Attributes[profile.EnterpriseUser].(map[string]any)
		a := Account{ID: u.ID, UserName: text(u.Attributes["userName"]), Display: text(u.Attributes["displayName"]), Title: text(u.Attributes["title"]),
			Department: text(enterprise["department"]), Mail: typed(u.Attributes["emails"], "work"), Mobile: typed(u.Attributes["phoneNumbers"], "mobile"), State: Active}
		if active, ok := u.Attributes["active"].(bool); ok && !active {
			a.State = Inactive
		}
		if manager, ok := enterprise["manager"].(map[string]any); ok {
			a.Manager = text(manager["value"])
		}
		a.All = fmt.Sprintf("%d %v", u.Version, u.Attributes)
		out = append(out, a)
	}
	return out
}

func text(v any) string {
	s, _ := v.(string)
	return s
}

// typed returns the value of an element of a multi-valued attribute.
func typed(v any, kind string) string {
	elements, _ := v.([]any)
	for _, e := range elements {
		if m, ok := e.(map[string]any); ok && text(m["type"]) == kind {
			return text(m["value"])
		}
	}
	return ""
}

// Groups implements App.
func (s *Strict) Groups() []Group {
	var out []Group
	for _, g := range s.Server.Groups() {
		members := s.Members(g.ID)
		slices.Sort(members)
		out = append(out, Group{ID: g.ID, Name: text(g.Attributes["displayName"]), Members: members, All: fmt.Sprintf("%d %v", g.Version, g.Attributes)})
	}
	return out
}

// AddAccount implements App.
func (s *Strict) AddAccount(name, title string) string {
	return s.AddUser(map[string]any{"userName": name, "displayName": "By hand", "title": title, "active": true})
}

// AddGroup implements App.
func (s *Strict) AddGroup(name string) string {
	return s.Server.AddGroup(map[string]any{"displayName": name})
}

// Join implements App.
func (s *Strict) Join(group, account string) {
	s.byHand(http.MethodPatch, "/Groups/"+group, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"add","path":"members","value":[{"value":"`+account+`"}]}]}`)
}

// Forget implements App.
func (s *Strict) Forget(id string) { s.byHand(http.MethodDelete, "/Users/"+id, "") }

// byHand sends a request that no client sent.
func (s *Strict) byHand(method, path, body string) {
	r, err := http.NewRequest(method, "http://localhost"+s.Root()+path, strings.NewReader(body)) //nolint:noctx // it never leaves the process
	if err != nil {
		panic(err)
	}
	r.Header.Set("Authorization", "Bearer "+Token)
	if body != "" {
		r.Header.Set("Content-Type", "application/scim+json")
	}
	s.ServeHTTP(discard{http.Header{}}, r)
}

type discard struct{ header http.Header }

func (d discard) Header() http.Header         { return d.header }
func (d discard) Write(p []byte) (int, error) { return len(p), nil }
func (d discard) WriteHeader(int)             {}
