package controllers

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/events"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	api "github.com/entrain-dev/entrain/api/v1alpha1"
	"github.com/entrain-dev/entrain/internal/notify"
	"github.com/entrain-dev/entrain/internal/notify/smtptest"
	"github.com/entrain-dev/entrain/internal/simulator/graphsim/tenant"
)

func testTenant() *tenant.Tenant {
	return tenant.New(tenant.Config{Seed: 1, Domains: []string{"contoso.com"}})
}

// mailing switches notifications on.
func mailing(s *smtptest.Server) func(*api.ProvisioningConfig) {
	return func(c *api.ProvisioningConfig) {
		c.Spec.Notification = &api.Notification{Emails: []api.EmailAddress{"ops@contoso.com"}, SMTP: &api.SMTPServer{
			Host: "127.0.0.1", Port: int32(s.Port), From: "entrain@contoso.com",
			CredentialsSecretRef: &api.SMTPCredentialsReference{Name: "smtp"}, CABundleSecretRef: &api.CABundleReference{Name: "smtp"},
		}}
	}
}

func smtpSecret(s *smtptest.Server, password string) map[string]string {
	return map[string]string{"username": "entrain", "password": password, "ca.crt": string(s.CA)}
}

func newMailServer(t *testing.T) *smtptest.Server {
	return smtptest.New(t, smtptest.Config{StartTLS: true, Username: "entrain", Password: "hunter2"})
}

func TestAQuarantineIsToldByMail(t *testing.T) {
	o := newOperator(t)
	server := newMailServer(t)
	o.secret("smtp", smtpSecret(server, "hunter2"))
	o.secret("wrong", map[string]string{"token": "nonsense"})
	o.hire("ada")
	o.create(o.config(mailing(server), func(c *api.ProvisioningConfig) { c.Spec.Target.SCIM.Credentials.SecretToken.SecretRef.Name = "wrong" }))
	o.g.Eventually(func() int { return len(server.Mails()) }).Should(gomega.Equal(1))
	m := server.Mails()[0]
	if m.To != "ops@contoso.com" || !m.TLS || m.User != "entrain" || !strings.Contains(m.Data, "EncounteredQuarantineException, a connection") {
		t.Errorf("mail = %+v", m)
	}
	if strings.Contains(m.Data, "ada") {
		t.Errorf("the mail names a person:\n%s", m.Data)
	}
	o.g.Eventually(func() string { return o.get().Annotations[NotifiedAnnotation] }).Should(gomega.HavePrefix("EncounteredQuarantineException@"))
}

func TestAMailServerThatRefusesKeepsNothingFromHappening(t *testing.T) {
	o := newOperator(t)
	server := newMailServer(t)
	server.Answer("", "451 4.3.2 Later")
	o.secret("smtp", smtpSecret(server, "hunter2"))
	for _, name := range []string{"ada", "bob", "cleo"} {
		o.hire(name)
	}
	o.create(o.config(mailing(server), func(c *api.ProvisioningConfig) { c.Spec.AccidentalDeletionPrevention.Threshold = 1 }))
	o.condition(api.SynchronizedCondition, metav1.ConditionTrue, api.SteadyStateReason)
	for _, name := range []string{"ada", "bob"} {
		u, _ := o.tenant.FindUser(name + "@contoso.com")
		_, err := o.tenant.Unassign(appID, u.ID, "*")
		must(t, err)
	}
	o.hire("dan")
	o.annotate(api.SyncAnnotation, "1")
	o.condition(api.DeletionsHeldCondition, metav1.ConditionTrue, api.TooManyDeletesReason)
	o.g.Eventually(func() []string { return o.events() }).Should(gomega.ContainElement(gomega.ContainSubstring("(status 451 4.3.2)")))
	o.g.Eventually(func() bool { _, ok := o.genesys.UserByName("dan@contoso.com"); return ok }).Should(gomega.BeTrue())
	server.Answer("", "")
	o.g.Eventually(func() int { return len(server.Mails()) }).Should(gomega.Equal(1))
	if m := server.Mails()[0]; !strings.Contains(m.Data, "removals are held") || !strings.Contains(m.Data, "allow-deletes") {
		t.Errorf("mail:\n%s", m.Data)
	}
}

// post is the reconciler of notifications alone on the real API server.
type post struct {
	t      *testing.T
	o      *operator
	server *smtptest.Server
	events *events.FakeRecorder
	r      *NotificationReconciler
}

