package admission

import (
	"context"
	"errors"

	"k8s.io/apimachinery/pkg/runtime"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/webhook"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"
)

// Paths of the four webhooks; config/webhook and the chart name them too, and a test compares.
const (
	pathPrefix = "/validate-provisioning-entrain-dev-v1alpha1-"

	ConfigPath   = pathPrefix + "provisioningconfig"
	MappingPath  = pathPrefix + "attributemapping"
	FilterPath   = pathPrefix + "scopingfilter"
	OnDemandPath = pathPrefix + "provisionondemand"
)

// Options say where the webhook is served.
type Options struct {
	// Host is the address that is listened on; empty means all.
	Host string
	// Port is the port; 0 switches the webhook off.
	Port int
	// CertDir is the folder with tls.crt and tls.key.
	CertDir string
	// Certificates says who keeps the certificate. With an empty name somebody else does.
	Certificates Certificates
}

// Setup has the manager serve the webhook, leader or not. It reads past the cache: what was applied a moment ago counts.
func Setup(mgr ctrl.Manager, o Options) error {
	if o.Port == 0 {
		return nil
	}
	direct, err := client.New(mgr.GetConfig(), client.Options{Scheme: mgr.GetScheme(), Mapper: mgr.GetRESTMapper(), HTTPClient: mgr.GetHTTPClient()})
	if err != nil {
		return err
	}
	server := webhook.NewServer(webhook.Options{Host: o.Host, Port: o.Port, CertDir: o.CertDir})
	Register(server, mgr.GetScheme(), direct)
	ready, err := o.Certificates.keep(mgr, o.CertDir)
	if err != nil {
		return err
	}
	if err := mgr.Add(contained{runnable: &served{server: server, ready: ready}, what: "Serving the admission webhook"}); err != nil {
		return err
	}
	return mgr.AddReadyzCheck("webhook", server.StartedChecker())
}

// Register adds the webhooks of the four kinds to a server.
func Register(server webhook.Server, scheme *runtime.Scheme, c client.Client) {
	server.Register(ConfigPath, admission.WithValidator(scheme, configs(c)))
	server.Register(MappingPath, admission.WithValidator(scheme, mappings(c)))
	server.Register(FilterPath, admission.WithValidator(scheme, filters(c)))
	server.Register(OnDemandPath, admission.WithValidator(scheme, onDemands(c)))
}

// served is a server that starts once its certificate is there.
type served struct {
	server webhook.Server
	ready  <-chan struct{}
}

// Start implements manager.Runnable.
func (s *served) Start(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	case <-s.ready:
		return s.server.Start(ctx)
	}
}

// runnable is what the manager starts.
type runnable interface {
	Start(ctx context.Context) error
}

// contained keeps a failure of the webhook to the webhook: people go on being provisioned while it is away, and the pod is
// not ready. It runs on every replica.
type contained struct {
	runnable runnable
	what     string
}

// Start implements manager.Runnable.
func (c contained) Start(ctx context.Context) error {
	if err := c.runnable.Start(ctx); err != nil && !errors.Is(err, context.Canceled) {
		ctrl.LoggerFrom(ctx).Error(err, c.what+" failed; changes are stored without it and the controllers alone check them")
	}
	return nil
}

// NeedLeaderElection implements manager.LeaderElectionRunnable.
func (contained) NeedLeaderElection() bool { return false }
