// Command entrain-sim serves a simulated Entra tenant (Microsoft Graph and the token endpoint) and a simulated Genesys Cloud
// (SCIM and its token endpoint) for demos and load tests. Both have an administration interface under /admin/ that changes
// the tenant and breaks things; the packages graphsim and genesyssim document it.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/entrain-dev/entrain/internal/simulator/genesyssim"
	"github.com/entrain-dev/entrain/internal/simulator/graphsim"
	"github.com/entrain-dev/entrain/internal/simulator/scenario"
)

// options are the flags.
type options struct {
	graphAddr, genesysAddr string
	endpoints              string
	seed                   int64
	people                 int
	groups, members        int
	large                  bool
	allowed                int
	window, latency        time.Duration
}

func main() {
	var o options
	flag.StringVar(&o.graphAddr, "graph", "127.0.0.1:8400", "Address of the tenant.")
	flag.StringVar(&o.genesysAddr, "genesys", "127.0.0.1:8500", "Address of Genesys Cloud.")
	flag.StringVar(&o.endpoints, "endpoints", "", "File to write addresses and credentials to, as JSON, once both are served.")
	flag.Int64Var(&o.seed, "seed", 1, "Seed of the tenant; the same seed gives the same people.")
	flag.IntVar(&o.people, "people", 220, "How many people the tenant has.")
	flag.BoolVar(&o.large, "large", false, "Make a plain large tenant for load tests instead of a lifelike one.")
	flag.IntVar(&o.groups, "groups", 100, "How many groups a large tenant has.")
	flag.IntVar(&o.members, "members", 100, "How many members each group of a large tenant has.")
	flag.IntVar(&o.allowed, "rate", 300, "How many requests Genesys Cloud allows in a window; 0 means any number.")
	flag.DurationVar(&o.window, "rate-window", time.Minute, "Length of the window.")
	flag.DurationVar(&o.latency, "latency", 0, "Delay of each answer of Genesys Cloud.")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// endpoints is what a client needs to know.
type endpoints struct {
	GraphURL      string `json:"graphURL"`
	GenesysURL    string `json:"genesysURL"`
	TenantID      string `json:"tenantID"`
	AppID         string `json:"appID"`
	ClientID      string `json:"clientID"`
	ClientSecret  string `json:"clientSecret"`
	GenesysClient string `json:"genesysClient"`
	GenesysSecret string `json:"genesysSecret"`
}

func run(ctx context.Context, o options) error {
	s := scenario.Contoso(o.seed, o.people)
	if o.large {
		s = scenario.Large(o.people, o.groups, o.members)
	}
	tenant := graphsim.New(graphsim.Config{Tenant: s.Tenant, Seed: o.seed})
	genesys := genesysCloud(s.Target, o)

	var listen net.ListenConfig
	graphListener, err := listen.Listen(ctx, "tcp", o.graphAddr)
	if err != nil {
		return err
	}
	genesysListener, err := listen.Listen(ctx, "tcp", o.genesysAddr)
	if err != nil {
		return errors.Join(err, graphListener.Close())
	}
	client := genesyssim.DefaultClient()
	e := endpoints{
		GraphURL: "http://" + graphListener.Addr().String(), GenesysURL: "http://" + genesysListener.Addr().String(),
		TenantID: s.Tenant.ID(), AppID: s.AppID, ClientID: graphsim.DefaultClientID, ClientSecret: graphsim.DefaultSecret,
		GenesysClient: client.ID, GenesysSecret: client.Secret,
	}
	if err := e.write(o.endpoints); err != nil {
		return errors.Join(err, graphListener.Close(), genesysListener.Close())
	}
	fmt.Printf("Entra tenant %s at %s, Genesys Cloud at %s. Ctrl-C ends it.\n", e.TenantID, e.GraphURL, e.GenesysURL)
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return serve(ctx, graphListener, tenant) })
	g.Go(func() error { return serve(ctx, genesysListener, genesys) })
	return g.Wait()
}

// genesysCloud makes the organisation with everything that must exist beforehand: it creates neither groups nor roles nor
// divisions through SCIM.
func genesysCloud(target scenario.Target, o options) *genesyssim.Server {
	org := genesyssim.EmptyOrganisation()
	org.Divisions = target.Divisions
	for _, name := range target.Roles {
		org.Roles = append(org.Roles, genesyssim.Role{Name: name})
	}
	for _, name := range target.Groups {
		org.Groups = append(org.Groups, genesyssim.GroupSpec{Name: name})
	}
	knobs := genesyssim.DefaultKnobs()
	knobs.RateAllowed, knobs.RateWindow, knobs.Latency = o.allowed, o.window, o.latency
	return genesyssim.New(genesyssim.Config{Organisation: org, Knobs: &knobs, Seed: uint64(o.seed)})
}

// write writes the file in one step, so that nobody reads half of it.
func (e endpoints) write(file string) error {
	if file == "" {
		return nil
	}
	text, err := json.MarshalIndent(e, "", "  ")
	if err != nil {
		return err
	}
	part := filepath.Join(filepath.Dir(file), "."+filepath.Base(file))
	if err := os.WriteFile(part, append(text, '\n'), 0o600); err != nil {
		return err
	}
	return os.Rename(part, file)
}

// serve serves until ctx ends.
func serve(ctx context.Context, l net.Listener, h http.Handler) error {
	server := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(l) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	err := server.Close()
	if ended := <-ended; !errors.Is(ended, http.ErrServerClosed) {
		err = errors.Join(err, ended)
	}
	return err
}
