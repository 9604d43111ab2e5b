package world

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/entrain-dev/entrain/internal/engine"
	"github.com/entrain-dev/entrain/internal/fault"
	"github.com/entrain-dev/entrain/internal/simulator/graphsim"
	"github.com/entrain-dev/entrain/internal/simulator/graphsim/tenant"
	"github.com/entrain-dev/entrain/internal/state"
	"github.com/entrain-dev/entrain/internal/state/sqlite"
)

// Epoch is when every world begins.
var Epoch = time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)

// cycleLimit bounds a cycle in real time: one that takes longer hangs.
const cycleLimit = time.Minute

// Options describe a world.
type Options struct {
	Profile string
	Seed    uint64
	// Workers is engine.Engine.Workers. PageSize is how many users and groups Graph puts on a page, 0 for its default.
	Workers, PageSize int
	Variant           Variant
	// Wrap, if set, stands between the engine and the store.
	Wrap func(state.Store) state.Store
	// Between, if set, makes what stands between the gate and the application.
	Between func(http.Handler) http.Handler
	// Shared, if set, is a store for many worlds, made once by OpenShared: a fresh one has to compile its statements again. Each
	// world then needs a Config of its own, which Close drops.
	Shared state.Store
	Config state.ConfigID
}

// World is an engine between both simulators.
type World struct {
	Clock  *Clock
	Graph  *graphsim.Server
	Tenant *tenant.Tenant
	App    App
	// Source and Target are the gates before the simulators.
	Source, Target *Gate
	Store          state.Store
	Engine         *engine.Engine
	// Variant is the plan in force; see Use.
	Variant Variant
	Plan    *engine.Plan
	// Dir holds the state file.
	Dir string

	// SecretGone makes the credentials of both sides unreadable.
	SecretGone atomic.Bool

	graphURL, targetURL string

	opts       Options
	connection Connection
	clients    Clients
	close      []func()
	// hangUp closes the connections of the clients.
	hangUp func()
}

// New makes a world; Close ends it.
func New(opts Options) (*World, error) {
	w := &World{Clock: NewClock(Epoch), opts: opts}
	w.Tenant = tenant.New(tenant.Config{Clock: w.Clock, Seed: int64(opts.Seed), Domains: []string{"contoso.com"}})
	if _, err := w.Tenant.AddApplication(tenant.Application{AppID: AppID, DisplayName: "Application"}); err != nil {
		return nil, err
	}
	w.Graph = graphsim.New(graphsim.Config{Tenant: w.Tenant, Clock: w.Clock, Seed: int64(opts.Seed), NoAdmin: true, Knobs: graphsim.Knobs{
		UserPageSize: opts.PageSize, GroupPageSize: opts.PageSize, AccessTokenLife: 5 * 365 * 24 * time.Hour, OpaqueTokens: true, NoGzip: true,
	}})
	w.App = NewApp(opts.Profile, w.Clock, opts.Seed)
	app := w.App.Handler()
	if opts.Between != nil {
		app = opts.Between(app)
	}
	w.Source, w.Target = NewGate(w.Graph), NewGate(app)
	w.graphURL, w.targetURL = w.serve(w.Source), w.serve(w.Target)+w.App.Root()
	transport := &http.Transport{MaxIdleConnsPerHost: 32, DialContext: dial}
	w.hangUp = transport.CloseIdleConnections
	var err error
	if opts.Shared == nil {
		if w.Dir, err = scratch(); err != nil {
			return nil, err
		}
		w.close = append(w.close, func() { _ = os.RemoveAll(w.Dir) })
	}
	access := w.Graph.Token(graphsim.DefaultClientID)
	w.connection = Connection{
		GraphURL: w.graphURL, TargetURL: w.targetURL, Profile: opts.Profile, Clock: w.Clock, HTTP: &http.Client{Transport: transport},
		GraphToken: func() string { return access }, Lost: w.lost,
	}
	w.Variant = opts.Variant
	if err := w.Connect(); err != nil {
		return nil, err
	}
	return w, w.Open()
}

// lost says what the operator says of a Secret that is not there.
func (w *World) lost() error {
	if w.SecretGone.Load() {
		return fault.New(fault.Unauthorized, "read credentials", "the Secret does not exist; create it again")
	}
	return nil
}

// serve listens; the connections that a gate cuts are not worth a line in the log.
func (w *World) serve(h http.Handler) string {
	s := httptest.NewUnstartedServer(h)
	s.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	s.Start()
	w.close = append(w.close, s.Close)
	return s.URL
}

