package genesyssim

import (
	"crypto/rand"
	"encoding/binary"
	"time"

	"github.com/jonboulle/clockwork"
)

// Config is how a simulator starts; everything in it can be changed later.
type Config struct {
	// Clock is the source of time, the real one by default.
	Clock clockwork.Clock
	// Organisation is what exists at the start; nil for SampleOrganisation, see also EmptyOrganisation.
	Organisation *Organisation
	// Clients are the OAuth clients; without any there is DefaultClient.
	Clients []Client
	// Tokens are issued before the start, such as the long-lived token that is pasted into Entra.
	Tokens []TokenSpec
	// Knobs are the switches; nil for DefaultKnobs.
	Knobs *Knobs
	// JournalSize is how many requests the journal keeps, 1000 by default. Counters have no bound.
	JournalSize int
	// Seed makes ids and correlation ids repeatable; 0 takes a random one.
	Seed uint64
}

// Limits of token durations (3.1), in seconds.
const (
	minTokenSeconds     = 300
	maxTokenSeconds     = 172_800
	maxSCIMTokenSeconds = 38_880_000
	defaultTokenSeconds = 86_400
)

// Client is an OAuth client with the grant client_credentials (3.1).
type Client struct {
	ID     string `json:"id"`
	Secret string `json:"secret"`
	// Roles are names of roles of the organisation; their permissions are the client's.
	Roles []string `json:"roles,omitempty"`
	// TokenSeconds is the life of its tokens: 300 to 172,800, default 86,400; up to 38,880,000 for a client whose roles
	// include SCIM Integration. Values outside are moved to the nearest limit.
	TokenSeconds int `json:"tokenSeconds,omitempty"`
	// Inactive clients get no tokens.
	Inactive bool `json:"inactive,omitempty"`
	// Grants are the allowed grant types, client_credentials by default.
	Grants []string `json:"grants,omitempty"`
}

// DefaultClient is the client of a simulator that was given none.
func DefaultClient() Client {
	return Client{ID: "scim-client", Secret: "scim-secret", Roles: []string{integrationRole}}
}

// TokenSpec describes a token to be issued outside of the token endpoint.
type TokenSpec struct {
	// Value is the token itself, made up if empty.
	Value string `json:"token,omitempty"`
	// Client is the client whose roles give the permissions. Empty with nil Permissions: all permissions of SCIM.
	Client string `json:"client,omitempty"`
	// Permissions, if not nil, are the token's permissions.
	Permissions []string `json:"permissions,omitempty"`
	// Lifetime is 450 days by default.
	Lifetime time.Duration `json:"lifetime,omitempty"`
}

// New returns a simulator. It is an http.Handler and owns no goroutines.
func New(cfg Config) *Server {
	if cfg.Clock == nil {
		cfg.Clock = clockwork.NewRealClock()
	}
	if cfg.JournalSize <= 0 {
		cfg.JournalSize = 1000
	}
	if cfg.Seed == 0 {
		var b [8]byte
		// crypto/rand.Read never fails since Go 1.24.
		_, _ = rand.Read(b[:])
		cfg.Seed = binary.LittleEndian.Uint64(b[:])
	}
	if cfg.Organisation == nil {
		cfg.Organisation = SampleOrganisation()
	}
	if len(cfg.Clients) == 0 {
		cfg.Clients = []Client{DefaultClient()}
	}
	knobs := DefaultKnobs()
	if cfg.Knobs != nil {
		knobs = *cfg.Knobs
	}
	s := &Server{
		clock:   cfg.Clock,
		ids:     newIDSource(cfg.Seed),
		corr:    newIDSource(cfg.Seed ^ 0x5ca1ab1e),
		journal: newJournal(cfg.JournalSize),
		auth:    newAuthority(),
		rate:    newRateLimiter(),
		faults:  &faultList{},
	}
	s.knobs.Store(&knobs)
	s.dir = newDirectory(s.clock, s.ids, s.Knobs)
	cfg.Organisation.seed(s)
	for _, c := range cfg.Clients {
		s.SetClient(c)
	}
	for _, t := range cfg.Tokens {
		s.IssueToken(t)
	}
	return s
}
