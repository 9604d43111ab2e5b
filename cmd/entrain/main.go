// Command entrain is the operator. It holds flags and wiring and nothing else.
package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"runtime/debug"
	"strings"

	"github.com/go-logr/logr"
	"github.com/jonboulle/clockwork"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
	ctrlmetrics "sigs.k8s.io/controller-runtime/pkg/metrics"
	"sigs.k8s.io/controller-runtime/pkg/metrics/filters"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	api "github.com/entrain-dev/entrain/api/v1alpha1"
	"github.com/entrain-dev/entrain/controllers"
	"github.com/entrain-dev/entrain/controllers/admission"
	"github.com/entrain-dev/entrain/internal/engine"
	"github.com/entrain-dev/entrain/internal/metrics"
	"github.com/entrain-dev/entrain/internal/plan"
	"github.com/entrain-dev/entrain/internal/runner"
	"github.com/entrain-dev/entrain/internal/state"
	"github.com/entrain-dev/entrain/internal/state/postgres"
	"github.com/entrain-dev/entrain/internal/state/sqlite"
)

// version is set by the linker.
var version = "dev"

// options are the flags.
type options struct {
	metricsAddr, probeAddr string
	metricsSecure          bool
	leaderElect            bool
	store                  string
	namespaces             string
	workers, concurrent    int
	webhook                admission.Options
	query                  queryOptions
	zap                    zap.Options
}

func main() {
	var o options
	flag.StringVar(&o.metricsAddr, "metrics-bind-address", "0", "Address of the metrics endpoint, such as :8443; 0 switches it off.")
	flag.BoolVar(&o.metricsSecure, "metrics-secure", true, "Serve metrics over HTTPS to authenticated and authorized clients only.")
	flag.StringVar(&o.probeAddr, "health-probe-bind-address", ":8081", "Address of /healthz and /readyz.")
	flag.BoolVar(&o.leaderElect, "leader-elect", false, "Let only one replica run cycles.")
	flag.StringVar(&o.store, "store", "entrain.db", "Where state is kept: the path of a SQLite file, or a postgres:// URL (better given as ENTRAIN_STORE, it holds a password).")
	flag.StringVar(&o.namespaces, "namespaces", "", "Namespaces to look after, separated by commas; empty means all.")
	flag.IntVar(&o.workers, "workers", 32, "How many objects of one cycle are applied at the same time, at the most; a target that slows down gets fewer.")
	flag.IntVar(&o.concurrent, "concurrent-cycles", 8, "How many cycles run at the same time.")
	showVersion := flag.Bool("version", false, "Print the version and end.")
	bindWebhookFlags(flag.CommandLine, &o.webhook)
	bindQueryFlags(flag.CommandLine, &o.query)
	o.zap.BindFlags(flag.CommandLine)
	flag.Parse()
	if *showVersion {
		_, _ = fmt.Println(version)
		return
	}
	if env := os.Getenv("ENTRAIN_STORE"); env != "" {
		o.store = env
	}
	ctrl.SetLogger(zap.New(zap.UseFlagOptions(&o.zap)))
	collectLess()
	if err := run(ctrl.SetupSignalHandler(), o); err != nil {
		ctrl.Log.Error(err, "The operator ended with an error")
		os.Exit(1)
	}
}

// run wires the operator and runs it until ctx ends.
func run(ctx context.Context, o options) (err error) {
	store, err := openStore(ctx, o.store)
	if err != nil {
		return err
	}
	defer func() {
		if cerr := store.Close(); err == nil {
			err = cerr
		}
	}()
	mgr, err := newManager(o)
	if err != nil {
		return err
	}
	if err := wire(mgr, store, o); err != nil {
		return err
	}
	return mgr.Start(ctx)
}

func openStore(ctx context.Context, where string) (state.Store, error) {
	if strings.HasPrefix(where, "postgres://") || strings.HasPrefix(where, "postgresql://") {
		return postgres.Open(ctx, where)
	}
	return sqlite.Open(ctx, where)
}

