package query

import (
	"context"
	"log/slog"

	"github.com/jonboulle/clockwork"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/entrain-dev/entrain/internal/inspect"
	"github.com/entrain-dev/entrain/internal/state"
)

// Options are what the endpoint needs of the operator.
type Options struct {
	// Address is where it listens, such as :8444. Empty or 0 switches it off.
	Address string
	Store   state.Store
	// Scratch makes an empty store for a plan and a function that removes it again.
	Scratch func(ctx context.Context) (state.Store, func() error, error)
	// Planner is the one that the cycles use; Trial makes one that reads from another client.
	Planner Planner
	Trial   func(client.Client) Planner
	Clock   clockwork.Clock
	Log     *slog.Logger
}

// Setup adds the endpoint to a manager.
func Setup(mgr ctrl.Manager, o Options) error {
	if o.Address == "" || o.Address == "0" {
		return nil
	}
	return mgr.Add(&Server{
		Address: o.Address, Config: mgr.GetConfig(), Client: mgr.GetClient(), Reader: mgr.GetAPIReader(), Planner: o.Planner, Trial: o.Trial,
		Inspector: &inspect.Inspector{Store: o.Store, Clock: o.Clock, Scratch: o.Scratch},
		Clock:     o.Clock, Log: o.Log,
	})
}