func newPost(t *testing.T) *post {
	t.Helper()
	d := newDesk(t)
	o := &operator{t: t, client: d.client, ns: d.ns, graphURL: "http://127.0.0.1:1", genesysURL: "http://127.0.0.1:1", tenant: testTenant()}
	p := &post{t: t, o: o, server: newMailServer(t), events: events.NewFakeRecorder(100)}
	o.secret("smtp", smtpSecret(p.server, "hunter2"))
	o.create(o.config(mailing(p.server)))
	p.restart()
	return p
}

// restart replaces the operator by one that remembers nothing.
func (p *post) restart() {
	p.r = &NotificationReconciler{Client: p.o.client, Secrets: p.o.client, Recorder: p.events, Send: notify.Send}
}

// status writes what the operator found and returns how many mails it brings.
func (p *post) status(change func(*api.ProvisioningConfigStatus)) int {
	p.t.Helper()
	c := p.o.get()
	change(&c.Status)
	must(p.t, p.o.client.Status().Update(p.t.Context(), c))
	before := len(p.server.Mails())
	must(p.t, p.reconcile(p.t.Context()))
	return len(p.server.Mails()) - before
}

func (p *post) reconcile(ctx context.Context) error {
	_, err := p.r.Reconcile(ctx, ctrl.Request{NamespacedName: client.ObjectKey{Namespace: p.o.ns, Name: "genesys"}})
	return err
}

func TestEachThingIsToldOnce(t *testing.T) {
	p := newPost(t)
	began := metav1.NewTime(time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC))
	quarantined := func(reason api.QuarantineReason, since metav1.Time) func(*api.ProvisioningConfigStatus) {
		return func(s *api.ProvisioningConfigStatus) {
			s.Quarantine = &api.QuarantineStatus{Reason: reason, SeriesBegan: &since, CurrentBegan: &since}
		}
	}
	held := func(id string) func(*api.ProvisioningConfigStatus) {
		return func(s *api.ProvisioningConfigStatus) {
			s.HeldDeletions = &api.HeldDeletions{ID: id, Users: 30, Since: &began}
			s.Quarantine = &api.QuarantineStatus{Reason: api.QuarantineTooManyDeletes, SeriesBegan: &began, CurrentBegan: &began}
		}
	}
	next := metav1.NewTime(began.Add(time.Hour))
	lifted := func(s *api.ProvisioningConfigStatus) { s.Quarantine, s.HeldDeletions = nil, nil }
	for _, step := range []struct {
		what    string
		change  func(*api.ProvisioningConfigStatus)
		restart bool
		want    int
	}{
		{what: "all is well", change: lifted},
		{what: "a quarantine begins", change: quarantined(api.QuarantineException, began), want: 1},
		{what: "it goes on", change: func(s *api.ProvisioningConfigStatus) { s.Quarantine.SeriesCount++ }},
		{what: "the operator is restarted", change: func(*api.ProvisioningConfigStatus) {}, restart: true},
		{what: "the reason changes", change: quarantined(api.QuarantineBaseThreshold, began), want: 1},
		{what: "it is lifted", change: lifted},
		{what: "another one begins", change: quarantined(api.QuarantineBaseThreshold, next), want: 1},
		{what: "removals are held", change: held("one"), want: 1},
		{what: "the held set changes", change: held("two")},
		{what: "the operator is restarted again", change: func(*api.ProvisioningConfigStatus) {}, restart: true},
		{what: "a connection fails too", change: quarantined(api.QuarantineException, began), want: 1},
	} {
		if step.restart {
			p.restart()
		}
		if got := p.status(step.change); got != step.want {
			t.Errorf("%s: %d mails, want %d", step.what, got, step.want)
		}
	}
}

func TestMailThatCannotBeSentIsAnEventAndTriedAgain(t *testing.T) {
	p := newPost(t)
	secret := &corev1.Secret{}
	must(t, p.o.client.Get(t.Context(), client.ObjectKey{Namespace: p.o.ns, Name: "smtp"}, secret))
	secret.Data["password"] = []byte("wrong horse")
	must(t, p.o.client.Update(t.Context(), secret))
	c := p.o.get()
	c.Status.Quarantine = &api.QuarantineStatus{Reason: api.QuarantineException}
	must(t, p.o.client.Status().Update(t.Context(), c))
	if err := p.reconcile(t.Context()); err == nil {
		t.Error("the queue would not try again")
	}
	if e := <-p.events.Events; !strings.HasPrefix(e, "Warning NotificationFailed") || !strings.Contains(e, "refused the sign-in") || strings.Contains(e, "horse") {
		t.Errorf("event = %q", e)
	}
	secret.Data["password"] = []byte("hunter2")
	must(t, p.o.client.Update(t.Context(), secret))
	must(t, p.reconcile(t.Context()))
	if n := len(p.server.Mails()); n != 1 {
		t.Errorf("%d mails", n)
	}
}
