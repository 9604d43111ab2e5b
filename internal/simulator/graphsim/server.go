package graphsim

import (
	"encoding/binary"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"

	"github.com/google/uuid"
	"github.com/jonboulle/clockwork"

	"github.com/entrain-dev/entrain/internal/simulator/graphsim/tenant"
)

// maxBody bounds the body of a request; Graph answers 413 to more.
const maxBody = 4 << 20

// Server is the simulator; it is an http.Handler.
type Server struct {
	cfg     Config
	tenant  *tenant.Tenant
	clock   clockwork.Clock
	journal *journal
	admin   http.Handler
	sealer  sealer

	subscriptions subscriptions
	delivering    sync.Mutex // held while notifications are delivered

	mu          sync.Mutex
	random      *rand.Rand
	knobs       Knobs
	apps        map[string]*App
	faults      []*Fault
	faultID     int
	tokenEpoch  int // delta tokens of an older epoch are refused
	tokenAnswer ExpiredAnswer
	accessEpoch int // access tokens of an older epoch are refused
	deltaPages  int
	windows     map[string]*window
	opaque      map[string]claims
}

// New returns a simulator.
func New(cfg Config) *Server {
	s := &Server{
		cfg: cfg, tenant: cfg.Tenant, clock: cfg.Clock, sealer: newSealer(cfg.Seed),
		random: rand.New(rand.NewPCG(uint64(cfg.Seed), 0xda942042e4dd58b5)), // repeatable on purpose
		knobs:  cfg.Knobs.withDefaults(), apps: map[string]*App{}, windows: map[string]*window{}, opaque: map[string]claims{},
	}
	if s.clock == nil {
		s.clock = clockwork.NewRealClock()
	}
	if s.tenant == nil {
		s.tenant = tenant.New(tenant.Config{Clock: s.clock, Seed: cfg.Seed})
	}
	if s.cfg.Resource == "" {
		s.cfg.Resource = graphResource
	}
	if cfg.JournalSize <= 0 {
		cfg.JournalSize = 10000
	}
	s.journal = &journal{size: cfg.JournalSize}
	s.admin = s.adminRoutes()
	s.subscriptions.http = &http.Client{
		Timeout: validationLimit, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	if len(cfg.Apps) == 0 {
		cfg.Apps = []App{{ClientID: DefaultClientID, Name: "Entrain", Roles: DefaultRoles(), Secrets: []Secret{{Value: DefaultSecret}}}}
	}
	for _, a := range cfg.Apps {
		s.SetApp(a)
	}
	return s
}

// Tenant returns the state that is served.
func (s *Server) Tenant() *tenant.Tenant { return s.tenant }

// Set changes knobs under the lock of the server; zero fields get their defaults again.
func (s *Server) Set(change func(*Knobs)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.knobs)
	s.knobs = s.knobs.withDefaults()
}

// Knobs returns the present settings.
func (s *Server) Knobs() Knobs {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.knobs
}

// SetApp adds an application registration or replaces the one with the same client id.
func (s *Server) SetApp(a App) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a.ObjectID == "" {
		a.ObjectID = uuid.NewSHA1(uuid.NameSpaceOID, []byte(a.ClientID)).String()
	}
	s.apps[strings.ToLower(a.ClientID)] = a.clone()
}

// UpdateApp lets f change an application registration, for example rotate its secret or take permissions away. Tokens that are out keep
// the permissions they were issued with.
func (s *Server) UpdateApp(clientID string, f func(*App)) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.apps[strings.ToLower(clientID)]
	if a == nil {
		return false
	}
	changed := a.clone()
	f(changed)
	s.apps[strings.ToLower(clientID)] = changed
	return true
}

func (s *Server) app(clientID string) *App {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.apps[strings.ToLower(clientID)]
}

// ExpireTokens makes every delta and page token issued so far unusable; users of them get the answer.
func (s *Server) ExpireTokens(answer ExpiredAnswer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tokenEpoch++
	s.tokenAnswer = answer
}

// RevokeAccessTokens makes Graph answer every access token issued so far with a continuous access evaluation challenge (7.5).
func (s *Server) RevokeAccessTokens() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.accessEpoch++
}

// guid returns the next generated id, for requests and traces.
func (s *Server) guid() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var id uuid.UUID
	binary.BigEndian.PutUint64(id[:8], s.random.Uint64())
	binary.BigEndian.PutUint64(id[8:], s.random.Uint64())
	id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80
	return id.String()
}

// ServeHTTP serves the authority, Graph and the administration interface.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, "/admin/") && !s.cfg.NoAdmin {
		s.admin.ServeHTTP(w, r)
		return
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err != nil {
		return
	}
	f := s.matchFault(r.Method, r.URL.RequestURI())
	if f != nil && !s.prepare(f, r) {
		return
	}
	var out *reply
	switch {
	case f != nil && f.replaces():
		out = f.reply(s.clock.Now())
	case strings.HasPrefix(r.URL.Path, "/v1.0/"):
		out = s.serveGraph(r, body, f.shape())
	default:
		out = s.serveAuthority(r, body)
	}
	s.journal.add(Request{
		Time: s.clock.Now(), Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery, Status: out.status, Header: r.Header.Clone(),
		Bytes: len(out.body), Fault: f.effect(),
	})
	s.write(w, r, out, f)
}

// origin returns scheme and host by which the client reached us.
func origin(r *http.Request) string {
	scheme, host := "http", r.Host
	if r.TLS != nil {
		scheme = "https"
	}
	if p := r.Header.Get("X-Forwarded-Proto"); p != "" {
		scheme = p
	}
	if h := r.Header.Get("X-Forwarded-Host"); h != "" {
		host = h
	}
	return scheme + "://" + host
}
