package query

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/jonboulle/clockwork"
	"golang.org/x/sync/errgroup"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	api "github.com/entrain-dev/entrain/api/v1alpha1"
	"github.com/entrain-dev/entrain/internal/inspect"
	"github.com/entrain-dev/entrain/internal/plan"
)

// GroupName and Version are where the API server finds the endpoint; APIService is the name of the registration.
const (
	GroupName  = "query.entrain.dev"
	Version    = "v1alpha1"
	APIService = Version + "." + GroupName
)

const (
	// maxRequestHeader bounds the headers of a request, maxConcurrent the requests that are answered at the same time.
	maxRequestHeader = 64 << 10
	maxConcurrent    = 64
	readHeaderWithin = 10 * time.Second
	idleFor          = 2 * time.Minute
	// endWithin is how long answers may take to end when the operator stops.
	endWithin = 5 * time.Second
)

// Planner makes the plan of a config; *plan.Builder does.
type Planner interface {
	Build(ctx context.Context, config *api.ProvisioningConfig) (plan.Result, error)
}

// Server serves the endpoint. It runs on every replica, because each can read the store.
type Server struct {
	// Address is where the server listens, such as :8444. Listener, where not nil, is used instead; Start closes it.
	Address  string
	Listener net.Listener
	// Config is how the API server is reached, to learn whose requests to trust and what people may do.
	Config *rest.Config
	// Client reads ProvisioningConfigs, and registers the certificate of the endpoint.
	Client client.Client
	// Reader reads without a cache.
	Reader client.Reader
	// Planner makes plans. It must be the one that the cycles use, so that connections and rate limits are shared.
	Planner Planner
	// Trial makes a plan of resources that are read from a client which knows a changed mapping or filter.
	Trial     func(client.Client) Planner
	Inspector *inspect.Inspector
	Clock     clockwork.Clock
	Log       *slog.Logger
}

// NeedLeaderElection makes the manager start the server on every replica.
func (s *Server) NeedLeaderElection() bool { return false }

// Start serves until ctx ends.
func (s *Server) Start(ctx context.Context) error {
	kube, err := kubernetes.NewForConfig(s.Config)
	if err != nil {
		return err
	}
	front, err := newFront(kube)
	if err != nil {
		return err
	}
	certificate := &certificate{client: s.Client, reader: s.Reader, clock: s.Clock, log: s.Log}
	if err := certificate.renew(""); err != nil {
		return err
	}
	listener := s.Listener
	if listener == nil {
		if listener, err = (&net.ListenConfig{}).Listen(ctx, "tcp", s.Address); err != nil {
			return fmt.Errorf("listening for questions: %w", err)
		}
	}
	server := &http.Server{
		Handler:           limited(maxConcurrent, front.protect(s.routes(), s.Log)),
		ReadHeaderTimeout: readHeaderWithin, IdleTimeout: idleFor, MaxHeaderBytes: maxRequestHeader,
		BaseContext: func(net.Listener) context.Context { return ctx },
		ErrorLog:    slog.NewLogLogger(s.Log.Handler(), slog.LevelDebug),
	}
	secured := tls.NewListener(listener, &tls.Config{
		MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"}, GetCertificate: certificate.get,
		// The certificate of the API server is checked by front, whose authority may change while we run.
		ClientAuth: tls.RequestClientCert,
	})
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() error { return front.run(gctx) })
	g.Go(func() error { return certificate.keep(gctx) })
	g.Go(func() error {
		if err := server.Serve(secured); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	g.Go(func() error {
		<-gctx.Done()
		ending, cancel := context.WithTimeout(context.WithoutCancel(gctx), endWithin)
		defer cancel()
		if err := server.Shutdown(ending); err != nil {
			return server.Close()
		}
		return nil
	})
	return g.Wait()
}

// limited answers at most n requests at the same time; whoever comes then is asked to come again.
func limited(n int, next http.Handler) http.Handler {
	slots := make(chan struct{}, n)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case slots <- struct{}{}:
			defer func() { <-slots }()
			next.ServeHTTP(w, r)
		default:
			w.Header().Set("Retry-After", "1")
			fail(w, http.StatusTooManyRequests, "TooManyRequests", "The operator answers as many questions as it can at the same time; ask again in a moment.")
		}
	})
}
