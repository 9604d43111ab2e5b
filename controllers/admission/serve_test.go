package admission

import (
	"context"
	"errors"
	"testing"
)

func TestWithoutPortThereIsNoWebhook(t *testing.T) {
	// There is no manager either: nothing is asked of it.
	if err := Setup(nil, Options{}); err != nil {
		t.Errorf("got %v", err)
	}
}

func TestCertificateOfSomebodyElseIsReadyAtOnce(t *testing.T) {
	ready, err := Certificates{}.keep(nil, "")
	must(t, err)
	select {
	case <-ready:
	default:
		t.Error("the certificate is waited for")
	}
}

func TestCertificateNeedsANamespace(t *testing.T) {
	if _, err := (Certificates{Name: "webhook"}).keep(nil, ""); err == nil {
		t.Error("want an error that says that the namespace is not known")
	}
}

// failing is a runnable that ends with an error.
type failing struct{ err error }

func (f failing) Start(context.Context) error { return f.err }

// TestFailureOfTheWebhookStopsNothing matters because a manager stops everything when one of its parts fails.
func TestFailureOfTheWebhookStopsNothing(t *testing.T) {
	c := contained{runnable: failing{errors.New("the Secret does not exist")}, what: "Keeping the certificate"}
	if err := c.Start(t.Context()); err != nil {
		t.Errorf("the operator would stop: %v", err)
	}
	if c.NeedLeaderElection() {
		t.Error("want the webhook on every replica")
	}
}

func TestServerWaitsForItsCertificate(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	// Without a server: starting one would panic.
	if err := (&served{ready: make(chan struct{})}).Start(ctx); err != nil {
		t.Errorf("got %v", err)
	}
}
