package tutorial_test

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	api "github.com/entrain-dev/entrain/api/v1alpha1"
	"github.com/entrain-dev/entrain/controllers"
	"github.com/entrain-dev/entrain/internal/notify"
	"github.com/entrain-dev/entrain/internal/notify/smtptest"
)

// notified is item 25: the notification of the page, sent to a mail server of the test, when the token is revoked.
func notified(t *testing.T) string {
	server := smtptest.New(t, smtptest.Config{StartTLS: true, Username: "entrain", Password: "hunter2"})
	o := open(t, secretToken, func(o *office, c *api.ProvisioningConfig) {
		for _, s := range snippets(t) {
			if strings.HasPrefix(s, "notification:") {
				must(t, yaml.UnmarshalStrict([]byte(s), &c.Spec))
			}
		}
		smtp := c.Spec.Notification.SMTP
		smtp.Host, smtp.Port = "127.0.0.1", int32(server.Port)
		smtp.CABundleSecretRef = &api.CABundleReference{Name: "smtp"}
		must(t, o.client.Create(t.Context(), &corev1.Secret{
			ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "smtp"},
			Data:       map[string][]byte{"username": []byte("entrain"), "password": []byte("hunter2"), "ca.crt": server.CA},
		}))
	})
	mails := &controllers.NotificationReconciler{Client: o.client, Secrets: o.client, Recorder: o.events, Send: notify.Send}
	reconcile := func() {
		t.Helper()
		_, err := mails.Reconcile(t.Context(), ctrl.Request{NamespacedName: client.ObjectKey{Namespace: namespace, Name: "genesys-cloud"}})
		must(t, err)
	}
	o.run()
	reconcile()
	equal(t, "mails while all is well", 0, len(server.Mails()))
	o.genesys.RevokeToken(longLived)
	o.run()
	warned := false
	o.settle("a quarantine that is told", func(c *api.ProvisioningConfig) bool {
		for len(o.events.Events) > 0 {
			warned = strings.HasPrefix(<-o.events.Events, "Warning") || warned
		}
		return c.Status.Quarantine != nil && warned
	})
	reconcile()
	reconcile()
	sent := server.Mails()
	if len(sent) != 1 || sent[0].To != "identity-operations@contoso.com" || !sent[0].TLS {
		t.Fatalf("mails = %+v", sent)
	}
	return "one mail for a quarantine, and an event"
}

// onDemand is item 71: the ProvisionOnDemand of the page.
func onDemand(t *testing.T) string {
	o := open(t, func(_ *office, c *api.ProvisioningConfig) { c.Spec.ProvisioningMode = api.ProvisioningModeManual })
	o.hire("ada")
	o.hire("bob")
	o.settle("a plan", func(c *api.ProvisioningConfig) bool { return len(c.Status.Conditions) > 0 })
	request, ok := manifests(t)["ProvisionOnDemand ada"].(*api.ProvisionOnDemand)
	if !ok {
		t.Fatal("the page has no ProvisionOnDemand")
	}
	request.SetUID("on-demand")
	request.SetDefaults() // as the API server does
	must(t, o.client.Create(t.Context(), request))
	demands := &controllers.ProvisionOnDemandReconciler{Client: o.client, Runner: o.runner, Engine: o.engine, Clock: o.engine.Clock}
	_, err := demands.Reconcile(t.Context(), ctrl.Request{NamespacedName: client.ObjectKeyFromObject(request)})
	must(t, err)
	must(t, o.client.Get(t.Context(), client.ObjectKeyFromObject(request), request))
	equal(t, "accounts", "ada active", o.accounts())
	var steps []string
	for _, s := range request.Status.Steps {
		steps = append(steps, string(s.Name)+" "+string(s.Result))
	}
	equal(t, "steps", []string{"TestConnection Success", "Import Success", "DetermineScope Success", "Match Success", "PerformAction Success"}, steps)
	return "one person through all five steps, nobody else"
}