func newManager(o options) (ctrl.Manager, error) {
	scheme := runtime.NewScheme()
	utilruntime.Must(clientgoscheme.AddToScheme(scheme))
	utilruntime.Must(api.AddToScheme(scheme))
	served := metricsserver.Options{BindAddress: o.metricsAddr, SecureServing: o.metricsSecure}
	if o.metricsSecure {
		served.FilterProvider = filters.WithAuthenticationAndAuthorization
	}
	watched := cache.Options{}
	if o.namespaces != "" {
		watched.DefaultNamespaces = map[string]cache.Config{}
		for ns := range strings.SplitSeq(o.namespaces, ",") {
			watched.DefaultNamespaces[strings.TrimSpace(ns)] = cache.Config{}
		}
	}
	return ctrl.NewManager(ctrl.GetConfigOrDie(), ctrl.Options{
		Scheme: scheme, Metrics: served, HealthProbeBindAddress: o.probeAddr, Cache: watched,
		LeaderElection: o.leaderElect, LeaderElectionID: "entrain.provisioning.entrain.dev", LeaderElectionReleaseOnCancel: true,
		Client: client.Options{Cache: &client.CacheOptions{DisableFor: []client.Object{&corev1.Secret{}}}},
	})
}

// collectLess makes the garbage collector run a third as often as by default: it saves a tenth of the processor time of an
// initial cycle for 20 MiB of memory. GOMEMLIMIT, which the manifests set, still bounds it.
func collectLess() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(300)
	}
}

// wire connects the parts: controllers tell the runner what is wanted, the runner tells the controllers when to look.
func wire(mgr ctrl.Manager, store state.Store, o options) error {
	clock := clockwork.NewRealClock()
	log := slog.New(logr.ToSlogHandler(mgr.GetLogger()))
	measured := metrics.New(ctrlmetrics.Registry)
	builder := &plan.Builder{Client: mgr.GetClient(), Secrets: mgr.GetAPIReader(), Clock: clock, Observe: measured.ObserveRequest, Version: version, Definitions: store}
	work := &engine.Engine{Store: store, Clock: clock, Log: log, Workers: o.workers}
	runs := &runner.Runner{
		Engine: work, Store: store, Clock: clock, Log: log, Concurrent: o.concurrent, Observe: observeCycles(measured),
	}
	configs := &controllers.ProvisioningConfigReconciler{
		Client: mgr.GetClient(), Planner: builder, Runner: runs, Clock: clock, Forget: measured.Forget,
		Recorder: mgr.GetEventRecorder("entrain"),
	}
	news := &controllers.News{Name: configs.Name}
	runs.Notify = news.Tell
	if err := configs.SetupWithManager(mgr, news.Events()); err != nil {
		return err
	}
	if err := (&controllers.AttributeMappingReconciler{Client: mgr.GetClient()}).SetupWithManager(mgr); err != nil {
		return err
	}
	if err := (&controllers.ScopingFilterReconciler{Client: mgr.GetClient()}).SetupWithManager(mgr); err != nil {
		return err
	}
	if err := wireRequests(mgr, runs, work, clock); err != nil {
		return err
	}
	for _, r := range []interface{ Start(context.Context) error }{runs, news} {
		if err := mgr.Add(r); err != nil {
			return err
		}
	}
	if err := addWebhook(mgr, o.webhook); err != nil {
		return err
	}
	if err := addQuery(mgr, store, builder, clock, log, o.query); err != nil {
		return err
	}
	if err := mgr.AddHealthzCheck("healthz", healthz.Ping); err != nil {
		return err
	}
	return mgr.AddReadyzCheck("readyz", healthz.Ping)
}

func observeCycles(m *metrics.Metrics) func(string, state.Config, error) {
	return func(name string, c state.Config, err error) {
		last := c.Last
		if last == nil {
			return
		}
		m.ObserveCycle(metrics.Cycle{
			Config: name, Result: last.Result, Started: last.Started, Ended: last.Ended, Created: last.Created, Updated: last.Updated,
			Disabled: last.Disabled, Deleted: last.Deleted, Skipped: last.Skipped, Failed: last.Failed, Escrowed: last.Escrowed, Drifted: last.Drifted,
			Quarantined: c.Quarantine != nil, Succeeded: err == nil,
		})
	}
}
