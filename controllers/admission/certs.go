package admission

import (
	"fmt"

	"github.com/open-policy-agent/cert-controller/pkg/rotator"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/manager"
)

// Certificates has cert-controller make the certificate of the webhook, renew it 90 days before it ends, keep it in a Secret
// that is mounted at the certificate folder, and write its authority into the webhook configuration.
type Certificates struct {
	// Name is that of the Service, the Secret and the ValidatingWebhookConfiguration alike. Empty means that somebody else
	// keeps tls.crt and tls.key in the certificate folder.
	Name string
	// Namespace is where the operator runs.
	Namespace string
	// Controller is the name of the controller in logs and metrics, unique in the process. Default: cert-rotator.
	Controller string
}

// keep starts keeping the certificate and returns a channel that is closed when it can be used.
func (c Certificates) keep(mgr ctrl.Manager, folder string) (<-chan struct{}, error) {
	ready := make(chan struct{})
	if c.Name == "" {
		close(ready)
		return ready, nil
	}
	if c.Namespace == "" {
		return nil, fmt.Errorf("the namespace of the operator is not known; the Secret %q with the certificate of the webhook cannot be kept", c.Name)
	}
	host := fmt.Sprintf("%s.%s.svc", c.Name, c.Namespace)
	err := rotator.AddRotator(guarded{mgr}, &rotator.CertRotator{
		SecretKey:      types.NamespacedName{Namespace: c.Namespace, Name: c.Name},
		CertDir:        folder,
		CAName:         "entrain-ca",
		CAOrganization: "entrain",
		DNSName:        host,
		ExtraDNSNames:  []string{host + ".cluster.local"},
		IsReady:        ready,
		Webhooks:       []rotator.WebhookInfo{{Name: c.Name, Type: rotator.Validating}},
		FieldOwner:     "entrain-cert-controller",
		ControllerName: c.Controller,
	})
	return ready, err
}

// guarded is a manager that outlives the failure of what is added to it.
type guarded struct{ manager.Manager }

// Add implements manager.Manager.
func (m guarded) Add(r manager.Runnable) error {
	return m.Manager.Add(contained{runnable: r, what: "Keeping the certificate of the admission webhook"})
}
