package main

import (
	"github.com/jonboulle/clockwork"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/entrain-dev/entrain/controllers"
	"github.com/entrain-dev/entrain/internal/engine"
	"github.com/entrain-dev/entrain/internal/notify"
	"github.com/entrain-dev/entrain/internal/runner"
)

// wireRequests adds what administrators ask for and are told: provisioning on demand, and mail.
func wireRequests(mgr ctrl.Manager, runs *runner.Runner, work *engine.Engine, clock clockwork.Clock) error {
	onDemand := &controllers.ProvisionOnDemandReconciler{Client: mgr.GetClient(), Runner: runs, Engine: work, Clock: clock}
	if err := onDemand.SetupWithManager(mgr); err != nil {
		return err
	}
	mails := &controllers.NotificationReconciler{
		Client: mgr.GetClient(), Secrets: mgr.GetAPIReader(), Recorder: mgr.GetEventRecorder("entrain"), Send: notify.Send,
	}
	return mails.SetupWithManager(mgr)
}
