package main

import (
	"cmp"
	"flag"
	"os"
	"path/filepath"
	"strings"

	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/entrain-dev/entrain/controllers/admission"
)

// namespaceFile is where a pod finds the namespace that it runs in.
const namespaceFile = "/var/run/secrets/kubernetes.io/serviceaccount/namespace"

func bindWebhookFlags(flags *flag.FlagSet, o *admission.Options) {
	flags.IntVar(&o.Port, "webhook-port", 0, "Port of the validating admission webhook, such as 9443; 0 switches it off.")
	flags.StringVar(&o.CertDir, "webhook-cert-dir", filepath.Join(os.TempDir(), "entrain-webhook"), "Folder with tls.crt and tls.key of the admission webhook.")
	flags.StringVar(&o.Certificates.Name, "webhook-name", "",
		"Name of the Service, Secret and ValidatingWebhookConfiguration of the admission webhook, whose certificate the operator then makes and renews; empty means somebody else does.")
}

// addWebhook serves the admission webhook when a port is given.
func addWebhook(mgr ctrl.Manager, o admission.Options) error {
	// Outside of a pod the file does not exist; the variable is for that.
	data, _ := os.ReadFile(namespaceFile)
	o.Certificates.Namespace = cmp.Or(os.Getenv("POD_NAMESPACE"), strings.TrimSpace(string(data)))
	return admission.Setup(mgr, o)
}