// URLs returns where both sides are: Graph, and the tenant URL of the application.
func (w *World) URLs() (graph, target string) { return w.graphURL, w.targetURL }

// Connect makes the clients, anew as a process that begins does, and the plan with them.
func (w *World) Connect() (err error) {
	if w.clients, err = w.connection.Connect(); err != nil {
		return err
	}
	return w.Use(w.Variant)
}

// Use puts a plan in force.
func (w *World) Use(v Variant) error {
	plan, err := w.clients.Plan(v)
	if err != nil {
		return err
	}
	if w.opts.Config != "" {
		plan.ID = w.opts.Config
	}
	w.Variant, w.Plan = v, plan
	return nil
}

// Open opens the store, again after it was closed.
func (w *World) Open() error {
	store := w.opts.Shared
	if store == nil {
		if w.Store != nil {
			if err := w.Store.Close(); err != nil {
				return err
			}
		}
		var err error
		if store, err = sqlite.Open(context.Background(), filepath.Join(w.Dir, "state.db")); err != nil {
			return err
		}
	}
	if w.opts.Wrap != nil {
		store = w.opts.Wrap(store)
	}
	w.Store = store
	w.Engine = &engine.Engine{Store: store, Clock: w.Clock, Log: slog.New(slog.DiscardHandler), Workers: w.opts.Workers}
	return nil
}

// Run runs a cycle.
func (w *World) Run(req engine.Request) (state.Config, error) {
	ctx, cancel := context.WithTimeout(context.Background(), cycleLimit)
	defer cancel()
	return w.Engine.Run(ctx, w.Plan, req)
}

// Close ends the world.
func (w *World) Close() {
	switch {
	case w.opts.Shared != nil:
		_ = w.opts.Shared.Drop(context.Background(), w.opts.Config)
	case w.Store != nil:
		_ = w.Store.Close()
	}
	if w.hangUp != nil {
		w.hangUp() // before the servers do, see dial
	}
	for i := len(w.close) - 1; i >= 0; i-- {
		w.close[i]()
	}
}

// template is a state file with all tables and nothing in them, made once: most of the time of opening a new file goes into
// its migrations.
var template = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp(memory(), "entrain-template")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	path := filepath.Join(dir, "state.db")
	store, err := sqlite.Open(context.Background(), path)
	if err != nil {
		return nil, err
	}
	if err := store.Close(); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})

// scratch makes a folder with an empty state file.
func scratch() (string, error) {
	content, err := template()
	if err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp(memory(), "entrain-world")
	if err != nil {
		return "", err
	}
	return dir, os.WriteFile(filepath.Join(dir, "state.db"), content, 0o600)
}

// OpenShared opens a store for Options.Shared; the function closes it and removes its file.
func OpenShared() (state.Store, func(), error) {
	dir, err := scratch()
	if err != nil {
		return nil, nil, err
	}
	store, err := sqlite.Open(context.Background(), filepath.Join(dir, "state.db"))
	if err != nil {
		_ = os.RemoveAll(dir)
		return nil, nil, err
	}
	return store, func() { _, _ = store.Close(), os.RemoveAll(dir) }, nil
}

// memory is a folder in memory where there is one: thousands of histories would wear a disk for nothing.
func memory() string {
	const shm = "/dev/shm"
	if info, err := os.Stat(shm); err == nil && info.IsDir() && testing.Testing() {
		if f, err := os.CreateTemp(shm, "entrain-probe"); err == nil {
			_ = f.Close()
			_ = os.Remove(f.Name())
			return shm
		}
	}
	return ""
}

// UserProperties are those of a person in the tenant; empty values are left out.
func UserProperties(upn, display, title, department, mobile string, enabled bool) map[string]any {
	p := map[string]any{"userPrincipalName": upn, "displayName": display, "mail": strings.ToLower(upn), "usageLocation": "DE", "accountEnabled": enabled}
	for name, v := range map[string]string{"jobTitle": title, "department": department, "mobilePhone": mobile} {
		if v != "" {
			p[name] = v
		}
	}
	return p
}

// dial connects without leaving anything behind when it is over: thousands of worlds a minute would use up the ports of the
// machine, each of which stays taken for a minute after an orderly close.
func dial(ctx context.Context, network, address string) (net.Conn, error) {
	c, err := (&net.Dialer{}).DialContext(ctx, network, address)
	if tcp, ok := c.(*net.TCPConn); ok && err == nil {
		err = tcp.SetLinger(0)
	}
	return c, err
}
