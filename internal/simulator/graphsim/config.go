package graphsim

import (
	"crypto"
	"crypto/x509"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/entrain-dev/entrain/internal/simulator/graphsim/tenant"
)

// The application registration that exists when Config.Apps is empty.
const (
	DefaultClientID = "11112222-bbbb-3333-cccc-4444dddd5555"
	DefaultSecret   = "sim~secret.value-with+signs/8Q" // a simulator has no secrets
)

// The addresses by which a scope names Graph.
const (
	graphResource = "https://graph.microsoft.com"
	graphAppID    = "00000003-0000-0000-c000-000000000000"
)

// DefaultRoles are the application permissions of 8.8 that a provisioning client needs.
func DefaultRoles() []string {
	return []string{"User.Read.All", "GroupMember.Read.All", "Application.Read.All"}
}

// Config describes a simulator. The zero value serves an empty tenant.
type Config struct {
	// Tenant is the state to serve; a new one when nil.
	Tenant *tenant.Tenant
	// Apps are the application registrations that may get tokens.
	Apps []App
	// AuthorityURL is the origin that the discovery document names, such as https://login.sim.invalid; taken from the request
	// (X-Forwarded-Proto, X-Forwarded-Host, Host) when empty.
	AuthorityURL string
	// Resource is the Graph root that scopes and tokens name; https://graph.microsoft.com when empty. The origin of the request
	// is accepted too.
	Resource string
	// Clock decides about lifetimes and windows; the real clock when nil.
	Clock clockwork.Clock
	// Knobs are the first settings; zero fields get their defaults.
	Knobs Knobs
	// JournalSize is how many requests the journal remembers, 10000 when 0.
	JournalSize int
	// Seed makes request ids and shuffles repeatable.
	Seed int64
	// NoAdmin leaves /admin/ out.
	NoAdmin bool
}

// App is an application registration with its credentials and granted application permissions.
type App struct {
	ClientID string
	Name     string
	// ObjectID is the id of its service principal, the oid claim; derived from ClientID when empty.
	ObjectID string
	// Roles are the granted application permissions; a token without any gets 403 everywhere.
	Roles        []string
	Secrets      []Secret
	Certificates []*x509.Certificate
	Federated    []Federated
	// Disabled makes the token endpoint refuse with 7000112; NoServicePrincipal with 7000229, and Graph with 401
	// Authorization_IdentityNotFound for tokens that are still out.
	Disabled, NoServicePrincipal bool
	// Blocked makes conditional access refuse with 53003.
	Blocked bool
}

// Secret is a client secret; a zero Expires means it does not expire.
type Secret struct {
	Value   string    `json:"value"`
	Expires time.Time `json:"expires,omitzero"`
}

// Federated is a federated identity credential (8.4). The comparison with a token is exact.
type Federated struct {
	Issuer, Subject string
	// Audience is api://AzureADTokenExchange when empty.
	Audience string
	// Keys are the issuer's keys by key id; with none the signature is not checked.
	Keys map[string]crypto.PublicKey
}

// clone takes a snapshot, so that a caller's later changes do not reach the server without its lock.
func (a App) clone() *App {
	a.Roles = append([]string(nil), a.Roles...)
	a.Secrets = append([]Secret(nil), a.Secrets...)
	a.Certificates = append([]*x509.Certificate(nil), a.Certificates...)
	a.Federated = append([]Federated(nil), a.Federated...)
	return &a
}
